#pragma once

#include <cstdint>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/overlay/fabric/member_table.hpp"

/// What fabrics say to each other. Fields are appended only (wire/codec.hpp).
namespace troupe::overlay::message {

/// To a neighbour, as the first byte of a `Packet`.
enum class Kind : std::uint8_t {
  kOverlay = 1,    ///< The overlay's own.
  kBroadcast = 2,  ///< Plumtree's.
  kSummary = 3,    ///< `Summary`: are our tables equal?
  kVersions = 4,   ///< `Versions`: no, this is what mine shows where they differ.
  kRecords = 5,    ///< `Records`: this is what you lack, and what I want.
  kProbe = 6,      ///< `Probe`: can you reach this node?
};

/// To all, as the first byte of a `Packet` that is broadcast.
enum class Topic : std::uint8_t {
  kRecords = 1,
  kVerdict = 2,
  kDismissal = 3,
  kApplication = 4,
};

struct Packet {
  std::uint8_t kind = 0;  ///< Kind or Topic.
  Bytes body;
};

struct Summary {
  MemberTable::Summary buckets{};
};

struct Versions {
  MemberTable::Summary buckets{};  ///< The sender's.
  std::vector<RecordVersion> versions;
};

struct Records {
  std::vector<Record> records;
  std::vector<std::uint64_t> wanted;  ///< NodeId::name of each.
  bool is_underway = false;           ///< They are being broadcast just now: nobody has to pass them on.
};

struct Probe {
  std::uint64_t name = 0;
};

/// These nodes were declared down where the sender is, and yet there is a way to them: let them come back in a new
/// life.
struct Verdict {
  std::vector<NodeId> down;
  std::uint64_t weight = 0;  ///< How many nodes are up where the sender is.
  std::uint64_t least = 0;   ///< The least NodeId::name among them.
};

/// An operator has declared this node down.
struct Dismissal {
  NodeId node;
};

}  // namespace troupe::overlay::message
