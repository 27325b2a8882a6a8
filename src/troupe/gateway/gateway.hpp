#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "troupe/actor/log.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/metrics.hpp"
#include "troupe/gateway/gateway_options.hpp"
#include "troupe/runtime/runtime.hpp"

namespace troupe::cluster {
class Cluster;
}

/// HTTP/1.1 and WebSocket for the clients of a node, on one port (docs/protocol.md).
namespace troupe::gateway {

/// What a gateway stands on. All of it outlives the gateway, and the last of its connections: until the runtime is
/// destroyed. It finds the node's documents, topics, presence and cluster actor by their names.
struct GatewayWorld {
  runtime::Runtime& runtime;
  Metrics& metrics;
  LogSink& log_sink;
  /// Why this node should get no new clients now; empty if it should. For /readyz; called on any shard's thread, so it
  /// returns at once. While the gateway drains, /readyz says so by itself. Null: always ready.
  std::function<std::string()> readiness;
  /// Whose lanes `/admin` shows; null: none.
  cluster::Cluster* cluster = nullptr;
  /// Has the node stop as on SIGTERM, for operators; called on any shard's thread, and returns at once. Null: it
  /// cannot.
  std::function<void()> leave;
};

/// Accepts clients and spreads them over the shards. A connection, its WebSocket and its session's actor live on one
/// shard, so nothing of a client crosses threads.
///
/// Its life: constructed; `listen`; `start`, once the node's services are there; `drain`; `stop`, before or after
/// Runtime::stop; destroyed before the runtime. Its functions are called on one outside thread, except where they say
/// otherwise.
class Gateway {
 public:
  /// Reads the web root into memory: what changes there later is not seen.
  Gateway(GatewayOptions options, GatewayWorld world);
  /// Stops.
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Binds the port and the local socket, so that `address` can be told to others. Clients that connect from here on
  /// wait for `start`. Fails with `invalid_argument` (not host:port, or no such host) or `input_output` (the port is
  /// taken, say).
  Result<void> listen();

  /// Where it listens, with the real port: "127.0.0.1:43210". Empty before `listen`. Any thread.
  const std::string& address() const;
  std::uint16_t port() const;

  /// Begins to accept; the runtime may run already, or not yet. Fails with `name_taken` if an actor of the program has
  /// a name of the gateway's.
  Result<void> start();

  /// Sends the clients elsewhere: sessions are drained (they end with 1012 once their sends are answered), idle HTTP
  /// connections are closed, busy ones end with their answer. Until the end /livez, /readyz (503 `draining`) and
  /// /metrics are still answered; all else is refused with 503. After `within` what is left is cut. Then nothing
  /// listens any more, and `done` runs once, on shard 0's thread: it may not destroy the gateway. A second call can
  /// only bring the end forward, and its `done` runs with the first. Only while the runtime runs.
  void drain(Duration within, std::move_only_function<void()> done);

  /// Listens no more and cuts all connections; returns when that is done. A drain that is under way ends. The second
  /// call does nothing.
  void stop();

  /// Connections of both kinds, those that are being closed among them. Any thread.
  std::uint32_t connections() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace troupe::gateway
