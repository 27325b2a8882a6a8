#include "troupe/node/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "troupe/node/config_checks.hpp"
#include "troupe/node/config_file.hpp"
#include "troupe/node/config_setting.hpp"
#include "troupe/node/config_tls.hpp"

namespace troupe {

namespace {

using namespace config;  // NOLINT(google-build-using-namespace): this file puts its parts together.

constexpr std::size_t kFileBytesMax = 1U << 20U;
constexpr std::string_view kReference = "docs/configuration.md lists all keys";
constexpr std::string_view kFileVariable = "TROUPE_CONFIG";  ///< Names the file; read by the program.
constexpr std::string_view kTokenVariable = "TROUPE_TOKEN";  ///< Of `troupe ctl`.

std::vector<std::string> names(std::string Setting::* name) {
  std::vector<std::string> result;
  for (const Setting& setting : settings()) result.push_back(setting.*name);
  return result;
}

bool is_table(std::string_view name) {
  return !name.empty() &&
         std::ranges::any_of(settings(), [name](const Setting& setting) { return setting.table() == name; });
}

std::string remedy_for_table(const std::string& table) {
  std::vector<std::string> tables;
  for (const Setting& setting : settings()) {
    if (!setting.table().empty()) tables.emplace_back(setting.table());
  }
  const std::string meant = nearest(table, tables, '\0');
  return meant.empty() ? std::string(kReference) : fmt::format("did you mean [{}]?", meant);
}

/// What to write instead of a key that does not exist.
std::string remedy_for_key(const std::string& key) {
  if (const std::string meant = nearest(key, names(&Setting::key), '.'); !meant.empty())
    return fmt::format("did you mean {}?", meant);
  const std::string table = key.substr(0, key.find('.'));
  if (!is_table(table)) return std::string(kReference);
  std::vector<std::string_view> known;
  for (const Setting& setting : settings()) {
    if (setting.table() == table) known.push_back(setting.short_key());
  }
  return fmt::format("[{}] has the keys {}", table, fmt::join(known, ", "));
}

/// Brings the sources together; each `read_` overwrites what the one before has set.
class Loader {
 public:
  explicit Loader(const ConfigSources& sources) : sources_(sources) {}

  Config load() && {
    if (!sources_.file.empty() || sources_.file_text) read_file();
    read_environment();
    read_flags();
    read_secrets(config_);
    // REST has the limits of a session.
    gateway::GatewayOptions& gateway = config_.options.gateway;
    gateway.rest.message_bytes_max = gateway.session.message_bytes_max;
    gateway.rest.data_bytes_max = gateway.session.data_bytes_max;
    check_together(config_, mistaken_, file_name(), sources_.serves_documents);
    check_tls(config_, file_name());
    return std::move(config_);
  }

 private:
  void report(bool is_error, std::string where, std::string text, std::string remedy) {
    config_.problems.push_back({is_error, std::move(where), std::move(text), std::move(remedy)});
  }

  std::string file_name() const { return sources_.file.empty() ? "configuration" : sources_.file; }
  std::string place(FilePosition at) const { return fmt::format("{}:{}:{}", file_name(), at.line, at.column); }

  /// `wheres` has the place of each text, or one for all.
  void take(const Setting& setting, const std::vector<std::string>& texts, const std::vector<std::string>& wheres,
            const std::string& origin) {
    std::size_t index = 0;
    if (auto mistake = assign(setting, texts, config_, index)) {
      report(true, index < wheres.size() ? wheres[index] : origin, fmt::format("{}: {}", setting.key, mistake->text),
             std::move(mistake->remedy));
      mistaken_.insert(setting.key);
      return;
    }
    config_.origins[setting.key] = origin;
    // Of two sources the stronger one counts, so a mistake of the weaker is reported but hides nothing.
    mistaken_.erase(setting.key);
  }

  void take(const Setting& setting, const std::string& text, const std::string& where) {
    take(setting, setting.is_list() ? split_list(text) : std::vector{text}, {}, where);
  }

  void read_file() {
    std::string text;
    if (sources_.file_text) {
      text = *sources_.file_text;
    } else {
      errno = 0;
      std::ifstream file(sources_.file, std::ios::binary);
      text.resize(kFileBytesMax + 1);
      file.read(text.data(), std::ssize(text));
      if (!file.is_open() || file.bad()) {
        const std::string reason = errno == 0 ? "it is not a file" : std::generic_category().message(errno);
        return report(true, file_name(), "the file cannot be read: " + reason,
                      "give the path of a TOML file that this user may read");
      }
      text.resize(static_cast<std::size_t>(file.gcount()));
    }
    if (text.size() > kFileBytesMax)
      return report(true, file_name(), "the file is larger than 1 MiB", "give a configuration");
    const FileContent content = read_toml(text);
    if (!content.syntax_error.empty()) {
      report(true, place(content.syntax_error_at), "this is not TOML: " + content.syntax_error,
             "mend the line; text stands in quotes, as in name = \"a\"");
    }
    for (const FileValue& value : content.values) read_value(value);
  }

