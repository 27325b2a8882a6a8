#include "troupe/runtime/spans/span_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "troupe/runtime/detail/steady_now.hpp"

namespace troupe::runtime {

namespace {

constexpr std::size_t kLineSpansMax = 256;

/// From the clock of the shards to the Unix epoch: as it is now, since the system's clock may be set.
Duration to_unix() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<Duration>(since_epoch) - detail::steady_now().time_since_epoch();
}

std::string reason() { return std::generic_category().message(errno); }

/// The file itself: appends lines, and begins anew where it grows too large.
class LineFile {
 public:
  LineFile(std::string path, std::size_t bytes_max) : path_(std::move(path)), bytes_max_(bytes_max) {}
  ~LineFile() { shut(); }
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  Result<void> open() {
    if (descriptor_ >= 0) return {};
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    struct stat status{};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0)
      return fail(ErrorCode::kInputOutput, fmt::format("{}: {}", path_, reason()));
    bytes_ = static_cast<std::size_t>(status.st_size);
    return {};
  }

  Result<void> append(std::string line) {
    if (torn_) line.insert(0, 1, '\n');  // What the last write left of its line ends here.
    if (bytes_ > 0 && bytes_ + line.size() > bytes_max_) {
      shut();
      if (std::rename(path_.c_str(), (path_ + ".1").c_str()) != 0)
        return fail(ErrorCode::kInputOutput, fmt::format("{} cannot be renamed: {}", path_, reason()));
    }
    if (auto opened = open(); !opened) return opened;
    for (std::size_t at = 0; at < line.size();) {
      const ssize_t written = ::write(descriptor_, line.data() + at, line.size() - at);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        torn_ = torn_ || at > 0;
        return fail(ErrorCode::kInputOutput, fmt::format("{}: {}", path_, reason()));
      }
      at += static_cast<std::size_t>(written);
      bytes_ += static_cast<std::size_t>(written);
    }
    torn_ = false;
    return {};
  }

 private:
  void shut() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

  std::string path_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  bool torn_ = false;
  int descriptor_ = -1;
};

}  // namespace

struct SpanFile::Parts {
  Parts(SpanFileOptions file_options, Metrics& metrics, LogSink& log_sink)
      : options(std::move(file_options)),
        file(options.path, options.bytes_max),
        log(log_sink, "trace"),
        dropped(metrics.counter("troupe_trace_dropped_total",
                                "Spans that were not written, as too many waited or the file failed")) {}

  void run();
  void write(std::span<const Span> spans);

  const SpanFileOptions options;
  LineFile file;  ///< Of the thread, once there is one.
  const Log log;
  Counter& dropped;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Span> waiting;
  bool closed = false;
  bool failing = false;
  std::thread thread;
};

void SpanFile::Parts::run() {
  pthread_setname_np(pthread_self(), "spans");
  std::vector<Span> taken;
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return closed || !waiting.empty(); });
      changed.wait_for(lock, options.gather, [this] { return closed || waiting.size() >= kLineSpansMax; });
      last = closed;
      taken.swap(waiting);
    }
    for (std::size_t at = 0; at < taken.size(); at += kLineSpansMax)
      write(std::span(taken).subspan(at, std::min(kLineSpansMax, taken.size() - at)));
    taken.clear();
  }
}

void SpanFile::Parts::write(std::span<const Span> spans) {
  const Result<void> written = file.append(otlp_json(options.resource, spans, to_unix()) + "\n");
  if (!written) dropped.add(spans.size());
  if (written.has_value() != failing) return;
  failing = !written;
  written ? log.info("spans are written again") : log.error("spans are lost: {}", written.error().to_string());
}

Result<std::unique_ptr<SpanFile>> SpanFile::open(SpanFileOptions options, Metrics& metrics, LogSink& log_sink) {
  auto parts = std::make_unique<Parts>(std::move(options), metrics, log_sink);
  if (const auto opened = parts->file.open(); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<SpanFile>(new SpanFile(std::move(parts)));
}

SpanFile::SpanFile(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {
  parts_->thread = std::thread([own = parts_.get()] { own->run(); });
}

SpanFile::~SpanFile() { close(); }

TimePoint SpanFile::now() const { return detail::steady_now(); }

void SpanFile::record(Span span) {
  {
    const std::lock_guard lock(parts_->mutex);
    if (parts_->closed || parts_->waiting.size() >= parts_->options.queue_spans_max) return parts_->dropped.add();
    parts_->waiting.push_back(std::move(span));
    // The thread waits for the first, and then for a line's worth.
    if (parts_->waiting.size() != 1 && parts_->waiting.size() != kLineSpansMax) return;
  }
  parts_->changed.notify_one();
}

void SpanFile::close() {
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->closed = true;
  }
  parts_->changed.notify_one();
  if (parts_->thread.joinable()) parts_->thread.join();
}

}  // namespace troupe::runtime
