#include "troupe/node/node.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "troupe/document/documents.hpp"
#include "troupe/document/owners/placement.hpp"
#include "troupe/document/services.hpp"
#include "troupe/document/topic_name.hpp"
#include "troupe/gateway/gateway.hpp"
#include "troupe/node/incarnation.hpp"
#include "troupe/node/journal/open_journal.hpp"
#include "troupe/runtime/discovery/discovery.hpp"
#include "troupe/runtime/spdlog_sink.hpp"

namespace troupe {

namespace {

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("localhost:") || address.starts_with("[::1]:");
}

/// "0.0.0.0:0" with the port that was given.
std::string with_port(const std::string& address, std::uint16_t port) {
  return address.substr(0, address.rfind(':') + 1) + std::to_string(port);
}

/// While it lives, this thread and those that it starts do not take SIGINT and SIGTERM, nor SIGHUP where it has a
/// meaning of its own.
class SignalsBlocked {
 public:
  explicit SignalsBlocked(const NodeOptions& options) {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    if (options.cluster_tls.is_on()) sigaddset(&signals_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  const sigset_t& signals() const { return signals_; }

 private:
  sigset_t signals_;
  sigset_t before_;
};

}  // namespace

/// What a node is made of besides its shards. Members end in the reverse of this order.
struct Node::Parts {
  explicit Parts(const NodeOptions& options)
      : log_sink({.level = options.log_level,
                  .format = options.log_json ? runtime::LogFormat::kJson : runtime::LogFormat::kText}) {}

  runtime::SpdlogSink log_sink;
  std::unique_ptr<runtime::SpanFile> spans;  ///< Null: they are only logged.
  document::DocumentOptions documents;
  std::unique_ptr<engine::EngineJournal> journal;
  std::unique_ptr<cluster::Cluster> cluster;
  Ref<cluster::Membership> membership;
  std::unique_ptr<gateway::Gateway> gateway;
  std::unique_ptr<runtime::Discovery> discovery;  ///< Null: nothing is to be discovered.

  std::atomic<std::uint32_t> next_shard{0};
  bool started = false;
  bool stopped = false;
  int stop_event = -1;  ///< eventfd: written by `request_stop`, read by `run`.

