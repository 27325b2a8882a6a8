#include "troupe/sim/sim_node.hpp"

#include <algorithm>
#include <utility>

#include "troupe/actor/actor.hpp"
#include "troupe/base/assert.hpp"

namespace troupe::sim {

/// A shard and its host: queues instead of threads.
struct SimNode::SimShard final : ShardHost {
  SimShard(SimNode& owner, std::uint32_t shard_index) : node(owner), index(shard_index) {}

  SendOutcome send_to_shard(std::uint32_t to, EnvelopePtr envelope) override {
    if (!*node.alive_) return SendOutcome::kNoSuchActor;
    SimShard& other = *node.shards_[to];
    if (is_refusable(envelope->kind) && other.inbox.size() >= kInboxMax) return SendOutcome::kFull;
    other.inbox.push_back(std::move(envelope));
    node.wake(to);
    return SendOutcome::kTaken;
  }
  SendOutcome send_to_node(const NodeId& to, EnvelopePtr envelope) override {
    if (!*node.alive_) return SendOutcome::kUnreachable;
    return node.cluster_->routing(index).send(to, std::move(envelope));
  }
  SendOutcome room_for(const Address& to, ActorId sender, const Via& via) const override {
    return node.cluster_->routing(index).room_for(to, sender, via);
  }
  bool has_room(std::uint32_t to) const override { return node.shards_[to]->inbox.size() < kInboxMax; }
  void on_pause(const NodeId& from, const Pause& pause) override {
    if (*node.alive_) node.cluster_->routing(index).pause(from, pause);
  }
  void inject(EnvelopePtr envelope) override {
    if (!*node.alive_) return;
    inbox.push_back(std::move(envelope));
    node.wake(index);
  }

  static constexpr std::size_t kInboxMax = 64;
  SimNode& node;
  std::uint32_t index;
  std::unique_ptr<Shard> shard;
  session::RenderCache render_cache;
  std::deque<EnvelopePtr> inbox;
  TimePoint next_turn = TimePoint::max();  ///< When a turn is scheduled; an earlier need schedules another.
};

namespace {

/// A shard's way to the simulated network.
class SimPorts final : public cluster::Network {
 public:
  SimPorts(SimNetwork& network, SimNetwork::Owner owner) : network_(network), owner_(std::move(owner)) {}
  void connect(const std::string& address, Connected connected) override {
    network_.connect(owner_, address, std::move(connected));
  }
  std::unique_ptr<cluster::Connection> adopt(std::unique_ptr<cluster::Connection::Parted> parted) override {
    return network_.adopt(owner_, *parted);
  }
  void secure_random(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(network_.random().next());
  }

