// LINK: troupe::cluster
//
// A message of a data lane, read from any bytes. What is accepted is of a kind that may cross the wire, its head is
// written again as it was, apart from the flags, and its stamps come out of what they are written to.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "troupe/base/assert.hpp"
#include "troupe/cluster/routed.hpp"

namespace {

using troupe::cluster::Routed;
using troupe::cluster::RoutedHead;

constexpr std::size_t kBytesMax = 1U << 20U;

void check_stamps(const Routed& message) {
  troupe::wire::Writer writer;
  troupe::cluster::write_head(writer, encode_head(message), message.stamps.get());
  TROUPE_ASSERT(writer.size() <= RoutedHead::kSize + troupe::cluster::kStampsBytesMax);
  const auto again = troupe::cluster::decode_routed(writer.finish());
  TROUPE_ASSERT(again.has_value() && again->stamps != nullptr && *again->stamps == *message.stamps);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = troupe::Bytes::copy_of(std::as_bytes(std::span(data, size)));
  const auto message = troupe::cluster::decode_routed(input, kBytesMax);
  if (size < RoutedHead::kSize) TROUPE_ASSERT(!message.has_value());
  if (!message) return 0;
  TROUPE_ASSERT(troupe::crosses_wire(message->kind));
  TROUPE_ASSERT((message->stamps != nullptr) == ((data[1] & 1U) != 0));
  if ((data[1] & 2U) != 0) {
    TROUPE_ASSERT(message->body.size() <= kBytesMax);  // However little came.
  } else {
    TROUPE_ASSERT(message->stamps != nullptr || message->body.size() == size - RoutedHead::kSize);
    TROUPE_ASSERT(message->body.size() <= size - RoutedHead::kSize);
  }
  if (message->stamps) check_stamps(*message);
  RoutedHead head = troupe::cluster::encode_head(*message);
  head.bytes[1] = input.span()[1];
  TROUPE_ASSERT(std::memcmp(head.bytes.data(), data, RoutedHead::kSize) == 0);
  return 0;
}
