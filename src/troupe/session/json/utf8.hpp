#pragma once

#include <cstddef>
#include <string_view>

namespace troupe::session {

/// The length of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7: no overlong forms, no
/// surrogates, nothing above U+10FFFF); 0 if there is none. `text` is not empty.
std::size_t utf8_sequence(std::string_view text);

/// Whether the whole text is UTF-8.
bool is_utf8(std::string_view text);

}  // namespace troupe::session
