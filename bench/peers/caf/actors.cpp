#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "bench/peers/caf/roles.hpp"

namespace troupe::bench {

namespace {

using HitAtom = caf::atom_constant<caf::atom("hit")>;
using ItemAtom = caf::atom_constant<caf::atom("item")>;
using BatchEndAtom = caf::atom_constant<caf::atom("batch_end")>;
using MoreAtom = caf::atom_constant<caf::atom("more")>;
using BeginAtom = caf::atom_constant<caf::atom("begin")>;
using DoneAtom = caf::atom_constant<caf::atom("done")>;

constexpr std::uint64_t kLookEach = 128;  ///< Messages between two looks at the clock.

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// An actor with one int, which it has counted up in its first turn.
class Idle final : public caf::event_based_actor {
 public:
  Idle(caf::actor_config& config, std::atomic<std::uint32_t>* turns) : event_based_actor(config), turns_(turns) {}
  caf::behavior make_behavior() override {
    ++state_;
    turns_->fetch_add(1, std::memory_order_relaxed);
    return {[this](BeginAtom) { ++state_; }};
  }

 private:
  std::atomic<std::uint32_t>* const turns_;
  int state_ = 0;
};

/// Two of them send one message to and fro. The one that began looks at the clock; each handles half.
class Hitter final : public caf::event_based_actor {
 public:
  Hitter(caf::actor_config& config, caf::actor peer, Duration time)
      : event_based_actor(config), peer_(std::move(peer)), time_(time) {}

  caf::behavior make_behavior() override {
    return {[this](BeginAtom) {
              boss_ = caf::actor_cast<caf::actor>(current_sender());
              began_ = std::chrono::steady_clock::now();
              send(peer_, HitAtom::value, std::uint64_t{1});
            },
            [this](HitAtom, std::uint64_t number) {
              if (!peer_) return send(caf::actor_cast<caf::actor>(current_sender()), HitAtom::value, number + 1);
              if (number % kLookEach == 0 && nanoseconds_since(began_) >= time_.count())
                return send(boss_, DoneAtom::value, number);
              send(peer_, HitAtom::value, number + 1);
            }};
  }

 private:
  const caf::actor peer_;  ///< None: answers whoever hits.
  const Duration time_;
  caf::actor boss_;
  SteadyTime began_;
};

class Sink final : public caf::event_based_actor {
 public:
  using event_based_actor::event_based_actor;
  caf::behavior make_behavior() override {
    return {[this](ItemAtom, std::uint64_t number) { sum_ += number; },
            [this](BatchEndAtom) { send(caf::actor_cast<caf::actor>(current_sender()), MoreAtom::value); }};
  }

 private:
  std::uint64_t sum_ = 0;
};

class Sender final : public caf::event_based_actor {
 public:
  Sender(caf::actor_config& config, caf::actor sink, const ActorsWork& work)
      : event_based_actor(config), sink_(std::move(sink)), work_(work) {}

  caf::behavior make_behavior() override {
    return {[this](BeginAtom) {
              boss_ = caf::actor_cast<caf::actor>(current_sender());
              began_ = std::chrono::steady_clock::now();
              for (std::uint32_t i = 0; i < work_.batches; ++i) send_batch();
            },
            [this](MoreAtom) {
              --under_way_;
              count_ += work_.batch;
              if (nanoseconds_since(began_) < to_duration(work_.seconds).count()) return send_batch();
              if (under_way_ == 0) send(boss_, DoneAtom::value, count_);
            }};
  }

 private:
  void send_batch() {
    ++under_way_;
    for (std::uint64_t i = 1; i < work_.batch; ++i) send(sink_, ItemAtom::value, i);
    send(sink_, BatchEndAtom::value);
  }

  const caf::actor sink_;
  const ActorsWork work_;
  caf::actor boss_;
  SteadyTime began_;
  std::uint32_t under_way_ = 0;
  std::uint64_t count_ = 0;
};

struct Outcome {
  std::uint64_t count = 0;
  Duration time{};
  double bytes = 0;
};

/// Spawned by an actor, so that one thread does all the work; the references keep them.
Outcome spawn_idle(caf::actor_system& system, std::uint32_t count) {
  std::vector<caf::actor> actors(count);
  std::atomic<std::uint32_t> turns = 0;
  const double before = resident_bytes();
  const SteadyTime began = std::chrono::steady_clock::now();
  system.spawn([&](caf::event_based_actor* self) {
    for (caf::actor& actor : actors) actor = self->spawn<Idle>(&turns);
  });
  while (turns.load(std::memory_order_relaxed) < count) std::this_thread::sleep_for(std::chrono::microseconds(100));
  return {count, Duration(nanoseconds_since(began)), resident_bytes() - before};
}

/// Lets them begin and adds up what they report.
Outcome conduct(caf::actor_system& system, const std::vector<caf::actor>& actors) {
  caf::scoped_actor self(system);
  Outcome outcome;
  std::size_t left = actors.size();
  const SteadyTime began = std::chrono::steady_clock::now();
  for (const caf::actor& actor : actors) self->send(actor, BeginAtom::value);
  self->receive_while([&] { return left > 0; })([&](DoneAtom, std::uint64_t count) {
    outcome.count += count;
    --left;
  });
  outcome.time = Duration(nanoseconds_since(began));
  return outcome;
}

/// `Apart`: on a thread of its own.
template <class A, class... Arguments>
caf::actor spawn(caf::actor_system& system, bool apart, Arguments&&... arguments) {
  return apart ? system.spawn<A, caf::detached>(arguments...) : system.spawn<A>(arguments...);
}

Outcome measure(caf::actor_system& system, const ActorsWork& work) {
  if (work.what == "idle" || work.what == "spawn") return spawn_idle(system, work.count);
  const bool apart = work.threads == 2 && work.count == 1;
  std::vector<caf::actor> actors;
  const caf::actor sink = spawn<Sink>(system, apart);
  for (std::uint32_t i = 0; i < work.count; ++i) {
    if (work.what == "pairs") {
      const caf::actor second = spawn<Hitter>(system, apart, caf::actor{}, Duration{});
      actors.push_back(spawn<Hitter>(system, apart, second, to_duration(work.seconds)));
    } else {
      actors.push_back(spawn<Sender>(system, apart, sink, work));
    }
  }
  return conduct(system, actors);
}

}  // namespace

int run_caf_actors(const ActorsWork& work) {
  caf::actor_system_config config;
  tune_scheduler(config, work.threads);
  caf::actor_system system(config);
  const Outcome outcome = measure(system, work);
  std::cout << R"({"count":)" << outcome.count << R"(,"seconds":)" << static_cast<double>(outcome.time.count()) / 1e9
            << R"(,"bytes":)" << outcome.bytes << '}' << std::endl;
  std::quick_exit(0);
}

}  // namespace troupe::bench
