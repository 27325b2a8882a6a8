#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "troupe/link/delivery/acknowledged.hpp"

namespace troupe::link {
namespace {

using Source = AcknowledgedReceiver::Source;
using Verdict = AcknowledgedReceiver::Verdict;

constexpr std::uint32_t kReceivers = 2;  // Shards of the receiving node.
constexpr std::uint32_t kFlows = 4;
constexpr Duration kStep = 10ms;

/// Two nodes under one seed: a network that loses, repeats, reorders and delays; nodes that crash and come back; links
/// that break. Both ends are what is tested; around them stands an omniscient judge.
class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : random_(seed), loss_(random_.fraction() * 0.5), storm_(random_.chance(0.7)) {
    options_.messages_max = 8 + random_.below(60);
    options_.remembered_max = options_.messages_max + random_.below(60);
    begin_receiver();
    begin_sender();
  }

  void run() {
    for (int i = 0; i < 1500 && failure.empty(); ++i) step(true);
    loss_ = 0;
    reachable_ = true;
    for (int i = 0; i < 3000 && failure.empty(); ++i) step(false);
    for (std::uint64_t flow = 0; flow < kFlows; ++flow) submit(flow);  // By these the receiver learns what is over.
    for (int i = 0; i < 2000 && failure.empty(); ++i) step(false);
    if (!failure.empty()) return;
    for (const auto& [id, message] : messages_) {
      if (message.life == sender_life_ && message.outcomes != 1)
        failure = fmt::format("message {} had {} outcomes", id.second, message.outcomes);
    }
    if (!sender_->is_idle()) failure = "the sender goes on for ever";
    for (const auto& receiver : receivers_) {
      if (receiver->remembered() != 0) failure = "the receiver remembers for ever";
    }
  }

  std::string failure;
  std::size_t delivered = 0;
  std::size_t retransmissions = 0;

 private:
  struct Message {
    std::uint64_t life = 0;
    std::uint64_t flow = 0;
    TimePoint deadline;
    bool insist = false;
    int outcomes = 0;
    Fate fate = Fate::kUnknown;
    bool was_delivered = false;
    bool closed = false;  ///< Refused, or forgotten after it was insisted on: never to be delivered.
  };
  struct Packet {
    TimePoint arrives;
    std::uint64_t from_life = 0;
    std::uint64_t to_life = 0;
    std::uint32_t shard = 0;
    std::optional<wire::DeliveryStamp> stamp;  ///< To the receiver; else an acknowledgement, to either.
    wire::Acknowledgement acknowledgement;
  };
  struct Pending {  ///< Given to the recipient's shard, and not in the mailbox yet.
    TimePoint due;
    Source source;
    std::uint32_t shard = 0;
    std::uint64_t number = 0;
  };
  using Id = std::pair<std::uint64_t, std::uint64_t>;  // The sender's life, the number.

  Source source() const { return {{1, sender_life_}, 0}; }
  std::uint32_t shard_of(std::uint64_t flow) const { return static_cast<std::uint32_t>(flow % kReceivers); }

  void begin_sender() {
    ++sender_life_;
    last_number_ = 0;
    sender_ = std::make_unique<AcknowledgedSender>(options_, random_.fork());
  }
  void begin_receiver() {
    ++receiver_life_;
    pending_.clear();
    for (auto& receiver : receivers_) receiver = std::make_unique<AcknowledgedReceiver>(options_);
  }

  void step(bool chaos) {
    now_ += kStep;
    if (chaos) misfortune();
    if (chaos && random_.chance(0.5)) submit(random_.below(kFlows));
    AcknowledgedActions actions;
    sender_->on_tick(now_, actions);
    carry_out(actions);
    arrive();
    mailboxes();
    for (std::uint32_t shard = 0; shard < kReceivers; ++shard) {
      for (auto& [to, answers] : receivers_[shard]->take_answers())
        put({{}, receiver_life_, to.node.incarnation, shard, std::nullopt, std::move(answers)});
    }
  }

  void misfortune() {
    if (random_.chance(0.01)) {  // The link breaks, and is re-made.
      if (random_.chance(0.5)) wire_.clear();
      reconnect();
    }
    if (!storm_) return;
    if (random_.chance(0.004)) begin_sender();
    if (random_.chance(0.004)) {
      begin_receiver();
      peer_gone();
    }
    if (random_.chance(0.003)) {  // The sender takes the peer for dead, which is alive.
      wire_.clear();
      peer_gone();
    }
    if (random_.chance(0.01)) reachable_ = !reachable_;
  }

  void reconnect() {
    AcknowledgedActions actions;
    sender_->on_reconnected(now_, actions);
    carry_out(actions);
  }

  void peer_gone() {
    AcknowledgedActions actions;
    sender_->on_peer_gone(actions);
    for (const auto& outcome : actions.outcomes) note(outcome);
  }

