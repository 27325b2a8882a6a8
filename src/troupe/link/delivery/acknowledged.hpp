#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/base/random.hpp"
#include "troupe/base/time.hpp"
#include "troupe/wire/delivery_stamp.hpp"

/// Acknowledged delivery between two nodes, over connections that may lose, repeat and reorder messages, and break and
/// come back: each message arrives at most once, those of one flow in their order, and the sender learns what became of
/// each, once. It ends at the deadline of the message, or when either node's life does.
///
/// Both halves are pure: events in, actions out. The sender's half numbers nothing and stores no payload: its owner
/// does. One owner, one thread each.
namespace troupe::link {

struct AcknowledgedOptions {
  Duration retry_min = 200ms;  ///< A message without an answer is sent again after this; each time twice as long,
  Duration retry_max = 5s;     ///< up to this.
  double retry_jitter = 0.25;  ///< Each pause is longer by a random part of up to this fraction.
  std::uint32_t attempts_max = 1'000;    ///< Since the connection was made. After them it is as at the deadline.
  std::size_t messages_max = 65'536;     ///< Sender: to one node, from the oldest without an outcome on.
  std::size_t remembered_max = 262'144;  ///< Receiver: messages of all senders that could come again; no fewer than
                                         ///< `messages_max`. As many again that were cancelled.
};

/// What became of a message, as its sender knows it.
enum class Fate : std::uint8_t {
  kDelivered,  ///< It is, or was, in the recipient's mailbox.
  kRefused,    ///< It was not delivered, and will not be.
  kUnknown,    ///< It was sent, and no word came.
};

/// What a sender's half wants done. What is forgotten may be among the transmissions: it need not go.
struct AcknowledgedActions {
  struct Transmit {
    std::uint64_t number = 0;  ///< If it cannot leave: `on_not_sent`.
    wire::DeliveryStamp stamp;
  };
  struct Outcome {
    std::uint64_t number = 0;
    Fate fate = Fate::kUnknown;
    ErrorCode why = ErrorCode::kUnknown;
  };
  struct Notice {  ///< Tell that shard of the peer how far this sender is.
    std::uint32_t shard = 0;
    std::uint64_t low = 0;
  };
  std::vector<Outcome> outcomes;         ///< One for each message.
  std::vector<std::uint64_t> forgotten;  ///< Nothing of these is sent any more.
  std::vector<Transmit> transmits;
  std::vector<Notice> notices;
};

/// The sender's half, for the messages of one shard to one life of another node.
///
/// Of each flow, the messages are sent as they come. If the oldest has no answer in time, it alone is sent again until
/// it has one; then so is all of the flow behind it, in order.
class AcknowledgedSender {
 public:
  AcknowledgedSender(const AcknowledgedOptions& options, Random random) : options_(options), random_(random) {}

  struct Message {
    std::uint64_t number = 0;  ///< Above all before it.
    std::uint64_t flow = 0;
    TimePoint deadline;
    bool insist = false;  ///< After the deadline go on asking what became of it: only then is it forgotten.
  };

  /// False, and nothing happens, if `messages_max` are without an outcome, or wait for an older one that is.
  bool submit(TimePoint now, const Message& message, AcknowledgedActions& actions);
  /// A transmission was not taken by the network's queues.
  void on_not_sent(std::uint64_t number, ErrorCode why, TimePoint now, AcknowledgedActions& actions);
  /// The answer of this shard of the peer.
  void on_answer(TimePoint now, std::uint32_t shard, std::uint64_t number, Fate fate, ErrorCode why,
                 AcknowledgedActions& actions);
  /// A broken connection was re-made: what was under way may be lost.
  void on_reconnected(TimePoint now, AcknowledgedActions& actions);
  /// The peer is down, or lives anew. Everything has its outcome with that.
  void on_peer_gone(AcknowledgedActions& actions);
  void on_tick(TimePoint now, AcknowledgedActions& actions);
  TimePoint next_tick() const;

  /// Nothing is under way, and the peer has been told: this object may go.
  bool is_idle() const { return entries_.empty() && notice_due_ == TimePoint::max(); }
  std::size_t size() const { return entries_.size(); }
  std::uint64_t retransmissions() const { return retransmissions_; }

 private:
  struct Entry {
    std::uint64_t flow = 0;
    TimePoint deadline;
    TimePoint due;
    std::uint32_t attempts = 0;
    std::uint32_t taken = 0;  ///< Of the attempts, those that the network's queues took.
    bool insist = false;
    bool told = false;  ///< Its outcome is out: unknown. What goes on is to have it cancelled.
    ErrorCode refusal = ErrorCode::kTimeout;
  };
  struct Flow {
    std::deque<std::uint64_t> numbers;  ///< In order.
    bool recovering = false;            ///< Only the first is sent until it has an answer.
  };
  using Entries = std::map<std::uint64_t, Entry>;

