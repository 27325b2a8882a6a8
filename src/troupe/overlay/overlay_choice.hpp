#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/base/random.hpp"
#include "troupe/overlay/hyparview.hpp"
#include "troupe/overlay/overlay.hpp"
#include "troupe/overlay/wanted_links.hpp"

namespace troupe::overlay {

/// Which overlay a node uses, as its configuration says; all nodes of a cluster use the same.
struct OverlayChoice {
  std::string name = "full_mesh";  ///< One of `overlay_names()`, or anything if there is a `factory`.
  WantedLinksOptions links;        ///< Of all but peer_to_peer.
  std::size_t servers_per_client = 2;
  std::size_t ring_tries = 3;  ///< How many suspected nodes on either side of a ring are tried at a time.
  HyParViewOptions peer_to_peer;

  /// An overlay of one's own, instead of those.
  std::function<std::unique_ptr<Overlay>(Random random)> factory;
};

/// "static", "full_mesh", "client_server", "peer_to_peer", "ring".
const std::vector<std::string>& overlay_names();

/// Fails with `invalid_argument` if there is no overlay of that name. `join`: the addresses that the node begins with,
/// which are the neighbours of a static one.
Result<std::unique_ptr<Overlay>> make_overlay(const OverlayChoice& choice, const std::vector<std::string>& join,
                                              Random random);

}  // namespace troupe::overlay
