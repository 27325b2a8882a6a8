#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/latencies.hpp"
#include "bench/tally.hpp"
#include "troupe/actor/actor.hpp"

/// The actors of `bench actors`. Each run begins with a question to one of them, whose answer is the Tally.
namespace troupe::bench {

/// A message is part of a measurement, so one that was refused spoils it.
inline void require_taken(SendOutcome outcome) {
  if (outcome != SendOutcome::kTaken)
    throw std::runtime_error("a queue was full, which this measurement is made to avoid");
}

class Hitter;

struct Hit {
  static constexpr auto wire_name = "bench.hit";
  std::uint64_t number = 0;
};
struct BeginHitting {
  static constexpr auto wire_name = "bench.begin_hitting";
  using Reply = Tally;
  Ref<Hitter> peer;
  Duration time{};
};

/// Two of them send one message to and fro.
class Hitter final : public Actor<Hitter> {
 public:
  using Messages = troupe::Messages<Hit, BeginHitting>;
  Hitter() = default;
  explicit Hitter(Ref<Hitter> peer) : peer_(peer) {}

  void on(const BeginHitting& begin, ReplyTo<Tally> done) {
    peer_ = begin.peer;
    began_ = std::chrono::steady_clock::now();
    end_ = context().now() + begin.time;
    done_ = std::move(done);
    require_taken(context().tell(peer_, Hit{1}));
  }
  void on(const Hit& hit) {
    // The one that began looks at the clock. Each of the two has handled half of the messages.
    if (end_ != TimePoint{} && context().now() >= end_)
      return done_(Tally{hit.number, Duration(nanoseconds_since(began_))});
    require_taken(context().tell(peer_, Hit{hit.number + 1}));
  }

 private:
  Ref<Hitter> peer_;
  SteadyTime began_;
  TimePoint end_;
  ReplyTo<Tally> done_;
};

struct Item {
  static constexpr auto wire_name = "bench.item";
  std::uint64_t number = 0;
};
struct More {
  static constexpr auto wire_name = "bench.more";
};
struct WantsMore {
  using Messages = troupe::Messages<More>;
};
/// The last of a batch; answered by More, so that a sender never runs ahead of the mailbox.
struct BatchEnd {
  static constexpr auto wire_name = "bench.batch_end";
  Ref<WantsMore> from;
};

class Sink final : public Actor<Sink> {
 public:
  using Messages = troupe::Messages<Item, BatchEnd>;
  void on(const Item& item) { sum_ += item.number; }
  void on(const BatchEnd& batch) { require_taken(context().tell(batch.from, More{})); }

 private:
  std::uint64_t sum_ = 0;
};

struct BeginSending {
  static constexpr auto wire_name = "bench.begin_sending";
  using Reply = Tally;
  Ref<Sink> sink;
  Duration time{};
  std::uint32_t batches = 1;  ///< Under way.
};

class Sender final : public Actor<Sender> {
 public:
  static constexpr std::uint32_t kBatch = 64;
  using Messages = troupe::Messages<BeginSending, More>;

  void on(const BeginSending& begin, ReplyTo<Tally> done) {
    sink_ = begin.sink;
    began_ = std::chrono::steady_clock::now();
    end_ = context().now() + begin.time;
    done_ = std::move(done);
    for (std::uint32_t i = 0; i < begin.batches; ++i) send_batch();
  }
  void on(const More&) {
    --under_way_;
    count_ += kBatch;
    if (context().now() < end_) return send_batch();
    if (under_way_ == 0) done_(Tally{count_, Duration(nanoseconds_since(began_))});
  }

 private:
  void send_batch() {
    ++under_way_;
    for (std::uint32_t i = 0; i + 1 < kBatch; ++i) require_taken(context().tell(sink_, Item{i}));
    require_taken(context().tell(sink_, BatchEnd{self()}));
  }

  Ref<Sink> sink_;
  SteadyTime began_;
  TimePoint end_;
  std::uint32_t under_way_ = 0;
  std::uint64_t count_ = 0;
  ReplyTo<Tally> done_;
};

struct Nothing {
  static constexpr auto wire_name = "bench.nothing";
};

/// An actor with one int.
class Idle final : public Actor<Idle> {
 public:
  using Messages = troupe::Messages<Nothing>;
  void on(const Nothing&) { ++state_; }

