#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

/// An immutable slice of a shared buffer: copying and slicing cost a reference count, never a copy of the content.
/// Safe to read from any thread. A slice keeps its whole buffer alive.
class Bytes {
 public:
  Bytes() = default;

  static Bytes copy_of(std::span<const std::byte> content) {
    if (content.empty()) return {};
    auto buffer = std::make_shared_for_overwrite<std::byte[]>(content.size());
    std::memcpy(buffer.get(), content.data(), content.size());
    return Bytes(std::move(buffer), 0, content.size());
  }
  static Bytes copy_of(std::string_view content) { return copy_of(std::as_bytes(std::span(content))); }

  /// Takes over `buffer`, of which the first `size` bytes are the content.
  static Bytes adopt(std::shared_ptr<const std::byte[]> buffer, std::size_t size) {
    return Bytes(std::move(buffer), 0, size);
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const std::byte* data() const { return buffer_.get() + offset_; }
  std::span<const std::byte> span() const { return {data(), size_}; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data()), size_}; }

  /// Bytes [offset, offset + size) of this slice; both are cut to what is there.
  Bytes slice(std::size_t offset, std::size_t size) const& {
    offset = std::min(offset, size_);
    return Bytes(buffer_, offset_ + offset, std::min(size, size_ - offset));
  }
  /// Of a slice that is not wanted any more: not even a reference is counted.
  Bytes slice(std::size_t offset, std::size_t size) && {
    offset = std::min(offset, size_);
    return Bytes(std::move(buffer_), offset_ + offset, std::min(size, size_ - offset));
  }

  friend bool operator==(const Bytes& a, const Bytes& b) { return a.view() == b.view(); }

 private:
  Bytes(std::shared_ptr<const std::byte[]> buffer, std::size_t offset, std::size_t size)
      : buffer_(std::move(buffer)), offset_(offset), size_(size) {}

  std::shared_ptr<const std::byte[]> buffer_;
  std::size_t offset_ = 0;
  std::size_t size_ = 0;
};

}  // namespace troupe
