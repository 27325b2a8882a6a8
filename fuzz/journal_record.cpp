// LINK: troupe::engine
//
// The journal's records, decoded from any bytes: first as they are, then with the checksum that they would have, so
// that the input gets past it. What decodes is encoded and decoded again, to the same.
#include "troupe/engine/journal_record.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include "troupe/base/assert.hpp"
#include "troupe/base/hash.hpp"

namespace {

using troupe::Bytes;
using namespace troupe::engine;

constexpr std::string_view kStream = "canvas/lobby";
constexpr std::size_t kPayloadAt = 10;

Bytes with_checksum(const Bytes& record, std::uint8_t kind, std::uint64_t seq) {
  if (record.size() < kPayloadAt) return record;
  const std::uint64_t place = troupe::combine(troupe::hash64(kStream, kind), seq);
  const std::uint64_t checksum = troupe::hash64(record.span().subspan(kPayloadAt), place);
  std::string copy(record.view());
  copy[0] = kFormatVersion;
  copy[1] = static_cast<char>(kind);
  for (unsigned i = 0; i < 8; ++i) copy[2 + i] = static_cast<char>(checksum >> (8 * i));
  return Bytes::copy_of(copy);
}

void decode_all(const Bytes& record, std::uint64_t seq) {
  if (const auto event = decode_event(kStream, seq, record)) {
    TROUPE_ASSERT(event->seq == seq);
    TROUPE_ASSERT(decode_event(kStream, seq, encode_event(kStream, *event)) == event);
  }
  if (const auto head = decode_head(kStream, record)) {
    TROUPE_ASSERT(decode_head(kStream, encode_head(kStream, *head)) == head);
  }
  if (const auto snapshot = decode_snapshot(kStream, record)) {
    const auto again = decode_snapshot(kStream, encode_snapshot(kStream, *snapshot));
    TROUPE_ASSERT(again && again->seq == snapshot->seq && again->hash == snapshot->hash &&
                  again->state == snapshot->state);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = Bytes::copy_of(std::as_bytes(std::span(data, size)));
  const std::uint64_t seq = size;
  decode_all(input, seq);
  for (const char kind : {'e', 'h', 's'}) decode_all(with_checksum(input, static_cast<std::uint8_t>(kind), seq), seq);

  if (const auto key_seq = decode_event_key(kStream, input.view())) {
    TROUPE_ASSERT(event_key(kStream, *key_seq) == input.view());
  }
  return 0;
}
