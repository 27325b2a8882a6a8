#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "troupe/node/node_options.hpp"

namespace troupe {

/// Where the configuration of a node comes from. Of the same key, a flag wins over the environment, the environment
/// over the file, and the file over the default.
struct ConfigSources {
  std::string file;                                ///< Path of the TOML file; empty: there is none.
  std::optional<std::string> file_text;            ///< What is in the file; absent: it is read.
  std::map<std::string, std::string> environment;  ///< The whole environment; only TROUPE_* is looked at.
  std::map<std::string, std::string> flags;        ///< Values by key ("http.listen"); a list is separated by commas.
  bool serves_documents = true;                    ///< Then a directory for the journal is needed.
};

/// One mistake, or (`is_error` false) something that will work but is probably not what was meant.
struct ConfigProblem {
  bool is_error = true;
  std::string where;   ///< "troupe.toml:12:3", "--http", "environment TROUPE_HTTP_LISTEN", or the file alone.
  std::string text;    ///< What is wrong, with the key.
  std::string remedy;  ///< What to do about it.
};

/// The configuration as far as it could be read, and everything that is wrong with it.
struct Config {
  NodeOptions options{.gateway = {.admin = {.socket = "auto"}}};  ///< Of no use while there are errors.
  std::string secret_file;
  std::string token_file;
  std::string journal_password_file;
  std::vector<std::string> channels;           ///< As they were written.
  std::vector<ConfigProblem> problems;         ///< Those of the file in the order of its lines.
  std::map<std::string, std::string> origins;  ///< By key, of what was given and understood: as `ConfigProblem::where`.

  bool has_errors() const;
};

/// A setting whose value is not the default.
struct ChangedSetting {
  std::string key;
  std::string value;   ///< As it would stand in the file.
  std::string origin;  ///< As `ConfigProblem::where`.
};

/// Reads all sources and checks them, also against each other. Reports all mistakes at once, except that nothing is
/// said about the content of a file that is not TOML but where it stops to be. Reads the file and the secret's file,
/// and looks whether the data directory could be made; changes nothing.
Config load_config(const ConfigSources& sources);

/// What differs from the defaults, in the order of the reference. The secret itself is never shown.
std::vector<ChangedSetting> changed_settings(const Config& config);

/// "troupe.toml:12:3: error: ...\n  remedy: ...\n"
std::string to_string(const ConfigProblem& problem);

/// The tables of all settings in Markdown, as they stand in docs/configuration.md.
std::string render_reference();

/// A file with every key, each commented out at its default: packaging/troupe.toml.
std::string render_sample();

}  // namespace troupe
