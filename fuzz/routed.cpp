// LINK: troupe::cluster
//
// A message of a data lane, read from any bytes. What is accepted is of a kind that may cross the wire, and its head is
// written again as it was, apart from the flags.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "troupe/base/assert.hpp"
#include "troupe/cluster/routed.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using troupe::cluster::RoutedHead;
  const auto input = troupe::Bytes::copy_of(std::as_bytes(std::span(data, size)));
  const auto message = troupe::cluster::decode_routed(input);
  if (size < RoutedHead::kSize) TROUPE_ASSERT(!message.has_value());
  if (!message) return 0;
  TROUPE_ASSERT(troupe::crosses_wire(message->kind));
  TROUPE_ASSERT(message->body.size() == size - RoutedHead::kSize);
  RoutedHead head = troupe::cluster::encode_head(*message);
  head.bytes[1] = input.span()[1];
  TROUPE_ASSERT(std::memcmp(head.bytes.data(), data, RoutedHead::kSize) == 0);
  return 0;
}
