#include "troupe/document/stream_rules.hpp"

namespace troupe::document {

std::size_t size_bytes(const Event& event) { return event.key.size() + event.from.size() + event.data.size(); }

std::size_t size_bytes(const AppendRequest& request) {
  std::size_t size = request.stream.size();
  for (const Event& event : request.events) size += size_bytes(event);
  return size;
}

Result<void> check_stream_name(std::string_view stream) {
  if (stream.empty()) return fail(ErrorCode::kInvalidArgument, "a stream needs a name");
  if (stream.size() > kStreamNameBytesMax) {
    return fail(ErrorCode::kInvalidArgument, "a stream's name has " + std::to_string(stream.size()) +
                                                 " bytes; at most " + std::to_string(kStreamNameBytesMax) +
                                                 " are allowed");
  }
  if (stream.contains('\0')) return fail(ErrorCode::kInvalidArgument, "a stream's name holds no NUL");
  return {};
}

Result<void> check_append(const AppendRequest& request) {
  if (auto name = check_stream_name(request.stream); !name) return name;
  std::uint64_t seq = request.expected_last;
  for (const Event& event : request.events) {
    ++seq;
    if (event.seq == seq && seq != 0) continue;  // Zero: the count wrapped.
    return fail(ErrorCode::kInvalidArgument, "event " + std::to_string(event.seq) + " of stream " + request.stream +
                                                 " stands where " + std::to_string(seq) + " belongs");
  }
  return {};
}

bool may_append(const StreamHead& head, const AppendRequest& request) {
  return head.fence != 0 && head.fence == request.fence && head.last_seq == request.expected_last;
}

Result<bool> may_save(const StreamHead& head, std::uint64_t fence, const Snapshot& snapshot) {
  if (head.fence == 0 || head.fence != fence || snapshot.seq <= head.snapshot_seq) return false;
  if (snapshot.seq > head.last_seq) {
    return fail(ErrorCode::kInvalidArgument, "a snapshot at " + std::to_string(snapshot.seq) +
                                                 " of a stream that ends at " + std::to_string(head.last_seq));
  }
  return true;
}

std::string epoch_name(std::uint64_t random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name(16, '0');
  for (auto digit = name.rbegin(); digit != name.rend(); ++digit, random >>= 4U) *digit = kDigits[random & 0xfU];
  return name;
}

}  // namespace troupe::document
