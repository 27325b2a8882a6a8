#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/sim/faults.hpp"
#include "troupe/sim/runs.hpp"

namespace troupe::sim {

namespace {

/// A numbered message from one life of one sender.
struct Numbered {
  static constexpr auto wire_name = "sim.numbered";
  std::uint64_t sender_life = 0;
  std::uint64_t number = 0;
  Bytes filling;  ///< Mostly empty, now and then larger than a chunk; each byte is the number's lowest.
};

Bytes filling_for(Random& random, std::uint64_t number) {
  if (!random.chance(0.1)) return {};
  return Bytes::copy_of(std::string(random.below(random.chance(0.2) ? 300'000 : 2'000), static_cast<char>(number)));
}

struct Receiver {
  using Messages = troupe::Messages<Numbered>;
};

/// What the actors of a run report; outlives the nodes.
struct Findings {
  std::string failure;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> received;  ///< By (from, to): messages.
  std::uint64_t downs = 0;

  /// What a life of a sender knows of its messages to a node.
  struct Sent {
    std::set<std::uint64_t> refused;    ///< `tell` said so.
    std::uint64_t told_lost_up_to = 0;  ///< Some of the messages up to this number may be lost.
    std::uint64_t lost_up_to = 0;       ///< This one did not come, and was not refused.
  };
  std::map<std::pair<Address, std::uint32_t>, Sent> sent;
  std::uint64_t lost = 0;  ///< Messages that did not come, while later ones did.
};

/// The actor, whatever its node became in one life of its process: those begin a thousand apart (World).
Address in_its_process(Address actor) {
  actor.node.incarnation -= actor.node.incarnation % 1'000;
  return actor;
}

/// The messages between two that came did not come. Either the sender was told or will be, which may come later where
/// they passed through other nodes, or this is a failure.
void note_gap(Findings& findings, const Address& from, std::uint32_t to, std::uint64_t last, std::uint64_t next) {
  Findings::Sent& sent = findings.sent[{in_its_process(from), to}];
  for (std::uint64_t number = last + 1; number < next; ++number) {
    if (sent.refused.contains(number)) continue;
    ++findings.lost;
    sent.lost_up_to = std::max(sent.lost_up_to, number);
  }
}

/// Whose losses nobody told, of those senders that still live.
std::string untold_loss(const Findings& findings, const std::function<bool(const Address&)>& lives) {
  for (const auto& [pair, sent] : findings.sent) {
    if (sent.lost_up_to > sent.told_lost_up_to && lives(pair.first)) {
      std::uint32_t from = 0;
      while (!pair.first.node.same_node(NodeId::named(sim_node_name(from)))) ++from;
      return fmt::format("n{} never got message {} of an actor of shard {} of n{}, which was told only up to {}",
                         pair.second, sent.lost_up_to, pair.first.actor.shard(), from, sent.told_lost_up_to);
    }
  }
  return {};
}

constexpr std::uint32_t kActorsPerNode = 3;

std::string actor_name(std::uint32_t index) { return "peer" + std::to_string(index); }

/// Sends numbered messages to all others and checks what it gets.
class Peer final : public Actor<Peer> {
 public:
  using Messages = troupe::Messages<Numbered>;

  Peer(std::uint32_t nodes, std::uint32_t node, std::uint32_t index, Findings& findings)
      : nodes_(nodes), node_(node), index_(index), findings_(findings) {}

  void on_start() override {
    context().every(20ms, [this] { send(); });
  }

  void on(const Numbered& message) {
    const Address from = context().sender();
    std::uint64_t& last = last_[from];
    if (message.number <= last) {
      findings_.failure = fmt::format("n{} {} got message {} after {} from one sender", node_, actor_name(index_),
                                      message.number, last);
    }
    if (last != 0) note_gap(findings_, from, node_, last, message.number);
    last = message.number;
    if (!std::ranges::all_of(message.filling.view(), [&](char each) { return each == static_cast<char>(last); })) {
      findings_.failure =
          fmt::format("n{} {} got message {} with another one's content", node_, actor_name(index_), last);
    }
    for (std::uint32_t n = 0; n < nodes_; ++n) {
      if (from.node.same_node(NodeId::named("n" + std::to_string(n)))) ++findings_.received[{n, node_}];
    }
  }

