#include "troupe/engine/postgres/postgres_connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace troupe::engine {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string trimmed(std::string_view text) {
  const auto last = text.find_last_not_of(" \n");
  return std::string(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

/// libpq tells of warnings in a callback. One may mean that a commit is not what it says: a wait for the synchronous
/// standbys that somebody cancels ends with success and a warning.
void remember_warning(void* warning, const PGresult* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  if (severity != nullptr && std::strcmp(severity, "WARNING") == 0) {
    *static_cast<std::string*>(warning) = text == nullptr ? "a warning" : text;
  }
}

}  // namespace

std::size_t PostgresRows::size() const { return static_cast<std::size_t>(PQntuples(result_.get())); }

std::string_view PostgresRows::bytes(std::size_t row, int column) const {
  const int number = static_cast<int>(row);
  return {PQgetvalue(result_.get(), number, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), number, column))};
}

void PostgresRows::Clear::operator()(PGresult* result) const { PQclear(result); }

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::connect(const PostgresAddress& address,
                                                                        std::size_t first) {
  const auto hosts = hosts_of(address);
  if (!hosts) return std::unexpected(hosts.error());
  std::string causes;
  for (std::size_t i = 0; i < hosts->size(); ++i) {
    auto connected = connect_to((*hosts)[(first + i) % hosts->size()], address);
    if (connected) return connected;
    causes += (causes.empty() ? "" : "; ") + connected.error().detail;
  }
  return fail(ErrorCode::kUnavailable, "no PostgreSQL takes writes: " + causes);
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::connect_to(const PostgresSettings& host,
                                                                           const PostgresAddress& address) {
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : host) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(
      PQconnectStartParams(keys.data(), values.data(), 0), to_string(host), address.answer_timeout));
  auto ready = connection->await_session(SteadyClock::now() + address.connect_timeout);
  if (ready) ready = connection->set_up();
  if (!ready) return fail(ErrorCode::kUnavailable, connection->name() + ": " + ready.error().detail);
  return connection;
}

