#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/latencies.hpp"
#include "bench/tally.hpp"

/// What `bench echo` compares with: the same exchange by a program that does nothing else, with one connection,
/// blocking calls, one thread at each end, and no framing: the reader knows the size. Whatever can be written at once
/// is, so this is the limit of a connection.
namespace troupe::bench {

struct TcpManner {
  std::size_t size = 0;           ///< Of a message. An answer has 8 bytes.
  std::uint32_t window = 1;       ///< Messages that may be without an answer.
  std::uint32_t answer_each = 1;  ///< Every so many messages one is answered.
  Duration time{};
};

struct TcpExchange {
  Tally messages;
  Latencies round_trips;  ///< Empty unless each message is answered.
};

/// Throws std::system_error.
TcpExchange tcp_exchange(std::uint16_t port, const TcpManner& manner);

/// Serves one connection after the other; prints its port. Never returns.
void serve_tcp();

}  // namespace troupe::bench
