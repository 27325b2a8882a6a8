#include "troupe/base/error.hpp"

namespace troupe {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnknown: return "unknown";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kUnreachable: return "unreachable";
    case ErrorCode::kNoSuchActor: return "no_such_actor";
    case ErrorCode::kQueueFull: return "queue_full";
    case ErrorCode::kNotHandled: return "not_handled";
    case ErrorCode::kActorFailed: return "actor_failed";
    case ErrorCode::kCorrupt: return "corrupt";
    case ErrorCode::kTooLarge: return "too_large";
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kNameTaken: return "name_taken";
    case ErrorCode::kStopping: return "stopping";
    case ErrorCode::kRefused: return "refused";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kNotOwner: return "not_owner";
    case ErrorCode::kFenced: return "fenced";
    case ErrorCode::kInvalidEvent: return "invalid_event";
    case ErrorCode::kUnknownTopic: return "unknown_topic";
    case ErrorCode::kInputOutput: return "input_output";
    case ErrorCode::kCancelled: return "cancelled";
  }
  return "unknown";
}

std::string Error::to_string() const {
  std::string text(troupe::to_string(code));
  if (!detail.empty()) text.append(": ").append(detail);
  return text;
}

}  // namespace troupe
