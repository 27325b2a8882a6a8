#include "troupe/crdt/grow_only_counter.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace troupe::crdt {

namespace {

using Component = GrowOnlyCounter::Component;

std::uint64_t capped_sum(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t sum = a + b;
  return sum < a ? std::numeric_limits<std::uint64_t>::max() : sum;
}

bool has_same_writers(const std::vector<Component>& a, const std::vector<Component>& b) {
  return std::ranges::equal(a, b, {}, &Component::writer, &Component::writer);
}

}  // namespace

void GrowOnlyCounter::increment(NodeId writer, std::uint64_t by) {
  if (by == 0) return;
  auto place = std::ranges::lower_bound(components_, writer, {}, &Component::writer);
  if (place == components_.end() || place->writer != writer) place = components_.insert(place, {writer, 0});
  place->count = capped_sum(place->count, by);
}

bool GrowOnlyCounter::merge(const GrowOnlyCounter& other) {
  // Most replicas know the same writers, and then nothing has to move.
  if (!has_same_writers(components_, other.components_)) {
    const std::vector<Component> before = components_;
    merge_others(other);
    return components_ != before;
  }
  bool is_news = false;
  for (std::size_t i = 0; i < components_.size(); ++i) {
    is_news |= other.components_[i].count > components_[i].count;
    components_[i].count = std::max(components_[i].count, other.components_[i].count);
  }
  return is_news;
}

void GrowOnlyCounter::merge_others(const GrowOnlyCounter& other) {
  std::vector<Component> merged;
  merged.reserve(std::max(components_.size(), other.components_.size()));
  auto mine = components_.begin();
  auto theirs = other.components_.begin();
  while (mine != components_.end() && theirs != other.components_.end()) {
    if (mine->writer == theirs->writer) {
      merged.push_back({mine->writer, std::max(mine->count, theirs->count)});
      ++mine, ++theirs;
    } else {
      merged.push_back(mine->writer < theirs->writer ? *mine++ : *theirs++);
    }
  }
  std::copy(mine, components_.end(), std::back_inserter(merged));
  std::copy(theirs, other.components_.end(), std::back_inserter(merged));
  components_ = std::move(merged);
}

std::uint64_t GrowOnlyCounter::value() const {
  std::uint64_t sum = 0;
  for (const Component& component : components_) sum = capped_sum(sum, component.count);
  return sum;
}

std::uint64_t GrowOnlyCounter::count_of(NodeId writer) const {
  const auto place = std::ranges::lower_bound(components_, writer, {}, &Component::writer);
  return place == components_.end() || place->writer != writer ? 0 : place->count;
}

}  // namespace troupe::crdt

namespace troupe::wire {

void Codec<crdt::GrowOnlyCounter>::write(Writer& writer, const crdt::GrowOnlyCounter& counter) {
  writer.varint(counter.components_.size());
  for (const auto& [node, count] : counter.components_) {
    writer.number(node.name);
    writer.varint(node.incarnation);
    writer.varint(count);
  }
}

void Codec<crdt::GrowOnlyCounter>::read(Reader& reader, crdt::GrowOnlyCounter& counter) {
  counter.components_.clear();
  const std::size_t count = reader.length();
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    crdt::GrowOnlyCounter::Component component;
    component.writer.name = reader.number<std::uint64_t>();
    component.writer.incarnation = reader.varint();
    component.count = reader.varint();
    const bool is_ascending = counter.components_.empty() || counter.components_.back().writer < component.writer;
    if (component.count == 0 || !is_ascending) reader.fail();
    if (reader.ok()) counter.components_.push_back(component);
  }
}

}  // namespace troupe::wire
