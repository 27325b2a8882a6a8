#include "troupe/actor/trace/shard_trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "troupe/actor/fixture.hpp"
#include "troupe/actor/puppet.hpp"

// Which turns are spans of which trace, and below which span.
namespace troupe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Question {
  static constexpr auto wire_name = "test.question";
  using Reply = int;
};

/// Keeps its questions, until it is told to answer them.
class Asked : public Actor<Asked> {
 public:
  struct AnswerAll {
    static constexpr auto wire_name = "test.answer_all";
  };
  using Messages = troupe::Messages<Question, AnswerAll>;
  void on(Question, ReplyTo<int> reply) { kept_.push_back(std::move(reply)); }
  void on(const AnswerAll&) {
    for (ReplyTo<int>& each : kept_) each(1);
    kept_.clear();
  }

 private:
  std::vector<ReplyTo<int>> kept_;
};

/// Answers at once.
class Answering : public Actor<Answering> {
 public:
  using Messages = troupe::Messages<Question>;
  int on(const Question&) { return 2; }
};

class Child : public Actor<Child> {
 public:
  using Messages = troupe::Messages<Question>;
  int on(const Question&) { return 1; }
  void on_start() override { EXPECT_TRUE(context().trace().has_value()); }
};

class Failing : public Actor<Failing> {
 public:
  using Messages = troupe::Messages<Question>;
  Failing() { throw std::runtime_error("broken"); }
  int on(const Question&) { return 1; }
};

class Stopping : public Actor<Stopping> {
 public:
  using Messages = troupe::Messages<Question>;
  int on(const Question&) { return 1; }
  void on_stop() override { EXPECT_FALSE(context().begin_trace().is_valid()); }
};

class Spans final : public SpanSink {
 public:
  TimePoint now() const override { return time; }
  void record(Span span) override { all.push_back(std::move(span)); }

  /// "parent > child", for each span that has a parent here.
  std::vector<std::string> edges() const {
    std::vector<std::string> edges;
    for (const Span& span : all) {
      const auto parent = std::ranges::find(all, span.parent, [](const Span& each) { return each.context.span; });
      if (parent != all.end()) edges.push_back(short_name(*parent) + " > " + short_name(span));
    }
    return edges;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Span& span : all) names.push_back(short_name(span));
    return names;
  }

  /// "Puppet puppet.do", without namespaces.
  static std::string short_name(const Span& span) {
    const std::size_t space = span.name.rfind(' ');
    return span.name.substr(span.name.rfind(':', space) + 1);
  }

  TimePoint time{};
  std::vector<Span> all;
};

class ShardTraceTest : public testing::Test {
 protected:
  ShardOptions options(TraceOptions trace = {}) {
    trace.sink = &spans;
    ShardOptions options;
    options.trace = trace;
    return options;
  }
  Ref<Puppet> puppet(std::uint32_t shard = 0) { return world.shard(shard).spawn<Puppet>({}).value(); }
  void order(const Ref<Puppet>& to, std::move_only_function<void(Context&)> action) {
    world.shard().tell(to, Do{std::move(action)});
    world.run();
  }

  Spans spans;
  ActorFixture world{2, options()};
};

TEST_F(ShardTraceTest, without_a_trace_there_is_no_span_and_no_stamp) {
  const auto a = puppet();
  order(a, [](Context& context) {
    EXPECT_FALSE(context.trace().has_value());
    context.tell(Ref<Puppet>::named("elsewhere", "b"), Do{});
  });
  EXPECT_THAT(spans.all, IsEmpty());
  ASSERT_EQ(world.remote().size(), 1U);
  EXPECT_EQ(world.remote().front().second->stamps, nullptr);
  EXPECT_FALSE(world.shard().trace().is_sampled());
  EXPECT_EQ(world.shard().random().next(), Random(1).next()) << "what is not traced draws nothing";
}

TEST_F(ShardTraceTest, a_turn_that_begins_a_trace_is_its_first_span) {
  const auto a = puppet();
  std::optional<TraceContext> begun;
  order(a, [&](Context& context) {
    begun = context.begin_trace();
    EXPECT_EQ(context.trace(), begun);
    EXPECT_EQ(context.begin_trace(), begun);
  });
  ASSERT_EQ(spans.all.size(), 1U);
  const Span& span = spans.all[0];
  EXPECT_EQ(span.context, *begun);
  EXPECT_TRUE(span.context.is_valid() && span.context.is_sampled());
  EXPECT_EQ(span.parent, 0U);
  EXPECT_EQ(Spans::short_name(span), "Puppet puppet.do");
  EXPECT_EQ(span.kind, SpanKind::kConsumer);
  EXPECT_EQ(span.actor, a.address().actor);
  EXPECT_EQ(world.metric("troupe_trace_spans_total"), 1);
}

