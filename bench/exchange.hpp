#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/latencies.hpp"
#include "bench/tally.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's.
class App;
}

/// What the two processes of `bench echo` do, whatever system they are made with: each says it on its command line in
/// the same words. (bench/peers/erlang/ reads the same words in Erlang.)
namespace troupe::bench {

/// Some pairs that do the same. Each sender has `window` messages of `size_bytes` under way; its receiver answers every
/// `answer_each`th with a short message.
struct Flow {
  std::uint32_t pairs = 1;
  std::size_t size_bytes = 0;
  std::uint32_t window = 1;
  std::uint32_t answer_each = 1;
};

/// The words of one process.
struct EchoRole {
  std::string host = "127.0.0.1";  ///< The server listens there.
  std::string server;              ///< For the client: the line that the server printed.
  std::vector<Flow> flows;         ///< All at once.
  double seconds = 1;
  std::uint16_t parallelism = 1;  ///< Connections between the two.
  std::uint32_t shards = 1;       ///< Threads that run actors in each process.
  std::uint32_t busy_poll_us = 0;
  std::string tls;       ///< Folder with certificate.pem, key.pem and authority.pem; empty: without TLS.
  std::string affinity;  ///< Empty for the peers, which know nothing of it.
};

std::vector<std::string> words_of(const EchoRole& role);
/// Reads the words of `words_of` into `role`, which has to outlive `command`.
void add_role_options(CLI::App& command, EchoRole& role);

/// `pairs x size x window x answer_each`, with commas between flows: "1x1024x1x1,4x8388608x1x1".
std::string to_text(const std::vector<Flow>& flows);
/// Throws std::invalid_argument.
std::vector<Flow> parse_flows(std::string_view text);

/// What all pairs of one flow did. Only what was answered counts.
struct FlowResult {
  static constexpr bool local_only = true;  ///< As a message between Troupe's actors.
  Tally messages;
  Latencies round_trips;  ///< Empty unless the flow's window is 1.

  void add(const FlowResult& part);
};

/// What a client prints when it is done: one line of JSON.
std::string to_json(const std::vector<FlowResult>& results);

}  // namespace troupe::bench
