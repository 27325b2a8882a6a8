#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "troupe/actor/log.hpp"
#include "troupe/actor/shard.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/metrics.hpp"
#include "troupe/cluster/network.hpp"
#include "troupe/cluster/routing.hpp"
#include "troupe/runtime/tcp_options.hpp"
#include "troupe/runtime/tls_options.hpp"

namespace troupe::runtime {

namespace detail {
class ShardLoop;
}

struct RuntimeOptions {
  std::uint32_t shards = 0;  ///< Threads; 0: one for each processor.
  ShardOptions shard;        ///< For all shards; `node` is this process, `index` and `shards` are set for each.
  std::uint32_t shard_queue_messages_max = 4096;  ///< From one shard to one other. Full: tell and ask answer kFull.
  std::uint32_t outside_queue_messages_max =
      65'536;  ///< From all other threads to one shard. Full: `post` answers false.
  std::uint32_t round_turns =
      64;  ///< Turns of actors before a shard looks at its queues again, and at its sockets if they waited for 20 µs.
  Duration busy_poll{};  ///< How long a shard polls before it sleeps, at most and where it pays; 0: never, so that
                         ///< idling is free.
  Duration long_handler_threshold =
      100ms;  ///< A handler that holds its shard for longer is logged and counted; 0: not watched.
  TcpOptions tcp;
};

/// The real world: one thread for each shard, with its event loop, its sockets and the queues to the other shards.
///
/// Its life: constructed; shards prepared by `run_on`, `set_routing`, `add_round_end`; `start`; `stop`, after which the
/// shards still exist without threads, and what was built on them is destroyed; destroyed. Once stopped it cannot be
/// started again. Where a function says nothing else, it is called on one outside thread.
class Runtime {
 public:
  /// Throws std::system_error if the operating system has no file descriptor for an event loop left. The sinks outlive
  /// this object.
  Runtime(RuntimeOptions options, Metrics& metrics, LogSink& log_sink);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Starts the threads. Fails with `input_output` if the operating system gives none; then none runs.
  Result<void> start();

  /// Accepts no more connections, ends all actors of each shard on its own thread, waits until connections that finish
  /// have done so (at most TcpOptions::linger), and joins the threads. What is still in queues then is destroyed. The
  /// second call does nothing.
  void stop();

  std::uint32_t shard_count() const { return static_cast<std::uint32_t>(loops_.size()); }

  // To be used on that shard's thread only, or by anybody while there are no threads.

  Shard& shard(std::uint32_t index);
  ShardHost& host(std::uint32_t index);
  cluster::Network& network(std::uint32_t index);
  /// Where messages of this shard for other nodes go; null (as at first): nowhere. It outlives the threads.
  void set_routing(std::uint32_t index, cluster::Routing* routing);
  /// Called at the end of each round of this shard's loop, before the shard may sleep.
  void add_round_end(std::uint32_t index, std::move_only_function<void()> callback);

  /// Any thread: `task(Shard&)` runs on the shard's thread. False if the queue is full, or after `stop`. A task that is
  /// taken while the runtime stops may be destroyed unrun.
  bool post(std::uint32_t index, ShardTask task);

  /// Any thread but a shard's: runs `function(Shard&)` on the shard's thread and waits for what it returns or throws.
  /// While there are no threads it runs right here.
  template <class Function>
  std::invoke_result_t<Function, Shard&> run_on(std::uint32_t index, Function&& function);

  /// Accepts connections for the cluster on shard 0: `on_accept` is called on its thread. `address` is "host:port",
  /// with port 0 for any that is free. Returns the real port; fails with `invalid_argument` or `input_output`.
  Result<std::uint16_t> listen(const std::string& address,
                               std::move_only_function<void(std::unique_ptr<cluster::Connection>)> on_accept);

  /// From now on all connections to other nodes are in TLS. Before `listen` and `start`. Fails with `invalid_argument`
  /// if the files are of no use; the error names the cause and the remedy.
  Result<void> use_tls(TlsOptions options);
  /// Reads the TLS files again, soon and on another thread, whether they look changed or not. What is wrong with them
  /// stands in the log, and changes nothing. Any thread.
  void reload_tls();

  /// The clock of all shards. Any thread.
  static TimePoint now();

 private:
  friend struct LoopAccess;
  struct Parts;

  void run_and_wait(std::uint32_t index, std::move_only_function<void(Shard&)> function);
  void join();
  void discard_queues();

  std::unique_ptr<Parts> parts_;
  std::vector<std::unique_ptr<detail::ShardLoop>> loops_;
};

template <class Function>
std::invoke_result_t<Function, Shard&> Runtime::run_on(std::uint32_t index, Function&& function) {
  using R = std::invoke_result_t<Function, Shard&>;
  if constexpr (std::is_void_v<R>) {
    run_and_wait(index, [&](Shard& shard) { function(shard); });
  } else {
    std::optional<R> result;
    run_and_wait(index, [&](Shard& shard) { result.emplace(function(shard)); });
    return std::move(*result);
  }
}

}  // namespace troupe::runtime
