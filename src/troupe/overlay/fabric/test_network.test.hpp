#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "troupe/overlay/fabric.hpp"

namespace troupe::overlay {

/// Several fabrics over a small network that is as unkind as TCP can be: both ends learn of a connection and of its end
/// at different times, some only after a heartbeat's timeout; nodes crash, restart and leave; the network splits and
/// heals. Checks what a fabric promises to its caller, at each action.
class TestNetwork {
 public:
  /// The overlay of the node with this number.
  using MakeOverlay = std::function<std::unique_ptr<Overlay>(std::size_t index, std::size_t count, Random random)>;

  /// `joins`: the addresses that this node begins with.
  TestNetwork(std::uint64_t seed, std::size_t count, MakeOverlay make_overlay,
              const std::function<std::vector<std::string>(std::size_t index)>& joins)
      : make_overlay_(std::move(make_overlay)), random_(seed) {
    for (std::size_t i = 0; i < count; ++i) {
      nodes_.push_back({.name = name_of(i)});
      nodes_[i].options.join = joins(i);
      nodes_[i].is_server = i < 2;
    }
    // Names in another order than the indices, so that the one that everybody joins is not always the smallest.
    if (random_.chance(0.5)) nodes_[0].name = "z";
    for (std::size_t i = 0; i < count; ++i) {
      after(milliseconds(0, random_.chance(0.5) ? 3 : 3'000), [this, i] { start(i); });
    }
  }

  static std::string name_of(std::size_t index) { return std::string(1, static_cast<char>('a' + index)); }
  static std::string address_of(std::size_t index) { return name_of(index) + ":1"; }

  void run_for(Duration duration) {
    const TimePoint end = now_ + duration;
    while (!queue_.empty() && queue_.begin()->first.first <= end) {
      const auto event = queue_.extract(queue_.begin());
      now_ = event.key().first;
      event.mapped()();
    }
    now_ = end;
  }

  /// One random misfortune.
  void harm() {
    const auto kind = random_.below(10);
    const std::size_t victim = random_.below(nodes_.size());
    if (kind < 5 && !connections_.empty()) return cut(connections_[random_.below(connections_.size())]);
    if (kind == 5) return crash(victim);
    if (kind == 6) return leave(victim);
    if (kind == 7) return start(victim);
    if (kind == 8) return split();
    sides_.clear();
  }

  void make_whole() {
    sides_.clear();
    for (std::size_t i = 0; i < nodes_.size(); ++i) start(i);
  }

  /// Everybody sees everybody, and a message finds its way from each to each, without going round in circles.
  void expect_one_cluster() {
    for (const Node& node : nodes_) {
      const auto members = node.fabric->statuses();
      EXPECT_EQ(members.size(), nodes_.size()) << "seen by " << node.name;
      EXPECT_EQ(node.fabric->table().size(), nodes_.size()) << "remembered by " << node.name;
      EXPECT_EQ(node.fabric->malformed_messages(), 0U);
      for (const Node& other : nodes_) {
        const MemberStatus expected{other.fabric->self(), MemberState::kUp};
        EXPECT_EQ(std::ranges::count(members, expected), 1) << other.name << " seen by " << node.name;
        if (&node == &other) continue;
        EXPECT_GE(hops(node, other), 1U) << "from " << node.name << " to " << other.name;
      }
    }
  }

  /// Both ends of each neighbourhood use the same connection, and there are so many; none beside them.
  void expect_links(std::size_t count) {
    for (const Node& node : nodes_) {
      for (const Node& other : nodes_) {
        if (&node == &other) continue;
        EXPECT_EQ(chosen(node, other), chosen(other, node)) << node.name << " and " << other.name;
      }
    }
    const auto open =
        std::ranges::count_if(connections_, [](const auto& c) { return c->ends[0].open || c->ends[1].open; });
    EXPECT_EQ(static_cast<std::size_t>(open), count);
  }

  /// Each node broadcasts once: everybody gets each of them once.
  void expect_broadcasts() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      apply(i, nodes_[i].fabric->broadcast(now_, Bytes::copy_of("from " + nodes_[i].name)));
    }
    run_for(10s);
    for (Node& node : nodes_) {
      for (const Node& other : nodes_) {
        EXPECT_EQ(std::ranges::count(node.delivered, "from " + other.name), 1) << "to " << node.name;
      }
      node.delivered.clear();
    }
  }

  std::size_t node_count() const { return nodes_.size(); }
  Random& random() { return random_; }

  /// Actions other than gossip since the start.
  std::size_t changes() const { return changes_; }

  std::size_t downs() const { return downs_; }
  std::size_t rebirths() const { return rebirths_; }