 private:
  SimNetwork& network_;
  SimNetwork::Owner owner_;
};

}  // namespace

SimNode::SimNode(SimNodeOptions options, std::uint64_t incarnation, EventQueue& events, SimNetwork& network,
                 document::MemoryDisk& disk, LogSink& log_sink, Random random)
    : options_(std::move(options)),
      name_(sim_node_name(options_.index)),
      id_(NodeId{hash64(name_), incarnation}),
      events_(events),
      network_(network),
      log_sink_(log_sink),
      random_(random) {
  std::vector<ShardHost*> hosts;
  for (std::uint32_t i = 0; i < options_.shards; ++i) {
    shards_.push_back(std::make_unique<SimShard>(*this, i));
    shards_[i]->shard = std::make_unique<Shard>(ShardOptions{.index = i, .shards = options_.shards, .node = id_},
                                                *shards_[i], names_, metrics_, log_sink_, random_.fork());
    shards_[i]->shard->set_now(events_.now());
    hosts.push_back(shards_[i].get());
  }
  cluster_ = std::make_unique<cluster::Cluster>(hosts);

  std::vector<cluster::Cluster::Place> places;
  for (std::uint32_t i = 0; i < options_.shards; ++i) {
    ports_.push_back(std::make_unique<SimPorts>(network_, owner(i)));
    places.push_back({shards_[i]->shard.get(), ports_[i].get()});
  }
  document_options_ = options_.documents;
  document_options_.self = options_.shares_journal ? name_ : sim_address(options_.index);
  document_options_.joins_others = !options_.join.empty();
  for (std::uint32_t i = 0; !options_.shares_journal && i < options_.nodes; ++i)
    document_options_.nodes.push_back(sim_address(i));
  cluster::ClusterOptions cluster_options = options_.cluster;
  cluster_options.self = {
      .name = name_, .incarnation = incarnation, .address = sim_address(options_.index), .server = options_.is_server};
  cluster_options.self.placement = document::placement_digest(document_options_);
  cluster_options.overlay.name = options_.overlay;
  cluster_options.secret = "simulated";
  cluster_options.fabric.join = options_.join;
  cluster_options.delivery = options_.delivery;
  cluster_options.channels = {{.name = "data", .parallelism = static_cast<std::uint16_t>(options_.data_lanes)}};
  membership_ = cluster_->start(cluster_options, std::move(places), metrics_, log_sink_).value();
  network_.listen(owner(0), sim_address(options_.index), [this](std::unique_ptr<cluster::Connection> connection) {
    cluster_->on_accept(std::move(connection));
  });

  journal_ = std::make_unique<document::MemoryJournal>(
      disk, document::MemoryJournalOptions{.on_pending = [this] { schedule_flush(); }});
  const document::Services services{document_options_, {}, journal_.get(), membership_, metrics_};
  for (std::uint32_t i = 0; i < options_.shards; ++i) {
    const auto started = document::start_services(services, *shards_[i]->shard, options_.shards);
    TROUPE_ASSERT(started.has_value());
    wake(i);
  }
}

SimNode::~SimNode() {
  *alive_ = false;
  // As in a crash, the actors end without a word: their hosts take nothing any more.
  for (auto& shard : shards_) shard->shard->stop_all();
  cluster_->stop();
  journal_.reset();
  for (auto& shard : shards_) shard->shard.reset();
}

SimNetwork::Owner SimNode::owner(std::uint32_t index) {
  return {.node = options_.index,
          .alive = [alive = alive_] { return *alive; },
          .before = [this, index] { shards_[index]->shard->set_now(events_.now()); },
          .after = [this, index] { wake(index); }};
}

Shard& SimNode::shard(std::uint32_t index) { return *shards_[index]->shard; }

session::RenderCache& SimNode::render_cache(std::uint32_t shard) { return shards_[shard]->render_cache; }

template <class Action>
void SimNode::after(Duration delay, Action action) {
  events_.after(delay, [alive = alive_, action = std::move(action)]() mutable {
    if (*alive) action();
  });
}

void SimNode::wake(std::uint32_t index) {
  SimShard& shard = *shards_[index];
  const TimePoint when = events_.now() + Duration(random_.between(1'000, 50'000));
  if (shard.next_turn <= when) return;
  shard.next_turn = when;
  after(when - events_.now(), [this, index, when] {
    if (shards_[index]->next_turn == when) turn(index);
  });
}

void SimNode::turn(std::uint32_t index) {
  SimShard& shard = *shards_[index];
  shard.next_turn = TimePoint::max();
  shard.shard->set_now(events_.now());
  while (!shard.inbox.empty()) {
    EnvelopePtr envelope = std::move(shard.inbox.front());
    shard.inbox.pop_front();
    events_.note(combine(envelope->recipient.raw(), static_cast<std::uint64_t>(envelope->kind)));
    shard.shard->deliver(std::move(envelope));
  }
  const bool more = shard.shard->run(events_.now(), 32);
  cluster_->flush(index);
  if (more || !shard.inbox.empty()) return wake(index);
  const TimePoint timer = shard.shard->next_timer();
  if (timer == TimePoint::max() || timer >= shard.next_turn) return;
  shard.next_turn = std::max(timer, events_.now() + Duration(1));
  after(shard.next_turn - events_.now(), [this, index, when = shard.next_turn] {
    if (shards_[index]->next_turn == when) turn(index);
  });
}

void SimNode::schedule_flush() {
  Duration time(random_.between(50'000, options_.flush_max.count()));
  if (random_.chance(options_.flush_stall_chance))
    time += Duration(random_.between(0, options_.flush_stall_max.count()));
  after(time, [this] {
    const bool unknown = random_.chance(options_.unknown_chance);
    if (unknown) journal_->fail_next_append_unknown(random_.chance(0.5));
    journal_->flush();
    // Between the flush and its answers the node may crash: then it was written, and nobody was told.
    after(Duration(random_.between(0, 1'000'000)), [this] {
      journal_->answer();
      if (journal_->pending() > 0) schedule_flush();
    });
  });
}

void SimNode::leave() {
  const Ref<document::PlacementService> placement(Address{id_, ActorId::named(document::kPlacementName)});
  shards_[0]->shard->ask(placement, document::StepDown{}, 5s, [this](const Result<Done>&) {
    shards_[0]->shard->ask(membership_, cluster::Leave{"the node stops"}, 5s, [](const Result<Done>&) {});
  });
  wake(0);
}

}  // namespace troupe::sim
