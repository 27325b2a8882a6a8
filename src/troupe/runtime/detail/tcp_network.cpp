#include "troupe/runtime/detail/tcp_network.hpp"

#include <fmt/core.h>
#include <sys/random.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "troupe/base/assert.hpp"
#include "troupe/runtime/detail/tcp_stream.hpp"
#include "troupe/runtime/detail/tls/keeper.hpp"
#include "troupe/runtime/host_port.hpp"

namespace troupe::runtime::detail {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// One attempt to connect. The timer, the resolver and the socket each keep it alive, and whichever is first to know
/// the outcome tells it.
class Dial : public std::enable_shared_from_this<Dial> {
 public:
  Dial(std::shared_ptr<TcpContext> context, std::string address, cluster::Network::Connected connected)
      : context_(std::move(context)),
        address_(std::move(address)),
        connected_(std::move(connected)),
        resolver_(context_->io),
        socket_(context_->io),
        timer_(context_->io) {}

  void start() {
    const Result<HostPort> target = parse_host_port(address_);
    if (!target || target->host.empty()) {
      const std::string why = target ? "the host is missing" : target.error().detail;
      asio::post(context_->io, [self = shared_from_this(), why] { self->give_up(why); });
      return;
    }
    host_ = target->host;
    timer_.expires_after(context_->options.connect_timeout);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error)
        self->give_up(
            fmt::format("no connection within {} ms", to_milliseconds(self->context_->options.connect_timeout)));
    });
    error_code not_numeric;
    const auto numeric = asio::ip::make_address(target->host, not_numeric);
    if (!not_numeric) return connect(tcp::resolver::results_type::create(tcp::endpoint(numeric, target->port), "", ""));
    // The resolver works on a thread of its own, which cannot be interrupted; who waits for it is told by the timer.
    resolver_.async_resolve(
        target->host, std::to_string(target->port), tcp::resolver::numeric_service,
        [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& found) {
          if (error) return self->give_up("cannot resolve its name: " + error_text(error));
          self->connect(found);
        });
  }

 private:
  void connect(const tcp::resolver::results_type& endpoints) {
    if (!connected_) return;
    asio::async_connect(socket_, endpoints, [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
      self->on_connect(error);
    });
  }

  void on_connect(const error_code& error) {
    if (!connected_) return;
    if (error) return give_up(error_text(error));
    // A dialer that is given its own port by chance, where nobody listens, connects to itself.
    error_code broken;
    if (socket_.local_endpoint(broken) == socket_.remote_endpoint(broken)) return give_up("connection refused");
    timer_.cancel();
    auto tls = context_->tls != nullptr ? context_->tls->dial(host_) : nullptr;
    tell(std::make_unique<TcpConnection>(std::make_shared<TcpStream>(context_, std::move(socket_), std::move(tls))));
  }

  void give_up(const std::string& why) {
    if (!connected_) return;
    timer_.cancel();
    resolver_.cancel();
    error_code ignored;
    socket_.close(ignored);
    tell(fail(ErrorCode::kUnreachable, fmt::format("{}: {}", address_, why)));
  }

  void tell(Result<std::unique_ptr<cluster::Connection>> result) {
    context_->set_time();
    cluster::Network::Connected connected = std::exchange(connected_, nullptr);
    connected(std::move(result));
  }

  std::shared_ptr<TcpContext> context_;
  std::string address_;
  std::string host_;                       ///< Of the address.
  cluster::Network::Connected connected_;  ///< Null once told.
  tcp::resolver resolver_;
  tcp::socket socket_;
  asio::steady_timer timer_;
};

}  // namespace

void TcpNetwork::connect(const std::string& address, Connected connected) {
  std::make_shared<Dial>(context_, address, std::move(connected))->start();
}

std::unique_ptr<cluster::Connection> TcpNetwork::adopt(std::unique_ptr<cluster::Connection::Parted> parted) {
  return std::make_unique<TcpConnection>(std::make_shared<TcpStream>(context_, static_cast<TcpParted&>(*parted)));
}

void TcpNetwork::secure_random(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::getrandom(bytes.data(), bytes.size(), 0);
    TROUPE_ASSERT(size > 0 || errno == EINTR);  // Nothing else can happen on a Linux of this century.
    if (size > 0) bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
}

Result<std::uint16_t> TcpNetwork::listen(const std::string& address, AcceptCallback on_accept) {
  auto acceptor = std::make_shared<TcpAcceptor>(context_, std::move(on_accept));
  Result<std::uint16_t> port = acceptor->listen(address);
  if (port) acceptors_.push_back(std::move(acceptor));
  return port;
}

void TcpNetwork::close() {
  for (const auto& acceptor : acceptors_) acceptor->close();
  acceptors_.clear();
}

}  // namespace troupe::runtime::detail
