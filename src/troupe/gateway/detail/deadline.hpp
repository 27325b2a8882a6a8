#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "troupe/base/time.hpp"

namespace troupe::gateway::detail {

/// A deadline that is moved far more often than it is met: setting it anew only writes down the time, and a timer that
/// fires too early is armed again. Use it as a member of what it guards.
class Deadline {
 public:
  explicit Deadline(boost::asio::io_context& io) : timer_(io) {}

  /// `expired` runs on the loop, and not once the owner, of which this is a member, is gone.
  void bind(std::weak_ptr<void> owner, std::function<void()> expired) {
    owner_ = std::move(owner);
    expired_ = std::move(expired);
  }

  void set(Duration delay) {
    const auto now = std::chrono::steady_clock::now();
    due_ = delay > std::chrono::steady_clock::time_point::max() - now ? kNever : now + delay;
    if (due_ < armed_) arm();
  }
  void clear() { due_ = kNever; }
  bool is_set() const { return due_ != kNever; }

 private:
  static constexpr auto kNever = std::chrono::steady_clock::time_point::max();

  void arm() {
    armed_ = due_;
    timer_.expires_at(due_);
    timer_.async_wait([this, owner = owner_](const boost::system::error_code& error) {
      if (error) return;  // Armed anew, or destroyed.
      if (const auto alive = owner.lock()) on_timer();
    });
  }
  void on_timer() {
    armed_ = kNever;
    if (due_ == kNever) return;
    if (due_ > std::chrono::steady_clock::now()) return arm();
    due_ = kNever;
    expired_();
  }

  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point due_ = kNever;
  std::chrono::steady_clock::time_point armed_ = kNever;
  std::weak_ptr<void> owner_;
  std::function<void()> expired_;
};

}  // namespace troupe::gateway::detail
