#include "troupe/link/chunk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "troupe/wire/reader.hpp"

namespace troupe::link {

void ChunkHead::write(wire::Writer& writer) const {
  writer.number(stream);
  writer.number(static_cast<std::uint32_t>(offset));
  writer.number(static_cast<std::uint32_t>(total));
}

void write_range(wire::Writer& writer, std::span<const Bytes> pieces, std::size_t offset, std::size_t size) {
  for (const Bytes& piece : pieces) {
    if (size == 0) return;
    if (offset >= piece.size()) {
      offset -= piece.size();
      continue;
    }
    const Bytes part = piece.slice(offset, size);
    writer.raw(part);
    size -= part.size();
    offset = 0;
  }
}

Result<std::optional<Bytes>> Reassembly::add(const wire::Frame& part) {
  const bool is_first = part.offset == 0;
  if (is_first) {
    if (const auto begun = begin_chunk(part); !begun) return std::unexpected(begun.error());
  }
  if (!partials_.contains(current_)) return fail(ErrorCode::kCorrupt, "a part of a chunk that was not begun");
  const Bytes content = is_first ? part.payload.slice(ChunkHead::kBytes, part.payload.size()) : part.payload;
  if (!content.empty()) std::memcpy(place(content.size()).data(), content.data(), content.size());
  return placed(content.size());
}

std::span<std::byte> Reassembly::place(std::size_t size) {
  const Partial& partial = partials_.at(current_);
  return {partial.buffer.get() + partial.filled, size};
}

std::optional<Bytes> Reassembly::placed(std::size_t size) {
  const auto found = partials_.find(current_);
  Partial& partial = found->second;
  partial.filled += size;
  if (partial.filled < partial.total) return std::nullopt;
  Bytes message = Bytes::adopt(std::move(partial.buffer), partial.total);
  open_bytes_ -= partial.total;
  partials_.erase(found);
  return message;
}

/// Reads the head, and makes sure that the whole chunk has its place.
Result<void> Reassembly::begin_chunk(const wire::Frame& part) {
  wire::Reader reader(part.payload);
  const auto stream = reader.number<std::uint32_t>();
  const std::size_t offset = reader.number<std::uint32_t>();
  const std::size_t total = reader.number<std::uint32_t>();
  if (!reader.ok() || part.size <= ChunkHead::kBytes) return fail(ErrorCode::kCorrupt, "a chunk without content");
  if (offset == 0) {
    if (const auto begun = begin({stream, offset, total}); !begun) return begun;
  }
  current_ = stream;
  const auto found = partials_.find(stream);
  if (found == partials_.end()) return fail(ErrorCode::kCorrupt, "a chunk of a message that was not begun");
  const Partial& partial = found->second;
  const std::size_t size = part.size - ChunkHead::kBytes;
  if (offset != partial.filled || total != partial.total || size > total - offset)
    return fail(ErrorCode::kCorrupt, "a chunk that does not follow the one before");
  return {};
}

Result<void> Reassembly::begin(const ChunkHead& head) {
  if (partials_.contains(head.stream)) return fail(ErrorCode::kCorrupt, "a message in chunks that is begun twice");
  const bool fits = head.total <= bytes_max_ && (partials_.empty() || open_bytes_ + head.total <= bytes_max_);
  if (!fits) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("chunks of messages of {} bytes together, where at most {} may be under way",
                            open_bytes_ + head.total, bytes_max_));
  }
  partials_.emplace(head.stream, Partial{pool_.take(head.total), 0, head.total});
  open_bytes_ += head.total;
  return {};
}

}  // namespace troupe::link
