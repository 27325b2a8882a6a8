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

Result<std::optional<Bytes>> Reassembly::add(const Bytes& chunk) {
  wire::Reader reader(chunk);
  const auto stream = reader.number<std::uint32_t>();
  const std::size_t offset = reader.number<std::uint32_t>();
  const std::size_t total = reader.number<std::uint32_t>();
  const std::size_t size = reader.remaining();
  if (!reader.ok() || size == 0) return fail(ErrorCode::kCorrupt, "a chunk without content");
  if (offset == 0) {
    if (const auto begun = begin({stream, offset, total}); !begun) return std::unexpected(begun.error());
  }
  const auto found = partials_.find(stream);
  if (found == partials_.end()) return fail(ErrorCode::kCorrupt, "a chunk of a message that was not begun");
  Partial& partial = found->second;
  if (offset != partial.filled || total != partial.total || size > total - offset) {
    return fail(ErrorCode::kCorrupt, "a chunk that does not follow the one before");
  }
  std::memcpy(partial.buffer.get() + offset, chunk.data() + ChunkHead::kBytes, size);
  partial.filled += size;
  if (partial.filled < total) return std::nullopt;
  Bytes message = Bytes::adopt(std::move(partial.buffer), total);
  partials_.erase(found);
  open_bytes_ -= total;
  return message;
}

Result<void> Reassembly::begin(const ChunkHead& head) {
  if (partials_.contains(head.stream)) return fail(ErrorCode::kCorrupt, "a message in chunks that is begun twice");
  const bool fits = head.total <= bytes_max_ && (partials_.empty() || open_bytes_ + head.total <= bytes_max_);
  if (!fits) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("chunks of messages of {} bytes together, where at most {} may be under way",
                            open_bytes_ + head.total, bytes_max_));
  }
  partials_.emplace(head.stream, Partial{std::make_shared_for_overwrite<std::byte[]>(head.total), 0, head.total});
  open_bytes_ += head.total;
  return {};
}

}  // namespace troupe::link
