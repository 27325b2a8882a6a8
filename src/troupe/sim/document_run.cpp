#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/document/documents_actor.hpp"
#include "troupe/sim/faults.hpp"
#include "troupe/sim/log_document.hpp"
#include "troupe/sim/runs.hpp"
#include "troupe/sim/sim_client.hpp"

namespace troupe::sim {

namespace {

/// A run, its clients and its checks.
class DocumentRun {
 public:
  DocumentRun(std::uint64_t seed, const DocumentRunOptions& options)
      : options_(options), world_(seed, world_options(seed, options)) {
    for (std::uint32_t d = 0; d < options.documents; ++d) topics_.push_back("log/" + std::to_string(d));
    for (std::uint32_t c = 0; c < options.clients; ++c) {
      clients_.push_back(std::make_unique<SimClient>(world_, "c" + std::to_string(c), topics_[c % topics_.size()]));
    }
  }

  RunOutcome run() {
    for (std::uint32_t i = 0; i < world_.node_count(); ++i) world_.start(i);
    load_with_faults();
    heal(world_);
    RunOutcome outcome;
    outcome.failure = finish();
    if (outcome.failure.empty()) outcome.failure = check();
    if (outcome.failure.empty()) outcome.failure = check_presence();
    if (outcome.failure.empty()) outcome.failure = check_signals();
    for (const std::string& topic : topics_) outcome.events_stored += stored(topic).size();
    outcome.trace_hash = world_.trace_hash();
    outcome.simulated_seconds = to_milliseconds(world_.events().now().time_since_epoch()) / 1000;
    return outcome;
  }

