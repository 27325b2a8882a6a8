#pragma once

#include <functional>
#include <type_traits>

#include "troupe/actor/message.hpp"
#include "troupe/actor/via.hpp"
#include "troupe/base/ids.hpp"

namespace troupe {

namespace detail {

template <class From, class List>
inline constexpr bool handles_all = false;
template <class From, class... Ms>
inline constexpr bool handles_all<From, Messages<Ms...>> = (From::Messages::template contains<Ms> && ...);

}  // namespace detail

/// The address of an actor that handles `A::Messages`, on this node or another. `A` is the actor's class or any struct
/// with `Messages` (a protocol: what a client needs to know of an actor whose class it does not have). A plain value:
/// copy it, send it, store it. It owns nothing and may name an actor that is gone.
template <class A>
class Ref {
 public:
  Ref() = default;
  explicit Ref(Address address) : address_(address) {}

  /// A ref to a narrower protocol.
  template <class B>
    requires(!std::is_same_v<A, B> && detail::handles_all<B, typename A::Messages>)
  Ref(const Ref<B>& other) : address_(other.address()) {}  // NOLINT(google-explicit-constructor)

  /// The actor with this name on the node with this name, whichever lives there when a message arrives.
  static Ref named(std::string_view node, std::string_view actor) {
    return Ref(Address{NodeId::named(node), ActorId::named(actor)});
  }

  const Address& address() const { return address_; }

  /// The same actor, to which this copy of the ref sends over the channel. It does not travel in a message.
  Ref over(Channel channel) const {
    Ref copy = *this;
    copy.channel_ = channel;
    return copy;
  }
  /// What `via` leaves open, the ref says, then the actor's class.
  Via via(Via via) const {
    if (via.channel == Channel()) via.channel = channel_;
    if constexpr (requires { Channel(A::channel); }) {
      if (via.channel == Channel()) via.channel = A::channel;
    }
    return via;
  }

  explicit operator bool() const { return !address_.actor.is_nobody(); }

  friend auto operator<=>(const Ref& a, const Ref& b) { return a.address_ <=> b.address_; }
  friend bool operator==(const Ref& a, const Ref& b) { return a.address_ == b.address_; }

 private:
  Address address_;
  Channel channel_;
};

/// A ref travels in messages like any value.
template <class A>
struct wire::Codec<Ref<A>> {
  static void write(wire::Writer& writer, const Ref<A>& ref) { wire::write(writer, ref.address()); }
  static void read(wire::Reader& reader, Ref<A>& ref) {
    Address address;
    wire::read(reader, address);
    ref = Ref<A>(address);
  }
};

}  // namespace troupe

template <class A>
struct std::hash<troupe::Ref<A>> {
  std::size_t operator()(const troupe::Ref<A>& ref) const noexcept {
    return std::hash<troupe::Address>{}(ref.address());
  }
};
