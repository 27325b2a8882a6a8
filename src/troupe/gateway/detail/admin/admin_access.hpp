#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "troupe/base/metrics.hpp"
#include "troupe/gateway/detail/admin/attempt_limit.hpp"
#include "troupe/gateway/detail/http_message.hpp"

namespace troupe::gateway::detail {

/// Who may look at the node: whoever came over the local socket, which only its owner can open, and whoever knows the
/// token. Any thread.
class AdminAccess {
 public:
  /// Without a token the port for clients is closed to operators.
  AdminAccess(std::string token, std::uint32_t attempts_max, Metrics& metrics);

  /// Whether a request like this may get in at all. If not, it is answered as if there were nothing.
  bool is_open_for(const HttpRequest& request) const { return request.is_local || !token_.empty(); }

  /// 401 or 429, or nothing if the request is allowed.
  std::optional<HttpAnswer> refusal(const HttpRequest& request, TimePoint now);

 private:
  HttpAnswer refuse(unsigned status, std::string_view reason, std::string_view message);

  const std::string token_;
  Metrics& metrics_;
  std::mutex mutex_;
  AttemptLimit limit_;
};

/// Takes as long for any two texts of these lengths: a guesser learns nothing from how long the answer took.
bool equal_in_constant_time(std::string_view given, std::string_view expected);

}  // namespace troupe::gateway::detail
