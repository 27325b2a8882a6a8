#include "bench/report/svg_bars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

#include "bench/report/report.hpp"

namespace troupe::bench {

namespace {

constexpr int kWidth = 760;
constexpr int kLeft = 190;  ///< Of the names.
constexpr int kRight = 90;  ///< Of the numbers.
constexpr int kBarHeight = 16;
constexpr int kGroupGap = 26;
constexpr int kHead = 44;

std::string_view colour_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kColours{
      {{"troupe", "#1f6fb4"}, {"erlang", "#b3245a"}, {"caf", "#d98211"}, {"partisan", "#6b4fa0"}, {"tcp", "#6f777d"}}};
  const auto found = std::ranges::find(kColours, name, &std::pair<std::string_view, std::string_view>::first);
  return found == kColours.end() ? "#8a9499" : found->second;
}

/// Powers of ten from below the least value to above the greatest.
struct Scale {
  int low = 0;
  int high = 1;

  explicit Scale(const BarPlot& plot) {
    double least = 1e300;
    double most = 1e-300;
    for (const BarGroup& group : plot.groups) {
      for (const Bar& bar : group.bars) {
        if (bar.value <= 0) continue;
        least = std::min(least, bar.value);
        most = std::max(most, bar.value);
      }
    }
    if (most < least) return;
    low = static_cast<int>(std::floor(std::log10(least) - 0.1));
    high = std::max(low + 1, static_cast<int>(std::ceil(std::log10(most))));
  }
  double length(double value) const {
    if (value <= 0) return 0;
    return (std::log10(value) - low) / (high - low) * (kWidth - kLeft - kRight);
  }
};

std::string axis_of(const Scale& scale, int height) {
  std::string svg;
  for (int power = scale.low; power <= scale.high; ++power) {
    const double x = kLeft + scale.length(std::pow(10.0, power));
    svg +=
        fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>", x, kHead - 4, height);
    svg += fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{}\">{}</text>\n", x, kHead - 8,
                       readable(std::pow(10.0, power)));
  }
  return svg;
}

std::string bar_of(const Bar& bar, const Scale& scale, int y) {
  const std::string_view colour = colour_of(bar.name);
  std::string svg = fmt::format("<text class=\"name\" x=\"{}\" y=\"{}\">{}{}</text>", kLeft - 6, y + 12,
                                escaped(bar.name), bar.elsewhere ? " (elsewhere)" : "");
  svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\" stroke=\"{}\"/>", kLeft, y + 2,
                     scale.length(bar.value), kBarHeight - 4, bar.elsewhere ? "none" : colour, colour);
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>\n", kLeft + scale.length(bar.value) + 5, y + 12,
                     readable(bar.value));
  return svg;
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&': html += "&amp;"; break;
      case '<': html += "&lt;"; break;
      case '>': html += "&gt;"; break;
      case '"': html += "&quot;"; break;
      default: html += c;
    }
  }
  return html;
}

std::string svg_of(const BarPlot& plot) {
  const Scale scale(plot);
  int y = kHead;
  std::string bars;
  for (const BarGroup& group : plot.groups) {
    bars += fmt::format("<text class=\"group\" x=\"4\" y=\"{}\">{}</text>\n", y + 14, escaped(group.label));
    y += kGroupGap - 6;
    for (const Bar& bar : group.bars) {
      bars += bar_of(bar, scale, y);
      y += kBarHeight;
    }
    y += 6;
  }
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
             "role=\"img\">\n"
             "<title>{2}</title><text class=\"title\" x=\"4\" y=\"16\">{2}</text>"
             "<text class=\"axis\" x=\"{3}\" y=\"16\">{4}</text>\n",
             kWidth, y + 4, escaped(plot.title), kWidth - 4, escaped(plot.axis)) +
         axis_of(scale, y) + bars + "</svg>\n";
}

}  // namespace troupe::bench
