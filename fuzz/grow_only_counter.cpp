// LINK: troupe::crdt
//
// Two counters read from any bytes. What decodes encodes to the same again, and merging them keeps its laws.
#include <cstddef>
#include <cstdint>

#include "troupe/base/assert.hpp"
#include "troupe/crdt/grow_only_counter.hpp"

namespace {

using namespace troupe;  // NOLINT(google-build-using-namespace): a program of one file.
using crdt::GrowOnlyCounter;

GrowOnlyCounter merged(GrowOnlyCounter a, const GrowOnlyCounter& b) {
  a.merge(b);
  return a;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = Bytes::copy_of(std::as_bytes(std::span(data, size)));
  const auto counters = wire::decode<std::pair<GrowOnlyCounter, GrowOnlyCounter>>(input);
  if (!counters) return 0;
  const auto& [a, b] = *counters;
  const auto again = wire::decode<GrowOnlyCounter>(wire::encode(a));
  TROUPE_ASSERT(again && *again == a);
  const GrowOnlyCounter both = merged(a, b);
  TROUPE_ASSERT(both == merged(b, a));
  TROUPE_ASSERT(both == merged(both, a));
  TROUPE_ASSERT(both.value() >= a.value() && both.value() >= b.value());
  return 0;
}
