#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "troupe/overlay/fabric.hpp"
#include "troupe/overlay/overlay_choice.hpp"
#include "troupe/sim/event_queue.hpp"
#include "troupe/sim/overlay/connections.hpp"
#include "troupe/sim/overlay/latencies.hpp"
#include "troupe/sim/overlay/thin_fabric.hpp"

namespace troupe::sim {

struct FabricNetworkOptions {
  std::uint32_t nodes = 0;
  std::uint32_t servers = 2;  ///< The first so many, for overlays that tell servers from clients.
  overlay::OverlayChoice overlay;
  overlay::FabricOptions fabric;  ///< `join` is given at each start.
  std::uint32_t zones = 8;
  Duration jitter = 1ms;        ///< By up to so much longer each message takes.
  Duration silence = 1s;        ///< An end that hears nothing notices after half to all of it: the heartbeats' timeout.
  double silent_crashes = 0.1;  ///< The share of crashes that take the machine along: nobody is told by a reset.
  bool follows_members = true;  ///< Checks what fabrics say of members; costs memory for each pair of nodes.

  /// Nodes are ThinFabrics: they know the members from a directory that they share. It has a node some time after it
  /// has started, and until some time after it has crashed.
  bool is_thin = false;
  Duration thin_join_delay = 1s;
  Duration thin_death_delay = 10s;
};

class FabricNetwork;

/// Sees what happens in a network, to draw or measure it.
class NetworkWatcher {
 public:
  virtual ~NetworkWatcher() = default;
  virtual void on_begin(const FabricNetwork&) {}  ///< Nothing has happened yet.
  virtual void on_node(TimePoint, std::uint32_t /*node*/, bool /*is_alive*/) {}
  virtual void on_link(TimePoint, std::uint32_t /*from*/, std::uint32_t /*to*/, bool /*is_up*/) {}
  virtual void on_sent(TimePoint, std::uint32_t /*from*/, std::uint32_t /*to*/, const Bytes&, TimePoint /*arrival*/) {}
  virtual void on_member(TimePoint, std::uint32_t /*node*/, const overlay::Member&, overlay::MemberState) {}
  virtual void on_misfortune(TimePoint, std::string_view /*what*/) {}
  /// From now on messages pass only within each side, by node; empty: everywhere, one-way blocks are over as well.
  virtual void on_split(TimePoint, const std::vector<std::uint32_t>& /*sides*/) {}
  virtual void on_block(TimePoint, std::uint32_t /*from*/, std::uint32_t /*to*/) {}
  virtual void on_broadcast(TimePoint, std::size_t /*number*/, std::uint32_t /*root*/) {}
  /// `from` handed it to `node`; the root gets its own from itself.
  virtual void on_delivered(TimePoint, std::size_t /*number*/, std::uint32_t /*from*/, std::uint32_t /*node*/) {}
};

/// The content of a broadcast.
struct BroadcastNumber {
  std::uint64_t number = 0;
  Bytes filling;
};

/// A broadcast of an application, and how it travelled.
struct TrackedBroadcast {
  static constexpr std::uint8_t kNotReached = 0xff;
  TimePoint begun;
  std::uint32_t root = 0;
  std::vector<std::uint8_t> hops;  ///< By node; 0 at the root.
};

/// Many fabrics in one process, under virtual time: no actors, shards, or encryption. Links are as unkind as TCP can
/// be: both ends learn of a link and of its end at different times, some only after the heartbeats' timeout. Checks at
/// each action what a fabric promises to its caller; `failure()` is the first promise broken.
class FabricNetwork {
 public:
  FabricNetwork(std::uint64_t seed, FabricNetworkOptions options);
  ~FabricNetwork();

  static std::string address_of(std::uint32_t node);

  // What happens to nodes. Of one that is not there, nothing.
  void start(std::uint32_t node, std::vector<std::string> join);
  void crash(std::uint32_t node);
  void leave(std::uint32_t node);
  void stall(std::uint32_t node, Duration duration);  ///< The process stands still.

  // What happens to the network.
  void cut(std::uint32_t a, std::uint32_t b);           ///< Their connections; new ones can be made.
  void block(std::uint32_t from, std::uint32_t to);     ///< One way, also for new connections.
  void split(const std::vector<std::uint32_t>& sides);  ///< By node; before it, all blocks end.
  void unblock_all();
  void stall_link(std::uint32_t a, std::uint32_t b, Duration duration);  ///< What is sent arrives later.

  /// Begins a broadcast; the number of it.
  std::size_t broadcast(std::uint32_t root, std::size_t payload_bytes = 8);
  const std::vector<TrackedBroadcast>& broadcasts() const { return broadcasts_; }

  /// Until the time is over, or a promise is broken.
  void run_for(Duration duration);

  TimePoint now() const { return queue_.now(); }
  Random& random() { return random_; }
  std::uint32_t node_count() const { return options_.nodes; }
  const FabricNetworkOptions& options() const { return options_; }
  const Latencies& latencies() const { return latencies_; }

  /// Null while the node is not there.
  overlay::Fabric* fabric(std::uint32_t node) const { return nodes_[node].fabric.get(); }
  bool is_alive(std::uint32_t node) const { return nodes_[node].fabric != nullptr && !nodes_[node].is_leaving; }
  std::vector<std::uint32_t> alive() const;
  bool is_blocked(std::uint32_t from, std::uint32_t to) const { return blocked_.contains(pair_key(from, to)); }
  /// The node of this NodeId::name; there is one.
  std::uint32_t index_of(std::uint64_t name) const { return indices_.at(name); }

