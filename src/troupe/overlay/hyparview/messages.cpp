#include "troupe/overlay/hyparview/messages.hpp"

#include <algorithm>
#include <utility>

#include "troupe/wire/codec.hpp"

namespace troupe::overlay::hyparview {
namespace {

/// Around each message, so that a newer node can append alternatives and an older one only miscounts them.
struct Envelope {
  std::uint8_t kind = 0;  ///< The index of the alternative, plus one: nothing decodes as nothing.
  Bytes body;
};

/// As in the handshake, so that nobody spreads what could not have shaken hands.
constexpr std::size_t kNameBytesMax = 255;

bool well_formed(const Member& member) {
  const auto short_enough = [](const std::string& text) { return text.size() <= kNameBytesMax; };
  return !member.name.empty() && member.incarnation != 0 && short_enough(member.name) && short_enough(member.address) &&
         short_enough(member.http) && short_enough(member.zone);
}

bool well_formed(const std::vector<NodeId>& nodes, std::size_t count_max) {
  return nodes.size() <= count_max && std::ranges::none_of(nodes, [](NodeId node) { return node.incarnation == 0; });
}

/// Those without a node or a list.
template <class T>
bool well_formed(const T&) {
  return true;
}
bool well_formed(const Optimization& message) { return well_formed({message.old}, 1); }
bool well_formed(const Replace& message) { return well_formed({message.old, message.initiator}, 2); }
bool well_formed(const Switch& message) { return well_formed({message.initiator}, 1); }
bool well_formed(const ForwardJoin& message) { return well_formed(message.joiner) && message.hops_left <= kHopsMax; }
bool well_formed(const Shuffle& message) {
  return message.hops_left <= kHopsMax && !message.path.empty() && well_formed(message.path, kHopsMax) &&
         well_formed(message.nodes, kNodesMax);
}
bool well_formed(const ShuffleReply& message) {
  return well_formed(message.path, kHopsMax) && well_formed(message.nodes, kNodesMax);
}

template <std::size_t kIndex = 0>
std::optional<Message> decode_body(const Envelope& envelope) {
  if constexpr (kIndex < std::variant_size_v<Message>) {
    if (envelope.kind != kIndex + 1) return decode_body<kIndex + 1>(envelope);
    auto body = wire::decode<std::variant_alternative_t<kIndex, Message>>(envelope.body);
    if (!body || !well_formed(*body)) return std::nullopt;
    return Message(std::in_place_index<kIndex>, *std::move(body));
  } else {
    return std::nullopt;
  }
}

}  // namespace

Bytes encode(const Message& message) {
  Bytes body = std::visit([](const auto& alternative) { return wire::encode(alternative); }, message);
  return wire::encode(Envelope{static_cast<std::uint8_t>(message.index() + 1), std::move(body)});
}

std::optional<Message> decode(const Bytes& bytes) {
  const Result<Envelope> envelope = wire::decode<Envelope>(bytes);
  return envelope ? decode_body(*envelope) : std::nullopt;
}

}  // namespace troupe::overlay::hyparview
