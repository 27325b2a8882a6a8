#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bench/exchange.hpp"
#include "troupe/actor/actor.hpp"

/// The actors of `bench echo`, on two nodes: a sender on one and its receiver on the other know each other by Ref only.
namespace troupe::bench {

inline constexpr auto kEchoClusterName = "bench-echo";
inline constexpr auto kEchoServerName = "echo-server";
inline std::string hall_name(std::uint32_t shard) { return "hall-" + std::to_string(shard); }

struct Answer {
  static constexpr auto wire_name = "bench.answer";
};
struct WantsAnswer {
  using Messages = troupe::Messages<Answer>;
};
/// A message of the size that is measured.
struct Parcel {
  static constexpr auto wire_name = "bench.parcel";
  std::uint64_t number = 0;
  bool answer = true;
  Ref<WantsAnswer> from;
  Bytes content;
};

/// Answers parcels that ask for it.
class Receiver final : public Actor<Receiver> {
 public:
  using Messages = troupe::Messages<Parcel>;
  void on(const Parcel& parcel) {
    if (parcel.answer) context().tell(parcel.from, Answer{});
  }
};
struct ReceiverProtocol {
  using Messages = Receiver::Messages;
};

/// New receivers; those of the last time end.
struct OpenReceivers {
  static constexpr auto wire_name = "bench.open_receivers";
  using Reply = std::vector<Ref<ReceiverProtocol>>;
  std::uint32_t count = 0;
};

/// Makes receivers, on its own shard.
class Hall final : public Actor<Hall> {
 public:
  using Messages = troupe::Messages<OpenReceivers>;
  std::vector<Ref<ReceiverProtocol>> on(const OpenReceivers& request) {
    for (const auto& receiver : receivers_) context().stop(receiver.address());
    receivers_.clear();
    for (std::uint32_t i = 0; i < request.count; ++i) receivers_.emplace_back(context().spawn<Receiver>());
    return receivers_;
  }

 private:
  std::vector<Ref<ReceiverProtocol>> receivers_;
};

/// How each pair talks.
struct Manner {
  std::uint32_t window = 1;       ///< Messages that may be without an answer.
  std::uint32_t answer_each = 1;  ///< Every so many messages one is answered.
  Duration time{};
  Bytes content;
};

struct BeginExchange {
  static constexpr auto wire_name = "bench.begin_exchange";
  static constexpr bool local_only = true;
  using Reply = FlowResult;
  Ref<ReceiverProtocol> to;
  Manner manner;
};

/// Keeps `window` messages under way until its time is over and the last answer is there.
class EchoSender final : public Actor<EchoSender> {
 public:
  using Messages = troupe::Messages<BeginExchange, Answer>;

  void on(BeginExchange begin, ReplyTo<FlowResult> done) {
    to_ = begin.to;
    manner_ = std::move(begin.manner);
    done_ = std::move(done);
    began_ = std::chrono::steady_clock::now();
    while (sent_ < manner_.window) send();
    give_up_if_refused();
  }

  void on(const Answer&) {
    answered_ += manner_.answer_each;  // Without affinity they come in any order.
    const std::int64_t now = nanoseconds_since(began_);
    if (manner_.window == 1) result_.round_trips.add(now - sent_at_);
    if (now < manner_.time.count()) {
      while (sent_ < answered_ + manner_.window) send();
    } else if (answered_ == sent_ / manner_.answer_each * manner_.answer_each) {
      result_.messages = {answered_, Duration(now)};
      return done_(result_);
    }
    give_up_if_refused();
  }

 private:
  void send() {
    if (manner_.window == 1) sent_at_ = nanoseconds_since(began_);
    ++sent_;
    const SendOutcome outcome =
        context().tell(to_, Parcel{sent_, sent_ % manner_.answer_each == 0, self(), manner_.content});
    refused_ |= outcome != SendOutcome::kTaken;
  }
  void give_up_if_refused() {
    if (refused_) done_(Error{ErrorCode::kQueueFull, "a lane refused a message, so the measurement is void"});
  }

  Ref<ReceiverProtocol> to_;
  Manner manner_;
  ReplyTo<FlowResult> done_;
  FlowResult result_;
  SteadyTime began_;
  std::int64_t sent_at_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  bool refused_ = false;
};

/// A sender, its receiver, and the number of the flow that they are of.
struct Part {
  Ref<EchoSender> sender;
  Ref<ReceiverProtocol> receiver;
  std::size_t flow = 0;
};
/// What each flow did, together.
struct Results {
  static constexpr bool local_only = true;
  std::vector<FlowResult> flows;
};
struct Conduct {
  static constexpr auto wire_name = "bench.conduct";
  static constexpr bool local_only = true;
  using Reply = Results;
  std::vector<Part> parts;
  std::vector<Manner> manners;  ///< Of each flow.
};

/// Lets all pairs begin and sums up what they did. The senders end with it.
class Conductor final : public Actor<Conductor> {
 public:
  using Messages = troupe::Messages<Conduct>;

  void on(const Conduct& order, ReplyTo<Results> done) {
    done_ = std::move(done);
    left_ = order.parts.size();
    sums_.flows.resize(order.manners.size());
    for (const Part& part : order.parts) {
      const Manner& manner = order.manners[part.flow];
      const auto take = [this, sender = part.sender, flow = part.flow](Result<FlowResult> result) {
        context().stop(sender.address());
        if (!result) return done_(result.error());
        sums_.flows[flow].add(*result);
        if (--left_ == 0) done_(sums_);
      };
      context().ask(part.sender, BeginExchange{part.receiver, manner}, manner.time + 30s, take);
    }
  }

 private:
  ReplyTo<Results> done_;
  std::size_t left_ = 0;
  Results sums_;
};

}  // namespace troupe::bench
