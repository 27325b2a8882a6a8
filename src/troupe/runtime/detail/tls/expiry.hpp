#pragma once

#include <chrono>
#include <cstdint>

#include "troupe/base/time.hpp"

namespace troupe::runtime::detail {

/// When the log speaks of the end of a certificate: as the time of warning begins, each day from then on, and when it
/// has come.
class ExpiryNotices {
 public:
  using WallTime = std::chrono::system_clock::time_point;
  enum class Notice : std::uint8_t { kNone, kSoon, kExpired };

  explicit ExpiryNotices(Duration warning) : warning_(warning) {}

  Notice due(WallTime now, WallTime expires) {
    const Notice notice = now >= expires ? Notice::kExpired : expires - now <= warning_ ? Notice::kSoon : Notice::kNone;
    const bool is_new = notice != last_ || now - since_ >= 24h;
    if (notice == Notice::kNone || !is_new) {
      last_ = notice;
      return Notice::kNone;
    }
    last_ = notice;
    since_ = now;
    return notice;
  }

 private:
  Duration warning_;
  Notice last_ = Notice::kNone;
  WallTime since_{};  ///< When the log spoke last.
};

}  // namespace troupe::runtime::detail
