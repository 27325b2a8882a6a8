// The promise that a session keeps on each topic, under everything that can happen to it: the node loses, repeats and
// reorders events, answers late and in parts, loses the document; the client joins, leaves and comes back. What the
// client sees has no gap and no repeat; and once the disorder ends, it has everything.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "troupe/base/random.hpp"
#include "troupe/session/session.hpp"

namespace troupe::session {
namespace {

using Json = nlohmann::json;

constexpr auto kTopic = "canvas/a";

/// The document as the node knows it. An event's data, and a snapshot, name the epoch and the seq that they belong to.
struct Document {
  std::uint64_t epoch_number = 1;
  std::uint64_t last = 0;

  std::string epoch() const { return "e" + std::to_string(epoch_number); }
  Bytes at(std::uint64_t seq) const {
    return Bytes::copy_of(R"({"epoch":")" + epoch() + R"(","at":)" + std::to_string(seq) + "}");
  }
  RenderedEvent event(std::uint64_t seq) const {
    return rendered(kTopic, {.seq = seq, .key = "k", .from = "b-1", .data = at(seq)});
  }
  std::vector<RenderedEvent> events(std::uint64_t after, std::uint64_t count) const {
    std::vector<RenderedEvent> events;
    while (count-- > 0 && after < last) events.push_back(event(++after));
    return events;
  }
};

/// What a client written from docs/protocol.md does with what it gets. It fails the test where the promise is broken.
class Client {
 public:
  void on_message(const std::string& text) {
    const Json message = Json::parse(text);
    const std::string op = message["op"];
    if (op == "joined") {
      joined(message);
    } else if (op == "event") {
      ASSERT_TRUE(joined_) << text;
      ASSERT_EQ(message["seq"], seq_ + 1) << text;
      ASSERT_EQ(message["data"]["epoch"], epoch_) << text;
      ASSERT_EQ(message["data"]["at"], seq_ + 1) << text;
      ++seq_;
    } else if (op == "ack") {
      joined_ = false;  // Nothing but `leave` is acknowledged here.
    } else {
      ASSERT_EQ(op, "pong") << text;
    }
  }

  bool joining() const { return joining_; }
  bool joined() const { return joined_; }
  const std::string& epoch() const { return epoch_; }
  std::uint64_t seq() const { return seq_; }

  std::string join(bool resume) {
    joining_ = true;
    if (!resume || epoch_.empty()) return R"({"op":"join","id":1,"topic":"canvas/a"})";
    return R"({"op":"join","id":1,"topic":"canvas/a","after":{"epoch":")" + epoch_ + R"(","seq":)" +
           std::to_string(seq_) + "}}";
  }

 private:
  void joined(const Json& message) {
    ASSERT_EQ(message.contains("id"), joining_);
    ASSERT_NE(joining_, joined_);
    if (message["recovered"]) {
      ASSERT_TRUE(joining_);
      ASSERT_EQ(message["epoch"], epoch_);
    } else {
      ASSERT_EQ(message["snapshot"]["at"], message["seq"]);
      ASSERT_EQ(message["snapshot"]["epoch"], message["epoch"]);
      epoch_ = message["epoch"];
      seq_ = message["seq"];
    }
    joining_ = false;
    joined_ = true;
  }

  bool joining_ = false;
  bool joined_ = false;
  std::string epoch_;
  std::uint64_t seq_ = 0;
};

/// A session between a client and a node that does its worst, but keeps to the rules of action.hpp.
class World {
 public:
  explicit World(std::uint64_t seed)
      : random_(seed), session_({.hold = {.events_max = 1 + random_.below(5)}}, "a-1", "a") {}

  void step() {
    switch (random_.below(12)) {
      case 0: client_moves(); break;
      case 1: answer_join(); break;
      case 2:
      case 3: answer_resync(); break;
      case 4:
        if (random_.chance(0.1)) begin_anew();
        break;
      case 5:
        if (random_.chance(0.1)) reset();
        break;
      case 6:
      case 7:
      case 8: publish(); break;
      default: deliver(); break;
    }
  }

