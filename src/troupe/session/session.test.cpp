#include "troupe/session/session.hpp"

#include "troupe/actor/trace/traceparent.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

// Golden traces: testdata/*.txt hold what comes in, one thing a line, and under it, indented, what goes out. To accept
// what goes out now, run with TROUPE_REWRITE=1 and read the difference.
namespace troupe::session {
namespace {

using Json = nlohmann::ordered_json;

ErrorCode error_code(const std::string& name) {
  for (std::uint16_t number = 0; number < 100; ++number) {
    if (to_string(static_cast<ErrorCode>(number)) == name) return static_cast<ErrorCode>(number);
  }
  throw std::invalid_argument("no such error: " + name);
}

RenderedEvent event(const std::string& topic, std::uint64_t seq) {
  const std::string number = std::to_string(seq);
  return rendered(topic,
                  {.seq = seq, .key = "k" + number, .from = "b-1", .data = Bytes::copy_of("{\"n\":" + number + "}")});
}

std::vector<RenderedEvent> events(const std::string& topic, const Json& seqs) {
  std::vector<RenderedEvent> events;
  for (const auto& seq : seqs) events.push_back(event(topic, seq));
  return events;
}

std::vector<PresenceEntry> entries(const Json& list) {
  std::vector<PresenceEntry> entries;
  for (const auto& [session, present] : list.items()) entries.push_back({session, Bytes::copy_of(present.dump())});
  return entries;
}

/// One session, driven by the lines of a trace.
class Trace {
 public:
  /// What goes out on this line.
  std::string run(const std::string& line) {
    const std::size_t space = line.find(' ');
    const std::string verb = line.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    Output out;
    if (verb == "client") {
      session_.on_text(rest, out);
    } else {
      world(verb, rest.empty() ? Json::object() : Json::parse(rest), out);
    }
    std::string text;
    for (const Action& action : out)
      text += "    " + std::visit([](const auto& it) { return print(it); }, action) + "\n";
    return text;
  }

 private:
  void world(const std::string& verb, const Json& input, Output& out) {
    const std::string topic = input.value("topic", "");
    const std::string epoch = input.value("epoch", "");
    const Json list = input.value("events", Json::array());
    const std::vector<PresenceEntry> present = entries(input.value("present", Json::object()));
    if (verb == "options") {
      session_ = Session(options(input), "a-1", "a");
    } else if (verb == "joined") {
      JoinOutcome outcome{epoch, input["seq"], {}, events(topic, list), present};
      if (input.contains("snapshot")) outcome.snapshot = Bytes::copy_of(input["snapshot"].dump());
      session_.on_joined(topic, outcome, out);
    } else if (verb == "join_failed") {
      session_.on_join_failed(topic, error(input), out);
    } else if (verb == "send_result") {
      Result<SendResult> result = SendResult{input.value("seq", std::uint64_t{0})};
      if (input.contains("error")) result = std::unexpected(error(input));
      session_.on_send_result(input["request"], result, out);
    } else if (verb == "event") {
      session_.on_event(topic, epoch, event(topic, input["seq"]), out);
    } else if (verb == "resynced") {
      session_.on_resynced(topic, epoch, events(topic, list), out);
    } else if (verb == "reset") {
      session_.on_reset(topic, {epoch, input["seq"], Bytes::copy_of(input["snapshot"].dump()), present}, out);
    } else if (verb == "status") {
      session_.on_status(topic, input["available"], input.value("reason", ""), out);
    } else if (verb == "presence") {
      session_.on_presence(topic, {entries(input.value("joined", Json::object())), input.value("left", Strings())},
                           out);
    } else if (verb == "signal") {
      const std::string from = input["from"];
      const std::string text = render_signal(topic, from, input["data"].dump());
      session_.on_signal(topic, from, std::make_shared<const std::string>(text), out);
    } else if (verb == "drain") {
      session_.on_drain(out);
    } else if (verb == "closed") {
      session_.on_closed(out);
    } else {
      throw std::invalid_argument("no such line in a trace: " + verb);
    }
  }

  using Strings = std::vector<std::string>;

  static SessionOptions options(const Json& input) {
    SessionOptions options;
    options.message_bytes_max = input.value("message_bytes_max", options.message_bytes_max);
    options.data_bytes_max = input.value("data_bytes_max", options.data_bytes_max);
    options.topics_max = input.value("topics_max", options.topics_max);
    options.sends_max = input.value("sends_max", options.sends_max);
    options.hold.events_max = input.value("held_events_max", options.hold.events_max);
    options.hold.bytes_max = input.value("held_bytes_max", options.hold.bytes_max);
    return options;
  }

  static Error error(const Json& input) { return {error_code(input["error"]), input.value("detail", "")}; }

  static std::string print(const After& after) { return " after " + after.epoch + ":" + std::to_string(after.seq); }
  static std::string print(const Reply& reply) {
    EXPECT_TRUE(Json::accept(*reply.text)) << *reply.text;
    return "reply " + *reply.text;
  }
  static std::string print(const Join& join) {
    return "join " + join.topic + (join.after ? print(*join.after) : "") +
           (join.present ? " present " + std::string(join.present->view()) : "");
  }
  static std::string print(const Append& append) {
    return "append #" + std::to_string(append.request) + " " + append.topic + " " + append.key + " " +
           std::string(append.data.view());
  }
  static std::string print(const Signal& signal) {
    return "signal " + signal.topic + " " + std::string(signal.data.view());
  }
  static std::string print(const Present& present) {
    return "present " + present.topic + " " + (present.present ? std::string(present.present->view()) : "nothing");
  }
  static std::string print(const Leave& leave) { return "leave " + leave.topic; }
  static std::string print(const Resync& resync) { return "resync " + resync.topic + print(resync.after); }
  static std::string print(const FollowTrace& trace) { return "trace " + render_traceparent(trace.context); }
  static std::string print(const Close& close) { return "close " + std::to_string(close.code) + " " + close.reason; }

  Session session_{SessionOptions{}, "a-1", "a"};
};

std::filesystem::path folder() { return std::filesystem::path(__FILE__).parent_path() / "testdata"; }

class SessionTrace : public testing::TestWithParam<const char*> {};

TEST_P(SessionTrace, is_as_recorded) {
  const std::filesystem::path path = folder() / (std::string(GetParam()) + ".txt");
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::string recorded;
  std::string now;
  Trace trace;
  for (std::string line; std::getline(file, line);) {
    recorded += line + "\n";
    if (line.starts_with("    ")) continue;
    now += line + "\n";
    if (!line.empty() && !line.starts_with('#')) now += trace.run(line);
  }
  if (std::getenv("TROUPE_REWRITE") != nullptr) {
    std::ofstream(path) << now;
  } else {
    EXPECT_EQ(recorded, now);
  }
}

INSTANTIATE_TEST_SUITE_P(Testdata, SessionTrace,
                         testing::Values("join", "send", "events", "resync", "reset", "presence", "status", "lock",
                                         "limits", "errors", "malformed", "drain"),
                         [](const auto& info) { return std::string(info.param); });

TEST(SessionTraces, every_file_is_run) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) files += entry.path().extension() == ".txt";
  EXPECT_EQ(files, 12U);
}

}  // namespace
}  // namespace troupe::session
