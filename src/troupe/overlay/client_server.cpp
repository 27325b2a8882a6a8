#include "troupe/overlay/client_server.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "troupe/base/hash.hpp"

namespace troupe::overlay {

std::set<std::uint64_t> ClientServer::wanted(const View& view) const {
  const Member& self = view.self();
  std::set<std::uint64_t> names;
  std::vector<std::tuple<bool, bool, std::uint64_t, std::uint64_t>> servers;  // The least is the best.
  for (const Member* member : view.members()) {
    if (!member->server) continue;
    const std::uint64_t name = member->id().name;
    if (self.server) names.insert(name);
    servers.emplace_back(view.is_suspected(name), member->zone != self.zone, combine(self.id().name, name), name);
  }
  if (self.server) return names;
  const auto count = std::min(servers_per_client_, servers.size());
  std::ranges::partial_sort(servers, servers.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < count; ++i) names.insert(std::get<3>(servers[i]));
  return names;
}

}  // namespace troupe::overlay
