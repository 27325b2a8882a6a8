#include "troupe/runtime/detail/tcp_stream.hpp"

#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <cctype>

#include "troupe/runtime/detail/tls/keeper.hpp"
#include "troupe/runtime/host_port.hpp"

// The socket is non-blocking, and read and written directly: a write tries the socket at once, and waits for
// writability only when the kernel's buffer is full; a read waits for readability first, so that an idle connection
// needs no buffer. One turn of a connection moves at most kTurnBytes, so that one fast peer cannot hold up the others
// of the shard.
//
// With TLS, what is written waits in the session, and a batch of it is sealed whenever the socket has taken the one
// before; what comes is opened into the shard's read buffer.

namespace troupe::runtime::detail {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kTurnBytes = 64U << 10U;  // What comes behind waits for the turns of actors, some tens of µs.
constexpr std::size_t kBehindPlaceBytes = 2U << 10U;  // Of what follows content that goes where it belongs: more is
                                                      // mostly content too, which would be copied once more.
constexpr std::size_t kPiecesMax = 64;                // Of one system call; Asio itself takes no more.

std::string address_text(const error_code& error, const asio::ip::tcp::endpoint& endpoint) {
  if (error) return "unknown";
  const std::string host = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", host, endpoint.port())
                                    : fmt::format("{}:{}", host, endpoint.port());
}

bool is_only_full(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again || error == asio::error::interrupted;
}

}  // namespace

std::string error_text(const error_code& error) {
  if (error == asio::error::eof) return "the peer closed the connection";
  std::string text = error.message();
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

TcpParted::~TcpParted() {
  if (handle >= 0) ::close(handle);
}

namespace {

asio::ip::tcp::socket take_socket(asio::io_context& io, TcpParted& parted) {
  asio::ip::tcp::socket socket(io);
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  error_code error = parted.broken;
  if (!error && ::getsockname(parted.handle, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    socket.assign(address.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), parted.handle, error);
  }
  if (error || !socket.is_open()) {
    if (!parted.broken) parted.broken = error ? error : error_code(asio::error::bad_descriptor);
    return socket;
  }
  parted.handle = -1;
  return socket;
}

}  // namespace

TcpStream::TcpStream(std::shared_ptr<TcpContext> context, TcpParted& parted)
    : TcpStream(context, take_socket(context->io, parted), std::move(parted.tls)) {
  heard_ = true;
  queue_ = std::move(parted.queue);
  front_sent_ = parted.front_sent;
  unsent_ = parted.unsent;
  broken_ = parted.broken;
}

TcpStream::TcpStream(std::shared_ptr<TcpContext> context, Socket socket, std::unique_ptr<TlsSession> tls)
    : context_(std::move(context)), socket_(std::move(socket)), linger_timer_(context_->io), tls_(std::move(tls)) {
  // None of these fails on a socket that is connected; on one that broke meanwhile, the first read says so.
  error_code error;
  socket_.non_blocking(true, error);
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
  const auto endpoint = socket_.remote_endpoint(error);
  peer_address_ = address_text(error, endpoint);
}

void TcpStream::start(cluster::Connection::Events& events) {
  started_ = true;
  events_ = &events;
  if (broken_) return end_later();
  wait_readable();
  if (unsent_bytes() > 0 && !writing_) wait_writable();  // It came from another shard with something left to send.
  if (!tls_) return;
  // Something may have come that was not opened there; and a dialer speaks first.
  asio::post(context_->io, [self = shared_from_this()] {
    if (self->closed_ || self->lingering_) return;
    self->context_->set_time();
    self->open({});
  });
}

void TcpStream::wait_readable() {
  if (reading_ || closed_) return;
  reading_ = true;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code&) {
    self->reading_ = false;
    self->on_readable();  // What is wrong with the socket, the read itself will say.
  });
}

void TcpStream::on_readable() {
  if (closed_) return;
  context_->set_time();
  receive();
  wait_readable();
}

std::span<std::byte> TcpStream::place() const { return events_ != nullptr ? events_->place() : std::span<std::byte>(); }

/// Reads what is there, up to a turn's share.
void TcpStream::receive() {
  if (tls_) return receive_sealed();
  for (std::size_t received = 0; received < kTurnBytes && !closed_;) {
    const std::span<std::byte> place = this->place();
    std::span<std::byte> room = context_->read_buffer.room();
    if (!place.empty()) room = room.first(kBehindPlaceBytes);
    error_code error;
    const std::array buffers{asio::buffer(place.data(), place.size()), asio::buffer(room.data(), room.size())};
    const std::size_t size = socket_.read_some(buffers, error);
    if (is_only_full(error)) return;
    if (error) return end(error_text(error));
    received += size;
    context_->received_bytes.add(size);
    if (!std::exchange(heard_, true) && looks_like_tls(room.first(size))) return end_politely(kTlsOnPeerOnly);
    const std::size_t placed = std::min(size, place.size());
    if (placed > 0) events_->on_placed(placed);
    if (size > placed && events_ != nullptr)
      events_->on_bytes(context_->read_buffer.take(size - placed));  // Else it lingers: not taken, overwritten.
    if (size < place.size() + room.size()) return;
  }
}

void TcpStream::receive_sealed() {
  const std::span<std::byte> room = context_->sealed_room();
  for (std::size_t received = 0; received < kTurnBytes && !closed_;) {
    error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(room.data(), room.size()), error);
    if (is_only_full(error)) return;
    if (error && !tls_->is_established()) {
      return end(error_text(error) + " during the TLS handshake: is TLS on only one side?");
    }
    if (error) return end(error_text(error));
    received += size;
    context_->received_bytes.add(size);
    open(room.first(size));
    if (size < room.size()) return;
  }
}

