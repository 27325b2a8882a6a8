#include "troupe/link/link.hpp"

#include <cmath>
#include <utility>

#include "troupe/base/assert.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::link {

namespace {

using wire::Frame;
using wire::FrameType;

/// The payload of `goodbye`.
struct Goodbye {
  std::string reason;
};

std::string in_milliseconds(Duration duration) {
  return std::to_string(std::llround(to_milliseconds(duration))) + " ms";
}

}  // namespace

Link::Link(LinkOptions options, Role role, Identity local, const Nonce& nonce, TimePoint now)
    : role_(role),
      liveness_options_(options.liveness),
      handshake_timeout_(options.handshake_timeout),
      handshake_deadline_(now + options.handshake_timeout),
      frame_bytes_max_(local.frame_bytes_max),
      handshake_(std::in_place, role, std::move(local), nonce, std::move(options.secret),
                 std::move(options.expected_node)),
      liveness_(options.liveness, now) {}

void Link::start(Actions& actions) {
  if (handshake_) apply(handshake_deadline_ - handshake_timeout_, handshake_->start(), actions);
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
  if (state_ == State::kHandshake) return apply(now, handshake_->on_frame(frame), actions);
  switch (frame.type) {
    case FrameType::kMessage: return actions.received.push_back(std::move(frame.payload));
    case FrameType::kHeartbeat: return on_heartbeat(now, frame.payload, actions);
    case FrameType::kGoodbye: return on_goodbye(frame.payload, actions);
    default: break;
  }
  close({ErrorCode::kCorrupt,
         peer_name() + " sent a " + std::string(to_string(frame.type)) + " frame after the handshake was over"},
        false, actions);
}

void Link::on_heartbeat(TimePoint now, const Bytes& payload, Actions& actions) {
  const auto heartbeat = wire::decode<Heartbeat>(payload);
  if (!heartbeat)
    return close({ErrorCode::kCorrupt, peer_name() + " sent a heartbeat that does not decode"}, false, actions);
  liveness_.on_heartbeat(now, *heartbeat);
}

void Link::on_goodbye(const Bytes& payload, Actions& actions) {
  const auto goodbye = wire::decode<Goodbye>(payload);
  if (!goodbye)
    return close({ErrorCode::kCorrupt, peer_name() + " sent a goodbye that does not decode"}, false, actions);
  close({ErrorCode::kStopping, peer_name() + " left: " + printable(goodbye->reason)}, true, actions);
}

void Link::apply(TimePoint now, HandshakeStep step, Actions& actions) {
  if (step.send) actions.write_frame(step.send->type, step.send->payload.span());
  if (step.failed) return close(*std::move(step.failed), false, actions);
  if (!step.established) return;
  peer_ = handshake_->peer();
  version_ = handshake_->version();
  handshake_.reset();
  state_ = State::kEstablished;
  decoder_.set_payload_bytes_max(frame_bytes_max_);
  liveness_ = Liveness(liveness_options_, now);
  actions.established = true;
}

void Link::on_decode_error(const Error& error, Actions& actions) {
  if (state_ == State::kEstablished) return close({error.code, peer_name() + " sent " + error.detail}, false, actions);
  apply({},
        handshake_->refuse(RefusalCode::kGarbage,
                           "waited for " + std::string(handshake_->awaited()) + ", received " + error.detail +
                               ": is this the cluster port of a Troupe node?",
                           error.code),
        actions);
}

void Link::on_end(std::string_view cause, Actions& actions) {
  if (state_ == State::kClosed) return;
  std::string detail = state_ == State::kEstablished
                           ? "the connection to " + peer_name() + " ended"
                           : "the connection ended while waiting for " + std::string(handshake_->awaited());
  close({ErrorCode::kUnreachable, detail.append(": ").append(cause)}, false, actions);
}

void Link::on_tick(TimePoint now, Actions& actions) {
  if (state_ == State::kClosed) return;
  if (state_ == State::kHandshake) {
    if (now < handshake_deadline_) return;
    return apply(now,
                 handshake_->refuse(RefusalCode::kTooSlow,
                                    "no handshake within " + in_milliseconds(handshake_timeout_) + ", waiting for " +
                                        std::string(handshake_->awaited()),
                                    ErrorCode::kTimeout),
                 actions);
  }
  switch (liveness_.duty(now)) {
    case Liveness::Duty::kNone: return;
    case Liveness::Duty::kSendHeartbeat: return send_heartbeat(now, actions);
    case Liveness::Duty::kGiveUp: break;
  }
  close({ErrorCode::kTimeout, "half-open connection: nothing received from " + peer_name() + " for " +
                                  in_milliseconds(now - liveness_.last_received())},
        false, actions);
}

void Link::send_heartbeat(TimePoint now, Actions& actions) {
  wire::Writer writer;
  wire::encode_into(writer, liveness_.make_heartbeat(now));
  actions.write_frame(FrameType::kHeartbeat, writer.span());
}

TimePoint Link::next_tick() const {
  switch (state_) {
    case State::kHandshake: return handshake_deadline_;
    case State::kEstablished: return liveness_.next_tick();
    case State::kClosed: break;
  }
  return TimePoint::max();
}

Result<void> Link::send(TimePoint now, std::span<const std::byte> head, Bytes body, Actions& actions) {
  if (state_ != State::kEstablished) return fail(ErrorCode::kUnreachable, "the link is not established");
  const std::size_t payload_bytes = head.size() + body.size();
  if (payload_bytes > peer_.frame_bytes_max) {
    return fail(ErrorCode::kTooLarge, "a message of " + std::to_string(payload_bytes) + " bytes, but " + peer_name() +
                                          " takes at most " + std::to_string(peer_.frame_bytes_max));
  }
  actions.write_frame(FrameType::kMessage, head, std::move(body));
  liveness_.on_sent(now);
  return {};
}

void Link::goodbye(std::string_view reason, Actions& actions) {
  if (state_ == State::kClosed) return;
  if (state_ == State::kEstablished) {
    const Goodbye goodbye{std::string(reason.substr(0, kReasonBytesMax))};
    actions.write_frame(FrameType::kGoodbye, wire::encode(goodbye).span());
  }
  close({ErrorCode::kStopping, "this node left: " + std::string(reason)}, false, actions);
}

void Link::close(Error error, bool peer_left, Actions& actions) {
  state_ = State::kClosed;
  handshake_.reset();
  decoder_ = wire::FrameDecoder(0);  // Lets go of what it holds.
  actions.closed = Closed{std::move(error), peer_left};
}

std::string Link::peer_name() const { return "node '" + peer_.node + "'"; }

}  // namespace troupe::link
