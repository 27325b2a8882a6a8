#include "troupe/runtime/runtime.hpp"

#include <fmt/core.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <system_error>
#include <thread>

#include "troupe/base/assert.hpp"
#include "troupe/runtime/detail/loop_access.hpp"
#include "troupe/runtime/detail/shard_loop.hpp"
#include "troupe/runtime/detail/shard_queues.hpp"
#include "troupe/runtime/detail/steady_now.hpp"
#include "troupe/runtime/detail/tls/keeper.hpp"
#include "troupe/runtime/detail/watchdog.hpp"

namespace troupe::runtime {

struct Runtime::Parts {
  Parts(const detail::ShardQueuesOptions& queue_options, Metrics& metric_registry, LogSink& sink,
        std::function<void(std::uint32_t)> wake)
      : metrics(metric_registry), log_sink(sink), queues(queue_options, metric_registry, std::move(wake)) {}

  Metrics& metrics;
  LogSink& log_sink;
  NameTable names;
  detail::ShardQueues queues;
  Duration long_handler_threshold{};
  std::optional<detail::Watchdog> watchdog;
  std::optional<detail::TlsKeeper> tls;
  std::vector<std::thread> threads;
  /// Shared by those who use the threads for a moment, held alone by who starts or stops them.
  std::shared_mutex lifecycle;
  bool running = false;
  bool stopped = false;
  std::atomic<bool> accepts_tasks{true};
};

Runtime::Runtime(RuntimeOptions options, Metrics& metrics, LogSink& log_sink) {
  if (options.shards == 0) options.shards = std::max(1U, std::thread::hardware_concurrency());
  options.shards = std::min(options.shards, ActorId::kShardsMax);
  parts_ =
      std::make_unique<Parts>(detail::ShardQueuesOptions{.shards = options.shards,
                                                         .shard_messages_max = options.shard_queue_messages_max,
                                                         .outside_messages_max = options.outside_queue_messages_max},
                              metrics, log_sink, [this](std::uint32_t shard) { loops_[shard]->wake(); });
  parts_->long_handler_threshold = options.long_handler_threshold;
  for (std::uint32_t index = 0; index < options.shards; ++index) {
    loops_.push_back(
        std::make_unique<detail::ShardLoop>(options, index, parts_->queues, parts_->names, metrics, log_sink));
  }
}

Runtime::~Runtime() {
  stop();
  for (const auto& loop : loops_) loop->shard().stop_all();  // Of a runtime that was never started.
  discard_queues();
}

Result<void> Runtime::start() {
  const std::unique_lock lock(parts_->lifecycle);
  TROUPE_ASSERT(!parts_->running && !parts_->stopped);
  try {
    for (std::uint32_t index = 0; index < shard_count(); ++index) {
      parts_->threads.emplace_back([loop = loops_[index].get()] { loop->run(); });
      pthread_setname_np(parts_->threads.back().native_handle(), fmt::format("shard-{}", index).c_str());
    }
    if (parts_->tls) parts_->tls->start();
    if (parts_->long_handler_threshold > Duration::zero()) {
      std::vector<const TurnProbe*> probes;
      for (const auto& loop : loops_) probes.push_back(&loop->shard().probe());
      parts_->watchdog.emplace(probes, parts_->long_handler_threshold, parts_->metrics, parts_->log_sink);
    }
  } catch (const std::system_error& error) {
    join();
    return fail(ErrorCode::kInputOutput, fmt::format("cannot start a thread: {}", error.what()));
  }
  parts_->running = true;
  return {};
}

void Runtime::stop() {
  for (const std::thread& thread : parts_->threads) TROUPE_ASSERT(thread.get_id() != std::this_thread::get_id());
  parts_->accepts_tasks = false;
  const std::unique_lock lock(parts_->lifecycle);
  join();
}

void Runtime::join() {
  for (std::size_t i = 0; i < parts_->threads.size(); ++i) loops_[i]->request_stop();
  for (std::thread& thread : parts_->threads) thread.join();
  parts_->threads.clear();
  parts_->watchdog.reset();
  if (parts_->tls) parts_->tls->stop();
  parts_->running = false;
  parts_->stopped = true;
}

/// An envelope may hold the right to answer somebody, which it uses as it goes; so this goes on until nothing comes any
/// more.
void Runtime::discard_queues() {
  for (bool any = true; any;) {
    any = false;
    for (std::uint32_t index = 0; index < shard_count(); ++index) {
      parts_->queues.flush(index);
      any |= parts_->queues.drain(index, [](EnvelopePtr) {});
    }
  }
}

Shard& Runtime::shard(std::uint32_t index) { return loops_[index]->shard(); }
ShardHost& Runtime::host(std::uint32_t index) { return *loops_[index]; }
cluster::Network& Runtime::network(std::uint32_t index) { return loops_[index]->network(); }

void Runtime::set_routing(std::uint32_t index, cluster::Routing* routing) { loops_[index]->set_routing(routing); }

void Runtime::add_round_end(std::uint32_t index, std::move_only_function<void()> callback) {
  loops_[index]->add_round_end(std::move(callback));
}

bool Runtime::post(std::uint32_t index, ShardTask task) {
  TROUPE_ASSERT(index < shard_count());
  if (!parts_->accepts_tasks) return false;
  EnvelopePtr envelope = Envelope::make(EnvelopeKind::kTask, std::move(task), local_payload_type<ShardTask>);
  return parts_->queues.inject(index, envelope, true);
}

void Runtime::run_and_wait(std::uint32_t index, std::move_only_function<void(Shard&)> function) {
  TROUPE_ASSERT(index < shard_count());
  const std::shared_lock lock(parts_->lifecycle);
  if (!parts_->running) {
    loops_[index]->shard().set_now(now());
    return function(loops_[index]->shard());
  }
  for (const std::thread& thread : parts_->threads) TROUPE_ASSERT(thread.get_id() != std::this_thread::get_id());
  std::promise<void> done;
  ShardTask task = [&](Shard& shard) {
    try {
      function(shard);
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  };
  loops_[index]->inject(Envelope::make(EnvelopeKind::kTask, std::move(task), local_payload_type<ShardTask>));
  done.get_future().get();
}

Result<std::uint16_t> Runtime::listen(const std::string& address,
                                      std::move_only_function<void(std::unique_ptr<cluster::Connection>)> on_accept) {
  return run_on(0, [&](Shard&) { return loops_[0]->network().listen(address, std::move(on_accept)); });
}

Result<void> Runtime::use_tls(TlsOptions options) {
  TROUPE_ASSERT(!parts_->running && !parts_->tls);
  parts_->tls.emplace(std::move(options), parts_->metrics, parts_->log_sink);
  if (auto loaded = parts_->tls->load(); !loaded) return loaded;
  for (const auto& loop : loops_) loop->network().use_tls(*parts_->tls);
  return {};
}

void Runtime::reload_tls() {
  if (parts_->tls) parts_->tls->reload();
}

TimePoint Runtime::now() { return detail::steady_now(); }

boost::asio::io_context& LoopAccess::io_context(Runtime& runtime, std::uint32_t shard) {
  return runtime.loops_[shard]->io();
}

}  // namespace troupe::runtime