  /// The open ends of connections that a node has; the node at the other end of one; and the one that `node` uses to
  /// send to `other`, 0 if there is none.
  const std::vector<overlay::LinkId>& ends(std::uint32_t node) const { return nodes_[node].ends; }
  std::uint32_t peer_of(overlay::LinkId link) const;
  overlay::LinkId chosen(std::uint32_t node, std::uint32_t other) const;

  void watch(NetworkWatcher* watcher) {
    watcher_ = watcher;
    if (watcher != nullptr) watcher->on_begin(*this);
  }
  void trace_to(std::function<void(std::string_view)> trace) { trace_ = std::move(trace); }
  void misfortune(std::string_view what);  ///< For trace and watcher.

  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t messages_sent() const { return messages_sent_; }
  std::uint64_t bytes_sent_by(std::uint32_t node) const { return nodes_[node].bytes_sent; }
  std::uint64_t downs() const { return downs_; }  ///< MemberDown of those that did not leave.
  std::uint64_t rebirths() const { return rebirths_; }
  std::uint64_t changes() const { return changes_; }  ///< Actions other than messages.
  std::uint64_t trace_hash() const { return queue_.trace_hash(); }
  const std::string& failure() const { return failure_; }
  void fail(std::string what);

 private:
  struct Node {
    overlay::Member self;
    std::uint64_t life = 0;  ///< Of the process; the incarnation may grow in one life.
    std::unique_ptr<overlay::Fabric> fabric;
    bool is_leaving = false;
    bool is_machine_gone = false;
    TimePoint started;
    TimePoint stalled_until{};
    TimePoint tick_at = TimePoint::max();
    std::uint64_t bytes_sent = 0;
    std::vector<overlay::LinkId> ends{};                          ///< That are open.
    std::unordered_map<std::uint64_t, overlay::LinkId> chosen{};  ///< By NodeId::name.
    std::unordered_set<std::string> dialing{};
    std::unordered_map<std::string, overlay::Member> members{};  ///< As MemberUp and MemberDown told it.
    std::unordered_map<std::string, std::uint64_t> newest{};     ///< The newest incarnation told of.
  };
  using End = Connections::End;
  using Connection = Connections::Connection;

  static std::uint64_t pair_key(std::uint32_t a, std::uint32_t b) { return (std::uint64_t{a} << 32U) | b; }
  bool is_there(const End& end) const;
  bool can_connect(std::uint32_t a, std::uint32_t b) const { return !is_blocked(a, b) && !is_blocked(b, a); }

  void apply(std::uint32_t index, const overlay::Actions& actions);
  void carry_out(std::uint32_t index, const overlay::Dial& action);
  void carry_out(std::uint32_t index, const overlay::CloseLink& action);
  void carry_out(std::uint32_t index, const overlay::Send& action);
  void carry_out(std::uint32_t index, const overlay::LinkChosen& action);
  void carry_out(std::uint32_t index, const overlay::MemberUp& action);
  void carry_out(std::uint32_t index, const overlay::MemberUnreachable& action);
  void carry_out(std::uint32_t, const overlay::MemberSuspected&) {}  // Heartbeats are not simulated here.
  void carry_out(std::uint32_t index, const overlay::WayChanged& action);
  void carry_out(std::uint32_t index, const overlay::MemberDown& action);
  void carry_out(std::uint32_t index, const overlay::Delivered& action);
  void carry_out(std::uint32_t index, const overlay::Reborn& action);
  std::unique_ptr<overlay::Fabric> make_fabric(const overlay::Member& self, std::vector<std::string> join);
  void schedule_tick(std::uint32_t index);
  void tick(std::uint32_t index, std::uint64_t life, TimePoint when);

  void accept(const End& dialer, std::uint32_t to);
  void dial_failed(const End& dialer, std::uint32_t to);
  void come_up(overlay::LinkId link, Connection& connection);
  void hold_back(std::uint32_t from, std::uint32_t to);

  void push(overlay::LinkId link, Connections::Arrival arrival);
  void schedule_arrival(overlay::LinkId link, End& end);
  void arrive(overlay::LinkId link);
  void take(overlay::LinkId link, Connection& connection, const Connections::Arrival& arrival);

  void close_end(overlay::LinkId link);
  void lose(overlay::LinkId link, bool peer_left);
  void tell_of_end(overlay::LinkId link, Connections::What what);
  void fall_silent(overlay::LinkId link);
  void give_up(overlay::LinkId link, Duration wait);
  void give_up_after(overlay::LinkId link, Duration pause);
  void stop(std::uint32_t node, bool is_silent);

  const FabricNetworkOptions options_;
  Random random_;
  Latencies latencies_;
  EventQueue queue_;
  std::vector<Node> nodes_;
  std::unordered_map<std::uint64_t, std::uint32_t> indices_;  ///< By NodeId::name.
  Connections connections_;
  Directory directory_;                        ///< If the network is thin.
  std::unordered_set<std::uint64_t> blocked_;  ///< pair_key(from, to)
  std::vector<TrackedBroadcast> broadcasts_;
  std::uint32_t arrived_from_ = 0;  ///< Whose message is being handled.
  NetworkWatcher* watcher_ = nullptr;
  std::function<void(std::string_view)> trace_;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t messages_sent_ = 0;
  std::uint64_t downs_ = 0;
  std::uint64_t rebirths_ = 0;
  std::uint64_t changes_ = 0;
  std::string failure_;
};

}  // namespace troupe::sim
