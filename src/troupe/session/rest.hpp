#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/document/journal.hpp"
#include "troupe/session/error_names.hpp"

/// The pure half of REST: from the parts of an HTTP request to what is asked, and from the answer to its JSON. No
/// socket, no HTTP library.
namespace troupe::session {

/// Limits, named as in the configuration.
struct RestOptions {
  std::size_t message_bytes_max = std::size_t{1} << 20U;  ///< A longer body: 413.
  std::size_t data_bytes_max = std::size_t{64} << 10U;    ///< A longer `data`: 413.
};

/// The parts of an HTTP request that matter here, as they came.
struct RestRequest {
  std::string_view method;  ///< `GET`. A `HEAD` is asked as a `GET`, and its body left out by the caller.
  std::string_view target;  ///< Path and query: `/api/v1/cluster`.
  std::optional<std::string_view> idempotency_key;
  std::optional<std::string_view> write_key;
  std::string_view body;
};

struct GetEvents {
  std::string topic;
  std::uint64_t after = 0;
  std::uint32_t limit = 100;

  friend bool operator==(const GetEvents&, const GetEvents&) = default;
};
struct PostEvent {
  std::string topic;
  std::optional<std::string> key;  ///< Absent: the caller makes one up.
  Bytes data;                      ///< Compact JSON.

  friend bool operator==(const PostEvent&, const PostEvent&) = default;
};
struct GetDigest {
  std::string topic;

  friend bool operator==(const GetDigest&, const GetDigest&) = default;
};
struct GetCluster {
  friend bool operator==(const GetCluster&, const GetCluster&) = default;
};
using RestCall = std::variant<GetEvents, PostEvent, GetDigest, GetCluster>;

/// A whole answer, but for what HTTP adds by itself. The body is JSON.
struct RestAnswer {
  unsigned status = 200;
  std::vector<std::pair<std::string_view, std::string_view>> headers;  ///< Beside Content-Type: application/json.
  std::string body;
};

/// Whether this target is one of ours, that is, under `/api/v1/`; the socket there is not.
bool is_rest_target(std::string_view target);

/// What is asked, or the answer that says why not. The request may be anything.
std::expected<RestCall, RestAnswer> parse_rest(const RestRequest& request, const RestOptions& options);

/// `{"error":{"code":"...","message":"..."}}` with the code's status, and `Retry-After` where trying again helps.
RestAnswer rest_error(ProtocolError code, std::string_view message);
RestAnswer rest_error(const Error& error);

struct EventsPage {
  std::string topic;
  std::string epoch;
  std::uint64_t seq = 0;  ///< The document's last.
  std::vector<document::Event> events;
  bool more = false;
};
RestAnswer rest_answer(const EventsPage& page);

/// The answer to `PostEvent`. `repeated`: the key was there already, and this is its first seq.
struct PostedEvent {
  std::string epoch;
  std::uint64_t seq = 0;
  bool repeated = false;
};
RestAnswer rest_answer(const PostedEvent& posted);

struct Digest {
  std::string topic;
  std::string node;
  std::string epoch;
  std::uint64_t seq = 0;
  std::uint64_t hash = 0;
};
RestAnswer rest_answer(const Digest& digest);

struct ClusterMember {
  std::string name;
  std::string address;
  std::string http;
  std::uint64_t incarnation = 0;
  std::string state;
};
struct ClusterView {
  std::string node;
  std::vector<ClusterMember> members;
  std::vector<std::string> configured;
};
RestAnswer rest_answer(const ClusterView& view);

}  // namespace troupe::session
