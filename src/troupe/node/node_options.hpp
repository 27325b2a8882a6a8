#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "troupe/actor/log.hpp"
#include "troupe/cluster/cluster.hpp"
#include "troupe/document/document_options.hpp"
#include "troupe/gateway/gateway_options.hpp"
#include "troupe/node/journal/journal_options.hpp"
#include "troupe/runtime/discovery/contact_book.hpp"
#include "troupe/runtime/spans/span_file.hpp"
#include "troupe/runtime/tls_options.hpp"

namespace troupe {

/// Everything that can be said about a node. Each field has a key of the configuration (docs/configuration.md), which
/// names its default and its limits.
struct NodeOptions {
  std::string name = "node";  ///< Unique in the cluster.

  // The cluster.
  std::string cluster_listen;  ///< host:port of the cluster port; port 0: any that is free; empty: this node is alone.
  std::string cluster_advertise;  ///< host:port under which the others reach it; empty: as it listens.
  std::string cluster_name = "troupe";
  std::vector<std::string> join;        ///< Cluster addresses of other nodes.
  runtime::DiscoveryOptions discovery;  ///< Where to find more of them.
  std::string zone;                     ///< Rack, room or region; overlays keep links within it where they can.
  bool is_server = true;                ///< In the overlay client_server.
  std::string secret;                   ///< Shared by all nodes. May be empty only while the node listens on loopback.
  runtime::TlsOptions cluster_tls;      ///< On all connections to other nodes; `address` is set from the above.
  cluster::ClusterOptions cluster;  ///< The rest; `self`, `cluster`, `secret` and `fabric.join` are set from the above.

  // Documents.
  std::string data;  ///< Directory of the journal. Needed if there are document types and RocksDB keeps them.
  JournalOptions journal;
  std::vector<std::string>
      document_nodes;  ///< Cluster addresses of the nodes that own documents; empty: this node and `join`.
  document::DocumentOptions documents;  ///< The rest; `self`, `nodes` and `types` are set by the node.

  // Clients.
  std::string http_listen;          ///< host:port for HTTP and WebSocket; port 0: any that is free; empty: no clients.
  std::string http_advertise;       ///< host:port under which clients reach it; empty: as it listens.
  gateway::GatewayOptions gateway;  ///< The rest; `listen`, `node` and `configured` are set by the node.
  Duration drain_timeout = 10s;     ///< For clients to leave when the node stops.

  // The process.
  std::uint32_t shards = 0;  ///< Threads; 0: one for each processor.
  std::uint32_t mailbox_messages_max = 65'536;
  std::uint32_t deliveries_max = 65'536;        ///< Messages with an outcome that one shard has under way.
  Duration deliver_within_max = 1h;             ///< The longest time for one.
  std::size_t mailbox_bytes_max = 128U << 20U;  ///< ShardOptions::mailbox_bytes_max
  Duration busy_poll{};                         ///< How long an idle shard spins before it sleeps.
  Duration long_handler_threshold = 100ms;
  TraceOptions trace;              ///< `sink` is set by the node, if there is a file.
  runtime::SpanFileOptions spans;  ///< `path` empty: spans are only logged. `resource` is set by the node.
  LogLevel log_level = LogLevel::kInfo;
  bool log_json = false;
};

}  // namespace troupe
