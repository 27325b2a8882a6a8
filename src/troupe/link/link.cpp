#include "troupe/link/link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "troupe/wire/codec.hpp"

namespace troupe::link {

namespace {

using wire::Frame;
using wire::FrameType;

/// The payload of `goodbye`.
struct Goodbye {
  std::string reason;
  bool leaves = true;  ///< The node leaves the cluster; else it only gives up this link.
};

std::string in_milliseconds(Duration duration) { return fmt::format("{:.0f} ms", to_milliseconds(duration)); }

}  // namespace

Link::Link(LinkOptions options, Role role, Identity local, const Nonce& nonce, TimePoint now)
    : role_(role),
      handshake_timeout_(options.handshake_timeout),
      handshake_deadline_(now + options.handshake_timeout),
      frame_bytes_max_(local.frame_bytes_max),
      handshake_(std::in_place, role, std::move(local), nonce, std::move(options.secret),
                 std::move(options.expected_node)),
      liveness_(options.liveness),
      chunk_bytes_(options.chunk_bytes),
      window_(options.window),
      reassembly_(frame_bytes_max_) {}

void Link::start(Actions& actions) {
  if (handshake_) apply(handshake_->start(), actions);
}

void Link::on_bytes(TimePoint now, Bytes bytes, Actions& actions) {
  if (state_ == State::kClosed) return;
  liveness_.on_received(now);
  decoder_.feed(std::move(bytes));
  while (state_ != State::kClosed) {
    auto next = decoder_.next();
    if (!next) return on_decode_error(next.error(), actions);
    if (!*next) return;
    on_frame(now, *std::move(*next), actions);
  }
}

void Link::on_frame(TimePoint now, Frame frame, Actions& actions) {
  if (state_ == State::kHandshake) {
    HandshakeStep step = handshake_->on_frame(frame);
    const bool established = step.established;
    apply(std::move(step), actions);
    if (established) establish(now, actions);
    return;
  }
  switch (frame.type) {
    case FrameType::kMessage:
      arrived_bytes_ += wire::kFrameHeaderBytes + frame.payload.size();
      return actions.received.push_back(std::move(frame.payload));
    case FrameType::kChunk: return on_chunk(frame, actions);
    case FrameType::kCredit: return on_credit(now, frame.payload, actions);
    case FrameType::kHeartbeat: return on_heartbeat(now, frame.payload, actions);
    case FrameType::kGoodbye: return on_goodbye(frame.payload, actions);
    default: return violation(fmt::format("a {} frame after the handshake", to_string(frame.type)), actions);
  }
}

void Link::on_heartbeat(TimePoint now, const Bytes& payload, Actions& actions) {
  const auto heartbeat = wire::decode<Heartbeat>(payload);
  if (!heartbeat) return violation("a heartbeat that does not decode", actions);
  liveness_.on_heartbeat(now, *heartbeat);
  actions.heard = true;
}

void Link::on_chunk(const Frame& part, Actions& actions) {
  arrived_bytes_ += part.payload.size() + (part.is_last() ? wire::kFrameHeaderBytes : 0);
  auto message = reassembly_.add(part);
  if (!message) return on_decode_error(message.error(), actions);
  if (*message) actions.received.push_back(**std::move(message));
}

std::span<std::byte> Link::place() {
  const std::size_t size = state_ == State::kEstablished ? decoder_.part_left() : 0;
  return size == 0 ? std::span<std::byte>() : reassembly_.place(size);
}

void Link::on_placed(TimePoint now, std::size_t size, Actions& actions) {
  if (state_ != State::kEstablished) return;
  liveness_.on_received(now);
  arrived_bytes_ += size + (decoder_.skip(size) ? wire::kFrameHeaderBytes : 0);
  if (auto message = reassembly_.placed(size)) actions.received.push_back(*std::move(message));
}

void Link::on_credit(TimePoint now, const Bytes& payload, Actions& actions) {
  wire::Reader reader(payload);
  const auto total = reader.number<std::uint64_t>();
  if (!reader.ok() || !window_.on_credit(now, total)) return violation("credit for what was not sent", actions);
  send_waiting(now, actions);
}

void Link::send_waiting(TimePoint now, Actions& actions) {
  while (window_.has_room()) {
    const std::size_t size = outbox_.write_next(actions);
    if (size == 0) return;
    window_.on_sent(now, size);
    liveness_.on_sent(now);
  }
}

void Link::give_credit(std::size_t held_bytes, Actions& actions) {
  if (state_ != State::kEstablished || held_bytes > arrived_bytes_) return;
  const std::uint64_t total = arrived_bytes_ - held_bytes;
  if (!credit_.is_due(total)) return;
  actions.write_frame(FrameType::kCredit, [total](wire::Writer& writer) { writer.number(total); });
}

void Link::on_goodbye(const Bytes& payload, Actions& actions) {
  const auto goodbye = wire::decode<Goodbye>(payload);
  if (!goodbye) return violation("a goodbye that does not decode", actions);
  if (goodbye->leaves) {
    return close({ErrorCode::kStopping, fmt::format("{} left: {}", peer_name(), printable(goodbye->reason))}, true,
                 actions);
  }
  close({ErrorCode::kRefused, fmt::format("{} gave up the link: {}", peer_name(), printable(goodbye->reason))}, false,
        actions);
}

void Link::apply(HandshakeStep step, Actions& actions) {
  if (step.send) actions.write_frame(step.send->type, step.send->payload);
  if (step.failed) close(*std::move(step.failed), false, actions);
}

void Link::establish(TimePoint now, Actions& actions) {
  peer_ = handshake_->peer();
  version_ = handshake_->version();
  handshake_.reset();
  state_ = State::kEstablished;
  decoder_.set_payload_bytes_max(frame_bytes_max_);
  chunk_bytes_ = std::min<std::size_t>(chunk_bytes_, peer_.frame_bytes_max - ChunkHead::kBytes);
  outbox_ = Outbox({.chunk_bytes = chunk_bytes_, .open_bytes_max = peer_.frame_bytes_max});
  liveness_.begin(now);
  actions.established = true;
}

void Link::on_decode_error(const Error& error, Actions& actions) {
  if (state_ == State::kEstablished) {
    return close({error.code, fmt::format("{} sent {}", peer_name(), error.detail)}, false, actions);
  }
  apply(handshake_->refuse(RefusalCode::kGarbage,
                           fmt::format("the {} waited for {} and received {}: is it the cluster port of a node?",
                                       to_string(role_), handshake_->awaited(), error.detail),
                           error.code),
        actions);
}

void Link::on_end(std::string_view cause, Actions& actions) {
  if (state_ == State::kClosed) return;
  const std::string what =
      state_ == State::kEstablished
          ? fmt::format("the connection to {} ended", peer_name())
          : fmt::format("the connection ended while the {} waited for {}", to_string(role_), handshake_->awaited());
  close({ErrorCode::kUnreachable, fmt::format("{}: {}", what, cause)}, false, actions);
}

void Link::on_tick(TimePoint now, Actions& actions) {
  if (state_ == State::kHandshake) {
    if (now >= handshake_deadline_) on_handshake_timeout(actions);
    return;
  }
  if (state_ == State::kClosed) return;
  switch (liveness_.duty(now)) {
    case Liveness::Duty::kNone: return;
    case Liveness::Duty::kSendHeartbeat:
      actions.write_frame(FrameType::kHeartbeat, wire::encode(liveness_.make_heartbeat(now)));
      return reassembly_.trim();  // As good an interval as any.
    case Liveness::Duty::kGiveUp: break;
  }
  close({ErrorCode::kTimeout, fmt::format("half-open connection: nothing received from {} for {}", peer_name(),
                                          in_milliseconds(now - liveness_.last_received()))},
        false, actions);
}

void Link::on_handshake_timeout(Actions& actions) {
  apply(handshake_->refuse(RefusalCode::kTooSlow,
                           fmt::format("the {} waited for {}, and the handshake took longer than {}", to_string(role_),
                                       handshake_->awaited(), in_milliseconds(handshake_timeout_)),
                           ErrorCode::kTimeout),
        actions);
}

TimePoint Link::next_tick() const {
  switch (state_) {
    case State::kHandshake: return handshake_deadline_;
    case State::kEstablished: return liveness_.next_tick();
    case State::kClosed: break;
  }
  return TimePoint::max();
}

Result<void> Link::send(TimePoint now, std::uint64_t flow, wire::Encoder message, Actions& actions, bool may_drop) {
  if (state_ != State::kEstablished) return fail(ErrorCode::kUnreachable, "the link is not established");
  // Most messages are small and find credit: they are written where they leave from.
  const wire::Writer::Mark before = actions.mark();
  const std::size_t frame_bytes = actions.write_frame(FrameType::kMessage, message);
  const std::size_t size = frame_bytes - wire::kFrameHeaderBytes;
  if (size > peer_.frame_bytes_max) {
    actions.drop_since(before);
    return fail(ErrorCode::kTooLarge, fmt::format("a message of {} bytes, where {} takes at most {}: raise its "
                                                  "frame_bytes_max, or send less",
                                                  size, peer_name(), peer_.frame_bytes_max));
  }
  if (outbox_.empty() && window_.has_room() && size <= chunk_bytes_) {
    window_.on_sent(now, frame_bytes);
    liveness_.on_sent(now);
    return {};
  }
  outbox_.push(flow, actions.take_payload(before), size, may_drop);
  send_waiting(now, actions);
  return {};
}

void Link::goodbye(std::string_view reason, Actions& actions) { part(reason, true, actions); }

void Link::give_up(std::string_view reason, Actions& actions) { part(reason, false, actions); }

void Link::part(std::string_view reason, bool leaves, Actions& actions) {
  if (state_ == State::kClosed) return;
  reason = reason.substr(0, kReasonBytesMax);
  if (state_ == State::kEstablished) {
    actions.write_frame(FrameType::kGoodbye, wire::encode(Goodbye{std::string(reason), leaves}));
  }
  close({leaves ? ErrorCode::kStopping : ErrorCode::kRefused,
         fmt::format("this node {}: {}", leaves ? "left" : "gave up the link", reason)},
        false, actions);
}

void Link::violation(std::string_view what, Actions& actions) {
  close({ErrorCode::kCorrupt, fmt::format("{} sent {}", peer_name(), what)}, false, actions);
}

void Link::close(Error error, bool peer_left, Actions& actions) {
  state_ = State::kClosed;
  handshake_.reset();
  decoder_ = wire::FrameDecoder(0);  // These let go of what they hold.
  outbox_ = Outbox({});
  reassembly_ = Reassembly(0);
  actions.closed = Closed{std::move(error), peer_left};
}

std::string Link::peer_name() const { return fmt::format("node '{}'", peer_.node); }

}  // namespace troupe::link
