#include <algorithm>

#include "troupe/base/assert.hpp"
#include "troupe/link/delivery/acknowledged.hpp"

namespace troupe::link {

namespace {

/// The peer remembers what it has answered until it hears that the answers came: at the latest after this.
constexpr Duration kNoticeInterval = 1s;

}  // namespace

bool AcknowledgedSender::submit(TimePoint now, const Message& message, AcknowledgedActions& actions) {
  TROUPE_ASSERT(message.number > last_);
  if (span_.size() >= options_.messages_max) return false;
  last_ = message.number;
  span_.push_back(message.number);
  Entry& entry = entries_[message.number];
  entry.flow = message.flow;
  entry.deadline = message.deadline;
  entry.insist = message.insist;
  Flow& flow = flows_[message.flow];
  const std::uint64_t previous = flow.numbers.empty() ? 0 : flow.numbers.back();
  flow.numbers.push_back(message.number);
  set_due(message.number, entry, message.deadline);
  if (!flow.recovering) transmit(now, message.number, previous, previous == 0, actions);
  return true;
}

void AcknowledgedSender::transmit(TimePoint now, std::uint64_t number, std::uint64_t previous, bool is_first,
                                  AcknowledgedActions& actions) {
  Entry& entry = entries_.at(number);
  if (entry.attempts > 0) ++retransmissions_;
  ++entry.attempts;
  ++entry.taken;
  if (is_first || entry.told) set_due(number, entry, std::min(entry.deadline, later(now, pause(entry.attempts))));
  const Duration remaining = entry.told ? Duration::zero() : entry.deadline - now;
  actions.transmits.push_back({number, {number, low(), previous, entry.flow, remaining, entry.told}});
}

void AcknowledgedSender::transmit_all(TimePoint now, Flow& flow, AcknowledgedActions& actions) {
  std::uint64_t previous = 0;
  for (const std::uint64_t number : flow.numbers) {
    transmit(now, number, previous, previous == 0, actions);
    previous = number;
  }
}

Duration AcknowledgedSender::pause(std::uint32_t attempts) {
  const double doubled = static_cast<double>(options_.retry_min.count()) *
                         static_cast<double>(std::uint64_t{1} << std::min(attempts - 1, 40U));
  const double bounded = std::min(doubled, static_cast<double>(options_.retry_max.count()));
  return Duration(static_cast<Duration::rep>(bounded * (1 + options_.retry_jitter * random_.fraction())));
}

void AcknowledgedSender::set_due(std::uint64_t number, Entry& entry, TimePoint due) {
  due_.erase({entry.due, number});
  entry.due = due;
  due_.insert({due, number});
}

void AcknowledgedSender::on_not_sent(std::uint64_t number, ErrorCode why, TimePoint now, AcknowledgedActions& actions) {
  const auto found = entries_.find(number);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  --entry.taken;
  entry.refusal = why;
  if (why != ErrorCode::kTooLarge || entry.taken > 0) {
    flows_.at(entry.flow).recovering = true;
    return;
  }
  actions.outcomes.push_back({number, Fate::kRefused, why});
  forget(now, found, true, actions);
}

void AcknowledgedSender::on_answer(TimePoint now, std::uint32_t shard, std::uint64_t number, Fate fate, ErrorCode why,
                                   AcknowledgedActions& actions) {
  if (number > last_) return;  // The peer made it up.
  std::uint64_t& highest = answered_[shard];
  highest = std::max(highest, number);
  notice_due_ = std::min(notice_due_, now + kNoticeInterval);
  const auto found = entries_.find(number);
  if (found == entries_.end()) return;  // It was answered twice, or too late.
  if (!found->second.told) actions.outcomes.push_back({number, fate, why});
  forget(now, found, true, actions);
}

/// The entry goes. What is behind it in its flow follows, now that it is not waited for.
void AcknowledgedSender::forget(TimePoint now, Entries::iterator entry, bool answered, AcknowledgedActions& actions) {
  const std::uint64_t number = entry->first;
  const auto found = flows_.find(entry->second.flow);
  due_.erase({entry->second.due, number});
  entries_.erase(entry);
  while (!span_.empty() && !entries_.contains(span_.front())) span_.pop_front();
  actions.forgotten.push_back(number);

  Flow& flow = found->second;
  const bool was_first = flow.numbers.front() == number;
  if (was_first) {
    flow.numbers.pop_front();
  } else {
    std::erase(flow.numbers, number);
  }
  if (flow.numbers.empty()) {
    flows_.erase(found);
  } else if (was_first && flow.recovering && answered) {
    flow.recovering = false;
    transmit_all(now, flow, actions);
  } else if (was_first && flow.recovering) {
    transmit(now, flow.numbers.front(), 0, true, actions);
  } else if (was_first) {
    Entry& first = entries_.at(flow.numbers.front());
    if (!first.told) set_due(flow.numbers.front(), first, std::min(first.deadline, later(now, pause(first.attempts))));
  }
}

void AcknowledgedSender::expire(TimePoint now, Entries::iterator entry, AcknowledgedActions& actions) {
  Entry& expired = entry->second;
  const bool sent = expired.taken > 0;
  actions.outcomes.push_back(
      {entry->first, sent ? Fate::kUnknown : Fate::kRefused, sent ? ErrorCode::kTimeout : expired.refusal});
  if (!sent || !expired.insist) return forget(now, entry, false, actions);
  expired.told = true;
  expired.deadline = TimePoint::max();
  retry(now, entry, actions);
}

void AcknowledgedSender::retry(TimePoint now, Entries::iterator entry, AcknowledgedActions& actions) {
  Flow& flow = flows_.at(entry->second.flow);
  flow.recovering = true;
  transmit(now, entry->first, 0, true, actions);
}

void AcknowledgedSender::on_tick(TimePoint now, AcknowledgedActions& actions) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto entry = entries_.find(due_.begin()->second);
    const bool is_over = now >= entry->second.deadline || entry->second.attempts >= options_.attempts_max;
    is_over && !entry->second.told ? expire(now, entry, actions) : retry(now, entry, actions);
  }
  if (now >= notice_due_) tell_low(now, actions);
}

