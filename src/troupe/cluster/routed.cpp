#include "troupe/cluster/routed.hpp"

#include <algorithm>

#include "troupe/wire/reader.hpp"
#include "troupe/wire/writer.hpp"

namespace troupe::cluster {

RoutedHead encode_head(const Routed& message) {
  wire::Writer writer(RoutedHead::kSize);
  writer.number(static_cast<std::uint8_t>(message.kind));
  writer.number(std::uint8_t{0});  // Flags: none yet.
  writer.number(message.recipient.raw());
  writer.number(message.sender.raw());
  writer.number(message.correlation);
  writer.number(message.tag);
  RoutedHead head;
  std::ranges::copy(writer.span(), head.bytes.begin());
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
