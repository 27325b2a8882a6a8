#include "troupe/session/error_names.hpp"

namespace troupe::session {
namespace {

struct Row {
  std::string_view name;
  unsigned status = 0;
};

// docs/protocol.md, "Error codes" and "REST". Three of them cannot come up on REST, which has no sessions: they get the
// status for a request that does not fit the state.
Row row(ProtocolError error) {
  switch (error) {
    case ProtocolError::kBadRequest: return {"bad_request", 400};
    case ProtocolError::kInvalidEvent: return {"invalid_event", 422};
    case ProtocolError::kTooLarge: return {"too_large", 413};
    case ProtocolError::kTooManyTopics: return {"too_many_topics", 409};
    case ProtocolError::kNotJoined: return {"not_joined", 409};
    case ProtocolError::kAlreadyJoined: return {"already_joined", 409};
    case ProtocolError::kUnknownTopic: return {"unknown_topic", 404};
    case ProtocolError::kReadOnly: return {"read_only", 403};
    case ProtocolError::kUnavailable: return {"unavailable", 503};
    case ProtocolError::kBusy: return {"busy", 429};
    case ProtocolError::kInternal: return {"internal", 500};
  }
  return {"internal", 500};
}

}  // namespace

std::string_view to_string(ProtocolError error) { return row(error).name; }

unsigned http_status(ProtocolError error) { return row(error).status; }

ProtocolError protocol_error(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return ProtocolError::kBadRequest;
    case ErrorCode::kInvalidEvent: return ProtocolError::kInvalidEvent;
    case ErrorCode::kTooLarge: return ProtocolError::kTooLarge;
    case ErrorCode::kUnknownTopic: return ProtocolError::kUnknownTopic;
    case ErrorCode::kQueueFull: return ProtocolError::kBusy;
    // Nobody knows whether the event was stored, and trying again may help.
    case ErrorCode::kTimeout:
    case ErrorCode::kUnreachable:
    case ErrorCode::kNoSuchActor:
    case ErrorCode::kUnavailable:
    case ErrorCode::kNotOwner:
    case ErrorCode::kFenced:
    case ErrorCode::kCancelled:
    case ErrorCode::kStopping: return ProtocolError::kUnavailable;
    // A client can do nothing about these; an operator can.
    case ErrorCode::kUnknown:
    case ErrorCode::kNotHandled:
    case ErrorCode::kActorFailed:
    case ErrorCode::kCorrupt:
    case ErrorCode::kNameTaken:
    case ErrorCode::kRefused:
    case ErrorCode::kInputOutput: return ProtocolError::kInternal;
  }
  return ProtocolError::kInternal;  // A number that a newer node sent.
}

std::string public_message(const Error& error) {
  switch (protocol_error(error.code)) {
    case ProtocolError::kUnavailable:
      if (error.code == ErrorCode::kStopping)
        return "this node is stopping; connect to another node and try again there";
      return "the document's owner cannot be reached or did not answer in time; "
             "try again after a pause, a send with the same key";
    case ProtocolError::kBusy:
      return "a queue of the server is full and nothing was stored; try again after a pause, a send with the same key";
    case ProtocolError::kInternal:
      return "a fault of the server, which has logged it; try again after a pause, a send with the same key";
    default: return error.detail.empty() ? "the server refuses this: " + error.to_string() : error.detail;
  }
}

}  // namespace troupe::session