  /// From now on nothing is lost any more. Afterwards the client has everything.
  void settle() {
    if (!client_.joined() && !client_.joining()) client_says(client_.join(true));
    answer_join();
    if (document_.epoch() != client_.epoch()) reset();
    while (!on_the_way_.empty()) deliver();
    ++document_.last;
    in_flight(document_.last);
    deliver();
    while (resync_) answer_resync(/*fully=*/true);
    ASSERT_EQ(client_.epoch(), document_.epoch());
    ASSERT_EQ(client_.seq(), document_.last);
  }

 private:
  struct Flying {
    std::string epoch;
    RenderedEvent event;
  };

  void client_moves() {
    if (client_.joining()) return;
    if (!client_.joined()) return client_says(client_.join(random_.chance(0.7)));
    client_says(random_.chance(0.5) ? R"({"op":"leave","id":2,"topic":"canvas/a"})" : R"({"op":"ping","id":3})");
  }

  void client_says(const std::string& text) {
    session_.on_text(text, out_);
    carry_out();
  }

  void carry_out() {
    const Output actions = std::exchange(out_, {});
    for (const Action& action : actions) {
      if (const auto* reply = std::get_if<Reply>(&action)) client_.on_message(*reply->text);
      if (const auto* join = std::get_if<Join>(&action)) join_ = *join;
      if (std::holds_alternative<Leave>(action)) resync_.reset();
      if (const auto* resync = std::get_if<Resync>(&action)) {
        ASSERT_FALSE(resync_) << "a second question while one is open";
        resync_ = *resync;
      }
    }
  }

  void publish() {
    ++document_.last;
    if (random_.chance(0.2)) return;  // Lost on the way to this session.
    for (std::uint64_t copies = random_.chance(0.1) ? 2 : 1; copies > 0; --copies) in_flight(document_.last);
  }

  void in_flight(std::uint64_t seq) { on_the_way_.push_back({document_.epoch(), document_.event(seq)}); }

  void deliver() {
    if (on_the_way_.empty()) return;
    const auto at = random_.chance(0.2) ? random_.below(on_the_way_.size()) : 0;
    const Flying flying = on_the_way_[at];
    on_the_way_.erase(on_the_way_.begin() + static_cast<std::ptrdiff_t>(at));
    session_.on_event(kTopic, flying.epoch, flying.event, out_);
    carry_out();
  }

  void answer_join() {
    if (!join_) return;
    const Join join = *std::exchange(join_, std::nullopt);
    const bool possible = join.after && join.after->epoch == document_.epoch() && join.after->seq <= document_.last;
    JoinOutcome outcome{.epoch = document_.epoch(), .seq = document_.last, .snapshot = {}, .events = {}, .present = {}};
    if (possible && random_.chance(0.8)) {
      outcome.events = document_.events(join.after->seq, random_.below(5));
    } else {
      outcome.seq -= random_.below(std::min<std::uint64_t>(document_.last, 3) + 1);
      outcome.snapshot = document_.at(outcome.seq);
    }
    session_.on_joined(kTopic, outcome, out_);
    carry_out();
  }

  void answer_resync(bool fully = false) {
    if (!resync_) return;
    const Resync question = *resync_;
    if (question.after.epoch != document_.epoch() || random_.chance(0.2)) return reset();
    resync_.reset();
    const std::uint64_t count = fully ? 1 + random_.below(3) : random_.below(4);
    session_.on_resynced(kTopic, document_.epoch(), document_.events(question.after.seq, count), out_);
    carry_out();
  }

  void reset() {
    resync_.reset();
    session_.on_reset(kTopic, {document_.epoch(), document_.last, document_.at(document_.last), {}}, out_);
    carry_out();
  }

  void begin_anew() {
    ++document_.epoch_number;
    document_.last = random_.below(3);
  }

  Random random_;
  Session session_;
  Client client_;
  Document document_;
  Output out_;
  std::vector<Flying> on_the_way_;
  std::optional<Join> join_;
  std::optional<Resync> resync_;
};

TEST(SessionOrder, no_gap_and_no_repeat_whatever_happens_and_everything_in_the_end) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    for (int round = 0; round < 3; ++round) {
      for (int step = 0; step < 150 && !testing::Test::HasFailure(); ++step) world.step();
      if (!testing::Test::HasFailure()) world.settle();
    }
    ASSERT_FALSE(testing::Test::HasFailure());
  }
}

}  // namespace
}  // namespace troupe::session
