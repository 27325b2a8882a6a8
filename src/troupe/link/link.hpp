#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/time.hpp"
#include "troupe/link/actions.hpp"
#include "troupe/link/chunk.hpp"
#include "troupe/link/handshake.hpp"
#include "troupe/link/identity.hpp"
#include "troupe/link/liveness.hpp"
#include "troupe/link/outbox.hpp"
#include "troupe/link/window.hpp"
#include "troupe/wire/frame.hpp"

namespace troupe::link {

struct LinkOptions {
  std::string secret;                        ///< The cluster's. Empty: whoever knows the cluster's name gets in.
  std::optional<std::string> expected_node;  ///< Dialer: the node that has to answer, if it is known.
  Duration handshake_timeout = 5s;           ///< From the TCP connection to `established`.
  LivenessOptions liveness;
  WindowOptions window;
  std::size_t chunk_bytes = 64U << 10U;  ///< A message above this goes in chunks, between which others go.
};

/// One connection's protocol, for either end: first the handshake, then messages and heartbeats until one side leaves
/// or fails.
///
/// What is sent leaves in a fair order (`Outbox`) as far as the peer's credit goes (`SendWindow`); the rest waits here,
/// where small messages pass large ones, and not in the socket, where nothing can.
///
/// Pure: the owner (a lane of the runtime, or of the simulator) feeds it what the socket and the clock give, and does
/// what it finds in the `Actions`. One owner, one thread. `now` never goes backwards.
///
///     Link link(options, Role::kDialer, identity, nonce, now);
///     link.start(actions);
///     on readable:  link.on_bytes(now, bytes, actions);
///     then:         link.give_credit(held_bytes, actions);   // When `received` was handled.
///     on end:       link.on_end("connection reset by peer", actions);
///     on timer:     link.on_tick(now, actions);              // Then arm it for link.next_tick().
///
/// After `Actions::closed` nothing more comes out, and every call is ignored.
class Link {
 public:
  /// A longer reason of a goodbye is cut.
  static constexpr std::size_t kReasonBytesMax = 512;

  /// `local` passes `check`. `nonce` is used in no other link. The handshake's time runs from `now`.
  Link(LinkOptions options, Role role, Identity local, const Nonce& nonce, TimePoint now);

  /// The dialer speaks first. Once, before anything else.
  void start(Actions& actions);

  /// What came from the socket, in any cuts. Messages that come out are slices of `bytes` where they lie within it.
  void on_bytes(TimePoint now, Bytes bytes, Actions& actions);

  /// Where the bytes that come next belong, if that is known: in a large message. The owner may read up to so many
  /// right there, which spares a copy, and then calls `on_placed` in place of `on_bytes`; no other call comes between.
  std::span<std::byte> place();
  void on_placed(TimePoint now, std::size_t size, Actions& actions);

  /// The connection has ended, as the socket says: the cause is for the log. Closes with `unreachable`.
  void on_end(std::string_view cause, Actions& actions);

  /// Time has passed. Too early does no harm.
  void on_tick(TimePoint now, Actions& actions);

  /// When `on_tick` is due at the latest; TimePoint::max() once closed. Traffic moves it, mostly to later: a timer that
  /// fires at the old time and is set again costs less than one that is moved for each message.
  TimePoint next_tick() const;

  /// One message, as `message` writes it. Messages of the same flow arrive in order; those of others may pass it.
  /// Fails and sends nothing: with `unreachable` if the link is not established, with `too_large` if the peer does not
  /// take so much. The owner bounds what waits: see `waiting_bytes`. Where it waits, `drop_oldest` may take it if
  /// `may_drop`.
  Result<void> send(TimePoint now, std::uint64_t flow, wire::Encoder message, Actions& actions, bool may_drop = false);

  /// Drops, of what waits and may be dropped and is not partly sent, the message that has waited longest. False if
  /// there is none.
  bool drop_oldest() { return outbox_.drop_oldest(); }

  /// Tells the peer how much was taken of what it sent, so that it may send more: everything so far but `held_bytes`,
  /// which are the owner's messages that could not be handed on yet. While they are held, the peer sends no more than
  /// its window; it goes on when they are not.
  void give_credit(std::size_t held_bytes, Actions& actions);

  /// What is sent now leaves at once.
  bool has_room() const { return outbox_.empty() && window_.has_room(); }
  /// What was given to `send`, and is not written yet because the peer's credit is used up.
  std::size_t waiting_bytes() const { return outbox_.bytes(); }
  std::size_t waiting_messages() const { return outbox_.messages(); }
  /// What was written, and the peer has not given credit for.
  std::size_t under_way_bytes() const { return window_.under_way(); }
  std::size_t window_bytes() const { return window_.window_bytes(); }

  /// Leaves on purpose: tells the peer, and closes. The peer gets `closed` with `peer_left`.
  void goodbye(std::string_view reason, Actions& actions);

  /// Closes this link on purpose without leaving the cluster (there are two, or the peer does not fit): tells the peer
  /// why, who does not take it for a leave.
  void give_up(std::string_view reason, Actions& actions);

  Role role() const { return role_; }
  bool is_established() const { return state_ == State::kEstablished; }
  bool is_closed() const { return state_ == State::kClosed; }

  /// The peer, authenticated. Empty before `established`; stays after `closed`.
  const Identity& peer() const { return peer_; }

  /// The protocol version in use: the highest that both speak. 0 before `established`.
  std::uint16_t version() const { return version_; }

  /// The largest payload that `send` takes; 0 before `established`.
  std::size_t message_bytes_max() const { return peer_.frame_bytes_max; }

  /// The newest measurement; none before the first one.
  std::optional<Duration> last_round_trip() const { return liveness_.last_round_trip(); }
  const DurationHistogram& round_trips() const { return liveness_.round_trips(); }

 private:
  enum class State { kHandshake, kEstablished, kClosed };

  void on_frame(TimePoint now, wire::Frame frame, Actions& actions);
  void on_heartbeat(TimePoint now, const Bytes& payload, Actions& actions);
  void on_goodbye(const Bytes& payload, Actions& actions);
  void on_chunk(const wire::Frame& part, Actions& actions);
  void on_credit(TimePoint now, const Bytes& payload, Actions& actions);
  void send_waiting(TimePoint now, Actions& actions);
  void part(std::string_view reason, bool leaves, Actions& actions);
  void apply(HandshakeStep step, Actions& actions);
  void establish(TimePoint now, Actions& actions);
  void on_decode_error(const Error& error, Actions& actions);
  void on_handshake_timeout(Actions& actions);
  void violation(std::string_view what, Actions& actions);
  void close(Error error, bool peer_left, Actions& actions);
  std::string peer_name() const;

  Role role_;
  State state_ = State::kHandshake;
  Duration handshake_timeout_;
  TimePoint handshake_deadline_;
  std::uint32_t frame_bytes_max_;
  std::optional<Handshake> handshake_;  ///< Gone, and the secret with it, once it is over.
  wire::FrameDecoder decoder_{Handshake::kPayloadBytesMax};
  Liveness liveness_;
  std::size_t chunk_bytes_;
  SendWindow window_;
  Outbox outbox_{{}};
  Reassembly reassembly_;
  std::uint64_t arrived_bytes_ = 0;  ///< Frames of messages and chunks.
  CreditCounter credit_;
  Identity peer_;
  std::uint16_t version_ = 0;
};

}  // namespace troupe::link
