#pragma once

#include <memory>

#include "troupe/gateway/detail/http_message.hpp"
#include "troupe/gateway/detail/shard_part.hpp"

namespace troupe::gateway::detail {

/// Answers a request under /api/v1/ (but the socket): asks the node's documents and its cluster actor. `respond` is
/// called once, now or in a later round of the shard.
void answer_rest(const std::shared_ptr<ShardPart>& part, const HttpRequest& request, Respond respond);

}  // namespace troupe::gateway::detail
