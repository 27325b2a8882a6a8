#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/actor/via.hpp"
#include "troupe/base/error.hpp"
#include "troupe/link/identity.hpp"
#include "troupe/wire/compression.hpp"

namespace troupe::cluster {

inline constexpr std::string_view kControlChannel = "control";
inline constexpr std::string_view kDataChannel = "data";

/// What happens to a message that finds its lane's queue full. Answers and signals always go.
enum class WhenFull : std::uint8_t {
  kRefuse,      ///< `tell` answers kFull.
  kDropNewest,  ///< It is dropped and counted, and `tell` answers kTaken: for what nobody misses.
  kDropOldest,  ///< What has waited longest is dropped and counted in its place: for what grows stale.
};

/// Which lane a message takes, of those of its sender's shard.
enum class LaneChoice : std::uint8_t {
  kAffinity,    ///< The hash of sender (or key) and recipient: keeps their order.
  kRandom,      ///< Any: gives the order up.
  kRoundRobin,  ///< In turn: gives the order up.
};

/// A class of traffic between two nodes, with connections and a queue of its own. Both nodes should have the same: a
/// channel that only one of them has is opened all the same, with its settings at that end and these defaults at the
/// other.
struct ChannelOptions {
  std::string name;               ///< Letters, digits, `_`; at most link::kChannelNameBytesMax. Not `control`.
  std::uint16_t parallelism = 0;  ///< Connections (lanes); 0: one for each shard. The node that wants more decides.
  bool monotonic = false;         ///< Only the newest message matters: of those of one sender (or key) to one recipient
                                  ///< that wait, with the same wire name, all but the last are dropped, unencoded.
  std::size_t queue_bytes_max = 128U << 20U;  ///< What waits on one lane for the peer's credit.
  std::size_t queue_messages_max = 1U << 20U;
  WhenFull when_full = WhenFull::kRefuse;
  LaneChoice lane_choice = LaneChoice::kAffinity;
  wire::Compression compression = wire::Compression::kNone;  ///< Of messages from wire::kCompressedBytesMin on.
  std::uint8_t priority = 0;  ///< Of a shard's lanes with something to write, those with more write first.

  std::uint16_t id() const { return Channel(name).id(); }
};

/// "bulk parallelism=4 queue_bytes=64MiB queue_messages=1000 when_full=drop_newest choice=round_robin priority=2
/// monotonic", as in the configuration. Fails with `invalid_argument` and what is wrong.
Result<ChannelOptions> parse_channel(std::string_view text);

/// Names, numbers, at most link::kChannelsMax, and no two channels that are the same. Fails with `invalid_argument`.
Result<void> check(const std::vector<ChannelOptions>& channels);

/// What is configured with `data`, which is first, and with no parallelism left open.
std::vector<ChannelOptions> completed(std::vector<ChannelOptions> channels, std::uint16_t shards);

}  // namespace troupe::cluster