  void submit(std::uint64_t flow) {
    const TimePoint deadline = now_ + Duration(random_.between(100'000'000, 8'000'000'000));
    const bool insist = random_.chance(0.3);
    AcknowledgedActions actions;
    if (!sender_->submit(now_, {last_number_ + 1, flow, deadline, insist}, actions)) return;
    messages_[{sender_life_, ++last_number_}] = {
        .life = sender_life_, .flow = flow, .deadline = deadline, .insist = insist};
    carry_out(actions);
  }

  void carry_out(AcknowledgedActions& actions) {
    for (const auto& outcome : actions.outcomes) note(outcome);
    for (const std::uint64_t number : actions.forgotten) {
      Message& message = messages_.at({sender_life_, number});
      if (message.insist) message.closed = true;
    }
    for (const auto& notice : actions.notices) {
      wire::Acknowledgement low;
      low.low = notice.low;
      put({{}, sender_life_, receiver_life_, notice.shard, std::nullopt, low});
    }
    for (const auto& transmit : actions.transmits) {
      AcknowledgedActions more;
      if (!reachable_) {
        sender_->on_not_sent(transmit.number, ErrorCode::kUnreachable, now_, more);
        carry_out(more);
        continue;
      }
      put({{}, sender_life_, receiver_life_, shard_of(transmit.stamp.flow), transmit.stamp, {}});
    }
    retransmissions = sender_->retransmissions();
  }

  void note(const AcknowledgedActions::Outcome& outcome) {
    Message& message = messages_.at({sender_life_, outcome.number});
    ++message.outcomes;
    message.fate = outcome.fate;
    if (outcome.fate == Fate::kDelivered && !message.was_delivered)
      failure = fmt::format("message {} was reported delivered, and was not", outcome.number);
    if (outcome.fate == Fate::kRefused && message.was_delivered)
      failure = fmt::format("message {} was reported refused, and was delivered", outcome.number);
    if (outcome.fate == Fate::kRefused) message.closed = true;
    if (now_ > message.deadline + kStep) failure = fmt::format("the outcome of {} came late", outcome.number);
  }

  void put(Packet packet) {
    const int copies = random_.chance(loss_) ? 0 : random_.chance(0.1) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      packet.arrives = now_ + Duration(random_.between(0, random_.chance(0.05) ? 3'000'000'000 : 50'000'000));
      wire_.emplace(packet.arrives, packet);
    }
  }

  void arrive() {
    while (!wire_.empty() && wire_.begin()->first <= now_) {
      const Packet packet = std::move(wire_.begin()->second);
      wire_.erase(wire_.begin());
      if (packet.stamp) {
        if (packet.to_life == receiver_life_) on_message(packet);
      } else if (packet.acknowledgement.low != 0) {
        if (packet.to_life == receiver_life_)
          receivers_[packet.shard]->on_low({{1, packet.from_life}, 0}, packet.acknowledgement.low);
      } else if (packet.to_life == sender_life_ && packet.from_life == receiver_life_) {
        on_acknowledgement(packet);
      }
    }
  }

  void on_acknowledgement(const Packet& packet) {
    AcknowledgedActions actions;
    for (const std::uint64_t number : packet.acknowledgement.delivered)
      sender_->on_answer(now_, packet.shard, number, Fate::kDelivered, ErrorCode::kUnknown, actions);
    for (const auto& [number, why] : packet.acknowledgement.refused)
      sender_->on_answer(now_, packet.shard, number, Fate::kRefused, why, actions);
    carry_out(actions);
  }

  void on_message(const Packet& packet) {
    const Source from{{1, packet.from_life}, 0};
    const Verdict verdict = receivers_[packet.shard]->on_message(from, *packet.stamp, random_.chance(0.95));
    if (verdict != Verdict::kDeliver) return;
    const Duration stay = random_.chance(0.2) ? Duration(random_.between(0, 500'000'000)) : Duration::zero();
    TimePoint& last = last_due_[packet.stamp->flow];
    last = std::max(last, now_ + stay);  // In order.
    pending_.push_back({last, from, packet.shard, packet.stamp->number});
  }

  void mailboxes() {
    for (auto each = pending_.begin(); each != pending_.end();) {
      if (each->due > now_) {
        ++each;
        continue;
      }
      const Pending taken = *each;
      each = pending_.erase(each);
      const bool refused = random_.chance(0.05);
      if (!refused) deliver(taken);
      receivers_[taken.shard]->on_outcome(taken.source, taken.number,
                                          refused ? Result<void>(fail(ErrorCode::kNoSuchActor, "")) : Result<void>());
    }
  }

  void deliver(const Pending& pending) {
    ++delivered;
    const std::uint64_t life = pending.source.node.incarnation;
    Message& message = messages_.at({life, pending.number});
    if (message.was_delivered) failure = fmt::format("message {} was delivered twice", pending.number);
    message.was_delivered = true;
    if (message.closed) failure = fmt::format("message {} was delivered after it was closed", pending.number);
    std::uint64_t& last = last_of_flow_[{life, message.flow}];
    if (last > pending.number) failure = fmt::format("message {} came after {}", pending.number, last);
    last = pending.number;
  }

  Random random_;
  double loss_;
  bool storm_;
  bool reachable_ = true;
  TimePoint now_{};
  AcknowledgedOptions options_;
  std::uint64_t sender_life_ = 0;
  std::uint64_t receiver_life_ = 0;
  std::uint64_t last_number_ = 0;
  std::unique_ptr<AcknowledgedSender> sender_;
  std::array<std::unique_ptr<AcknowledgedReceiver>, kReceivers> receivers_;
  std::multimap<TimePoint, Packet> wire_;
  std::vector<Pending> pending_;
  std::map<std::uint64_t, TimePoint> last_due_;
  std::map<Id, Message> messages_;
  std::map<Id, std::uint64_t> last_of_flow_;
};

TEST(AcknowledgedChaos, every_message_has_one_true_outcome_and_its_place) {
  std::size_t delivered = 0;
  std::size_t retransmissions = 0;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Chaos chaos(seed);
    chaos.run();
    ASSERT_EQ(chaos.failure, "") << "seed " << seed;
    delivered += chaos.delivered;
    retransmissions += chaos.retransmissions;
  }
  EXPECT_GT(delivered, 100'000U);
  EXPECT_GT(retransmissions, 10'000U);
}

}  // namespace
}  // namespace troupe::link
