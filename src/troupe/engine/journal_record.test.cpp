#include "troupe/engine/journal_record.hpp"

#include <gtest/gtest.h>

namespace troupe::engine {
namespace {

using document::Event;
using document::Snapshot;
using document::StreamHead;

Bytes with_flipped_bit(const Bytes& bytes, std::size_t bit) {
  std::string copy(bytes.view());
  copy[bit / 8] = static_cast<char>(copy[bit / 8] ^ (1 << (bit % 8)));
  return Bytes::copy_of(copy);
}

const Event kEvent{42, "key", "from", Bytes::copy_of("some data")};

TEST(JournalRecord, gives_back_what_was_encoded) {
  EXPECT_EQ(decode_event("s", 42, encode_event("s", kEvent)), kEvent);
  const Event empty{1, "", "", {}};
  EXPECT_EQ(decode_event("s", 1, encode_event("s", empty)), empty);

  const StreamHead head{"0123456789abcdef", 3, 100, 90};
  EXPECT_EQ(decode_head("s", encode_head("s", head)), head);

  const auto snapshot = decode_snapshot("s", encode_snapshot("s", Snapshot{7, 8, Bytes::copy_of("state")}));
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->seq, 7U);
  EXPECT_EQ(snapshot->hash, 8U);
  EXPECT_EQ(snapshot->state.view(), "state");
}

TEST(JournalRecord, the_format_on_disk_stays_as_it_is) {
  // Version, kind, checksum, then the lengths and contents. A change here needs a new version.
  const Bytes record = encode_event("s", {1, "k", "f", Bytes::copy_of("d")});
  EXPECT_EQ(record.view().substr(0, 2),
            "\x01"
            "e");
  EXPECT_EQ(record.view().substr(10),
            "\x01k\x01"
            "f\x01"
            "d");
  EXPECT_EQ(record.view().substr(2, 8), "M\x8b;\xfd\xfe\xa1\xe5\xba");
}

TEST(JournalRecord, any_flipped_bit_is_found) {
  const Bytes record = encode_event("s", kEvent);
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    const auto decoded = decode_event("s", 42, with_flipped_bit(record, bit));
    ASSERT_FALSE(decoded.has_value()) << "bit " << bit;
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
    EXPECT_TRUE(decoded.error().detail.starts_with("event 42 of stream s: ")) << decoded.error().detail;
  }
}

TEST(JournalRecord, any_cut_is_found) {
  const Bytes record = encode_head("s", {"0123456789abcdef", 3, 100, 90});
  for (std::size_t size = 0; size < record.size(); ++size) {
    EXPECT_FALSE(decode_head("s", record.slice(0, size)).has_value()) << "size " << size;
  }
}

TEST(JournalRecord, a_record_in_the_wrong_place_is_found) {
  EXPECT_FALSE(decode_event("s", 43, encode_event("s", kEvent)).has_value());
  EXPECT_FALSE(decode_event("t", 42, encode_event("s", kEvent)).has_value());
  EXPECT_FALSE(decode_snapshot("s", encode_event("s", kEvent)).has_value());
}

TEST(JournalRecord, keys_sort_by_stream_then_seq) {
  EXPECT_LT(event_key("a", 1), event_key("a", 2));
  EXPECT_LT(event_key("a", 255), event_key("a", 256));
  EXPECT_LT(event_key("a", ~std::uint64_t{0}), event_key_end("a"));
  for (const char* other : {"a\x01", "a/b", "ab", "b"}) {
    EXPECT_LE(event_key_end("a"), event_key(other, 0)) << other;
  }
}

TEST(JournalRecord, a_key_gives_back_its_seq) {
  EXPECT_EQ(decode_event_key("s", event_key("s", 0x0102030405060708)), 0x0102030405060708U);
  EXPECT_FALSE(decode_event_key("s", event_key("t", 1)).has_value());
  EXPECT_FALSE(decode_event_key("s", event_key("s", 1) + "x").has_value());
  EXPECT_FALSE(decode_event_key("s", "").has_value());
}

}  // namespace
}  // namespace troupe::engine
