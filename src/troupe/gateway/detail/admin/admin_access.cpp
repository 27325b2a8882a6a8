#include "troupe/gateway/detail/admin/admin_access.hpp"

#include <utility>

namespace troupe::gateway::detail {

namespace {

constexpr std::string_view kScheme = "Bearer ";

}  // namespace

bool equal_in_constant_time(std::string_view given, std::string_view expected) {
  unsigned difference = given.size() == expected.size() ? 0U : 1U;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = expected.empty() ? '\0' : expected[i % expected.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other));
  }
  volatile unsigned kept = difference;  // So that no compiler finds an early end.
  return kept == 0;
}

AdminAccess::AdminAccess(std::string token, std::uint32_t attempts_max, Metrics& metrics)
    : token_(std::move(token)), metrics_(metrics), limit_(attempts_max) {}

std::optional<HttpAnswer> AdminAccess::refusal(const HttpRequest& request, TimePoint now) {
  if (request.is_local) return std::nullopt;
  if (!request.authorization || !request.authorization->starts_with(kScheme)) {
    return refuse(401, "no_token",
                  "this needs the node's token (admin.token_file): send it as `Authorization: Bearer TOKEN`");
  }
  const std::lock_guard lock(mutex_);
  if (!limit_.may_try(request.client, now)) {
    HttpAnswer answer = refuse(429, "too_many_attempts", "too many wrong tokens came from this address: wait a minute");
    answer.headers.emplace_back("Retry-After", "60");
    return answer;
  }
  if (equal_in_constant_time(request.authorization->substr(kScheme.size()), token_)) return std::nullopt;
  limit_.on_failure(request.client, now);
  return refuse(401, "wrong_token", "this is not the node's token (admin.token_file)");
}

HttpAnswer AdminAccess::refuse(unsigned status, std::string_view reason, std::string_view message) {
  metrics_
      .counter("troupe_admin_refused_total", "Requests of operators that were refused",
               {{"reason", std::string(reason)}})
      .add();
  HttpAnswer answer = json_error(status, message);
  if (status == 401) answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

}  // namespace troupe::gateway::detail
