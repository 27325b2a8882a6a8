#include "troupe/base/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace troupe {

std::uint64_t hash64(std::span<const std::byte> content, std::uint64_t seed) {
  return XXH3_64bits_withSeed(content.data(), content.size(), seed);
}

std::uint64_t hash64(std::string_view content, std::uint64_t seed) {
  return hash64(std::as_bytes(std::span(content)), seed);
}

}  // namespace troupe