TEST_F(ShardTraceTest, a_trace_cannot_begin_in_on_stop) {
  const auto stopping = world.shard().spawn<Stopping>({}).value();
  const auto a = puppet();
  order(a, [&](Context& context) { context.stop(stopping.address()); });
  order(a, [](Context& context) { EXPECT_FALSE(context.trace().has_value()); });
  EXPECT_THAT(spans.all, IsEmpty());
}

TEST_F(ShardTraceTest, the_next_turn_is_not_of_the_trace) {
  const auto a = puppet();
  order(a, [](Context& context) { context.begin_trace(); });
  order(a, [](Context& context) { EXPECT_FALSE(context.trace().has_value()); });
  EXPECT_EQ(spans.all.size(), 1U);
}

TEST_F(ShardTraceTest, what_a_turn_tells_has_its_span_as_parent_on_any_shard) {
  const auto a = puppet(0);
  const auto b = puppet(1);
  const auto c = puppet(0);
  order(a, [&](Context& context) {
    context.begin_trace();
    context.tell(b, Do{[&](Context& inner) { inner.tell(c, Do{[](Context&) {}}); }});
  });
  ASSERT_EQ(spans.all.size(), 3U);
  EXPECT_EQ(spans.all[1].parent, spans.all[0].context.span);
  EXPECT_EQ(spans.all[1].shard, 1U);
  EXPECT_EQ(spans.all[1].sender, a.address());
  EXPECT_EQ(spans.all[2].parent, spans.all[1].context.span);
  for (const Span& span : spans.all) EXPECT_TRUE(span.context.same_trace(spans.all[0].context));
}

TEST_F(ShardTraceTest, a_question_its_answer_and_what_the_callback_sends_are_a_chain) {
  const auto a = puppet();
  const auto b = puppet(1);
  const auto answering = world.shard(1).spawn<Answering>({}).value();
  order(a, [&](Context& context) {
    context.begin_trace();
    context.ask(answering, Question{}, 1s, [&](Result<int> answer) {
      EXPECT_EQ(answer, 2);
      context.tell(b, Do{[](Context&) {}});
    });
  });
  EXPECT_THAT(spans.edges(),
              ElementsAre("Puppet puppet.do > Answering test.question", "Answering test.question > Puppet answer",
                          "Puppet answer > Puppet puppet.do"));
  EXPECT_EQ(spans.all[1].kind, SpanKind::kServer);
  EXPECT_EQ(spans.all[2].kind, SpanKind::kInternal);
}

TEST_F(ShardTraceTest, an_acknowledged_message_carries_the_trace_and_so_does_its_outcome) {
  const auto a = puppet();
  const auto asked = world.shard(1).spawn<Asked>({}).value();
  order(a, [&](Context& context) {
    context.begin_trace();
    context.deliver(asked, Asked::AnswerAll{}, {},
                    [](const Delivery& delivery) { EXPECT_TRUE(delivery.is_delivered()); });
  });
  world.advance(1s);
  EXPECT_THAT(spans.edges(), testing::UnorderedElementsAre("Puppet puppet.do > Asked test.answer_all",
                                                           "Puppet puppet.do > Puppet answer"));
}

TEST_F(ShardTraceTest, an_answer_given_later_belongs_to_its_question) {
  const auto a = puppet();
  const auto b = puppet();
  const auto asked = world.shard(1).spawn<Asked>({}).value();
  order(a, [&](Context& context) {
    context.begin_trace();
    context.ask(asked, Question{}, 1s, [](const Result<int>&) {});
  });
  order(b, [&](Context& context) {  // Another trace makes it answer.
    context.begin_trace();
    context.tell(asked, Asked::AnswerAll{});
  });
  EXPECT_THAT(spans.edges(),
              ElementsAre("Puppet puppet.do > Asked test.question", "Puppet puppet.do > Asked test.answer_all",
                          "Asked test.question > Puppet answer"));
  EXPECT_TRUE(spans.all.back().context.same_trace(spans.all.front().context));
}

