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
// What is under way at once fits the queue from one shard to another (RuntimeOptions::shard_queue_messages_max).
constexpr std::uint32_t kPairsAcrossMax = 2000;
constexpr std::uint32_t kSendersAcrossMax = 4000 / Sender::kBatch;

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
    for (const std::uint32_t shards : {1U, 2U}) {
      hit_in_pairs("pair", shards, 1);
      hit_in_pairs("pairs", shards, shards == 1 ? options_.pairs : std::min(options_.pairs, kPairsAcrossMax));
      many_to_one(shards, shards == 1 ? options_.senders : std::min(options_.senders, kSendersAcrossMax));
    }
    stream();
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
    const Case of{
        {"what", "idle"}, {"shards", 1}, {"actors", options_.actors}, {"busy_poll_us", options_.busy_poll_us}};
    report_.add({of, "troupe", "bytes_per_actor", bytes, "B"});
    for_each_peer({.what = "idle", .count = options_.actors}, [&](const std::string& peer, const nlohmann::json& done) {
      report_.add({of, peer, "bytes_per_actor", done.at("bytes").get<double>() / options_.actors, "B"});
    });
  }

  void spawn() {
    progress("actors: spawn");
    const Case of{
        {"what", "spawn"}, {"shards", 1}, {"actors", options_.actors}, {"busy_poll_us", options_.busy_poll_us}};
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

  /// Asks a manager on the first shard, whose other is on the last.
  template <class M>
  void add_troupe(const Case& of, std::uint32_t shards, M question) {
    progress("actors: " + of.dump());
    Node node(node_options(shards));
    node.start().value();
    const auto manager = node.spawn<Manager>().value();
    question.other = shards == 1 ? manager : node.spawn<Manager>().value();
    if (shards > 1 && manager.address().actor.shard() == question.other.address().actor.shard())
      throw std::logic_error("both managers are on one shard");
    add_messages(of, "troupe", ask(node, manager, std::move(question)));
  }

  Case message_case(const char* what, std::uint32_t shards, const char* counted, std::uint32_t count) const {
    return {{"what", what}, {"shards", shards}, {counted, count}, {"busy_poll_us", options_.busy_poll_us}};
  }

  void hit_in_pairs(const char* what, std::uint32_t shards, std::uint32_t pairs) {
    const Case of = message_case(what, shards, "pairs", pairs);
    add_troupe(of, shards, HitInPairs{.pairs = pairs, .time = time_});
    if (shards == 1) add_messages(of, "function_queue", function_queue_pairs(pairs, time_));
    if (shards == 2 && pairs == 1) add_messages(of, "locked_queue", locked_queue_pair(time_));
    add_peers(of, {.what = "pairs", .threads = shards, .count = pairs});
  }

  void many_to_one(std::uint32_t shards, std::uint32_t senders) {
    const Case of = message_case("many_to_one", shards, "senders", senders);
    add_troupe(of, shards, SendToOne{.senders = senders, .time = time_});
    if (shards == 1) {
      add_messages(of, "function_queue", function_queue_many_to_one(senders, Sender::kBatch, time_));
    }
    add_peers(of, {.what = "many_to_one", .threads = shards, .count = senders});
  }

  void stream() {
    const Case of = message_case("stream", 2, "senders", 1);
    add_troupe(of, 2, SendToOne{.senders = 1, .batches = kStreamBatches, .time = time_});
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
