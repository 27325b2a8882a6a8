#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

namespace troupe {

namespace detail {

/// FNV-1a: at compile time, which hash64 is not.
constexpr std::uint32_t name_hash(std::string_view name) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char each : name) hash = (hash ^ static_cast<unsigned char>(each)) * 16'777'619U;
  return hash;
}

}  // namespace detail

/// Names a channel: a class of traffic between two nodes, with connections and a queue of its own. The names are those
/// of the nodes' configuration; `data` is always there, and carries what names no channel, or one that neither of the
/// two nodes has.
class Channel {
 public:
  constexpr Channel() = default;            ///< None named.
  constexpr Channel(std::string_view name)  // NOLINT(google-explicit-constructor): a name is enough.
      : id_(static_cast<std::uint16_t>(detail::name_hash(name) % 0xffffU + 1)) {}
  constexpr Channel(const char* name) : Channel(std::string_view(name)) {}  // NOLINT(google-explicit-constructor)
  static constexpr Channel from_id(std::uint16_t id) {
    Channel channel;
    channel.id_ = id;
    return channel;
  }

  /// 0: none named. Two names of one node's configuration never have the same.
  constexpr std::uint16_t id() const { return id_; }
  friend constexpr bool operator==(const Channel&, const Channel&) = default;

 private:
  std::uint16_t id_ = 0;
};

/// Messages to one recipient that have the same key stay in order, whoever of the node's actors sends them from one
/// shard; those with other keys may pass. Without a key, the sender is the key.
class PartitionKey {
 public:
  constexpr PartitionKey() = default;
  template <std::integral Number>
  constexpr PartitionKey(Number number)  // NOLINT(google-explicit-constructor)
      : hash_(mix(static_cast<std::uint64_t>(number))) {}
  constexpr PartitionKey(std::string_view name)  // NOLINT(google-explicit-constructor)
      : hash_(mix(detail::name_hash(name))) {}
  constexpr PartitionKey(const char* name) : PartitionKey(std::string_view(name)) {}  // NOLINT

  /// 0: no key.
  constexpr std::uint32_t hash() const { return hash_; }
  friend constexpr bool operator==(const PartitionKey&, const PartitionKey&) = default;

 private:
  static constexpr std::uint32_t mix(std::uint64_t value) {
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    return static_cast<std::uint32_t>(value >> 32U) | 1U;
  }
  std::uint32_t hash_ = 0;
};

/// How a message travels to another node. Within a node it means nothing.
///
///     context().tell(archive, Page{…}, {.channel = "bulk"});
///     context().tell(map, Position{…}, {.channel = "positions", .key = user});
///
/// An actor class may name its channel, on which it is then sent to unless the sender says otherwise:
///
///     static constexpr auto channel = troupe::Channel("bulk");
///
/// Order holds for the messages of one sender to one recipient on one channel (with one key). Answers go over `data`.
struct Via {
  Channel channel;
  PartitionKey key;
};

}  // namespace troupe
