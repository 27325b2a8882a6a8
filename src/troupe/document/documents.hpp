#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/actor/ref.hpp"
#include "troupe/base/hash.hpp"
#include "troupe/document/journal.hpp"

/// What actors say to the documents of their node, and hear from them.
namespace troupe::document {

/// A point in one lifetime of a document.
struct Position {
  std::string epoch;
  std::uint64_t seq = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

/// Appends one event. Answered after it is on stable storage. Errors: unknown_topic, invalid_event (the document type's
/// reason), queue_full (not stored), not_owner, and unavailable, timeout, unreachable (it may be stored: ask again with
/// the same key).
struct Append {
  static constexpr auto wire_name = "troupe.document.append";
  struct Reply {
    std::string epoch;
    std::uint64_t seq = 0;
    bool repeated = false;  ///< The key had been appended before, at this seq.
  };
  std::string topic;
  std::string key;
  std::string from;
  Bytes data;
};

/// Reads events from the owner's journal.
struct Read {
  static constexpr auto wire_name = "troupe.document.read";
  struct Reply {
    std::string epoch;
    std::uint64_t seq = 0;  ///< The document's last.
    std::vector<Event> events;
  };
  std::string topic;
  std::uint64_t after = 0;
  std::uint32_t events_max = 100;
};

/// A batch of events as it reaches the listeners of a node: one object for all of them.
struct EventBatch {
  std::string topic;
  std::string epoch;
  std::vector<Event> events;
};

/// The next events of a document, in order and without a gap since `Opened` or the last `DocumentReset`.
struct DocumentEvents {
  static constexpr auto wire_name = "troupe.document.events";
  static constexpr bool local_only = true;
  std::shared_ptr<const EventBatch> batch;
};

/// The document began anew, or this node fell too far behind: this takes the place of everything before.
struct DocumentReset {
  static constexpr auto wire_name = "troupe.document.reset";
  static constexpr bool local_only = true;
  std::string topic;
  Position position;
  Bytes snapshot;
};

/// Whether the document's owner can be reached.
struct DocumentStatus {
  static constexpr auto wire_name = "troupe.document.status";
  static constexpr bool local_only = true;
  std::string topic;
  bool available = true;
  std::string reason;
};

/// The protocol of those who follow a document on their own node.
struct DocumentListener {
  using Messages = troupe::Messages<DocumentEvents, DocumentReset, DocumentStatus>;
};

/// Begins to follow a document. Errors: unknown_topic, unavailable, queue_full.
struct Open {
  static constexpr auto wire_name = "troupe.document.open";
  static constexpr bool local_only = true;
  struct Reply {
    static constexpr bool local_only = true;
    Position position;              ///< Where this node is.
    std::optional<Bytes> snapshot;  ///< The state there, if `after` is not continued.
    std::shared_ptr<const EventBatch>
        events;  ///< Else the events after `after`, as far as they are at hand; null if none.
  };
  std::string topic;
  std::optional<Position> after;  ///< What the listener has.
  Ref<DocumentListener> listener;
};

/// The events after a position; a listener that has missed some asks. With `snapshot` if they cannot be had.
struct CatchUp {
  static constexpr auto wire_name = "troupe.document.catch_up";
  static constexpr bool local_only = true;
  using Reply = Open::Reply;
  std::string topic;
  Position after;
};

/// Ends what `Open` began.
struct Close {
  static constexpr auto wire_name = "troupe.document.close";
  static constexpr bool local_only = true;
  std::string topic;
  Ref<DocumentListener> listener;
};

/// What this node itself has received of a document.
struct GetDigest {
  static constexpr auto wire_name = "troupe.document.get_digest";
  static constexpr bool local_only = true;
  struct Reply {
    Position position;
    std::uint64_t hash = 0;
  };
  std::string topic;
};

/// Whether nodes agree on who owns what; the reason if not.
struct GetTrouble {
  static constexpr auto wire_name = "troupe.document.get_trouble";
  static constexpr bool local_only = true;
  using Reply = std::string;
};

/// The protocol of a node's documents, for actors of the same node.
struct Documents {
  using Messages = troupe::Messages<Append, Read, Open, CatchUp, Close, GetDigest, GetTrouble>;
};

/// A node's documents are shared out over this many actors by the hash of the topic, the same number on every node.
inline constexpr std::uint32_t kDocumentPartitions = 16;

inline std::uint32_t document_partition(std::string_view topic) {
  return static_cast<std::uint32_t>(hash64(topic) % kDocumentPartitions);
}

inline std::string documents_actor_name(std::uint32_t partition) {
  return "troupe.documents." + std::to_string(partition);
}

/// The actor that has the topic on this node; with an incarnation of 0, on whichever life of the node there is.
inline Ref<Documents> documents_for(NodeId node, std::string_view topic) {
  return Ref<Documents>(Address{node, ActorId::named(documents_actor_name(document_partition(topic)))});
}

}  // namespace troupe::document
