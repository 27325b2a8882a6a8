#include "troupe/cluster/routed.hpp"

#include <cstring>

#include "troupe/wire/reader.hpp"

namespace troupe::cluster {

RoutedHead encode_head(const Routed& message) {
  RoutedHead head{};  // The second byte has flags: none yet.
  std::byte* at = head.bytes.data();
  *at = static_cast<std::byte>(message.kind);
  at += 2;
  for (const std::uint64_t number : {message.recipient.raw(), message.sender.raw(), message.correlation, message.tag}) {
    std::memcpy(at, &number, sizeof(number));
    at += sizeof(number);
  }
  return head;
}

Result<Routed> decode_routed(Bytes payload) {
  wire::Reader reader(payload);
  Routed message;
  const auto kind = reader.number<std::uint8_t>();
  reader.number<std::uint8_t>();
  message.kind = static_cast<EnvelopeKind>(kind);
  message.recipient = ActorId::from_raw(reader.number<std::uint64_t>());
  message.sender = ActorId::from_raw(reader.number<std::uint64_t>());
  message.correlation = reader.number<std::uint64_t>();
  message.tag = reader.number<std::uint64_t>();
  if (!reader.ok()) return fail(ErrorCode::kCorrupt, "a message is shorter than its header");
  if (!crosses_wire(message.kind)) {
    return fail(ErrorCode::kCorrupt, "a message of a kind that does not cross the wire");
  }
  message.body = payload.slice(RoutedHead::kSize, payload.size());
  return message;
}

}  // namespace troupe::cluster
