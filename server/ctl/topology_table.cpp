#include "topology_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace troupe::server {

namespace {

using nlohmann::json;

std::string text(const json& object, const char* key) { return object.value(key, std::string()); }

std::string or_dash(std::string value) { return value.empty() ? "-" : value; }

std::string heading(const json& answer) {
  return fmt::format("overlay {}, as node {} sees it\n", or_dash(text(answer, "overlay")),
                     or_dash(text(answer, "node")));
}

/// "b, by way of c, 3 hops"
std::string way_to(const json& member, const std::string& asked) {
  const auto hops = member.value("hops", 0U);
  if (text(member, "name") == asked) return "this node";
  if (hops == 0) return "none";
  return hops == 1 ? "direct" : fmt::format("{} hops by {}", hops, text(member, "next_hop"));
}

/// The nodes of a tree, drawn with branches.
class TreeDrawing {
 public:
  explicit TreeDrawing(const json& answer) : root_(text(answer, "root")) {
    for (const json& node : answer.value("nodes", json::array())) {
      const std::string name = text(node, "name");
      lazy_[name] = node.value("lazy", json::array()).size();
      if (name != root_) children_[text(node, "parent")].push_back(name);
    }
  }

  std::string draw() {
    std::string drawing = root_ + "\n";
    drawn_.insert(root_);
    draw_children(root_, "", drawing);
    for (const auto& [name, lazy] : lazy_) {
      if (drawn_.contains(name)) continue;
      drawing += fmt::format("{}: no broadcast of {} has come there by a branch that is still a link\n", name, root_);
    }
    return drawing;
  }

 private:
  void draw_children(const std::string& parent, const std::string& indent, std::string& drawing) {
    const auto found = children_.find(parent);
    if (found == children_.end()) return;
    for (std::size_t i = 0; i < found->second.size(); ++i) {
      const std::string& name = found->second[i];
      if (!drawn_.insert(name).second) continue;  // Answers of different moments may make a loop.
      const bool is_last = i + 1 == found->second.size();
      drawing += fmt::format("{}{} {}{}\n", indent, is_last ? "└─" : "├─", name,
                             lazy_[name] == 0 ? "" : fmt::format("  ({} lazy)", lazy_[name]));
      draw_children(name, indent + (is_last ? "   " : "│  "), drawing);
    }
  }

  std::string root_;
  std::map<std::string, std::vector<std::string>> children_;
  std::map<std::string, std::size_t> lazy_;
  std::set<std::string> drawn_;
};

}  // namespace

std::string render_members(const json& answer) {
  constexpr auto kRow = "{:<16} {:<12} {:<8} {:<12} {:<24} {:>12} {:>6}  {}\n";
  std::string table =
      heading(answer) + fmt::format(kRow, "name", "state", "role", "zone", "address", "incarnation", "links", "way");
  for (const json& member : answer.value("members", json::array())) {
    table += fmt::format(kRow, text(member, "name"), text(member, "state"), text(member, "role"),
                         or_dash(text(member, "zone")), or_dash(text(member, "address")),
                         member.value("incarnation", std::uint64_t{0}), member.value("links", json::array()).size(),
                         way_to(member, text(answer, "node")));
  }
  return table;
}

std::string render_links(const json& answer) {
  constexpr auto kRow = "{:<16} {:<16} {}\n";
  const json links = answer.value("links", json::array());
  if (links.empty()) return heading(answer) + "no links: the node knows no two members that are linked\n";
  std::string table = heading(answer) + fmt::format(kRow, "between", "and", "said by");
  for (const json& link : links) {
    const json said_by = link.value("said_by", json::array());
    // One end alone says so while a link comes or goes.
    std::string who = said_by.size() == 2 ? "both" : said_by.empty() ? "-" : said_by[0].get<std::string>();
    if (link.value("silent", false)) who += ", silent";
    table += fmt::format(kRow, text(link, "a"), text(link, "b"), who);
  }
  return table;
}

std::string render_tree(const json& answer) {
  std::string drawing = heading(answer) + fmt::format("how broadcasts of {} travel:\n", text(answer, "root"));
  drawing += TreeDrawing(answer).draw();
  for (const json& silent : answer.value("silent", json::array()))
    drawing += fmt::format("{} did not answer: {}\n", text(silent, "name"), text(silent, "reason"));
  return drawing;
}

}  // namespace troupe::server
