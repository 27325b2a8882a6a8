#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/sim/faults.hpp"
#include "troupe/sim/runs.hpp"

namespace troupe::sim {

namespace {

constexpr std::uint32_t kActorsPerNode = 3;
constexpr Duration kLateMax = 300ms;  ///< After its deadline, an outcome.

/// Of each courier (in one of its lives), how many messages of a label.
using Clock = std::map<std::uint64_t, std::uint64_t>;

struct Parcel {
  static constexpr auto wire_name = "sim.parcel";
  std::uint64_t id = 0;    ///< Among all of the run.
  std::uint64_t from = 0;  ///< The sender's life.
  std::uint64_t ref = 0;   ///< As whom the sender named the recipient.
  std::uint8_t label = 0;  ///< 0: none.
  Clock past;              ///< Of the label, with this parcel.
  Bytes filling;
};

/// What really happened to a parcel. The judge sees all nodes.
struct Story {
  TimePoint deadline;
  std::uint32_t from_node = 0;
  std::uint64_t from_incarnation = 0;
  std::uint32_t to_node = 0;
  std::uint64_t to_incarnation = 0;  ///< When it was reported delivered.
  int outcomes = 0;
  Delivery::Outcome outcome = Delivery::Outcome::kUnknown;
  int handled = 0;
};

/// Outlives the nodes.
struct Judge {
  std::string failure;
  std::vector<Story> stories;
  std::uint64_t last_life = 0;

  void accuse(std::string what) {
    if (failure.empty()) failure = std::move(what);
  }
};

std::string courier_name(std::uint32_t index) { return "courier" + std::to_string(index); }

/// Sends parcels to couriers everywhere, here too, and checks what it gets.
class Courier final : public Actor<Courier> {
 public:
  using Messages = troupe::Messages<Parcel>;

  Courier(World& world, std::uint32_t node, Judge& judge)
      : world_(world), node_(node), judge_(judge), life_(++judge.last_life) {}

  void on_start() override {
    context().every(40ms, [this] {
      for (std::uint64_t i = context().random().below(3); i > 0; --i) send_somewhere();
    });
  }

  void on(const Parcel& parcel) {
    Story& story = judge_.stories[parcel.id];
    if (++story.handled > 1) judge_.accuse(fmt::format("parcel {} was delivered twice", parcel.id));
    if (story.outcomes > 0 && story.outcome == Delivery::Outcome::kRefused)
      judge_.accuse(fmt::format("parcel {} was refused, and delivered", parcel.id));
    std::uint64_t& last = last_[{parcel.from, parcel.ref, parcel.label}];
    if (last > parcel.id) judge_.accuse(fmt::format("parcel {} came after {} of the same sender", parcel.id, last));
    last = parcel.id;
    if (parcel.label != 0) check_past(parcel);
    if (known_.size() < 8) known_.push_back({parcel.from, context().sender()});
  }

