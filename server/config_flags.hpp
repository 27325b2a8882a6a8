#pragma once

#include <map>
#include <string>

#include "troupe/node/config.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's.
class App;
}

namespace troupe::server {

/// What the command line says about the configuration. It outlives the parsing.
struct ConfigFlags {
  std::string file;                           ///< Of `--config`; empty: not given.
  std::map<std::string, std::string> values;  ///< By key, as `ConfigSources::flags`.
};

/// Adds a flag for each setting, in groups by table. Their values are not looked at here: `load_config` does, so that
/// all mistakes are reported together.
void add_config_flags(CLI::App& command, ConfigFlags& flags);

/// Adds `--config FILE`, or else the variable TROUPE_CONFIG.
void add_config_file_flag(CLI::App& command, ConfigFlags& flags);

/// The environment of this process.
std::map<std::string, std::string> process_environment();

/// The flags together with the environment of this process.
ConfigSources sources_of(const ConfigFlags& flags);

}  // namespace troupe::server
