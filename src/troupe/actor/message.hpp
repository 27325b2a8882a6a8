#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "troupe/base/hash.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe {

/// A message: a plain struct with a name that is the same in every program of the cluster.
///
///     struct Add { static constexpr auto wire_name = "counter.add"; int by; };
///     struct Get { static constexpr auto wire_name = "counter.get"; using Reply = int; };
///
/// One with a `Reply` can be asked. Within a node it is moved; to another node it is encoded by wire/codec.hpp.
template <class M>
concept Message = std::is_object_v<M> && std::movable<M> && requires {
  { M::wire_name } -> std::convertible_to<std::string_view>;
};

template <class M>
concept Question = Message<M> && requires { typename M::Reply; };

/// A message with `static constexpr bool local_only = true` stays inside its node: it may hold what cannot be encoded,
/// and a peer cannot make one.
template <class M>
concept LocalOnly = requires { requires M::local_only; };

/// The answer that says no more than that it was done.
struct Done {
  friend bool operator==(const Done&, const Done&) = default;
};

/// What the runtime must know of a payload whose type it has forgotten. One for each type, compared by address.
struct PayloadType {
  std::string_view name;  ///< The wire name, or what stands in logs for a payload that is not a message.
  std::uint64_t tag;      ///< hash64 of the wire name: what stands on the wire.
  std::size_t size;
  std::size_t alignment;
  void (*destroy)(void* payload);
  void (*encode)(const void* payload, wire::Writer& writer);  ///< Null if it never leaves the node.
};

namespace detail {

template <class T>
constexpr std::string_view payload_name() {
  if constexpr (Message<T>) {
    return T::wire_name;
  } else {
    return "reply";
  }
}

template <class T>
void destroy_payload(void* payload) {
  static_cast<T*>(payload)->~T();
}

template <class T>
void encode_payload(const void* payload, wire::Writer& writer) {
  wire::encode_into(writer, *static_cast<const T*>(payload));
}

template <class T>
constexpr auto encoder() -> void (*)(const void*, wire::Writer&) {
  if constexpr (LocalOnly<T>) {
    return nullptr;
  } else {
    return &encode_payload<T>;
  }
}

}  // namespace detail

/// The type of a message or of a reply that may cross the wire.
template <class T>
inline const PayloadType payload_type{
    detail::payload_name<T>(), hash64(detail::payload_name<T>()), sizeof(T), alignof(T), &detail::destroy_payload<T>,
    detail::encoder<T>()};

/// The type of something that stays inside the node.
template <class T>
inline const PayloadType local_payload_type{"local", 0, sizeof(T), alignof(T), &detail::destroy_payload<T>, nullptr};

/// The messages that an actor handles: `using Messages = troupe::Messages<Add, Get>;`
template <class... Ms>
struct Messages {
  template <class M>
  static constexpr bool contains = (std::is_same_v<M, Ms> || ...);
};

/// True if actors of class A (or that speak the protocol A: any type with `Messages`) handle M.
template <class A, class M>
concept Handles = Message<M> && A::Messages::template contains<M>;

}  // namespace troupe
