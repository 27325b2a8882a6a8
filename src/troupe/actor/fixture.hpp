#pragma once

#include <deque>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "troupe/actor/actor.hpp"

namespace troupe {

/// For tests: a node of several shards without threads, whose time stands still until the test moves it. Messages go
/// only when the test says so.
///
///     ActorFixture world;
///     auto counter = world.shard().spawn<Counter>({}).value();
///     world.shard().tell(counter, Add{2});
///     EXPECT_EQ(world.ask(counter, Get{}), 2);
class ActorFixture final : public LogSink {
 public:
  explicit ActorFixture(std::uint32_t shards = 1, ShardOptions options = {}) {
    if (options.node == NodeId()) options.node = NodeId{hash64("fixture"), 1};
    options.shards = shards;
    for (std::uint32_t i = 0; i < shards; ++i) {
      options.index = i;
      hosts_.push_back(std::make_unique<Host>(*this, i));
      shards_.push_back(std::make_unique<Shard>(options, *hosts_[i], names_, metrics_, *this, Random(i + 1)));
    }
  }
  ~ActorFixture() override {
    for (auto& shard : shards_) shard->stop_all();
  }

  Shard& shard(std::uint32_t index = 0) { return *shards_[index]; }
  Metrics& metrics() { return metrics_; }
  TimePoint now() const { return now_; }

  /// One turn of one actor on this shard (and the timers that are due). True if more are ready.
  bool step(std::uint32_t index = 0) { return shards_[index]->run(now_, 1); }

  /// Runs all shards until nothing is ready. Time stands still.
  void run() {
    for (bool busy = true; busy;) {
      busy = false;
      for (auto& shard : shards_) busy |= shard->run(now_);
      take_injected();
      while (!crossing_.empty()) {
        auto [index, envelope] = std::move(crossing_.front());
        crossing_.pop_front();
        shards_[index]->deliver(std::move(envelope));
        busy = true;
      }
    }
  }

  /// Moves time on, firing each timer at its own time.
  void advance(Duration duration) {
    const TimePoint end = now_ + duration;
    run();
    for (;;) {
      TimePoint next = TimePoint::max();
      for (const auto& shard : shards_) next = std::min(next, shard->next_timer());
      if (next > end) break;
      now_ = std::max(now_, next);
      run();
    }
    now_ = end;
    run();
  }

  /// Asks from outside and runs until the answer is there.
  template <class A, class M>
  Result<typename M::Reply> ask(const Ref<A>& to, M message, Duration within = 5s) {
    std::optional<Result<typename M::Reply>> answer;
    shards_[0]->ask(to, std::move(message), within, [&](auto result) { answer = std::move(result); });
    run();
    if (!answer) advance(within);
    return std::move(*answer);
  }

  /// What was sent to other nodes, oldest first.
  std::deque<std::pair<NodeId, EnvelopePtr>>& remote() { return remote_; }
  const std::vector<std::string>& log_lines() const { return log_lines_; }
  /// The sum of a metric over its labels.
  double metric(const std::string& name) const {
    double sum = 0;
    for (const MetricSample& sample : metrics_.samples()) sum += sample.name == name ? sample.value : 0;
    return sum;
  }

 private:
  struct Host final : ShardHost {
    Host(ActorFixture& owner, std::uint32_t shard_index) : world(owner), index(shard_index) {}
    SendOutcome send_to_shard(std::uint32_t shard, EnvelopePtr envelope) override {
      world.crossing_.emplace_back(shard, std::move(envelope));
      return SendOutcome::kTaken;
    }
    SendOutcome send_to_node(const NodeId& node, EnvelopePtr envelope) override {
      world.remote_.emplace_back(node, std::move(envelope));
      return SendOutcome::kTaken;
    }
    void inject(EnvelopePtr envelope) override {
      const std::lock_guard lock(world.mutex_);
      world.injected_.emplace_back(index, std::move(envelope));
    }
    ActorFixture& world;
    std::uint32_t index;
  };

  void take_injected() {
    const std::lock_guard lock(mutex_);
    std::move(injected_.begin(), injected_.end(), std::back_inserter(crossing_));
    injected_.clear();
  }

  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel level, std::string_view component, std::string_view text) override {
    log_lines_.push_back(fmt::format("{} {}: {}", to_string(level), component, text));
  }

  NameTable names_;
  Metrics metrics_;
  TimePoint now_{};
  std::vector<std::string> log_lines_;
  std::deque<std::pair<std::uint32_t, EnvelopePtr>> crossing_;
  std::deque<std::pair<NodeId, EnvelopePtr>> remote_;
  std::mutex mutex_;  ///< Of injected_, which any thread may fill.
  std::deque<std::pair<std::uint32_t, EnvelopePtr>> injected_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace troupe
