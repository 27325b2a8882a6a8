#include "bench/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "bench/peers/system.hpp"
#include "bench/report/page.hpp"

namespace troupe::bench {

namespace {

using Cells = std::vector<std::string>;
using Case = nlohmann::ordered_json;

/// Three decimals, and whole numbers without any.
nlohmann::ordered_json rounded(double value) {
  const double thousandths = std::round(value * 1000) / 1000;
  if (thousandths == std::floor(thousandths)) return static_cast<std::int64_t>(thousandths);
  return thousandths;
}

std::size_t place(Cells& names, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) names.push_back(name);
  return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
}

std::string shown(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string aligned(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths;
  for (const Cells& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) text += fmt::format("{}{:>{}}", i == 0 ? "" : "  ", row[i], widths[i]);
    text += '\n';
  }
  return text;
}

/// Nothing if the file has no name.
bool write_file(const std::string& name, const std::string& text) {
  if (name.empty()) return true;
  std::ofstream out(name, std::ios::trunc);
  out << text;
  out.close();
  if (!out) std::cerr << "the file " << name << " cannot be written\n";
  return static_cast<bool>(out);
}

/// How many times better a figure is than another of its kind.
double times_better(const Figure& figure, const Figure& other) {
  const bool less_is_better = figure.unit == "B" || figure.unit == "us";
  return less_is_better ? other.value / figure.value : figure.value / other.value;
}

/// What all cases have in common.
Case common_part(const std::vector<Row>& rows) {
  Case same = rows.empty() ? Case::object() : rows.front().of;
  for (const Row& row : rows) {
    for (auto item = same.begin(); item != same.end();)
      item = row.of.contains(item.key()) && row.of[item.key()] == item.value() ? std::next(item) : same.erase(item);
  }
  return same;
}

/// Fills in the ratios of one system's row.
void compare(Row& row, const std::vector<Row>& rows) {
  for (const Row& other : rows) {
    if (other.system == row.system || other.of != row.of) continue;
    const Figure* same = other.find(row.figures.front().metric);
    if (same == nullptr || same->value <= 0 || row.figures.front().value <= 0) continue;
    const double times = times_better(row.figures.front(), *same);
    double& ratio = is_peer(other.system) ? row.of_peer : row.of_limit;
    ratio = ratio == 0 ? times : std::min(ratio, times);
  }
}

}  // namespace

std::string readable(double value) {
  if (value < 100) return fmt::format("{:.{}f}", value, value < 10 ? 2 : 1);
  std::string digits = fmt::format("{:.0f}", value);
  for (std::ptrdiff_t i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), ",");
  return digits;
}

const Figure* Row::find(const std::string& metric) const {
  const auto found = std::ranges::find(figures, metric, &Figure::metric);
  return found == figures.end() ? nullptr : &*found;
}

std::vector<Row> Report::rows() const {
  std::vector<Row> rows;
  for (const Figure& figure : figures_) {
    const auto same = [&](const Row& row) { return row.of == figure.of && row.system == figure.system; };
    auto found = std::ranges::find_if(rows, same);
    if (found == rows.end()) found = rows.insert(rows.end(), Row{.of = figure.of, .system = figure.system});
    found->figures.push_back(figure);
  }
  for (Row& row : rows) {
    if (row.system == "troupe") compare(row, rows);
  }
  return rows;
}

std::string Report::table() const {
  const std::vector<Row> rows = this->rows();
  const Case same = common_part(rows);
  Cells keys;
  Cells metrics;
  for (const Row& row : rows) {
    for (const auto& [key, value] : row.of.items()) {
      if (!same.contains(key)) place(keys, key);
    }
    for (const Figure& figure : row.figures) place(metrics, figure.metric);
  }
  Cells head = keys;
  head.emplace_back("system");
  std::ranges::copy(metrics, std::back_inserter(head));
  head.insert(head.end(), {"of_peer", "of_limit"});

  std::vector<Cells> lines{head};
  for (const Row& row : rows) {
    Cells& cells = lines.emplace_back(head.size());
    for (const auto& [key, value] : row.of.items()) {
      if (!same.contains(key)) cells[place(keys, key)] = shown(value);
    }
    cells[keys.size()] = row.system;
    for (const Figure& figure : row.figures)
      cells[keys.size() + 1 + place(metrics, figure.metric)] = readable(figure.value);
    if (row.of_peer > 0) cells[head.size() - 2] = fmt::format("{:.2f}", row.of_peer);
    if (row.of_limit > 0) cells[head.size() - 1] = fmt::format("{:.2f}", row.of_limit);
  }
  std::string text = "all:";
  for (const auto& [key, value] : same.items()) text += ' ' + key + ' ' + shown(value) + ';';
  return text + '\n' + aligned(lines);
}

std::string Report::json_lines() const {
  std::string lines;
  for (const Figure& figure : figures_) {
    nlohmann::ordered_json line;
    line["bench"] = bench_;
    line["case"] = figure.of;
    line["system"] = figure.system;
    line["metric"] = figure.metric;
    line["value"] = rounded(figure.value);
    line["unit"] = figure.unit;
    lines += line.dump() + '\n';
  }
  return lines;
}

int Report::finish(const OutputOptions& output) const {
  std::cout << table() << std::flush;
  const bool written = write_file(output.json_file, json_lines()) && write_file(output.html_file, page_of(*this));
  return written ? 0 : 1;
}

void progress(const std::string& what) { std::cerr << what << std::endl; }

}  // namespace troupe::bench
