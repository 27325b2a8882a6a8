#include "bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>

namespace troupe::bench {

namespace {

using Row = std::vector<std::string>;

/// 1234567.8 as 1,234,568; 12.345 as 12.3.
std::string readable(double value) {
  if (value < 100) return fmt::format("{:.{}f}", value, value < 10 ? 2 : 1);
  std::string digits = fmt::format("{:.0f}", value);
  for (std::ptrdiff_t i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), ",");
  return digits;
}

/// Three decimals, and whole numbers without any.
nlohmann::ordered_json rounded(double value) {
  const double thousandths = std::round(value * 1000) / 1000;
  if (thousandths == std::floor(thousandths)) return static_cast<std::int64_t>(thousandths);
  return thousandths;
}

std::size_t place(Row& names, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) names.push_back(name);
  return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
}

std::string shown(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) text += fmt::format("{}{:>{}}", i == 0 ? "" : "  ", row[i], widths[i]);
    text += '\n';
  }
  return text;
}

}  // namespace

void Report::add(Figure figure) { figures_.push_back(std::move(figure)); }

/// Of a troupe figure to the same figure of another system; 0 if there is none.
double Report::ratio(const Figure& figure) const {
  for (const Figure& other : figures_) {
    if (other.system != figure.system && other.of == figure.of && other.metric == figure.metric && other.value > 0) {
      return figure.value / other.value;
    }
  }
  return 0;
}

std::string Report::table() const {
  Row keys;
  Row metrics;
  for (const Figure& figure : figures_) {
    for (const auto& [key, value] : figure.of.items()) place(keys, key);
    place(metrics, figure.metric);
  }
  Row head = keys;
  head.emplace_back("system");
  std::ranges::copy(metrics, std::back_inserter(head));
  head.emplace_back("ratio");

  std::vector<Row> rows{head};
  std::vector<const Figure*> first;  // Of each row but the head.
  for (const Figure& figure : figures_) {
    const auto same = [&](const Figure* other) { return other->of == figure.of && other->system == figure.system; };
    const auto found = std::ranges::find_if(first, same);
    const auto index = static_cast<std::size_t>(found - first.begin()) + 1;
    if (found == first.end()) {
      first.push_back(&figure);
      Row& row = rows.emplace_back(head.size());
      for (const auto& [key, value] : figure.of.items()) row[place(keys, key)] = shown(value);
      row[keys.size()] = figure.system;
      if (const double times = ratio(figure); figure.system == "troupe" && times > 0)
        row.back() = fmt::format("{:.2f}", times);
    }
    rows[index][keys.size() + 1 + place(metrics, figure.metric)] = readable(figure.value);
  }
  return aligned(rows);
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

int Report::finish(const std::string& json_file) const {
  std::cout << table() << std::flush;
  if (json_file.empty()) return 0;
  std::ofstream out(json_file, std::ios::trunc);
  out << json_lines();
  out.close();
  if (out) return 0;
  std::cerr << "the file " << json_file << " cannot be written\n";
  return 1;
}

void progress(const std::string& what) { std::cerr << what << std::endl; }

}  // namespace troupe::bench
