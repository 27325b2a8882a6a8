// LINK: troupe::actor
//
// The header `traceparent`, read from any text. What is accepted has ids, and is read again as the same from what it is
// rendered to; that is how the input begins, but for its version and the flags that are not ours to pass on.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "troupe/actor/trace/traceparent.hpp"
#include "troupe/base/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto context = troupe::parse_traceparent(text);
  if (!context) return 0;
  TROUPE_ASSERT(context->is_valid());
  const std::string rendered = troupe::render_traceparent(*context);
  TROUPE_ASSERT(troupe::parse_traceparent(rendered) == context);
  TROUPE_ASSERT(rendered.substr(3, 50) == text.substr(3, 50));
  return 0;
}
