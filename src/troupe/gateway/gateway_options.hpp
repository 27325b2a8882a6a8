#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "troupe/base/time.hpp"
#include "troupe/session/rest.hpp"
#include "troupe/session/session.hpp"
#include "troupe/session/session_actor.hpp"

namespace troupe::gateway {

/// Who may look at the node: at `/admin` and what is below it. Everybody else is told that there is nothing.
struct AdminOptions {
  std::string token;                ///< Opens it on the port for clients, to those who send it. Empty: closed there.
  std::uint32_t attempts_max = 10;  ///< Wrong tokens from one address in a minute. One more: 429 until it is over.
  std::string socket;  ///< Path of a Unix socket on which the gateway listens too; only the owner of this process may
                       ///< connect, and needs no token. Empty: none. "auto": where `find_local_nodes` finds it; if it
                       ///< cannot be opened there, that is only logged.
};

/// What a gateway serves, where, and its limits. The limits of one session are in `session`, those of REST in `rest`.
struct GatewayOptions {
  std::string listen = "127.0.0.1:8080";  ///< host:port. Port 0: any that is free. No host: all IPv4 addresses. Empty:
                                          ///< clients are not served.
  std::string node;                       ///< This node's name, as clients see it.
  std::vector<std::string> configured;    ///< The nodes of the configuration, for `GET /api/v1/cluster`.
  AdminOptions admin;
  std::string web_root;  ///< Folder with index.html and assets/; empty or not there: only the API.

  session::SessionOptions session;  ///< A WebSocket message above `session.message_bytes_max`: closed with 1009.
  session::SessionTimes times;      ///< Also how long REST waits for a document.
  session::RestOptions rest;        ///< A body above `rest.message_bytes_max`: 413.

  std::uint32_t connections_max = 10'000;     ///< HTTP and WebSocket together. One more: 503.
  std::size_t header_bytes_max = 16U << 10U;  ///< Of a request's line and fields. More: 431.
  Duration request_timeout = 10s;             ///< From a request's first byte to its last. Longer: 408.
  std::size_t queue_bytes_max =
      8U << 20U;                ///< What waits for a slow WebSocket reader. More: closed with 4001. A message
                                ///< above half of it counts as half, so that a large snapshot gets through.
  Duration idle_timeout = 60s;  ///< Nothing came on a connection: it is closed. A WebSocket is pinged after half.
  Duration close_timeout = 5s;  ///< For the client to answer a close; then the connection is cut.
  std::size_t unhandled_bytes_max =
      256U << 10U;  ///< Messages of one client that wait for their session, beside the last one
  std::uint32_t unhandled_messages_max = 64;  ///< that was read. Full: the gateway stops to read from this client.
  bool permessage_deflate = false;  ///< Compress WebSocket messages for clients that offer it: costs a copy and time
                                    ///< for each message and client, and some 300 KiB for each connection.

  /// Origins ("https://example.org") whose pages may use this node. Empty: any. There are no cookies and no ambient
  /// rights that a page could abuse, so by default any page may open a socket and call REST (CORS `*`). Programs that
  /// send no Origin are not pages, and always may.
  std::vector<std::string> allowed_origins;
};

}  // namespace troupe::gateway
