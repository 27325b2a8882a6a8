#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/document/tests/documents_fixture.test.hpp"

namespace troupe::document {
namespace {

using overlay::MemberState;
using testing::ElementsAre;
using testing::IsEmpty;

/// Two nodes with one journal: who is there owns the documents.
class MovingDocuments : public DocumentsFixture {
 protected:
  MovingDocuments() {
    ada_.emplace(nodes_.ada, std::vector<std::string>(), &disk_);
    bob_.emplace(nodes_.bob, std::vector<std::string>(), &disk_);
    session_ = nodes_.ada.world.shard().spawn<Session>({}, heard_).value();
  }
  std::string owner_seen_by(Home& home, const std::string& topic) {
    const auto answer = begin(home, home.placement, GetPlacement{});
    settle();
    const Placement::Owner* owner = answer->value()->placement->owner_of(topic);
    return owner == nullptr ? "" : owner->name;
  }
  std::vector<std::string> stored(const std::string& topic) {
    std::vector<std::string> keys;
    for (const Event& event : disk_.events(topic)) keys.push_back(event.key);
    return keys;
  }

  MemoryDisk disk_{1};
  const std::string of_bob_ = topic_of("bob", "ada", "bob");
  Ref<Session> session_;
};

TEST_F(MovingDocuments, a_node_that_comes_takes_its_share_and_the_client_does_not_notice) {
  const auto opened = ask(*ada_, Open{of_bob_, std::nullopt, session_});
  ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
  EXPECT_EQ(append(*ada_, of_bob_, "a").value().seq, 1U);
  EXPECT_EQ(owner_seen_by(*ada_, of_bob_), "ada");
  see(MemberState::kUp);
  EXPECT_EQ(owner_seen_by(*ada_, of_bob_), "bob");
  EXPECT_EQ(append(*ada_, of_bob_, "b").value().seq, 2U);
  EXPECT_EQ(append(*bob_, of_bob_, "c").value().seq, 3U);
  EXPECT_THAT(heard_, ElementsAre("1:a", "2:b", "3:c")) << "and no word of an owner that is away";
  EXPECT_EQ(disk_.head(of_bob_).fence, 2U) << "each opened the stream once";
}

TEST_F(MovingDocuments, what_waits_when_the_owner_changes_comes_to_the_new_one_in_order) {
  ASSERT_TRUE(append(*ada_, of_bob_, "a").has_value());
  ada_->journal.set_stalled(true);
  std::vector<Asked<Append>> asked;
  for (const char* key : {"b", "c", "d"}) {
    asked.push_back(begin(*ada_, ada_->actor, event(of_bob_, key)));
    nodes_.run();  // "b" goes to the journal, the others wait for it.
  }
  ada_->sees(*bob_, MemberState::kUp);
  bob_->sees(*ada_, MemberState::kUp);
  nodes_.run();
  ada_->journal.set_stalled(false);
  settle();
  advance(1s);
  for (std::uint64_t i = 0; i < asked.size(); ++i) EXPECT_EQ(asked[i]->value().value().seq, i + 2);
  EXPECT_THAT(stored(of_bob_), ElementsAre("a", "b", "c", "d"));
}

TEST_F(MovingDocuments, an_owner_that_stops_hands_over_before_it_says_that_it_is_done) {
  see(MemberState::kUp);
  ASSERT_TRUE(append(*bob_, of_bob_, "a").has_value());
  bob_->journal.set_stalled(true);
  const auto late = begin(*bob_, bob_->actor, event(of_bob_, "b"));
  nodes_.run();
  const auto stopped = begin(*bob_, bob_->placement, StepDown{});
  nodes_.run();
  EXPECT_FALSE(stopped->has_value()) << "b is on its way to the journal";
  EXPECT_EQ(owner_seen_by(*ada_, of_bob_), "ada");
  bob_->journal.set_stalled(false);
  settle();
  EXPECT_TRUE(stopped->has_value());
  EXPECT_TRUE(late->value().has_value());
  EXPECT_EQ(append(*bob_, of_bob_, "c").value().seq, 3U) << "its clients are served to the end";
  EXPECT_EQ(append(*ada_, of_bob_, "d").value().seq, 4U);
  EXPECT_THAT(stored(of_bob_), ElementsAre("a", "b", "c", "d"));
}

TEST_F(MovingDocuments, when_the_owner_dies_its_clients_events_wait_for_the_next) {
  see(MemberState::kUp);
  ASSERT_TRUE(append(*ada_, of_bob_, "a").has_value());
  nodes_.loses = [](const Envelope&) { return true; };
  ada_->sees(*bob_, MemberState::kUnreachable);
  settle();
  const auto first = begin(*ada_, ada_->actor, event(of_bob_, "b"));
  const auto second = begin(*ada_, ada_->actor, event(of_bob_, "c"));
  advance(1s);
  EXPECT_FALSE(first->has_value() || second->has_value());
  ada_->sees(*bob_, MemberState::kDown);
  settle();
  advance(1s);
  EXPECT_EQ(first->value().value().seq, 2U);
  EXPECT_EQ(second->value().value().seq, 3U);
}

TEST_F(MovingDocuments, two_that_take_a_document_for_theirs_still_make_one_order) {
  see(MemberState::kUp);
  ada_->sees(*bob_, MemberState::kDown);  // Bob sees ada, and goes on.
  settle();
  EXPECT_EQ(owner_seen_by(*ada_, of_bob_), "ada");
  EXPECT_EQ(owner_seen_by(*bob_, of_bob_), "bob");
  std::vector<std::string> acknowledged;
  for (int i = 0; i < 6; ++i) {
    const std::string key = "k" + std::to_string(i);
    const auto answer = append(i % 2 == 0 ? *ada_ : *bob_, of_bob_, key);
    ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
    EXPECT_EQ(answer->seq, static_cast<std::uint64_t>(i + 1));
    acknowledged.push_back(key);
  }
  EXPECT_EQ(stored(of_bob_), acknowledged);
}

TEST_F(MovingDocuments, an_event_whose_predecessor_was_lost_waits_for_it) {
  see(MemberState::kUp);
  bool lost = false;
  nodes_.loses = [&](const Envelope& envelope) {
    return envelope.type() != nullptr && envelope.type()->name == AppendAtOwner::wire_name &&
           !std::exchange(lost, true);
  };
  const Ref<DocumentsActor> bobs(Address{nodes_.bob.id, bob_->actor.address().actor});
  const auto first = begin(*ada_, bobs, AppendAtOwner{event(of_bob_, "a"), ""});
  const auto second = begin(*ada_, bobs, AppendAtOwner{event(of_bob_, "b"), "a"});
  settle();
  EXPECT_EQ(second->value().error().code, ErrorCode::kNotOwner);
  EXPECT_THAT(stored(of_bob_), IsEmpty());
}

TEST_F(MovingDocuments, a_node_that_joins_others_owns_nothing_before_it_sees_one_or_is_alone) {
  bob_->options.joins_others = true;
  const auto start_anew = [&] {
    nodes_.bob.world.shard().send(Envelope::make(EnvelopeKind::kStop), bob_->placement.address());
    nodes_.bob.world.run();
    bob_->placement = nodes_.bob.world.shard()
                          .spawn<PlacementActor>({.name = kPlacementName}, bob_->options, Ref<cluster::Membership>())
                          .value();
    settle();
  };
  start_anew();
  EXPECT_EQ(owner_seen_by(*bob_, of_bob_), "");
  bob_->sees(*ada_, MemberState::kUp);
  EXPECT_EQ(owner_seen_by(*bob_, of_bob_), "bob");
  start_anew();
  advance(bob_->options.alone_after);
  EXPECT_EQ(owner_seen_by(*bob_, of_bob_), "bob");
}

}  // namespace
}  // namespace troupe::document
