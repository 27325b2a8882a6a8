#include "bench/plain_queues.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/latencies.hpp"

namespace troupe::bench {

namespace {

using Work = std::function<void()>;

Duration since(SteadyTime began) { return Duration(nanoseconds_since(began)); }

class FunctionQueue {
 public:
  void push(Work work) { queue_.push_back(std::move(work)); }

  /// Runs until there is nothing left, or `time` has passed.
  Duration run(Duration time) {
    const SteadyTime began = std::chrono::steady_clock::now();
    while (!queue_.empty() && since(began) < time) {
      for (int i = 0; i < 64 && !queue_.empty(); ++i) {
        const Work work = std::move(queue_.front());
        queue_.pop_front();
        work();
      }
    }
    return since(began);
  }

 private:
  std::deque<Work> queue_;
};

class LockedQueue {
 public:
  void push(Work work) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(work));
    }
    filled_.notify_one();
  }
  Work pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return !queue_.empty(); });
    Work work = std::move(queue_.front());
    queue_.pop_front();
    return work;
  }
  /// Until a closure is empty.
  void run() {
    while (const Work work = pop()) work();
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Work> queue_;
};

struct Hitter {
  FunctionQueue* queue;
  Hitter* peer = nullptr;
  std::uint64_t count = 0;
  void hit(std::uint64_t number) {
    ++count;
    queue->push([to = peer, number] { to->hit(number + 1); });
  }
};

struct Sink {
  std::uint64_t count = 0;
  void take(std::uint64_t) { ++count; }
};

struct Sender {
  FunctionQueue* queue;
  Sink* sink;
  std::uint32_t batch;
  void send() {
    for (std::uint32_t i = 0; i < batch; ++i) queue->push([to = sink, i] { to->take(i); });
    queue->push([this] { send(); });
  }
};

class Object {
 public:
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;
  virtual void begin() { ++state_; }

 private:
  int state_ = 0;
};

}  // namespace

Tally function_queue_pairs(std::uint32_t pairs, Duration time) {
  FunctionQueue queue;
  std::vector<Hitter> hitters(std::size_t{2} * pairs, Hitter{&queue});
  for (std::size_t i = 0; i < hitters.size(); ++i) hitters[i].peer = &hitters[i ^ 1U];
  for (std::size_t i = 0; i < hitters.size(); i += 2) queue.push([to = &hitters[i]] { to->hit(0); });
  const Duration taken = queue.run(time);
  std::uint64_t count = 0;
  for (const Hitter& hitter : hitters) count += hitter.count;
  return {count, taken};
}

Tally function_queue_many_to_one(std::uint32_t senders, std::uint32_t batch, Duration time) {
  FunctionQueue queue;
  Sink sink;
  std::vector<Sender> all(senders, Sender{&queue, &sink, batch});
  for (Sender& sender : all) queue.push([&sender] { sender.send(); });
  const Duration taken = queue.run(time);
  return {sink.count, taken};
}

Tally locked_queue_pair(Duration time) {
  LockedQueue here;
  LockedQueue there;
  std::thread other([&] { there.run(); });
  const SteadyTime began = std::chrono::steady_clock::now();
  std::uint64_t count = 0;
  while (since(began) < time) {
    there.push([&] { here.push([&] { ++count; }); });
    here.pop()();
    ++count;
  }
  const Duration taken = since(began);
  there.push({});
  other.join();
  return {count, taken};
}

Tally locked_queue_stream(std::uint32_t batch, std::uint32_t batches, Duration time) {
  LockedQueue here;
  LockedQueue there;
  std::uint64_t count = 0;
  std::thread other([&] { there.run(); });
  const auto send_batch = [&] {
    for (std::uint32_t i = 0; i + 1 < batch; ++i) there.push([&count] { ++count; });
    there.push([&] {
      ++count;
      here.push([] {});
    });
  };
  const SteadyTime began = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < batches; ++i) send_batch();
  while (since(began) < time) {
    here.pop()();
    send_batch();
  }
  there.push({});
  other.join();
  return {count, since(began)};
}

Tally make_objects(std::uint32_t count) {
  std::vector<std::unique_ptr<Object>> objects;
  const SteadyTime began = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < count; ++i) objects.push_back(std::make_unique<Object>());
  for (const auto& object : objects) object->begin();
  return {count, since(began)};
}

}  // namespace troupe::bench
