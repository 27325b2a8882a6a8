#include "troupe/runtime/discovery/contact_book.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "troupe/overlay/backoff.hpp"

namespace troupe::runtime {

ContactBook::ContactBook(const DiscoveryOptions& options, Random random) : options_(options), random_(random) {
  for (const DiscoverySource& source : options_.sources) entries_.push_back({.kind = source.kind});
}

std::vector<std::size_t> ContactBook::due(TimePoint now) const {
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].due <= now) due.push_back(i);
  }
  return due;
}

TimePoint ContactBook::next_due() const {
  TimePoint next = TimePoint::max();
  for (const Entry& entry : entries_) next = std::min(next, entry.due);
  return next;
}

/// A file is looked at regularly, which costs nothing; name servers are not asked by all nodes at the same time.
Duration ContactBook::interval(const Entry& entry) const {
  return entry.kind == DiscoverySource::Kind::kFile ? options_.file_interval : options_.dns_interval;
}

bool ContactBook::failed(std::size_t source, TimePoint now, const Error& error) {
  Entry& entry = entries_[source];
  const overlay::Backoff backoff{.initial = options_.retry_min, .max = interval(entry)};
  const bool is_file = entry.kind == DiscoverySource::Kind::kFile;
  entry.due = now + (is_file ? options_.file_interval : backoff.wait(entry.failures++, random_));
  return std::exchange(entry.error, error.to_string()) != error.to_string();
}

bool ContactBook::found(std::size_t source, TimePoint now, std::vector<std::string> addresses) {
  Entry& entry = entries_[source];
  unchanged(source, now);
  entry.failures = 0;
  entry.error.clear();
  const bool is_first = !std::exchange(entry.has_answered, true);
  return std::exchange(entry.addresses, addresses) != addresses || is_first;
}

void ContactBook::unchanged(std::size_t source, TimePoint now) {
  Entry& entry = entries_[source];
  const bool is_file = entry.kind == DiscoverySource::Kind::kFile;
  entry.due = now + (is_file ? options_.file_interval : overlay::jittered(options_.dns_interval, random_));
}

std::vector<std::string> ContactBook::all() const {
  std::vector<std::string> addresses;
  std::set<std::string> seen;
  for (const Entry& entry : entries_) {
    for (const std::string& address : entry.addresses) {
      if (seen.insert(address).second) addresses.push_back(address);
    }
  }
  return addresses;
}

std::vector<std::string> ContactBook::addresses() const {
  std::vector<std::string> addresses = all();
  if (addresses.size() > options_.addresses_max) addresses.resize(options_.addresses_max);
  return addresses;
}

std::size_t ContactBook::left_out() const {
  const std::size_t count = all().size();
  return count > options_.addresses_max ? count - options_.addresses_max : 0;
}

}  // namespace troupe::runtime
