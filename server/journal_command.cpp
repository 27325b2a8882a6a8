#include "journal_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "troupe/engine/archive/journal_archive.hpp"
#include "troupe/node/journal/open_journal.hpp"

namespace troupe::server {

namespace {

using engine::ArchiveCounts;

std::string describe(const ArchiveCounts& counts) {
  return fmt::format("{} document{}, {} event{}", counts.streams, counts.streams == 1 ? "" : "s", counts.events,
                     counts.events == 1 ? "" : "s");
}

/// A line that stays in its place on a terminal; elsewhere one every few seconds.
class Progress {
 public:
  void operator()(const ArchiveCounts& counts) {
    const auto now = std::chrono::steady_clock::now();
    if (now - shown_ < (is_terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000))) return;
    shown_ = now;
    fmt::print(stderr, "{}{}{}", is_terminal_ ? "\r" : "", describe(counts), is_terminal_ ? "\x1b[K" : "\n");
  }
  void end() const {
    if (is_terminal_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  const bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
};

Result<ArchiveCounts> read_file(const std::string& file, engine::StreamVisitor& visitor,
                                const engine::ArchiveProgress& progress) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::kInputOutput, file + " cannot be read");
  return engine::visit_archive(in, visitor, progress);
}

/// A crash leaves the old file, or none, and never half of one.
Result<void> put_in_place(const std::string& fresh, const std::string& file) {
  const int descriptor = ::open(fresh.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_safe = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  std::error_code error;
  if (is_safe) std::filesystem::rename(fresh, file, error);
  if (!is_safe || error) return fail(ErrorCode::kInputOutput, file + " cannot be written");
  return {};
}

Result<ArchiveCounts> export_to(const std::string& file, engine::JournalStore& store,
                                const engine::ArchiveProgress& progress) {
  const std::string fresh = file + ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  std::error_code error;
  std::filesystem::permissions(fresh, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
  if (!out || error) return fail(ErrorCode::kInputOutput, fresh + " cannot be written");
  engine::ArchiveWriter writer(out);
  auto counts = engine::visit_store(store, writer, progress);
  Result<void> written = counts ? writer.finish() : Result<void>();
  out.close();
  if (written && counts) written = put_in_place(fresh, file);
  if (counts && written) return counts;
  std::filesystem::remove(fresh, error);
  return std::unexpected(counts ? written.error() : counts.error());
}

/// Nothing is written unless all of the archive can be read.
Result<ArchiveCounts> import_from(const std::string& file, engine::JournalStore& store,
                                  const engine::ArchiveProgress& progress) {
  const auto there = store.streams("", 1);
  if (!there) return std::unexpected(there.error());
  if (!there->empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "the journal has documents already; import into an empty one (a new data directory or database)");
  }
  engine::CountingVisitor checking;
  if (auto checked = read_file(file, checking, progress); !checked) return checked;
  engine::StoringVisitor storing(store);
  return read_file(file, storing, progress);
}

/// Opening RocksDB's directory would make it.
bool is_there(const NodeOptions& options) {
  return options.journal.engine != JournalOptions::Engine::kRocksDb || options.data.empty() ||
         std::filesystem::exists(options.data + "/journal");
}

Result<ArchiveCounts> run(JournalAction action, const std::string& file, const ConfigSources& sources,
                          const engine::ArchiveProgress& progress) {
  engine::CountingVisitor counting;
  if (action == JournalAction::kVerify && !file.empty()) return read_file(file, counting, progress);
  ConfigSources own = sources;
  own.serves_documents = false;  // It serves nobody, whatever the configuration is for.
  Config config = load_config(own);
  for (const ConfigProblem& problem : config.problems) std::fputs(to_string(problem).c_str(), stderr);
  if (config.has_errors()) return fail(ErrorCode::kInvalidArgument, "the configuration has errors");
  if (action != JournalAction::kImport && !is_there(config.options)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("there is no journal in \"{}\"", config.options.data));
  }
  auto store = open_store(config.options);
  if (!store) return std::unexpected(std::move(store.error()));
  auto counts = action == JournalAction::kExport   ? export_to(file, **store, progress)
                : action == JournalAction::kImport ? import_from(file, **store, progress)
                                                   : engine::visit_store(**store, counting, progress);
  (*store)->finish();
  return counts;
}

}  // namespace

int journal_command(JournalAction action, const std::string& file, const ConfigSources& sources) {
  Progress progress;
  const auto counts = run(action, file, sources, std::ref(progress));
  progress.end();
  if (!counts) {
    fmt::print(stderr, "troupe: {}\n", counts.error().to_string());
    return 1;
  }
  const std::string done = action == JournalAction::kExport   ? "written to " + file
                           : action == JournalAction::kImport ? "read from " + file
                                                              : "all whole";
  fmt::print("{}: {}\n", describe(*counts), done);
  return 0;
}

}  // namespace troupe::server
