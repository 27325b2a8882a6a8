#include "troupe/base/time.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

TEST(Time, later_is_a_sum_that_ends_at_the_end_of_time) {
  static_assert(later(TimePoint(5s), 3s) == TimePoint(8s));
  static_assert(later(TimePoint(5s), -3s) == TimePoint(2s));
  static_assert(later(TimePoint(5s), Duration::max()) == TimePoint::max());
  static_assert(later(TimePoint(0s), Duration::max()) == TimePoint::max());
  static_assert(later(TimePoint(-5s), 8s) == TimePoint(3s));
  static_assert(later(TimePoint::max(), 1ns) == TimePoint::max());
}

TEST(Time, milliseconds_have_fractions) { static_assert(to_milliseconds(1500us) == 1.5); }

}  // namespace
}  // namespace troupe
