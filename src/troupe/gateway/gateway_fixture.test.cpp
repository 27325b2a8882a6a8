#include "troupe/gateway/gateway_fixture.test.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "troupe/document/services.hpp"

namespace troupe::gateway {

namespace {

constexpr auto kPatience = std::chrono::seconds(10);

class ToyState final : public document::DocumentState {
 public:
  Result<void> check(const Bytes& data) const override {
    if (data.view().starts_with("{\"bad\"")) return fail(ErrorCode::kInvalidEvent, "a toy takes nothing bad");
    return {};
  }
  void apply(const document::Event& event) override { last_ = event.data.view(); }
  Bytes snapshot() const override { return Bytes::copy_of("{\"last\":" + last_ + "}"); }
  Result<void> restore(const Bytes& snapshot) override {
    const std::string_view text = snapshot.view();
    if (!text.starts_with("{\"last\":")) return fail(ErrorCode::kCorrupt, "not a toy");
    last_ = text.substr(8, text.size() - 9);
    return {};
  }

 private:
  std::string last_ = "null";
};

}  // namespace

void InstantJournal::open(std::string stream, Done<document::OpenedStream> done) {
  const std::lock_guard lock(mutex_);
  journal_.open(std::move(stream), std::move(done));
  if (!held_) journal_.run_all();
}

void InstantJournal::append(document::AppendRequest request, Done<document::AppendOutcome> done) {
  const std::lock_guard lock(mutex_);
  journal_.append(std::move(request), std::move(done));
  if (!held_) journal_.run_all();
}

void InstantJournal::read(document::ReadRequest request, Done<std::vector<document::Event>> done) {
  const std::lock_guard lock(mutex_);
  journal_.read(std::move(request), std::move(done));
  if (!held_) journal_.run_all();
}

void InstantJournal::save_snapshot(std::string stream, std::uint64_t fence, document::Snapshot snapshot,
                                   Done<bool> done) {
  const std::lock_guard lock(mutex_);
  journal_.save_snapshot(std::move(stream), fence, std::move(snapshot), std::move(done));
  if (!held_) journal_.run_all();
}

void InstantJournal::hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void InstantJournal::release() {
  const std::lock_guard lock(mutex_);
  held_ = false;
  journal_.run_all();
}

void InstantJournal::wait_for_held(std::size_t requests) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const auto held = [this] {
    const std::lock_guard lock(mutex_);
    return journal_.pending();
  };
  while (held() < requests) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the journal was not asked";
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll: until the request has come
  }
}

void TestLog::write(LogLevel level, std::string_view component, std::string_view text) {
  const std::lock_guard lock(mutex_);
  text_.append(to_string(level)).append(" ").append(component).append(": ").append(text).append("\n");
}

std::string TestLog::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

GatewayTest::GatewayTest() {
  options.listen = "127.0.0.1:0";
  options.node = "a";
  options.configured = {"127.0.0.1:7400"};
  documents.nodes = {"127.0.0.1:7400"};
  documents.self = "127.0.0.1:7400";
  documents.types["toy/"] = [] { return std::make_unique<ToyState>(); };
}

GatewayTest::~GatewayTest() {
  if (gateway_) gateway_->stop();
  if (runtime_) runtime_->stop();
  if (cluster_) cluster_->stop();
  journal.release();  // What it answers goes to the runtime's queues, so not later.
  gateway_.reset();
}

void GatewayTest::start() {
  const overlay::Member self{.name = "a", .incarnation = 1, .address = "127.0.0.1:7400", .http = "127.0.0.1:8080"};
  runtime::RuntimeOptions runtime_options{.shards = 2};
  runtime_options.shard.node = self.id();
  runtime_options.shard.trace = trace;
  runtime_ = std::make_unique<runtime::Runtime>(runtime_options, metrics, log);
  cluster_ = std::make_unique<cluster::Cluster>(std::vector<ShardHost*>{&runtime_->host(0), &runtime_->host(1)});
  gateway_ = std::make_unique<Gateway>(
      options, GatewayWorld{*runtime_, metrics, log, [this] { return unready; }, cluster_.get()});
  const auto bound = gateway_->listen();
  ASSERT_TRUE(bound) << bound.error().to_string();
  for (std::uint32_t i = 0; i < 2; ++i) runtime_->set_routing(i, &cluster_->routing(i));
  std::vector<cluster::Cluster::Place> places;
  for (std::uint32_t i = 0; i < 2; ++i) {
    runtime_->add_round_end(i, [this, i] { cluster_->flush(i); });
    places.push_back({&runtime_->shard(i), &runtime_->network(i)});
  }
  const auto membership = cluster_->start({.self = self, .secret = "secret"}, places, metrics, log);
  ASSERT_TRUE(runtime_->start());
  ASSERT_TRUE(membership) << membership.error().to_string();
  const document::Services services{documents, {}, &journal, *membership, metrics};
  for (std::uint32_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(runtime_->run_on(i, [&](Shard& shard) { return document::start_services(services, shard, 2); }));
  }
  ASSERT_TRUE(gateway_->start());
}

double GatewayTest::metric(const std::string& name, const MetricLabels& labels) const {
  for (const MetricSample& sample : metrics.samples()) {
    if (sample.name == name && sample.labels == labels) return sample.value;
  }
  return 0;
}

void GatewayTest::wait_for_metric(const std::string& name, double value, const MetricLabels& labels) const {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (metric(name, labels) != value) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline)
        << name << " is " << metric(name, labels) << ", not " << value;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll: until the series has the value
  }
}

void Happening::happen() {
  const std::lock_guard lock(mutex_);
  happened_ = true;
  changed_.notify_all();
}

bool Happening::has_happened() const {
  const std::lock_guard lock(mutex_);
  return happened_;
}

void Happening::wait() {
  std::unique_lock lock(mutex_);
  ASSERT_TRUE(changed_.wait_for(lock, kPatience, [this] { return happened_; }));
}

}  // namespace troupe::gateway
