#include "troupe/runtime/detail/watchdog.hpp"

#include <gtest/gtest.h>

#include "troupe/actor/actor.hpp"

namespace troupe::runtime::detail {
namespace {

struct Work {
  static constexpr auto wire_name = "test.work";
};
class Worker : public Actor<Worker> {
 public:
  using Messages = troupe::Messages<Work>;
  void on(const Work&) {}
};

class LongHandlerDetectorTest : public ::testing::Test {
 protected:
  void begin(const PayloadType* message) {
    probe.actor = &Worker::actor_type();
    probe.message = message;
    ++probe.count;
  }
  void end() { ++probe.count; }

  /// "runs 100 ...", "ran 250 ..." or nothing.
  std::string sample(Duration at) {
    const auto report = detector.sample(TimePoint(at));
    if (!report) return "";
    return (report->ended ? "ran " : "runs ") + std::to_string(report->duration / 1ms) + " " +
           report->handler.substr(report->handler.find("Worker"));
  }

  TurnProbe probe;
  LongHandlerDetector detector{probe, 100ms};
};

TEST_F(LongHandlerDetectorTest, a_long_handler_is_reported_once_while_it_runs_and_once_after) {
  begin(&payload_type<Work>);
  EXPECT_EQ(sample(1000ms), "");
  EXPECT_EQ(sample(1075ms), "");
  EXPECT_EQ(sample(1100ms), "runs 100 Worker's handler of test.work");
  EXPECT_EQ(sample(1125ms), "");
  EXPECT_EQ(sample(9000ms), "");
  end();
  EXPECT_EQ(sample(9025ms), "ran 8025 Worker's handler of test.work");
  EXPECT_EQ(sample(9500ms), "");
}

TEST_F(LongHandlerDetectorTest, short_handlers_and_idleness_are_not_reported) {
  for (int i = 0; i < 20; ++i) {
    begin(&payload_type<Work>);
    EXPECT_EQ(sample(i * 25ms), "");
    end();
  }
  EXPECT_EQ(sample(10'000ms), "");
  EXPECT_EQ(sample(20'000ms), "");
}

TEST_F(LongHandlerDetectorTest, the_end_is_reported_even_if_the_next_one_runs_already) {
  begin(&payload_type<Work>);
  sample(1000ms);
  EXPECT_NE(sample(1100ms), "");
  end();
  begin(nullptr);
  EXPECT_EQ(sample(1200ms), "ran 200 Worker's handler of test.work");
  EXPECT_EQ(sample(1300ms), "runs 100 Worker's start, timer or callback");
}

TEST_F(LongHandlerDetectorTest, a_message_from_another_node_is_said_to_be_one) {
  begin(&local_payload_type<EncodedPayload>);
  sample(0ms);
  EXPECT_EQ(sample(100ms), "runs 100 Worker's handler of a message from another node");
}

}  // namespace
}  // namespace troupe::runtime::detail
