#pragma once

#include <cstdint>

#include "troupe/document/journal.hpp"

namespace troupe::document {

/// The running hash after one more event (docs/protocol.md, "The running hash"); it begins at 0.
std::uint64_t next_hash(std::uint64_t hash, const Event& event);

}  // namespace troupe::document
