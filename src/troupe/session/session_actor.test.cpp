#include "troupe/session/session_actor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "troupe/actor/fixture.hpp"
#include "troupe/document/memory_journal.hpp"
#include "troupe/document/services.hpp"

// A session on a whole node: documents, topics and presence are the real ones, the journal is in memory.
namespace troupe::session {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

/// A document that is the number of its events.
class Count final : public document::DocumentState {
 public:
  Result<void> check(const Bytes& data) const override {
    if (data.view() == "0") return fail(ErrorCode::kInvalidEvent, "data: zero is refused");
    return {};
  }
  void apply(const document::Event&) override { ++count_; }
  Bytes snapshot() const override { return Bytes::copy_of(std::to_string(count_)); }
  Result<void> restore(const Bytes& snapshot) override {
    count_ = std::stoi(std::string(snapshot.view()));
    return {};
  }

 private:
  int count_ = 0;
};

struct Client final : ClientSocket {
  void send(Text text) override { heard.push_back(json::parse(*text)); }
  void close(std::uint16_t code, const std::string&) override { closed = code; }
  /// The messages with this op, and forgets all.
  std::vector<json> take(const std::string& op) {
    std::vector<json> found;
    for (json& message : heard) {
      if (message.at("op") == op) found.push_back(std::move(message));
    }
    heard.clear();
    return found;
  }
  std::vector<json> heard;
  std::uint16_t closed = 0;
  Ref<SessionActor> session;
};

class SessionActorTest : public testing::Test {
 protected:
  SessionActorTest() {
    options_.nodes = {"fixture:1"};
    options_.self = "fixture:1";
    options_.types["count/"] = [] { return std::make_unique<Count>(); };
    const document::Services services{options_, {}, &journal_, {}, world_.metrics()};
    EXPECT_TRUE(document::start_services(services, world_.shard(), 1).has_value());
    connect(ada_, "ada");
    connect(bob_, "bob");
  }
  void connect(Client& client, const std::string& name) {
    client.session = world_.shard()
                         .spawn<SessionActor>({}, SessionOptions{}, SessionTimes{}, name, "fixture", client, cache_)
                         .value();
  }
  void settle() {
    do {
      journal_.run_all();
      world_.run();
    } while (journal_.run_one());
  }
  void say(Client& client, const json& message) {
    world_.shard().tell(client.session, ClientText{message.dump()});
    settle();
  }
  void join(Client& client, const json& more = json::object()) {
    json message{{"op", "join"}, {"id", 1}, {"topic", "count/a"}};
    message.update(more);
    say(client, message);
  }
  void send(Client& client, const std::string& key, const json& data = 1) {
    say(client, {{"op", "send"}, {"id", 2}, {"topic", "count/a"}, {"key", key}, {"data", data}});
  }

  ActorFixture world_;
  document::MemoryDisk disk_{1};
  document::MemoryJournal journal_{disk_};
  document::DocumentOptions options_;
  RenderCache cache_;
  Client ada_;
  Client bob_;
};

TEST_F(SessionActorTest, joins_and_gets_the_state) {
  join(ada_);
  const auto joined = ada_.take("joined");
  ASSERT_EQ(joined.size(), 1U);
  EXPECT_EQ(joined[0]["snapshot"], 0);
  EXPECT_EQ(joined[0]["recovered"], false);
  EXPECT_EQ(joined[0]["session"], "ada");
}

TEST_F(SessionActorTest, an_event_is_acknowledged_and_comes_to_all_in_order) {
  join(ada_);
  join(bob_);
  bob_.heard.clear();
  for (const char* key : {"a", "b", "a"}) send(ada_, key);
  std::vector<std::uint64_t> acks;
  for (const json& message : ada_.heard) {
    if (message["op"] == "ack") acks.push_back(message["seq"]);
  }
  EXPECT_THAT(acks, ElementsAre(1, 2, 1));
  std::vector<std::string> keys;
  for (const json& event : bob_.take("event")) keys.push_back(event["key"]);
  EXPECT_THAT(keys, ElementsAre("a", "b"));
}

TEST_F(SessionActorTest, what_the_document_refuses_is_an_error_that_says_why) {
  join(ada_);
  send(ada_, "a", 0);
  const auto errors = ada_.take("error");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0]["message"], "data: zero is refused");
}

