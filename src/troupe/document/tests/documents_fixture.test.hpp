#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/cluster/two_worlds.test.hpp"
#include "troupe/document/documents_actor.hpp"
#include "troupe/document/owners/placement_actor.hpp"
#include "troupe/document/tests/document_under_test.test.hpp"

namespace troupe::document {

/// Writes down what it hears of a document.
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

/// A node with its documents, its placement and its journal. Without `owners` documents move, and `disk` is shared.
struct Home {
  Home(cluster::TwoWorlds::Node& place, const std::vector<std::string>& owners, MemoryDisk* shared = nullptr)
      : node(place), own_disk(1), disk(shared == nullptr ? own_disk : *shared), journal(disk) {
    options.types = text_types();
    options.nodes = owners;
    options.self = owners.empty() ? node.name : node.name + ":1";
    Shard& shard = node.world.shard();
    placement = shard.spawn<PlacementActor>({.name = kPlacementName}, options, Ref<cluster::Membership>()).value();
    actor = shard.spawn<DocumentsActor>({.name = documents_actor_name(0)}, options, 0U, journal, node.world.metrics())
                .value();
  }

  /// Of the other node, as the cluster's actor tells it.
  cluster::MemberChanged news(const Home& other, overlay::MemberState state) const {
    cluster::MemberChanged change = other.node.is(state);
    change.member.placement = placement_digest(other.options);
    return change;
  }
  void sees(const Home& other, overlay::MemberState state) { node.world.shard().tell(placement, news(other, state)); }

  cluster::TwoWorlds::Node& node;
  DocumentOptions options;
  MemoryDisk own_disk;
  MemoryDisk& disk;
  MemoryJournal journal;
  Ref<PlacementActor> placement;
  Ref<DocumentsActor> actor;
};

/// Two nodes, ada and bob, whose journals and clocks move when the test says so.
class DocumentsFixture : public testing::Test {
 protected:
  ~DocumentsFixture() override {
    nodes_.ada.world.shard().stop_all();
    nodes_.bob.world.shard().stop_all();
  }
  /// A topic that this one of the two owns, when both are there.
  static std::string topic_of(const std::string& owner, const std::string& one = "ada:1",
                              const std::string& other = "bob:1") {
    const Placement placement({{.name = one}, {.name = other}}, DocumentOptions().partitions, false, "");
    for (int i = 0;; ++i) {
      std::string topic = "text/" + std::to_string(i);
      if (placement.owner_of(topic)->name == owner) return topic;
    }
  }
  /// Until nothing moves any more, but what waits for a journal that stands still.
  void settle() {
    for (std::size_t waited = SIZE_MAX, waits = 0; waits != waited || waits == SIZE_MAX;) {
      waited = std::exchange(waits, 0);
      ada_->journal.run_all();
      bob_->journal.run_all();
      nodes_.run();
      waits = ada_->journal.pending() + bob_->journal.pending();
      if (waits == 0) return;
    }
  }
  void advance(Duration duration) {
    for (; duration > Duration::zero(); duration -= 100ms) {
      nodes_.advance(100ms);
      settle();
    }
  }
  /// Each sees the other so.
  void see(overlay::MemberState state) {
    ada_->sees(*bob_, state);
    bob_->sees(*ada_, state);
    settle();
  }
  template <class M>
  using Asked = std::shared_ptr<std::optional<Result<typename M::Reply>>>;
  template <class M, class To>
  Asked<M> begin(Home& home, To to, M message) {
    auto answer = std::make_shared<std::optional<Result<typename M::Reply>>>();
    home.node.world.shard().ask(to, std::move(message), 1min, [answer](auto result) { *answer = std::move(result); });
    return answer;
  }
  template <class M>
  Result<typename M::Reply> ask(Home& home, M message) {
    const auto answer = begin(home, home.actor, std::move(message));
    settle();
    if (!*answer) advance(10s);
    return answer->value();
  }
  static Append event(const std::string& topic, const std::string& key) {
    return {topic, key, "ada", Bytes::copy_of(key)};
  }
  Result<Append::Reply> append(Home& home, const std::string& topic, const std::string& key) {
    return ask(home, event(topic, key));
  }

  cluster::TwoWorlds nodes_;
  std::optional<Home> ada_;
  std::optional<Home> bob_;
  std::vector<std::string> heard_;
};

}  // namespace troupe::document
