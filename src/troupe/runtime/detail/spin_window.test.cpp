#include "troupe/runtime/detail/spin_window.hpp"

#include <gtest/gtest.h>

namespace troupe::runtime::detail {
namespace {

TEST(SpinWindow, closes_while_idle_and_opens_when_polling_would_have_paid) {
  SpinWindow window(40us);
  EXPECT_EQ(window.current(), 40us);
  window.waited(1s);
  EXPECT_EQ(window.current(), 20us);
  for (int i = 0; i < 10; ++i) window.waited(1s);
  EXPECT_EQ(window.current(), 0us);
  window.waited(35us);
  EXPECT_EQ(window.current(), 40us);
}

TEST(SpinWindow, of_zero_never_opens) {
  SpinWindow window(0us);
  window.waited(0us);
  EXPECT_EQ(window.current(), 0us);
}

}  // namespace
}  // namespace troupe::runtime::detail
