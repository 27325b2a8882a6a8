#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/document/tests/documents_fixture.test.hpp"

namespace troupe::document {
namespace {

using overlay::MemberState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DocumentsActorTest : public DocumentsFixture {
 protected:
  explicit DocumentsActorTest(const std::vector<std::string>& bobs_nodes = {"ada:1", "bob:1"}) {
    ada_.emplace(nodes_.ada, std::vector<std::string>{"ada:1", "bob:1"});
    bob_.emplace(nodes_.bob, bobs_nodes);
    session_ = nodes_.ada.world.shard().spawn<Session>({}, heard_).value();
  }

  const std::string of_ada_ = topic_of("ada:1");
  const std::string of_bob_ = topic_of("bob:1");
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
  EXPECT_EQ(nodes_.ada.world.shard().actor_count(), 3U) << "nothing was started for them";
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
  auto before = ada_->news(*bob_, MemberState::kUp);
  before.member.name = "bobs-old-name";
  nodes_.ada.world.shard().tell(ada_->placement, before);
  see(MemberState::kUp);
  ASSERT_TRUE(ask(*ada_, Open{of_bob_, std::nullopt, session_}).has_value());
  for (const MemberState state : {MemberState::kUnreachable, MemberState::kDown}) {
    before.state = state;
    nodes_.ada.world.shard().tell(ada_->placement, before);
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

TEST_F(DocumentsActorTest, who_brings_an_event_to_a_node_that_does_not_own_the_document_is_told_so) {
  see(MemberState::kUp);
  const Ref<DocumentsActor> bobs(Address{nodes_.bob.id, bob_->actor.address().actor});
  const auto answer = begin(*ada_, bobs, AppendAtOwner{event(of_ada_, "k"), ""});
  settle();
  EXPECT_EQ(answer->value().error().code, ErrorCode::kNotOwner);
}

TEST_F(DocumentsActorTest, what_nobody_needs_is_put_away_and_comes_back_when_needed) {
  ASSERT_TRUE(append(*ada_, of_ada_, "k").has_value());
  ASSERT_TRUE(ask(*ada_, GetDigest{of_ada_}).has_value());
  EXPECT_EQ(nodes_.ada.world.shard().actor_count(), 5U) << "placement, documents, session, owner, replica";
  for (int i = 0; i < 15; ++i) advance(1min);
  EXPECT_EQ(nodes_.ada.world.shard().actor_count(), 3U);
  const auto again = append(*ada_, of_ada_, "k");
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->repeated);
}

TEST_F(DocumentsActorTest, who_asks_while_it_wants_to_be_put_away_is_served_all_the_same) {
  ASSERT_TRUE(append(*ada_, of_ada_, "k").has_value());
  Shard& shard = nodes_.ada.world.shard();
  std::optional<Result<Append::Reply>> answer;
  shard.ask(ada_->actor, AppendAtOwner{event(of_ada_, "l"), ""}, 1h, [&](auto reply) { answer = std::move(reply); });
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
    EXPECT_THAT(ask(*home, GetTrouble{}).value(), HasSubstr("disagree on who owns documents"));
    EXPECT_THAT(home->node.world.log_lines(), testing::Contains(HasSubstr("no document is served")));
  }
  see(MemberState::kUnreachable);
  EXPECT_EQ(append(*ada_, of_ada_, "k").error().code, ErrorCode::kUnavailable) << "it may come back";
  see(MemberState::kLeft);
  EXPECT_TRUE(append(*ada_, of_ada_, "k").has_value());
  EXPECT_EQ(ask(*ada_, GetTrouble{}).value(), "");
}

}  // namespace
}  // namespace troupe::document
