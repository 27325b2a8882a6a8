#include "troupe/link/actions.hpp"

#include <algorithm>
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

std::size_t Actions::write_frame(wire::FrameType type, wire::Encoder payload) {
  const wire::Writer::Mark before = mark();
  wire::encode_frame_header(joined_, type, 0);
  payload(joined_);
  const std::size_t size = joined_.size() - before.size;
  joined_.patch(before.offset, static_cast<std::uint32_t>(size - wire::kFrameHeaderBytes));
  return size;
}

std::vector<Bytes> Actions::take_payload(const wire::Writer::Mark& before) {
  wire::Writer::Mark payload = before;
  payload.offset += wire::kFrameHeaderBytes;
  payload.size += wire::kFrameHeaderBytes;
  std::vector<Bytes> pieces = joined_.take_since(payload);
  joined_.cut(before);
  return pieces;
}

wire::Writer::Mark Actions::mark() {
  if (joined_.span().size() >= kJoinedBytesMax) seal();
  if (joined_.size() == 0) joined_ = wire::Writer(joined_before_);
  return joined_.mark();
}

void Actions::seal() {
  if (joined_.size() == 0) return;
  joined_before_ = std::clamp(joined_.span().size(), kJoinedBytesMin, kJoinedBytesMax);
  joined_.finish_into(writes_);
}

}  // namespace troupe::link
