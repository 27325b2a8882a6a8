#include "troupe/base/duration_histogram.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

TEST(DurationHistogram, counts_in_buckets_whose_bounds_double) {
  DurationHistogram histogram;
  for (const Duration each : {0us, 16us, 17us, 32us, 8'388'608us, 8'388'609us}) histogram.add(each);
  EXPECT_EQ(DurationHistogram::bound(0), 16us);
  EXPECT_EQ(DurationHistogram::bound(DurationHistogram::kBounds - 1), 8'388'608us);
  EXPECT_EQ(histogram.in_bucket(0), 2U);
  EXPECT_EQ(histogram.in_bucket(1), 2U);
  EXPECT_EQ(histogram.in_bucket(DurationHistogram::kBounds - 1), 1U);
  EXPECT_EQ(histogram.in_bucket(DurationHistogram::kBounds), 1U);
  EXPECT_EQ(histogram.count(), 6U);
  EXPECT_EQ(histogram.sum(), 65us + 8'388'608us + 8'388'609us);
}

TEST(DurationHistogram, estimates_quantiles_within_their_bucket) {
  DurationHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0us);
  for (int i = 0; i < 98; ++i) histogram.add(20us);
  for (int i = 0; i < 2; ++i) histogram.add(1ms);
  EXPECT_GT(histogram.quantile(0.5), 20us);
  EXPECT_LT(histogram.quantile(0.5), 30us);
  EXPECT_GT(histogram.quantile(0.99), 512us);
  EXPECT_LE(histogram.quantile(0.99), 1'024us);
  histogram.add(1h);
  EXPECT_EQ(histogram.quantile(1), 8'388'608us) << "beyond the last bound nothing is known";
}

TEST(DurationHistogram, tells_what_came_since_an_earlier_copy) {
  DurationHistogram histogram;
  histogram.add(1ms);
  const DurationHistogram before = histogram;
  histogram.add(2ms);
  const DurationHistogram more = histogram.since(before);
  EXPECT_EQ(more.count(), 1U);
  EXPECT_EQ(more.sum(), 2ms);
  DurationHistogram sum = before;
  sum.add(more);
  EXPECT_EQ(sum.count(), 2U);
  EXPECT_EQ(sum.sum(), histogram.sum());
}

}  // namespace
}  // namespace troupe
