#include "troupe/engine/postgres/postgres_store.hpp"

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "troupe/base/hash.hpp"
#include "troupe/engine/journal_record.hpp"
#include "troupe/engine/postgres/postgres_tables.hpp"
#include "troupe/overlay/backoff.hpp"

namespace troupe::engine {
namespace {

using document::Event;
using document::ReadRequest;
using document::StreamHead;
using SteadyClock = std::chrono::steady_clock;

constexpr int kConflictsMax = 10;
/// So long an answer that is late is waited for on its connection.
constexpr Duration kLateAnswerMax = 30s;

/// Two transactions met, and this one was rolled back.
bool is_conflict(const PostgresFailure& failure) {
  return !failure.is_unknown && (failure.sqlstate == "40001" || failure.sqlstate == "40P01");
}

/// The server does not take this content: a key that is there already, or data that it cannot store.
bool is_about_content(const PostgresFailure& failure) {
  return !failure.is_unknown && (failure.sqlstate.starts_with("22") || failure.sqlstate.starts_with("23"));
}

/// The parameters of a commit, and what they are views of.
class CommitParameters {
 public:
  explicit CommitParameters(std::span<const StreamChange> changes) {
    for (std::size_t i = 0; i < changes.size(); ++i) add(changes[i], static_cast<std::int64_t>(i) + 1);
  }

  bool has_snapshots() const { return !parts_.empty(); }
  bool has_new_streams() const { return !new_streams_.empty(); }

  PostgresParameters of_make_heads() const {
    PostgresParameters parameters;
    parameters.add(new_streams_);
    return parameters;
  }

  PostgresParameters of_commit() const {
    PostgresParameters parameters;
    parameters.add(streams_);
    parameters.add(views(before_));
    parameters.add(views(after_));
    parameters.add(event_places_);
    parameters.add(seqs_);
    parameters.add(views(events_));
    if (!has_snapshots()) return parameters;
    parameters.add(part_places_);
    parameters.add(part_seqs_);
    parameters.add(part_numbers_);
    parameters.add(views(parts_));
    return parameters;
  }

  PostgresParameters of_drop_snapshots() const {
    PostgresParameters parameters;
    parameters.add(saved_streams_);
    parameters.add(saved_seqs_);
    return parameters;
  }

 private:
  void add(const StreamChange& change, std::int64_t place) {
    streams_.push_back(change.stream);
    const bool is_new = change.before.fence == 0;
    if (is_new) new_streams_.push_back(change.stream);
    before_.push_back(is_new ? Bytes() : encode_head(change.stream, change.before));
    after_.push_back(encode_head(change.stream, change.after));
    for (const Event* event : change.events) {
      event_places_.push_back(place);
      seqs_.push_back(static_cast<std::int64_t>(event->seq));
      events_.push_back(encode_event(change.stream, *event));
    }
    if (change.snapshot == nullptr) return;
    saved_streams_.push_back(change.stream);
    saved_seqs_.push_back(static_cast<std::int64_t>(change.snapshot->seq));
    const Bytes record = encode_snapshot(change.stream, *change.snapshot);
    for (std::size_t at = 0; at < record.size(); at += kSnapshotPartBytes) {
      part_places_.push_back(place);
      part_seqs_.push_back(saved_seqs_.back());
      part_numbers_.push_back(static_cast<std::int64_t>(at / kSnapshotPartBytes) + 1);
      parts_.push_back(record.slice(at, kSnapshotPartBytes));
    }
  }

  static std::vector<std::string_view> views(const std::vector<Bytes>& all) {
    std::vector<std::string_view> views;
    views.reserve(all.size());
    for (const Bytes& bytes : all) views.push_back(bytes.view());
    return views;
  }

