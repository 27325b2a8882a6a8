#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "troupe/base/time.hpp"

namespace troupe::cluster {

/// How much of one kind the log takes: strangers who come again and again shall not fill it. So many lines in each
/// period; the others are counted, and the next line tells their number.
class LineBudget {
 public:
  LineBudget(std::uint32_t lines_max, Duration period) : lines_max_(lines_max), period_(period) {}

  /// Asks for one line. Absent: it is not to be written; else how many were left out since the last one.
  std::optional<std::uint64_t> take(TimePoint now) {
    if (now >= ends_) {
      ends_ = later(now, period_);
      written_ = 0;
    }
    if (written_ >= lines_max_) {
      ++left_out_;
      return std::nullopt;
    }
    ++written_;
    return std::exchange(left_out_, 0);
  }

 private:
  std::uint32_t lines_max_;
  Duration period_;
  TimePoint ends_{};  ///< Of the present period.
  std::uint32_t written_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace troupe::cluster
