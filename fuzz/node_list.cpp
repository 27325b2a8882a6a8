// LINK: troupe::runtime
// A file of addresses, and a source of addresses: whatever they are, what is taken can be dialed.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "troupe/runtime/discovery/discovery_source.hpp"
#include "troupe/runtime/host_port.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)troupe::runtime::parse_discovery_source(text);
  const auto addresses = troupe::runtime::parse_node_list(text);
  if (!addresses) return addresses.error().detail.starts_with("line ") ? 0 : (std::abort(), 0);
  for (const std::string& address : *addresses) {
    const auto parsed = troupe::runtime::parse_host_port(address);
    if (!parsed || parsed->port == 0 || parsed->host.empty()) std::abort();
  }
  return 0;
}