 private:
  static WorldOptions world_options(std::uint64_t seed, const DocumentRunOptions& options) {
    Random random(combine(seed, 1));
    const auto one_of = [&](std::initializer_list<std::size_t> values) {
      return std::data(values)[random.below(values.size())];
    };
    WorldOptions world{.nodes = options.nodes, .unknown_chance = options.unknown_chance};
    world.shards = static_cast<std::uint32_t>(one_of({1, 2, 3}));
    const auto lanes = static_cast<std::uint32_t>(one_of({1, 2, 3}));
    world.data_lanes = options.data_lanes != 0 ? options.data_lanes : lanes;
    world.overlay = choose_overlay(seed, options.overlay);
    world.shares_journal = options.journal.empty() ? random.chance(0.5) : options.journal == "shared";
    world.documents.types["log/"] = [] { return std::make_unique<LogDocument>(); };
    world.documents.recent_events_max = one_of({2, 10, 100, 4096});
    world.documents.replay_events_max = one_of({3, 10'000});
    world.documents.snapshot_bytes_min = one_of({30, 300, 1U << 20U});
    world.documents.batch_events_max = one_of({1, 3, 512});
    world.documents.idle_timeout = one_of({0, 1}) != 0 ? Duration(5min) : Duration(1s);
    world.trace = options.trace;
    return world;
  }

  void load_with_faults() {
    std::uint32_t sent = 0;
    std::uint32_t faults = 0;
    while (sent < options_.events || faults < options_.faults) {
      world_.run_for(Duration(world_.random().between(1'000'000, 300'000'000)));
      for (auto& client : clients_) client->act();
      if (sent < options_.events) {
        ++sent;
        for (auto& client : clients_) {
          client->send();
          client->signal();
        }
      }
      if (faults < options_.faults && world_.random().chance(0.3)) {
        ++faults;
        random_fault(world_);
      }
      if (world_.random().chance(0.02)) clients_[world_.random().below(clients_.size())]->disconnect();
      for (auto& client : clients_) client->act();
    }
  }

  /// Runs on until everybody has everything.
  std::string finish() {
    const auto done = [&] {
      for (auto& client : clients_) {
        client->act();
        if (!client->breach().empty()) return true;
        if (client->unacknowledged() > 0 || !client->joined() || client->seq() != stored(topic_of(*client)).size())
          return false;
      }
      return true;
    };
    if (world_.run_until(done, 120s)) return {};
    std::string state;
    for (const auto& client : clients_) {
      state += fmt::format(" [{} on {}: {} events without ack, at {} of {}, {}]", topic_of(*client), client->node(),
                           client->unacknowledged(), client->seq(), stored(topic_of(*client)).size(),
                           client->joined() ? "joined" : "not joined");
    }
    return "120 s after all faults ended, clients still lack something:" + state;
  }

  std::string check() {
    for (const auto& client : clients_) {
      if (!client->breach().empty()) return client->breach();
      const auto events = stored(topic_of(*client));
      std::map<std::string, std::uint64_t> seqs;
      for (const document::Event& event : events) {
        if (!seqs.try_emplace(event.key, event.seq).second) return "key " + event.key + " is stored twice";
      }
      for (const auto& [key, seq] : client->acknowledged()) {
        if (!seqs.contains(key)) return "acknowledged event " + key + " is lost";
        if (seqs[key] != seq) return fmt::format("{} was acknowledged at {} and is stored at {}", key, seq, seqs[key]);
      }
      for (const auto& [seq, seen] : client->seen()) {
        if (seq > events.size() || events[seq - 1].key != seen.key)
          return fmt::format("a client saw {} at {}, which is not what is stored", seen.key, seq);
      }
    }
    return check_digests();
  }

  std::string check_digests() {
    for (const std::string& topic : topics_) {
      // Shared with answers that may come after this function has given up.
      auto shared = std::make_shared<std::vector<std::optional<document::GetDigest::Reply>>>(world_.node_count());
      auto& digests = *shared;
      const auto ask = [&](std::uint32_t n) {
        SimNode& node = *world_.node(n);
        node.shard(0).ask(document::documents_for(node.id(), topic), document::GetDigest{topic}, 10s,
                          [shared, n](auto reply) {
                            if (reply) (*shared)[n] = *reply;
                          });
        node.wake(0);
      };
      // A node may still be repairing what it missed: it is asked until it has caught up.
      const auto equal = [&] {
        bool all = true;
        for (std::uint32_t n = 0; n < digests.size(); ++n) {
          if (digests[n] && digests[n]->position.seq == stored(topic).size()) continue;
          all = false;
          ask(n);
        }
        return all;
      };
      if (!world_.run_until(equal, 10s)) return "not every node came to the end of " + topic;
      for (const auto& digest : digests) {
        if (digest->hash != digests[0]->hash) return "two nodes have different digests of " + topic;
      }
    }
    return {};
  }

  /// The sessions of the others on this client's topic.
  std::set<std::string> others_of(const SimClient& client) const {
    std::set<std::string> others;
    for (const auto& each : clients_) {
      if (each.get() != &client && topic_of(*each) == topic_of(client)) others.insert(each->session_name());
    }
    return others;
  }

  std::string check_presence() {
    std::string wrong;
    const auto right = [&] {
      for (const auto& client : clients_) {
        if (client->there() == others_of(*client)) continue;
        wrong = fmt::format("{} sees [{}], but there are [{}]", client->session_name(), fmt::join(client->there(), " "),
                            fmt::join(others_of(*client), " "));
        return false;
      }
      return true;
    };
    return world_.run_until(right, 20s) ? std::string() : wrong;
  }

  std::string check_signals() {
    for (int attempt = 0; attempt < 2; ++attempt) {  // The first after the faults may still be lost.
      for (auto& client : clients_) client->signal();
      world_.run_for(3s);
    }
    for (const auto& client : clients_) {
      if (!client->breach().empty()) return client->breach();
      const std::set<std::string> heard = client->signalled();
      for (const std::string& other : others_of(*client)) {
        if (!heard.contains(other)) return client->session_name() + " gets no signals of " + other;
      }
    }
    return {};
  }

  const std::string& topic_of(const SimClient& client) const {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (clients_[i].get() == &client) return topics_[i % topics_.size()];
    }
    return topics_[0];
  }

  /// What is in the journal of the topic's owner.
  std::vector<document::Event> stored(const std::string& topic) {
    std::vector<document::Placement::Owner> owners;
    for (std::uint32_t i = 0; i < world_.node_count(); ++i) owners.push_back({.name = sim_address(i)});
    const document::Placement placement(owners, document::DocumentOptions().partitions, false, "");
    const auto owner = static_cast<std::uint32_t>(placement.owner_of(topic) - placement.owners().data());
    const auto events = world_.disk(owner).events(topic);
    return {events.begin(), events.end()};
  }

  DocumentRunOptions options_;
  World world_;
  std::vector<std::string> topics_;
  std::vector<std::unique_ptr<SimClient>> clients_;
};

}  // namespace

RunOutcome run_documents(std::uint64_t seed, const DocumentRunOptions& options) {
  return DocumentRun(seed, options).run();
}

}  // namespace troupe::sim
