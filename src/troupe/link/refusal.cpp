#include "troupe/link/refusal.hpp"

#include <algorithm>

namespace troupe::link {

std::string_view to_string(RefusalCode code) {
  switch (code) {
    case RefusalCode::kUnknown: return "unknown";
    case RefusalCode::kGarbage: return "garbage";
    case RefusalCode::kWrongVersion: return "wrong_version";
    case RefusalCode::kWrongCluster: return "wrong_cluster";
    case RefusalCode::kOwnName: return "own_name";
    case RefusalCode::kWrongSecret: return "wrong_secret";
    case RefusalCode::kWrongNode: return "wrong_node";
    case RefusalCode::kTooSlow: return "too_slow";
  }
  return "unknown";
}

std::string printable(std::string_view text) {
  std::string result(text.substr(0, kPeerTextBytesMax));
  std::ranges::replace_if(
      result, [](char character) { return static_cast<unsigned char>(character) < 0x20 || character == 0x7f; }, '?');
  return result;
}

}  // namespace troupe::link
