#include "troupe/runtime/host_port.hpp"

#include <fmt/core.h>

#include <charconv>

namespace troupe::runtime {

Result<HostPort> parse_host_port(std::string_view text) {
  const auto wrong = [text](std::string_view why) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not host:port: {}", text, why));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("the port is missing");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  HostPort result;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return wrong("the port is a number from 0 to 65535");
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong("an IPv6 address stands in brackets, as in [::1]:80");
  }
  result.host = host;
  return result;
}

}  // namespace troupe::runtime