/// Hands on what it can open, and sends what the session has to say to it.
void TcpStream::open(std::span<const std::byte> sealed) {
  tls_->feed(sealed);
  for (;;) {
    const std::span<std::byte> place = this->place();
    const std::size_t size = tls_->open(place.empty() ? context_->read_buffer.room() : place);
    if (size == 0) break;
    if (!place.empty()) {
      events_->on_placed(size);
    } else if (events_ != nullptr) {
      events_->on_bytes(context_->read_buffer.take(size));
    }
    if (closed_) return;  // And the session may be on another shard.
  }
  if (!tls_->failure().empty() && !lingering_) {
    context_->tls->count_failure();
    return end_politely(tls_->failure());
  }
  if (tls_->has_ended()) return end("the peer closed the connection");
  if (!writing_ && !broken_) send();
}

void TcpStream::write(std::vector<Bytes>& pieces) {
  if (!closed_ && !broken_ && !lingering_) {
    if (tls_) tls_->write(pieces);
    for (Bytes& piece : pieces) {
      if (piece.empty()) continue;
      unsent_ += piece.size();
      queue_.push_back(std::move(piece));
    }
    if (!writing_) send();
  }
  pieces.clear();
}

/// Hands the queue to the kernel until either is exhausted.
void TcpStream::send() {
  seal();
  for (std::size_t sent = 0; !queue_.empty() && sent < kTurnBytes; seal()) {
    error_code error;
    const std::size_t size = send_some(error);
    if (is_only_full(error)) break;
    if (error) return fail_later(error);
    sent += size;
  }
  if (!queue_.empty()) return wait_writable();
  error_code ignored;  // The peer may be gone, then the read says so.
  if (lingering_ && (!tls_ || tls_->is_finished())) socket_.shutdown(Socket::shutdown_send, ignored);
}

/// Fills the queue, if it is empty.
void TcpStream::seal() {
  if (tls_ && queue_.empty()) unsent_ += tls_->seal(queue_);
}

std::size_t TcpStream::send_some(error_code& error) {
  std::array<asio::const_buffer, kPiecesMax> buffers;
  const std::size_t count = std::min(queue_.size(), kPiecesMax);
  for (std::size_t i = 0; i < count; ++i) buffers[i] = asio::buffer(queue_[i].data(), queue_[i].size());
  buffers[0] += front_sent_;
  const std::size_t sent = socket_.write_some(std::span(buffers).first(count), error);
  unsent_ -= sent;
  context_->sent_bytes.add(sent);
  front_sent_ += sent;
  while (!queue_.empty() && front_sent_ >= queue_.front().size()) {
    front_sent_ -= queue_.front().size();
    queue_.pop_front();
  }
  return sent;
}

void TcpStream::wait_writable() {
  writing_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& error) {
    self->writing_ = false;
    if (self->closed_) return;
    if (error) return self->fail_later(error);
    self->send();
  });
}

/// A write failed, of which `write` must not tell its caller.
void TcpStream::fail_later(error_code error) {
  broken_ = error;
  queue_.clear();
  front_sent_ = 0;
  unsent_ = 0;
  if (started_) end_later();
}

/// What the peer said before it closed (why it refuses, say) may still be there to be read.
void TcpStream::end_later() {
  asio::post(context_->io, [self = shared_from_this()] {
    if (self->closed_) return;
    self->context_->set_time();
    self->receive();
    self->end(error_text(self->broken_));
  });
}

void TcpStream::finish() {
  events_ = nullptr;
  if (closed_ || lingering_) return;
  if (broken_) return close();
  lingering_ = true;
  if (tls_) tls_->close();
  ++context_->lingering;
  linger_timer_.expires_after(context_->options.linger);
  linger_timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->close();
  });
  if (!writing_) send();
  wait_readable();
}

std::unique_ptr<TcpParted> TcpStream::part() {
  events_ = nullptr;
  auto parted = std::make_unique<TcpParted>();
  parted->queue = std::move(queue_);
  parted->front_sent = front_sent_;
  parted->unsent = std::exchange(unsent_, 0);
  parted->broken = closed_ ? error_code(asio::error::not_connected) : broken_;
  queue_.clear();
  if (closed_) return parted;
  closed_ = true;
  if (tls_) tls_->keep_input();
  parted->tls = std::move(tls_);
  linger_timer_.cancel();
  error_code error;
  parted->handle = socket_.release(error);
  if (error && !parted->broken) parted->broken = error;
  return parted;
}

/// Whether the peer's certificate names the host. Without TLS there is nothing that could prove it, or disprove it.
bool TcpStream::proves_address(std::string_view address) const {
  if (!tls_) return true;
  const auto parsed = parse_host_port(address);
  return parsed && tls_->peer_names(parsed->host);
}

void TcpStream::cut() {
  events_ = nullptr;
  close();
}

void TcpStream::end(const std::string& cause) {
  if (closed_) return;
  close();
  if (cluster::Connection::Events* events = std::exchange(events_, nullptr)) events->on_end(cause);
}

/// Ends it so that what tells the peer why arrives there.
void TcpStream::end_politely(std::string_view cause) {
  cluster::Connection::Events* events = events_;
  finish();
  if (events != nullptr) events->on_end(cause);
}

void TcpStream::close() {
  if (closed_) return;
  closed_ = true;
  if (lingering_) --context_->lingering;
  linger_timer_.cancel();
  queue_.clear();
  unsent_ = 0;
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace troupe::runtime::detail
