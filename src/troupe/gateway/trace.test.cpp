#include <algorithm>
#include <mutex>
#include <thread>

#include "troupe/actor/trace/traceparent.hpp"
#include "troupe/gateway/gateway_fixture.test.hpp"

// Traces that clients bring, and that the node begins.
namespace troupe::gateway {
namespace {

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view kEvents = "/api/v1/documents/toy/a/events";

class Spans final : public SpanSink {
 public:
  TimePoint now() const override { return runtime::Runtime::now(); }
  void record(Span span) override {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(span));
  }
  std::vector<Span> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Span> all_;
};

std::optional<Span> find(const std::vector<Span>& spans, std::string_view name) {
  const auto found =
      std::ranges::find_if(spans, [&](const Span& span) { return span.name.find(name) != span.name.npos; });
  return found == spans.end() ? std::nullopt : std::optional(*found);
}

class GatewayTraceTest : public GatewayTest {
 protected:
  GatewayTraceTest() { trace.sink = &spans; }
  ~GatewayTraceTest() override {  // The shards end before what they write to.
    gateway_->stop();
    runtime_->stop();
  }

  /// Once there is one whose name has this in it.
  Span wait_for(std::string_view name) {
    const auto deadline = runtime::Runtime::now() + 10s;
    for (;;) {
      if (auto span = find(spans.all(), name)) return *span;
      if (runtime::Runtime::now() > deadline) {
        ADD_FAILURE() << "no span " << name;
        return {};
      }
      std::this_thread::sleep_for(1ms);  // poll: until the span is recorded
    }
  }
  static std::string header(std::string_view traceparent) {
    return "traceparent: " + std::string(traceparent) + "\r\n";
  }

  Spans spans;
};

TEST_F(GatewayTraceTest, a_request_with_a_traceparent_is_a_span_below_it_and_its_work_below_that) {
  start();
  const TestResponse response = post(kEvents, R"({"data":1})", header(kParent));
  EXPECT_EQ(response.status, 201);
  const Span request = wait_for("HTTP POST");
  EXPECT_EQ(render_trace_id(request.context), kTrace);
  EXPECT_EQ(request.parent, 0x00f067aa0ba902b7U);
  EXPECT_EQ(request.kind, SpanKind::kServer);
  EXPECT_EQ(std::get<std::string>(request.attributes.at(1).second), kEvents);
  EXPECT_EQ(std::get<std::int64_t>(request.attributes.at(2).second), 201);
  EXPECT_EQ(response.header("traceparent"), render_traceparent(request.context));

  const Span append = wait_for("document.append");
  EXPECT_EQ(append.parent, request.context.span);
  EXPECT_TRUE(append.context.same_trace(request.context));
  EXPECT_GE(append.start, request.start);
  EXPECT_LE(append.end, request.end);
}

TEST_F(GatewayTraceTest, what_is_no_traceparent_and_one_that_is_given_twice_are_ignored) {
  start();
  for (const std::string& fields : {header("00-0-0-01"), header(kParent) + header(kParent),
                                    header("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"), std::string()}) {
    const TestResponse response = get("/api/v1/cluster", fields);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("traceparent"), "");
  }
  EXPECT_TRUE(spans.all().empty());
}

TEST_F(GatewayTraceTest, clients_are_not_followed_if_the_options_say_so) {
  trace.from_clients = false;
  start();
  EXPECT_EQ(get("/api/v1/cluster", header(kParent)).header("traceparent"), "");
  EXPECT_TRUE(spans.all().empty());
}

TEST_F(GatewayTraceTest, requests_to_the_api_begin_traces_as_often_as_the_options_say) {
  trace.sample = 1;
  start();
  const TestResponse response = get("/api/v1/cluster");
  const Span request = wait_for("HTTP GET");
  EXPECT_EQ(request.parent, 0U);
  EXPECT_EQ(response.header("traceparent"), render_traceparent(request.context));
  EXPECT_EQ(get("/livez").header("traceparent"), "");
}

TEST_F(GatewayTraceTest, an_answer_that_says_the_server_failed_is_an_error_of_the_span) {
  documents.nodes = {"127.0.0.1:7401"};  // Somebody else who is not there owns all documents.
  start();
  EXPECT_EQ(post(kEvents, R"({"data":1})", header(kParent)).status, 503);
  EXPECT_EQ(wait_for("HTTP POST").error, "HTTP 503");
}

TEST_F(GatewayTraceTest, a_message_of_a_web_socket_brings_its_trace) {
  start();
  TestSocket client(port());
  client.send(R"({"op":"join","id":1,"topic":"toy/a"})");
  client.read_op("joined");
  client.send(R"({"op":"send","id":2,"topic":"toy/a","key":"k","data":1,"traceparent":")" + std::string(kParent) +
              "\"}");
  const Span turn = wait_for("client_text");
  EXPECT_EQ(render_trace_id(turn.context), kTrace);
  EXPECT_EQ(turn.parent, 0x00f067aa0ba902b7U);
  EXPECT_EQ(wait_for("document.append").parent, turn.context.span);
}

}  // namespace
}  // namespace troupe::gateway
