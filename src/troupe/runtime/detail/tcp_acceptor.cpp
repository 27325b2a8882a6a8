#include "troupe/runtime/detail/tcp_acceptor.hpp"

#include <fmt/core.h>

#include "troupe/runtime/detail/tcp_stream.hpp"
#include "troupe/runtime/detail/tls/keeper.hpp"
#include "troupe/runtime/host_port.hpp"

namespace troupe::runtime::detail {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

Result<tcp::endpoint> resolve_to_bind(asio::io_context& io, const std::string& address) {
  const Result<HostPort> parsed = parse_host_port(address);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->host.empty()) return tcp::endpoint(tcp::v4(), parsed->port);
  tcp::resolver resolver(io);
  error_code error;
  const auto found = resolver.resolve(parsed->host, std::to_string(parsed->port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("cannot listen on {}: {}", address, error_text(error)));
  }
  return found.begin()->endpoint();
}

}  // namespace

Result<std::uint16_t> TcpAcceptor::listen(const std::string& address) {
  const Result<tcp::endpoint> endpoint = resolve_to_bind(context_->io, address);
  if (!endpoint) return std::unexpected(endpoint.error());
  error_code error;
  acceptor_.open(endpoint->protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(*endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  const std::uint16_t port = error ? std::uint16_t{0} : acceptor_.local_endpoint(error).port();
  if (error) {
    close();
    return fail(ErrorCode::kInputOutput, fmt::format("cannot listen on {}: {}", address, error_text(error)));
  }
  accept();
  return port;
}

void TcpAcceptor::close() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void TcpAcceptor::accept() {
  acceptor_.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
    self->on_accepted(error, std::move(socket));
  });
}

void TcpAcceptor::on_accepted(const error_code& error, tcp::socket socket) {
  if (!acceptor_.is_open()) return;
  context_->set_time();
  if (error == asio::error::connection_aborted) return accept();  // It went while it waited.
  if (error) return pause(error_text(error));
  pausing_ = false;
  auto tls = context_->tls != nullptr ? context_->tls->accept() : nullptr;
  on_accept_(std::make_unique<TcpConnection>(std::make_shared<TcpStream>(context_, std::move(socket), std::move(tls))));
  if (acceptor_.is_open()) accept();
}

void TcpAcceptor::pause(const std::string& why) {
  context_->accept_failures.add();
  if (!pausing_) context_->log.error("connections wait because they cannot be accepted: {}", why);
  pausing_ = true;
  pause_.expires_after(context_->options.accept_pause);
  pause_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error && self->acceptor_.is_open()) self->accept();
  });
}

}  // namespace troupe::runtime::detail
