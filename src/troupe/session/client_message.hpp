#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "troupe/base/bytes.hpp"
#include "troupe/session/action.hpp"
#include "troupe/session/error_names.hpp"

namespace troupe::session {

/// The longest key of an event, in bytes.
constexpr std::size_t kKeyBytesMax = 128;

/// What most requests have. `id` is absent only where it is optional.
struct RequestHead {
  std::optional<std::uint64_t> id;
  std::string topic;  ///< As the client wrote it, perhaps not well formed.
  std::optional<TraceContext> trace;
};

struct JoinRequest {
  RequestHead head;
  std::optional<After> after;
  std::optional<Bytes> present;
  std::optional<std::string> write_key;  ///< What opens a locked topic for writing.
};
struct SendRequest {
  RequestHead head;
  std::string key;
  Bytes data;
};
struct SignalRequest {
  RequestHead head;
  Bytes data;
};
struct PresentRequest {
  RequestHead head;
  std::optional<Bytes> present;  ///< Absent: the client wrote null.
};
struct LeaveRequest {
  RequestHead head;
};
struct PingRequest {
  std::uint64_t id = 0;
};

using ClientMessage = std::variant<JoinRequest, SendRequest, SignalRequest, PresentRequest, LeaveRequest, PingRequest>;

/// Why a message was not understood, with the `id` if that much could be read.
struct BadMessage {
  std::optional<std::uint64_t> id;
  ProtocolError code = ProtocolError::kBadRequest;
  std::string message;
};

/// Reads a message of a client, which may be anything. `data` and `present` come out as compact JSON: the client's own
/// text without the white space between its tokens.
std::expected<ClientMessage, BadMessage> parse_client_message(std::string_view text, std::size_t data_bytes_max);

/// Whether a key is one that an event may have: 1 to 128 bytes of UTF-8 without a zero byte, which in the running hash
/// ends the key. Gives the complaint, empty if there is none.
std::string_view complaint_about_key(std::string_view key);

}  // namespace troupe::session
