#include "troupe/gateway/detail/acceptor.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
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
  // Whoever runs the node can look at it also when it is full.
  if (place <= part->options.connections_max || channel->is_local()) return connection->start();
  connection->refuse();
}

error_code last_error() { return {errno, boost::system::system_category()}; }

/// Removes a socket that nobody listens on any more. What is in the way, if something is.
std::string clear_path(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) return "there is something else than a socket";
  asio::io_context io;
  asio::local::stream_protocol::socket probe(io);
  error_code error;
  probe.connect(asio::local::stream_protocol::endpoint(path), error);
  if (!error) return "another process listens there";
  if (error != asio::error::connection_refused) return error.message();
  return ::unlink(path.c_str()) == 0 ? std::string() : last_error().message();
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
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) std::memcpy(endpoint.data(), acceptor_.local_endpoint(error).data(), endpoint.size());
  if (error) {
    close();
    return cannot(ErrorCode::kInputOutput, error);
  }
  port_ = endpoint.port();
  return text_of(endpoint);
}

Result<void> Acceptor::listen_locally(const std::string& path) {
  const auto cannot = [&](const std::string& why) {
    close();
    return fail(ErrorCode::kInputOutput, fmt::format("cannot listen on {}: {}", path, why));
  };
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return cannot(fmt::format("the path of a socket has at most {} bytes", sizeof(sockaddr_un::sun_path) - 1));
  if (const std::string obstacle = clear_path(path); !obstacle.empty()) return cannot(obstacle);
  const asio::local::stream_protocol::endpoint endpoint(path);
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  // Before it has a name, so that at no time anybody else can open it.
  if (!error && ::fchmod(acceptor_.native_handle(), S_IRUSR | S_IWUSR) != 0) error = last_error();
  if (!error) acceptor_.bind(endpoint, error);
  if (error) return cannot(error.message());
  path_ = path;
  acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot(error.message());
  return {};
}

void Acceptor::start(std::vector<std::shared_ptr<ShardPart>> parts) {
  if (!acceptor_.is_open()) return;
  parts_ = std::move(parts);
  accept();
}

void Acceptor::close() {
  error_code ignored;
  if (!path_.empty()) ::unlink(std::exchange(path_, {}).c_str());
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
