#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <vector>

#include "troupe/actor/shard.hpp"
#include "troupe/cluster/routing.hpp"
#include "troupe/runtime/detail/shard_queues.hpp"
#include "troupe/runtime/detail/spin_window.hpp"
#include "troupe/runtime/detail/tcp_network.hpp"
#include "troupe/runtime/runtime.hpp"

namespace troupe::runtime::detail {

/// One shard and what turns it: its event loop, its side of the queues, its network. `run` is the body of its thread.
class ShardLoop final : public ShardHost {
 public:
  ShardLoop(const RuntimeOptions& options, std::uint32_t index, ShardQueues& queues, NameTable& names, Metrics& metrics,
            LogSink& log_sink);

  /// Returns once `request_stop` was called, all actors have ended, and connections that finish have done so.
  void run();
  /// Any thread.
  void request_stop();
  /// Ends the loop's sleep; any thread.
  void wake();

  // ShardHost
  SendOutcome send_to_shard(std::uint32_t shard, EnvelopePtr envelope) override;
  SendOutcome send_to_node(const NodeId& node, EnvelopePtr envelope) override;
  SendOutcome room_for(const Address& to, ActorId sender, const Via& via) const override;
  bool has_room(std::uint32_t shard) const override { return queues_.has_room(index_, shard); }
  void on_pause(const NodeId& node, const Pause& pause) override;
  void inject(EnvelopePtr envelope) override;

  Shard& shard() { return shard_; }
  TcpNetwork& network() { return network_; }
  boost::asio::io_context& io() { return io_; }
  void set_routing(cluster::Routing* routing) { routing_ = routing; }
  void add_round_end(std::move_only_function<void()> callback) { round_ends_.push_back(std::move(callback)); }

 private:
  bool round();
  bool poll_io(TimePoint now);
  bool turn();
  void wait();
  bool spin(TimePoint until);
  void sleep();
  void await_wake();
  void arm_timer();
  void wind_down();
  template <class Function>
  void caught(Function&& function);

  const std::uint32_t index_;
  const std::uint32_t round_turns_;
  ShardQueues& queues_;
  Log log_;
  Counter& exceptions_;
  boost::asio::io_context io_{1};  ///< One thread runs it: Asio then saves some locking.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::posix::stream_descriptor wake_event_;  ///< An eventfd: written by `wake`, read by the loop.
  std::uint64_t wakes_ = 0;                           ///< What was read from it; nobody looks.
  boost::asio::steady_timer timer_;
  TimePoint armed_ = TimePoint::max();  ///< When `timer_` fires; max if it does not.
  TimePoint last_poll_{};
  SpinWindow spin_window_;
  std::atomic<bool> stop_requested_{false};
  cluster::Routing* routing_ = nullptr;
  std::vector<std::move_only_function<void()>> round_ends_;
  Shard shard_;
  TcpNetwork network_;
};

}  // namespace troupe::runtime::detail
