#include "troupe/engine/postgres/postgres_under_test.test.hpp"

#include <utility>

namespace troupe::engine {
namespace {

std::unique_ptr<document::JournalUnderTest> make_postgres_under_test(const document::JournalLimits& limits) {
  return std::make_unique<PostgresUnderTest>(limits);
}

/// A name as a bytea in SQL.
std::string quoted(const std::string& name) { return "convert_to('" + name + "', 'UTF8')"; }

}  // namespace

PostgresUnderTest::PostgresUnderTest(const document::JournalLimits& limits) : schema_(server.with_new_schema()) {
  options.queue_requests_max = limits.queue_requests_max;
  options.queue_bytes_max = limits.queue_bytes_max;
  options.address.answer_timeout = 30s;
  options.check_interval = 1h;  // What passes the proxy is what the test asked for.
  reopen();
}

PostgresUnderTest::~PostgresUnderTest() { resume(); }

std::string PostgresUnderTest::direct() const { return "host=" + server.folder().string() + " " + schema_; }

void PostgresUnderTest::reopen() {
  end();
  proxy.break_at_step(SIZE_MAX);
  auto opened = PostgresJournal::open(make_options(proxy.folder()));
  ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
  journal_ = std::move(*opened);
}

void PostgresUnderTest::stall() {
  stalling_ = std::make_unique<PlainSession>(direct());
  stalling_->query("BEGIN");
  stalling_->query("LOCK TABLE troupe_heads, troupe_events IN SHARE MODE");
}

void PostgresUnderTest::corrupt_event(const std::string& stream, std::uint64_t seq) {
  const auto changed = query(
      "UPDATE troupe_events SET record = set_byte(record, octet_length(record) - 1, "
      "get_byte(record, octet_length(record) - 1) # 1) WHERE stream = " +
      quoted(stream) + " AND seq = " + std::to_string(seq) + " RETURNING seq");
  EXPECT_EQ(changed.size(), 1U);
}

void PostgresUnderTest::fail_next_append_unknown(bool applied) {
  if (applied) {
    proxy.cut_next_answer();
  } else {
    proxy.cut_next_request();
  }
}

void PostgresUnderTest::wait_until_healthy() {
  std::unique_lock lock(health_mutex_);
  EXPECT_TRUE(health_changed_.wait_for(lock, std::chrono::minutes(1), [this] { return recoveries_ > 0; }));
  --recoveries_;
}

void PostgresUnderTest::set_isolation(const std::string& level) {
  std::string escaped = level;
  if (const auto space = escaped.find(' '); space != std::string::npos) escaped.replace(space, 1, "\\\\ ");
  schema_.insert(schema_.rfind('\''), " -c default_transaction_isolation=" + escaped);
  reopen();
}

std::vector<pid_t> PostgresUnderTest::backends() const {
  std::vector<pid_t> pids;
  for (const auto& row : query("SELECT pid FROM pg_stat_activity WHERE application_name = 'troupe'")) {
    pids.push_back(std::stoi(row[0]));
  }
  return pids;
}

std::unique_ptr<PostgresJournal> PostgresUnderTest::open_another() {
  auto opened = PostgresJournal::open(another_options());
  EXPECT_TRUE(opened.has_value()) << opened.error().to_string();
  return std::move(*opened);
}

std::vector<std::vector<std::string>> PostgresUnderTest::query(const std::string& statement) const {
  return server.query(statement, direct());
}

PostgresJournalOptions PostgresUnderTest::make_options(const std::string& folder) {
  PostgresJournalOptions made;  // Field by field: `on_health` cannot be copied.
  made.address = options.address;
  made.address.connection = "host=" + folder + " " + schema_;
  made.writers = options.writers;
  made.queue_requests_max = options.queue_requests_max;
  made.queue_bytes_max = options.queue_bytes_max;
  made.reads_max = options.reads_max;
  made.batch_events_max = options.batch_events_max;
  made.heads_cached_max = options.heads_cached_max;
  made.reconnect_delay_min = 1ms;
  made.check_interval = options.check_interval;
  made.open_timeout = options.open_timeout;
  made.metrics = &metrics;
  made.on_health = [this](const Result<void>& health) {
    const std::lock_guard lock(health_mutex_);
    if (health) ++recoveries_;
    health_changed_.notify_all();
  };
  return made;
}

}  // namespace troupe::engine

namespace troupe::document {
INSTANTIATE_TEST_SUITE_P(Postgres, JournalConformance, testing::Values(&engine::make_postgres_under_test));
}  // namespace troupe::document
