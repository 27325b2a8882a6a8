#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>

#include "troupe/gateway/detail/client_channel.hpp"

namespace troupe::gateway::detail {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::string_body>;

/// Whether the client offers ours among its subprotocols.
bool offers_subprotocol(const UpgradeRequest& request);

/// Turns the connection into a WebSocket, with a session behind it. The request has been found to be fit.
void begin_web_socket(std::shared_ptr<ShardPart> part, std::shared_ptr<ClientChannel> channel, UpgradeRequest request);

}  // namespace troupe::gateway::detail