 private:
  void send_somewhere() {
    Random& random = context().random();
    const auto label = static_cast<std::uint8_t>(random.below(3));
    const Duration within(random.between(50'000'000, random.chance(0.5) ? 500'000'000 : 12'000'000'000));
    if (!known_.empty() && random.chance(0.3)) {  // By slot: that life of it, or nobody.
      const Address to = known_[random.below(known_.size())].second;
      for (std::uint32_t node = 0; node < world_.node_count(); ++node) {
        if (to.node.same_node(NodeId::named(sim_node_name(node)))) send(Ref<Courier>(to), node, within, label);
      }
      return;
    }
    const auto node = static_cast<std::uint32_t>(random.below(world_.node_count()));
    send(Ref<Courier>::named(sim_node_name(node),
                             courier_name(static_cast<std::uint32_t>(random.below(kActorsPerNode)))),
         node, within, label);
  }

  void send(const Ref<Courier>& to, std::uint32_t node, Duration within, std::uint8_t label) {
    const std::uint64_t id = judge_.stories.size();
    judge_.stories.push_back({.deadline = context().now() + within,
                              .from_node = node_,
                              .from_incarnation = context().self().node.incarnation});
    Parcel parcel{.id = id, .from = life_, .ref = std::hash<Address>{}(to.address()), .label = label};
    if (label != 0) {
      ++clock_[label][life_];
      parcel.past = clock_[label];
    }
    Random& random = context().random();
    if (random.chance(0.02)) parcel.filling = Bytes::copy_of(std::string(random.below(200'000), 'x'));
    DeliverOptions options{.within = within};
    if (label != 0) options.causal = label == 1 ? "red" : "blue";
    context().deliver(to, std::move(parcel), options,
                      [this, id, node](const Delivery& delivery) { hear(id, node, delivery); });
  }

  void hear(std::uint64_t id, std::uint32_t node, const Delivery& delivery) {
    Story& story = judge_.stories[id];
    if (++story.outcomes > 1) judge_.accuse(fmt::format("parcel {} has two outcomes", id));
    story.outcome = delivery.outcome;
    story.to_node = node;
    story.to_incarnation = world_.node(node) != nullptr ? world_.node(node)->id().incarnation : 0;
    if (delivery.is_refused() && story.handled > 0)
      judge_.accuse(fmt::format("parcel {} was delivered, and reported refused", id));
    if (context().now() > story.deadline + kLateMax)
      judge_.accuse(fmt::format("the outcome of parcel {} came {:.0f} ms after its deadline", id,
                                to_milliseconds(context().now() - story.deadline)));
  }

  /// What depends on this parcel must not have come before it.
  void check_past(const Parcel& parcel) {
    Clock& received = received_[parcel.label];
    if (received[parcel.from] >= parcel.past.at(parcel.from))
      judge_.accuse(fmt::format("parcel {} came after one that depends on it", parcel.id));
    for (const auto& [life, count] : parcel.past) {
      received[life] = std::max(received[life], count);
      std::uint64_t& known = clock_[parcel.label][life];
      known = std::max(known, count);
    }
  }

  World& world_;
  std::uint32_t node_;
  Judge& judge_;
  std::uint64_t life_;
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::uint8_t>, std::uint64_t> last_;
  std::map<std::uint8_t, Clock> clock_;     ///< What this courier knows of.
  std::map<std::uint8_t, Clock> received_;  ///< The past of what it has got.
  std::vector<std::pair<std::uint64_t, Address>> known_;
};

/// The couriers of a run, in the lives that their nodes have now.
class Couriers {
 public:
  Couriers(World& world, Judge& judge, std::uint32_t mailbox_max)
      : world_(world), judge_(judge), mailbox_max_(mailbox_max) {
    lives_.resize(world.node_count());
  }

  void spawn_in_new_lives() {
    for (std::uint32_t n = 0; n < world_.node_count(); ++n) {
      SimNode* node = world_.node(n);
      if (node == nullptr || lives_[n] == node->id().incarnation) continue;
      lives_[n] = node->id().incarnation;
      for (std::uint32_t i = 0; i < kActorsPerNode; ++i) {
        const auto shard = static_cast<std::uint32_t>(world_.random().below(node->shard_count()));
        (void)node->shard(shard).spawn<Courier>({.name = courier_name(i), .mailbox_messages_max = mailbox_max_},
                                                std::ref(world_), n, std::ref(judge_));
        node->wake(shard);
      }
    }
  }

 private:
  World& world_;
  Judge& judge_;
  std::uint32_t mailbox_max_;
  std::vector<std::uint64_t> lives_;
};

/// After all deadlines: every parcel of a sender that lives has its outcome, and what was reported delivered, to a node
/// that still lives, was handled.
void judge_the_end(World& world, Judge& judge, TimePoint quiet_since) {
  for (std::uint64_t id = 0; id < judge.stories.size(); ++id) {
    const Story& story = judge.stories[id];
    const auto lives = [&](std::uint32_t node, std::uint64_t incarnation) {
      return world.node(node) != nullptr && world.node(node)->id().incarnation == incarnation;
    };
    if (story.deadline + kLateMax > quiet_since) continue;
    if (story.outcomes == 0 && lives(story.from_node, story.from_incarnation))
      judge.accuse(fmt::format("parcel {} has no outcome", id));
    if (story.outcomes == 1 && story.outcome == Delivery::Outcome::kDelivered && story.handled == 0 &&
        lives(story.to_node, story.to_incarnation)) {
      judge.accuse(fmt::format("parcel {} was reported delivered, and is not there", id));
    }
  }
}

}  // namespace

RunOutcome run_deliveries(std::uint64_t seed, const DeliveryRunOptions& options) {
  Judge judge;
  Random choice(seed);
  const auto lanes = static_cast<std::uint32_t>(options.data_lanes != 0 ? options.data_lanes : 1 + choice.below(8));
  WorldOptions world_options{.nodes = options.nodes,
                             .shards = static_cast<std::uint32_t>(1 + choice.below(3)),
                             .data_lanes = lanes,
                             .overlay = choose_overlay(seed, options.overlay),
                             .trace = options.trace};
  if (choice.chance(0.3)) world_options.delivery.protocol.messages_max = 4 + choice.below(60);
  if (choice.chance(0.2)) world_options.delivery.bytes_max = 300'000;
  const bool roomy = world_options.delivery.protocol.messages_max > 1000;
  World world(seed, std::move(world_options));
  Couriers couriers(world, judge, choice.chance(0.5) ? 1 + static_cast<std::uint32_t>(choice.below(3)) : 0);
  heal(world);
  couriers.spawn_in_new_lives();
  for (std::uint32_t fault = 0; fault < options.faults && judge.failure.empty(); ++fault) {
    world.run_for(Duration(world.random().between(10'000'000, 3'000'000'000)));
    random_fault(world);
    couriers.spawn_in_new_lives();
  }
  heal(world);
  couriers.spawn_in_new_lives();
  if (!world.run_until([&] { return world.converged(); }, 60s))
    judge.accuse("60 s after all faults ended, the nodes do not all see each other");
  world.run_for(15s);
  const TimePoint healed = world.events().now();
  const std::size_t before = judge.stories.size();
  world.run_for(15s);
  judge_the_end(world, judge, world.events().now());
  // With all nodes in sight of each other, messages arrive.
  std::size_t delivered = 0;
  std::size_t tried = 0;
  for (std::size_t id = before; id < judge.stories.size(); ++id) {
    const Story& story = judge.stories[id];
    if (story.outcomes == 0 || story.deadline < healed + 1s) continue;
    ++tried;
    delivered += story.outcome == Delivery::Outcome::kDelivered ? 1 : 0;
  }
  if (roomy && delivered * 10 < tried * 6)
    judge.accuse(fmt::format("after all faults only {} of {} parcels were delivered", delivered, tried));
  RunOutcome outcome;
  outcome.failure = judge.failure;
  outcome.trace_hash = world.trace_hash();
  outcome.events_stored =
      static_cast<std::uint64_t>(std::ranges::count(judge.stories, Delivery::Outcome::kDelivered, &Story::outcome));
  outcome.simulated_seconds = to_milliseconds(world.events().now().time_since_epoch()) / 1000;
  return outcome;
}

}  // namespace troupe::sim
