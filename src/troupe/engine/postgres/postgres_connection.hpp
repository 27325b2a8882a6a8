#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "troupe/base/error.hpp"
#include "troupe/base/time.hpp"
#include "troupe/engine/postgres/postgres_address.hpp"
#include "troupe/engine/postgres/postgres_parameters.hpp"

extern "C" {
typedef struct pg_conn PGconn;      // NOLINT: libpq's names.
typedef struct pg_result PGresult;  // NOLINT
}

namespace troupe::engine {

/// Why a statement has no result. `sqlstate` is empty if that was not the server's word.
struct PostgresFailure {
  Error error;
  std::string sqlstate;
  bool is_unknown = true;  ///< Whether it took effect; if false, it did not.
};

/// The rows of a statement's result, in binary format.
class PostgresRows {
 public:
  struct Clear {
    void operator()(PGresult* result) const;
  };
  explicit PostgresRows(std::unique_ptr<PGresult, Clear> result) : result_(std::move(result)) {}

  std::size_t size() const;
  std::string_view bytes(std::size_t row, int column) const;
  std::int64_t number(std::size_t row, int column) const { return decode_bigint(bytes(row, column)); }

 private:
  std::unique_ptr<PGresult, Clear> result_;
};

/// One session with a PostgreSQL that takes writes. One thread. Every statement is a transaction of its own, so its
/// result says that it was committed.
class PostgresConnection {
 public:
  /// Tries the hosts in turn, beginning with number `first` modulo their count; `unavailable` if none takes writes.
  static Result<std::unique_ptr<PostgresConnection>> connect(const PostgresAddress& address, std::size_t first);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  using Executed = std::expected<PostgresRows, PostgresFailure>;
  /// Prepares the statement when it is used for the first time. Waits for at most `answer_timeout`.
  Executed execute(const std::string& statement, const PostgresParameters& parameters = {});

  /// Whether another statement can be executed: the connection is not lost, and no answer is due.
  bool is_usable() const;
  /// After a timeout the server may still be at work on the statement, and hold what it has locked. This waits for its
  /// end; false if it did not come, true if it did or the connection is lost.
  bool await_late_answer(Duration patience);
  bool is_lost() const;

  const std::string& name() const { return name_; }

 private:
  PostgresConnection(PGconn* connection, std::string name, Duration answer_timeout);
  static Result<std::unique_ptr<PostgresConnection>> connect_to(const PostgresSettings& host,
                                                                const PostgresAddress& address);
  using Deadline = std::chrono::steady_clock::time_point;
  Result<void> await_session(Deadline deadline);
  Result<void> set_up();
  Executed finish(bool is_sent);
  /// Waits until the socket is ready for these events of `poll`; a `timeout` at the deadline.
  Result<void> await_socket(short events, Deadline deadline) const;
  /// Waits until the server has said all about the statement.
  Result<void> await_answer(Deadline deadline);
  PostgresFailure failure(std::string_view cause, bool is_unknown) const;

  PGconn* connection_;
  const std::string name_;
  const Duration answer_timeout_;
  std::map<std::string, std::string> prepared_;  ///< The names of statements by their texts.
  std::uint64_t preparations_ = 0;
  bool is_answer_due_ = false;
  std::unique_ptr<PGresult, PostgresRows::Clear> result_;  ///< Of the statement under way.
  std::string warning_;                                    ///< What the server warned of since the statement began.
};

}  // namespace troupe::engine
