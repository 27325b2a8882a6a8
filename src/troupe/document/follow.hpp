#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/actor/answer.hpp"
#include "troupe/actor/ref.hpp"
#include "troupe/document/documents.hpp"

/// Between a document's owner and the nodes that follow it. The owner tells each follower of every event once it is on
/// stable storage. A follower asks `Follow` when it begins, when it sees a gap, when the link to the owner was re-made,
/// and each `repair_interval`: the question is the repair. It says what the follower has, and the answer is what it
/// lacks.
namespace troupe::document {

/// The next events, from the owner to a follower.
struct OwnerEvents {
  static constexpr auto wire_name = "troupe.document.owner_events";
  std::string epoch;
  std::vector<Event> events;
};

/// The protocol of followers.
struct Follower {
  using Messages = troupe::Messages<OwnerEvents>;
};

struct Follow {
  static constexpr auto wire_name = "troupe.document.follow";
  struct Reply {
    Position position;              ///< Where the follower is when it has taken this answer.
    std::uint64_t hash = 0;         ///< The owner's running hash there.
    std::optional<Bytes> snapshot;  ///< The state at `position`, if what the follower has cannot be continued.
    std::vector<Event> events;      ///< Else the events up to `position`.
  };
  std::string topic;
  Position has;
  std::uint64_t hash = 0;  ///< Of what the follower has.
  Ref<Follower> follower;
};

/// An append on its way from a client's node to the owner's. Errors, beside those of `Append`: not_owner, also if what
/// it is to follow has not come: then nothing was stored, and the sender sends all again, in order, to whoever owns the
/// document then.
struct AppendAtOwner {
  static constexpr auto wire_name = "troupe.document.append_at_owner";
  using Reply = Append::Reply;
  Append request;
  std::string after_key;  ///< Of the one before it, which the sender does not know to be stored; empty: none.
};

/// Likewise, a read.
struct ReadAtOwner {
  static constexpr auto wire_name = "troupe.document.read_at_owner";
  using Reply = Read::Reply;
  Read request;
};

// From a node's documents actor to the owner of one document, on the same shard.

struct OwnerAppend {
  static constexpr auto wire_name = "troupe.document.owner_append";
  static constexpr bool local_only = true;
  AppendAtOwner request;
  ReplyTo<Append::Reply> reply;
};
struct OwnerRead {
  static constexpr auto wire_name = "troupe.document.owner_read";
  static constexpr bool local_only = true;
  Read request;
  ReplyTo<Read::Reply> reply;
};
struct OwnerFollow {
  static constexpr auto wire_name = "troupe.document.owner_follow";
  static constexpr bool local_only = true;
  Follow request;
  ReplyTo<Follow::Reply> reply;
};
/// Nothing comes after this: end.
struct PutAway {
  static constexpr auto wire_name = "troupe.document.put_away";
  static constexpr bool local_only = true;
};
/// Another node owns the document now: finish what is on its way to the journal, refuse the rest, end. Nothing comes
/// after this either.
struct HandOver {
  static constexpr auto wire_name = "troupe.document.hand_over";
  static constexpr bool local_only = true;
};
/// From an owner or replica that nobody needs: put me away, unless there is something on its way to me.
struct Idle {
  static constexpr auto wire_name = "troupe.document.idle";
  static constexpr bool local_only = true;
  std::string topic;
  std::uint64_t received = 0;  ///< How many messages of the documents actor it has handled.
};

// From a node's documents actor to the replica of one document, on the same shard.

struct ReplicaOpen {
  static constexpr auto wire_name = "troupe.document.replica_open";
  static constexpr bool local_only = true;
  Open request;
  ReplyTo<Open::Reply> reply;
};
struct ReplicaCatchUp {
  static constexpr auto wire_name = "troupe.document.replica_catch_up";
  static constexpr bool local_only = true;
  CatchUp request;
  ReplyTo<CatchUp::Reply> reply;
};
struct ReplicaDigest {
  static constexpr auto wire_name = "troupe.document.replica_digest";
  static constexpr bool local_only = true;
  ReplyTo<GetDigest::Reply> reply;
};
struct ReplicaClose {
  static constexpr auto wire_name = "troupe.document.replica_close";
  static constexpr bool local_only = true;
  Ref<DocumentListener> listener;
};
/// The owner's node is there, again or for the first time, or is gone.
struct OwnerReachable {
  static constexpr auto wire_name = "troupe.document.owner_reachable";
  static constexpr bool local_only = true;
  bool reachable = true;
  std::string reason;
};

}  // namespace troupe::document
