// Several full meshes over a small network that is as unkind as TCP can be: both ends learn of a connection and of its
// end at different times, some only after a heartbeat's timeout; nodes crash, restart and leave; the network splits and
// heals.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "troupe/overlay/full_mesh.hpp"

namespace troupe::overlay {
namespace {

class Network {
 public:
  explicit Network(std::uint64_t seed) : random_(seed) {
    const auto count = static_cast<std::size_t>(random_.between(2, 7));
    const bool all_know_all = random_.chance(0.5);
    for (std::size_t i = 0; i < count; ++i) {
      nodes_.push_back({.name = std::string(1, static_cast<char>('a' + i))});
      if (i > 0 || all_know_all) nodes_[i].options.join.push_back("a:1");
      for (std::size_t j = 1; j < count; ++j) {
        if (all_know_all) nodes_[i].options.join.push_back(std::string(1, static_cast<char>('a' + j)) + ":1");
      }
    }
    // Names in another order than the indices, so that the one that everybody joins is not always the smallest.
    if (random_.chance(0.5)) nodes_[0].name = "z";
    for (std::size_t i = 0; i < count; ++i) {
      after(milliseconds(0, random_.chance(0.5) ? 3 : 3'000), [this, i] { start(i); });
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

  void expect_one_mesh() {
    for (const Node& node : nodes_) {
      const auto members = node.mesh->members();
      EXPECT_EQ(members.size(), nodes_.size()) << "seen by " << node.name;
      for (const Node& other : nodes_) {
        const MemberStatus expected{other.self(), MemberState::kUp};
        EXPECT_EQ(std::ranges::count(members, expected), 1) << other.name << " seen by " << node.name;
        if (&node == &other) continue;
        EXPECT_EQ(node.mesh->next_hop(NodeId::named(other.name)), other.self().id());
        EXPECT_EQ(chosen(node, other), chosen(other, node))
            << node.name << " and " << other.name << " chose differently";
      }
      // Itself is not remembered; of each other node at most a member, a link and its address under one or two
      // spellings.
      EXPECT_LE(node.mesh->remembered(), 3 * (nodes_.size() - 1));
      EXPECT_EQ(node.mesh->malformed_messages(), 0U);
    }
    const auto open =
        std::ranges::count_if(connections_, [](const auto& c) { return c->ends[0].open || c->ends[1].open; });
    EXPECT_EQ(static_cast<std::size_t>(open), nodes_.size() * (nodes_.size() - 1) / 2)
        << "links beside the chosen ones";
  }

  /// Actions other than gossip since the start.
  std::size_t changes() const { return changes_; }

  std::size_t downs() const { return downs_; }

 private:
  struct Node {
    std::string name;
    FullMeshOptions options{};
    std::uint64_t incarnation = 0;
    std::unique_ptr<FullMesh> mesh{};
    bool leaving = false;
    std::map<NodeId, LinkId> chosen{};
    std::map<std::string, Member> up{};             ///< As MemberUp and MemberDown told it.
    std::map<std::string, std::uint64_t> newest{};  ///< The newest incarnation told.
    std::set<std::string> dialing{};

    Member self() const { return {name, incarnation, name + ":1", ""}; }
  };

  struct End {
    std::size_t node = 0;
    std::uint64_t incarnation = 0;
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

  bool alive(const End& end) const {
    return nodes_[end.node].mesh != nullptr && nodes_[end.node].incarnation == end.incarnation;
  }

  /// The connection that `node` has chosen for `other`.
  static std::uint64_t chosen(const Node& node, const Node& other) {
    const auto entry = node.chosen.find(other.self().id());
    return entry == node.chosen.end() ? 0 : entry->second / 2;
  }

  static LinkId link_id(const Connection& connection, int side) {
    return connection.id * 2 + static_cast<LinkId>(side);
  }

  void start(std::size_t index) {
    Node& node = nodes_[index];
    if (node.mesh != nullptr) return;
    node = Node{.name = node.name, .options = node.options, .incarnation = node.incarnation + 1};
    node.mesh = std::make_unique<FullMesh>(node.options, node.self(), random_.fork());
    apply(index, node.mesh->start(now_));
  }

  void crash(std::size_t index) {
    nodes_[index].mesh.reset();
    for (const auto& connection : connections_) {
      for (const int side : {0, 1}) {
        End& end = connection->ends[side];
        if (end.node == index && end.open) end.open = false, end_comes(connection, 1 - side, false);
      }
    }
  }

  void leave(std::size_t index) {
    Node& node = nodes_[index];
    if (node.mesh == nullptr || node.leaving) return;
    node.leaving = true;
    apply(index, node.mesh->leave(now_));
    for (const auto& connection : connections_) {
      for (const int side : {0, 1}) {
        End& end = connection->ends[side];
        if (end.node == index && end.open && end.up) end.open = false, end_comes(connection, 1 - side, true);
      }
    }
    after(milliseconds(0, 500), [this, index, incarnation = node.incarnation] {
      if (nodes_[index].incarnation == incarnation) crash(index);
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
    if (end.up) return apply(end.node, node.mesh->on_link_down(now_, link_id(connection, side), reason, left));
    if (side == 0) dial_failed(end, connection.address);
  }

  void dial_failed(const End& end, const std::string& address) {
    if (!alive(end)) return;
    nodes_[end.node].dialing.erase(address);
    apply(end.node, nodes_[end.node].mesh->on_dial_failed(now_, address, {ErrorCode::kUnreachable, "refused"}));
  }

  void dial(std::size_t from, const std::string& address) {
    EXPECT_FALSE(nodes_[from].leaving) << "a leaving node dials";
    EXPECT_TRUE(nodes_[from].dialing.insert(address).second) << "two dials of " << address << " at once";
    const auto to = static_cast<std::size_t>(address == "a:1" ? 0 : address == "z:1" ? 0 : address[0] - 'a');
    const End dialer{.node = from, .incarnation = nodes_[from].incarnation};
    after(milliseconds(1, 40), [this, dialer, to, address] {
      if (nodes_[to].mesh == nullptr || !reach(dialer.node, to) || !alive(dialer)) {
        return after(milliseconds(1, 800), [this, dialer, address] { dial_failed(dialer, address); });
      }
      auto connection = std::make_shared<Connection>();
      connection->id = ++last_connection_;
      connection->address = address;
      connection->ends[0] = dialer;
      connection->ends[1] = {.node = to, .incarnation = nodes_[to].incarnation};
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
    end.up = true;
    const End& other = connection.ends[1 - side];
    Member peer = nodes_[other.node].self();
    peer.incarnation = other.incarnation;
    if (side == 0) nodes_[end.node].dialing.erase(connection.address);
    const std::string dialed = side == 0 ? connection.address : "";
    apply(end.node, nodes_[end.node].mesh->on_link_up(now_, link_id(connection, side), peer, dialed));
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
    const auto next = nodes_[index].mesh->next_tick();
    if (!next) return;
    at(std::max(*next, now_), [this, index, incarnation = nodes_[index].incarnation] { tick(index, incarnation); });
  }

  void tick(std::size_t index, std::uint64_t incarnation) {
    Node& node = nodes_[index];
    if (node.mesh == nullptr || node.incarnation != incarnation) return;
    const auto due = node.mesh->next_tick();
    if (!due || *due > now_) return;  // Something else happened since, and a later tick was asked for.
    const Actions actions = node.mesh->on_tick(now_);
    ASSERT_GT(node.mesh->next_tick(), now_) << "ticks without end";
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
    const NodeId from = nodes_[index].self().id();
    at(arrival(connection->ends[1 - side]), [this, connection, side, from, message = action.message] {
      const End& end = connection->ends[1 - side];
      if (connection->cut || !end.open || !alive(end)) return;
      apply(end.node, nodes_[end.node].mesh->on_message(now_, from, message));
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
    EXPECT_TRUE(node.chosen.contains(action.member.id())) << "up without a way to it";
  }

  void carry_out(std::size_t index, const MemberUnreachable& action) {
    EXPECT_EQ(nodes_[index].up[action.member.name], action.member) << "unreachable without being up";
  }

  void carry_out(std::size_t index, const MemberDown& action) {
    ++downs_;
    const auto up = nodes_[index].up.extract(action.member.name);
    ASSERT_FALSE(up.empty()) << "down without being up";
    EXPECT_EQ(up.mapped(), action.member);
    EXPECT_FALSE(action.reason.detail.empty());
  }

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
};

/// TROUPE_SEED=17 replays one seed.
void for_each_seed(const std::function<void(std::uint64_t)>& live) {
  const char* only = std::getenv("TROUPE_SEED");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t last = only != nullptr ? first : 400;
  for (std::uint64_t seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("TROUPE_SEED=" + std::to_string(seed));
    live(seed);
  }
}

TEST(FullMeshNetwork, becomes_one_mesh_after_any_misfortune) {
  for_each_seed([](std::uint64_t seed) {
    Network network(seed);
    Random random(seed * 3 + 1);
    for (auto misfortunes = random.between(0, 25); misfortunes > 0; --misfortunes) {
      network.run_for(Duration(random.between(0, 2'000'000'000)));
      network.harm();
    }
    network.run_for(1s);
    network.make_whole();
    network.run_for(60s);
    network.expect_one_mesh();
    const std::size_t before = network.changes();
    network.run_for(60s);
    EXPECT_EQ(network.changes(), before) << "no rest after the faults are over";
    network.expect_one_mesh();
  });
}

TEST(FullMeshNetwork, declares_nobody_down_when_dials_cross) {
  for_each_seed([](std::uint64_t seed) {
    Network network(seed);
    network.run_for(15s);
    network.expect_one_mesh();
    EXPECT_EQ(network.downs(), 0U);
    const std::size_t before = network.changes();
    network.run_for(60s);
    EXPECT_EQ(network.changes(), before);
  });
}

}  // namespace
}  // namespace troupe::overlay
