#pragma once

#include <string>
#include <string_view>

#include "troupe/runtime/spdlog_sink.hpp"

namespace troupe::runtime::detail {

/// What follows the time and the level on a line: "cluster: b joined", or `"component":"cluster","text":"b joined"`. A
/// text may come from a peer: control characters and bytes that are not UTF-8 are escaped, so that a line stays a line,
/// and JSON stays JSON.
std::string log_line(LogFormat format, std::string_view component, std::string_view text);

}  // namespace troupe::runtime::detail
