#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

std::string_view to_string(LogLevel level);

/// Where log lines go: the runtime writes them to standard error, the simulator to its trace. Any thread.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual bool enabled(LogLevel level) const = 0;
  /// `component` is the part that speaks ("cluster", "document", an actor's class).
  virtual void write(LogLevel level, std::string_view component, std::string_view text) = 0;
};

/// A component's voice: log.info("{} joined", name). A line is formatted only if its level is on.
class Log {
 public:
  Log(LogSink& sink, std::string_view component) : sink_(&sink), component_(component) {}

  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::kDebug, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::kInfo, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::kWarning, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    write(LogLevel::kError, format, std::forward<Args>(args)...);
  }

 private:
  template <class... Args>
  void write(LogLevel level, fmt::format_string<Args...> format, Args&&... args) const {
    if (sink_->enabled(level)) sink_->write(level, component_, fmt::format(format, std::forward<Args>(args)...));
  }

  LogSink* sink_;
  std::string_view component_;
};

}  // namespace troupe