  std::uint64_t low() const { return span_.empty() ? last_ + 1 : span_.front(); }
  Duration pause(std::uint32_t attempts);
  void set_due(std::uint64_t number, Entry& entry, TimePoint due);
  void transmit(TimePoint now, std::uint64_t number, std::uint64_t previous, bool is_first,
                AcknowledgedActions& actions);
  void transmit_all(TimePoint now, Flow& flow, AcknowledgedActions& actions);
  void expire(TimePoint now, Entries::iterator entry, AcknowledgedActions& actions);
  void retry(TimePoint now, Entries::iterator entry, AcknowledgedActions& actions);
  void forget(TimePoint now, Entries::iterator entry, bool answered, AcknowledgedActions& actions);
  void tell_low(TimePoint now, AcknowledgedActions& actions);

  AcknowledgedOptions options_;
  Random random_;
  Entries entries_;
  std::deque<std::uint64_t> span_;  ///< All numbers from the oldest without an outcome on.
  std::unordered_map<std::uint64_t, Flow> flows_;
  std::set<std::pair<TimePoint, std::uint64_t>> due_;
  std::uint64_t last_ = 0;
  std::map<std::uint32_t, std::uint64_t> answered_;  ///< By shard of the peer: the highest number; until it was told.
  TimePoint notice_due_ = TimePoint::max();
  std::uint64_t retransmissions_ = 0;
};

/// The receiver's half, for the messages of all nodes to one shard: says which are to be delivered, and remembers what
/// became of them until their sender knows.
class AcknowledgedReceiver {
 public:
  explicit AcknowledgedReceiver(const AcknowledgedOptions& options) : options_(options) {}

  /// One shard of one life of a node.
  struct Source {
    NodeId node;
    std::uint32_t shard = 0;
    friend auto operator<=>(const Source&, const Source&) = default;
  };

  enum class Verdict : std::uint8_t {
    kDeliver,    ///< Now, in the order of the verdicts; `on_outcome` says what came of it.
    kDuplicate,  ///< It was here before.
    kEarly,      ///< The one before it in its flow is missing: it comes again after that one.
    kLate,       ///< Its sender had given it up when it sent a later one of its flow.
    kNoRoom,     ///< It comes again.
    kCancelled,  ///< It never came, and will not be delivered.
  };

  /// A message, or what cancels one. `has_room`: it could be delivered now.
  Verdict on_message(const Source& source, const wire::DeliveryStamp& stamp, bool has_room);
  /// What became of a message that was to be delivered.
  void on_outcome(const Source& source, std::uint64_t number, const Result<void>& outcome);
  /// The sender has the outcomes of all messages below.
  void on_low(const Source& source, std::uint64_t low);
  /// The node is gone as far as can be seen. It may come back in the same life and send again what it has no answer
  /// for, so what it sent is forgotten only later: see `forget_gone`.
  void on_node_gone(TimePoint now, const NodeId& node) { gone_.try_emplace(node, now); }
  /// Forgets the nodes that have been gone for so long that every deadline of what they sent has passed.
  void forget_gone(TimePoint now, Duration deadline_max);

  /// This node goes on in a new life: the others begin anew with it.
  void forget_all();

  /// What is to be told, at most so much to each source at a time.
  static constexpr std::size_t kAnswersMax = 8'192;
  std::vector<std::pair<Source, wire::Acknowledgement>> take_answers();
  bool has_answers() const { return !answers_.empty(); }
  std::size_t remembered() const { return remembered_; }

 private:
  struct Seen {
    std::uint64_t flow = 0;
    bool answered = false;
    bool delivered = false;
    ErrorCode why = ErrorCode::kUnknown;
  };
  struct Stream {
    std::uint64_t low = 0;
    std::map<std::uint64_t, Seen> seen;                      ///< From `low` on.
    std::unordered_map<std::uint64_t, std::uint64_t> flows;  ///< The highest number of each that was seen.
  };

  Stream* stream_of(const Source& source);
  void advance(Stream& stream, std::uint64_t low);
  void answer(const Source& source, std::uint64_t number, const Seen& seen);
  void forget_node(NodeId node);  ///< A copy: what names it goes, too.

  AcknowledgedOptions options_;
  std::map<Source, Stream> streams_;
  std::map<Source, wire::Acknowledgement> answers_;
  std::map<NodeId, TimePoint> gone_;
  std::size_t remembered_ = 0;
};

}  // namespace troupe::link