 private:
  int state_ = 0;
};

struct SpawnIdle {
  static constexpr auto wire_name = "bench.spawn_idle";
  using Reply = Tally;
  std::uint32_t count = 0;
};
struct SpawnOn {
  static constexpr auto wire_name = "bench.spawn_on";
};
class Manager;

/// Spawns here the second of each pair.
struct SpawnSeconds {
  static constexpr auto wire_name = "bench.spawn_seconds";
  using Reply = std::vector<Ref<Hitter>>;
  std::vector<Ref<Hitter>> firsts;
};
struct HitInPairs {
  static constexpr auto wire_name = "bench.hit_in_pairs";
  using Reply = Tally;
  std::uint32_t pairs = 1;
  Duration time{};
  Ref<Manager> other;  ///< Who spawns the second of each pair.
};
struct SpawnSink {
  static constexpr auto wire_name = "bench.spawn_sink";
  using Reply = Ref<Sink>;
};
struct SendToOne {
  static constexpr auto wire_name = "bench.send_to_one";
  using Reply = Tally;
  std::uint32_t senders = 1;
  std::uint32_t batches = 1;  ///< That each has under way.
  Duration time{};
  Ref<Manager> other;  ///< Who spawns the sink.
};

/// Makes many actors on its own shard and sums up what they did.
class Manager final : public Actor<Manager> {
 public:
  using Messages = troupe::Messages<SpawnIdle, SpawnOn, SpawnSeconds, HitInPairs, SpawnSink, SendToOne>;

  void on(const SpawnIdle& request, ReplyTo<Tally> done) {
    start(std::move(done));
    left_ = request.count;
    count_ = request.count;
    on(SpawnOn{});
  }
  void on(const SpawnOn&) {
    // The message to itself comes after the first turns of those that were spawned before it.
    if (left_ == 0) return done_(Tally{count_, Duration(nanoseconds_since(began_))});
    for (std::uint32_t i = 0; i < 1000 && left_ > 0; ++i, --left_) context().spawn<Idle>();
    require_taken(context().tell(self(), SpawnOn{}));
  }

  std::vector<Ref<Hitter>> on(const SpawnSeconds& request) {
    std::vector<Ref<Hitter>> seconds;
    for (const Ref<Hitter>& first : request.firsts) seconds.push_back(context().spawn<Hitter>(first));
    return seconds;
  }
  void on(const HitInPairs& request, ReplyTo<Tally> done) {
    SpawnSeconds order;
    for (std::uint32_t i = 0; i < request.pairs; ++i) order.firsts.push_back(context().spawn<Hitter>());
    left_ = request.pairs;
    context().ask(request.other, order, 60s,
                  [this, firsts = order.firsts, time = request.time,
                   done = std::move(done)](Result<std::vector<Ref<Hitter>>> seconds) mutable {
                    if (!seconds) return done(seconds.error());
                    start(std::move(done));
                    for (std::size_t i = 0; i < firsts.size(); ++i)
                      context().ask(firsts[i], BeginHitting{(*seconds)[i], time}, 60s,
                                    [this](Result<Tally> part) { take(std::move(part)); });
                  });
  }

  Ref<Sink> on(const SpawnSink&) { return context().spawn<Sink>(); }
  void on(const SendToOne& request, ReplyTo<Tally> done) {
    left_ = request.senders;
    context().ask(request.other, SpawnSink{}, 60s,
                  [this, request, done = std::move(done)](Result<Ref<Sink>> sink) mutable {
                    if (!sink) return done(sink.error());
                    start(std::move(done));
                    for (std::uint32_t i = 0; i < request.senders; ++i)
                      context().ask(context().spawn<Sender>(), BeginSending{*sink, request.time, request.batches}, 60s,
                                    [this](Result<Tally> part) { take(std::move(part)); });
                  });
  }

 private:
  void start(ReplyTo<Tally> done) {
    done_ = std::move(done);
    began_ = std::chrono::steady_clock::now();
    count_ = 0;
  }
  void take(Result<Tally> part) {
    if (!part) return done_(part.error());
    count_ += part->count;
    if (--left_ == 0) done_(Tally{count_, Duration(nanoseconds_since(began_))});
  }

  ReplyTo<Tally> done_;
  SteadyTime began_;
  std::uint64_t count_ = 0;
  std::uint32_t left_ = 0;
};

}  // namespace troupe::bench
