#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/bench.hpp"

namespace troupe::bench {

/// One measured number.
struct Figure {
  nlohmann::ordered_json of;  ///< The case: {"pairs":16,"size_bytes":64}.
  std::string system = "troupe";
  std::string metric;
  double value = 0;
  std::string unit;
};

/// What one system did in one case.
struct Row {
  nlohmann::ordered_json of;
  std::string system;
  std::vector<Figure> figures;
  /// Of troupe's first figure to the best peer's, and to that of what is no peer but the limit: how many times better
  /// (more of a rate, less of a time or a size). 0: nothing to compare with.
  double of_peer = 0;
  double of_limit = 0;

  const Figure* find(const std::string& metric) const;
};

/// The figures of one run.
class Report {
 public:
  /// `bench` names the run in each JSON line.
  explicit Report(std::string bench) : bench_(std::move(bench)) {}

  void add(Figure figure) { figures_.push_back(std::move(figure)); }

  const std::string& bench() const { return bench_; }
  /// In the order in which their first figures were added.
  std::vector<Row> rows() const;

  /// First what all cases have in common; then a line for each row, a column for each metric.
  std::string table() const;
  /// One line for each figure.
  std::string json_lines() const;

  /// Prints the table, and writes what else the options ask for. The exit code.
  int finish(const OutputOptions& output) const;

 private:
  std::string bench_;
  std::vector<Figure> figures_;
};

/// 1234567.8 as 1,234,568; 12.345 as 12.3.
std::string readable(double value);

/// A line on standard error: what is measured now.
void progress(const std::string& what);

}  // namespace troupe::bench
