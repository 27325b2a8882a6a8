#include "check_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "troupe/node/journal/open_journal.hpp"

namespace troupe::server {

CLI::App* add_check_command(CLI::App& app, ConfigFlags& flags) {
  CLI::App* command =
      app.add_subcommand("check", "Explain every mistake of a configuration file, with line and remedy");
  command->add_option("file", flags.file, "The configuration file")->type_name("FILE")->required();
  add_config_flags(*command, flags);
  return command;
}

int check_command(const ConfigSources& sources, std::ostream& out) {
  const Config config = load_config(sources);
  for (const ConfigProblem& problem : config.problems) out << to_string(problem);
  if (config.has_errors()) {
    const auto errors = std::ranges::count(config.problems, true, &ConfigProblem::is_error);
    out << errors << (errors == 1 ? " error\n" : " errors\n");
    return 1;
  }
  if (const auto database = check_database(config.options); !database) {
    out << sources.file << ": error: journal.connection: " << database.error().detail << "\n1 error\n";
    return 1;
  }
  out << sources.file << " is fine\n";
  const std::vector<ChangedSetting> changed = changed_settings(config);
  out << (changed.empty() ? "All settings have their defaults.\n" : "These settings are not the default:\n");
  for (const ChangedSetting& setting : changed) {
    out << "  " << setting.key << " = " << setting.value << "  (" << setting.origin << ")\n";
  }
  return 0;
}

}  // namespace troupe::server
