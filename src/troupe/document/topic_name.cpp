#include "troupe/document/topic_name.hpp"

#include <string>

namespace troupe::document {
namespace {

constexpr std::string_view kRemedy =
    "; a topic is like canvas/lobby: segments of A-Z a-z 0-9 . _ ~ - with single slashes between";

bool is_segment_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '~' || c == '-';
}

// The input itself may be anything, so only its numbers are quoted.
std::string byte_at(std::string_view topic, std::size_t at) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(topic[at]);
  return std::string("byte ") + std::to_string(at + 1) + " of the topic is 0x" + kDigits[byte >> 4U] +
         kDigits[byte & 15U];
}

std::unexpected<Error> refuse(std::string cause) { return fail(ErrorCode::kUnknownTopic, cause.append(kRemedy)); }

}  // namespace

Result<void> check_topic(std::string_view topic) {
  if (topic.empty()) return refuse("the topic is empty");
  if (topic.size() > kTopicBytesMax) {
    return refuse("the topic has " + std::to_string(topic.size()) + " bytes, at most " +
                  std::to_string(kTopicBytesMax) + " are allowed");
  }
  for (std::size_t at = 0; at < topic.size(); ++at) {
    if (topic[at] == '/') {
      const bool empty_segment = at == 0 || at + 1 == topic.size() || topic[at - 1] == '/';
      if (empty_segment) return refuse("the topic has an empty segment at byte " + std::to_string(at + 1));
    } else if (!is_segment_character(topic[at])) {
      return refuse(byte_at(topic, at) + ", which is not allowed there");
    }
  }
  return {};
}

std::string_view topic_prefix(std::string_view topic) {
  const std::size_t slash = topic.find('/');
  return slash == std::string_view::npos ? std::string_view() : topic.substr(0, slash + 1);
}

Result<void> check_prefix(std::string_view prefix) {
  const bool shaped = prefix.size() >= 2 && prefix.size() < kTopicBytesMax && topic_prefix(prefix) == prefix &&
                      check_topic(prefix.substr(0, prefix.size() - 1)).has_value();
  if (shaped) return {};
  return fail(ErrorCode::kInvalidArgument,
              "a document type's prefix is one segment and a slash, like \"canvas/\", and leaves room for a name");
}

}  // namespace troupe::document
