#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "troupe/actor/message.hpp"
#include "troupe/actor/stamps.hpp"
#include "troupe/actor/via.hpp"
#include "troupe/base/bytes.hpp"
#include "troupe/base/ids.hpp"

namespace troupe {

/// The numbers cross the wire: append only.
enum class EnvelopeKind : std::uint8_t {
  kTell = 0,             ///< payload: a message
  kAsk = 1,              ///< payload: a message; `correlation` comes back with the answer
  kReply = 2,            ///< payload: the answer's value
  kError = 3,            ///< payload: Error, the answer to an ask that failed
  kSignal = 4,           ///< payload: Down or Exit
  kMonitor = 5,          ///< payload: Watch; the sender wants to know when the recipient ends
  kDemonitor = 6,        ///< payload: Watch
  kLink = 7,             ///< payload: Watch; sender and recipient end together
  kUnlink = 8,           ///< payload: Watch
  kStop = 9,             ///< no payload; the recipient is to stop
  kLinkCheck = 10,       ///< payload: Watch; the recipient linked itself to the sender: does that link still hold?
  kAcknowledge = 11,     ///< payload: wire::Acknowledgement, from one shard to another
  kPause = 12,           ///< payload: Pause, from one shard to another: a mailbox is filled, or no more
  kLost = 13,            ///< payload: Lost; a message of the recipient did not reach another node
  kTask = 100,           ///< payload: ShardTask; never leaves the node
  kRefusableTask = 101,  ///< the same, refused where a queue is full
};

/// Whether an envelope of this kind may come from another node; what is beyond, a peer has made up.
constexpr bool crosses_wire(EnvelopeKind kind) { return kind <= EnvelopeKind::kLost; }

/// Whether a mailbox or queue that is full may refuse it. Everything else has reserved room: its number is bounded by
/// something else (asks under way, monitors, timers).
constexpr bool is_refusable(EnvelopeKind kind) {
  return kind == EnvelopeKind::kTell || kind == EnvelopeKind::kAsk || kind == EnvelopeKind::kRefusableTask;
}

/// Whether its payload is a message for a handler.
constexpr bool is_message(EnvelopeKind kind) { return kind == EnvelopeKind::kTell || kind == EnvelopeKind::kAsk; }

struct EnvelopeDeleter {
  void operator()(class Envelope* envelope) const noexcept;
};
using EnvelopePtr = std::unique_ptr<class Envelope, EnvelopeDeleter>;

/// A payload as it came from another node: decoded on the recipient's shard, by the recipient's own list of messages.
struct EncodedPayload {
  std::uint64_t tag = 0;
  Bytes body;
};

/// The type of an EncodedPayload that goes to another node as it is.
inline const PayloadType forwarded_payload_type{
    "forwarded",
    0,
    sizeof(EncodedPayload),
    alignof(EncodedPayload),
    &detail::destroy_payload<EncodedPayload>,
    [](const void* payload, wire::Writer& writer) { writer.raw(static_cast<const EncodedPayload*>(payload)->body); }};

/// One message on its way: a header and the payload in one allocation. It has one owner and moves from the sender,
/// through queues that link it by `next`, to the recipient's turn; it may be made on one thread and freed on another.
class Envelope {
 public:
  Address sender;
  ActorId recipient;
  std::uint64_t correlation = 0;
  EnvelopeKind kind = EnvelopeKind::kTell;
  std::uint16_t channel = 0;       ///< Channel::id
  std::uint32_t key = 0;           ///< PartitionKey::hash
  Envelope* next = nullptr;        ///< For the queue that owns it.
  std::unique_ptr<Stamps> stamps;  ///< Null: none.

  Stamps& need_stamps() {
    if (!stamps) stamps = std::make_unique<Stamps>();
    return *stamps;
  }

  /// `type` is &payload_type<T>, or &local_payload_type<T>.
  template <class T>
  static EnvelopePtr make(EnvelopeKind kind, T&& payload, const PayloadType& type = payload_type<std::decay_t<T>>) {
    static_assert(alignof(std::decay_t<T>) <= alignof(std::max_align_t));
    using Payload = std::decay_t<T>;
    constexpr std::size_t offset = payload_offset(alignof(Payload));
    void* memory = ::operator new(offset + sizeof(Payload));
    auto* envelope = new (memory) Envelope(kind);
    EnvelopePtr owner(envelope);
    new (static_cast<std::byte*>(memory) + offset) Payload(std::forward<T>(payload));
    envelope->type_ = &type;  // Only now is there a payload to destroy.
    return owner;
  }

