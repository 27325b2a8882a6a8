#include "placement_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace troupe::server {

namespace {

using nlohmann::json;

std::string state_of(const json& owner) {
  if (owner.value("is_here", false)) return "here";
  return owner.value("is_reachable", false) ? "up" : "away";
}

/// What concerns all documents, as lines.
std::string trouble_of(const json& placement) {
  const std::string trouble = placement.value("trouble", "");
  return trouble.empty() ? "" : fmt::format("no document is served: {}\n", trouble);
}

}  // namespace

std::string render_owners(const json& placement) {
  const json owners = placement.value("owners", json::array());
  std::size_t width = 5;
  for (const json& owner : owners) width = std::max(width, owner.value("name", "").size());
  std::string text = trouble_of(placement);
  text += fmt::format("{:<{}}  {:>10}  {:<5}  {}\n", "owner", width, "partitions", "state", "zone");
  for (const json& owner : owners) {
    text += fmt::format("{:<{}}  {:>10}  {:<5}  {}\n", owner.value("name", "?"), width, owner.value("partitions", 0),
                        state_of(owner), owner.value("zone", ""));
  }
  text += placement.value("moves", false) ? "Documents move to who is there when an owner goes.\n"
                                          : "Documents wait for their owner when it is away.\n";
  return text;
}

std::string render_where(const json& placement) {
  const std::string owner = placement.value("owner", "");
  const std::string topic = placement.value("topic", "?");
  const std::string part =
      fmt::format("partition {} of {}", placement.value("partition", 0), placement.value("partitions", 0));
  if (owner.empty()) return trouble_of(placement) + fmt::format("{}: nobody owns it at present ({})\n", topic, part);
  return trouble_of(placement) + fmt::format("{}: {} owns it ({})\n", topic, owner, part);
}

}  // namespace troupe::server
