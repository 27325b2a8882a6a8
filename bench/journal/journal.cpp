#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/bench.hpp"
#include "bench/journal/bare_engine.hpp"
#include "bench/latencies.hpp"
#include "bench/report/report.hpp"
#include "bench/temporary_directory.hpp"
#include "troupe/node/journal/open_journal.hpp"
#include "troupe/node/journal/temporary_postgres.hpp"
#include "troupe/runtime/spdlog_sink.hpp"

namespace troupe::bench {

namespace {

using Case = nlohmann::ordered_json;
using document::AppendOutcome;
using document::Event;

/// Each document has one append under way, as its owner has; the next begins when it is answered.
class Writers {
 public:
  Writers(document::Journal& journal, std::size_t documents, std::size_t batch, std::size_t size_bytes)
      : journal_(journal), batch_(batch), data_(Bytes::copy_of(std::string(size_bytes, 'x'))), documents_(documents) {
    for (std::size_t i = 0; i < documents; ++i) {
      ++under_way_;
      documents_[i].stream = "canvas/" + std::to_string(i);
      journal_.open(documents_[i].stream, [this, i](Result<document::OpenedStream> opened) {
        if (opened) {
          documents_[i].fence = opened->fence;
          documents_[i].last = opened->last_seq;
        } else {
          failed(opened.error().to_string());
        }
        ended();
      });
    }
    wait();
  }

  Tally run(Duration time) {
    const SteadyTime began = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < documents_.size(); ++i) append(i);
    std::this_thread::sleep_for(time);
    stopping_ = true;
    wait();
    return {appended_, Duration(nanoseconds_since(began))};
  }

 private:
  struct Document {
    std::string stream;
    std::uint64_t fence = 0;
    std::uint64_t last = 0;
  };

  void append(std::size_t i) {
    ++under_way_;
    Document& document = documents_[i];
    std::vector<Event> events;
    events.reserve(batch_);
    for (std::uint64_t seq = document.last + 1; seq <= document.last + batch_; ++seq)
      events.push_back({seq, "", "", data_});
    journal_.append({document.stream, document.fence, document.last, std::move(events)},
                    [this, i](Result<AppendOutcome> outcome) {
                      if (outcome == AppendOutcome::kAppended) {
                        documents_[i].last += batch_;
                        appended_ += batch_;
                        if (!stopping_) append(i);
                      } else {
                        failed(!outcome                              ? outcome.error().to_string()
                               : *outcome == AppendOutcome::kUnknown ? "the outcome of an append is unknown"
                                                                     : "an append was fenced");
                      }
                      ended();
                    });
  }

  void failed(const std::string& cause) {
    const std::lock_guard lock(mutex_);
    failure_ = cause;
  }
  void ended() {
    const std::lock_guard lock(mutex_);
    if (--under_way_ == 0) idle_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return under_way_ == 0; });
    if (!failure_.empty()) throw std::runtime_error(failure_);
  }

  document::Journal& journal_;
  const std::size_t batch_;
  const Bytes data_;
  std::vector<Document> documents_;  ///< Each is touched by its own answers alone.
  std::atomic<std::size_t> under_way_ = 0;
  std::atomic<std::uint64_t> appended_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::string failure_;
};

double metric(const Metrics& metrics, const std::string& name) {
  for (const auto& sample : metrics.samples()) {
    if (sample.name == name) return sample.value;
  }
  return 0;
}

class JournalBench {
 public:
  explicit JournalBench(const JournalBenchOptions& options) : options_(options), directory_(options.directory) {}

  int run() {
    for (const std::string& engine : options_.engines) {
      if (engine == "postgres") prepare_postgres();
      for (const std::uint32_t documents : options_.documents) measure(engine, documents);
    }
    return report_.finish(options_.output);
  }

 private:
  void prepare_postgres() {
    if (!connection_.empty()) return;
    connection_ = options_.connection;
    if (!connection_.empty()) return;
    if (const auto started = postgres_.start(); !started) throw std::runtime_error(started.error().detail);
    connection_ = postgres_.connection();
  }

  NodeOptions node_options(const std::string& engine, std::uint32_t documents) const {
    NodeOptions node;
    node.data = directory_.path() + "/" + std::to_string(documents);
    node.journal.durability = JournalOptions::Durability::kNode;
    if (engine == "postgres") node.journal.engine = JournalOptions::Engine::kPostgres;
    node.journal.connection = connection_;
    return node;
  }

  void measure(const std::string& engine, std::uint32_t documents) {
    progress("journal: " + engine + ", documents " + std::to_string(documents));
    const NodeOptions node = node_options(engine, documents);
    const std::size_t batch = documents == 1 ? options_.batch : 1;
    Metrics metrics;
    runtime::SpdlogSink log({.level = LogLevel::kError});
    auto journal = open_journal(node, metrics, log);
    if (!journal) throw std::runtime_error(journal.error().to_string());
    Writers writers(**journal, documents, batch, options_.size);
    const double commits_before = metric(metrics, "troupe_journal_commits_total");
    const Tally durable = writers.run(to_duration(options_.seconds));
    const double commits = metric(metrics, "troupe_journal_commits_total") - commits_before;
    (*journal)->close();

    const double per_commit = static_cast<double>(durable.count) / std::max(commits, 1.0);
    const Case of{
        {"engine", engine}, {"documents", documents}, {"append_events", batch}, {"size_bytes", options_.size}};
    add(of, "troupe", durable, per_commit);
    const BareLoad load{.size_bytes = options_.size,
                        .documents = documents,
                        .batch = std::max<std::size_t>(1, static_cast<std::size_t>(per_commit + 0.5)),
                        .writers = std::min<std::size_t>(node.journal.writers, documents),
                        .time = to_duration(options_.seconds)};
    add(of, "bare",
        engine == "postgres" ? measure_bare_postgres(connection_, load)
                             : measure_bare_rocksdb(node.data + "-bare", load),
        static_cast<double>(load.batch));
  }

  void add(const Case& of, const std::string& system, const Tally& tally, double per_commit) {
    report_.add({of, system, "events_per_second", tally.per_second(), "1/s"});
    report_.add({of, system, "events_per_commit", per_commit, ""});
  }

  const JournalBenchOptions& options_;
  const TemporaryDirectory directory_;
  TemporaryPostgres postgres_;
  std::string connection_;
  Report report_{"journal"};
};

}  // namespace

int run_journal(const JournalBenchOptions& options) { return JournalBench(options).run(); }

}  // namespace troupe::bench
