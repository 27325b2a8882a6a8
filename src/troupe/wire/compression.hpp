#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"

namespace troupe::wire {

/// How content is compressed. The numbers cross the wire: append only, never reuse one.
enum class Compression : std::uint8_t {
  kNone = 0,
  kLz4 = 1,   ///< LZ4 block: some GB/s, for what is worth it on a fast network.
  kZstd = 2,  ///< Zstandard, level 1: smaller, about a tenth as fast to write.
};

/// Less is not worth the try.
inline constexpr std::size_t kCompressedBytesMin = 256;

/// The content compressed, which carries how, and its size: a block (codec u8, size u32, data) for `decompress`.
/// Nothing if it would be no smaller, is below kCompressedBytesMin, or nothing was asked for.
std::optional<Bytes> compress(Compression compression, std::span<const std::byte> content);

/// The content of such a block. Fails with `corrupt` if it is none, and with `too_large`, before anything is reserved,
/// if its content has more than `bytes_max`.
Result<Bytes> decompress(const Bytes& block, std::size_t bytes_max);

}  // namespace troupe::wire