TEST_F(ShardTraceTest, the_answer_to_an_untraced_question_is_no_span) {
  const auto a = puppet();
  const auto b = puppet();
  const auto asked = world.shard().spawn<Asked>({}).value();
  order(a, [&](Context& context) { context.ask(asked, Question{}, 1s, [](const Result<int>&) {}); });
  order(b, [&](Context& context) {
    context.begin_trace();
    context.tell(asked, Asked::AnswerAll{});
  });
  EXPECT_THAT(spans.names(), ElementsAre("Puppet puppet.do", "Asked test.answer_all"));
}

TEST_F(ShardTraceTest, the_callback_of_a_question_that_nobody_answers_comes_below_the_asker) {
  const auto a = puppet();
  const auto asked = world.shard(1).spawn<Asked>({}).value();
  order(a, [&](Context& context) {
    context.begin_trace();
    context.ask(asked, Question{}, 1s, [](const Result<int>& answer) { EXPECT_FALSE(answer.has_value()); });
  });
  world.advance(1s);
  EXPECT_THAT(spans.edges(), ElementsAre("Puppet puppet.do > Asked test.question", "Puppet puppet.do > Puppet answer"));
}

TEST_F(ShardTraceTest, a_timer_carries_the_trace_and_a_repeating_one_does_not) {
  const auto a = puppet();
  order(a, [&](Context& context) {
    context.begin_trace();
    context.after(1s, [] {});
    context.every(1s, [&] { EXPECT_FALSE(context.trace().has_value()); });
  });
  world.advance(3s);
  EXPECT_THAT(spans.edges(), ElementsAre("Puppet puppet.do > Puppet timer"));
  EXPECT_EQ(spans.all.size(), 2U);
}

TEST_F(ShardTraceTest, the_start_of_a_child_is_a_span) {
  const auto a = puppet();
  order(a, [&](Context& context) {
    context.begin_trace();
    context.spawn<Child>();
  });
  EXPECT_THAT(spans.edges(), ElementsAre("Puppet puppet.do > Child start"));
  EXPECT_EQ(spans.all.size(), 2U);
}

TEST_F(ShardTraceTest, a_completion_carries_the_trace) {
  const auto a = puppet();
  std::optional<Completion<int>> completion;
  order(a, [&](Context& context) {
    context.begin_trace();
    completion = context.completion<int>(1s, [](Result<int>) {});
  });
  (*completion)(1);
  world.run();
  EXPECT_THAT(spans.edges(), ElementsAre("Puppet puppet.do > Puppet answer"));
}

TEST_F(ShardTraceTest, signals_carry_no_trace) {
  const auto a = puppet();
  const auto b = puppet();
  order(a,
        [&](Context& context) { context.monitor(b, [&](const Down&) { EXPECT_FALSE(context.trace().has_value()); }); });
  order(b, [](Context& context) {
    context.begin_trace();
    context.stop();
  });
  EXPECT_EQ(spans.all.size(), 1U);
}

TEST_F(ShardTraceTest, a_handler_that_throws_is_a_span_with_its_error) {
  const auto a = puppet();
  order(a, [](Context& context) {
    context.begin_trace();
    throw std::runtime_error("broken");
  });
  ASSERT_EQ(spans.all.size(), 1U);
  EXPECT_EQ(spans.all[0].error, "broken");
}

TEST_F(ShardTraceTest, a_child_that_fails_in_its_constructor_is_no_failure_of_the_turn) {
  const auto a = puppet();
  order(a, [](Context& context) {
    context.begin_trace();
    context.spawn<Failing>();
    EXPECT_TRUE(context.trace().has_value());
  });
  EXPECT_THAT(spans.names(), ElementsAre("Puppet puppet.do"));
  EXPECT_EQ(spans.all[0].error, "");
}

TEST_F(ShardTraceTest, a_span_says_how_long_it_took_and_how_long_its_message_waited) {
  const auto a = puppet();
  const auto b = puppet();
  order(a, [&](Context& context) {
    context.begin_trace();
    context.tell(b, Do{[&](Context&) { spans.time += 2ms; }});
    spans.time += 5ms;
  });
  ASSERT_EQ(spans.all.size(), 2U);
  EXPECT_EQ(spans.all[0].end - spans.all[0].start, 5ms);
  EXPECT_EQ(spans.all[1].end - spans.all[1].start, 2ms);
  EXPECT_EQ(spans.all[1].waited, 5ms);
}

