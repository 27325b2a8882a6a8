#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/document/journal.hpp"
#include "troupe/document/stream_rules.hpp"

/// What stands in a key-value engine: keys and records (README.md has the table). Pure functions; decoding takes any
/// bytes, and is fuzzed.
namespace troupe::engine {

/// The version of keys and records together. Another version in the store is refused when it is opened.
inline constexpr std::uint8_t kFormatVersion = 1;

/// `<stream> 00 <seq, big-endian>`: the events of a stream stand together and in order.
std::string event_key(std::string_view stream, std::uint64_t seq);
/// Greater than all keys of the stream's events, and at most the first key of any other stream after it.
std::string event_key_end(std::string_view stream);
/// The seq in the key of an event of this stream; `corrupt` if it is no such key.
Result<std::uint64_t> decode_event_key(std::string_view stream, std::string_view key);

/// A record is `version | kind | XXH3-64 of key and payload | payload`. So one that is damaged, or stands in the wrong
/// place, is `corrupt`, and the detail names what it is of. Decoded content shares the record's buffer.
Bytes encode_event(std::string_view stream, const document::Event& event);
Result<document::Event> decode_event(std::string_view stream, std::uint64_t seq, const Bytes& record);

Bytes encode_head(std::string_view stream, const document::StreamHead& head);
Result<document::StreamHead> decode_head(std::string_view stream, const Bytes& record);

Bytes encode_snapshot(std::string_view stream, const document::Snapshot& snapshot);
Result<document::Snapshot> decode_snapshot(std::string_view stream, const Bytes& record);

}  // namespace troupe::engine
