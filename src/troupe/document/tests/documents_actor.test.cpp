#include "troupe/document/documents_actor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/cluster/two_worlds.test.hpp"
#include "troupe/document/tests/document_under_test.test.hpp"

namespace troupe::document {
namespace {

using overlay::MemberState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Session : public Actor<Session> {
 public:
  using Messages = troupe::Messages<DocumentEvents, DocumentReset, DocumentStatus>;
  explicit Session(std::vector<std::string>& heard) : heard_(heard) {}
  void on(const DocumentEvents& message) {
    for (const Event& event : message.batch->events)
      heard_.push_back(std::to_string(event.seq) + ":" + std::string(event.data.view()));
  }
  void on(const DocumentReset&) { heard_.push_back("reset"); }
  void on(const DocumentStatus& status) { heard_.push_back(status.available ? "available" : "unavailable"); }

 private:
  std::vector<std::string>& heard_;
};

/// A node with its documents and its disk.
struct Home {
  Home(cluster::TwoWorlds::Node& place, DocumentOptions document_options)
      : node(place), options(std::move(document_options)) {
    options.self = node.name + ":1";
    actor = node.world.shard()
                .spawn<DocumentsActor>({.name = documents_actor_name(0)}, options, 0U, journal,
                                       Ref<cluster::Membership>(), node.world.metrics())
                .value();
  }
  cluster::TwoWorlds::Node& node;
  DocumentOptions options;
  MemoryDisk disk{1};
  MemoryJournal journal{disk};
  Ref<DocumentsActor> actor;
};

class DocumentsActorTest : public testing::Test {
 protected:
  explicit DocumentsActorTest(std::vector<std::string> bobs_nodes = {"ada:1", "bob:1"}) {
    DocumentOptions options;
    options.types = text_types();
    options.nodes = {"ada:1", "bob:1"};
    ada_.emplace(nodes_.ada, options);
    options.nodes = std::move(bobs_nodes);
    bob_.emplace(nodes_.bob, options);
    for (int i = 0; of_ada_.empty() || of_bob_.empty(); ++i) {
      const std::string topic = "text/" + std::to_string(i);
      (owner_of(ada_->options, topic) == "ada:1" ? of_ada_ : of_bob_) = topic;
    }
    session_ = nodes_.ada.world.shard().spawn<Session>({}, heard_).value();
  }
  ~DocumentsActorTest() override {
    nodes_.ada.world.shard().stop_all();
    nodes_.bob.world.shard().stop_all();
  }
  void settle() {
    do {
      ada_->journal.run_all();
      bob_->journal.run_all();
      nodes_.run();
    } while (ada_->journal.pending() + bob_->journal.pending() > 0);
  }
  void advance(Duration duration) {
    for (; duration > Duration::zero(); duration -= 100ms) {
      nodes_.advance(100ms);
      settle();
    }
  }
  void see(MemberState state) {
    nodes_.ada.world.shard().tell(ada_->actor, nodes_.bob.is(state));
    nodes_.bob.world.shard().tell(bob_->actor, nodes_.ada.is(state));
    settle();
  }
  template <class M>
  Result<typename M::Reply> ask(Home& home, M message) {
    auto answer = std::make_shared<std::optional<Result<typename M::Reply>>>();
    home.node.world.shard().ask(home.actor, std::move(message), 1min,
                                [answer](auto result) { *answer = std::move(result); });
    settle();
    if (!*answer) advance(10s);
    return answer->value();
  }
  Result<Append::Reply> append(Home& home, const std::string& topic, const std::string& key) {
    return ask(home, Append{topic, key, "ada", Bytes::copy_of(key)});
  }

