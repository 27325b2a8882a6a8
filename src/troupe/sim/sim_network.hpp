#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "troupe/base/random.hpp"
#include "troupe/cluster/network.hpp"
#include "troupe/sim/event_queue.hpp"

namespace troupe::sim {

struct SimNetworkOptions {
  Duration latency_min = 50us;
  Duration latency_max = 2ms;
  double slow_chance = 0.01;  ///< That a delivery takes up to `slow_max` longer; what is behind it waits.
  Duration slow_max = 200ms;
  /// One way between two machines, beside the above; null: none.
  std::function<Duration(std::uint32_t from, std::uint32_t to)> distance;
  Duration connect_timeout = 5s;
  bool joins_pieces = false;  ///< What waits behind a delivery comes with it, and not each after a latency of its own.
};

/// The network between simulated nodes. Connections are like TCP: ordered until they break. A direction that is blocked
/// holds what is sent (as TCP does, which sends again and again) and delivers it when it opens; a connection that is
/// cut meanwhile loses it, and a side that cannot be told stays half-open until it finds out by itself.
class SimNetwork {
 public:
  SimNetwork(EventQueue& events, Random random, SimNetworkOptions options);
  ~SimNetwork();

  /// One life of a node, as its connections see it.
  struct Owner {
    std::uint32_t node = 0;
    std::function<bool()> alive;   ///< Whether this life still runs; what is meant for one that ended is dropped.
    std::function<void()> before;  ///< Called before each event of a connection, so that the shard's time is right,
    std::function<void()> after;   ///< and after it, so that the shard gets its turn.
  };

  /// The node listens at `address` from now on, in place of its earlier lives.
  void listen(const Owner& owner, const std::string& address,
              std::function<void(std::unique_ptr<cluster::Connection>)> accept);
  /// The process is gone: its connections break at the other end, at once or, if the whole machine is gone, without a
  /// word.
  void node_gone(std::uint32_t node, bool with_its_machine);

  /// Nothing passes from one machine to another any more, or again.
  void block(std::uint32_t from, std::uint32_t to);
  void unblock_all();
  /// Nothing passes for so long; what is sent meanwhile arrives then. Not to be begun again before it is over.
  void stall(std::uint32_t from, std::uint32_t to, Duration duration);
  /// Breaks any of the connections between two machines, if there is one; `half_open`: only the first learns of it.
  void cut(std::uint32_t a, std::uint32_t b, bool half_open);

  void connect(const Owner& owner, const std::string& address, cluster::Network::Connected connected);
  /// The connection goes on on another shard of its node.
  std::unique_ptr<cluster::Connection> adopt(const Owner& owner, cluster::Connection::Parted& parted);
  Random& random() { return random_; }

  std::uint64_t bytes_delivered() const { return bytes_delivered_; }

 private:
  struct End;
  struct Pipe;
  class SimConnection;
  class SimParted;

  struct Listener {
    Owner owner;
    std::function<void(std::unique_ptr<cluster::Connection>)> accept;
  };

  Duration latency(std::uint32_t from, std::uint32_t to);
  bool blocked(std::uint32_t from, std::uint32_t to) const { return blocked_.contains({from, to}); }
  void deliver_later(const std::shared_ptr<Pipe>& pipe, std::size_t to);
  void deliver(const std::shared_ptr<Pipe>& pipe, std::size_t to);
  void hand_over(End& end);
  void close_side(const std::shared_ptr<Pipe>& pipe, std::size_t side);
  void end_later(const std::shared_ptr<Pipe>& pipe, std::size_t to, std::string cause);
  void establish(const Owner& owner, const std::string& address, cluster::Network::Connected connected);

  EventQueue& events_;
  Random random_;
  SimNetworkOptions options_;
  std::map<std::string, Listener> listeners_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> blocked_;
  std::vector<std::weak_ptr<Pipe>> pipes_;
  std::uint64_t bytes_delivered_ = 0;
};

}  // namespace troupe::sim