void AcknowledgedSender::tell_low(TimePoint now, AcknowledgedActions& actions) {
  std::erase_if(answered_, [&](const auto& each) {
    actions.notices.push_back({each.first, low()});
    return each.second < low();
  });
  notice_due_ = answered_.empty() ? TimePoint::max() : now + kNoticeInterval;
}

void AcknowledgedSender::on_reconnected(TimePoint now, AcknowledgedActions& actions) {
  std::vector<std::uint64_t> first;
  for (const auto& [number, entry] : entries_) {
    if (flows_.at(entry.flow).numbers.front() == number) first.push_back(number);
  }
  for (const std::uint64_t number : first) {
    const auto entry = entries_.find(number);
    entry->second.attempts = std::min(entry->second.attempts, 1U);  // The way is another one: soon again, if it fails.
    retry(now, entry, actions);
  }
}

void AcknowledgedSender::on_peer_gone(AcknowledgedActions& actions) {
  for (const auto& [number, entry] : entries_) {
    const Fate fate = entry.taken > 0 ? Fate::kUnknown : Fate::kRefused;
    if (!entry.told) actions.outcomes.push_back({number, fate, ErrorCode::kUnreachable});
    actions.forgotten.push_back(number);
  }
  entries_.clear();
  span_.clear();
  flows_.clear();
  due_.clear();
  answered_.clear();
  notice_due_ = TimePoint::max();
}

TimePoint AcknowledgedSender::next_tick() const {
  return due_.empty() ? notice_due_ : std::min(notice_due_, due_.begin()->first);
}

}  // namespace troupe::link
