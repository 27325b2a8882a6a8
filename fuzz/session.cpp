// LINK: troupe::session nlohmann_json::nlohmann_json
//
// A client that may write anything. Each line of the input is a message; before it, the node answers what it was asked.
// What must hold: every reply is one line of JSON in UTF-8 with an `op`; data that is passed on is compact JSON within
// its limit, and reading it again changes nothing; the bounds on topics and sends are kept; nothing comes after a
// close.
#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "troupe/base/assert.hpp"
#include "troupe/session/json/utf8.hpp"
#include "troupe/session/rest.hpp"
#include "troupe/session/session.hpp"

// The name and the C linkage are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace troupe;
using namespace troupe::session;
using Json = nlohmann::json;

constexpr std::size_t kDataBytesMax = 200;
constexpr std::size_t kTopicsMax = 2;
constexpr std::size_t kSendsMax = 2;

void check_json(std::string_view text) {
  TROUPE_ASSERT(is_utf8(text));
  TROUPE_ASSERT(text.find('\n') == std::string_view::npos);
  TROUPE_ASSERT(Json::accept(text));
}

void check_data(const Bytes& data) {
  check_json(data.view());
  TROUPE_ASSERT(data.size() <= kDataBytesMax);
  // The same data by the other way into the server: nothing is left to take away.
  const std::string body = "{\"data\":" + std::string(data.view()) + "}";
  const auto call =
      parse_rest({.method = "POST", .target = "/api/v1/documents/t/a/events", .idempotency_key = {}, .body = body},
                 {.message_bytes_max = 1U << 20U, .data_bytes_max = kDataBytesMax});
  TROUPE_ASSERT(call.has_value());
  TROUPE_ASSERT(std::get<PostEvent>(*call).data == data);
}

class Node {
 public:
  void on_line(std::string_view line) {
    Output out;
    session_.on_text(line, out);
    TROUPE_ASSERT(session_.topics() <= kTopicsMax);
    TROUPE_ASSERT(session_.sends() <= kSendsMax);
    TROUPE_ASSERT(!closed_ || out.empty());
    for (const Action& action : out) std::visit([this](const auto& it) { carry_out(it); }, action);
  }

 private:
  void carry_out(const Reply& reply) {
    check_json(*reply.text);
    TROUPE_ASSERT(Json::parse(*reply.text).contains("op"));
  }
  void carry_out(const Join& join) {
    if (join.present) check_data(*join.present);
    Output out;
    session_.on_joined(join.topic,
                       {.epoch = "e", .seq = 0, .snapshot = Bytes::copy_of("{}"), .events = {}, .present = {}}, out);
    for (const Action& action : out) carry_out(std::get<Reply>(action));
  }
  void carry_out(const Append& append) {
    check_data(append.data);
    TROUPE_ASSERT(complaint_about_key(append.key).empty());
    check_json(render_event(append.topic, {1, append.key, session_.name(), append.data}));
    Output out;
    // Some stay open, so that the bound is reached.
    if (append.request % 3 != 0) session_.on_send_result(append.request, SendResult{append.request}, out);
    for (const Action& action : out) carry_out(std::get<Reply>(action));
  }
  void carry_out(const Signal& signal) { check_data(signal.data); }
  void carry_out(const Present& present) {
    if (present.present) check_data(*present.present);
  }
  void carry_out(const Leave&) {}
  void carry_out(const Resync&) { TROUPE_ASSERT(false); }  // No event was ever lost.
  void carry_out(const FollowTrace& trace) { TROUPE_ASSERT(trace.context.is_valid()); }
  void carry_out(const Close&) { closed_ = true; }

  Session session_{{.message_bytes_max = 2000,
                    .data_bytes_max = kDataBytesMax,
                    .topics_max = kTopicsMax,
                    .sends_max = kSendsMax,
                    .hold = {}},
                   "a-1",
                   "a"};
  bool closed_ = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Node node;
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    node.on_line(line);
    // The same bytes as a target: whatever comes out is a call or an error in JSON.
    const auto call = parse_rest({.method = "GET", .target = line, .idempotency_key = line, .body = line}, {});
    if (!call) check_json(call.error().body);
    input.remove_prefix(std::min(line.size() + 1, input.size()));
  }
  return 0;
}
