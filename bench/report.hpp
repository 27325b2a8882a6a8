#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace troupe::bench {

/// One measured number.
struct Figure {
  nlohmann::ordered_json of;  ///< The case: {"pairs":16,"size_bytes":64}.
  std::string system = "troupe";
  std::string metric;
  double value = 0;
  std::string unit;
};

/// The figures of one run.
class Report {
 public:
  /// `bench` names the run in each JSON line. A case that was also measured on another system than troupe gets the
  /// ratio of the two, by the case's first metric.
  explicit Report(std::string bench) : bench_(std::move(bench)) {}

  void add(Figure figure);

  /// A row for each case and system, a column for each metric.
  std::string table() const;
  /// One line for each figure.
  std::string json_lines() const;

  /// Prints the table, and writes the JSON lines to the file unless it has no name. The exit code.
  int finish(const std::string& json_file) const;

 private:
  double ratio(const Figure& figure) const;

  std::string bench_;
  std::vector<Figure> figures_;
};

/// A line on standard error: what is measured now.
void progress(const std::string& what);

}  // namespace troupe::bench
