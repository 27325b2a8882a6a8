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
      : bytes_per_second_(bytes_per_second), left_(static_cast<double>(bytes_per_second)) {}

  /// False if there are not as many left.
  bool take(TimePoint now, std::size_t bytes) {
    const double seconds = std::chrono::duration<double>(now - filled_).count();
    const auto most = static_cast<double>(bytes_per_second_);
    left_ = std::min(most, left_ + seconds * most);
    filled_ = now;
    const auto wanted = static_cast<double>(bytes);
    if (wanted > left_) return false;
    left_ -= wanted;
    return true;
  }

  std::size_t bytes_per_second() const { return bytes_per_second_; }

 private:
  std::size_t bytes_per_second_;
  double left_;
  TimePoint filled_{};
};

}  // namespace troupe::cluster
