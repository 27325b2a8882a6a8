#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "troupe/actor/log.hpp"

namespace troupe::runtime {

enum class LogFormat : std::uint8_t {
  kText,  ///< "2026-01-31 12:00:00.123 info    cluster: b joined", with colour if standard error is a terminal
  kJson,  ///< {"time":"2026-01-31T12:00:00.123Z","level":"info","component":"cluster","text":"b joined"}
};

struct SpdlogSinkOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  std::size_t queue_lines_max = 8192;  ///< Full: the oldest line is dropped, and counted.
};

/// Writes log lines to standard error. A thread of its own does the writing, so a terminal or pipe that does not read
/// holds up no shard. Control characters in a text, which may come from a peer, are escaped: a line stays a line. Any
/// thread.
class SpdlogSink final : public LogSink {
 public:
  explicit SpdlogSink(const SpdlogSinkOptions& options = {});
  /// Writes what is queued.
  ~SpdlogSink() override;

  bool enabled(LogLevel level) const override;
  void write(LogLevel level, std::string_view component, std::string_view text) override;

  void set_level(LogLevel level);
  std::uint64_t lines_dropped() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace troupe::runtime
