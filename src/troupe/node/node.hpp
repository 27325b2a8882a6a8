#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/node/node_options.hpp"
#include "troupe/runtime/runtime.hpp"

namespace troupe {

/// A node of a cluster, in a program of yours.
///
///     troupe::Node node({.name = "a", .cluster_listen = "127.0.0.1:7400"});
///     node.start().value();
///     auto counter = node.spawn<Counter>({.name = "counter"}).value();
///     node.tell(counter, Add{2});
///     std::cout << node.ask(counter, Get{}, 1s).value() << '\n';
///     node.run();  // Until Ctrl-C or SIGTERM.
///
/// and in a program on another machine, which joined this one:
///
///     auto counter = troupe::Ref<Counter>::named("a", "counter");
///
/// Its functions are called from outside the actor world, on any thread but a shard's, where nothing else is said.
/// Actors use their own `context()` instead.
class Node {
 public:
  explicit Node(NodeOptions options = {});
  /// Stops.
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Documents whose topic begins with `prefix` ("canvas/") are of this type. Before `start`.
  Result<void> add_document(const std::string& prefix, document::DocumentFactory factory);

  /// Opens the journal, listens, joins, and starts the shards. On failure nothing is left running; the error names the
  /// cause and the remedy.
  Result<void> start();

  /// Blocks until SIGINT or SIGTERM comes, or `request_stop` is called; then stops. The program's other threads, if it
  /// has any, must have these signals blocked (threads made after `start` inherit that). In a node with TLS, SIGHUP has
  /// the certificate read again, and is to be blocked likewise.
  void run();
  /// Makes `run` end. Any thread, also a shard's.
  void request_stop();
  /// Sends clients elsewhere, leaves the cluster, ends all actors and flushes the journal. The second call does
  /// nothing.
  void stop();

  /// An actor without a parent, on one of the shards in turn. Errors as Context::spawn_with; `stopping` if the node
  /// does not run.
  template <class A, class... Args>
  Result<Ref<A>> spawn(SpawnOptions options, Args&&... args) {
    return runtime_->run_on(
        next_shard(), [&](Shard& shard) { return shard.spawn<A>(std::move(options), std::forward<Args>(args)...); });
  }
  template <class A>
  Result<Ref<A>> spawn() {
    return spawn<A>(SpawnOptions{});
  }

  /// Sends without waiting: kTaken if the way into the node had room.
  template <class A, class M>
    requires Handles<A, std::decay_t<M>>
  SendOutcome tell(const Ref<A>& to, M message) {
    const bool taken = runtime_->post(
        shard_for(to.address()),
        [to, message = std::move(message)](Shard& shard) mutable { shard.tell(to, std::move(message)); });
    return taken ? SendOutcome::kTaken : SendOutcome::kFull;
  }

  /// Asks and waits for the answer.
  template <class A, class M>
    requires Handles<A, M> && Question<M>
  Result<typename M::Reply> ask(const Ref<A>& to, M message, Duration within) {
    using R = Result<typename M::Reply>;
    auto promise = std::make_shared<std::promise<R>>();
    std::future<R> answer = promise->get_future();
    const bool taken = runtime_->post(
        shard_for(to.address()), [to, within, promise, message = std::move(message)](Shard& shard) mutable {
          shard.ask(to, std::move(message), within, [promise](R result) { promise->set_value(std::move(result)); });
        });
    if (!taken) return fail(ErrorCode::kQueueFull, "the node has no room for the question, or does not run");
    // The shard keeps the deadline; the second is for one that is held up by a long handler.
    if (answer.wait_for(within + std::chrono::seconds(1)) != std::future_status::ready) {
      return fail(ErrorCode::kTimeout, "the shard did not come to the question in time");
    }
    try {
      return answer.get();
    } catch (const std::future_error&) {  // The node stopped, and the question was destroyed with its shard.
      return fail(ErrorCode::kStopping, "the node stopped before the answer came");
    }
  }

  /// Waits until at least `count` other nodes are up. False if `within` passes first.
  bool wait_for_members(std::size_t count, Duration within);

  NodeId id() const { return id_; }
  const std::string& name() const { return options_.name; }
  /// Where others reach the cluster port and clients the gateway, with the real ports; empty if there is none. After
  /// `start`.
  const std::string& cluster_address() const { return cluster_address_; }
  const std::string& http_address() const { return http_address_; }
  Metrics& metrics() { return metrics_; }
  LogSink& log_sink();

 private:
  struct Parts;

  Result<void> prepare();
  Result<void> open_spans();
  Result<void> listen();
  Result<std::vector<std::string>> settle_owners();
  Result<void> open_journal();
  Result<void> start_actors();
  Result<void> start_discovery();
  int wait_for_signal(int signal_event);
  void watch_trouble(Shard& shard);
  std::string readiness() const;
  std::uint32_t next_shard();
  std::uint32_t shard_for(const Address& to);
  void close();

  NodeOptions options_;
  NodeId id_;
  std::string cluster_address_;
  std::string http_address_;
  Metrics metrics_;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<runtime::Runtime> runtime_;
};

}  // namespace troupe