  std::vector<std::string_view> streams_;
  std::vector<Bytes> before_;
  std::vector<Bytes> after_;
  std::vector<std::int64_t> event_places_;
  std::vector<std::int64_t> seqs_;
  std::vector<Bytes> events_;
  std::vector<std::int64_t> part_places_;
  std::vector<std::int64_t> part_seqs_;
  std::vector<std::int64_t> part_numbers_;
  std::vector<Bytes> parts_;
  std::vector<std::string_view> new_streams_;
  std::vector<std::string_view> saved_streams_;
  std::vector<std::int64_t> saved_seqs_;
};

Result<StreamHead> head_of(std::string_view stream, std::string_view record) {
  if (record.empty()) return StreamHead{};
  return decode_head(stream, Bytes::copy_of(record));
}

}  // namespace

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(PostgresAddress address, std::size_t first_host) {
  auto writer = PostgresConnection::connect(address, first_host);
  if (!writer) return std::unexpected(std::move(writer.error()));
  if (auto promised = check_promises(**writer, address); !promised) return std::unexpected(std::move(promised.error()));
  if (auto prepared = prepare_tables(**writer); !prepared) return std::unexpected(std::move(prepared.error()));
  return std::unique_ptr<PostgresStore>(new PostgresStore(std::move(address), first_host, std::move(*writer)));
}

PostgresStore::PostgresStore(PostgresAddress address, std::size_t host, std::unique_ptr<PostgresConnection> writer)
    : address_(std::move(address)),
      host_(host),
      random_(combine(host, static_cast<std::uint64_t>(SteadyClock::now().time_since_epoch().count()))),
      writer_(std::move(writer)) {}

Result<std::vector<Result<StreamHead>>> PostgresStore::heads(std::span<const std::string_view> streams) {
  if (writer_ == nullptr) return fail(ErrorCode::kUnavailable, "no connection to PostgreSQL");
  PostgresParameters parameters;
  parameters.add(std::vector(streams.begin(), streams.end()));
  const auto rows = writer_->execute(kSelectHeads, parameters);
  if (!rows) return std::unexpected(rows.error().error);
  std::vector<Result<StreamHead>> heads(streams.size());
  for (std::size_t row = 0; row < rows->size(); ++row) {
    const auto place = static_cast<std::size_t>(rows->number(row, 0)) - 1;
    heads[place] = head_of(streams[place], rows->bytes(row, 1));
  }
  return heads;
}

std::expected<std::vector<ChangeOutcome>, CommitFailure> PostgresStore::commit(std::span<const StreamChange> changes) {
  for (int conflicts = 0;; ++conflicts) {
    auto outcomes = commit_together(changes);
    if (outcomes) return std::move(*outcomes);
    const PostgresFailure& failure = outcomes.error();
    if (is_about_content(failure)) {
      if (changes.size() > 1) return commit_one_by_one(changes);
      return std::vector{ChangeOutcome::kRefused};
    }
    if (!is_conflict(failure) || conflicts == kConflictsMax) {
      return std::unexpected(CommitFailure{failure.error, failure.is_unknown});
    }
    std::this_thread::sleep_for(overlay::jittered(1ms * (1 << conflicts), random_));
  }
}

PostgresStore::Outcomes PostgresStore::commit_together(std::span<const StreamChange> changes) {
  if (writer_ == nullptr) {
    return std::unexpected(PostgresFailure{{ErrorCode::kUnavailable, "no connection to PostgreSQL"}, "", false});
  }
  const CommitParameters parameters(changes);
  if (parameters.has_new_streams()) {
    auto made = writer_->execute(kMakeHeads, parameters.of_make_heads());
    if (!made) {
      made.error().is_unknown = false;  // A head that nobody has opened yet is none.
      return std::unexpected(std::move(made.error()));
    }
  }
  auto rows = writer_->execute(parameters.has_snapshots() ? kCommitWithSnapshots : kCommit, parameters.of_commit());
  if (!rows) return std::unexpected(std::move(rows.error()));
  std::vector<ChangeOutcome> outcomes(changes.size(), ChangeOutcome::kStale);
  for (std::size_t row = 0; row < rows->size(); ++row) {
    outcomes[static_cast<std::size_t>(rows->number(row, 0)) - 1] = ChangeOutcome::kWritten;
  }
  // What is not dropped now is dropped after the next snapshot; a lost connection is noticed by the next statement.
  if (parameters.has_snapshots()) (void)writer_->execute(kDropSnapshots, parameters.of_drop_snapshots());
  return outcomes;
}

/// One of them is not to be stored: the others are.
std::expected<std::vector<ChangeOutcome>, CommitFailure> PostgresStore::commit_one_by_one(
    std::span<const StreamChange> changes) {
  std::vector<ChangeOutcome> outcomes;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto outcome = commit(changes.subspan(i, 1));
    if (!outcome) {
      outcome.error().is_unknown |= i > 0;  // What came before was written.
      return std::unexpected(std::move(outcome.error()));
    }
    outcomes.push_back(outcome->front());
  }
  return outcomes;
}

PostgresConnection::Executed PostgresStore::query(const std::string& statement, const PostgresParameters& parameters) {
  const std::lock_guard lock(readers_mutex_);
  for (bool is_new = false;; is_new = true) {
    if (reader_ == nullptr || !reader_->is_usable() || reader_generation_ != generation_) {
      reader_.reset();
      reader_generation_ = generation_;
      auto connected = PostgresConnection::connect(address_, 0);
      if (!connected) return std::unexpected(PostgresFailure{std::move(connected.error()), "", false});
      reader_ = std::move(*connected);
    }
    auto rows = reader_->execute(statement, parameters);
    if (rows || is_new || !reader_->is_lost()) return rows;
  }
}

