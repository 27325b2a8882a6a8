#include "troupe/overlay/overlay_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "troupe/overlay/client_server.hpp"
#include "troupe/overlay/full_mesh.hpp"
#include "troupe/overlay/ring.hpp"
#include "troupe/overlay/static_overlay.hpp"

namespace troupe::overlay {

const std::vector<std::string>& overlay_names() {
  static const std::vector<std::string> names{"static", "full_mesh", "client_server", "peer_to_peer", "ring"};
  return names;
}

Result<std::unique_ptr<Overlay>> make_overlay(const OverlayChoice& choice, const std::vector<std::string>& join,
                                              Random random) {
  if (choice.factory) return choice.factory(random);
  if (choice.name == "static") return std::make_unique<StaticOverlay>(join, choice.links, random);
  if (choice.name == "full_mesh") return std::make_unique<FullMesh>(choice.links, random);
  if (choice.name == "client_server")
    return std::make_unique<ClientServer>(choice.servers_per_client, choice.links, random);
  if (choice.name == "peer_to_peer") return std::make_unique<HyParView>(choice.peer_to_peer, random);
  if (choice.name == "ring") return std::make_unique<Ring>(choice.ring_tries, choice.links, random);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("there is no overlay '{}': choose one of {}", choice.name, fmt::join(overlay_names(), ", ")));
}

}  // namespace troupe::overlay