  void read_value(const FileValue& value) {
    const Setting* setting = find_setting(value.key);
    if (setting == nullptr) return unknown_key(value);
    const std::string where = place(value.value.at);
    if (!fits(*setting, value.value)) return wrong_type(*setting, value.value);
    std::vector<std::string> texts;
    std::vector<std::string> wheres;
    for (const FileItem& item : value.items) {
      if (item.type != FileType::kText) return wrong_type(*setting, item);
      texts.push_back(item.text);
      wheres.push_back(place(item.at));
    }
    if (!setting->is_list()) texts.push_back(value.value.text);
    take(*setting, texts, wheres, where);
  }

  static bool fits(const Setting& setting, const FileItem& item) {
    if (setting.is_list()) return item.type == FileType::kList;
    if (setting.is_switch()) return item.type == FileType::kBoolean;
    if (std::holds_alternative<Count>(setting.kind)) return item.type == FileType::kInteger;
    if (std::holds_alternative<Share>(setting.kind))
      return item.type == FileType::kFraction || item.type == FileType::kInteger;
    if (std::holds_alternative<Size>(setting.kind) || std::holds_alternative<Time>(setting.kind)) {
      return item.type == FileType::kInteger || item.type == FileType::kText;
    }
    return item.type == FileType::kText;
  }

  void wrong_type(const Setting& setting, const FileItem& item) {
    report(true, place(item.at), fmt::format("{}: {} does not belong here", setting.key, to_string(item.type)),
           fmt::format("write it as in {} = {}", setting.short_key(), example_of(setting)));
    mistaken_.insert(setting.key);
  }

  static std::string example_of(const Setting& setting) {
    if (std::holds_alternative<ChannelList>(setting.kind)) return R"(["bulk parallelism=4", "positions monotonic"])";
    if (std::holds_alternative<SourceList>(setting.kind)) return R"(["file:/etc/troupe/nodes"])";
    if (std::holds_alternative<OriginList>(setting.kind)) return R"(["https://example.org"])";
    if (setting.is_list()) return R"(["10.0.0.1:7400", "10.0.0.2:7400"])";
    if (std::holds_alternative<HostPort>(setting.kind)) return R"("127.0.0.1:7400")";
    if (std::holds_alternative<Path>(setting.kind)) return R"("/var/lib/troupe")";
    return render(setting, Config());
  }

  void unknown_key(const FileValue& value) {
    const std::string quoted = render_text(value.key);  // Anything may be in it.
    const bool table = value.value.type == FileType::kTable;
    if (is_table(value.key)) {
      if (table) return;  // It is empty.
      return report(true, place(value.key_at), fmt::format("{} is a table, not a key", value.key),
                    fmt::format("write [{}] on a line, and its keys below", value.key));
    }
    report(true, place(value.key_at), fmt::format("there is no {} {}", table ? "table" : "key", quoted),
           table ? remedy_for_table(value.key) : remedy_for_key(value.key));
  }

  void read_environment() {
    for (const auto& [variable, text] : sources_.environment) {
      if (!variable.starts_with("TROUPE_") || variable == kFileVariable || variable == kTokenVariable) continue;
      const std::string where = "environment " + variable;
      const auto setting = std::ranges::find(settings(), variable, &Setting::variable);
      if (setting == settings().end()) {
        const std::string meant = nearest(variable, names(&Setting::variable), '\0');
        report(false, where, "this variable is none of Troupe's, and is ignored",
               meant.empty() ? std::string(kReference) : fmt::format("did you mean {}?", meant));
      } else if (!text.empty()) {
        take(*setting, text, where);
      }
    }
  }

  void read_flags() {
    for (const auto& [key, text] : sources_.flags) {
      if (const Setting* setting = find_setting(key)) {
        take(*setting, text, setting->flag);
      } else {
        report(true, "--" + key, "there is no key " + key, remedy_for_key(key));
      }
    }
  }

  const ConfigSources& sources_;
  Config config_;
  std::set<std::string> mistaken_;
};

}  // namespace

bool Config::has_errors() const { return std::ranges::any_of(problems, &ConfigProblem::is_error); }

Config load_config(const ConfigSources& sources) { return Loader(sources).load(); }

std::vector<ChangedSetting> changed_settings(const Config& config) {
  std::vector<ChangedSetting> changed;
  const Config defaults;
  for (const Setting& setting : settings()) {
    std::string value = render(setting, config);
    if (value == render(setting, defaults)) continue;
    const auto origin = config.origins.find(setting.key);
    changed.push_back({setting.key, std::move(value), origin == config.origins.end() ? "" : origin->second});
  }
  return changed;
}

std::string to_string(const ConfigProblem& problem) {
  return fmt::format("{}: {}: {}\n  remedy: {}\n", problem.where, problem.is_error ? "error" : "warning", problem.text,
                     problem.remedy);
}

}  // namespace troupe
