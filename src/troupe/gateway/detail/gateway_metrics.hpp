#pragma once

#include <map>
#include <string>
#include <string_view>

#include "troupe/base/metrics.hpp"

namespace troupe::gateway::detail {

/// The gateway's series. Each shard has an object of its own (which remembers the series that it has used), the series
/// are the node's.
class GatewayMetrics {
 public:
  explicit GatewayMetrics(Metrics& metrics)
      : http_connections(connections(metrics, "http")),
        web_sockets(connections(metrics, "websocket")),
        messages_received(metrics.counter("troupe_gateway_messages_received_total", "WebSocket messages from clients")),
        messages_sent(metrics.counter("troupe_gateway_messages_sent_total", "WebSocket messages queued for clients")),
        bytes_received(metrics.counter("troupe_gateway_received_bytes_total",
                                       "Bytes of requests and WebSocket messages from clients")),
        bytes_sent(metrics.counter("troupe_gateway_sent_bytes_total", "Bytes handed to the sockets of clients")),
        slow_readers(metrics.counter("troupe_gateway_slow_readers_total",
                                     "WebSockets closed because the client read too slowly")),
        session_failures(
            metrics.counter("troupe_gateway_session_failures_total", "WebSockets closed because their session failed")),
        metrics_(metrics) {}

  /// A connection, request or WebSocket that was refused.
  void refused(std::string_view reason) {
    series(refused_, std::string(reason), "troupe_gateway_refused_total", "Connections, requests and messages refused",
           "reason")
        .add();
  }
  void answered(unsigned status) {
    series(answered_, std::to_string(status), "troupe_http_requests_total", "HTTP requests answered", "status").add();
  }

  Gauge& http_connections;
  Gauge& web_sockets;
  Counter& messages_received;
  Counter& messages_sent;
  Counter& bytes_received;
  Counter& bytes_sent;
  Counter& slow_readers;
  Counter& session_failures;

 private:
  using Used = std::map<std::string, Counter*>;

  static Gauge& connections(Metrics& metrics, const std::string& kind) {
    return metrics.gauge("troupe_gateway_connections", "Connections of clients", {{"kind", kind}});
  }
  Counter& series(Used& used, std::string value, const char* name, const char* help, const char* label) {
    Counter*& counter = used[value];
    if (counter == nullptr) counter = &metrics_.counter(name, help, {{label, std::move(value)}});
    return *counter;
  }

  Metrics& metrics_;
  Used refused_;
  Used answered_;
};

}  // namespace troupe::gateway::detail
