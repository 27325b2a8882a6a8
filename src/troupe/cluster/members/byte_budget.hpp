#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "troupe/base/time.hpp"

namespace troupe::cluster {

/// A token bucket: so many bytes a second, and those of one second at once.
class ByteBudget {
 public:
  explicit ByteBudget(std::size_t bytes_per_second)
      : bytes_per_second_(static_cast<double>(bytes_per_second)), left_(bytes_per_second_) {}

  /// False if there are not as many left.
  bool take(TimePoint now, std::size_t bytes) {
    const double seconds = std::chrono::duration<double>(now - filled_).count();
    left_ = std::min(bytes_per_second_, left_ + seconds * bytes_per_second_);
    filled_ = now;
    const auto wanted = static_cast<double>(bytes);
    if (wanted > left_) return false;
    left_ -= wanted;
    return true;
  }

 private:
  double bytes_per_second_;
  double left_;
  TimePoint filled_{};
};

}  // namespace troupe::cluster
