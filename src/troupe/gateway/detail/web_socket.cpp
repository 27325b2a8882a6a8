#include "troupe/gateway/detail/web_socket.hpp"

#include <algorithm>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <optional>
#include <string>
#include <utility>

#include "troupe/gateway/detail/client_stream.hpp"
#include "troupe/gateway/detail/routes.hpp"
#include "troupe/gateway/detail/session_watch.hpp"

// Beast reads: it takes frames apart, checks UTF-8, answers pings, sends pings, and carries out the closing handshake.
// Messages to the client bypass it: a message of a server is a header of two to ten bytes before the text, which is
// shared by all clients that it goes to. Both go through the channel's queue, a whole frame at a time.

namespace troupe::gateway::detail {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

namespace {

constexpr Duration kRetryPause = 10ms;                // When a session's mailbox is full.
constexpr std::size_t kKeptBufferBytes = 16U << 10U;  // A larger read buffer is given back after its message.
constexpr std::size_t kReasonBytesMax = 120;

std::string text_frame_header(std::size_t size) {
  std::string header(1, '\x81');  // The last frame of a message, and text.
  const auto append = [&header](std::uint64_t number, unsigned bytes) {
    while (bytes-- > 0) header += static_cast<char>((number >> (8U * bytes)) & 0xffU);
  };
  if (size < 126) {
    append(size, 1);
  } else if (size <= 0xffff) {
    header += '\x7e';
    append(size, 2);
  } else {
    header += '\x7f';
    append(size, 8);
  }
  return header;
}

class WebSocket final : public ClientChannel::Owner,
                        public session::ClientSocket,
                        public SessionOwner,
                        public std::enable_shared_from_this<WebSocket> {
 public:
  WebSocket(std::shared_ptr<ShardPart> part, std::shared_ptr<ClientChannel> channel, UpgradeRequest request)
      : part_(std::move(part)),
        channel_(std::move(channel)),
        socket_(ClientStream(channel_)),
        request_(std::move(request)),
        retry_(part_->io) {
    part_->metrics.web_sockets.add(1);
  }
  ~WebSocket() override { part_->metrics.web_sockets.add(-1); }

  void accept();

  // session::ClientSocket, from the session's turns
  void send(session::Text text) override;
  bool is_backed_up() const override { return channel_->waiting_bytes() > part_->options.queue_bytes_max / 4; }
  void close(std::uint16_t code, const std::string& reason) override;
  void handled(std::size_t text_bytes) override;

  void on_session_down() override;
  void on_drain() override;
  void on_channel_closed() override { end(); }

 private:
  void on_accepted(const error_code& error);
  bool begin_session();
  void read();
  void on_read(const error_code& error, std::size_t size);
  void on_failed_read(const error_code& error);
  void deliver();
  void read_on();
  void on_retry();
  void on_slow_reader();
  void end();
  void end_session();

  std::shared_ptr<ShardPart> part_;
  std::shared_ptr<ClientChannel> channel_;
  websocket::stream<ClientStream> socket_;
  std::optional<UpgradeRequest> request_;  ///< Until it is accepted.
  beast::flat_buffer buffer_;
  Ref<session::SessionActor> session_;
  std::size_t unhandled_bytes_ = 0;
  std::uint32_t unhandled_messages_ = 0;
  bool reading_ = false;
  bool undelivered_ = false;   ///< The message in the buffer waits for room in the session's mailbox.
  bool drain_waits_ = false;   ///< So does the news that the node stops.
  bool closing_ = false;       ///< A close was sent, or is about to be.
  bool session_over_ = false;  ///< The session is down, or was told that the client is gone.
  Deadline retry_;
};

void WebSocket::accept() {
  channel_->set_owner(shared_from_this());
  retry_.bind(weak_from_this(), [this] { on_retry(); });
  const GatewayOptions& options = part_->options;
  websocket::stream_base::timeout timeout{};
  timeout.handshake_timeout = options.close_timeout;
  timeout.idle_timeout = options.idle_timeout;
  timeout.keep_alive_pings = true;
  socket_.set_option(timeout);
  websocket::permessage_deflate deflate;
  deflate.server_enable = options.permessage_deflate;
  socket_.set_option(deflate);
  socket_.set_option(websocket::stream_base::decorator([ours = offers_subprotocol(*request_)](
                                                           websocket::response_type& response) {
    response.set(http::field::server, "troupe");
    if (ours)
      response.set(http::field::sec_websocket_protocol, beast::string_view(kSubprotocol.data(), kSubprotocol.size()));
  }));
  socket_.read_message_max(options.session.message_bytes_max);
  socket_.auto_fragment(false);
  socket_.text(true);
  socket_.async_accept(*request_, [self = shared_from_this()](const error_code& error) { self->on_accepted(error); });
}

void WebSocket::on_accepted(const error_code& error) {
  part_->set_time();
  request_.reset();
  if (!channel_->is_open()) return end();
  if (error) {  // Beast has told the client why.
    part_->metrics.refused("handshake");
    return channel_->finish();
  }
  part_->metrics.answered(101);
  if (!begin_session())
    return close(websocket::close_code::try_again_later, "this node has all the sessions that it takes");
  if (part_->draining) on_drain();
  read();
}

bool WebSocket::begin_session() {
  session::ClientSocket& socket = *this;
  const auto spawned = part_->shard.spawn<session::SessionActor>({}, part_->options.session, part_->options.times,
                                                                 part_->shared->next_session_name(),
                                                                 part_->options.node, socket, part_->cache);
  if (!spawned) {
    part_->log.warning("no session for a client: {}", spawned.error().to_string());
    session_over_ = true;
    return false;
  }
  session_ = *spawned;
  // Its mailbox has room for one from each connection.
  return part_->shard.tell(part_->watch, WatchSession{session_, shared_from_this()}) == SendOutcome::kTaken;
}

// From the client.

void WebSocket::read() {
  reading_ = true;
  socket_.async_read(buffer_, [self = shared_from_this()](const error_code& error, std::size_t size) {
    self->reading_ = false;
    self->on_read(error, size);
  });
}

void WebSocket::on_read(const error_code& error, std::size_t size) {
  part_->set_time();
  if (error) return on_failed_read(error);
  part_->metrics.messages_received.add();
  part_->metrics.bytes_received.add(size);
  if (closing_ || session_over_) return;  // The closing handshake reads on by itself.
  if (!socket_.got_text()) {
    part_->metrics.refused("binary");
    return close(websocket::close_code::unknown_data, "text only");
  }
  deliver();
}

void WebSocket::on_failed_read(const error_code& error) {
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
    part_->metrics.refused("message_too_large");
  } else if (error == websocket::condition::protocol_violation) {
    part_->metrics.refused("websocket_protocol");
  }
  end();
  if (channel_->is_open()) channel_->cut();  // Else Beast has ended it: after a close, say.
}

void WebSocket::deliver() {
  const std::size_t size = buffer_.size();
  const SendOutcome outcome =
      part_->shard.tell(session_, session::ClientText{beast::buffers_to_string(buffer_.data())});
  undelivered_ = outcome == SendOutcome::kFull;
  if (undelivered_) return retry_.set(kRetryPause);
  buffer_.consume(size);
  if (buffer_.capacity() > kKeptBufferBytes) buffer_.shrink_to_fit();
  if (outcome != SendOutcome::kTaken) return;  // It is down; we are about to be told.
  unhandled_bytes_ += size;
  ++unhandled_messages_;
  read_on();
}

/// A client that sends faster than its session can handle waits in its own socket.
void WebSocket::read_on() {
  if (reading_ || undelivered_ || closing_ || session_over_) return;
  if (unhandled_bytes_ > part_->options.unhandled_bytes_max) return;
  if (unhandled_messages_ >= part_->options.unhandled_messages_max) return;
  read();
}

void WebSocket::handled(std::size_t text_bytes) {
  unhandled_bytes_ -= text_bytes;
  --unhandled_messages_;
  read_on();
}

void WebSocket::on_retry() {
  part_->set_time();
  if (session_over_) return;
  if (undelivered_) deliver();
  if (drain_waits_) on_drain();
}

// To the client.

void WebSocket::send(session::Text text) {
  if (closing_ || session_over_ || !socket_.is_open()) return;
  if (!channel_->has_room(text->size())) return on_slow_reader();
  part_->metrics.messages_sent.add();
  if (!part_->options.permessage_deflate) {
    std::string header = text_frame_header(text->size());
    return channel_->send(std::move(header), std::move(text));
  }
  error_code error;  // The channel is closed, then; we are told.
  socket_.write(asio::buffer(*text), error);
}

void WebSocket::on_slow_reader() {
  part_->metrics.slow_readers.add();
  part_->log.info("a client reads too slowly: {} bytes wait for it", channel_->waiting_bytes());
  channel_->discard_waiting();
  close(4001, "slow_reader");
  end_session();
}

void WebSocket::close(std::uint16_t code, const std::string& reason) {
  if (std::exchange(closing_, true) || !channel_->is_open()) return;
  const std::string shown = reason.substr(0, kReasonBytesMax);
  const websocket::close_reason why(static_cast<websocket::close_code>(code),
                                    beast::string_view(shown.data(), shown.size()));
  socket_.async_close(why, [self = shared_from_this()](const error_code&) {
    self->part_->set_time();
    self->end();
    self->channel_->finish();  // Unless it is over already.
  });
}

// The end.

void WebSocket::on_drain() {
  if (!session_ || session_over_) return;  // Not yet accepted: it will see that the node stops.
  drain_waits_ = part_->shard.tell(session_, session::Drain{}) == SendOutcome::kFull;
  if (drain_waits_) retry_.set(kRetryPause);
}

void WebSocket::on_session_down() {
  if (std::exchange(session_over_, true)) return;  // As it was told to.
  part_->metrics.session_failures.add();
  close(websocket::close_code::internal_error, "the session failed");
}

void WebSocket::end() {
  retry_.clear();
  end_session();
}

void WebSocket::end_session() {
  if (!session_ || std::exchange(session_over_, true)) return;
  if (part_->shard.tell(session_, session::ClientGone{}) == SendOutcome::kTaken) return;
  part_->shard.send(Envelope::make(EnvelopeKind::kStop), session_.address());  // For which a full mailbox has room.
}

}  // namespace

bool offers_subprotocol(const UpgradeRequest& request) {
  const auto [begin, end] = request.equal_range(http::field::sec_websocket_protocol);
  return std::any_of(begin, end, [](const auto& field) {
    return http::token_list(field.value()).exists(beast::string_view(kSubprotocol.data(), kSubprotocol.size()));
  });
}

void begin_web_socket(std::shared_ptr<ShardPart> part, std::shared_ptr<ClientChannel> channel, UpgradeRequest request) {
  std::make_shared<WebSocket>(std::move(part), std::move(channel), std::move(request))->accept();
}

}  // namespace troupe::gateway::detail
