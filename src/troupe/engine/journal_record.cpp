#include "troupe/engine/journal_record.hpp"

#include "troupe/base/hash.hpp"
#include "troupe/wire/reader.hpp"
#include "troupe/wire/writer.hpp"

namespace troupe::engine {
namespace {

enum class Kind : std::uint8_t { kEvent = 'e', kHead = 'h', kSnapshot = 's' };

constexpr std::size_t kChecksumAt = 2;
constexpr std::size_t kPayloadAt = kChecksumAt + sizeof(std::uint64_t);

/// The checksum covers where the record belongs: its kind, its stream and, for an event, its seq.
std::uint64_t checksum(Kind kind, std::string_view stream, std::uint64_t seq, std::span<const std::byte> payload) {
  const std::uint64_t place = combine(hash64(stream, static_cast<std::uint64_t>(kind)), seq);
  return hash64(payload, place);
}

wire::Writer begin(Kind kind, std::size_t payload_size) {
  wire::Writer writer(kPayloadAt + payload_size);
  writer.number(kFormatVersion);
  writer.number(static_cast<std::uint8_t>(kind));
  writer.number(std::uint64_t{0});  // The checksum, known last.
  return writer;
}

Bytes finish(wire::Writer writer, Kind kind, std::string_view stream, std::uint64_t seq) {
  writer.patch(kChecksumAt, checksum(kind, stream, seq, writer.span().subspan(kPayloadAt)));
  return writer.finish();
}

/// A reader that stands at the payload, if the record is whole and stands where it belongs; else `corrupt`.
Result<wire::Reader> payload_of(const Bytes& record, Kind kind, std::string_view stream, std::uint64_t seq,
                                const std::string& what) {
  wire::Reader reader(record);
  const auto version = reader.number<std::uint8_t>();
  const auto found_kind = reader.number<std::uint8_t>();
  const auto found_checksum = reader.number<std::uint64_t>();
  if (!reader.ok()) return fail(ErrorCode::kCorrupt, what + ": the record is cut short");
  if (version != kFormatVersion) {
    return fail(ErrorCode::kCorrupt, what + ": record version " + std::to_string(version) + ", this program reads " +
                                         std::to_string(kFormatVersion));
  }
  if (found_kind != static_cast<std::uint8_t>(kind))
    return fail(ErrorCode::kCorrupt, what + ": another kind of record");
  if (found_checksum != checksum(kind, stream, seq, record.span().subspan(kPayloadAt))) {
    return fail(ErrorCode::kCorrupt, what + ": the checksum does not match");
  }
  return reader;
}

/// Strict: version 1 has these fields and nothing behind them.
bool is_complete(const wire::Reader& reader) { return reader.ok() && reader.remaining() == 0; }

std::string event_name(std::string_view stream, std::uint64_t seq) {
  return "event " + std::to_string(seq) + " of stream " + std::string(stream);
}

}  // namespace

std::string event_key(std::string_view stream, std::uint64_t seq) {
  std::string key;
  key.reserve(stream.size() + 1 + sizeof(seq));
  key.append(stream).push_back('\0');
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(seq >> static_cast<unsigned>(shift)));
  return key;
}

std::string event_key_end(std::string_view stream) { return std::string(stream) + '\x01'; }

Result<std::uint64_t> decode_event_key(std::string_view stream, std::string_view key) {
  if (key.size() != stream.size() + 1 + sizeof(std::uint64_t) || !key.starts_with(stream) ||
      key[stream.size()] != '\0') {
    return fail(ErrorCode::kCorrupt, "a key that is no event's among those of stream " + std::string(stream));
  }
  std::uint64_t seq = 0;
  for (const char byte : key.substr(stream.size() + 1)) seq = (seq << 8U) | static_cast<unsigned char>(byte);
  return seq;
}

Bytes encode_event(std::string_view stream, const document::Event& event) {
  constexpr std::size_t kLengthsMax = 15;
  wire::Writer writer = begin(Kind::kEvent, document::size_bytes(event) + kLengthsMax);
  writer.block(event.key);
  writer.block(event.from);
  writer.block(event.data.span());
  return finish(std::move(writer), Kind::kEvent, stream, event.seq);
}

Result<document::Event> decode_event(std::string_view stream, std::uint64_t seq, const Bytes& record) {
  auto reader = payload_of(record, Kind::kEvent, stream, seq, event_name(stream, seq));
  if (!reader) return std::unexpected(std::move(reader.error()));
  document::Event event;
  event.seq = seq;
  event.key = reader->block().view();
  event.from = reader->block().view();
  event.data = reader->block();
  if (!is_complete(*reader)) return fail(ErrorCode::kCorrupt, event_name(stream, seq) + ": malformed");
  return event;
}

Bytes encode_head(std::string_view stream, const document::StreamHead& head) {
  wire::Writer writer = begin(Kind::kHead, 48);
  writer.block(head.epoch);
  writer.number(head.fence);
  writer.number(head.last_seq);
  writer.number(head.snapshot_seq);
  return finish(std::move(writer), Kind::kHead, stream, 0);
}

Result<document::StreamHead> decode_head(std::string_view stream, const Bytes& record) {
  const std::string what = "the head of stream " + std::string(stream);
  auto reader = payload_of(record, Kind::kHead, stream, 0, what);
  if (!reader) return std::unexpected(std::move(reader.error()));
  document::StreamHead head;
  head.epoch = reader->block().view();
  head.fence = reader->number<std::uint64_t>();
  head.last_seq = reader->number<std::uint64_t>();
  head.snapshot_seq = reader->number<std::uint64_t>();
  if (!is_complete(*reader) || head.fence == 0) return fail(ErrorCode::kCorrupt, what + ": malformed");
  return head;
}

Bytes encode_snapshot(std::string_view stream, const document::Snapshot& snapshot) {
  wire::Writer writer = begin(Kind::kSnapshot, 16 + 5 + snapshot.state.size());
  writer.number(snapshot.seq);
  writer.number(snapshot.hash);
  writer.block(snapshot.state.span());
  return finish(std::move(writer), Kind::kSnapshot, stream, 0);
}

Result<document::Snapshot> decode_snapshot(std::string_view stream, const Bytes& record) {
  const std::string what = "the snapshot of stream " + std::string(stream);
  auto reader = payload_of(record, Kind::kSnapshot, stream, 0, what);
  if (!reader) return std::unexpected(std::move(reader.error()));
  document::Snapshot snapshot;
  snapshot.seq = reader->number<std::uint64_t>();
  snapshot.hash = reader->number<std::uint64_t>();
  snapshot.state = reader->block();
  if (!is_complete(*reader)) return fail(ErrorCode::kCorrupt, what + ": malformed");
  return snapshot;
}

}  // namespace troupe::engine