  mutable std::mutex trouble_mutex;
  std::string trouble;  ///< Why the node should get no clients; empty if it should.
};

Node::Node(NodeOptions options) : options_(std::move(options)), id_(NodeId::named(options_.name)) {
  const SignalsBlocked blocked(options_);  // For the log's thread.
  parts_ = std::make_unique<Parts>(options_);
  parts_->documents = options_.documents;
  parts_->stop_event = eventfd(0, EFD_CLOEXEC);
}

Node::~Node() {
  stop();
  ::close(parts_->stop_event);
}

LogSink& Node::log_sink() { return parts_->log_sink; }

Result<void> Node::add_document(const std::string& prefix, document::DocumentFactory factory) {
  if (const auto fine = document::check_prefix(prefix); !fine) return fine;
  parts_->documents.types[prefix] = std::move(factory);
  return {};
}

Result<void> Node::start() {
  // No thread of the node takes the process's signals, neither a shard nor one of the journal's: `run` does.
  const SignalsBlocked blocked(options_);
  Result<void> outcome = prepare();
  if (outcome) outcome = listen();
  if (outcome) outcome = open_journal();
  if (outcome) outcome = start_actors();
  if (outcome) outcome = runtime_->start();
  if (outcome) outcome = start_discovery();
  if (!outcome) {
    close();
    return outcome;
  }
  parts_->started = true;
  return {};
}

Result<void> Node::prepare() {
  if (!options_.cluster_listen.empty() && options_.secret.empty() && !is_loopback(options_.cluster_listen)) {
    return fail(ErrorCode::kInvalidArgument,
                "the cluster port " + options_.cluster_listen +
                    " is open to other machines, so a shared secret is needed: give cluster.secret_file");
  }
  const auto incarnation = next_incarnation(options_.data);
  if (!incarnation) return std::unexpected(incarnation.error());
  id_.incarnation = *incarnation;
  if (const auto opened = open_spans(); !opened) return opened;
  runtime::RuntimeOptions runtime{.shards = options_.shards,
                                  .busy_poll = options_.busy_poll,
                                  .long_handler_threshold = options_.long_handler_threshold};
  runtime.shard.node = id_;
  runtime.shard.mailbox_messages_max = options_.mailbox_messages_max;
  runtime.shard.deliveries_max = options_.deliveries_max;
  runtime.shard.deliver_within_max = options_.deliver_within_max;
  runtime.shard.mailbox_bytes_max = options_.mailbox_bytes_max;
  runtime.shard.trace = options_.trace;
  runtime.shard.trace.sink = parts_->spans.get();
  runtime_ = std::make_unique<runtime::Runtime>(runtime, metrics_, parts_->log_sink);
  if (options_.cluster_tls.is_on()) {
    runtime::TlsOptions tls = options_.cluster_tls;
    tls.address = options_.cluster_advertise.empty() ? options_.cluster_listen : options_.cluster_advertise;
    if (auto used = runtime_->use_tls(std::move(tls)); !used) return used;
  }
  std::vector<ShardHost*> hosts;
  for (std::uint32_t i = 0; i < runtime_->shard_count(); ++i) hosts.push_back(&runtime_->host(i));
  parts_->cluster = std::make_unique<cluster::Cluster>(hosts);
  for (std::uint32_t i = 0; i < runtime_->shard_count(); ++i) {
    runtime_->set_routing(i, &parts_->cluster->routing(i));
    runtime_->add_round_end(i, [cluster = parts_->cluster.get(), i] { cluster->flush(i); });
  }
  return {};
}

Result<void> Node::open_spans() {
  if (options_.spans.path.empty()) return {};
  options_.spans.resource = {.node = options_.name, .incarnation = id_.incarnation};
  auto opened = runtime::SpanFile::open(options_.spans, metrics_, parts_->log_sink);
  if (!opened) return fail(opened.error().code, "the file for spans: " + opened.error().detail);
  parts_->spans = std::move(*opened);
  return {};
}

Result<void> Node::listen() {
  if (!options_.cluster_listen.empty()) {
    const auto port = runtime_->listen(
        options_.cluster_listen, [cluster = parts_->cluster.get()](std::unique_ptr<cluster::Connection> connection) {
          cluster->on_accept(std::move(connection));
        });
    if (!port) return fail(port.error().code, "the cluster port: " + port.error().detail);
    cluster_address_ =
        with_port(options_.cluster_advertise.empty() ? options_.cluster_listen : options_.cluster_advertise, *port);
    if (!options_.cluster_advertise.empty() && !options_.cluster_advertise.ends_with(":0"))
      cluster_address_ = options_.cluster_advertise;
  }
  // Which nodes own documents is part of what the gateway shows, so it is settled first.
  std::vector<std::string> configured;
  if (auto owners = settle_owners()) {
    configured = std::move(*owners);
  } else {
    return std::unexpected(std::move(owners.error()));
  }
  if (options_.http_listen.empty() && options_.gateway.admin.socket.empty()) return {};
  gateway::GatewayOptions gateway = options_.gateway;
  gateway.listen = options_.http_listen;
  gateway.node = options_.name;
  if (!cluster_address_.empty()) gateway.configured = std::move(configured);
  parts_->gateway = std::make_unique<gateway::Gateway>(
      gateway, gateway::GatewayWorld{*runtime_, metrics_, parts_->log_sink, [this] { return readiness(); },
                                     parts_->cluster.get(), [this] { request_stop(); }});
  if (const auto listening = parts_->gateway->listen(); !listening) {
    return fail(listening.error().code, "clients: " + listening.error().detail);
  }
  http_address_ = options_.http_advertise.empty() ? parts_->gateway->address() : options_.http_advertise;
  return {};
}

/// Settles which nodes own documents, and gives the nodes that the configuration knows.
Result<std::vector<std::string>> Node::settle_owners() {
  const std::string self = cluster_address_.empty() ? "this node" : cluster_address_;
  std::vector<std::string> nodes = options_.document_nodes.empty() ? options_.join : options_.document_nodes;
  if (options_.document_nodes.empty() && std::ranges::find(nodes, self) == nodes.end()) nodes.push_back(self);
  std::ranges::sort(nodes);
  if (std::ranges::find(nodes, self) == nodes.end()) {
    return fail(ErrorCode::kInvalidArgument, "document.nodes does not name this node's own cluster address, " + self);
  }
  document::DocumentOptions& documents = parts_->documents;
  documents.zone = options_.zone;
  documents.joins_others = nodes.size() > 1 || !options_.discovery.sources.empty();
  const bool is_shared = options_.journal.engine == JournalOptions::Engine::kPostgres;
  if (is_shared && options_.document_nodes.empty()) {
    documents.self = options_.name;
  } else {
    documents.self = self;
    documents.nodes = nodes;
  }
  return nodes;
}

Result<void> Node::open_journal() {
  if (parts_->documents.types.empty()) return {};
  auto opened = troupe::open_journal(options_, metrics_, parts_->log_sink);
  if (!opened) return std::unexpected(opened.error());
  parts_->journal = std::move(*opened);
  return {};
}

Result<void> Node::start_actors() {
  cluster::ClusterOptions cluster = options_.cluster;
  cluster.cluster = options_.cluster_name;
  cluster.secret = options_.secret;
  cluster.fabric.join = options_.join;
  cluster.overlay.links.backoff = cluster.fabric.backoff;
  const bool has_documents = parts_->journal != nullptr;
  cluster.self = {.name = options_.name,
                  .incarnation = id_.incarnation,
                  .address = cluster_address_,
                  .http = http_address_,
                  .zone = options_.zone,
                  .server = options_.is_server,
                  .placement = has_documents ? document::placement_digest(parts_->documents) : 0};
  std::vector<cluster::Cluster::Place> places;
  for (std::uint32_t i = 0; i < runtime_->shard_count(); ++i)
    places.push_back({&runtime_->shard(i), &runtime_->network(i)});
  const auto membership = parts_->cluster->start(cluster, std::move(places), metrics_, parts_->log_sink);
  if (!membership) return std::unexpected(membership.error());
  parts_->membership = *membership;
  const document::Services services{parts_->documents, {}, parts_->journal.get(), parts_->membership, metrics_};
  for (std::uint32_t i = 0; i < runtime_->shard_count(); ++i) {
    const auto started = runtime_->run_on(
        i, [&](Shard& shard) { return document::start_services(services, shard, runtime_->shard_count()); });
    if (!started) return started;
  }
  if (!parts_->documents.types.empty()) runtime_->run_on(0, [this](Shard& shard) { watch_trouble(shard); });
  return parts_->gateway ? parts_->gateway->start() : Result<void>();
}

namespace {

/// What was discovered is not lost because the cluster's actor has much to do.
void tell_discovered(Shard& shard, Ref<cluster::Membership> membership, const std::vector<std::string>& addresses) {
  if (shard.tell(membership, cluster::Discovered{addresses}) != SendOutcome::kFull) return;
  shard.after(100ms, [&shard, membership, addresses] { tell_discovered(shard, membership, addresses); });
}

}  // namespace

Result<void> Node::start_discovery() {
  if (options_.discovery.sources.empty()) return {};
  const auto found = [this](std::vector<std::string> addresses) {
    return runtime_->post(0, [membership = parts_->membership, addresses = std::move(addresses)](Shard& shard) {
      tell_discovered(shard, membership, addresses);
    });
  };
  const std::uint64_t seed = combine(id_.name, id_.incarnation);
  parts_->discovery = std::make_unique<runtime::Discovery>(options_.discovery, seed, found, metrics_, parts_->log_sink);
  return parts_->discovery->start();
}

/// Once a second, asks whether the nodes agree on who owns documents, for /readyz.
void Node::watch_trouble(Shard& shard) {
  const Ref<document::Documents> documents(Address{id_, ActorId::named(document::documents_actor_name(0))});
  shard.ask(documents, document::GetTrouble{}, 1s, [this](Result<std::string> trouble) {
    const std::lock_guard lock(parts_->trouble_mutex);
    parts_->trouble = trouble ? *trouble : trouble.error().to_string();
    if (parts_->trouble.empty() && parts_->journal) {
      if (const auto health = parts_->journal->health(); !health)
        parts_->trouble = "the journal: " + health.error().to_string();
    }
  });
  shard.after(1s, [this, &shard] { watch_trouble(shard); });
}

std::string Node::readiness() const {
  const std::lock_guard lock(parts_->trouble_mutex);
  return parts_->trouble;
}

std::uint32_t Node::next_shard() {
  return parts_->next_shard.fetch_add(1, std::memory_order_relaxed) % runtime_->shard_count();
}

std::uint32_t Node::shard_for(const Address& to) {
  // A named actor may be anywhere, and to other nodes any shard has a lane.
  return to.node.same_node(id_) && !to.actor.is_named() ? to.actor.shard() : 0;
}

bool Node::wait_for_members(std::size_t count, Duration within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  for (;;) {
    const auto members = ask(parts_->membership, cluster::GetMembers{}, 1s);
    const auto up =
        members ? std::ranges::count_if(members->others, [](const auto& each) { return is_up(each.state); }) : 0;
    if (static_cast<std::size_t>(up) >= count) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void Node::request_stop() {
  const std::uint64_t one = 1;
  (void)!::write(parts_->stop_event, &one, sizeof(one));
}

/// Waits for a signal and returns its number, or for `request_stop`: 0.
int Node::wait_for_signal(int signal_event) {
  pollfd waits[2] = {{signal_event, POLLIN, 0}, {parts_->stop_event, POLLIN, 0}};
  while (::poll(waits, 2, -1) < 0) {
  }
  if ((waits[0].revents & POLLIN) == 0) return 0;
  signalfd_siginfo info{};
  (void)!::read(signal_event, &info, sizeof(info));  // Else it would be delivered once the mask is restored.
  return static_cast<int>(info.ssi_signo);
}

void Node::run() {
  const SignalsBlocked blocked(options_);
  const int signal_event = signalfd(-1, &blocked.signals(), SFD_CLOEXEC);
  while (wait_for_signal(signal_event) == SIGHUP) runtime_->reload_tls();
  ::close(signal_event);
  stop();
}

void Node::stop() {
  if (std::exchange(parts_->stopped, true) || !parts_->started) return;
  const Log log(parts_->log_sink, "node");
  log.info("{} stops", options_.name);
  // First, while its clients are still served: others then own its documents.
  if (parts_->journal) {
    const Ref<document::PlacementService> placement(Address{id_, ActorId::named(document::kPlacementName)});
    (void)ask(placement, document::StepDown{}, options_.drain_timeout);
  }
  if (parts_->gateway) {
    // Shared: the answer may come after this has given up waiting.
    const auto drained = std::make_shared<std::promise<void>>();
    parts_->gateway->drain(options_.drain_timeout, [drained] { drained->set_value(); });
    drained->get_future().wait_for(options_.drain_timeout + std::chrono::seconds(2));
  }
  (void)ask(parts_->membership, cluster::Leave{"the node stops"}, 2s);
  close();
  log.info("{} has stopped", options_.name);
}

void Node::close() {
  parts_->discovery.reset();
  if (parts_->gateway) parts_->gateway->stop();
  if (runtime_) runtime_->stop();
  if (parts_->spans) parts_->spans->close();
  if (parts_->journal) parts_->journal->close();
  parts_->gateway.reset();
  if (parts_->cluster) parts_->cluster->stop();
}

}  // namespace troupe
