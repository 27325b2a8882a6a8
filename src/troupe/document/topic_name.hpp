#pragma once

#include <cstddef>
#include <string_view>

#include "troupe/base/error.hpp"

namespace troupe::document {

/// The longest topic, in bytes.
constexpr std::size_t kTopicBytesMax = 200;

/// Whether this is the name of a topic: 1 to 200 bytes, segments of `A-Z a-z 0-9 . _ ~ -`, single slashes between them
/// and none at either end. A refusal is `kUnknownTopic`; its detail is plain ASCII and short whatever the input is.
[[nodiscard]] Result<void> check_topic(std::string_view topic);

/// The first segment and its slash, `canvas/` of `canvas/lobby`, which names the document type. Empty for a topic of
/// one segment: no document type has it. A view into `topic`.
std::string_view topic_prefix(std::string_view topic);

/// Whether an application may register a document type for this prefix: one segment and its slash. `kInvalidArgument`
/// if not.
[[nodiscard]] Result<void> check_prefix(std::string_view prefix);

}  // namespace troupe::document
