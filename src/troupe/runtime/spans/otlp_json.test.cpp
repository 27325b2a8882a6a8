#include "troupe/runtime/spans/otlp_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::runtime {
namespace {

using testing::HasSubstr;
using testing::Not;

Span example() {
  return {.context = {.trace_high = 0x4bf92f3577b34da6, .trace_low = 0xa3ce929d0e0e4736, .span = 0xb7},
          .parent = 0x00f067aa0ba902b7,
          .kind = SpanKind::kServer,
          .name = "Counter counter.get",
          .shard = 1,
          .actor = ActorId::from_raw(0x10),
          .sender = {{}, ActorId::from_raw(0x20)},
          .peer = "b",
          .start = TimePoint(1s),
          .end = TimePoint(1s + 1500us),
          .waited = 42ns,
          .error = "broken"};
}

std::string line_of(const Span& span) { return otlp_json({.node = "a", .incarnation = 3}, {&span, 1}, 1'700'000'000s); }

TEST(OtlpJson, is_a_request_of_the_protocol_on_one_line) {
  EXPECT_EQ(line_of(example()),
            R"({"resourceSpans":[{"resource":{"attributes":[)"
            R"({"key":"service.name","value":{"stringValue":"troupe"}},)"
            R"({"key":"service.instance.id","value":{"stringValue":"a"}},)"
            R"({"key":"troupe.incarnation","value":{"stringValue":"3"}}]},)"
            R"("scopeSpans":[{"scope":{"name":"troupe"},"spans":[{)"
            R"("traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00000000000000b7",)"
            R"("parentSpanId":"00f067aa0ba902b7","flags":1,"name":"Counter counter.get","kind":2,)"
            R"("startTimeUnixNano":"1700000001000000000","endTimeUnixNano":"1700000001001500000","attributes":[)"
            R"({"key":"troupe.shard","value":{"intValue":"1"}},)"
            R"({"key":"troupe.actor","value":{"stringValue":"0000000000000010"}},)"
            R"({"key":"troupe.sender","value":{"stringValue":"0000000000000020"}},)"
            R"({"key":"troupe.peer","value":{"stringValue":"b"}},)"
            R"({"key":"troupe.waited_ns","value":{"intValue":"42"}}],)"
            R"("status":{"code":2,"message":"broken"}}]}]}]})");
}

TEST(OtlpJson, what_a_span_does_not_have_is_left_out) {
  const std::string line = line_of({.context = {.trace_low = 1, .span = 2}, .name = "GET"});
  for (const char* field : {"parentSpanId", "status", "troupe.actor", "troupe.sender", "troupe.peer", "waited"})
    EXPECT_THAT(line, Not(HasSubstr(field)));
}

TEST(OtlpJson, text_of_others_stays_a_line_of_json) {
  Span span = example();
  span.error = "quote \" and\nbreak \xff";
  span.attributes.emplace_back("url.path", std::string("/\r\n\x01"));
  const std::string line = line_of(span);
  EXPECT_THAT(line, HasSubstr(R"("message":"quote \" and\nbreak )"
                              "\xef\xbf\xbd"));
  EXPECT_THAT(line, HasSubstr(R"("stringValue":"/\r\n\u0001")"));
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(OtlpJson, an_endless_error_is_cut) {
  Span span = example();
  span.error = std::string(1U << 20U, 'x');
  EXPECT_LT(line_of(span).size(), 4096U);
}

}  // namespace
}  // namespace troupe::runtime
