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
#include <utility>
#include <vector>

#include "troupe/base/bytes.hpp"

namespace troupe::wire {

static_assert(std::endian::native == std::endian::little,
              "TODO(port): the codec copies little-endian numbers as they are");

/// Appends little-endian values to a buffer that grows. Large content that is shared already goes in by reference: what
/// was written is then several pieces. One owner, one thread; `finish` hands the buffer out without a copy.
class Writer {
 public:
  /// Shared content from this size on is not copied. Below, a copy costs less than one more piece for `writev`.
  static constexpr std::size_t kSharedBytesMin = 4096;

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
  /// By reference if it is large.
  void raw(const Bytes& content) {
    if (content.size() < kSharedBytesMin) return raw(content.span());
    shared_.push_back({size_, content});
    shared_bytes_ += content.size();
  }

  /// Length, then content.
  void block(std::span<const std::byte> content) {
    varint(content.size());
    raw(content);
  }
  void block(std::string_view content) { block(std::as_bytes(std::span(content))); }
  void block(const Bytes& content) {
    varint(content.size());
    raw(content);
  }

  std::size_t size() const { return size_ + shared_bytes_; }
  /// What was written, if nothing of it is shared.
  std::span<const std::byte> span() const { return {buffer_.get(), size_}; }

  /// Overwrites bytes written before. `offset` counts what is not shared.
  template <std::integral T>
  void patch(std::size_t offset, T value) {
    std::memcpy(buffer_.get() + offset, &value, sizeof(T));
  }

  /// A place in what was written, to come back to.
  struct Mark {
    std::size_t offset = 0;  ///< For `patch`.
    std::size_t size = 0;
    std::size_t shared = 0;
  };
  Mark mark() const { return {size_, size(), shared_.size()}; }

  /// Forgets what was written since.
  void cut(const Mark& mark) {
    size_ = mark.offset;
    shared_bytes_ = mark.size - mark.offset;
    shared_.resize(mark.shared);
  }

  /// Takes out what was written since, with a copy of what is not shared.
  std::vector<Bytes> take_since(const Mark& mark) {
    std::vector<Bytes> pieces;
    std::size_t from = mark.offset;
    for (std::size_t i = mark.shared; i < shared_.size(); ++i) {
      if (shared_[i].offset > from) pieces.push_back(Bytes::copy_of(span().subspan(from, shared_[i].offset - from)));
      pieces.push_back(std::move(shared_[i].content));
      from = shared_[i].offset;
    }
    if (size_ > from) pieces.push_back(Bytes::copy_of(span().subspan(from)));
    cut(mark);
    return pieces;
  }

  /// Appends what was written to `pieces`; the writer is empty afterwards.
  void finish_into(std::vector<Bytes>& pieces) {
    const std::size_t size = size_;
    const std::vector<Shared> shared = std::exchange(shared_, {});
    shared_bytes_ = 0;
    const Bytes own = take_own();
    std::size_t from = 0;
    for (const Shared& each : shared) {
      if (each.offset > from) pieces.push_back(own.slice(from, each.offset - from));
      pieces.push_back(each.content);
      from = each.offset;
    }
    if (size > from) pieces.push_back(own.slice(from, size - from));
  }

  /// What was written, as one piece (for which it is copied, if part of it is shared); the writer is empty afterwards.
  Bytes finish() {
    if (shared_.empty()) return take_own();
    std::vector<Bytes> pieces;
    const std::size_t total = size();
    finish_into(pieces);
    auto joined = std::make_shared_for_overwrite<std::byte[]>(total);
    std::size_t at = 0;
    for (const Bytes& piece : pieces) {
      std::memcpy(joined.get() + at, piece.data(), piece.size());
      at += piece.size();
    }
    return Bytes::adopt(std::move(joined), total);
  }

 private:
  struct Shared {
    std::size_t offset = 0;  ///< In the buffer: it stands before what is there.
    Bytes content;
  };

  Bytes take_own() {
    Bytes bytes = Bytes::adopt(std::move(buffer_), size_);
    buffer_.reset();
    size_ = capacity_ = 0;
    return bytes;
  }
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
  std::vector<Shared> shared_;
  std::size_t shared_bytes_ = 0;
};

/// Anything that can be called with a Writer to append itself to it: a reference, good during the call that it is given
/// to.
class Encoder {
 public:
  template <class Function>
    requires std::invocable<const Function&, Writer&> && (!std::same_as<Function, Encoder>)
  Encoder(const Function& function)  // NOLINT(google-explicit-constructor): a lambda is handed over as it is.
      : function_(&function),
        call_([](const void* target, Writer& writer) { (*static_cast<const Function*>(target))(writer); }) {}

  void operator()(Writer& writer) const { call_(function_, writer); }

 private:
  const void* function_;
  void (*call_)(const void*, Writer&);
};

}  // namespace troupe::wire