 private:
  void send() {
    ++number_;
    for (std::uint32_t n = 0; n < nodes_; ++n) {
      if (n == node_) continue;
      const auto to = Ref<Receiver>::named("n" + std::to_string(n), actor_name((index_ + n) % kActorsPerNode));
      Findings::Sent& sent = findings_.sent[{in_its_process(context().self()), n}];
      const SendOutcome outcome = context().tell(
          to, Numbered{context().self().node.incarnation, number_, filling_for(context().random(), number_)});
      if (outcome != SendOutcome::kTaken) sent.refused.insert(number_);
      context().watch_loss(to, [this, &sent](const Loss&) { sent.told_lost_up_to = number_; });
      if (watching_.insert(n).second) {
        context().monitor(to.address(), [this, n](const Down&) {
          ++findings_.downs;
          watching_.erase(n);
        });
      }
    }
  }

  std::uint32_t nodes_;
  std::uint32_t node_;
  std::uint32_t index_;
  Findings& findings_;
  std::uint64_t number_ = 0;
  std::map<Address, std::uint64_t> last_;
  std::set<std::uint32_t> watching_;
};

void spawn_peers(World& world, std::uint32_t node, Findings& findings) {
  SimNode& life = *world.node(node);
  for (std::uint32_t i = 0; i < kActorsPerNode; ++i) {
    const std::uint32_t shard = i % life.shard_count();
    (void)life.shard(shard).spawn<Peer>({.name = actor_name(i)}, world.node_count(), node, i, findings);
    life.wake(shard);
  }
}

}  // namespace

RunOutcome run_cluster(std::uint64_t seed, const ClusterRunOptions& options) {
  Findings findings;  // Outlives the world, whose actors write to it.
  Random choice(seed);
  const auto lanes = static_cast<std::uint32_t>(options.data_lanes != 0 ? options.data_lanes : 1 + choice.below(8));
  const auto shards = static_cast<std::uint32_t>(1 + choice.below(3));
  World world(seed, {.nodes = options.nodes,
                     .shards = shards,
                     .data_lanes = lanes,
                     .overlay = choose_overlay(seed, options.overlay),
                     .trace = options.trace});
  std::vector<std::uint64_t> lives(options.nodes, 0);
  const auto spawn_in_new_lives = [&] {
    for (std::uint32_t n = 0; n < options.nodes; ++n) {
      if (world.node(n) == nullptr || lives[n] == world.node(n)->id().incarnation) continue;
      lives[n] = world.node(n)->id().incarnation;
      spawn_peers(world, n, findings);
    }
  };
  heal(world);
  spawn_in_new_lives();
  for (std::uint32_t fault = 0; fault < options.faults && findings.failure.empty(); ++fault) {
    world.run_for(Duration(world.random().between(10'000'000, 3'000'000'000)));
    random_fault(world);
    spawn_in_new_lives();
  }
  heal(world);
  spawn_in_new_lives();
  RunOutcome outcome;
  if (!world.run_until([&] { return world.converged(); }, 60s)) {
    outcome.failure = "60 s after all faults ended, the nodes do not all see each other";
  }
  const auto is_alive = [&](const Address& sender) {
    for (std::uint32_t n = 0; n < options.nodes; ++n) {
      SimNode* node = world.node(n);
      if (node != nullptr && node->id() == sender.node) return true;
    }
    return false;
  };
  if (!world.run_until([&] { return untold_loss(findings, is_alive).empty(); }, 10s))
    outcome.failure = untold_loss(findings, is_alive);
  findings.received.clear();
  const auto all_heard = [&] { return findings.received.size() == options.nodes * (options.nodes - 1U); };
  if (outcome.failure.empty() && !world.run_until(all_heard, 10s))
    outcome.failure = "messages do not flow between all nodes";
  // A crash that everybody sees must fire monitors on each of the other nodes.
  const std::uint64_t downs = findings.downs;
  world.crash(0);
  const auto told = [&] { return findings.downs >= downs + (options.nodes - 1U) * kActorsPerNode; };
  if (outcome.failure.empty() && !world.run_until(told, 10s))
    outcome.failure = "monitors of a crashed node's actors did not fire";
  if (!findings.failure.empty()) outcome.failure = findings.failure;
  outcome.trace_hash = world.trace_hash();
  outcome.simulated_seconds = to_milliseconds(world.events().now().time_since_epoch()) / 1000;
  return outcome;
}

}  // namespace troupe::sim
