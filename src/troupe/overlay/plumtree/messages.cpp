#include "troupe/overlay/plumtree/messages.hpp"

#include <algorithm>
#include <limits>

#include "troupe/wire/codec.hpp"

namespace troupe::overlay::plumtree {
namespace {

struct GossipHeader {
  std::uint64_t root_name = 0;
  std::uint64_t root_incarnation = 0;
  std::uint64_t sequence = 0;
  std::uint16_t hops = 0;
  std::uint32_t age_ms = 0;
};

constexpr std::size_t kGossipHeaderBytes = 48;  // A little more than it takes.

std::uint32_t to_age_ms(Duration age) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(age).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

Kind kind_of(const Bytes& message) {
  return message.empty() ? Kind{} : static_cast<Kind>(std::to_integer<std::uint8_t>(*message.data()));
}

Bytes encode_gossip(const Gossip& gossip) {
  wire::Writer writer(kGossipHeaderBytes + gossip.payload.size());
  writer.number(static_cast<std::uint8_t>(Kind::kGossip));
  const auto& [root, sequence] = gossip.id;
  wire::write(writer, GossipHeader{root.name, root.incarnation, sequence, gossip.hops, to_age_ms(gossip.age)});
  writer.raw(gossip.payload.span());
  return writer.finish();
}

Result<Gossip> decode_gossip(const Bytes& message) {
  wire::Reader reader(message);
  (void)reader.number<std::uint8_t>();
  GossipHeader header;
  wire::read(reader, header);
  if (!reader.ok() || header.hops == 0) return fail(ErrorCode::kCorrupt, "the bytes are no gossip of a broadcast");
  return Gossip{.id = {{header.root_name, header.root_incarnation}, header.sequence},
                .hops = header.hops,
                .age = std::chrono::milliseconds(header.age_ms),
                .payload = reader.raw(reader.remaining())};
}

Bytes payload_of(const Bytes& message, std::size_t payload_bytes) {
  return message.slice(message.size() - payload_bytes, payload_bytes);
}

Bytes encode_list(Kind kind, std::span<const Mention> mentions) {
  wire::Writer writer;
  writer.number(static_cast<std::uint8_t>(kind));
  for (std::size_t from = 0; from < mentions.size();) {
    const Mention& first = mentions[from];
    std::size_t end = from + 1;
    const auto joins = [&](const Mention& next) { return next.root == first.root && next.sequence && first.sequence; };
    while (end < mentions.size() && joins(mentions[end])) ++end;
    writer.number(first.root.name);
    writer.number(first.root.incarnation);
    writer.varint(first.sequence ? end - from : 0);
    for (; from < end; ++from) {
      if (!first.sequence) continue;
      writer.varint(*mentions[from].sequence);
      writer.varint(mentions[from].hops);
    }
  }
  return writer.finish();
}

Result<std::vector<Mention>> decode_list(const Bytes& message, std::size_t mentions_max) {
  wire::Reader reader(message);
  (void)reader.number<std::uint8_t>();
  std::vector<Mention> mentions;
  while (reader.remaining() > 0 && mentions.size() <= mentions_max) {
    Mention mention;
    mention.root.name = reader.number<std::uint64_t>();
    mention.root.incarnation = reader.number<std::uint64_t>();
    const std::size_t count = reader.length();
    if (count == 0) mentions.push_back(mention);
    for (std::size_t i = 0; i < count && reader.ok() && mentions.size() <= mentions_max; ++i) {
      mention.sequence = reader.varint();
      const std::uint64_t hops = reader.varint();
      if (hops > std::numeric_limits<std::uint16_t>::max()) reader.fail();
      mention.hops = static_cast<std::uint16_t>(hops);
      mentions.push_back(mention);
    }
  }
  if (!reader.ok() || mentions.size() > mentions_max) return fail(ErrorCode::kCorrupt, "the bytes list no broadcasts");
  return mentions;
}

}  // namespace troupe::overlay::plumtree
