#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::placement {

/// A node that may own what is placed.
struct Candidate {
  std::string name;
  std::string zone;  ///< Rack, room or region; empty: no zone of its own.
};

/// Into how many partitions keys fall, unless the configuration says otherwise: a few dozen for each node of the
/// largest cluster that shares them, so that each gets a fair part.
inline constexpr std::uint32_t kPartitions = 256;

/// The key's partition. Fixed for ever: data lies where it says.
std::uint32_t partition_of(std::string_view key, std::uint32_t partitions);

/// Which of the candidates claim a partition: the owner first, then those that hold further copies, `copies` in all or
/// as many as there are candidates; each as its index. The others are taken from zones that have no copy yet, as long
/// as there are such.
///
/// Rendezvous hashing (Thaler and Ravishankar, IEEE/ACM Transactions on Networking 6(1), 1998): each candidate bids for
/// each partition, and the highest bids win. Everybody who knows the same candidates computes the same claims, in
/// whatever order they stand, without a word to anybody; a candidate that goes loses its own partitions and moves no
/// others, evenly to the rest, and one that comes takes its share and nothing more. No claim can move less.
///
/// Names are distinct. One hash for each candidate: meant for up to some hundred of them.
std::vector<std::size_t> claim(std::uint32_t partition, std::span<const Candidate> candidates, std::size_t copies = 1);

/// A digest of the set of names, whatever their order and however often one is repeated: nodes whose digests differ
/// were configured with different nodes, and would place the same key differently.
std::uint64_t set_digest(std::span<const std::string> names);

}  // namespace troupe::placement
