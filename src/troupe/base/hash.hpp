#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace troupe {

/// XXH3-64 of the content: the same on every machine and in every version, so it may stand on the wire and on disk.
std::uint64_t hash64(std::span<const std::byte> content, std::uint64_t seed = 0);
std::uint64_t hash64(std::string_view content, std::uint64_t seed = 0);

/// Mixes two hashes; the order matters.
constexpr std::uint64_t combine(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = a ^ (b + 0x9e3779b97f4a7c15U + (a << 12U) + (a >> 4U));
  z = (z ^ (z >> 32U)) * 0xd6e8feb86659fd93U;
  return z ^ (z >> 32U);
}

}  // namespace troupe
