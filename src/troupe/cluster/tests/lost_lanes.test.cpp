#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "troupe/cluster/lanes_fixture.test.hpp"

// A lane whose connection breaks while its link goes on. With whole simulated nodes: src/troupe/sim/cluster_run.cpp.
namespace troupe::cluster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

struct Say {
  static constexpr auto wire_name = "test.say";
  std::uint64_t sender = 0;
  std::uint64_t number = 0;
};
struct SayIt {
  static constexpr auto wire_name = "test.say_it";
};

class Listener : public Actor<Listener> {
 public:
  using Messages = troupe::Messages<Say>;
  explicit Listener(std::vector<std::string>& heard) : heard_(heard) {}
  void on(const Say& say) { heard_.push_back(std::to_string(say.sender) + ":" + std::to_string(say.number)); }

 private:
  std::vector<std::string>& heard_;
};

/// Says something to the listener when it is told to, and counts what it hears of losses.
class Speaker : public Actor<Speaker> {
 public:
  using Messages = troupe::Messages<SayIt>;
  Speaker(std::uint64_t number, Ref<Listener> listener, std::vector<int>& losses)
      : number_(number), listener_(listener), losses_(losses) {}
  void on_start() override {
    context().watch_loss(listener_, [this](const Loss& loss) {
      EXPECT_EQ(loss.actor, listener_.address());
      ++losses_[number_];
    });
  }
  void on(const SayIt&) { context().tell(listener_, Say{number_, ++said_}); }

 private:
  std::uint64_t number_;
  Ref<Listener> listener_;
  std::vector<int>& losses_;
  std::uint64_t said_ = 0;
};

constexpr std::size_t kSpeakers = 8;

class LostLanesTest : public testing::Test {
 protected:
  void join(std::uint16_t data_lanes) {
    LinksOptions ada = links_options("ada");
    LinksOptions bob = links_options("bob");
    ada.channels = bob.channels = {{.name = "data", .parallelism = data_lanes}};
    nodes_.emplace(ada, bob);
    nodes_->join();
    const auto listener = nodes_->bob.world.shard().spawn<Listener>({}, heard_).value();
    listener_ = Ref<Listener>(Address{nodes_->bob.id, listener.address().actor});
    for (std::size_t i = 0; i < kSpeakers; ++i) {
      speakers_.push_back(nodes_->ada.world.shard().spawn<Speaker>({}, i, listener_, losses_).value());
    }
  }
  /// The speaker says its next; true if it was taken, on which data lane is then in `lane`.
  bool speak(std::size_t speaker, std::size_t* lane = nullptr) {
    std::vector<std::size_t> before;
    for (const auto& pipe : pipes()) before.push_back(pipe->ends[1].inbound.size());
    nodes_->ada.world.shard().tell(speakers_[speaker], SayIt{});
    nodes_->ada.world.run();
    bool taken = false;
    for (auto& remote = nodes_->ada.world.remote(); !remote.empty(); remote.pop_front()) {
      taken = nodes_->ada.lanes.send(nodes_->bob.id, std::move(remote.front().second)) == SendOutcome::kTaken;
    }
    nodes_->ada.flush();
    for (std::size_t i = 0; lane != nullptr && i < pipes().size(); ++i) {
      if (pipes()[i]->ends[1].inbound.size() > before[i]) *lane = i;
    }
    return taken;
  }
  std::vector<std::shared_ptr<TestWire::Pipe>>& pipes() { return nodes_->wire.pipes; }

  std::vector<std::string> heard_;
  std::vector<int> losses_ = std::vector<int>(kSpeakers, 0);
  std::optional<TwoNodes> nodes_;
  Ref<Listener> listener_;
  std::vector<Ref<Speaker>> speakers_;
};

