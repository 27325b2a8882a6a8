#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "troupe/base/bytes.hpp"

namespace troupe::wire {

/// Takes values from bytes that may be anything: a read beyond the end, or of something malformed, fails the reader,
/// gives zeros from then on, and never touches memory outside. Check `ok()` at the end, once. The bytes outlive it.
class Reader {
 public:
  static constexpr int kDepthMax = 64;  ///< Nesting of structs and containers; deeper input is malformed.

  explicit Reader(const Bytes& bytes) : bytes_(bytes), data_(bytes.data()), end_(bytes.size()) {}
  explicit Reader(Bytes&&) = delete;

  bool ok() const { return ok_; }
  void fail() { ok_ = false; }
  std::size_t remaining() const { return ok_ ? end_ - position_ : 0; }

  template <class T>
    requires std::integral<T> || std::floating_point<T>
  T number() {
    T value{};
    if (!take(sizeof(T))) return value;
    std::memcpy(&value, data_ + position_ - sizeof(T), sizeof(T));
    return value;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = number<std::uint8_t>();
      if (shift == 63 && byte > 1) break;  // More than 64 bits.
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80U) == 0) return ok_ ? value : 0;
    }
    fail();
    return 0;
  }

  /// The next `size` bytes, sharing the buffer.
  Bytes raw(std::size_t size) {
    if (!take(size)) return {};
    return bytes_.slice(position_ - size, size);
  }

  /// A length, then that many bytes.
  Bytes block() { return raw(length()); }
  /// The same, good as long as the bytes are.
  std::string_view text() {
    const std::size_t size = length();
    if (!take(size)) return {};
    return {reinterpret_cast<const char*>(data_) + position_ - size, size};
  }

  /// A length that the remaining bytes can hold if each element takes at least one.
  std::size_t length() {
    const std::uint64_t size = varint();
    if (size > remaining()) fail();
    return ok_ ? static_cast<std::size_t>(size) : 0;
  }

  /// Reads a length (4 bytes) and narrows the reader to that many bytes while `read()` runs; what `read` leaves is
  /// skipped, which is how an older node ignores the fields that a newer one appended.
  template <class Read>
  void nested(Read read) {
    const auto size = number<std::uint32_t>();
    if (size > remaining() || ++depth_ > kDepthMax) return fail();
    const std::size_t outer_end = end_;
    const std::size_t inner_end = position_ + size;
    end_ = inner_end;
    read();
    end_ = outer_end;
    if (ok_) position_ = inner_end;
    --depth_;
  }

 private:
  bool take(std::size_t size) {
    if (!ok_ || size > end_ - position_) {
      ok_ = false;
      return false;
    }
    position_ += size;
    return true;
  }

  const Bytes& bytes_;
  const std::byte* data_;
  std::size_t position_ = 0;
  std::size_t end_;
  int depth_ = 0;
  bool ok_ = true;
};

}  // namespace troupe::wire
