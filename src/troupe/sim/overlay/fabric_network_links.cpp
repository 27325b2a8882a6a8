// The links of a simulated network of fabrics: dials, what is on its way, and how a link ends.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "troupe/sim/overlay/fabric_network.hpp"
#include "troupe/wire/frame.hpp"

namespace troupe::sim {

using overlay::LinkId;
using overlay::Member;
using What = Connections::What;

namespace {

std::uint32_t index_at(const std::string& address) {
  std::uint32_t index = 0;
  std::from_chars(address.data() + 1, address.data() + address.size(), index);
  return index;
}

}  // namespace

bool FabricNetwork::is_there(const End& end) const {
  return nodes_[end.node].fabric != nullptr && nodes_[end.node].life == end.life;
}

std::uint32_t FabricNetwork::peer_of(LinkId link) const {
  return connections_.find(link)->ends[1 - Connections::side(link)].node;
}

LinkId FabricNetwork::chosen(std::uint32_t node, std::uint32_t other) const {
  const auto found = nodes_[node].chosen.find(nodes_[other].self.id().name);
  if (found == nodes_[node].chosen.end()) return 0;
  const Connection* connection = connections_.find(found->second);
  const bool is_open = connection != nullptr && connection->ends[Connections::side(found->second)].is_open;
  return is_open ? found->second : 0;
}

// -- Dials ------------------------------------------------------------------------------------------------------------

void FabricNetwork::carry_out(std::uint32_t from, const overlay::Dial& action) {
  Node& node = nodes_[from];
  if (node.is_leaving) return fail(fmt::format("n{} is leaving and dials", from));
  if (!node.dialing.insert(action.address).second)
    return fail(fmt::format("n{} dials {} twice at once", from, action.address));
  const std::uint32_t to = index_at(action.address);
  const End dialer{.node = from, .life = node.life, .incarnation = node.self.incarnation};
  queue_.after(latencies_.draw(from, to, random_), [this, dialer, to] { accept(dialer, to); });
}

/// The dial has come to its node: after a round trip the dialer has its link, half of one later the other end.
void FabricNetwork::accept(const End& dialer, std::uint32_t to) {
  const Duration way = latencies_.draw(dialer.node, to, random_);
  const bool is_answered = is_there(dialer) && nodes_[to].fabric != nullptr && can_connect(dialer.node, to);
  if (!is_answered) {
    const Duration wait = can_connect(dialer.node, to) && !nodes_[to].is_machine_gone ? way : options_.silence;
    queue_.after(wait, [this, dialer, to] { dial_failed(dialer, to); });
    return;
  }
  const LinkId link =
      connections_.open(dialer, {.node = to, .life = nodes_[to].life, .incarnation = nodes_[to].self.incarnation});
  nodes_[dialer.node].ends.push_back(link);
  nodes_[to].ends.push_back(Connections::other(link));
  push(link, {.when = now() + way, .what = What::kUp});
  push(Connections::other(link), {.when = now() + way + latencies_.draw(dialer.node, to, random_), .what = What::kUp});
}

void FabricNetwork::dial_failed(const End& dialer, std::uint32_t to) {
  if (!is_there(dialer)) return;
  Node& node = nodes_[dialer.node];
  node.dialing.erase(address_of(to));
  apply(dialer.node, node.fabric->on_dial_failed(now(), address_of(to), {ErrorCode::kUnreachable, "no answer"}));
}

void FabricNetwork::come_up(LinkId link, Connection& connection) {
  const std::size_t side = Connections::side(link);
  End& end = connection.ends[side];
  const End& other = connection.ends[1 - side];
  Node& node = nodes_[end.node];
  if (end.incarnation != node.self.incarnation) {  // It was reborn in the middle of the handshake.
    tell_of_end(Connections::other(link), What::kReset);
    return lose(link, false);
  }
  end.is_up = true;
  Member peer = nodes_[other.node].self;
  peer.incarnation = other.incarnation;
  const std::string dialed = side == 0 ? address_of(other.node) : "";
  if (side == 0) node.dialing.erase(dialed);
  if (watcher_ != nullptr) watcher_->on_link(now(), end.node, other.node, true);
  const std::uint32_t index = end.node;
  const Duration round_trip = latencies_.draw(index, other.node, random_) + latencies_.draw(index, other.node, random_);
  const overlay::Actions actions = node.fabric->on_link_up(now(), link, peer, dialed);
  node.fabric->on_round_trip(peer.id(), round_trip);
  apply(index, actions);
}

// -- What is on its way -----------------------------------------------------------------------------------------------

void FabricNetwork::carry_out(std::uint32_t index, const overlay::Send& action) {
  Node& node = nodes_[index];
  const auto chosen = node.chosen.find(action.to.name);
  Connection* connection = chosen == node.chosen.end() ? nullptr : connections_.find(chosen->second);
  if (connection == nullptr || !connection->ends[Connections::side(chosen->second)].is_open)
    return fail(fmt::format("n{} sends to a node without an open link", index));
  const std::size_t bytes = action.message.size() + wire::kFrameHeaderBytes;
  bytes_sent_ += bytes;
  node.bytes_sent += bytes;
  ++messages_sent_;
  const LinkId there = Connections::other(chosen->second);
  const std::uint32_t to = connection->ends[Connections::side(there)].node;
  push(there, {.when = now() + latencies_.draw(index, to, random_), .what = What::kMessage, .message = action.message});
}

void FabricNetwork::push(LinkId link, Connections::Arrival arrival) {
  Connection* connection = connections_.find(link);
  if (connection == nullptr) return;
  End& end = connection->ends[Connections::side(link)];
  if (!end.is_open || end.is_deaf) return;
  arrival.when = end.last_arrival = std::max(arrival.when, end.last_arrival);
  if (watcher_ != nullptr && arrival.what == What::kMessage) {
    const End& from = connection->ends[1 - Connections::side(link)];
    watcher_->on_sent(now(), from.node, end.node, arrival.message, arrival.when);
  }
  end.inbox.push(std::move(arrival));
  schedule_arrival(link, end);
}

/// Only the first of an inbox stands in the event queue, so that order holds and the queue stays small.
void FabricNetwork::schedule_arrival(LinkId link, End& end) {
  if (end.is_scheduled || end.inbox.empty()) return;
  end.is_scheduled = true;
  const TimePoint when = std::max(end.inbox.front().when, nodes_[end.node].stalled_until);
  queue_.at(when, [this, link] { arrive(link); });
}

void FabricNetwork::arrive(LinkId link) {
  Connection* connection = connections_.find(link);
  if (connection == nullptr) return;
  End& end = connection->ends[Connections::side(link)];
  end.is_scheduled = false;
  if (end.inbox.empty() || !is_there(end)) return;
  const bool is_due = std::max(end.inbox.front().when, nodes_[end.node].stalled_until) <= now();
  if (is_due) take(link, *connection, end.inbox.pop());
  // The connection may be gone by now.
  if (connections_.find(link) == connection) schedule_arrival(link, end);
}

void FabricNetwork::take(LinkId link, Connection& connection, const Connections::Arrival& arrival) {
  const End& end = connection.ends[Connections::side(link)];
  switch (arrival.what) {
    case What::kUp: return come_up(link, connection);
    case What::kMessage:
      arrived_from_ = connection.ends[1 - Connections::side(link)].node;
      return apply(end.node, nodes_[end.node].fabric->on_message(now(), link, arrival.message));
    case What::kReset: return lose(link, false);
    case What::kGoodbye: return lose(link, true);
  }
}

// -- How links end ----------------------------------------------------------------------------------------------------

void FabricNetwork::close_end(LinkId link) {
  Connection* connection = connections_.find(link);
  if (connection == nullptr) return;
  const End& end = connection->ends[Connections::side(link)];
  if (!end.is_open) return;
  std::erase(nodes_[end.node].ends, link);
  if (watcher_ != nullptr && end.is_up)
    watcher_->on_link(now(), end.node, connection->ends[1 - Connections::side(link)].node, false);
  connections_.close(link);
}

/// The end is told that the link is gone, or its dial failed.
void FabricNetwork::lose(LinkId link, bool peer_left) {
  Connection* connection = connections_.find(link);
  if (connection == nullptr) return;
  const std::size_t side = Connections::side(link);
  const End end{.node = connection->ends[side].node, .life = connection->ends[side].life};
  const bool was_open = connection->ends[side].is_open;
  const bool was_up = connection->ends[side].is_up;
  const std::uint32_t other = connection->ends[1 - side].node;
  close_end(link);
  if (!was_open || !is_there(end)) return;
  if (!was_up && side == 0) return dial_failed(end, other);
  const Error reason{ErrorCode::kUnreachable, "the connection broke"};
  if (was_up) apply(end.node, nodes_[end.node].fabric->on_link_down(now(), link, reason, peer_left));
}

/// Tells an end of the other one's end, after all that was sent before.
void FabricNetwork::tell_of_end(LinkId link, What what) {
  const Connection* connection = connections_.find(link);
  if (connection == nullptr) return;
  const Duration way = latencies_.draw(connection->ends[0].node, connection->ends[1].node, random_);
  push(link, {.when = now() + way, .what = what});
}

/// Nothing comes to this end any more, which it notices after a while and closes; the other end hears of that if it
/// can.
void FabricNetwork::fall_silent(LinkId link) {
  Connection* connection = connections_.find(link);
  if (connection == nullptr) return;
  End& end = connection->ends[Connections::side(link)];
  if (!end.is_open || std::exchange(end.is_deaf, true)) return;
  end.inbox.clear();
  give_up(link, Duration(random_.between(options_.silence.count() / 2, options_.silence.count())));
}

void FabricNetwork::give_up(LinkId link, Duration wait) {
  queue_.after(wait, [this, link] {
    tell_of_end(Connections::other(link), What::kReset);
    lose(link, false);
  });
}

/// Nothing comes to this end for so long, which may be longer than it waits.
void FabricNetwork::give_up_after(LinkId link, Duration pause) {
  const Duration patience(random_.between(options_.silence.count() / 2, options_.silence.count()));
  if (pause > patience) give_up(link, patience);
}

void FabricNetwork::carry_out(std::uint32_t index, const overlay::CloseLink& action) {
  const Connection* connection = connections_.find(action.link);
  if (connection == nullptr || !connection->ends[Connections::side(action.link)].is_open)
    return fail(fmt::format("n{} closes a link that is not open", index));
  if (action.reason.empty()) return fail(fmt::format("n{} closes a link without a reason", index));
  tell_of_end(Connections::other(action.link), What::kReset);
  close_end(action.link);
}

void FabricNetwork::carry_out(std::uint32_t index, const overlay::LinkChosen& action) {
  const Connection* connection = connections_.find(action.link);
  if (connection == nullptr || !connection->ends[Connections::side(action.link)].is_open)
    return fail(fmt::format("n{} chooses a link that is not open", index));
  const End& other = connection->ends[1 - Connections::side(action.link)];
  if (action.node != NodeId{nodes_[other.node].self.id().name, other.incarnation})
    return fail(fmt::format("n{} chooses a link for another node", index));
  nodes_[index].chosen[action.node.name] = action.link;
}

// -- What happens to the network --------------------------------------------------------------------------------------

void FabricNetwork::cut(std::uint32_t a, std::uint32_t b) {
  for (const LinkId link : std::vector(nodes_[a].ends)) {
    const Connection& connection = *connections_.find(link);
    if (connection.ends[1 - Connections::side(link)].node != b) continue;
    fall_silent(link);
    fall_silent(Connections::other(link));
  }
}

void FabricNetwork::block(std::uint32_t from, std::uint32_t to) {
  if (watcher_ != nullptr) watcher_->on_block(now(), from, to);
  hold_back(from, to);
}

void FabricNetwork::hold_back(std::uint32_t from, std::uint32_t to) {
  blocked_.insert(pair_key(from, to));
  for (const LinkId link : std::vector(nodes_[to].ends)) {
    if (connections_.find(link)->ends[1 - Connections::side(link)].node == from) fall_silent(link);
  }
}

void FabricNetwork::split(const std::vector<std::uint32_t>& sides) {
  blocked_.clear();
  if (watcher_ != nullptr) watcher_->on_split(now(), sides);
  for (std::uint32_t a = 0; a < options_.nodes; ++a) {
    for (std::uint32_t b = 0; b < options_.nodes; ++b) {
      if (sides[a] != sides[b]) hold_back(a, b);
    }
  }
}

void FabricNetwork::unblock_all() {
  if (!blocked_.empty() && watcher_ != nullptr) watcher_->on_split(now(), {});
  blocked_.clear();
}

void FabricNetwork::stall_link(std::uint32_t a, std::uint32_t b, Duration duration) {
  for (const LinkId link : std::vector(nodes_[a].ends)) {
    Connection& connection = *connections_.find(link);
    if (connection.ends[1 - Connections::side(link)].node != b) continue;
    for (End& end : connection.ends) end.last_arrival = std::max(end.last_arrival, now() + duration);
    give_up_after(link, duration);
    give_up_after(Connections::other(link), duration);
  }
}

}  // namespace troupe::sim
