#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

/// Why an operation failed. The numbers cross the wire: append only, never reuse one.
enum class ErrorCode : std::uint16_t {
  kUnknown = 0,          ///< A number that this build does not know (a newer peer sent it).
  kTimeout = 1,          ///< The deadline passed first. The operation may or may not have happened.
  kUnreachable = 2,      ///< No link to the node that has to answer.
  kNoSuchActor = 3,      ///< The actor is not there (never was, or has stopped).
  kQueueFull = 4,        ///< A bounded queue had no room. The operation did not happen.
  kNotHandled = 5,       ///< The recipient does not handle this message type.
  kActorFailed = 6,      ///< The recipient's handler threw.
  kCorrupt = 7,          ///< Bytes that cannot be decoded, or whose checksum is wrong.
  kTooLarge = 8,         ///< Above a configured size.
  kInvalidArgument = 9,  ///< The caller's input is wrong; the detail says how.
  kNameTaken = 10,       ///< Another actor of this node has the name.
  kStopping = 11,        ///< The node or the component is shutting down.
  kRefused = 12,         ///< A peer refused (wrong secret, wrong cluster, ...); the detail says why.
  kUnavailable = 13,     ///< A document's owner cannot be reached, or the outcome is unknown.
  kNotOwner = 14,        ///< This node does not own the document.
  kFenced = 15,          ///< A newer writer owns the stream.
  kInvalidEvent = 16,    ///< The document type refuses the event.
  kUnknownTopic = 17,    ///< No document type has this prefix, or the topic is not well formed.
  kInputOutput = 18,     ///< The disk or the operating system failed; the detail says how.
  kCancelled = 19,       ///< The one who answers dropped the request without an answer.
};

/// The code's name in snake_case, as it stands in logs.
std::string_view to_string(ErrorCode code);

/// An operating error: something that a correct program meets. It is a value, may cross the wire, and is never thrown.
struct Error {
  ErrorCode code = ErrorCode::kUnknown;
  std::string detail;  ///< For people: the cause, and the remedy where there is one.

  /// "timeout: no answer from ... in 5 s"
  std::string to_string() const;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;

/// return fail(ErrorCode::kTimeout, "no answer in 5 s");
inline std::unexpected<Error> fail(ErrorCode code, std::string detail) {
  return std::unexpected<Error>(Error{code, std::move(detail)});
}

}  // namespace troupe
