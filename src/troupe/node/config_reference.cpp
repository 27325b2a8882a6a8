#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "troupe/node/config.hpp"
#include "troupe/node/config_setting.hpp"

/// The texts that are made from the list of settings: a test keeps docs/configuration.md and packaging/troupe.toml
/// equal to them.
namespace troupe {

namespace {

using config::Setting;

std::string_view title_of(std::string_view table) {
  if (table.empty()) return "The node";
  if (table == "cluster") return "The cluster";
  if (table == "delivery") return "Messages with an outcome";
  if (table == "document") return "Documents";
  if (table == "http") return "The port for clients";
  if (table == "session") return "One client";
  if (table == "gateway") return "All clients";
  if (table == "admin") return "Those who run the node";
  if (table == "trace") return "Traces";
  return "The log";
}

}  // namespace

std::string render_reference() {
  std::string text;
  const Config defaults;
  std::string_view table = "none yet";
  for (const Setting& setting : config::settings()) {
    if (setting.table() != table) {
      table = setting.table();
      text +=
          fmt::format("{}### {}{}\n\n| key | flag | value | default | meaning |\n| --- | --- | --- | --- | --- |\n",
                      text.empty() ? "" : "\n", title_of(table), table.empty() ? "" : fmt::format(" `[{}]`", table));
    }
    text += fmt::format("| `{}` | `{}` | {} | `{}` | {} |\n", setting.key, setting.flag, config::describe(setting.kind),
                        config::render(setting, defaults), setting.help);
  }
  return text;
}

std::string render_sample() {
  std::string text =
      "# The configuration of a Troupe node. Each key stands here at its default: remove the # of those that you "
      "change.\n"
      "# docs/configuration.md explains keys and units; `troupe check FILE` explains mistakes.\n";
  const Config defaults;
  std::string_view table;
  for (const Setting& setting : config::settings()) {
    if (setting.table() != table) {
      table = setting.table();
      text += fmt::format("\n[{}]\n", table);
    }
    text += fmt::format("\n# {}.\n# Value: {}. Flag {}, environment {}.\n#{} = {}\n", setting.help,
                        config::describe(setting.kind), setting.flag, setting.variable, setting.short_key(),
                        config::render(setting, defaults));
  }
  return text;
}

}  // namespace troupe
