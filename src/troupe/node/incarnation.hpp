#pragma once

#include <cstdint>
#include <string>

#include "troupe/base/error.hpp"

namespace troupe {

/// A number greater than those of all earlier starts of this node: the wall clock in milliseconds, and, where there is
/// a data directory, well above what is remembered in it, so that a clock that was set back does no harm. Makes
/// the directory if needed; fails with `input_output`.
Result<std::uint64_t> next_incarnation(const std::string& data_directory);

}  // namespace troupe
