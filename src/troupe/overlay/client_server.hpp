#pragma once

#include <cstddef>
#include <set>
#include <string_view>

#include "troupe/overlay/wanted_links.hpp"

namespace troupe::overlay {

/// Servers are linked with each other, and each client with a few servers, which relay what clients say to each other.
/// A client prefers servers of its own zone, and among them each client has an order of its own (rendezvous hashing:
/// Thaler and Ravishankar, 1998), so that clients spread over the servers, and those of one that fails over all others.
class ClientServer final : public WantedLinks {
 public:
  /// `servers_per_client`: with how many a client is linked.
  ClientServer(std::size_t servers_per_client, WantedLinksOptions options, Random random)
      : WantedLinks(options, random), servers_per_client_(servers_per_client) {}

  std::string_view name() const override { return "client_server"; }

 protected:
  std::set<std::uint64_t> wanted(const View& view) const override;

 private:
  const std::size_t servers_per_client_;
};

}  // namespace troupe::overlay
