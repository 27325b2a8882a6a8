#include "troupe/link/memory/buffer_pool.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace troupe::link {
namespace {

constexpr std::size_t kSize = 1000;

TEST(BufferPool, gives_a_buffer_again_that_nobody_holds) {
  BufferPool pool(10 * kSize);
  auto first = pool.take(kSize);
  const std::byte* const memory = first.get();
  EXPECT_NE(pool.take(kSize).get(), memory);
  first.reset();
  EXPECT_EQ(pool.take(kSize).get(), memory) << "the one that was returned last";
}

TEST(BufferPool, a_buffer_that_is_too_small_or_much_too_large_does_not_fit) {
  BufferPool pool(10 * kSize);
  pool.take(kSize).reset();
  pool.take(kSize + 1).reset();
  EXPECT_EQ(pool.spare_bytes(), 2 * kSize + 1);
  pool.take(kSize / 2).reset();
  EXPECT_EQ(pool.spare_bytes(), 2 * kSize + 1 + kSize / 2);
  pool.take(kSize - kSize / 8).reset();
  EXPECT_EQ(pool.spare_bytes(), 2 * kSize + 1 + kSize / 2) << "one of the first two";
}

TEST(BufferPool, keeps_no_more_than_its_bound_and_of_that_the_newest) {
  BufferPool pool(2 * kSize);
  auto small = pool.take(kSize / 2);
  auto large = pool.take(2 * kSize);
  small.reset();
  EXPECT_EQ(pool.spare_bytes(), kSize / 2);
  large.reset();
  EXPECT_EQ(pool.spare_bytes(), 2 * kSize);
  pool.take(3 * kSize).reset();
  EXPECT_EQ(pool.spare_bytes(), 0U);
}

TEST(BufferPool, trim_frees_what_was_not_needed_since_the_last_time) {
  BufferPool pool(10 * kSize);
  {
    const auto first = pool.take(kSize);
    const auto second = pool.take(kSize);
  }
  pool.trim();
  EXPECT_EQ(pool.spare_bytes(), 2 * kSize) << "they were in use since";
  pool.take(kSize).reset();
  pool.trim();
  EXPECT_EQ(pool.spare_bytes(), kSize);
  pool.trim();
  EXPECT_EQ(pool.spare_bytes(), 0U);
}

TEST(BufferPool, a_buffer_outlives_its_pool_and_returns_on_any_thread) {
  auto pool = std::make_unique<BufferPool>(10 * kSize);
  auto first = pool->take(kSize);
  auto second = pool->take(kSize);
  std::thread([mine = std::move(first)] {}).join();
  EXPECT_EQ(pool->spare_bytes(), kSize);
  *pool = BufferPool(kSize);
  EXPECT_EQ(pool->spare_bytes(), 0U);
  pool.reset();
  second[0] = std::byte{1};
}

}  // namespace
}  // namespace troupe::link