TEST_F(SessionActorTest, a_client_that_comes_again_gets_only_what_it_lacks) {
  join(ada_);
  const std::string epoch = ada_.take("joined").at(0)["epoch"];
  for (const char* key : {"a", "b", "c"}) send(ada_, key);
  join(bob_, {{"after", {{"epoch", epoch}, {"seq", 1}}}});
  EXPECT_EQ(bob_.heard.at(0)["recovered"], true);
  std::vector<std::uint64_t> seqs;
  for (const json& event : bob_.take("event")) seqs.push_back(event["seq"]);
  EXPECT_THAT(seqs, ElementsAre(2, 3));
}

TEST_F(SessionActorTest, shows_who_is_there_and_who_goes) {
  join(ada_, {{"present", {{"name", "Ada"}}}});
  join(bob_, {{"present", {{"name", "Bob"}}}});
  EXPECT_EQ(bob_.take("joined").at(0)["present"], json::parse(R"([{"session":"ada","present":{"name":"Ada"}}])"));
  EXPECT_EQ(ada_.take("present").at(0)["joined"], json::parse(R"([{"session":"bob","present":{"name":"Bob"}}])"));
  world_.shard().tell(bob_.session, ClientGone{});
  settle();
  EXPECT_EQ(ada_.take("present").at(0)["left"], json::parse(R"(["bob"])"));
}

TEST_F(SessionActorTest, who_hides_still_sees_the_others_come_and_go) {
  join(ada_, {{"present", {{"name", "Ada"}}}});
  join(bob_, {{"present", {{"name", "Bob"}}}});
  ada_.heard.clear();
  say(bob_, {{"op", "present"}, {"id", 5}, {"topic", "count/a"}, {"present", nullptr}});
  EXPECT_EQ(ada_.take("present").at(0)["left"], json::parse(R"(["bob"])"));
  bob_.heard.clear();
  world_.shard().tell(ada_.session, ClientGone{});
  settle();
  EXPECT_EQ(bob_.take("present").at(0)["left"], json::parse(R"(["ada"])"));
}

TEST_F(SessionActorTest, signals_go_to_the_others_and_are_not_stored) {
  join(ada_);
  join(bob_);
  ada_.heard.clear();
  say(ada_, {{"op", "signal"}, {"topic", "count/a"}, {"data", {{"x", 1}}}});
  const auto signals = bob_.take("signal");
  ASSERT_EQ(signals.size(), 1U);
  EXPECT_EQ(signals[0]["from"], "ada");
  EXPECT_THAT(ada_.heard, IsEmpty());
  EXPECT_THAT(disk_.events("count/a"), IsEmpty());
}

TEST_F(SessionActorTest, who_left_hears_nothing_more) {
  join(ada_);
  join(bob_);
  say(bob_, {{"op", "leave"}, {"id", 3}, {"topic", "count/a"}});
  bob_.heard.clear();
  send(ada_, "a");
  say(ada_, {{"op", "signal"}, {"topic", "count/a"}, {"data", 1}});
  EXPECT_THAT(bob_.heard, IsEmpty());
}

TEST_F(SessionActorTest, a_document_that_cannot_be_had_is_an_error_and_no_topic) {
  say(ada_, {{"op", "join"}, {"id", 1}, {"topic", "nothing/a"}});
  EXPECT_EQ(ada_.take("error").at(0)["code"], "unknown_topic");
  journal_.set_stalled(true);
  say(ada_, {{"op", "join"}, {"id", 2}, {"topic", "count/slow"}});
  world_.advance(6s);
  EXPECT_EQ(ada_.take("error").at(0)["code"], "unavailable");
}

TEST_F(SessionActorTest, a_node_that_stops_sends_its_clients_elsewhere) {
  join(ada_);
  world_.shard().tell(ada_.session, Drain{});
  settle();
  EXPECT_EQ(ada_.take("reconnect").size(), 1U);
  EXPECT_EQ(ada_.closed, 1012);
}

}  // namespace
}  // namespace troupe::session
