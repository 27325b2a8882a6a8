// LINK: troupe::wire
//
// A struct of everything that the codec knows, decoded from any bytes. What decodes is encoded and decoded again, to
// the same.
#include <cstddef>
#include <cstdint>

#include "troupe/base/assert.hpp"
#include "troupe/base/time.hpp"
#include "troupe/wire/codec.hpp"

namespace {

using troupe::Bytes;

enum class Colour : std::uint8_t { kRed = 1, kBlue = 2 };

struct Point {
  double x = 0;
  float y = 0;
};

struct Tree {
  std::string name;
  std::vector<Tree> children;
};

struct Everything {
  int number = 0;
  bool flag = false;
  Colour colour = Colour::kRed;
  std::string text;
  Bytes bytes;
  std::optional<Point> point;
  std::vector<Point> points;
  std::map<std::string, std::vector<std::int16_t>> lists;
  std::set<std::uint64_t> members;
  std::pair<int, std::string> pair;
  std::array<std::uint16_t, 3> triple{};
  troupe::Duration duration{};
  troupe::Address address;
  Tree tree;
  std::vector<std::optional<std::map<std::uint8_t, Bytes>>> nested;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decoded = troupe::wire::decode<Everything>(Bytes::copy_of(std::as_bytes(std::span(data, size))));
  if (!decoded) return 0;
  const Bytes encoded = troupe::wire::encode(*decoded);
  const auto again = troupe::wire::decode<Everything>(encoded);
  TROUPE_ASSERT(again.has_value());
  // The bytes, since a number may be one that is not equal to itself.
  TROUPE_ASSERT(troupe::wire::encode(*again) == encoded);
  return 0;
}
