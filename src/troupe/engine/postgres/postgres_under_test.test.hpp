#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "troupe/document/journal_conformance.hpp"
#include "troupe/engine/postgres/cutting_proxy.test.hpp"
#include "troupe/engine/postgres/postgres_journal.hpp"
#include "troupe/engine/postgres/postgres_server.test.hpp"

/// A `PostgresJournal` with tables of its own, on a connection that can be cut. For tests.
namespace troupe::engine {

class PostgresUnderTest final : public document::JournalUnderTest {
 public:
  explicit PostgresUnderTest(const document::JournalLimits& limits = {});
  ~PostgresUnderTest() override;

  PostgresJournal& journal() override { return *journal_; }
  void reopen() override;
  void stall() override;
  void resume() override { stalling_.reset(); }
  void corrupt_event(const std::string& stream, std::uint64_t seq) override;
  void fail_next_append_unknown(bool applied) override;
  void break_at_step(std::size_t step) override { proxy.break_at_step(step); }
  bool is_broken() override { return proxy.is_broken(); }
  void wait_until_healthy() override;
  void end() { journal_.reset(); }

  /// The isolation level of what connects from now on.
  void set_isolation(const std::string& level);
  /// Another journal on the same tables, as another node has it.
  std::unique_ptr<PostgresJournal> open_another();
  PostgresJournalOptions another_options() { return make_options(server.folder().string()); }
  /// The server's processes for the journals' sessions.
  std::vector<pid_t> backends() const;
  /// The rows of a statement in the journal's tables.
  std::vector<std::vector<std::string>> query(const std::string& statement) const;

  PostgresServer& server = PostgresServer::shared();
  CuttingProxy proxy{server.folder().string()};
  Metrics metrics;
  PostgresJournalOptions options;  ///< For the next `reopen`.

 private:
  PostgresJournalOptions make_options(const std::string& folder);
  std::string direct() const;

  std::string schema_;
  std::mutex health_mutex_;
  std::condition_variable health_changed_;
  int recoveries_ = 0;
  std::unique_ptr<PlainSession> stalling_;  ///< Its locks keep every write from being done.
  std::unique_ptr<PostgresJournal> journal_;
};

}  // namespace troupe::engine