PostgresConnection::PostgresConnection(PGconn* connection, std::string name, Duration answer_timeout)
    : connection_(connection), name_(std::move(name)), answer_timeout_(answer_timeout) {
  PQsetNoticeReceiver(connection_, &remember_warning, &warning_);
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

Result<void> PostgresConnection::await_session(Deadline deadline) {
  for (PostgresPollingStatusType status = PGRES_POLLING_WRITING; status != PGRES_POLLING_OK;
       status = PQconnectPoll(connection_)) {
    if (status == PGRES_POLLING_FAILED || PQstatus(connection_) == CONNECTION_BAD) {
      return fail(ErrorCode::kUnavailable, trimmed(PQerrorMessage(connection_)));
    }
    const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (auto waited = await_socket(events, deadline); !waited) return waited;
  }
  return {};
}

/// The settings on which the promises of the journal rest, whatever the server's, the database's and the user's are. A
/// statement's time is watched here and not by the server, which would let a commit succeed that has waited too long
/// for its standbys. Waiting for another's locks is before the commit: there the server's limit does no harm.
Result<void> PostgresConnection::set_up() {
  if (PQsetnonblocking(connection_, 1) != 0) return fail(ErrorCode::kUnavailable, PQerrorMessage(connection_));
  const auto lock_ms = std::chrono::duration_cast<std::chrono::milliseconds>(answer_timeout_).count();
  const std::string settings =
      "SET synchronous_commit = 'on'; SET statement_timeout = 0; SET lock_timeout = " + std::to_string(lock_ms);
  const auto executed = finish(PQsendQuery(connection_, settings.c_str()) == 1);
  if (!executed) return std::unexpected(executed.error().error);
  return {};
}

PostgresConnection::Executed PostgresConnection::execute(const std::string& statement,
                                                         const PostgresParameters& parameters) {
  // A connection that was lost while nobody used it is noticed here, before anything is sent.
  if (is_answer_due_ || PQconsumeInput(connection_) == 0 || is_lost()) {
    return std::unexpected(failure(PQerrorMessage(connection_), false));
  }
  auto prepared = prepared_.find(statement);
  if (prepared == prepared_.end()) {
    // A new name for each attempt: one whose answer did not come in time may have succeeded.
    const std::string name = "troupe_" + std::to_string(++preparations_);
    auto parsed = finish(PQsendPrepare(connection_, name.c_str(), statement.c_str(), 0, nullptr) == 1);
    if (!parsed) {
      parsed.error().is_unknown = false;
      return parsed;
    }
    prepared = prepared_.emplace(statement, name).first;
  }
  const auto& bytes = parameters.values();
  std::vector<const char*> values;
  std::vector<int> sizes;
  for (const std::string& value : bytes) {
    values.push_back(value.data());
    sizes.push_back(static_cast<int>(value.size()));
  }
  const std::vector<int> formats(bytes.size(), 1);
  return finish(PQsendQueryPrepared(connection_, prepared->second.c_str(), static_cast<int>(bytes.size()),
                                    values.data(), sizes.data(), formats.data(), 1) == 1);
}

PostgresConnection::Executed PostgresConnection::finish(bool is_sent) {
  warning_.clear();
  if (!is_sent) return std::unexpected(failure(PQerrorMessage(connection_), true));
  is_answer_due_ = true;
  if (auto answered = await_answer(SteadyClock::now() + answer_timeout_); !answered) {
    return std::unexpected(failure(answered.error().detail, true));
  }
  const auto status = PQresultStatus(result_.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
    if (!warning_.empty()) return std::unexpected(failure("the server warns: " + warning_, true));
    return PostgresRows(std::move(result_));
  }
  // An error means that the transaction was rolled back, but for the codes that say otherwise.
  const char* code = PQresultErrorField(result_.get(), PG_DIAG_SQLSTATE);
  const std::string sqlstate = code == nullptr ? "" : code;
  const bool is_unknown = is_lost() || sqlstate.empty() || sqlstate == "40003" || sqlstate.starts_with("08");
  auto failed = failure(PQresultErrorMessage(result_.get()), is_unknown);
  failed.sqlstate = sqlstate;
  return std::unexpected(std::move(failed));
}

Result<void> PostgresConnection::await_answer(Deadline deadline) {
  for (;;) {
    for (int unsent = PQflush(connection_); unsent != 0; unsent = PQflush(connection_)) {
      if (unsent < 0) break;  // What the server said before the connection was lost can still be read.
      // Reading meanwhile: a server that waits for its answers to be taken does not take more.
      if (auto ready = await_socket(POLLIN | POLLOUT, deadline); !ready) return ready;
      if (PQconsumeInput(connection_) == 0) break;
    }
    while (PQisBusy(connection_) == 1) {
      if (auto ready = await_socket(POLLIN, deadline); !ready) return ready;
      if (PQconsumeInput(connection_) == 0) break;
    }
    PGresult* next = PQgetResult(connection_);
    if (next == nullptr) break;
    result_.reset(next);
  }
  is_answer_due_ = false;
  return {};
}

Result<void> PostgresConnection::await_socket(short events, Deadline deadline) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
    pollfd wait{PQsocket(connection_), events, 0};
    const int ready = left > 0 ? ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000))) : 0;
    if (ready > 0) return {};
    if (ready == 0 && left <= 0) return fail(ErrorCode::kTimeout, "no answer in time");
    if (ready < 0 && errno != EINTR) return fail(ErrorCode::kInputOutput, std::strerror(errno));
  }
}

bool PostgresConnection::is_lost() const { return PQstatus(connection_) != CONNECTION_OK; }
bool PostgresConnection::is_usable() const { return !is_lost() && !is_answer_due_; }

bool PostgresConnection::await_late_answer(Duration patience) {
  if (is_usable()) return true;
  return await_answer(SteadyClock::now() + patience).has_value();
}

PostgresFailure PostgresConnection::failure(std::string_view cause, bool is_unknown) const {
  return {{ErrorCode::kUnavailable, "PostgreSQL at " + name_ + ": " + trimmed(cause)}, "", is_unknown};
}

}  // namespace troupe::engine
