#include "trace_tree.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <ranges>
#include <set>
#include <tuple>
#include <utility>

namespace troupe::server {

namespace {

using nlohmann::json;

constexpr std::int64_t kNanosecondsOfSecond = 1'000'000'000;

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_of(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The text, or the digits, of an attribute; empty if there is none.
std::string attribute(const json& object, std::string_view key) {
  const auto attributes = object.find("attributes");
  if (attributes == object.end()) return {};
  for (const json& each : *attributes) {
    if (text_of(each, "key") != key) continue;
    const json value = each.value("value", json::object());
    const std::string text = text_of(value, "stringValue");
    return text.empty() ? text_of(value, "intValue") : text;
  }
  return {};
}

/// What a terminal would take for a command of its own is shown as a question mark.
std::string printable(std::string text) {
  std::ranges::replace_if(text, [](char each) { return static_cast<unsigned char>(each) < 0x20 || each == 0x7f; }, '?');
  return text;
}

ShownSpan shown(const json& span, const std::string& node) {
  const json status = span.value("status", json::object());
  return {.id = text_of(span, "spanId"),
          .parent = text_of(span, "parentSpanId"),
          .name = printable(text_of(span, "name")),
          .node = node,
          .error = printable(text_of(status, "message")),
          .start = number_of(text_of(span, "startTimeUnixNano")),
          .end = number_of(text_of(span, "endTimeUnixNano")),
          .waited = number_of(attribute(span, "troupe.waited_ns")),
          .path = printable(attribute(span, "url.path"))};
}

std::string milliseconds(std::int64_t nanoseconds) {
  return fmt::format("{:.3f}", static_cast<double>(nanoseconds) / 1e6);
}

std::string time_of_day(std::int64_t unix_nanoseconds) {
  const auto second = static_cast<std::time_t>(unix_nanoseconds / kNanosecondsOfSecond);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03} UTC", fmt::gmtime(second),
                     unix_nanoseconds % kNanosecondsOfSecond / 1'000'000);
}

/// One trace on its way to text.
class Tree {
 public:
  explicit Tree(std::vector<ShownSpan> spans) : spans_(std::move(spans)) {
    std::ranges::sort(spans_, {}, [](const ShownSpan& span) { return std::tie(span.start, span.id); });
    std::set<std::string_view> ids;
    for (const ShownSpan& span : spans_) ids.insert(span.id);
    for (const ShownSpan& span : spans_) {
      const bool has_parent = !span.parent.empty() && span.parent != span.id && ids.contains(span.parent);
      children_[has_parent ? span.parent : std::string()].push_back(&span);
    }
  }

  std::string render(const std::string& trace_id) {
    std::set<std::string> nodes;
    std::int64_t end = spans_[0].end;
    for (const ShownSpan& span : spans_) {
      nodes.insert(span.node);
      end = std::max(end, span.end);
    }
    text_ = fmt::format("trace {}: {}, {} ms, {} spans, {} nodes\n", trace_id, time_of_day(spans_[0].start),
                        milliseconds(end - spans_[0].start), spans_.size(), nodes.size());
    text_ += fmt::format("{:>12} {:>10} {:>10}  {:<12} {}\n", "after ms", "took ms", "waited ms", "node", "span");
    for (auto level = std::vector{Place{nullptr, 0}}; !level.empty();) {  // Without recursion: files may say anything.
      const Place place = level.back();
      level.pop_back();
      if (place.span != nullptr) line(place);
      const auto below = children_.find(place.span != nullptr ? place.span->id : std::string());
      if (below == children_.end()) continue;
      for (const ShownSpan* child : std::views::reverse(below->second)) level.push_back({child, place.depth + 1});
      children_.erase(below);  // Whoever has the same id does not show them again.
    }
    return text_;
  }

 private:
  struct Place {
    const ShownSpan* span = nullptr;
    std::size_t depth = 0;
  };

  void line(const Place& place) {
    const ShownSpan& span = *place.span;
    text_ +=
        fmt::format("{:>12} {:>10} {:>10}  {:<12} {:{}}{}{}{}{}{}\n", "+" + milliseconds(span.start - spans_[0].start),
                    milliseconds(span.end - span.start), span.waited > 0 ? milliseconds(span.waited) : "", span.node,
                    "", 2 * std::min<std::size_t>(place.depth - 1, 64), span.name, span.path.empty() ? "" : " ",
                    span.path, span.error.empty() ? "" : "  FAILED: ", span.error);
  }

  std::vector<ShownSpan> spans_;
  std::map<std::string, std::vector<const ShownSpan*>> children_;  ///< By parent, in the order of their start.
  std::string text_;
};

}  // namespace

void TraceTrees::read(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) read_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void TraceTrees::read_line(std::string_view line) {
  try {
    const json request = json::parse(line);
    for (const json& of_resource : request.at("resourceSpans")) {
      const std::string node =
          printable(attribute(of_resource.value("resource", json::object()), "service.instance.id"));
      for (const json& scope : of_resource.at("scopeSpans")) {
        for (const json& span : scope.at("spans")) {
          ShownSpan read = shown(span, node);
          const std::string trace = printable(text_of(span, "traceId"));
          if (trace_id_.empty() || trace == trace_id_) traces_[trace].push_back(std::move(read));
        }
      }
    }
  } catch (const json::exception&) {
    ++unreadable_lines_;
  }
}

std::string TraceTrees::render() const {
  std::vector<std::pair<std::int64_t, const std::string*>> order;
  for (const auto& [id, spans] : traces_) {
    order.emplace_back(std::ranges::min_element(spans, {}, &ShownSpan::start)->start, &id);
  }
  std::ranges::sort(order);
  std::string text;
  for (const auto& [start, id] : order) text += (text.empty() ? "" : "\n") + Tree(traces_.at(*id)).render(*id);
  return text;
}

}  // namespace troupe::server
