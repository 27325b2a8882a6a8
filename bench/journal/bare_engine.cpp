#include "bench/journal/bare_engine.hpp"

#include <rocksdb/db.h>

#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/latencies.hpp"
#include "troupe/engine/journal_record.hpp"
#include "troupe/engine/postgres/postgres_connection.hpp"

namespace troupe::bench {

namespace {

std::string stream_of(std::uint64_t document) { return "canvas/" + std::to_string(document); }

class BareWriter {
 public:
  /// The documents are shared out over the writers.
  BareWriter(const std::string& connection, const BareLoad& load, std::size_t writer)
      : load_(load), record_(load.size_bytes, 'x'), connection_(connect(connection)) {
    for (std::size_t i = writer; i < load.documents; i += load.writers) streams_.push_back(stream_of(i));
  }

  void insert_batch() {
    static const std::string kInsert =
        "INSERT INTO troupe_bare SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[])";
    std::vector<std::string_view> streams;
    std::vector<std::int64_t> seqs;
    for (std::size_t i = 0; i < load_.batch; ++i, ++count_) {
      streams.push_back(streams_[count_ % streams_.size()]);
      seqs.push_back(static_cast<std::int64_t>(count_ / streams_.size()) + 1);
    }
    engine::PostgresParameters parameters;
    parameters.add(streams);
    parameters.add(seqs);
    parameters.add(std::vector<std::string_view>(load_.batch, record_));
    const auto inserted = connection_->execute(kInsert, parameters);
    if (!inserted) throw std::runtime_error(inserted.error().error.detail);
  }

  static std::unique_ptr<engine::PostgresConnection> connect(const std::string& connection) {
    auto connected = engine::PostgresConnection::connect({.connection = connection}, 0);
    if (!connected) throw std::runtime_error(connected.error().detail);
    return std::move(*connected);
  }

 private:
  const BareLoad load_;
  const std::string record_;
  std::vector<std::string> streams_;
  std::uint64_t count_ = 0;
  std::unique_ptr<engine::PostgresConnection> connection_;
};

}  // namespace

Tally measure_bare_rocksdb(const std::string& directory, const BareLoad& load) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  auto status = rocksdb::DB::Open(options, directory, &opened);
  const std::unique_ptr<rocksdb::DB> db(opened);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const std::string record(load.size_bytes, 'x');
  std::vector<std::string> streams;
  for (std::size_t i = 0; i < load.documents; ++i) streams.push_back(stream_of(i));
  Tally tally;
  const SteadyTime began = std::chrono::steady_clock::now();
  while (nanoseconds_since(began) < load.time.count()) {
    rocksdb::WriteBatch batch;
    for (std::size_t i = 0; i < load.batch; ++i, ++tally.count) {
      const std::string& stream = streams[tally.count % streams.size()];
      status = batch.Put(engine::event_key(stream, tally.count / streams.size() + 1), record);
      if (!status.ok()) throw std::runtime_error(status.ToString());
    }
    status = db->Write(synced, &batch);
    if (!status.ok()) throw std::runtime_error(status.ToString());
  }
  tally.time = Duration(nanoseconds_since(began));
  return tally;
}

Tally measure_bare_postgres(const std::string& connection, const BareLoad& load) {
  const auto session = BareWriter::connect(connection);
  for (const char* statement :
       {"DROP TABLE IF EXISTS troupe_bare",
        "CREATE TABLE troupe_bare (stream bytea, seq bigint, record bytea NOT NULL, PRIMARY KEY (stream, seq))"}) {
    if (const auto done = session->execute(statement); !done) throw std::runtime_error(done.error().error.detail);
  }
  std::atomic<std::uint64_t> events = 0;
  std::vector<std::exception_ptr> failures(load.writers);
  const SteadyTime began = std::chrono::steady_clock::now();
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < load.writers; ++i) {
    threads.emplace_back([&, i] {
      try {
        BareWriter writer(connection, load, i);
        while (nanoseconds_since(began) < load.time.count()) {
          writer.insert_batch();
          events += load.batch;
        }
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  threads.clear();
  const Tally tally{events, Duration(nanoseconds_since(began))};
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return tally;
}

}  // namespace troupe::bench
