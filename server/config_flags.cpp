#include "config_flags.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <string_view>

#include "troupe/node/config_setting.hpp"

namespace troupe::server {

namespace {

std::string title_of(const config::Setting& setting) {
  return setting.table().empty() ? "The node" : fmt::format("[{}]", setting.table());
}

/// What stands after the flag in the help; a range is in the text.
std::string type_name(const config::Kind& kind) {
  if (std::holds_alternative<config::HostPort>(kind)) return "HOST:PORT";
  if (std::holds_alternative<config::HostPortList>(kind)) return "HOST:PORT,...";
  if (std::holds_alternative<config::SourceList>(kind)) return "SOURCE,...";
  if (std::holds_alternative<config::OriginList>(kind)) return "ORIGIN,...";
  if (std::holds_alternative<config::Path>(kind)) return "PATH";
  if (std::holds_alternative<config::Count>(kind)) return "NUMBER";
  if (std::holds_alternative<config::Size>(kind)) return "SIZE";
  if (std::holds_alternative<config::Time>(kind)) return "DURATION";
  if (std::holds_alternative<config::Switch>(kind)) return "BOOLEAN";
  if (std::holds_alternative<config::Choice>(kind)) return fmt::format("{}", config::describe(kind));
  return "TEXT";
}

}  // namespace

void add_config_flags(CLI::App& command, ConfigFlags& flags) {
  const Config defaults;
  for (const config::Setting& setting : config::settings()) {
    const auto take = [&flags, &setting](const std::string& text) {
      flags.values[setting.key] = setting.is_switch() && text.empty() ? "true" : text;
    };
    CLI::Option* option = command.add_option_function<std::string>(
        setting.flag, take, fmt::format("{} (default {})", setting.help, config::render(setting, defaults)));
    option->type_name(type_name(setting.kind))->group(title_of(setting));
    if (setting.is_list()) {
      option->multi_option_policy(CLI::MultiOptionPolicy::Join)->delimiter(',');
    } else {
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    if (setting.is_switch()) option->expected(0, 1);
  }
}

void add_config_file_flag(CLI::App& command, ConfigFlags& flags) {
  command.add_option("--config", flags.file, "The configuration file (docs/configuration.md)")
      ->type_name("FILE")
      ->envname("TROUPE_CONFIG");
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

ConfigSources sources_of(const ConfigFlags& flags) {
  return {.file = flags.file, .environment = process_environment(), .flags = flags.values};
}

}  // namespace troupe::server
