#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "troupe/base/time.hpp"
#include "troupe/document/document_type.hpp"

namespace troupe::document {

struct DocumentOptions {
  /// Where each node has a journal of its own: the cluster addresses (host:port) of all nodes that own documents, this
  /// one among them, the same on each node. A topic belongs to one of them for ever. Empty where all nodes share one
  /// journal: then the members that have documents own them, and a document moves when members come and go.
  std::vector<std::string> nodes;
  std::string self;                ///< This node in `nodes`; its name, where `nodes` is empty.
  std::string zone;                ///< Of this node.
  std::uint32_t partitions = 256;  ///< That are shared out over the owners; the same on each node.
  bool joins_others = false;       ///< This node is not the first: where documents move, it waits to see another,
  Duration alone_after = 3s;       ///< but no longer than this, before it owns any.
  std::map<std::string, DocumentFactory> types;  ///< By prefix, with its slash: "canvas/".

  std::size_t keys_max = 65'536;       ///< Remembered keys of each document.
  std::size_t documents_max = 65'536;  ///< Owners, and replicas, that one partition has open. Full: queue_full.
  std::size_t waiting_max = 4'096;     ///< Requests that one owner or replica holds. Full: queue_full.
  std::size_t batch_events_max = 512;  ///< Events that an owner appends at once.
  std::size_t batch_bytes_max = 1U << 20U;
  std::size_t recent_events_max = 4'096;  ///< Events kept in memory for those who lack a few, by owner and replica.
  std::size_t recent_bytes_max = 4U << 20U;
  std::size_t replay_events_max = 10'000;  ///< A client that lacks more begins from the snapshot.
  std::size_t snapshot_bytes_min =
      1U << 20U;  ///< A snapshot is saved after at least so many bytes of events, and as many as the last one had.
  Duration journal_timeout = 10s;
  Duration append_timeout = 5s;  ///< From one node to the owner's.
  Duration follow_timeout = 3s;
  Duration repair_interval = 2s;
  Duration idle_timeout = 5min;  ///< Owners and replicas that nobody needs are put away after it.
};

/// The factory for a topic, or null: no type has its prefix, or the topic is not well formed.
const DocumentFactory* type_of(const DocumentOptions& options, const std::string& topic);

}  // namespace troupe::document
