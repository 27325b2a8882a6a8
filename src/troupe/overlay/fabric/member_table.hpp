#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "troupe/base/time.hpp"
#include "troupe/overlay/member.hpp"

namespace troupe::overlay {

/// A link of a node.
struct Edge {
  std::uint64_t to = 0;  ///< NodeId::name
  std::uint32_t made =
      1;  ///< How often the link, or a part of it, was made. A message may have been lost with the one before.
  friend bool operator==(const Edge&, const Edge&) = default;
};

/// What a node says of itself. It alone writes it, and counts its versions; only that it has left may be said by
/// another, to whom it said goodbye. Travels; fields are appended only.
struct Record {
  Member member;
  std::uint64_t version = 0;  ///< 0: not from the node itself, but what is known from a handshake with it.
  bool left = false;
  std::vector<Edge> links;  ///< By node, ascending.

  /// Null if there is none to that node.
  const Edge* link_to(std::uint64_t name) const;

  friend bool operator==(const Record&, const Record&) = default;
};

/// Which state of a node's record is meant.
struct RecordVersion {
  std::uint64_t name = 0;
  std::uint64_t incarnation = 0;
  std::uint64_t version = 0;
  bool left = false;

  /// Of two for one node the greater one is newer.
  friend auto operator<=>(const RecordVersion& a, const RecordVersion& b) {
    if (const auto order = a.incarnation <=> b.incarnation; order != 0) return order;
    if (const auto order = a.left <=> b.left; order != 0) return order;
    return a.version <=> b.version;
  }
  friend bool operator==(const RecordVersion&, const RecordVersion&) = default;
};

/// The way to a member: through whom, and how far. All zero: there is none.
struct Way {
  std::uint64_t next_hop = 0;  ///< NodeId::name of a neighbour.
  std::uint64_t via = 0;       ///< The last node before the member; the member itself if it is a neighbour.
  std::uint64_t path = 0;      ///< A hash of the links on the way.
  std::uint32_t made = 0;      ///< Edge::made of the last link, as the node before the member says.
  std::uint16_t hops = 0;      ///< 1: a neighbour.
};

/// The membership, whole, as one node knows it: a record for each other node and how that node stands here. Records are
/// spread by broadcast; what a broadcast did not bring is found by comparing tables, which is the anti-entropy of
/// Demers et al. (PODC 1987) with one hash for each of 64 parts of the table, so that two equal tables cost half a
/// kilobyte.
class MemberTable {
 public:
  static constexpr std::size_t kBuckets = 64;
  using Summary = std::array<std::uint64_t, kBuckets>;

  enum class Stage : std::uint8_t {
    kHeard = 1,        ///< Others know it, but there has never been a way to it.
    kUp = 2,           ///< There is a way to it.
    kUnreachable = 3,  ///< There was one a moment ago.
    kDown = 4,         ///< Given up here. Not shown to others, so that nobody learns of the dead.
    kLeft = 5,
  };

  struct Entry {
    NodeId id;  ///< Of the record's member.
    std::shared_ptr<const Record> record;
    TimePoint heard;  ///< Since when this record is known.
    TimePoint since;  ///< Of the stage.
    Way way;
    Stage stage = Stage::kHeard;
    bool was_up = false;  ///< In this life or one before: there was a way to it once.
  };

  enum class News : std::uint8_t { kNone, kFirst, kChanged, kNewLife };

  /// Takes a record if it is newer than what is known. `kNewLife`: another incarnation, whose stage is `kHeard`.
  News merge(Record record, TimePoint now);

  void set_stage(Entry& entry, Stage stage, TimePoint now);
  void erase(std::uint64_t name);

  Entry* find(std::uint64_t name);
  const Entry* find(std::uint64_t name) const;
  std::unordered_map<std::uint64_t, Entry>& entries() { return entries_; }
  const std::unordered_map<std::uint64_t, Entry>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }

  /// Equal for tables that show the same.
  const Summary& summary() const { return summary_; }

  /// What this table shows of the buckets in which the other one differs.
  std::vector<RecordVersion> versions(const Summary& other) const;

  struct Difference {
    std::vector<const Entry*> newer;    ///< What the other table lacks.
    std::vector<std::uint64_t> wanted;  ///< Names whose record is newer there.
  };
  /// Compares what the other table shows of those buckets with this one.
  Difference compare(const std::vector<RecordVersion>& versions, const Summary& other) const;

  static RecordVersion version_of(const Entry& entry) {
    return {entry.id.name, entry.id.incarnation, entry.record->version, entry.record->left};
  }

 private:
  static std::size_t bucket_of(std::uint64_t name) { return name % kBuckets; }
  /// Those that count for the summary.
  static bool is_shown(const Entry& entry) { return entry.stage < Stage::kDown; }
  void toggle(const Entry& entry);

  std::unordered_map<std::uint64_t, Entry> entries_;  ///< By NodeId::name.
  Summary summary_{};
};

}  // namespace troupe::overlay
