#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "troupe/base/bytes.hpp"

namespace troupe::wire {

static_assert(std::endian::native == std::endian::little,
              "TODO(port): the codec copies little-endian numbers as they are");

/// Appends little-endian values to a buffer that grows. One owner, one thread; `finish` hands the buffer out without a
/// copy.
class Writer {
 public:
  explicit Writer(std::size_t capacity = 128) { reserve(capacity); }

  template <class T>
    requires std::integral<T> || std::floating_point<T>
  void number(T value) {
    grow(sizeof(T));
    std::memcpy(buffer_.get() + size_, &value, sizeof(T));
    size_ += sizeof(T);
  }

  /// LEB128, for lengths: one byte below 128.
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      number(static_cast<std::uint8_t>(value | 0x80U));
      value >>= 7U;
    }
    number(static_cast<std::uint8_t>(value));
  }

  void raw(std::span<const std::byte> content) {
    if (content.empty()) return;
    grow(content.size());
    std::memcpy(buffer_.get() + size_, content.data(), content.size());
    size_ += content.size();
  }

  /// Length, then content.
  void block(std::span<const std::byte> content) {
    varint(content.size());
    raw(content);
  }
  void block(std::string_view content) { block(std::as_bytes(std::span(content))); }

  std::size_t size() const { return size_; }
  std::span<const std::byte> span() const { return {buffer_.get(), size_}; }

  /// Overwrites bytes written before, for a length that is known only later. `offset + sizeof(T)` is at most `size()`.
  template <std::integral T>
  void patch(std::size_t offset, T value) {
    std::memcpy(buffer_.get() + offset, &value, sizeof(T));
  }

  /// What was written; the writer is empty afterwards.
  Bytes finish() {
    Bytes bytes = Bytes::adopt(std::move(buffer_), size_);
    buffer_.reset();
    size_ = capacity_ = 0;
    return bytes;
  }

 private:
  void grow(std::size_t more) {
    if (size_ + more > capacity_) reserve(std::max(capacity_ * 2, size_ + more));
  }
  void reserve(std::size_t capacity) {
    auto larger = std::make_shared_for_overwrite<std::byte[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), buffer_.get(), size_);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  }

  std::shared_ptr<std::byte[]> buffer_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace troupe::wire
