#include "troupe/link/outbox.hpp"

#include <algorithm>
#include <utility>

#include "troupe/link/chunk.hpp"

namespace troupe::link {

namespace {

/// Of a small message, also if it is empty.
std::size_t cost(std::size_t size) { return size + wire::kFrameHeaderBytes; }

}  // namespace

void Outbox::push(std::uint64_t key, std::vector<Bytes> pieces, std::size_t size, bool may_drop) {
  Flow& flow = flows_.try_emplace(key).first->second;
  flow.key = key;
  flow.waiting.push_back({.pieces = std::move(pieces), .size = size, .number = ++last_number_});
  bytes_ += size;
  ++messages_;
  if (may_drop) {
    if (droppable_.size() > 2 * messages_) forget_sent();
    droppable_.emplace_back(last_number_, key);
  }
  if (flow.waiting.size() == 1) line_up(flow);
}

bool Outbox::drop_oldest() {
  while (!droppable_.empty()) {
    const auto [number, flow] = droppable_.front();
    droppable_.pop_front();
    if (drop(flow, number)) return true;
  }
  return false;
}

/// False if it is sent, or begun.
bool Outbox::drop(std::uint64_t key, std::uint64_t number) {
  const auto found = flows_.find(key);
  if (found == flows_.end()) return false;
  Flow& flow = found->second;
  const auto message = std::ranges::lower_bound(flow.waiting, number, {}, &Message::number);
  if (message == flow.waiting.end() || message->number != number || message->stream != 0) return false;
  const bool is_next = message == flow.waiting.begin();
  bytes_ -= message->size;
  --messages_;
  flow.waiting.erase(message);
  if (!is_next) return true;
  std::erase(small_, &flow);
  std::erase(large_, &flow);
  if (flow.waiting.empty()) {
    flows_.erase(found);
  } else {
    line_up(flow);
  }
  return true;
}

void Outbox::forget_sent() {
  std::erase_if(droppable_, [this](const auto& each) {
    const auto flow = flows_.find(each.second);
    return flow == flows_.end() || flow->second.waiting.front().number > each.first;
  });
}

/// A flow stays at the front as long as its deficit lasts; then the others have their turn.
void Outbox::line_up(Flow& flow) {
  const std::size_t size = flow.waiting.front().size;
  if (size > options_.chunk_bytes) return large_.push_back(&flow);
  if (cost(size) <= flow.deficit) return small_.push_front(&flow);
  flow.deficit += cost(options_.chunk_bytes);
  small_.push_back(&flow);
}

std::size_t Outbox::write_next(Actions& actions) {
  while (open_next()) {
  }
  if (!small_.empty() && (open_.empty() || small_since_chunk_ < options_.small_bytes_max)) return write_small(actions);
  if (open_.empty()) return 0;
  return write_chunk(actions);
}

/// Begins the large message that has waited longest, if the receiver has room for it.
bool Outbox::open_next() {
  if (large_.empty()) return false;
  Message& message = large_.front()->waiting.front();
  if (open_bytes_ > 0 && open_bytes_ + message.size > options_.open_bytes_max) return false;
  open_bytes_ += message.size;
  message.stream = ++last_stream_;
  open_.push_back(large_.front());
  large_.pop_front();
  return true;
}

std::size_t Outbox::write_small(Actions& actions) {
  Flow& flow = *small_.front();
  const Message& message = flow.waiting.front();
  const std::size_t size = actions.write_frame(wire::FrameType::kMessage, [&](wire::Writer& writer) {
    for (const Bytes& piece : message.pieces) writer.raw(piece);
  });
  small_since_chunk_ += size;
  flow.deficit -= cost(message.size);
  small_.pop_front();
  finish_message(flow);
  return size;
}

std::size_t Outbox::write_chunk(Actions& actions) {
  Flow& flow = *open_.front();
  open_.pop_front();
  Message& message = flow.waiting.front();
  const std::size_t size = std::min(options_.chunk_bytes, message.size - message.sent);
  const ChunkHead head{message.stream, message.sent, message.size};
  const std::size_t written = actions.write_frame(wire::FrameType::kChunk, [&](wire::Writer& writer) {
    head.write(writer);
    write_range(writer, message.pieces, message.sent, size);
  });
  message.sent += size;
  bytes_ -= size;
  small_since_chunk_ = 0;
  if (message.sent < message.size) {
    open_.push_back(&flow);
    return written;
  }
  open_bytes_ -= message.size;
  finish_message(flow);
  return written;
}

void Outbox::finish_message(Flow& flow) {
  bytes_ -= flow.waiting.front().size - flow.waiting.front().sent;
  --messages_;
  flow.waiting.pop_front();
  if (flow.waiting.empty()) {
    flows_.erase(flow.key);
  } else {
    line_up(flow);
  }
}

}  // namespace troupe::link
