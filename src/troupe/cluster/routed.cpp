#include "troupe/cluster/routed.hpp"

#include <cstring>

#include "troupe/wire/codec.hpp"

namespace troupe::cluster {

RoutedHead encode_head(const Routed& message) {
  RoutedHead head{};  // The second byte has flags, which write_head sets.
  std::byte* at = head.bytes.data();
  *at = static_cast<std::byte>(message.kind);
  at += 2;
  for (const std::uint64_t number : {message.recipient.raw(), message.sender.raw(), message.correlation, message.tag}) {
    std::memcpy(at, &number, sizeof(number));
    at += sizeof(number);
  }
  return head;
}

void write_head(wire::Writer& writer, const RoutedHead& head, const Stamps* stamps) {
  if (stamps == nullptr) return writer.raw(head.bytes);
  RoutedHead flagged = head;
  flagged.bytes[1] |= RoutedHead::kHasStamps;
  writer.raw(flagged.bytes);
  wire::write(writer, *stamps);
}

void write_routed(wire::Writer& writer, const RoutedHead& head, const Stamps* stamps, wire::Encoder body,
                  wire::Compression compression) {
  if (compression == wire::Compression::kNone) {
    write_head(writer, head, stamps);
    return body(writer);
  }
  wire::Writer whole;
  write_head(whole, head, stamps);
  body(whole);
  const Bytes plain = whole.finish();
  const auto block = wire::compress(compression, plain.span().subspan(RoutedHead::kSize));
  if (!block) return writer.raw(plain);
  RoutedHead flagged;
  std::memcpy(flagged.bytes.data(), plain.data(), RoutedHead::kSize);
  flagged.bytes[1] |= RoutedHead::kIsCompressed;
  writer.raw(flagged.bytes);
  writer.raw(*block);
}

namespace {

/// Takes the stamps from the front of `rest`. Null if they are not readable, or too large.
std::unique_ptr<Stamps> take_stamps(Bytes& rest) {
  const Bytes front = rest.slice(0, kStampsBytesMax);
  wire::Reader reader(front);
  auto stamps = std::make_unique<Stamps>();
  wire::read(reader, *stamps);
  if (!reader.ok()) return nullptr;
  rest = rest.slice(front.size() - reader.remaining(), rest.size());
  return stamps;
}

}  // namespace

Result<Routed> decode_routed(Bytes payload, std::size_t bytes_max) {
  wire::Reader reader(payload);
  Routed message;
  const auto kind = reader.number<std::uint8_t>();
  const auto flags = static_cast<std::byte>(reader.number<std::uint8_t>());
  message.kind = static_cast<EnvelopeKind>(kind);
  message.recipient = ActorId::from_raw(reader.number<std::uint64_t>());
  message.sender = ActorId::from_raw(reader.number<std::uint64_t>());
  message.correlation = reader.number<std::uint64_t>();
  message.tag = reader.number<std::uint64_t>();
  if (!reader.ok()) return fail(ErrorCode::kCorrupt, "a message is shorter than its header");
  if (!crosses_wire(message.kind)) {
    return fail(ErrorCode::kCorrupt, "a message of a kind that does not cross the wire");
  }
  const std::size_t size = payload.size();
  message.body = std::move(payload).slice(RoutedHead::kSize, size);
  if ((flags & RoutedHead::kIsCompressed) != std::byte{0}) {
    auto plain = wire::decompress(message.body, bytes_max);
    if (!plain) return std::unexpected(plain.error());
    message.body = *std::move(plain);
  }
  if ((flags & RoutedHead::kHasStamps) != std::byte{0}) {
    message.stamps = take_stamps(message.body);
    if (!message.stamps) return fail(ErrorCode::kCorrupt, "the stamps of a message cannot be read");
  }
  return message;
}

}  // namespace troupe::cluster
