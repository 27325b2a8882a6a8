#include "troupe/gateway/detail/client_channel.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstring>

namespace troupe::gateway::detail {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr Duration kLinger = 1s;               // For the client to close too, once it was sent everything.
constexpr std::size_t kBuffersMax = 64;        // Of one gathered write; Asio itself takes no more.
constexpr std::size_t kTurnBytes = 1U << 20U;  // One fast reader of large messages must not hold up its shard.

bool is_only_full(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again || error == asio::error::interrupted;
}

bool is_unix(const Socket& socket) {
  error_code ignored;
  return socket.local_endpoint(ignored).protocol().family() == AF_UNIX;
}

}  // namespace

ClientChannel::ClientChannel(std::shared_ptr<ShardPart> part, Socket socket, Admission admission)
    : part_(std::move(part)),
      socket_(std::move(socket)),
      is_local_(is_unix(socket_)),
      admission_(std::move(admission)),
      linger_(part_->io) {
  // None of these fails on a socket that is connected; on one that broke meanwhile, the first read says so.
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  part_->channels.insert(this);
}

ClientChannel::~ClientChannel() {
  if (!closed_) part_->channels.erase(this);
}

std::string ClientChannel::client() const {
  error_code error;
  const auto end = socket_.remote_endpoint(error);
  asio::ip::tcp::endpoint address;
  if (error || is_local_ || end.size() > address.capacity()) return {};
  std::memcpy(address.data(), end.data(), end.size());
  if (address.address().is_v4()) return address.address().to_string();
  const auto bytes = address.address().to_v6().to_bytes();
  return {bytes.begin(), bytes.begin() + bytes.size() / 2};
}

void ClientChannel::send(std::string head, session::Text body) {
  if (!is_open()) return;
  Piece& piece = queue_.emplace_back(std::move(head), std::move(body));
  waiting_bytes_ += piece.size();
  weight_ += weight_of(piece.size());
  if (dirty_ || writing_) return;
  dirty_ = true;
  part_->dirty.push_back(shared_from_this());
}

void ClientChannel::discard_waiting() {
  const bool begun = front_written_ != 0;
  if (queue_.size() <= (begun ? 1U : 0U)) return;
  queue_.erase(queue_.begin() + (begun ? 1 : 0), queue_.end());
  waiting_bytes_ = begun ? queue_.front().size() - front_written_ : 0;
  weight_ = begun ? weight_of(queue_.front().size()) : 0;
}

void ClientChannel::flush() {
  dirty_ = false;
  if (closed_ || writing_) return;
  const std::uint64_t before = sent_bytes_;
  while (!queue_.empty() && sent_bytes_ - before < kTurnBytes) {
    error_code error;
    const std::size_t written = write_some(error);
    part_->metrics.bytes_sent.add(written);
    forget_written(written);
    if (is_only_full(error)) break;
    if (error) return cut();
  }
  if (finishing_ && sent_bytes_ != before) linger_.set(part_->options.close_timeout);
  if (!queue_.empty()) return wait_writable();
  on_all_flushed();
}

std::size_t ClientChannel::write_some(error_code& error) {
  std::array<asio::const_buffer, kBuffersMax> buffers;
  std::size_t count = 0;
  std::size_t skipped = front_written_;
  for (const Piece& piece : queue_) {
    if (count + 2 > kBuffersMax) break;
    const auto add = [&](std::string_view text) {
      const std::size_t skip = std::min(skipped, text.size());
      skipped -= skip;
      if (skip < text.size()) buffers[count++] = asio::buffer(text.substr(skip));
    };
    add(piece.head);
    if (piece.body) add(*piece.body);
  }
  return socket_.write_some(std::span(buffers).first(count), error);
}

void ClientChannel::forget_written(std::size_t bytes) {
  sent_bytes_ += bytes;
  waiting_bytes_ -= bytes;
  front_written_ += bytes;
  while (!queue_.empty() && front_written_ >= queue_.front().size()) {
    front_written_ -= queue_.front().size();
    weight_ -= weight_of(queue_.front().size());
    queue_.pop_front();
  }
}

void ClientChannel::wait_writable() {
  writing_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code&) {
    self->writing_ = false;
    self->part_->set_time();
    self->flush();  // What is wrong with the socket, the write itself will say.
  });
}

void ClientChannel::on_all_flushed() {
  if (finishing_) {
    if (shut_) return;
    shut_ = true;
    error_code ignored;  // The client may be gone; then the read says so.
    socket_.shutdown(Socket::shutdown_send, ignored);
    if (admission_) admission_->on_all_said();
    linger_.set(kLinger);
    return discard_input();
  }
  if (const auto owner = owner_) owner->on_flushed();
}

void ClientChannel::finish() {
  if (!is_open()) return;
  finishing_ = true;
  const auto former = std::exchange(owner_, nullptr);  // Whose function this may have been called from.
  linger_.bind(weak_from_this(), [this] { cut(); });
  linger_.set(part_->options.close_timeout);
  if (queue_.empty()) on_all_flushed();
}

// Closing with unread input would reset the connection, and the client might lose the answer that it has not read yet.
void ClientChannel::discard_input() {
  for (std::size_t read = 0; !closed_ && read < kTurnBytes;) {
    error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(part_->discarded), error);
    if (is_only_full(error)) break;
    if (error) return cut();
    read += size;
  }
  wait_for_input();
}

void ClientChannel::wait_for_input() {
  if (closed_) return;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error) self->discard_input();
  });
}

void ClientChannel::cut() {
  if (closed_) return;
  closed_ = true;
  linger_.clear();
  queue_.clear();
  waiting_bytes_ = 0;
  weight_ = 0;
  error_code ignored;
  socket_.close(ignored);
  part_->channels.erase(this);
  admission_.reset();
  if (const auto owner = std::exchange(owner_, nullptr)) owner->on_channel_closed();
}

}  // namespace troupe::gateway::detail
