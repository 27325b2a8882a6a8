#include "troupe/link/actions.hpp"

#include <cstdint>
#include <utility>

namespace troupe::link {

std::vector<Bytes>& Actions::writes() {
  seal();
  return writes_;
}

void Actions::clear() {
  established = false;
  received.clear();
  closed.reset();
  writes().clear();
}

void Actions::write_frame(wire::FrameType type, std::span<const std::byte> head, Bytes body) {
  const std::size_t payload_bytes = head.size() + body.size();
  const std::size_t copied_bytes =
      wire::kFrameHeaderBytes + (body.size() <= kJoinedBodyBytesMax ? payload_bytes : head.size());
  if (joined_.size() > 0 && joined_.size() + copied_bytes > kJoinedBytesMax) seal();
  if (joined_.size() == 0) joined_ = wire::Writer(copied_bytes + kJoinedBodyBytesMax);
  wire::encode_frame_header(joined_, type, static_cast<std::uint32_t>(payload_bytes));
  joined_.raw(head);
  if (body.size() <= kJoinedBodyBytesMax) return joined_.raw(body.span());
  seal();
  writes_.push_back(std::move(body));
}

void Actions::seal() {
  if (joined_.size() > 0) writes_.push_back(joined_.finish());
}

}  // namespace troupe::link
