#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "troupe/node/config.hpp"
#include "troupe/node/config_value.hpp"

/// The one list of settings. Reading, flags, environment, reference and sample are all made from it.
namespace troupe::config {

/// Where a value lives. Its default is what a default-constructed Config has there.
template <class T>
using Field = T& (*)(Config&);
using IntegerField = std::variant<Field<std::uint8_t>, Field<std::uint16_t>, Field<std::uint32_t>, Field<std::size_t>>;

struct Text {
  Field<std::string> field;
  bool required = false;
};
struct Path {
  Field<std::string> field;
};
/// host:port. `to_reach`: somebody connects there, so it has a host; otherwise the node listens there.
struct HostPort {
  Field<std::string> field;
  bool to_reach = false;
};
/// Of host:port that others are reached at.
struct HostPortList {
  Field<std::vector<std::string>> field;
};
/// Of places where addresses of nodes are found, "dns:nodes.example.org:7400" (runtime::parse_discovery_source).
struct SourceList {};
/// Of origins of web pages, "https://example.org".
struct OriginList {
  Field<std::vector<std::string>> field;
};
/// Of channels, "bulk parallelism=4" (cluster::parse_channel), into Config::channels and the options.
struct ChannelList {};
struct Count {
  IntegerField field;
  std::uint64_t min;
  std::uint64_t max;
};
struct Size {
  IntegerField field;
  std::uint64_t min;
  std::uint64_t max;
};
/// From 0 to 1.
struct Share {
  Field<double> field;
};
struct Time {
  Field<Duration> field;
  Duration min;
  Duration max;
};
struct Switch {
  Field<bool> field;
};
struct Choice {
  std::vector<std::string> names;
  std::size_t (*get)(const Config&);
  void (*set)(Config&, std::size_t);
};
using Kind = std::variant<Text, Path, HostPort, HostPortList, SourceList, OriginList, ChannelList, Count, Size, Share,
                          Time, Switch, Choice>;

struct Setting {
  std::string key;       ///< "cluster.listen"
  std::string flag;      ///< "--cluster"
  std::string variable;  ///< "TROUPE_CLUSTER_LISTEN"
  Kind kind;
  std::string help;  ///< One line in plain Markdown, a sentence without its full stop.

  bool is_list() const {
    return std::holds_alternative<HostPortList>(kind) || std::holds_alternative<OriginList>(kind) ||
           std::holds_alternative<SourceList>(kind) || std::holds_alternative<ChannelList>(kind);
  }
  bool is_switch() const { return std::holds_alternative<Switch>(kind); }
  /// "cluster" of "cluster.listen"; empty for a key of no table.
  std::string_view table() const;
  /// "listen" of "cluster.listen".
  std::string_view short_key() const;
};

/// In the order of the reference.
const std::vector<Setting>& settings();

/// Null if there is none.
const Setting* find_setting(std::string_view key);

/// Reads `texts` (one, except for a list) into the setting's field, which keeps its value if there is a mistake.
/// `index` is set to the text that is mistaken.
std::optional<Mistake> assign(const Setting& setting, const std::vector<std::string>& texts, Config& config,
                              std::size_t& index);

/// The value as it stands in the file.
std::string render(const Setting& setting, const Config& config);

/// What may be written, for the reference and the flags: "host:port", "1 to 64".
std::string describe(const Kind& kind);

}  // namespace troupe::config
