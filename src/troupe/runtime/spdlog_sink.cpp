#include "troupe/runtime/spdlog_sink.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <atomic>
#include <string>
#include <utility>

#include "troupe/runtime/detail/log_line.hpp"

namespace troupe::runtime {

namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

struct SpdlogSink::Parts {
  explicit Parts(const SpdlogSinkOptions& options)
      : format(options.format),
        level(options.level),
        writer(std::make_shared<spdlog::details::thread_pool>(options.queue_lines_max, 1)) {
    // A terminal gets colours, a file or pipe does not.
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(spdlog::color_mode::automatic);
    logger = std::make_shared<spdlog::async_logger>("troupe", std::move(sink), writer,
                                                    spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(spdlog::level::trace);
    const bool json = format == LogFormat::kJson;
    logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})" : "%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v",
        json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local));
  }

  const LogFormat format;
  std::atomic<LogLevel> level;
  std::shared_ptr<spdlog::async_logger> logger;
  std::shared_ptr<spdlog::details::thread_pool> writer;  ///< Ends first: writes what is queued, joins its thread.
};

SpdlogSink::SpdlogSink(const SpdlogSinkOptions& options) : parts_(std::make_unique<Parts>(options)) {}

SpdlogSink::~SpdlogSink() = default;

bool SpdlogSink::enabled(LogLevel level) const { return level >= parts_->level.load(std::memory_order_relaxed); }

void SpdlogSink::write(LogLevel level, std::string_view component, std::string_view text) {
  const std::string line = detail::log_line(parts_->format, component, text);
  parts_->logger->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

void SpdlogSink::set_level(LogLevel level) { parts_->level.store(level, std::memory_order_relaxed); }

std::uint64_t SpdlogSink::lines_dropped() const { return parts_->writer->overrun_counter(); }

}  // namespace troupe::runtime
