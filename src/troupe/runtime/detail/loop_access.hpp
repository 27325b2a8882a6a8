#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>

#include "troupe/runtime/runtime.hpp"

namespace troupe::runtime {

/// For the gateway, which has sockets of its own on the shards' threads.
struct LoopAccess {
  /// The event loop of a shard. Its handlers run on the shard's thread, between turns; they begin with `set_time`. The
  /// turns of actors that a handler told something, and the round-end callbacks, follow at once, so a handler needs no
  /// further step. A handler that throws is logged, and the loop goes on.
  static boost::asio::io_context& io_context(Runtime& runtime, std::uint32_t shard);

  /// Gives the shard the present time.
  static void set_time(Runtime& runtime, std::uint32_t shard) { runtime.shard(shard).set_now(Runtime::now()); }
};

}  // namespace troupe::runtime
