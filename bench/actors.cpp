#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "bench/actors_cast.hpp"
#include "bench/actors_work.hpp"
#include "bench/bench.hpp"
#include "bench/peers/child_process.hpp"
#include "bench/peers/system.hpp"
#include "bench/plain_queues.hpp"
#include "bench/report/report.hpp"
#include "troupe/node/node.hpp"

namespace troupe::bench {

namespace {

using Case = nlohmann::ordered_json;

constexpr std::uint32_t kStreamBatches = 16;

/// Resident memory of this process.
double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

class ActorsBench {
 public:
  explicit ActorsBench(const ActorsOptions& options) : options_(options), time_(to_duration(options.seconds)) {
    for (const std::string& peer : options.peers) peers_.emplace_back(peer, make_system(peer));
  }

  int run() {
    idle();  // First, while the allocator has no memory left over from other cases.
    spawn();
    on_one_shard({{"what", "pair"}, {"shards", 1}, {"pairs", 1}}, {.what = "pairs"}, HitInPairs{1, time_},
                 [&] { return function_queue_pairs(1, time_); });
    on_one_shard({{"what", "pairs"}, {"shards", 1}, {"pairs", options_.pairs}},
                 {.what = "pairs", .count = options_.pairs}, HitInPairs{options_.pairs, time_},
                 [&] { return function_queue_pairs(options_.pairs, time_); });
    on_one_shard({{"what", "many_to_one"}, {"shards", 1}, {"senders", options_.senders}},
                 {.what = "many_to_one", .count = options_.senders}, SendToOne{options_.senders, time_},
                 [&] { return function_queue_many_to_one(options_.senders, Sender::kBatch, time_); });
    pair_across();
    stream_across();
    return std::max(report_.finish(options_.output), failed_ ? 1 : 0);
  }

 private:
  NodeOptions node_options(std::uint32_t shards) const {
    return {.name = "bench",
            .shards = shards,
            .busy_poll = std::chrono::microseconds(options_.busy_poll_us),
            .log_level = LogLevel::kWarning};
  }

  template <class A, class M>
  typename M::Reply ask(Node& node, const Ref<A>& actor, M question) {
    auto answer = node.ask(actor, std::move(question), time_ + 60s);
    if (!answer) throw std::runtime_error(answer.error().to_string());
    return *answer;
  }

  void idle() {
    progress("actors: idle");
    Node node(node_options(1));
    node.start().value();
    const auto manager = node.spawn<Manager>().value();
    ask(node, manager, SpawnIdle{1});
    const double before = resident_bytes();
    ask(node, manager, SpawnIdle{options_.actors});
    const double bytes = (resident_bytes() - before) / options_.actors;
    const Case of{{"what", "idle"}, {"shards", 1}, {"actors", options_.actors}};
    report_.add({of, "troupe", "bytes_per_actor", bytes, "B"});
    for_each_peer({.what = "idle", .count = options_.actors}, [&](const std::string& peer, const nlohmann::json& done) {
      report_.add({of, peer, "bytes_per_actor", done.at("bytes").get<double>() / options_.actors, "B"});
    });
  }

  void spawn() {
    progress("actors: spawn");
    const Case of{{"what", "spawn"}, {"shards", 1}, {"actors", options_.actors}};
    Node node(node_options(1));
    node.start().value();
    const Tally spawned = ask(node, node.spawn<Manager>().value(), SpawnIdle{options_.actors});
    report_.add({of, "troupe", "actors_per_second", spawned.per_second(), "1/s"});
    report_.add({of, "make_unique", "actors_per_second", make_objects(options_.actors).per_second(), "1/s"});
    for_each_peer({.what = "spawn", .count = options_.actors},
                  [&](const std::string& peer, const nlohmann::json& done) {
                    report_.add({of, peer, "actors_per_second", rate_of(done), "1/s"});
                  });
  }

  void add_messages(const Case& of, const std::string& system, const Tally& tally) {
    report_.add({of, system, "messages_per_second", tally.per_second(), "1/s"});
  }

  static double rate_of(const nlohmann::json& done) {
    return done.at("count").get<double>() / done.at("seconds").get<double>();
  }

  /// Lets each peer do the work, in a process of its own, one after the other.
  void for_each_peer(ActorsWork work, const std::function<void(const std::string&, const nlohmann::json&)>& take) {
    work.seconds = options_.seconds;
    work.batch = Sender::kBatch;
    for (const auto& [name, system] : peers_) {
      try {
        Command command = system->command("actors", {.threads = work.threads, .busy_poll_us = options_.busy_poll_us});
        std::ranges::copy(words_of(work), std::back_inserter(command));
        take(name, nlohmann::json::parse(ChildProcess(command).read_line(time_ + 60s)));
      } catch (const std::exception& error) {
        std::cerr << "bench actors: " << name << ": " << error.what() << '\n';
        failed_ = true;
      }
    }
  }
  void add_peers(const Case& of, const ActorsWork& work) {
    for_each_peer(work, [&](const std::string& peer, const nlohmann::json& done) {
      report_.add({of, peer, "messages_per_second", rate_of(done), "1/s"});
    });
  }

  template <class M>
  void on_one_shard(const Case& of, const ActorsWork& work, M question, const std::function<Tally()>& reference) {
    progress("actors: " + of.dump());
    {
      Node node(node_options(1));
      node.start().value();
      add_messages(of, "troupe", ask(node, node.spawn<Manager>().value(), std::move(question)));
    }
    add_messages(of, "function_queue", reference());
    add_peers(of, work);
  }

  /// Two actors on two shards; `spawn` takes the shards in turn.
  template <class First, class Second>
  static std::pair<Ref<First>, Ref<Second>> spawn_apart(Node& node) {
    const auto first = node.spawn<First>().value();
    Ref<Second> second;
    if constexpr (std::is_constructible_v<Second, Ref<First>>) {
      second = node.spawn<Second>(SpawnOptions{}, first).value();
    } else {
      second = node.spawn<Second>().value();
    }
    if (first.address().actor.shard() == second.address().actor.shard())
      throw std::logic_error("both actors are on one shard");
    return {first, second};
  }

  void pair_across() {
    progress("actors: pair across shards");
    const Case of{{"what", "pair"}, {"shards", 2}, {"pairs", 1}, {"busy_poll_us", options_.busy_poll_us}};
    Node node(node_options(2));
    node.start().value();
    const auto [first, second] = spawn_apart<Hitter, Hitter>(node);
    add_messages(of, "troupe", ask(node, first, BeginHitting{second, time_}));
    add_messages(of, "locked_queue", locked_queue_pair(time_));
    add_peers(of, {.what = "pairs", .threads = 2});
  }

  void stream_across() {
    progress("actors: stream across shards");
    const Case of{{"what", "stream"}, {"shards", 2}, {"senders", 1}, {"busy_poll_us", options_.busy_poll_us}};
    Node node(node_options(2));
    node.start().value();
    const auto [sender, sink] = spawn_apart<Sender, Sink>(node);
    add_messages(of, "troupe", ask(node, sender, BeginSending{sink, time_, kStreamBatches}));
    add_messages(of, "locked_queue", locked_queue_stream(Sender::kBatch, kStreamBatches, time_));
    add_peers(of, {.what = "stream", .threads = 2, .batches = kStreamBatches});
  }

  const ActorsOptions& options_;
  Duration time_;
  std::vector<std::pair<std::string, std::unique_ptr<System>>> peers_;
  bool failed_ = false;
  Report report_{"actors"};
};

}  // namespace

int run_actors(const ActorsOptions& options) { return ActorsBench(options).run(); }

}  // namespace troupe::bench
