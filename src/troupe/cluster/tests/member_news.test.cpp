#include "troupe/cluster/members/member_news.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::cluster {
namespace {

using overlay::MemberState;
using testing::ElementsAre;
using testing::IsEmpty;

/// A listener that takes so many messages, and no more until it is given room.
class MemberNewsTest : public testing::Test {
 protected:
  void announce(const std::string& name, std::uint64_t incarnation, MemberState state) {
    news_.announce(MemberChanged{{.name = name, .incarnation = incarnation}, state});
  }

  std::size_t room_ = 0;
  std::vector<std::string> heard_;
  MemberNews news_{[this](const Ref<MemberListener>&, const MemberChanged& change) {
    if (room_ == 0) return SendOutcome::kFull;
    --room_;
    heard_.push_back(change.member.name + "/" + std::to_string(change.member.incarnation) + " " +
                     std::string(to_string(change.state)));
    return SendOutcome::kTaken;
  }};
  const Ref<MemberListener> listener_ = Ref<MemberListener>::named("a", "listener");
};

TEST_F(MemberNewsTest, reaches_who_listens_once) {
  EXPECT_TRUE(news_.add(listener_));
  EXPECT_FALSE(news_.add(listener_));
  room_ = 5;
  announce("b", 1, MemberState::kUp);
  EXPECT_THAT(heard_, ElementsAre("b/1 up"));
  news_.remove(listener_);
  announce("b", 1, MemberState::kDown);
  EXPECT_EQ(heard_.size(), 1U);
}

TEST_F(MemberNewsTest, waits_for_room_and_keeps_its_order) {
  news_.add(listener_);
  room_ = 1;
  announce("b", 1, MemberState::kUp);
  announce("c", 1, MemberState::kUp);
  room_ = 1;
  announce("d", 1, MemberState::kUp);
  EXPECT_THAT(heard_, ElementsAre("b/1 up")) << "c is first";
  EXPECT_EQ(news_.waiting(), 2U);
  news_.catch_up();
  EXPECT_EQ(news_.waiting(), 1U);
  room_ = 5;
  news_.catch_up();
  EXPECT_THAT(heard_, ElementsAre("b/1 up", "c/1 up", "d/1 up"));
  EXPECT_EQ(news_.waiting(), 0U);
}

TEST_F(MemberNewsTest, of_one_life_only_the_newest_waits) {
  news_.add(listener_);
  for (int i = 0; i < 1000; ++i) {
    announce("b", 1, MemberState::kUnreachable);
    announce("b", 1, MemberState::kUp);
  }
  announce("b", 1, MemberState::kDown);
  announce("b", 2, MemberState::kUp);
  room_ = 10;
  news_.catch_up();
  EXPECT_THAT(heard_, ElementsAre("b/1 down", "b/2 up"));
}

TEST_F(MemberNewsTest, of_who_is_gone_does_not_wait) {
  news_.add(listener_);
  announce("b", 1, MemberState::kUp);
  news_.remove(listener_);
  EXPECT_EQ(news_.waiting(), 0U);
  room_ = 1;
  news_.catch_up();
  EXPECT_THAT(heard_, IsEmpty());
}

}  // namespace
}  // namespace troupe::cluster
