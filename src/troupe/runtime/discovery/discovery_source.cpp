#include "troupe/runtime/discovery/discovery_source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "troupe/runtime/host_port.hpp"

namespace troupe::runtime {

namespace {

constexpr std::size_t kNameBytesMax = 255;  ///< Of a name in DNS.
constexpr std::size_t kShownBytesMax = 60;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r";
  const auto first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

/// As it may stand in a log.
std::string shown(std::string_view text) {
  std::string line;
  for (const char each : text.substr(0, kShownBytesMax)) line += each >= ' ' && each < 0x7f ? each : '?';
  return text.size() > kShownBytesMax ? line + "..." : line;
}

bool is_dns_name(std::string_view name) {
  const auto fits = [](char each) {
    return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
           each == '-' || each == '_' || each == '.';
  };
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' && !name.contains("..") &&
         std::ranges::all_of(name, fits);
}

/// An address that can be dialed.
Result<HostPort> parse_peer(std::string_view text) {
  auto address = parse_host_port(text);
  if (!address) return address;
  const bool has_space = std::ranges::any_of(text, [](char each) { return each <= ' ' || each == 0x7f; });
  if (address->host.empty() || address->port == 0 || has_space || address->host.size() > kNameBytesMax)
    return fail(ErrorCode::kInvalidArgument, "an address to dial has a host and a port");
  return address;
}

Result<DiscoverySource> mistake(std::string_view text, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\": {}", shown(text), what));
}

}  // namespace

Result<DiscoverySource> parse_discovery_source(std::string_view text) {
  using Kind = DiscoverySource::Kind;
  const auto colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  DiscoverySource source{.text = std::string(text), .kind = Kind::kFile, .name = std::string(rest)};
  if (kind == "file") {
    if (!rest.starts_with('/'))
      return mistake(text, "the file is named by its whole path, as in file:/etc/troupe/nodes");
    return source;
  }
  if (kind == "srv") {
    source.kind = Kind::kSrv;
    if (!is_dns_name(rest) || !rest.starts_with('_') || !rest.contains("._tcp."))
      return mistake(text, "a service is named as in srv:_troupe._tcp.example.org");
    return source;
  }
  if (kind == "dns") {
    const auto address = parse_peer(rest);
    if (!address || !is_dns_name(address->host))
      return mistake(text, "write the name and the port, as in dns:nodes.example.org:7400");
    source.kind = Kind::kDns;
    source.name = address->host;
    source.port = address->port;
    return source;
  }
  return mistake(text, "a source begins with dns:, srv: or file:");
}

Result<std::vector<std::string>> parse_node_list(std::string_view text) {
  std::vector<std::string> addresses;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    if (!parse_peer(line)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("line {}: \"{}\" is not host:port, as in 10.0.0.1:7400", number, shown(line)));
    }
    if (std::ranges::find(addresses, line) == addresses.end()) addresses.emplace_back(line);
  }
  return addresses;
}

}  // namespace troupe::runtime
