#pragma once

#include <memory>
#include <string_view>

#include "troupe/gateway/detail/http_message.hpp"
#include "troupe/gateway/detail/shard_part.hpp"

namespace troupe::gateway::detail {

/// `/admin` and everything below it: the page for operators, and what it shows as JSON under `/admin/api/`.
bool is_admin_path(std::string_view path);

/// Answers 404 unless the configuration opens this to the request. `respond` is called once, now or in a later round.
void answer_admin(const std::shared_ptr<ShardPart>& part, const HttpRequest& request, Respond respond);

}  // namespace troupe::gateway::detail
