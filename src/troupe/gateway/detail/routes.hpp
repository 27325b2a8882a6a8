#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "troupe/gateway/detail/http_message.hpp"
#include "troupe/gateway/detail/shard_part.hpp"

namespace troupe::gateway::detail {

inline constexpr std::string_view kApi = "/api/";
inline constexpr std::string_view kSocketPath = "/api/v1/socket";
inline constexpr std::string_view kSubprotocol = "troupe.v1.json";

/// Answers every request but the socket's. `respond` is called once, now or in a later round of the shard.
void answer_request(const std::shared_ptr<ShardPart>& part, const HttpRequest& request, Respond respond);

/// Whether pages of this origin may use the node. A program that is no page has none.
bool is_origin_allowed(const GatewayOptions& options, const std::optional<std::string_view>& origin);

}  // namespace troupe::gateway::detail
