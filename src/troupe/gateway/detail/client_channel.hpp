#pragma once

#include <algorithm>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "troupe/gateway/detail/deadline.hpp"
#include "troupe/gateway/detail/gateway_shared.hpp"
#include "troupe/gateway/detail/shard_part.hpp"
#include "troupe/session/action.hpp"

namespace troupe::gateway::detail {

/// Of TCP, or of the local socket.
using Socket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>;

/// A client's connection: its socket, what waits to be written, and how it ends. Writing never waits: what is sent
/// is queued, and flushed at the end of the shard's round, all of it with one gathered write. Reading is its owner's
/// business (`socket`). Only on the shard's thread.
class ClientChannel final : public std::enable_shared_from_this<ClientChannel> {
 public:
  /// Who uses the channel: speaks HTTP or WebSocket over it.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_flushed() {}           ///< Nothing waits any more. Not called from within `send`.
    virtual void on_drain() = 0;           ///< The node stops: end soon.
    virtual void on_channel_closed() = 0;  ///< It was cut, or broke. Perhaps from within a call of the owner's own.
  };

  ClientChannel(std::shared_ptr<ShardPart> part, Socket socket, Admission admission);
  ~ClientChannel();

  /// The channel keeps its owner until it finishes or is cut; the owner keeps the channel.
  void set_owner(std::shared_ptr<Owner> owner) { owner_ = std::move(owner); }
  std::shared_ptr<Owner> owner() const { return owner_; }

  /// Queues `head`, then `body` (which may be null). Nothing happens once it is finishing or closed.
  void send(std::string head, session::Text body);
  /// Whether a message of so many bytes still has room beside what waits (GatewayOptions::queue_bytes_max).
  bool has_room(std::size_t bytes) const { return weight_ + weight_of(bytes) <= part_->options.queue_bytes_max; }
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  /// Bytes written since the beginning.
  std::uint64_t sent_bytes() const { return sent_bytes_; }
  /// Drops what waits, except a message whose writing has begun.
  void discard_waiting();

  /// Writes what waits, as far as the operating system takes it.
  void flush();

  /// Ends in good order: what waits is sent, as long as there is progress within close_timeout; then the sending side
  /// closes, and what still comes is discarded until the client closes too, for a second at most. Forgets its owner,
  /// and looks after itself.
  void finish();
  /// Ends at once.
  void cut();
  bool is_open() const { return !closed_ && !finishing_; }

  /// Bytes that were read too early, to be read again.
  void unread(std::string bytes) { unread_ = std::move(bytes); }
  bool has_unread() const { return !unread_.empty(); }
  std::string& unread_bytes() { return unread_; }

  /// Who is at the other end, as far as its network says: an IPv4 address, or the half of an IPv6 address that is the
  /// network's. Empty if it is not known.
  std::string client() const;
  /// Whether it came over the local socket, which only the owner of this process can open.
  bool is_local() const { return is_local_; }

  Socket& socket() { return socket_; }
  ShardPart& part() { return *part_; }

 private:
  struct Piece {
    std::string head;
    session::Text body;
    std::size_t size() const { return head.size() + (body ? body->size() : 0); }
  };

  // One that is larger than half of the bound counts as half, so that it can be sent behind a small one.
  std::size_t weight_of(std::size_t bytes) const { return std::min(bytes, part_->options.queue_bytes_max / 2); }
  std::size_t write_some(boost::system::error_code& error);
  void forget_written(std::size_t bytes);
  void wait_writable();
  void on_all_flushed();
  void discard_input();
  void wait_for_input();

  const std::shared_ptr<ShardPart> part_;
  Socket socket_;
  const bool is_local_;
  std::optional<Admission> admission_;
  std::shared_ptr<Owner> owner_;
  std::string unread_;
  std::deque<Piece> queue_;
  std::size_t front_written_ = 0;  ///< Of the first piece.
  std::size_t waiting_bytes_ = 0;
  std::size_t weight_ = 0;
  std::uint64_t sent_bytes_ = 0;
  bool dirty_ = false;    ///< In the shard's list of those to flush.
  bool writing_ = false;  ///< Waits until the socket takes more.
  bool finishing_ = false;
  bool shut_ = false;  ///< The sending side is closed.
  bool closed_ = false;
  Deadline linger_;
};

}  // namespace troupe::gateway::detail