 private:
  struct Node {
    std::string name;
    FabricOptions options{};
    bool is_server = true;
    std::uint64_t life = 0;         ///< Of the process.
    std::uint64_t incarnation = 0;  ///< Of the node, which may be reborn in one life of its process.
    std::unique_ptr<Fabric> fabric{};
    std::vector<std::string> delivered{};
    bool leaving = false;
    std::map<NodeId, LinkId> chosen{};
    std::map<std::string, Member> up{};             ///< As MemberUp and MemberDown told it.
    std::map<std::string, std::uint64_t> newest{};  ///< The newest incarnation told.
    std::set<std::string> dialing{};

    Member self() const {
      return {.name = name, .incarnation = incarnation, .address = name + ":1", .server = is_server};
    }
  };

  struct End {
    std::size_t node = 0;
    std::uint64_t life = 0;
    std::uint64_t incarnation = 0;  ///< That was shown in the handshake.
    bool open = true;
    bool up = false;
    TimePoint up_at{};
    TimePoint last_arrival{};  ///< Keeps what comes to this end in order.
  };

  /// A LinkId names one end: twice the connection's id, and one more for the acceptor, since a node may dial itself.
  struct Connection {
    std::uint64_t id = 0;
    End ends[2];  ///< The dialer's, then the acceptor's.
    std::string address;
    bool cut = false;
  };

  Duration milliseconds(std::int64_t low, std::int64_t high) {
    return Duration(random_.between(low * 1'000'000, high * 1'000'000));
  }

  void at(TimePoint time, std::function<void()> run) { queue_.emplace(std::pair(time, ++sequence_), std::move(run)); }
  void after(Duration delay, std::function<void()> run) { at(now_ + delay, std::move(run)); }

  bool reach(std::size_t a, std::size_t b) const { return sides_.empty() || sides_[a] == sides_[b]; }

  bool alive(const End& end) const { return nodes_[end.node].fabric != nullptr && nodes_[end.node].life == end.life; }

  /// The connection that `node` has chosen for `other`.
  static std::uint64_t chosen(const Node& node, const Node& other) {
    const auto entry = node.chosen.find(other.self().id());
    return entry == node.chosen.end() ? 0 : entry->second / 2;
  }

  /// As many as the members on the way, the last included; 0 if the way leads nowhere.
  std::size_t hops(const Node& from, const Node& to) {
    std::set<const Node*> passed;
    for (const Node* at = &from; at != &to && passed.insert(at).second;) {
      const auto next = at->fabric->next_hop(NodeId::named(to.name));
      const auto found =
          std::ranges::find_if(nodes_, [&](const Node& node) { return next && node.fabric->self().id() == *next; });
      if (found == nodes_.end()) return 0;
      at = &*found;
      if (at == &to) return passed.size();
    }
    return 0;
  }

  static LinkId link_id(const Connection& connection, int side) {
    return connection.id * 2 + static_cast<LinkId>(side);
  }

