#pragma once

#include <cstdint>
#include <vector>

#include "troupe/overlay/fabric/member_table.hpp"

namespace troupe::overlay {

/// Finds the shortest way to each member, and writes it into its entry; who cannot be reached gets none. The graph is
/// that of link-state routing (OSPF, RFC 2328, section 16.1, with all links alike): two nodes are linked if the record
/// of each names the other, and this node is linked by its `links`, whatever the records of the others say by now.
/// Between equally short ways the choice is arbitrary, and the same for the same tables.
///
/// `search` is a number that was not used for this table before. Returns the entries whose way is another one now,
/// nearer ones first, those without a way last.
std::vector<MemberTable::Entry*> find_ways(MemberTable& table, std::uint64_t self, const std::vector<Edge>& links,
                                           std::uint32_t search);

}  // namespace troupe::overlay
