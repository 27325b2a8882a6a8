#pragma once

#include <functional>
#include <memory>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/document/journal.hpp"

namespace troupe::document {

/// What an application says about its documents: which events it accepts, and what they add up to. One object is the
/// state of one document on one node: the owner's, and one on each node that follows the document. Each is called by
/// one actor only, so it needs no lock.
///
/// It must be deterministic: the same events in the same order give the same `snapshot()`, byte for byte, on every
/// node. So there is no clock in it, no random number, no pointer's value, no order of a hash table, no file and no
/// socket.
///
///     class Counter final : public troupe::document::DocumentState { ... };
///     node.add_document("counter/", [] { return std::make_unique<Counter>(); });
class DocumentState {
 public:
  DocumentState() = default;
  virtual ~DocumentState() = default;
  DocumentState(const DocumentState&) = delete;
  DocumentState& operator=(const DocumentState&) = delete;

  /// Whether an event with this `data` is acceptable in the present state. `data` comes from a client and may be
  /// anything up to `session.data_bytes_max`; from the gateway it is well-formed compact JSON, nested at most 64 deep.
  /// A refusal is `kInvalidEvent`, its detail names the field, what is wrong with it and what would be right: the
  /// client gets to read it. Called on the owner only, before the event has a seq. Changes nothing.
  [[nodiscard]] virtual Result<void> check(const Bytes& data) const = 0;

  /// Takes one event into the state. Total: it never fails on data that `check` accepted in the same state, and it does
  /// not throw. Called on the owner after the event is on stable storage, and on each follower, once for each seq, in
  /// order. The owner checks a batch before the first of it is applied, so acceptance must not hang on the batch's
  /// other events for `apply` to be total: an event whose conditions have vanished meanwhile is one that changes
  /// nothing.
  virtual void apply(const Event& event) = 0;

  /// The state after the events applied so far. For JSON document types this is compact JSON text, which goes to
  /// clients verbatim as the `snapshot` of `joined`. Linear in the size of the state; the caller keeps it until the
  /// next `apply`.
  [[nodiscard]] virtual Bytes snapshot() const = 0;

  /// Replaces the state by one that `snapshot` gave, perhaps by an older version of this type: `snapshot()` then gives
  /// an equal state. `kCorrupt` if the bytes are no such thing; then the state is as it was before.
  [[nodiscard]] virtual Result<void> restore(const Bytes& snapshot) = 0;
};

/// Makes the state of an empty document. Called on any shard, so it must be safe to call from several threads at once.
using DocumentFactory = std::function<std::unique_ptr<DocumentState>()>;

}  // namespace troupe::document