  /// A message that travels as `via` says.
  template <class T>
  static EnvelopePtr make_message(EnvelopeKind kind, T&& message, const Via& via) {
    EnvelopePtr envelope = make(kind, std::forward<T>(message));
    envelope->channel = via.channel.id();
    envelope->key = via.key.hash();
    return envelope;
  }

  static EnvelopePtr make(EnvelopeKind kind) { return EnvelopePtr(new Envelope(kind)); }

  /// Null if there is no payload.
  const PayloadType* type() const { return type_; }
  /// Only where there is one.
  void* payload() { return reinterpret_cast<std::byte*>(this) + payload_offset(type_->alignment); }
  const void* payload() const { return reinterpret_cast<const std::byte*>(this) + payload_offset(type_->alignment); }

  /// The payload if it is a T, else null.
  template <class T>
  T* get(const PayloadType& type = payload_type<T>) {
    if (type_ != &type) return nullptr;
    return reinterpret_cast<T*>(reinterpret_cast<std::byte*>(this) + payload_offset(alignof(T)));
  }
  EncodedPayload* encoded() { return get<EncodedPayload>(local_payload_type<EncodedPayload>); }

  /// What stands on the wire for the payload's type; 0 if there is no payload.
  std::uint64_t tag() const {
    if (type_ == &forwarded_payload_type) return static_cast<const EncodedPayload*>(payload())->tag;
    return type_ == nullptr ? 0 : type_->tag;
  }
  /// Part of acknowledged delivery between nodes: for the shard itself.
  bool is_for_deliveries() const { return kind == EnvelopeKind::kAcknowledge || (stamps && stamps->delivery); }

 private:
  friend struct EnvelopeDeleter;
  explicit Envelope(EnvelopeKind envelope_kind) : kind(envelope_kind) {}
  ~Envelope() = default;

  /// Right behind the header, as far as the payload's alignment (a power of two) allows.
  static constexpr std::size_t payload_offset(std::size_t alignment) {
    return (kHeaderSize + alignment - 1) & ~(alignment - 1);
  }
  static constexpr std::size_t kHeaderSize = 72;

  const PayloadType* type_ = nullptr;
};

/// Out of the way of messages that have none.
[[gnu::noinline, gnu::cold]] inline void destroy_stamps(std::unique_ptr<Stamps>& stamps) { stamps.reset(); }

inline void EnvelopeDeleter::operator()(Envelope* envelope) const noexcept {
  static_assert(sizeof(Envelope) == Envelope::kHeaderSize);
  if (envelope->type_ != nullptr) envelope->type_->destroy(envelope->payload());
  if (envelope->stamps) [[unlikely]]
    destroy_stamps(envelope->stamps);
  envelope->~Envelope();
  ::operator delete(envelope);
}

/// A first-in, first-out list of envelopes, linked through themselves: no allocation, no bound of its own (its user
/// counts).
class EnvelopeQueue {
 public:
  EnvelopeQueue() = default;
  EnvelopeQueue(const EnvelopeQueue&) = delete;
  EnvelopeQueue& operator=(const EnvelopeQueue&) = delete;
  ~EnvelopeQueue() {
    while (pop()) {
    }
  }

  bool empty() const { return head_ == nullptr; }

  void push(EnvelopePtr envelope) {
    Envelope* raw = envelope.release();
    raw->next = nullptr;
    (tail_ != nullptr ? tail_->next : head_) = raw;
    tail_ = raw;
  }

  /// Null if empty.
  EnvelopePtr pop() {
    Envelope* raw = head_;
    if (raw == nullptr) return nullptr;
    head_ = raw->next;
    if (head_ == nullptr) tail_ = nullptr;
    raw->next = nullptr;
    return EnvelopePtr(raw);
  }

 private:
  Envelope* head_ = nullptr;
  Envelope* tail_ = nullptr;
};

}  // namespace troupe
