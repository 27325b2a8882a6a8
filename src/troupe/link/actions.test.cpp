#include "troupe/link/actions.hpp"

#include <gtest/gtest.h>

#include <string>

namespace troupe::link {
namespace {

using wire::FrameType;

std::string all(const std::vector<Bytes>& writes) {
  std::string text;
  for (const Bytes& piece : writes) text.append(piece.view());
  return text;
}

void write(Actions& actions, std::string_view head, const Bytes& body = {}) {
  actions.write_frame(FrameType::kMessage, [&](wire::Writer& writer) {
    writer.raw(std::as_bytes(std::span(head)));
    writer.raw(body);
  });
}

TEST(Actions, joins_small_frames_into_one_buffer) {
  Actions actions;
  EXPECT_TRUE(actions.empty());
  write(actions, "a", Bytes::copy_of("b"));
  EXPECT_FALSE(actions.empty());
  write(actions, "cd");
  ASSERT_EQ(actions.writes().size(), 1U);
  EXPECT_EQ(all(actions.writes()), std::string("\2\0\0\0\7\0\0\0ab\2\0\0\0\7\0\0\0cd", 20));
}

TEST(Actions, a_large_body_goes_out_as_it_is_and_in_its_place) {
  Actions actions;
  const Bytes body = Bytes::copy_of(std::string(100'000, 'x'));
  write(actions, "first");
  write(actions, "head", body);
  write(actions, "last");
  const std::vector<Bytes>& writes = actions.writes();
  ASSERT_EQ(writes.size(), 3U);
  EXPECT_EQ(writes[0].view(), std::string("\5\0\0\0\7\0\0\0first\xa4\x86\1\0\7\0\0\0head", 25));
  EXPECT_EQ(writes[1].data(), body.data());
  EXPECT_EQ(writes[2].view(), std::string("\4\0\0\0\7\0\0\0last", 12));
}

TEST(Actions, begins_a_new_buffer_before_one_grows_too_large) {
  Actions actions;
  const std::string head(30'000, 'h');
  for (int i = 0; i < 5; ++i) write(actions, head);
  ASSERT_EQ(actions.writes().size(), 2U);
  EXPECT_EQ(all(actions.writes()).size(), 5 * (30'000 + wire::kFrameHeaderBytes));
  for (const Bytes& piece : actions.writes())
    EXPECT_LE(piece.size(), 64U * 1024 + head.size() + wire::kFrameHeaderBytes);
}

TEST(Actions, frames_written_after_the_writes_were_taken_follow_them) {
  Actions actions;
  write(actions, "1");
  std::vector<Bytes> taken;
  taken.swap(actions.writes());
  EXPECT_TRUE(actions.empty());
  write(actions, "2");
  EXPECT_EQ(all(taken) + all(actions.writes()), std::string("\1\0\0\0\7\0\0\0001\1\0\0\0\7\0\0\0002", 18));
}

TEST(Actions, a_frame_written_just_now_can_be_taken_back) {
  Actions actions;
  write(actions, "stays");
  const wire::Writer::Mark before = actions.mark();
  const Bytes body = Bytes::copy_of(std::string(5'000, 'x'));
  write(actions, "head", body);
  const std::vector<Bytes> payload = actions.take_payload(before);
  ASSERT_EQ(payload.size(), 2U);
  EXPECT_EQ(payload[0].view(), "head");
  EXPECT_EQ(payload[1].data(), body.data()) << "what is shared is not copied";
  write(actions, "dropped", body);
  actions.drop_since(before);
  write(actions, "follows");
  EXPECT_EQ(all(actions.writes()), std::string("\5\0\0\0\7\0\0\0stays\7\0\0\0\7\0\0\0follows", 28));
}

TEST(Actions, clear_forgets_everything) {
  Actions actions;
  actions.established = true;
  actions.received.push_back(Bytes::copy_of("x"));
  actions.closed = Closed{};
  write(actions, "");
  actions.clear();
  EXPECT_TRUE(actions.empty());
  EXPECT_TRUE(actions.writes().empty());
}

}  // namespace
}  // namespace troupe::link
