#include "troupe/session/topic_feed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::session {

bool TopicFeed::start(std::string_view epoch, std::uint64_t seq, std::uint64_t newest,
                      const std::vector<RenderedEvent>& events, Output& out) {
  // Events of another epoch came before the client had any state: which of the two is the newer one, only an answer
  // tells.
  const bool contradicted = !started_ && !epoch_.empty() && epoch_ != epoch;
  if (epoch_ != epoch) {
    forget_held();
    newest_ = 0;
  }
  epoch_ = epoch;
  last_ = seq;
  newest_ = std::max({newest_, newest, seq});
  started_ = true;
  asking_ = false;
  for (const RenderedEvent& event : events) take(event, out);
  release(out);
  if (!contradicted) return ask_if_behind();
  asking_ = true;
  return true;
}

bool TopicFeed::on_event(std::string_view epoch, const RenderedEvent& event, Output& out) {
  if (!started_) {
    expect(epoch, event.seq);
    hold(event);
    return false;
  }
  if (epoch != epoch_) return !std::exchange(asking_, true);
  take(event, out);
  release(out);
  return ask_if_behind();
}

bool TopicFeed::on_resynced(std::string_view epoch, const std::vector<RenderedEvent>& events, Output& out) {
  if (!started_) return false;
  asking_ = false;
  if (epoch != epoch_) return false;
  for (const RenderedEvent& event : events) take(event, out);
  release(out);
  // Events that came on their own may have overtaken the answer, so that it is all repeats; the question then goes on
  // from where the client is now.
  return !events.empty() && ask_if_behind();
}

void TopicFeed::expect(std::string_view epoch, std::uint64_t seq) {
  if (epoch_ != epoch) {
    forget_held();
    epoch_ = epoch;
    newest_ = 0;
  }
  newest_ = std::max(newest_, seq);
}

void TopicFeed::take(const RenderedEvent& event, Output& out) {
  newest_ = std::max(newest_, event.seq);
  if (event.seq <= last_) return;
  if (event.seq - last_ > 1) return hold(event);
  out.push_back(Reply{event.text});
  ++last_;
}

void TopicFeed::hold(const RenderedEvent& event) {
  if (held_.emplace(event.seq, event.text).second) held_bytes_ += event.text->size();
  while (held_.size() > options_.events_max || held_bytes_ > options_.bytes_max) {
    const auto greatest = std::prev(held_.end());
    held_bytes_ -= greatest->second->size();
    held_.erase(greatest);
  }
}

void TopicFeed::release(Output& out) {
  while (!held_.empty()) {
    const auto next = held_.begin();
    if (next->first > last_) {
      if (next->first - last_ > 1) return;
      out.push_back(Reply{next->second});
      ++last_;
    }
    held_bytes_ -= next->second->size();
    held_.erase(next);
  }
}

bool TopicFeed::ask_if_behind() { return newest_ > last_ && !std::exchange(asking_, true); }

void TopicFeed::forget_held() {
  held_.clear();
  held_bytes_ = 0;
}

}  // namespace troupe::session
