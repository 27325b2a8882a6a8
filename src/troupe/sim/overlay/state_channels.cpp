#include "troupe/sim/overlay/state_channels.hpp"

#include <algorithm>
#include <utility>

namespace troupe::sim {

StateChannels::Buffer::Buffer(std::shared_ptr<Memory> where, State what, std::size_t size)
    : memory(std::move(where)), state(std::move(what)), bytes(size) {
  hold(*memory, bytes);
}

StateChannels::Buffer::~Buffer() { memory->bytes -= bytes; }

StateChannels::StateChannels(EventQueue& queue, const Latencies& latencies, Random random, std::uint32_t nodes,
                             StateChannelOptions options, Deliver deliver)
    : queue_(queue),
      latencies_(latencies),
      random_(random),
      options_(options),
      deliver_(std::move(deliver)),
      nodes_(nodes) {}

void StateChannels::hold(Memory& memory, std::size_t bytes) {
  memory.bytes += bytes;
  memory.peak_bytes = std::max(memory.peak_bytes, memory.bytes);
}

std::size_t StateChannels::take_peak_bytes(std::uint32_t node) {
  Memory& memory = *nodes_[node].memory;
  return std::exchange(memory.peak_bytes, memory.bytes);
}

Duration StateChannels::time_for(std::size_t bytes, double bytes_per_second) const {
  return Duration(static_cast<Duration::rep>(static_cast<double>(bytes) / bytes_per_second * 1e9));
}

// -- Leaving ----------------------------------------------------------------------------------------------------------

void StateChannels::send(std::uint32_t from, const std::vector<std::uint32_t>& to, const State& state,
                         std::size_t bytes) {
  const auto buffer = std::make_shared<const Buffer>(nodes_[from].memory, state, bytes);
  for (const std::uint32_t neighbour : to) {
    Outbox& outbox = nodes_[from].outboxes[neighbour];
    if (options_.is_bounded && !outbox.waiting.empty()) {
      outbox.waiting.clear();
      ++replaced_;
    }
    outbox.waiting.push_back(buffer);
    list(from, neighbour);
  }
  send_next(from);
}

void StateChannels::list(std::uint32_t from, std::uint32_t to) {
  Outbox& outbox = nodes_[from].outboxes[to];
  if (outbox.waiting.empty() || outbox.is_listed || (options_.is_bounded && outbox.is_under_way)) return;
  outbox.is_listed = true;
  nodes_[from].ready.push_back(to);
}

/// The neighbours take turns.
void StateChannels::send_next(std::uint32_t from) {
  Node& sender = nodes_[from];
  while (!sender.is_sending && !sender.ready.empty()) {
    const std::uint32_t to = sender.ready.front();
    sender.ready.pop_front();
    Outbox& outbox = sender.outboxes[to];
    Node& recipient = nodes_[to];
    const std::size_t bytes = outbox.waiting.front()->bytes;
    const bool has_room =
        recipient.promised_bytes == 0 || recipient.promised_bytes + bytes <= options_.inbound_bytes_max;
    if (options_.is_bounded && !has_room) {
      recipient.paused.push_back(from);
      continue;
    }
    const BufferPtr buffer = outbox.waiting.front();
    outbox.waiting.pop_front();
    outbox.is_listed = false;
    outbox.is_under_way = true;
    recipient.promised_bytes += bytes;
    sender.is_sending = true;
    bytes_sent_ += bytes;
    queue_.after(time_for(bytes, options_.link_bytes_per_second), [this, from, to, buffer] {
      sent(from, to, {.from = from, .state = buffer->state, .bytes = buffer->bytes});
    });
  }
}

void StateChannels::sent(std::uint32_t from, std::uint32_t to, Message message) {
  nodes_[from].is_sending = false;
  list(from, to);
  queue_.after(latencies_.draw(from, to, random_), [this, to, message = std::move(message)] {
    hold(*nodes_[to].memory, message.bytes);
    nodes_[to].inbox.push_back(message);
    merge_next(to);
  });
  send_next(from);
}

// -- Arriving ---------------------------------------------------------------------------------------------------------

void StateChannels::merge_next(std::uint32_t index) {
  Node& node = nodes_[index];
  if (node.is_merging || node.inbox.empty()) return;
  node.is_merging = true;
  const double rate = index < options_.servers
                          ? std::min(options_.server_bytes_per_second, options_.link_bytes_per_second)
                          : options_.link_bytes_per_second;
  queue_.after(time_for(node.inbox.front().bytes, rate), [this, index] {
    Node& at = nodes_[index];
    const Message message = std::move(at.inbox.front());
    at.inbox.pop_front();
    at.is_merging = false;
    at.memory->bytes -= message.bytes;
    at.promised_bytes -= message.bytes;
    merged(index, message);
    merge_next(index);
  });
}

/// The sender may send more, a way back later; and who was paused may.
void StateChannels::merged(std::uint32_t index, const Message& message) {
  deliver_(index, *message.state);
  queue_.after(latencies_.draw(index, message.from, random_), [this, index, from = message.from] {
    nodes_[from].outboxes[index].is_under_way = false;
    list(from, index);
    send_next(from);
  });
  std::deque<std::uint32_t>& paused = nodes_[index].paused;
  const auto has_room = [&] { return nodes_[index].promised_bytes + message.bytes <= options_.inbound_bytes_max; };
  for (std::size_t count = paused.size(); count > 0 && has_room(); --count) {
    const std::uint32_t from = paused.front();
    paused.pop_front();
    nodes_[from].ready.push_back(index);
    send_next(from);
  }
}

}  // namespace troupe::sim
