#include "bench/report/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "bench/report/elsewhere.hpp"
#include "bench/report/report.hpp"
#include "bench/report/svg_bars.hpp"

namespace troupe::bench {

namespace {

using Case = nlohmann::ordered_json;

constexpr auto kStyle =
    "body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2226}"
    "svg{display:block;margin:1.5rem 0;max-width:100%;height:auto;font:12px system-ui,sans-serif}"
    "svg .title{font-size:14px;font-weight:600}svg .axis{text-anchor:end;fill:#5a646b}svg .group{font-weight:600}"
    "svg .name{text-anchor:end}svg .tick{text-anchor:middle;fill:#5a646b;font-size:10px}svg .grid{stroke:#e3e7ea}"
    "table{border-collapse:collapse;font-size:13px}td,th{padding:.2rem .6rem;border-bottom:1px solid #e3e7ea;"
    "text-align:right}pre{overflow-x:auto;font-size:11px}";

/// Those keys of a case that make a plot of their own; the others make its groups.
bool makes_plot(std::string_view key) {
  constexpr std::string_view kKeys[] = {"mode", "what", "size_bytes", "rtt_ms", "beside"};
  return std::ranges::find(kKeys, key) != std::end(kKeys);
}

std::string size_text(std::uint64_t bytes) {
  if (bytes % (1U << 20U) == 0) return fmt::format("{} MiB", bytes >> 20U);
  if (bytes % 1024 == 0) return fmt::format("{} KiB", bytes >> 10U);
  return fmt::format("{} B", bytes);
}

/// "ack, 1 KiB, rtt ms 0", or what is left of the case: "pairs 16, parallelism 1".
std::string label_of(const Case& of, bool plot) {
  std::string label;
  for (const auto& [key, value] : of.items()) {
    if (makes_plot(key) != plot) continue;
    std::string name = key;
    std::ranges::replace(name, '_', ' ');
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (!label.empty()) label += ", ";
    if (key == "size_bytes") {
      label += size_text(value.get<std::uint64_t>());
    } else {
      label += key == "mode" || key == "what" ? text : name + ' ' + text;
    }
  }
  return label;
}

/// What is plotted of a row: its rate, or its round trips where those are what the case is about.
std::vector<std::string> metrics_of(const Row& row) {
  if (row.of.value("mode", "") == "beside_bulk" && row.of.value("pairs", 0) == 1)
    return {"round_trip_us_p50", "round_trip_us_p99"};
  return {row.figures.front().metric};
}

template <class T>
bool equal(const Case& of, const char* key, const T& value) {
  return of.contains(key) && of[key] == Case(value);
}

void add_elsewhere(BarGroup& group, const Case& of, const std::string& metric) {
  for (const SeenElsewhere& seen : seen_elsewhere()) {
    if (seen.metric == metric && equal(of, "mode", seen.mode) && equal(of, "size_bytes", seen.size_bytes) &&
        equal(of, "pairs", seen.pairs) && equal(of, "rtt_ms", seen.rtt_ms) && of.value("beside", "") == seen.beside)
      group.bars.push_back({seen.system, seen.value, true});
  }
}

std::vector<BarPlot> plots_of(const std::vector<Row>& rows) {
  std::vector<BarPlot> plots;
  for (const Row& first : rows) {
    for (const std::string& metric : metrics_of(first)) {
      const std::string title = label_of(first.of, true);
      auto plot = std::ranges::find_if(
          plots, [&](const BarPlot& other) { return other.title == title && other.axis == metric; });
      if (plot == plots.end()) plot = plots.insert(plots.end(), {title, metric, {}});
      const std::string label = label_of(first.of, false);
      if (std::ranges::find(plot->groups, label, &BarGroup::label) != plot->groups.end()) continue;
      BarGroup& group = plot->groups.emplace_back(BarGroup{label, {}});
      for (const Row& row : rows) {
        if (row.of != first.of) continue;
        if (const Figure* figure = row.find(metric)) group.bars.push_back({row.system, figure->value, false});
      }
      add_elsewhere(group, first.of, metric);
    }
  }
  return plots;
}

/// Troupe's rate over Erlang's in the same case of this run, whatever the parallelism: the best.
std::string over_erlang(const std::vector<Row>& rows, const PaperRatio& paper) {
  double best = 0;
  for (const Row& row : rows) {
    if (row.system != "troupe" || !equal(row.of, "mode", "ack") || !equal(row.of, "size_bytes", paper.size_bytes) ||
        !equal(row.of, "pairs", paper.pairs) || !equal(row.of, "rtt_ms", paper.rtt_ms))
      continue;
    for (const Row& other : rows) {
      if (other.system == "erlang" && other.of == row.of)
        best = std::max(best, row.figures.front().value / other.figures.front().value);
    }
  }
  return best == 0 ? "not measured" : fmt::format("{:.2f}", best);
}

std::string paper_table(const std::vector<Row>& rows) {
  std::string html = fmt::format(
      "<h2>Beside the paper</h2><p>How many times faster than Distributed Erlang: {}; and Troupe in this run.</p>\n"
      "<table><tr><th>figure<th>size<th>actors<th>round trip, ms<th>Partisan<th>Troupe, this run</tr>\n",
      escaped(kPaperSource));
  for (const PaperRatio& paper : paper_ratios()) {
    html += fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}</tr>\n", paper.figure, size_text(paper.size_bytes),
                        paper.pairs, paper.rtt_ms, paper.text, over_erlang(rows, paper));
  }
  return html + "</table>\n";
}

}  // namespace

std::string page_of(const Report& report) {
  const std::vector<Row> rows = report.rows();
  std::string html = fmt::format(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>troupe bench {0}</title><style>{1}</style>\n"
      "<h1>troupe bench {0}</h1><p>Lengths are on a logarithmic scale. ",
      escaped(report.bench()), kStyle);
  if (report.bench() == "echo") html += "Hollow bars are figures from elsewhere. " + escaped(kSeenElsewhereSource);
  html += "</p>\n";
  for (const BarPlot& plot : plots_of(rows)) html += svg_of(plot);
  if (report.bench() == "echo") html += paper_table(rows);
  return html + "<h2>All figures</h2><pre>" + escaped(report.table()) + "</pre></html>\n";
}

}  // namespace troupe::bench
