#include <algorithm>

#include "troupe/link/delivery/acknowledged.hpp"

namespace troupe::link {

using Verdict = AcknowledgedReceiver::Verdict;

Verdict AcknowledgedReceiver::on_message(const Source& source, const wire::DeliveryStamp& stamp, bool has_room) {
  Stream* stream = stream_of(source);
  if (stream == nullptr) return Verdict::kLate;
  advance(*stream, stamp.low);
  if (stamp.number < stream->low) return Verdict::kDuplicate;
  if (const auto found = stream->seen.find(stamp.number); found != stream->seen.end()) {
    if (found->second.answered) answer(source, stamp.number, found->second);
    return Verdict::kDuplicate;
  }
  // What is cancelled lets its sender forget, and this side after it, so it has room of its own.
  if (remembered_ >= (stamp.cancel ? 2 : 1) * options_.remembered_max) return Verdict::kNoRoom;
  if (stamp.cancel) {
    const Seen cancelled{stamp.flow, true, false, ErrorCode::kCancelled};
    stream->seen.emplace(stamp.number, cancelled);
    ++remembered_;
    answer(source, stamp.number, cancelled);
    return Verdict::kCancelled;
  }
  if (const auto flow = stream->flows.find(stamp.flow); flow != stream->flows.end() && flow->second > stamp.number)
    return Verdict::kLate;
  if (stamp.previous >= stream->low && stamp.previous != 0 && !stream->seen.contains(stamp.previous))
    return Verdict::kEarly;
  if (!has_room) return Verdict::kNoRoom;
  stream->seen.emplace(stamp.number, Seen{.flow = stamp.flow});
  stream->flows[stamp.flow] = stamp.number;
  ++remembered_;
  return Verdict::kDeliver;
}

/// Null for a life of the node that is over.
AcknowledgedReceiver::Stream* AcknowledgedReceiver::stream_of(const Source& source) {
  gone_.erase(source.node);
  const auto found = streams_.find(source);
  if (found != streams_.end()) return &found->second;
  const NodeId any_life{source.node.name, 0};
  for (auto each = streams_.lower_bound({any_life, 0}); each != streams_.end() && each->first.node.same_node(any_life);
       each = streams_.lower_bound({any_life, 0})) {
    if (each->first.node.incarnation > source.node.incarnation) return nullptr;
    if (each->first.node == source.node) break;
    forget_node(each->first.node);
  }
  return &streams_[source];
}

void AcknowledgedReceiver::advance(Stream& stream, std::uint64_t low) {
  if (low <= stream.low) return;
  stream.low = low;
  for (auto each = stream.seen.begin(); each != stream.seen.end() && each->first < low;) {
    const auto flow = stream.flows.find(each->second.flow);
    if (flow != stream.flows.end() && flow->second <= each->first) stream.flows.erase(flow);
    each = stream.seen.erase(each);
    --remembered_;
  }
}

void AcknowledgedReceiver::answer(const Source& source, std::uint64_t number, const Seen& seen) {
  wire::Acknowledgement& answers = answers_[source];
  if (answers.delivered.size() + answers.refused.size() >= kAnswersMax)
    return;  // It comes again, and is answered then.
  if (seen.delivered) {
    answers.delivered.push_back(number);
  } else {
    answers.refused.emplace_back(number, seen.why);
  }
}

void AcknowledgedReceiver::on_outcome(const Source& source, std::uint64_t number, const Result<void>& outcome) {
  const auto stream = streams_.find(source);
  if (stream == streams_.end()) return;
  const auto seen = stream->second.seen.find(number);
  if (seen == stream->second.seen.end()) return;  // Its sender waits no more.
  seen->second.answered = true;
  seen->second.delivered = outcome.has_value();
  if (!outcome) seen->second.why = outcome.error().code;
  answer(source, number, seen->second);
}

void AcknowledgedReceiver::on_low(const Source& source, std::uint64_t low) {
  const auto stream = streams_.find(source);
  if (stream != streams_.end()) advance(stream->second, low);
}

void AcknowledgedReceiver::forget_node(NodeId node) {
  for (auto each = streams_.lower_bound({node, 0}); each != streams_.end() && each->first.node == node;) {
    remembered_ -= each->second.seen.size();
    answers_.erase(each->first);
    each = streams_.erase(each);
  }
}

void AcknowledgedReceiver::forget_all() {
  streams_.clear();
  answers_.clear();
  gone_.clear();
  remembered_ = 0;
}

void AcknowledgedReceiver::forget_gone(TimePoint now, Duration deadline_max) {
  std::erase_if(gone_, [&](const auto& each) {
    if (now < later(each.second, deadline_max)) return false;
    forget_node(each.first);
    return true;
  });
}

std::vector<std::pair<AcknowledgedReceiver::Source, wire::Acknowledgement>> AcknowledgedReceiver::take_answers() {
  std::vector<std::pair<Source, wire::Acknowledgement>> taken(std::make_move_iterator(answers_.begin()),
                                                              std::make_move_iterator(answers_.end()));
  answers_.clear();
  return taken;
}

}  // namespace troupe::link