TEST_F(ShardTraceTest, a_message_to_another_node_has_a_stamp) {
  const auto a = puppet();
  order(a, [](Context& context) {
    context.begin_trace();
    context.tell(Ref<Answering>::named("elsewhere", "b"), Question{});
  });
  ASSERT_EQ(world.remote().size(), 1U);
  const Envelope& envelope = *world.remote().front().second;
  ASSERT_TRUE(envelope.stamps && envelope.stamps->trace);
  EXPECT_EQ(envelope.stamps->trace->context, spans.all[0].context);
}

TEST_F(ShardTraceTest, a_turn_joins_a_trace_that_came_by_another_way) {
  const auto a = puppet();
  const TraceContext parent{.trace_high = 1, .trace_low = 2, .span = 3};
  order(a, [&](Context& context) { context.join_trace(parent); });
  ASSERT_EQ(spans.all.size(), 1U);
  EXPECT_TRUE(spans.all[0].context.same_trace(parent));
  EXPECT_EQ(spans.all[0].parent, 3U);
}

TEST_F(ShardTraceTest, a_trace_that_is_not_sampled_or_has_no_ids_is_not_followed) {
  const auto a = puppet();
  for (const TraceContext& parent : {TraceContext{.trace_high = 1, .trace_low = 2, .span = 3, .flags = 0},
                                     TraceContext{.trace_high = 1, .trace_low = 2, .span = 0},
                                     TraceContext{.trace_high = 0, .trace_low = 0, .span = 3}}) {
    order(a, [&](Context& context) {
      context.join_trace(parent);
      EXPECT_FALSE(context.trace().has_value());
    });
  }
  EXPECT_THAT(spans.all, IsEmpty());
}

TEST_F(ShardTraceTest, an_endless_chain_is_cut_at_the_greatest_depth) {
  ActorFixture small(1, options({.depth_max = 3}));
  const auto a = small.shard().spawn<Puppet>({}).value();
  struct Tick {
    Context& context;
    void operator()() const { context.after(1s, Tick{context}); }
  };
  small.shard().tell(a, Do{[](Context& context) {
                       context.begin_trace();
                       context.after(1s, Tick{context});
                     }});
  small.advance(10s);
  EXPECT_THAT(spans.names(), ElementsAre("Puppet puppet.do", "Puppet timer", "Puppet timer"));
  EXPECT_EQ(spans.all.back().context.depth, 3U);
  EXPECT_EQ(small.metric("troupe_trace_cut_total"), 1);
}

TEST_F(ShardTraceTest, what_is_asked_outside_of_turns_carries_the_scope_and_so_does_its_callback) {
  const auto answering = world.shard(1).spawn<Answering>({}).value();
  const TraceContext parent{.trace_high = 1, .trace_low = 2, .span = 3};
  bool answered = false;
  {
    const TraceScope scope(world.shard().trace(), &parent);
    world.shard().ask(answering, Question{}, 1s, [&](const Result<int>&) {
      answered = true;
      EXPECT_EQ(world.shard().trace().current(), parent);
      EXPECT_TRUE(world.shard().trace().is_active());
    });
  }
  EXPECT_FALSE(world.shard().trace().is_active());
  world.run();
  EXPECT_TRUE(answered);
  EXPECT_FALSE(world.shard().trace().is_active());
  EXPECT_THAT(spans.names(), ElementsAre("Answering test.question"));
  EXPECT_EQ(spans.all[0].parent, 3U);
}

TEST_F(ShardTraceTest, each_span_is_a_line_of_the_log) {
  const auto a = puppet();
  order(a, [](Context& context) { context.begin_trace(); });
  EXPECT_THAT(world.log_lines(),
              ElementsAre(testing::MatchesRegex("debug trace: [0-9a-f]{32} span [0-9a-f]{16} parent 0{16}: "
                                                "troupe::Puppet puppet.do \\(consumer\\), 0.000 ms")));
}

TEST_F(ShardTraceTest, requests_begin_a_trace_as_often_as_the_options_say) {
  const auto sampled = [&](double share) {
    ActorFixture sampling(1, options({.sample = share}));
    int count = 0;
    for (int i = 0; i < 10'000; ++i) count += sampling.shard().trace().is_sampled() ? 1 : 0;
    return count;
  };
  EXPECT_EQ(sampled(0), 0);
  EXPECT_EQ(sampled(1), 10'000);
  EXPECT_NEAR(sampled(0.1), 1000, 200);
}

}  // namespace
}  // namespace troupe
