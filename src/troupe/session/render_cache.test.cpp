#include "troupe/session/render_cache.hpp"

#include <gtest/gtest.h>

#include "troupe/wire/codec.hpp"

namespace troupe::session {
namespace {

std::shared_ptr<const document::EventBatch> batch(std::uint64_t seq) {
  return std::make_shared<const document::EventBatch>(document::EventBatch{
      "canvas/a", "e", {{seq, "k", "ada", Bytes::copy_of("{}")}, {seq + 1, "l", "bob", Bytes::copy_of("[1]")}}});
}

Bytes signal_of(const std::string& from, const std::string& data) {
  return wire::encode(SignalPayload{from, Bytes::copy_of(data)});
}

TEST(RenderCache, a_batch_is_made_into_text_once) {
  RenderCache cache;
  const auto first = batch(1);
  const auto events = cache.events(first);
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ((*events)[0].seq, 1U);
  EXPECT_EQ(*(*events)[0].text, R"({"op":"event","topic":"canvas/a","seq":1,"key":"k","from":"ada","data":{}})");
  EXPECT_EQ(cache.events(first), events) << "the same object";
  EXPECT_NE(cache.events(batch(1)), events) << "another batch, though it is equal";
}

TEST(RenderCache, keeps_only_the_last_batches) {
  RenderCache cache;
  const auto first = batch(1);
  const auto events = cache.events(first);
  for (std::uint64_t seq = 2; seq < 40; ++seq) (void)cache.events(batch(seq));
  EXPECT_NE(cache.events(first), events);
  EXPECT_EQ(first.use_count(), 2) << "here and, once, in the cache";
}

TEST(RenderCache, a_signal_is_made_into_text_once) {
  RenderCache cache;
  const Bytes payload = signal_of("ada", R"({"x":1})");
  const auto signal = cache.signal("canvas/a", payload);
  ASSERT_NE(signal, nullptr);
  EXPECT_EQ(signal->from, "ada");
  EXPECT_EQ(*signal->text, R"({"op":"signal","topic":"canvas/a","from":"ada","data":{"x":1}})");
  EXPECT_EQ(cache.signal("canvas/a", payload), signal);
  EXPECT_NE(cache.signal("canvas/b", payload), signal) << "the topic is in the text";
}

TEST(RenderCache, what_is_no_signal_reaches_no_client) {
  RenderCache cache;
  EXPECT_EQ(cache.signal("canvas/a", Bytes::copy_of("garbage")), nullptr);
  EXPECT_EQ(cache.signal("canvas/a", Bytes()), nullptr);
  EXPECT_EQ(cache.signal("canvas/a", signal_of("ada", "")), nullptr);
}

}  // namespace
}  // namespace troupe::session
