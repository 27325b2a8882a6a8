#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What `troupe bench` measures. Each run prints a table on standard output, progress on standard error, and ends in
/// bounded time: about `seconds` for each line of the table. docs/benchmarks.md explains the figures.
namespace troupe::bench {

struct OutputOptions {
  std::string json_file;  ///< Empty: none. Else one JSON line for each figure.
  std::string html_file;  ///< Empty: none. Else a page with the figures as plots.
};

/// One process: actors on one shard, and on two.
struct ActorsOptions {
  double seconds = 2;                ///< For each case.
  std::uint32_t actors = 1'000'000;  ///< Of the cases `idle` and `spawn`.
  std::uint32_t pairs = 10'000;      ///< Of the case `pairs`.
  std::uint32_t senders = 100;       ///< Of the case `many_to_one`.
  std::uint32_t busy_poll_us = 0;    ///< NodeOptions::busy_poll.
  std::vector<std::string> peers;    ///< Of `erlang`, `caf`.
  OutputOptions output;
};

/// Two processes on this machine, each with a node, or with the same of another system.
struct EchoOptions {
  std::vector<std::string> modes{"ack", "one_way"};  ///< And `beside_bulk`, which has pairs and sizes of its own.
  std::vector<std::uint32_t> pairs{1, 16, 128};
  std::vector<std::size_t> sizes{64, 1024, 512U << 10U};
  std::vector<std::uint32_t> rtt_ms{0};       ///< Round-trip times of the network between the two.
  std::vector<std::uint16_t> parallelism{1};  ///< Of the channel `data`, at both ends.
  std::vector<std::string> affinity{"pair"};  ///< What chooses a message's lane: `pair`, `random`, `round_robin`.
  std::vector<std::string> peers{"tcp"};      ///< Of `erlang`, `caf`, `tcp`, `none`.
  double seconds = 2;                         ///< For each case and system.
  std::uint32_t shards = 1;                   ///< Of each node.
  std::uint32_t busy_poll_us = 0;             ///< NodeOptions::busy_poll of both.
  std::string tls;  ///< Folder with certificate.pem, key.pem and authority.pem of Troupe's nodes; empty: without TLS.
  OutputOptions output;
};

/// A node in a process of its own and WebSocket clients in this one, on one document.
struct FanoutOptions {
  std::vector<std::uint32_t> receivers{10, 100, 1000};
  std::vector<std::uint32_t> outstanding{1, 16};  ///< Events that the sender has under way.
  double seconds = 3;                             ///< For each case.
  std::size_t size = 100;                         ///< Of an event's data, about.
  std::string directory;     ///< In which the data directory is made; empty: the system's for temporary files.
  std::uint32_t shards = 1;  ///< Of the node.
  OutputOptions output;
};

/// A cluster of many processes on this machine, and what it costs when it is there.
struct NodesOptions {
  std::uint32_t nodes = 50;
  std::vector<std::string> overlays{"peer_to_peer", "full_mesh"};
  std::vector<std::string> peers;  ///< Of `erlang`, `erlang_default`.
  double settle_seconds = 30;      ///< From the joining to the idle time: members and links settle.
  double idle_seconds = 60;        ///< For which the cluster is left alone and its processor time is counted.
  std::uint32_t kills = 3;         ///< Processes that are killed, one after the other.
  std::uint32_t stops = 1;         ///< Processes that are stopped: they fall silent with their connections open.
  OutputOptions output;
};

/// The journal of documents alone, beside the bare engine with the same batching.
struct JournalBenchOptions {
  std::vector<std::string> engines{"rocksdb", "postgres"};
  std::vector<std::uint32_t> documents{1, 1000};
  std::size_t batch = 100;  ///< Events of one append, where there is one document; otherwise 1.
  std::size_t size = 128;   ///< Of an event's data.
  double seconds = 3;       ///< For each case and system.
  std::string directory;    ///< In which data directories are made; empty: the system's for temporary files.
  std::string connection;   ///< To a PostgreSQL; empty: one is started in a temporary folder.
  OutputOptions output;
};

// Each returns the exit code of the program: 0, or 1 with the cause on standard error; and throws what keeps it from
// beginning.

int run_actors(const ActorsOptions& options);
int run_echo(const EchoOptions& options);
int run_fanout(const FanoutOptions& options);
int run_nodes(const NodesOptions& options);
int run_journal(const JournalBenchOptions& options);

// The other processes. A server prints one line with its address and ends when standard input does, so that it never
// outlives its parent; a client prints one line with its result.

struct EchoRole;  // exchange.hpp
int run_echo_server(const EchoRole& role);
int run_echo_client(const EchoRole& role);

struct FanoutServerOptions {
  std::string data;
  std::uint32_t shards = 1;
};
int run_fanout_server(const FanoutServerOptions& options);

/// One of the processes of `bench nodes`; nodes/nodes.cpp has what it says and is told.
struct NodesRole {
  std::string name;
  std::uint32_t nodes = 0;
  std::string overlay = "full_mesh";
  bool server = true;  ///< In the overlay client_server.
};
int run_node(const NodesRole& role);

}  // namespace troupe::bench
