#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "troupe/cluster/cluster.hpp"

namespace troupe::sim {

struct DocumentRunOptions {
  std::uint32_t nodes = 3;
  std::uint32_t clients = 6;
  std::uint32_t documents = 2;
  std::uint32_t events = 60;     ///< That each client sends.
  std::uint32_t data_lanes = 0;  ///< 0: 1 to 3, by the seed.
  std::uint32_t faults = 12;     ///< Crashes, restarts, partitions, cuts, half-open connections.
  double unknown_chance = 0.02;
  std::string overlay;  ///< Empty: the seed chooses.
  std::string
      journal;  ///< "own": each node has one; "shared": all have one, and documents move. Empty: the seed chooses.
  std::function<void(std::string_view)> trace;
};

struct RunOutcome {
  std::string failure;  ///< Empty if all held.
  std::uint64_t trace_hash = 0;
  std::uint64_t events_stored = 0;
  double simulated_seconds = 0;
};

/// Clients on all nodes append to documents, show themselves and send signals while nodes crash and the network breaks;
/// then all heals. The seed also chooses the shards of the nodes and the limits of documents, small ones too, so that
/// snapshots, reads of the journal and idle documents are part of most runs. Holds if each client saw each document's
/// events in order without gap or repeat, all saw the same, every acknowledged event is in the journal once and at
/// its acknowledged seq, every wanted event was acknowledged in the end, all nodes come to the same digest, and in the
/// end each client sees exactly who is there and gets their signals.
RunOutcome run_documents(std::uint64_t seed, const DocumentRunOptions& options);

struct ClusterRunOptions {
  std::uint32_t nodes = 5;
  std::uint32_t data_lanes = 0;  ///< 0: 1 to 8, by the seed.
  std::uint32_t faults = 20;
  std::string overlay;  ///< Empty: the seed chooses.
  std::function<void(std::string_view)> trace;
};

/// Actors on all nodes send each other numbered messages while nodes crash and the network breaks; then all heals.
/// Holds if no pair of actors saw a reordering or a repeat, every monitor of an actor on a node that crashed fired, and
/// at the end all nodes see each other up and messages flow between all of them.
RunOutcome run_cluster(std::uint64_t seed, const ClusterRunOptions& options);

struct CalmRunOptions {
  std::uint32_t nodes = 5;
  Duration duration = 1h;
  Duration jitter = 200ms;  ///< By up to so much longer than the last each arrival takes.
  Duration stall_max = 1s;  ///< So long at most a link stands still, in one direction or both; each once in 10 s.
  std::string overlay;      ///< Empty: the seed chooses.
  cluster::ClusterOptions cluster;
  std::function<void(std::string_view)> trace;
};

/// Nodes whose links jitter and stall at random, and where nothing fails. Holds if nobody is declared down. The outcome
/// counts suspicions as `events_stored`.
RunOutcome run_calm(std::uint64_t seed, const CalmRunOptions& options);

struct DeliveryRunOptions {
  std::uint32_t nodes = 3;
  std::uint32_t data_lanes = 0;  ///< 0: 1 to 8, by the seed.
  std::uint32_t faults = 12;
  std::string overlay;  ///< Empty: the seed chooses.
  std::function<void(std::string_view)> trace;
};

/// Actors on all nodes send each other acknowledged and causal messages, by name and by slot, also within their node,
/// while nodes crash and the network breaks; then all heals. The seed also chooses shards, lanes, the room in mailboxes
/// and the bounds of stores. Holds if no message was handled twice, or after a later one of its sender, or after one
/// that depends on it; if each has one outcome, in time; if what was delivered is there and what was refused is not;
/// and if most are delivered once all is well. The outcome counts those delivered as `events_stored`.
RunOutcome run_deliveries(std::uint64_t seed, const DeliveryRunOptions& options);

/// The overlay of a run. Half of the seeds that may choose have a full mesh.
std::string choose_overlay(std::uint64_t seed, const std::string& wanted);

}  // namespace troupe::sim
