#include "troupe/node/journal/open_journal.hpp"

#include <functional>
#include <utility>

#include "troupe/engine/postgres/postgres_journal.hpp"
#include "troupe/engine/postgres/postgres_store.hpp"
#include "troupe/engine/rocksdb_journal.hpp"
#include "troupe/engine/rocksdb_store.hpp"

namespace troupe {

namespace {

std::move_only_function<void(const Result<void>&)> health_log(LogSink& sink) {
  return [log = Log(sink, "journal")](const Result<void>& health) {
    health ? log.info("the journal works again") : log.error("the journal failed: {}", health.error().to_string());
  };
}

engine::PostgresAddress address_of(const JournalOptions& options) {
  return {.connection = options.connection,
          .password = options.password,
          .connect_timeout = options.connect_timeout,
          .answer_timeout = options.answer_timeout,
          .needs_standbys = options.durability == JournalOptions::Durability::kCluster};
}

template <class Options>
Options engine_options(const JournalOptions& options, Metrics& metrics, LogSink& log_sink) {
  Options made;
  made.queue_requests_max = options.queue_requests_max;
  made.queue_bytes_max = options.queue_bytes_max;
  made.reads_max = options.reads_max;
  made.batch_events_max = options.batch_events_max;
  made.batch_bytes_max = options.batch_bytes_max;
  made.on_health = health_log(log_sink);
  made.metrics = &metrics;
  return made;
}

std::string rocksdb_directory(const NodeOptions& options) { return options.data + "/journal"; }

std::unexpected<Error> no_directory() {
  return fail(ErrorCode::kInvalidArgument, "documents need a directory for their journal: give data");
}

template <class Interface, class Opened>
Result<std::unique_ptr<Interface>> as(Opened opened) {
  if (!opened) return std::unexpected(std::move(opened.error()));
  return std::move(*opened);
}

}  // namespace

Result<std::unique_ptr<engine::EngineJournal>> open_journal(const NodeOptions& options, Metrics& metrics,
                                                            LogSink& log_sink) {
  const JournalOptions& journal = options.journal;
  if (journal.engine == JournalOptions::Engine::kPostgres) {
    auto postgres = engine_options<engine::PostgresJournalOptions>(journal, metrics, log_sink);
    postgres.address = address_of(journal);
    postgres.writers = journal.writers;
    postgres.reconnect_delay_min = journal.retry_min;
    postgres.reconnect_delay_max = journal.retry_max;
    return as<engine::EngineJournal>(engine::PostgresJournal::open(std::move(postgres)));
  }
  if (options.data.empty()) return no_directory();
  auto rocksdb = engine_options<engine::RocksDbJournalOptions>(journal, metrics, log_sink);
  rocksdb.directory = rocksdb_directory(options);
  return as<engine::EngineJournal>(engine::RocksDbJournal::open(std::move(rocksdb)));
}

Result<std::unique_ptr<engine::JournalStore>> open_store(const NodeOptions& options) {
  if (options.journal.engine == JournalOptions::Engine::kPostgres) {
    engine::PostgresAddress address = address_of(options.journal);
    address.needs_standbys = false;  // Who serves asks for these.
    return as<engine::JournalStore>(engine::PostgresStore::open(std::move(address), 0));
  }
  if (options.data.empty()) return no_directory();
  return as<engine::JournalStore>(engine::RocksDbStore::open({.directory = rocksdb_directory(options)}));
}

Result<void> check_database(const NodeOptions& options) {
  if (options.journal.engine != JournalOptions::Engine::kPostgres) return {};
  return engine::PostgresJournal::check(address_of(options.journal));
}

}  // namespace troupe
