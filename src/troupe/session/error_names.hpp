#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "troupe/base/error.hpp"

namespace troupe::session {

/// The error codes of docs/protocol.md, the same on WebSocket and REST.
enum class ProtocolError : std::uint8_t {
  kBadRequest,
  kInvalidEvent,
  kTooLarge,
  kTooManyTopics,
  kNotJoined,
  kAlreadyJoined,
  kUnknownTopic,
  kReadOnly,
  kUnavailable,
  kBusy,
  kInternal,
};

/// The code as it stands in an `error`: `bad_request`.
std::string_view to_string(ProtocolError error);

/// The HTTP status that goes with it.
unsigned http_status(ProtocolError error);

/// How an error inside the cluster looks to a client. Every code has an answer; one that says nothing to a client is
/// `internal`.
ProtocolError protocol_error(ErrorCode code);

/// The `message` for a client: the detail where it concerns the client, and what to do where that is always the same.
/// The detail of an `internal` error stays inside, since it may name files and addresses: log it where it is turned
/// into an answer.
std::string public_message(const Error& error);

}  // namespace troupe::session