  void start(std::size_t index) {
    Node& node = nodes_[index];
    if (node.fabric != nullptr) return;
    node = Node{.name = node.name,
                .options = node.options,
                .is_server = node.is_server,
                .life = node.life + 1,
                .incarnation = node.incarnation + 1'000};
    node.fabric = std::make_unique<Fabric>(node.options, node.self(),
                                           make_overlay_(index, nodes_.size(), random_.fork()), random_.fork());
    apply(index, node.fabric->start(now_));
  }

  void crash(std::size_t index) {
    nodes_[index].fabric.reset();
    for (const auto& connection : connections_) {
      for (const int side : {0, 1}) {
        End& end = connection->ends[side];
        if (end.node == index && end.open) end.open = false, end_comes(connection, 1 - side, false);
      }
    }
  }

  void leave(std::size_t index) {
    Node& node = nodes_[index];
    if (node.fabric == nullptr || node.leaving) return;
    node.leaving = true;
    apply(index, node.fabric->leave(now_));
    for (const auto& connection : connections_) {
      for (const int side : {0, 1}) {
        End& end = connection->ends[side];
        if (end.node == index && end.open && end.up) end.open = false, end_comes(connection, 1 - side, true);
      }
    }
    after(milliseconds(0, 500), [this, index, life = node.life] {
      if (nodes_[index].life == life) crash(index);
    });
  }

  void split() {
    sides_.clear();
    for (std::size_t i = 0; i < nodes_.size(); ++i) sides_.push_back(static_cast<int>(random_.below(2)));
    for (const auto& connection : connections_) {
      if (!reach(connection->ends[0].node, connection->ends[1].node)) cut(connection);
    }
  }

  /// Nothing passes any more. Each end finds out by itself, when its heartbeats have been silent for too long.
  void cut(const std::shared_ptr<Connection>& connection) {
    if (std::exchange(connection->cut, true)) return;
    for (const int side : {0, 1}) {
      after(milliseconds(0, 1'500), [this, connection, side] { down(*connection, side, false); });
    }
  }

  /// The other end has closed: this one learns it after all that was sent before, or by its heartbeats.
  void end_comes(const std::shared_ptr<Connection>& connection, int side, bool left) {
    if (connection->cut) return;
    End& end = connection->ends[side];
    if (random_.chance(0.1)) return cut(connection);
    at(arrival(end), [this, connection, side, left] { down(*connection, side, left); });
  }

  TimePoint arrival(End& end) {
    const TimePoint earliest = std::max({now_ + milliseconds(1, 60), end.last_arrival, end.up_at});
    return end.last_arrival = earliest;
  }

  void down(Connection& connection, int side, bool left) {
    End& end = connection.ends[side];
    if (!std::exchange(end.open, false) || !alive(end)) return;
    Node& node = nodes_[end.node];
    const Error reason{ErrorCode::kUnreachable, "the connection broke"};
    if (end.up) return apply(end.node, node.fabric->on_link_down(now_, link_id(connection, side), reason, left));
    if (side == 0) dial_failed(end, connection.address);
  }

  void dial_failed(const End& end, const std::string& address) {
    if (!alive(end)) return;
    nodes_[end.node].dialing.erase(address);
    apply(end.node, nodes_[end.node].fabric->on_dial_failed(now_, address, {ErrorCode::kUnreachable, "refused"}));
  }

  void dial(std::size_t from, const std::string& address) {
    EXPECT_FALSE(nodes_[from].leaving) << "a leaving node dials";
    EXPECT_TRUE(nodes_[from].dialing.insert(address).second) << "two dials of " << address << " at once";
    const std::size_t to = address == "z:1" ? 0 : static_cast<std::size_t>(address[0] - 'a');
    const End dialer{.node = from, .life = nodes_[from].life, .incarnation = nodes_[from].incarnation};
    after(milliseconds(1, 40), [this, dialer, to, address] {
      if (nodes_[to].fabric == nullptr || !reach(dialer.node, to) || !alive(dialer)) {
        return after(milliseconds(1, 800), [this, dialer, address] { dial_failed(dialer, address); });
      }
      auto connection = std::make_shared<Connection>();
      connection->id = ++last_connection_;
      connection->address = address;
      connection->ends[0] = dialer;
      connection->ends[1] = {.node = to, .life = nodes_[to].life, .incarnation = nodes_[to].incarnation};
      connections_.push_back(connection);
      for (const int side : {0, 1}) {
        connection->ends[side].up_at = now_ + milliseconds(1, 60);
        at(connection->ends[side].up_at, [this, connection, side] { up(*connection, side); });
      }
    });
  }

  void up(Connection& connection, int side) {
    End& end = connection.ends[side];
    if (!end.open || !alive(end)) return;
    const End& other = connection.ends[1 - side];
    if (end.incarnation != nodes_[end.node].incarnation) return abort(connection, side);
    end.up = true;
    Member peer = nodes_[other.node].self();
    peer.incarnation = other.incarnation;
    if (side == 0) nodes_[end.node].dialing.erase(connection.address);
    const std::string dialed = side == 0 ? connection.address : "";
    apply(end.node, nodes_[end.node].fabric->on_link_up(now_, link_id(connection, side), peer, dialed));
  }

  /// The node was reborn in the middle of a handshake.
  void abort(Connection& connection, int side) {
    connection.ends[side].open = false;
    if (side == 0) dial_failed(connection.ends[0], connection.address);
    const auto shared = std::ranges::find(connections_, connection.id, [](const auto& each) { return each->id; });
    if (shared != connections_.end()) end_comes(*shared, 1 - side, false);
  }

  /// The connection that a link is, and the side of it that the link is.
  std::pair<std::shared_ptr<Connection>, int> find(LinkId link) const {
    const auto found = std::ranges::find(connections_, link / 2, [](const auto& connection) { return connection->id; });
    return {found == connections_.end() ? nullptr : *found, static_cast<int>(link % 2)};
  }

  void apply(std::size_t index, const Actions& actions) {
    for (const Action& action : actions) {
      std::visit([&](const auto& one) { carry_out(index, one); }, action);
      if (!std::holds_alternative<Send>(action)) ++changes_;
    }
    std::erase_if(connections_, [](const auto& c) { return !c->ends[0].open && !c->ends[1].open; });
    const auto next = nodes_[index].fabric->next_tick();
    if (!next) return;
    at(std::max(*next, now_), [this, index, life = nodes_[index].life] { tick(index, life); });
  }

  void tick(std::size_t index, std::uint64_t life) {
    Node& node = nodes_[index];
    if (node.fabric == nullptr || node.life != life) return;
    const auto due = node.fabric->next_tick();
    if (!due || *due > now_) return;  // Something else happened since, and a later tick was asked for.
    const Actions actions = node.fabric->on_tick(now_);
    ASSERT_GT(node.fabric->next_tick(), now_) << "ticks without end";
    apply(index, actions);
  }

  void carry_out(std::size_t index, const Dial& action) { dial(index, action.address); }

  void carry_out(std::size_t, const CloseLink& action) {
    EXPECT_FALSE(action.reason.empty());
    const auto [connection, side] = find(action.link);
    ASSERT_TRUE(connection != nullptr && connection->ends[side].open) << "closes a link that is not open";
    connection->ends[side].open = false;
    end_comes(connection, 1 - side, false);
  }

  void carry_out(std::size_t index, const Send& action) {
    const auto chosen = nodes_[index].chosen.find(action.to);
    ASSERT_NE(chosen, nodes_[index].chosen.end()) << "sends to a node without a link";
    const auto [connection, side] = find(chosen->second);
    ASSERT_TRUE(connection != nullptr && connection->ends[side].open) << "sends over a link that is not open";
    if (connection->cut) return;
    at(arrival(connection->ends[1 - side]), [this, connection, side, message = action.message] {
      const End& end = connection->ends[1 - side];
      if (connection->cut || !end.open || !alive(end)) return;
      apply(end.node, nodes_[end.node].fabric->on_message(now_, link_id(*connection, 1 - side), message));
    });
  }

  void carry_out(std::size_t index, const LinkChosen& action) {
    const auto [connection, side] = find(action.link);
    ASSERT_TRUE(connection != nullptr && connection->ends[side].open && connection->ends[side].up)
        << "chose a dead link";
    const End& other = connection->ends[1 - side];
    EXPECT_EQ(action.node, (NodeId{hash64(nodes_[other.node].name), other.incarnation}));
    nodes_[index].chosen[action.node] = action.link;
  }

  void carry_out(std::size_t index, const MemberUp& action) {
    Node& node = nodes_[index];
    EXPECT_TRUE(node.up.emplace(action.member.name, action.member).second) << "up twice without a down";
    EXPECT_GE(action.member.incarnation, node.newest[action.member.name]) << "an older life came up";
    node.newest[action.member.name] = action.member.incarnation;
    EXPECT_TRUE(node.fabric->next_hop(action.member.id())) << "up without a way to it";
  }

  void carry_out(std::size_t index, const MemberUnreachable& action) {
    EXPECT_EQ(nodes_[index].up[action.member.name], action.member) << "unreachable without being up";
  }

  void carry_out(std::size_t index, const MemberSuspected& action) {
    EXPECT_TRUE(nodes_[index].fabric->next_hop(action.member.id())) << "suspected without being a neighbour";
  }

  void carry_out(std::size_t index, const WayChanged& action) {
    EXPECT_EQ(nodes_[index].up[action.member.name], action.member) << "another way to one who is not up";
  }

  void carry_out(std::size_t index, const Delivered& action) {
    nodes_[index].delivered.emplace_back(action.payload.view());
  }

  void carry_out(std::size_t index, const Reborn& action) {
    Node& node = nodes_[index];
    EXPECT_GT(action.self.incarnation, node.incarnation);
    EXPECT_EQ(action.self.name, node.name);
    for (const auto& connection : connections_) {
      for (const End& end : connection->ends)
        EXPECT_FALSE(end.node == index && end.life == node.life && end.open && end.up)
            << "links of a life that is over";
    }
    node.incarnation = action.self.incarnation;
    ++rebirths_;
  }

  void carry_out(std::size_t index, const MemberDown& action) {
    ++downs_;
    const auto up = nodes_[index].up.extract(action.member.name);
    ASSERT_FALSE(up.empty()) << "down without being up";
    EXPECT_EQ(up.mapped(), action.member);
    EXPECT_FALSE(action.reason.detail.empty());
  }

  MakeOverlay make_overlay_;
  Random random_;
  TimePoint now_{};
  std::map<std::pair<TimePoint, std::uint64_t>, std::function<void()>> queue_;
  std::uint64_t sequence_ = 0;
  std::uint64_t last_connection_ = 0;
  std::deque<Node> nodes_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<int> sides_;  ///< Of each node, while the network is split.
  std::size_t changes_ = 0;
  std::size_t downs_ = 0;
  std::size_t rebirths_ = 0;
};

}  // namespace troupe::overlay
