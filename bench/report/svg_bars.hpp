#pragma once

#include <string>
#include <vector>

namespace troupe::bench {

struct Bar {
  std::string name;
  double value = 0;
  bool elsewhere = false;  ///< Not measured in this run: drawn hollow.
};
struct BarGroup {
  std::string label;
  std::vector<Bar> bars;
};
struct BarPlot {
  std::string title;
  std::string axis;  ///< What the numbers are.
  std::vector<BarGroup> groups;
};

/// The plot as an SVG element: a line for each bar, lengths on a logarithmic scale. Bars of one name have one colour.
std::string svg_of(const BarPlot& plot);

/// Text as it may stand in HTML.
std::string escaped(const std::string& text);

}  // namespace troupe::bench
