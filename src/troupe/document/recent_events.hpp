#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "troupe/document/journal.hpp"

namespace troupe::document {

/// The last events of a document with the running hash at each, within a bound of number and bytes.
class RecentEvents {
 public:
  RecentEvents(std::size_t events_max, std::size_t bytes_max) : events_max_(events_max), bytes_max_(bytes_max) {}

  /// `event.seq` is one above the last one added, or anything after `clear`.
  void add(const Event& event, std::uint64_t hash);
  void clear();

  /// All events after `seq`, or nothing if some of them are not here. `last` is the document's last seq.
  std::optional<std::vector<Event>> after(std::uint64_t seq, std::uint64_t last) const;

  /// The running hash at `seq`, if it is known.
  std::optional<std::uint64_t> hash_at(std::uint64_t seq) const;

 private:
  struct Entry {
    Event event;
    std::uint64_t hash = 0;
  };
  static std::size_t size_of(const Event& event) {
    return event.data.size() + event.key.size() + event.from.size() + sizeof(Entry);
  }

  std::size_t events_max_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::deque<Entry> entries_;
};

}  // namespace troupe::document
