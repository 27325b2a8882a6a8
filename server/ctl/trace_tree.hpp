#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::server {

/// A span as it stands in a node's file.
struct ShownSpan {
  std::string id;
  std::string parent;  ///< Empty: none.
  std::string name;
  std::string node;
  std::string error;  ///< Empty: none.
  std::int64_t start = 0;
  std::int64_t end = 0;     ///< Both in nanoseconds since the Unix epoch.
  std::int64_t waited = 0;  ///< Nanoseconds.
  std::string path;         ///< Of an HTTP request.
};

/// The traces in the span files of one or several nodes (OTLP/JSON lines, docs/operations.md).
class TraceTrees {
 public:
  /// Only of the trace with this id; empty: of all.
  explicit TraceTrees(std::string trace_id = "") : trace_id_(std::move(trace_id)) {}

  /// Takes the spans of one line, or of any number of lines.
  void read(std::string_view text);

  /// Each trace as a tree for people, the oldest first. A span whose parent is not there stands at the left.
  std::string render() const;

  std::size_t size() const { return traces_.size(); }
  std::size_t unreadable_lines() const { return unreadable_lines_; }

 private:
  void read_line(std::string_view line);

  std::string trace_id_;
  std::map<std::string, std::vector<ShownSpan>> traces_;
  std::size_t unreadable_lines_ = 0;
};

}  // namespace troupe::server
