#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "troupe/actor/log.hpp"
#include "troupe/actor/shard.hpp"
#include "troupe/gateway/detail/gateway_metrics.hpp"
#include "troupe/gateway/detail/gateway_shared.hpp"
#include "troupe/gateway/detail/session_watch.hpp"
#include "troupe/session/render_cache.hpp"

namespace troupe::gateway::detail {

class ClientChannel;

/// What the connections of one shard share. Only on the shard's thread.
class ShardPart {
 public:
  ShardPart(std::shared_ptr<GatewayShared> gateway, std::uint32_t index);

  /// First thing in each I/O handler that may tell an actor something.
  void set_time();

  /// Hands what was queued on the shard's connections to the operating system: each connection's with one call, as far
  /// as it takes it. At the end of each round of the shard's loop.
  void flush();

  void drain();
  void cut_all();

  /// "Fri, 20 Nov 2026 21:52:14 GMT"
  const std::string& date();

  const std::shared_ptr<GatewayShared> shared;
  const GatewayOptions& options;
  boost::asio::io_context& io;
  Shard& shard;
  GatewayMetrics metrics;
  Log log;
  session::RenderCache cache;
  Ref<SessionWatch> watch;
  bool draining = false;

  std::unordered_set<ClientChannel*> channels;        ///< Those that are open.
  std::vector<std::shared_ptr<ClientChannel>> dirty;  ///< Those with something to flush.
  std::array<std::byte, 16U << 10U> discarded;        ///< Where bytes are read to that nobody wants.

 private:
  std::vector<std::shared_ptr<ClientChannel>> open_channels() const;

  std::vector<std::shared_ptr<ClientChannel>> flushing_;
  std::int64_t date_second_ = -1;
  std::string date_;
};

}  // namespace troupe::gateway::detail
