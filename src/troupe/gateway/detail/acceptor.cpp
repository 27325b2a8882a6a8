#include "troupe/gateway/detail/acceptor.hpp"

#include <fmt/core.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "troupe/gateway/detail/http_connection.hpp"
#include "troupe/runtime/host_port.hpp"

namespace troupe::gateway::detail {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr Duration kPause = 100ms;           // Before accepting again, when there are no file descriptors left.
constexpr std::uint32_t kRefusalsMax = 256;  // Connections that are told 503 at one time; more are just closed.

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), host, endpoint.port());
}

/// On the connection's own shard.
void begin_connection(const std::shared_ptr<ShardPart>& part, Socket socket, Admission admission) {
  const std::uint32_t place = admission.place();
  const bool missed_drain = part->draining && admission.is_awaited();  // It was on its way here when the drain began.
  const auto channel = std::make_shared<ClientChannel>(part, std::move(socket), std::move(admission));
  const auto connection = std::make_shared<HttpConnection>(part, channel);
  if (part->shared->stopped || missed_drain) return channel->cut();
  if (place <= part->options.connections_max) return connection->start();
  connection->refuse();
}

}  // namespace

Acceptor::Acceptor(std::shared_ptr<ShardPart> home) : home_(std::move(home)), acceptor_(home_->io), pause_(home_->io) {}

Result<std::string> Acceptor::listen(const std::string& address) {
  const auto wanted = runtime::parse_host_port(address);
  if (!wanted) return std::unexpected(wanted.error());
  const auto cannot = [&](ErrorCode code, const error_code& error) {
    return fail(code, fmt::format("cannot listen on {}: {}", address, error.message()));
  };
  error_code error;
  tcp::endpoint endpoint(tcp::v4(), wanted->port);
  if (!wanted->host.empty()) {
    tcp::resolver resolver(home_->io);
    const auto found = resolver.resolve(wanted->host, std::to_string(wanted->port), tcp::resolver::passive, error);
    if (error || found.empty()) return cannot(ErrorCode::kInvalidArgument, error);
    endpoint = found.begin()->endpoint();
  }
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) endpoint = acceptor_.local_endpoint(error);
  if (error) {
    close();
    return cannot(ErrorCode::kInputOutput, error);
  }
  port_ = endpoint.port();
  return text_of(endpoint);
}

void Acceptor::start(std::vector<std::shared_ptr<ShardPart>> parts) {
  parts_ = std::move(parts);
  accept();
}

void Acceptor::close() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Acceptor::accept() {
  const auto& part = parts_[next_++ % parts_.size()];
  acceptor_.async_accept(part->io, [self = shared_from_this(), part](const error_code& error, Socket socket) {
    self->on_accepted(error, part, std::move(socket));
  });
}

void Acceptor::on_accepted(const error_code& error, const std::shared_ptr<ShardPart>& part, Socket socket) {
  if (!acceptor_.is_open()) return;
  if (error == asio::error::connection_aborted) return accept();  // It went while it waited.
  if (error) return pause(error.message());
  pausing_ = false;
  Admission admission(home_->shared);
  if (admission.place() <= home_->options.connections_max + kRefusalsMax) {
    asio::post(part->io, [part, socket = std::move(socket), admission = std::move(admission)]() mutable {
      begin_connection(part, std::move(socket), std::move(admission));
    });
  } else {
    home_->metrics.refused("connections_max");
  }
  accept();
}

void Acceptor::pause(const std::string& why) {
  home_->metrics.refused("accept_failed");
  if (!std::exchange(pausing_, true)) home_->log.error("clients wait because they cannot be accepted: {}", why);
  pause_.expires_after(kPause);
  pause_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error && self->acceptor_.is_open()) self->accept();
  });
}

}  // namespace troupe::gateway::detail