TEST_F(LostLanesTest, a_lane_that_breaks_costs_only_what_was_on_it_and_its_senders_are_told) {
  join(3);
  std::vector<std::size_t> lane_of(kSpeakers);
  for (std::size_t i = 0; i < kSpeakers; ++i) EXPECT_TRUE(speak(i, &lane_of[i]));
  ASSERT_THAT(std::set(lane_of.begin(), lane_of.end()), SizeIs(3)) << "all lanes are used";
  nodes_->settle();
  heard_.clear();
  for (std::size_t i = 0; i < kSpeakers; ++i) speak(i);
  TestWire::cut(*pipes()[2]);
  nodes_->settle();
  for (std::size_t i = 0; i < kSpeakers; ++i) {
    const bool lost = lane_of[i] == 2;
    EXPECT_EQ(losses_[i], lost ? 1 : 0) << "speaker " << i;
    EXPECT_EQ(std::ranges::count(heard_, std::to_string(i) + ":2"), lost ? 0 : 1);
    EXPECT_EQ(speak(i), !lost) << "until the lane is made again, who would send on it is told so";
  }
  nodes_->advance(200ms);
  EXPECT_THAT(pipes(), SizeIs(5)) << "one more connection";
  heard_.clear();
  for (std::size_t i = 0; i < kSpeakers; ++i) EXPECT_TRUE(speak(i));
  nodes_->settle();
  EXPECT_THAT(heard_, SizeIs(kSpeakers));
  EXPECT_THAT(nodes_->ada.news, ElementsAre(StartsWith("up bob"))) << "the link did not notice";
  EXPECT_THAT(nodes_->ada.world.log_lines(), Contains(HasSubstr("lane 1 of channel data to bob was made again")));
  EXPECT_EQ(nodes_->ada.world.metric("troupe_cluster_lanes_lost_total"), 1);
}

TEST_F(LostLanesTest, a_lane_that_is_made_again_before_its_loss_is_noticed_keeps_the_order) {
  join(1);
  speak(0);
  // Only ada's end learns that the connection broke; what is on its way to bob still comes, late.
  pipes()[1]->blocked = true;
  std::exchange(pipes()[1]->ends[0].events, nullptr)->on_end("connection reset by peer");
  nodes_->advance(200ms);
  ASSERT_THAT(pipes(), SizeIs(3));
  EXPECT_TRUE(speak(0));
  nodes_->settle();
  pipes()[1]->blocked = false;
  nodes_->settle();
  EXPECT_THAT(heard_, ElementsAre("0:2")) << "0:1 would have come after it";
  EXPECT_EQ(losses_[0], 1);
  EXPECT_THAT(nodes_->bob.news, ElementsAre("up ada by the peer"));
}

TEST_F(LostLanesTest, a_lane_that_cannot_be_made_again_takes_its_link_down) {
  join(2);
  nodes_->wire.blocked_from = pipes().size();
  TestWire::cut(*pipes()[2]);
  nodes_->advance(4s);
  EXPECT_THAT(nodes_->ada.news, ElementsAre(StartsWith("up bob")));
  nodes_->advance(2s);
  EXPECT_THAT(nodes_->ada.news.back(), HasSubstr("lane 1 of channel data was lost and could not be made again"));
  EXPECT_THAT(nodes_->bob.news.back(), StartsWith("down: "));
  for (const int losses : losses_) EXPECT_GE(losses, 1) << "all that is under way on a link is lost with it";
  EXPECT_EQ(nodes_->ada.links.link_count() + nodes_->bob.links.link_count(), 0U);
}

TEST_F(LostLanesTest, the_control_lane_is_the_link) {
  join(2);
  TestWire::cut(*pipes()[0]);
  nodes_->settle();
  EXPECT_THAT(nodes_->ada.news.back(), StartsWith("down: unreachable"));
  EXPECT_THAT(nodes_->bob.news.back(), StartsWith("down: unreachable"));
  for (const auto& pipe : pipes()) EXPECT_TRUE(pipe->ends[0].finished && pipe->ends[1].finished);
  EXPECT_FALSE(speak(0));
}

TEST_F(LostLanesTest, who_has_ended_is_not_told) {
  join(1);
  nodes_->ada.world.shard().spawn<Speaker>({}, 0U, listener_, losses_).value();
  for (std::size_t i = 1; i < kSpeakers; ++i) {
    nodes_->ada.world.shard().send(Envelope::make(EnvelopeKind::kStop), speakers_[i].address());
  }
  nodes_->settle();
  TestWire::cut(*pipes()[1]);
  nodes_->advance(200ms);
  EXPECT_THAT(losses_, ElementsAre(2, 0, 0, 0, 0, 0, 0, 0)) << "two speakers count there";
}

}  // namespace
}  // namespace troupe::cluster
