#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "troupe/gateway/detail/admin/admin_access.hpp"
#include "troupe/gateway/detail/static_files.hpp"
#include "troupe/gateway/gateway.hpp"

namespace troupe::gateway::detail {

/// What all shards of a gateway share. Constant but for the atomics and what guards itself. It outlives the gateway, as
/// its last connections do.
struct GatewayShared {
  GatewayShared(GatewayOptions gateway_options, GatewayWorld gateway_world)
      : options(std::move(gateway_options)),
        world(std::move(gateway_world)),
        files(options.web_root, world.log_sink),
        admin(options.admin.token, options.admin.attempts_max, world.metrics) {}

  const GatewayOptions options;
  const GatewayWorld world;
  const StaticFiles files;
  AdminAccess admin;
  const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  const std::string unique =
      make_unique_word();                  ///< Tells this life of the node's sessions and keys from others: "5k2w".
  std::atomic<std::uint64_t> sessions{0};  ///< Sessions begun.
  std::atomic<std::uint64_t> keys{0};      ///< Keys made up for REST.
  std::atomic<std::uint32_t> connections{0};
  std::atomic<std::uint32_t> to_drain{0};  ///< Of these, those that a drain waits for.
  std::atomic<bool> draining{false};
  std::atomic<bool> stopped{false};
  std::function<void()> on_drained;  ///< Any thread: `to_drain` is zero while the gateway drains. Set before `start`.

  std::string next_session_name() { return options.node + "-" + unique + "-" + std::to_string(++sessions); }
  std::string next_key() { return "rest-" + options.node + "-" + unique + "-" + std::to_string(++keys); }

 private:
  static std::string make_unique_word();
};

/// One connection's place among those that are allowed. Moves with it, and gives the place back. Any thread.
class Admission {
 public:
  explicit Admission(std::shared_ptr<GatewayShared> shared)
      : shared_(std::move(shared)), is_awaited_(!shared_->draining), place_(++shared_->connections) {
    if (is_awaited_) ++shared_->to_drain;
  }
  Admission(Admission&& other) noexcept = default;
  Admission& operator=(Admission&&) = delete;
  ~Admission() {
    if (!shared_) return;
    --shared_->connections;
    on_all_said();
  }

  /// How many connections there were with this one.
  std::uint32_t place() const { return place_; }
  /// Whether a drain waits for it: not if it came while the gateway drained already.
  bool is_awaited() const { return is_awaited_; }
  /// The client has been sent everything, so a drain waits for it no more.
  void on_all_said() {
    if (!std::exchange(is_awaited_, false)) return;
    if (--shared_->to_drain == 0 && shared_->draining && !shared_->stopped) shared_->on_drained();
  }

 private:
  std::shared_ptr<GatewayShared> shared_;
  bool is_awaited_ = false;
  std::uint32_t place_ = 0;
};

}  // namespace troupe::gateway::detail
