#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "troupe/base/time.hpp"

namespace troupe {

/// Whether the condition came to hold within the time. For what real threads and sockets do.
inline bool wait_until(const std::function<bool()>& condition, Duration within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(2ms);  // poll: until the condition holds.
  }
  return true;
}

}  // namespace troupe
