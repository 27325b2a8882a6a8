#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "troupe/overlay/hyparview.hpp"

namespace troupe::overlay {

/// Many HyParViews over a network of the fabric's kind: both ends learn of a link and of its end at different times,
/// dials cross, the news of the membership travel slowly.
class SimulatedFabric {
 public:
  SimulatedFabric(std::uint64_t seed, std::size_t count, HyParViewOptions options = {})
      : random_(seed), options_(options), nodes_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      nodes_[i].name = "n" + std::to_string(i);
      nodes_[i].place = {random_.fraction(), random_.fraction()};
      indices_[hash64(nodes_[i].name)] = i;
    }
  }

  void run_for(Duration duration) {
    const TimePoint end = now_ + duration;
    while (!queue_.empty() && queue_.begin()->first.first <= end) {
      const auto event = queue_.extract(queue_.begin());
      now_ = event.key().first;
      event.mapped()();
    }
    now_ = end;
  }

  void start(std::size_t index) {
    Node& node = nodes_[index];
    if (node.overlay != nullptr) return;
    ++node.incarnation;
    node.known.clear();
    node.news.clear();
    node.overlay = std::make_unique<HyParView>(options_, random_.fork());
    event(index, [](HyParView& overlay, const View& view) { return overlay.start(view); });
    dial_contact(index, node.incarnation);
  }

  /// The others learn it when their heartbeats have been silent for too long; with `why` left, at once.
  void stop(std::size_t index, LinkEnd why = LinkEnd::kLost) {
    Node& node = nodes_[index];
    if (node.overlay == nullptr) return;
    node.overlay.reset();
    for (const auto& link : links_of(index)) {
      const std::size_t side = link->side_of(index);
      link->ends[side].gone = true;
      ends(link, 1 - side, why);
    }
    spread(index);
  }

 protected:
  struct Node {
    std::string name;
    std::pair<double, double> place{};
    std::uint64_t incarnation = 0;
    std::unique_ptr<HyParView> overlay{};
    std::map<std::uint64_t, Member> known{};        ///< Who is alive, as this node knows it.
    std::map<std::uint64_t, std::uint64_t> news{};  ///< By name: twice the incarnation, and one more if it has ended.
    std::uint64_t told = 0;                         ///< Of its own news, what has been spread.
    TimePoint tick = TimePoint::max();
  };

  struct End {
    std::size_t node = 0;
    std::uint64_t incarnation = 0;
    TimePoint up_at{};
    bool up = false;
    bool gone = false;
  };

  struct Link {
    End ends[2];
    std::size_t side_of(std::size_t node) const { return ends[0].node == node ? 0 : 1; }
  };
  using LinkPtr = std::shared_ptr<Link>;

  class NodeView final : public View {
   public:
    NodeView(const SimulatedFabric& network, std::size_t index) : network_(network), index_(index) {}
    TimePoint now() const override { return network_.now_; }
    const Member& self() const override { return self_; }
    std::vector<const Member*> members() const override {
      std::vector<const Member*> members;
      for (const auto& [name, member] : network_.nodes_[index_].known) members.push_back(&member);
      return members;
    }
    const Member* find(std::uint64_t name) const override {
      const auto& known = network_.nodes_[index_].known;
      const auto entry = known.find(name);
      return entry == known.end() ? nullptr : &entry->second;
    }
    bool is_suspected(std::uint64_t) const override { return false; }
    bool has_other_way(NodeId) const override { return true; }
    std::vector<NodeId> neighbours() const override { return {}; }
    bool is_neighbour(NodeId) const override { return false; }
    std::optional<Duration> round_trip(NodeId neighbour) const override {
      const std::size_t other = network_.indices_.at(neighbour.name);
      const LinkPtr link = network_.find(index_, other);
      // It takes a few heartbeats.
      if (link == nullptr || network_.now_ < link->ends[0].up_at + 700ms) return std::nullopt;
      return std::chrono::duration_cast<Duration>(network_.distance(index_, other) * 100ms);
    }

   private:
    const SimulatedFabric& network_;
    std::size_t index_;
    Member self_ = network_.self(index_);
  };

  Member self(std::size_t index) const {
    const Node& node = nodes_[index];
    return {.name = node.name, .incarnation = node.incarnation, .address = node.name + ":1"};
  }

  double distance(std::size_t a, std::size_t b) const {
    return std::hypot(nodes_[a].place.first - nodes_[b].place.first, nodes_[a].place.second - nodes_[b].place.second);
  }

  Duration between(Duration low, Duration high) { return Duration(random_.between(low.count(), high.count())); }
  void after(Duration delay, std::function<void()> run) {
    queue_.emplace(std::pair(now_ + delay, ++sequence_), std::move(run));
  }
  void at(TimePoint time, std::function<void()> run) { after(time - now_, std::move(run)); }

  bool is_alive(const End& end) const {
    return nodes_[end.node].overlay != nullptr && nodes_[end.node].incarnation == end.incarnation;
  }
  bool reach(std::size_t a, std::size_t b) const { return !is_split_ || a % 2 == b % 2; }

  std::vector<LinkPtr> links_of(std::size_t node) const {
    std::vector<LinkPtr> links;
    for (const auto& [nodes, link] : links_) {
      const bool is_end = nodes.first == node || nodes.second == node;
      if (is_end && !link->ends[link->side_of(node)].gone) links.push_back(link);
    }
    return links;
  }

  /// A link that `from` thinks it has with `to`, or is about to have.
  LinkPtr find(std::size_t from, std::size_t to) const {
    const auto entry = links_.find(std::minmax(from, to));
    return entry == links_.end() || entry->second->ends[entry->second->side_of(from)].gone ? nullptr : entry->second;
  }

  /// When something from one node comes to the other one: in order, also over the end of a link.
  TimePoint arrival(std::size_t from, std::size_t to, Duration delay) {
    TimePoint& last = arrivals_[{from, to}];
    return last = std::max(now_ + delay, last);
  }

  void event(std::size_t index, const std::function<Wishes(HyParView&, const View&)>& handle) {
    const NodeView view(*this, index);
    Node& node = nodes_[index];
    for (const Wish& wish : handle(*node.overlay, view)) {
      std::visit([&](const auto& one) { carry_out(index, one); }, wish);
    }
    const TimePoint next = std::max(node.overlay->next_tick().value_or(TimePoint::max()), now_);
    if (next == node.tick || next == TimePoint::max()) return;
    node.tick = next;
    at(next, [this, index, next, incarnation = node.incarnation] {
      Node& ticked = nodes_[index];
      if (ticked.overlay == nullptr || ticked.incarnation != incarnation || ticked.tick != next) return;
      ticked.tick = TimePoint::max();
      event(index, [](HyParView& overlay, const View& now) { return overlay.on_tick(now); });
      ASSERT_GT(ticked.tick, now_) << "ticks without end";
    });
  }

  void carry_out(std::size_t index, const Connect& wish) { connect(index, wish.member, true); }

  void carry_out(std::size_t index, const Disconnect& wish) {
    EXPECT_FALSE(wish.reason.empty());
    const LinkPtr link = find(index, indices_.at(wish.node.name));
    ASSERT_TRUE(link != nullptr && link->ends[link->side_of(index)].up) << "closes what is no link";
    const std::size_t side = link->side_of(index);
    ends(link, side, LinkEnd::kClosed);
    ends(link, 1 - side, LinkEnd::kClosed);
  }

  void carry_out(std::size_t index, const Tell& wish) {
    const LinkPtr link = find(index, indices_.at(wish.to.name));
    ASSERT_TRUE(link != nullptr && link->ends[link->side_of(index)].up) << "tells somebody without a link";
    const std::size_t other = 1 - link->side_of(index);
    const End& end = link->ends[other];
    const TimePoint time = std::max(arrival(index, end.node, between(1ms, 60ms)), end.up_at);
    at(time, [this, link, other, from = self(index).id(), message = garbled(wish.message)] {
      const End& to = link->ends[other];
      if (to.gone || !is_alive(to)) return;
      event(to.node, [&](HyParView& overlay, const View& view) { return overlay.on_message(view, from, message); });
    });
  }

  Bytes garbled(const Bytes& message) {
    if (!is_garbling_) return message;
    std::string bad(message.view().substr(0, random_.below(2 * message.size() + 1)));
    for (auto changes = random_.below(3); changes > 0 && !bad.empty(); --changes) {
      bad[random_.below(bad.size())] = static_cast<char>(random_.next());
    }
    return Bytes::copy_of(bad);
  }

  void connect(std::size_t from, const Member& member, bool asked) {
    const auto named = indices_.find(member.id().name);
    if (named == indices_.end()) return;  // Nobody is at a made-up address, and no dial is answered.
    const std::size_t to = named->second;
    const End dialer{.node = from, .incarnation = nodes_[from].incarnation};
    after(between(1ms, 40ms), [this, dialer, to, member, asked] {
      if (!is_alive(dialer) || find(dialer.node, to) != nullptr) return;
      if (nodes_[to].overlay == nullptr || !reach(dialer.node, to)) {
        if (!asked) return;
        return after(between(1ms, 800ms), [this, dialer, member] {
          if (!is_alive(dialer)) return;
          event(dialer.node,
                [&](HyParView& overlay, const View& now) { return overlay.on_connect_failed(now, member); });
        });
      }
      // The other end has not heard of the end of the link before.
      if (find(to, dialer.node) != nullptr) return connect(dialer.node, member, asked);
      const auto link = std::make_shared<Link>();
      link->ends[0] = dialer;
      link->ends[1] = {.node = to, .incarnation = nodes_[to].incarnation};
      links_[std::minmax(dialer.node, to)] = link;
      for (const std::size_t side : {0U, 1U}) {
        End& end = link->ends[side];
        end.up_at = arrival(link->ends[1 - side].node, end.node, between(1ms, 60ms));
        at(end.up_at, [this, link, side] { up(link, side); });
      }
    });
  }

  void up(const LinkPtr& link, std::size_t side) {
    End& end = link->ends[side];
    if (end.gone || !is_alive(end)) return;
    end.up = true;
    const End& other = link->ends[1 - side];
    Member peer = self(other.node);
    peer.incarnation = other.incarnation;
    // The fabric exchanges what it knows over each new link before anything else.
    bool changed = hear(end.node, peer.id().name, 2 * peer.incarnation);
    if (nodes_[end.node].news != nodes_[other.node].news) {
      for (const auto& [name, version] : std::map(nodes_[other.node].news)) changed |= hear(end.node, name, version);
    }
    event(end.node, [&](HyParView& overlay, const View& view) { return overlay.on_neighbour_up(view, peer); });
    if (changed) event(end.node, [](HyParView& overlay, const View& view) { return overlay.on_members_changed(view); });
    if (nodes_[other.node].incarnation == other.incarnation && is_alive(other)) spread(other.node);
  }

  /// This end hears that the link is no more: at once if it has closed it, else later.
  void ends(const LinkPtr& link, std::size_t side, LinkEnd why) {
    const End& end = link->ends[side];
    const std::size_t other = link->ends[1 - side].node;
    const Duration delay = why == LinkEnd::kLost ? between(1ms, 1500ms) : between(0ms, 60ms);
    at(std::max(arrival(other, end.node, delay), end.up_at), [this, link, side, why] {
      End& heard = link->ends[side];
      if (!std::exchange(heard.gone, true) && is_alive(heard)) {
        Member peer = self(link->ends[1 - side].node);
        peer.incarnation = link->ends[1 - side].incarnation;
        event(heard.node,
              [&](HyParView& overlay, const View& view) { return overlay.on_neighbour_down(view, peer, why); });
      }
      const auto entry = links_.find(std::minmax(heard.node, link->ends[1 - side].node));
      const bool is_over = link->ends[1 - side].gone || !is_alive(link->ends[1 - side]);
      if (is_over && entry != links_.end() && entry->second == link) links_.erase(entry);
    });
  }

  /// The news of this node's start or end reach all the others.
  void spread(std::size_t index) {
    Node& node = nodes_[index];
    const std::uint64_t version = 2 * node.incarnation + (node.overlay == nullptr ? 1 : 0);
    if (std::exchange(node.told, version) == version) return;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (i == index || nodes_[i].overlay == nullptr) continue;
      after(between(0ms, 1500ms), [this, i, name = hash64(node.name), version] {
        if (nodes_[i].overlay == nullptr || !hear(i, name, version)) return;
        event(i, [](HyParView& overlay, const View& view) { return overlay.on_members_changed(view); });
      });
    }
  }

  bool hear(std::size_t index, std::uint64_t name, std::uint64_t version) {
    Node& node = nodes_[index];
    if (node.news[name] >= version || name == hash64(node.name)) return false;
    node.news[name] = version;
    node.known.erase(name);
    if (version % 2 == 0) {
      Member member = self(indices_.at(name));
      member.incarnation = version / 2;
      node.known[name] = member;
    }
    return true;
  }

  /// What the fabric does for a node without any link.
  void dial_contact(std::size_t index, std::uint64_t incarnation) {
    if (nodes_[index].overlay == nullptr || nodes_[index].incarnation != incarnation) return;
    const std::size_t contact = random_.below(contacts_);
    if (contact != index && links_of(index).empty()) connect(index, self(contact), false);
    after(between(500ms, 1s), [this, index, incarnation] { dial_contact(index, incarnation); });
  }

  /// What the fabric does for members that no path leads to: now and then somebody dials one.
  void dial_lost() {
    const std::size_t from = random_node();
    const std::size_t to = random_node();
    const bool knows = nodes_[from].overlay != nullptr && nodes_[from].known.contains(hash64(nodes_[to].name));
    if (knows && !reached_from(from).contains(to)) connect(from, nodes_[from].known.at(hash64(nodes_[to].name)), false);
    after(between(500ms, 1s), [this] { dial_lost(); });
  }

  std::set<std::size_t> reached_from(std::size_t start) const {
    std::set<std::size_t> reached{start};
    std::vector<std::size_t> frontier{start};
    while (!frontier.empty()) {
      const std::size_t node = frontier.back();
      frontier.pop_back();
      for (const NodeId neighbour : nodes_[node].overlay->active_view()) {
        const std::size_t other = indices_.at(neighbour.name);
        if (nodes_[other].overlay != nullptr && reached.insert(other).second) frontier.push_back(other);
      }
    }
    return reached;
  }

  std::size_t random_node() { return random_.below(nodes_.size()); }

  Random random_;
  HyParViewOptions options_;
  TimePoint now_{};
  std::map<std::pair<TimePoint, std::uint64_t>, std::function<void()>> queue_;
  std::uint64_t sequence_ = 0;
  std::vector<Node> nodes_;
  std::map<std::uint64_t, std::size_t> indices_;                  ///< By NodeId::name.
  std::map<std::pair<std::size_t, std::size_t>, LinkPtr> links_;  ///< By both nodes, the smaller index first.
  std::map<std::pair<std::size_t, std::size_t>, TimePoint> arrivals_;
  std::size_t contacts_ = 0;
  bool is_split_ = false;
  bool is_garbling_ = false;
};

}  // namespace troupe::overlay