  cluster::TwoWorlds nodes_;
  std::optional<Home> ada_;
  std::optional<Home> bob_;
  std::string of_ada_;
  std::string of_bob_;
  std::vector<std::string> heard_;
  Ref<Session> session_;
};

TEST_F(DocumentsActorTest, an_event_goes_to_the_owner_and_comes_back_to_each_listener) {
  see(MemberState::kUp);
  ASSERT_TRUE(ask(*ada_, Open{of_bob_, std::nullopt, session_}).has_value());
  EXPECT_EQ(append(*ada_, of_bob_, "one").value().seq, 1U);
  EXPECT_EQ(append(*bob_, of_bob_, "two").value().seq, 2U);
  EXPECT_THAT(heard_, ElementsAre("1:one", "2:two"));
  EXPECT_EQ(bob_->disk.events(of_bob_).size(), 2U);
  EXPECT_THAT(ada_->disk.streams(), IsEmpty());
  EXPECT_EQ(ask(*ada_, Read{of_bob_, 0, 100}).value().events.size(), 2U);
  EXPECT_EQ(ask(*ada_, GetDigest{of_bob_}).value().hash, ask(*bob_, GetDigest{of_bob_}).value().hash);
}

TEST_F(DocumentsActorTest, topics_that_no_type_has_are_unknown) {
  for (const char* topic : {"nothing/a", "text", "text/", "/text", "text//a", ""}) {
    EXPECT_EQ(append(*ada_, topic, "k").error().code, ErrorCode::kUnknownTopic) << topic;
    EXPECT_EQ(ask(*ada_, Open{topic, std::nullopt, session_}).error().code, ErrorCode::kUnknownTopic) << topic;
  }
  EXPECT_EQ(nodes_.ada.world.shard().actor_count(), 2U) << "nothing was started for them";
}

TEST_F(DocumentsActorTest, a_document_whose_owner_is_away_is_unavailable_until_it_is_back) {
  EXPECT_EQ(append(*ada_, of_bob_, "k").error().code, ErrorCode::kUnavailable) << "never seen";
  see(MemberState::kUp);
  ASSERT_TRUE(ask(*ada_, Open{of_bob_, std::nullopt, session_}).has_value());
  see(MemberState::kUnreachable);
  EXPECT_THAT(heard_, ElementsAre("unavailable"));
  see(MemberState::kDown);
  EXPECT_EQ(append(*ada_, of_bob_, "k").error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(append(*ada_, of_ada_, "k").has_value()) << "others go on";
  see(MemberState::kUp);
  EXPECT_TRUE(append(*ada_, of_bob_, "k").has_value());
  EXPECT_THAT(heard_, ElementsAre("unavailable", "available", "1:k"));
}

TEST_F(DocumentsActorTest, events_of_before_a_remade_link_come_with_it) {
  see(MemberState::kUp);
  ASSERT_TRUE(ask(*ada_, Open{of_bob_, std::nullopt, session_}).has_value());
  nodes_.loses = [](const Envelope&) { return true; };
  EXPECT_TRUE(append(*bob_, of_bob_, "lost").has_value());
  nodes_.loses = [](const Envelope&) { return false; };
  EXPECT_THAT(heard_, IsEmpty());
  see(MemberState::kUp);
  EXPECT_THAT(heard_, ElementsAre("1:lost"));
}

TEST_F(DocumentsActorTest, old_news_of_a_node_takes_nothing_from_its_successor_at_the_address) {
  auto before = nodes_.bob.is(MemberState::kUp);
  before.member.name = "bobs-old-name";
  nodes_.ada.world.shard().tell(ada_->actor, before);
  see(MemberState::kUp);
  ASSERT_TRUE(ask(*ada_, Open{of_bob_, std::nullopt, session_}).has_value());
  for (const MemberState state : {MemberState::kUnreachable, MemberState::kDown}) {
    before.state = state;
    nodes_.ada.world.shard().tell(ada_->actor, before);
  }
  settle();
  EXPECT_TRUE(append(*ada_, of_bob_, "k").has_value());
  EXPECT_THAT(heard_, ElementsAre("1:k"));
}

TEST_F(DocumentsActorTest, a_follower_asks_for_itself) {
  see(MemberState::kUp);
  std::optional<Result<Follow::Reply>> answer;
  const Ref<DocumentsActor> bobs(Address{nodes_.bob.id, bob_->actor.address().actor});
  nodes_.ada.world.shard().ask(bobs,
                               Follow{of_bob_, {}, 0, Ref<Follower>(Address{nodes_.ada.id, session_.address().actor})},
                               5s, [&](auto reply) { answer = std::move(reply); });
  settle();
  EXPECT_EQ(answer.value().error().code, ErrorCode::kInvalidArgument);
}

TEST_F(DocumentsActorTest, a_question_for_another_nodes_document_is_not_passed_on_twice) {
  see(MemberState::kUp);
  std::optional<Result<Append::Reply>> answer;
  const Ref<DocumentsActor> bobs(Address{nodes_.bob.id, bob_->actor.address().actor});
  nodes_.ada.world.shard().ask(bobs, Append{of_ada_, "k", "ada", Bytes::copy_of("x")}, 5s,
                               [&](auto reply) { answer = std::move(reply); });
  settle();
  EXPECT_EQ(answer.value().error().code, ErrorCode::kNotOwner);
}

TEST_F(DocumentsActorTest, what_nobody_needs_is_put_away_and_comes_back_when_needed) {
  ASSERT_TRUE(append(*ada_, of_ada_, "k").has_value());
  ASSERT_TRUE(ask(*ada_, GetDigest{of_ada_}).has_value());
  EXPECT_EQ(nodes_.ada.world.shard().actor_count(), 4U) << "documents, session, owner, replica";
  for (int i = 0; i < 15; ++i) advance(1min);
  EXPECT_EQ(nodes_.ada.world.shard().actor_count(), 2U);
  const auto again = append(*ada_, of_ada_, "k");
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->repeated);
}

TEST_F(DocumentsActorTest, who_asks_while_it_wants_to_be_put_away_is_served_all_the_same) {
  ASSERT_TRUE(append(*ada_, of_ada_, "k").has_value());
  Shard& shard = nodes_.ada.world.shard();
  std::optional<Result<Append::Reply>> answer;
  shard.ask(ada_->actor, Append{of_ada_, "l", "ada", Bytes::copy_of("x")}, 1h,
            [&](auto reply) { answer = std::move(reply); });
  // The owner's timer fires before the documents actor has its turn: it finds the request, and behind it the owner's
  // wish.
  shard.run(nodes_.ada.world.now() + ada_->options.idle_timeout + 31s);
  settle();
  ASSERT_TRUE(answer.has_value() && answer->has_value());
  EXPECT_EQ((*answer)->seq, 2U);
}

class DocumentsActorBounds : public DocumentsActorTest {
 protected:
  DocumentsActorBounds() { ada_->options.documents_max = 2; }
};

TEST_F(DocumentsActorBounds, so_many_documents_are_open_at_once) {
  std::vector<ErrorCode> errors;
  for (int i = 0; i < 20; ++i) {
    const auto opened = ask(*ada_, GetDigest{"text/many" + std::to_string(i)});
    if (!opened && opened.error().code == ErrorCode::kQueueFull) errors.push_back(opened.error().code);
  }
  EXPECT_EQ(errors.size(), 18U);
}

class DisagreeingDocuments : public DocumentsActorTest {
 protected:
  DisagreeingDocuments() : DocumentsActorTest({"bob:1", "eve:1"}) {}
};

TEST_F(DisagreeingDocuments, serve_nothing_until_they_agree) {
  EXPECT_TRUE(append(*ada_, of_ada_, "before").has_value());
  see(MemberState::kUp);
  for (Home* home : {&*ada_, &*bob_}) {
    EXPECT_EQ(append(*home, of_ada_, "k").error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(ask(*home, Open{of_ada_, std::nullopt, session_}).error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(ask(*home, GetTrouble{}).value(), HasSubstr("[bob:1, eve:1]"));
    EXPECT_THAT(home->node.world.log_lines(), testing::Contains(HasSubstr("the nodes disagree on who owns documents")));
  }
  see(MemberState::kUnreachable);
  EXPECT_EQ(append(*ada_, of_ada_, "k").error().code, ErrorCode::kUnavailable) << "it may come back";
  see(MemberState::kLeft);
  EXPECT_TRUE(append(*ada_, of_ada_, "k").has_value());
  EXPECT_EQ(ask(*ada_, GetTrouble{}).value(), "");
}

}  // namespace
}  // namespace troupe::document