Result<JournalStore::OpenedSnapshot> PostgresStore::opened_snapshot(std::string_view stream) {
  PostgresParameters parameters;
  parameters.add(stream);
  const auto rows = query(kSelectSnapshot, parameters);
  if (!rows) return std::unexpected(rows.error().error);
  if (rows->size() == 0) return OpenedSnapshot{};
  auto head = head_of(stream, rows->bytes(0, 1));
  if (!head) return std::unexpected(std::move(head.error()));
  if (head->snapshot_seq == 0) return OpenedSnapshot{{}, head->last_seq};
  std::string record;
  for (std::size_t row = 1; row < rows->size(); ++row) record += rows->bytes(row, 1);
  auto snapshot = decode_snapshot(stream, Bytes::copy_of(record));
  if (!snapshot) return std::unexpected(std::move(snapshot.error()));
  if (snapshot->seq != head->snapshot_seq) {
    return fail(ErrorCode::kCorrupt, "the snapshot of stream " + std::string(stream) + ": it is not the newest");
  }
  return OpenedSnapshot{std::move(*snapshot), head->last_seq};
}

Result<std::vector<Event>> PostgresStore::read(const ReadRequest& request) {
  std::vector<Event> events;
  constexpr auto kSeqMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (request.events_max == 0 || request.after >= kSeqMax) return events;
  PostgresParameters parameters;
  parameters.add(std::string_view(request.stream));
  parameters.add(static_cast<std::int64_t>(request.after));
  parameters.add(std::int64_t{request.events_max});
  parameters.add(std::int64_t{request.bytes_max});
  const auto rows = query(kSelectEvents, parameters);
  if (!rows) return std::unexpected(rows.error().error);
  if (rows->size() == 0) return events;
  const auto head = head_of(request.stream, rows->bytes(0, 1));
  if (!head) return std::unexpected(head.error());

  std::size_t bytes = 0;
  std::uint64_t seq = request.after;
  for (std::size_t row = 1; row < rows->size(); ++row) {
    if (static_cast<std::uint64_t>(rows->number(row, 0)) != ++seq) break;
    auto event = decode_event(request.stream, seq, Bytes::copy_of(rows->bytes(row, 1)));
    if (!event) return std::unexpected(std::move(event.error()));
    bytes += document::size_bytes(*event);
    if (bytes > request.bytes_max && !events.empty()) return events;
    events.push_back(std::move(*event));
  }
  seq = request.after + events.size() + 1;
  // The server leaves out what stands behind an event that exceeds the limit, which is only given here if it is the
  // first.
  if (seq <= head->last_seq && events.size() < request.events_max && bytes <= request.bytes_max) {
    return fail(ErrorCode::kCorrupt, "event " + std::to_string(seq) + " of stream " + request.stream + ": missing");
  }
  return events;
}

Result<std::vector<std::string>> PostgresStore::streams(std::string_view after, std::size_t count_max) {
  PostgresParameters parameters;
  parameters.add(after);
  parameters.add(static_cast<std::int64_t>(count_max));
  const auto rows = query(kSelectStreams, parameters);
  if (!rows) return std::unexpected(rows.error().error);
  std::vector<std::string> names;
  for (std::size_t row = 0; row < rows->size(); ++row) names.emplace_back(rows->bytes(row, 0));
  return names;
}

Result<void> PostgresStore::check() {
  if (writer_ == nullptr) return fail(ErrorCode::kUnavailable, "no connection to PostgreSQL");
  return check_promises(*writer_, address_);
}

Result<void> PostgresStore::recover() {
  if (writer_ != nullptr && !writer_->is_usable() && !writer_->is_lost()) {
    if (late_since_ == SteadyClock::time_point()) late_since_ = SteadyClock::now();
    if (!writer_->await_late_answer(address_.answer_timeout) && SteadyClock::now() - late_since_ < kLateAnswerMax) {
      return fail(ErrorCode::kUnavailable, "PostgreSQL at " + writer_->name() + " has not answered yet");
    }
  }
  late_since_ = {};
  if (writer_ == nullptr || !writer_->is_usable()) {
    writer_.reset();
    auto connected = PostgresConnection::connect(address_, host_++);
    if (!connected) return std::unexpected(std::move(connected.error()));
    if (auto prepared = prepare_tables(**connected); !prepared) return prepared;
    writer_ = std::move(*connected);
    ++generation_;
  }
  if (auto promised = check_promises(*writer_, address_); !promised) return promised;
  const auto probed = writer_->execute(kProbe);
  if (probed) return {};
  // One that takes no writes any more, as an old primary: the next attempt looks at the other hosts, too.
  if (writer_->is_usable()) writer_.reset();
  return std::unexpected(probed.error().error);
}

}  // namespace troupe::engine
