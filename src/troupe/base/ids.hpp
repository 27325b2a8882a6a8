#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "troupe/base/hash.hpp"

namespace troupe {

/// One node of the cluster in one of its lives. `name` is the hash of the node's name (two nodes whose names collide
/// refuse each other when they meet). `incarnation` grows at each start; 0 means "whichever is alive", as in a ref by
/// name.
struct NodeId {
  std::uint64_t name = 0;
  std::uint64_t incarnation = 0;

  static NodeId named(std::string_view name) { return {hash64(name), 0}; }
  bool same_node(const NodeId& other) const { return name == other.name; }

  friend auto operator<=>(const NodeId&, const NodeId&) = default;
};

/// An actor's address within its node: either a slot of a shard, or the hash of a name.
///
///     bit 63      bits 62..53   bits 52..24   bits 23..0
///     0           shard         slot          generation of the slot, from 1
///     1           hash of the actor's name
///
/// The generation tells a stopped actor from the one that has its slot now. Zero is nobody.
class ActorId {
 public:
  static constexpr std::uint32_t kShardsMax = 1U << 10U;
  static constexpr std::uint32_t kSlotsMax = 1U << 29U;
  static constexpr std::uint32_t kGenerationMax = (1U << 24U) - 1;

  constexpr ActorId() = default;
  static constexpr ActorId from_raw(std::uint64_t raw) { return ActorId(raw); }
  static constexpr ActorId at(std::uint32_t shard, std::uint32_t slot, std::uint32_t generation) {
    return ActorId((std::uint64_t{shard} << 53U) | (std::uint64_t{slot} << 24U) | generation);
  }
  static ActorId named(std::string_view name) { return ActorId(hash64(name) | kNamedBit); }

  /// The generation that a slot has after this one: from the last back to the first, never 0.
  static constexpr std::uint32_t next_generation(std::uint32_t generation) {
    return generation >= kGenerationMax ? 1 : generation + 1;
  }

  constexpr bool is_named() const { return (raw_ & kNamedBit) != 0; }
  constexpr bool is_nobody() const { return raw_ == 0; }
  constexpr std::uint32_t shard() const { return static_cast<std::uint32_t>(raw_ >> 53U) & (kShardsMax - 1); }
  constexpr std::uint32_t slot() const { return static_cast<std::uint32_t>(raw_ >> 24U) & (kSlotsMax - 1); }
  constexpr std::uint32_t generation() const { return static_cast<std::uint32_t>(raw_) & kGenerationMax; }
  constexpr std::uint64_t raw() const { return raw_; }

  friend auto operator<=>(const ActorId&, const ActorId&) = default;

 private:
  static constexpr std::uint64_t kNamedBit = std::uint64_t{1} << 63U;
  explicit constexpr ActorId(std::uint64_t raw) : raw_(raw) {}
  std::uint64_t raw_ = 0;
};

/// Where an actor is, in the whole cluster.
struct Address {
  NodeId node;
  ActorId actor;

  friend auto operator<=>(const Address&, const Address&) = default;
};

}  // namespace troupe

template <>
struct std::hash<troupe::NodeId> {
  std::size_t operator()(const troupe::NodeId& id) const noexcept { return troupe::combine(id.name, id.incarnation); }
};
template <>
struct std::hash<troupe::ActorId> {
  std::size_t operator()(const troupe::ActorId& id) const noexcept { return troupe::combine(id.raw(), 0); }
};
template <>
struct std::hash<troupe::Address> {
  std::size_t operator()(const troupe::Address& address) const noexcept {
    return troupe::combine(std::hash<troupe::NodeId>{}(address.node), address.actor.raw());
  }
};
