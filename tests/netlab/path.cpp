#include "path.hpp"

#include <algorithm>
#include <utility>

#include "troupe/base/assert.hpp"

namespace troupe::netlab {

void Path::set_rules(const Rules& rules) {
  rules_ = rules;
  sent_at_ = TimePoint{};
}

Path::Verdict Path::on_packet(TimePoint now, std::size_t size) {
  if (rules_.cut) {
    ++counters_.dropped_by_cut;
    return {Fate::kDrop, now};
  }
  if (rules_.loss > 0 && random_.chance(rules_.loss)) {
    ++counters_.dropped_by_loss;
    return {Fate::kDrop, now};
  }
  if (held_bytes_ + size > rules_.queue_bytes_max) {
    ++counters_.dropped_by_full_queue;
    return {Fate::kDrop, now};
  }
  TimePoint due = now;
  if (rules_.bytes_per_second_max > 0) {
    const double seconds = static_cast<double>(size) / rules_.bytes_per_second_max;
    due = sent_at_ = std::max(sent_at_, now) + Duration(static_cast<Duration::rep>(seconds * 1e9));
  }
  due += rules_.delay;
  if (rules_.jitter > Duration::zero()) due += Duration(random_.between(0, rules_.jitter.count()));
  if (!held_.empty()) due = std::max(due, last_due_);
  if (due <= now && held_.empty()) {
    count_delivered(size);
    return {Fate::kDeliver, now};
  }
  return {Fate::kHold, due};
}

void Path::hold(Packet packet) {
  held_bytes_ += packet.size;
  last_due_ = packet.due;
  held_.push_back(std::move(packet));
}

Packet Path::release() {
  TROUPE_ASSERT(!held_.empty());
  Packet packet = std::move(held_.front());
  held_.pop_front();
  held_bytes_ -= packet.size;
  if (rules_.cut) {
    ++counters_.dropped_by_cut;
    packet.size = 0;
  } else {
    count_delivered(packet.size);
  }
  return packet;
}

void Path::count_delivered(std::size_t size) {
  ++counters_.packets;
  counters_.bytes += size;
}

}  // namespace troupe::netlab
