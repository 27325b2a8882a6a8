#pragma once

#include <cstdint>

namespace troupe {

/// A small, fast generator (splitmix64, Steele et al., OOPSLA 2014): reproducible from its seed on every platform,
/// which the standard library's distributions are not. Not for secrets.
class Random {
 public:
  using result_type = std::uint64_t;

  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  /// Uniform in [0, bound); `bound` is at least 1. The bias is below 2^-32 for bounds below 2^32.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64U);
  }

  /// Uniform in [low, high], both inclusive.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    // Unsigned, because the distance of two numbers may not fit the signed type.
    const std::uint64_t numbers = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    const std::uint64_t offset = numbers == 0 ? next() : below(numbers);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
  }

  /// Uniform in [0, 1).
  double fraction() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

  /// True with this probability.
  bool chance(double probability) { return fraction() < probability; }

  /// A generator whose numbers are independent of what this one gives from now on.
  Random fork() { return Random(next()); }

  // std::uniform_random_bit_generator, so that std::shuffle takes it.
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }
  std::uint64_t operator()() { return next(); }

 private:
  std::uint64_t state_;
};

}  // namespace troupe
