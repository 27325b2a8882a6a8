#include "troupe/link/identity.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace troupe::link {

namespace {

struct NamedField {
  std::string_view name;
  const std::string& value;
  bool required;
};

bool is_control(char character) {
  const auto code = static_cast<unsigned char>(character);
  return code < 0x20 || code == 0x7f;
}

}  // namespace

Result<void> check(const Identity& identity) {
  const auto invalid = [](std::string_view field, std::string_view problem) {
    return fail(ErrorCode::kInvalidArgument, std::string(field).append(" ").append(problem));
  };
  for (const NamedField& field : std::initializer_list<NamedField>{{"cluster name", identity.cluster, true},
                                                                   {"node name", identity.node, true},
                                                                   {"cluster address", identity.address, false},
                                                                   {"http address", identity.http_address, false},
                                                                   {"channel name", identity.channel, true},
                                                                   {"zone", identity.zone, false}}) {
    if (field.required && field.value.empty()) return invalid(field.name, "is empty");
    if (field.value.size() > kNameBytesMax) return invalid(field.name, "is longer than 255 bytes");
    if (std::ranges::any_of(field.value, is_control)) return invalid(field.name, "has a control character");
  }
  if (identity.version_min > identity.version) return invalid("version range", "is empty");
  if (identity.incarnation == 0) return invalid("incarnation", "is 0");
  if (identity.lane >= identity.lanes) return invalid("lane", "is not below the number of lanes");
  if (identity.channels.size() > kChannelsMax) return invalid("list of channels", "has more than 16");
  for (const ChannelWish& channel : identity.channels) {
    if (channel.name.empty() || channel.name.size() > kChannelNameBytesMax ||
        std::ranges::any_of(channel.name, is_control))
      return invalid("name of a channel", "is not 1 to 32 printable bytes");
    if (channel.lanes == 0 || channel.lanes > kChannelLanesMax) return invalid("channel", "has not 1 to 128 lanes");
    if (std::ranges::count(identity.channels, channel.name, &ChannelWish::name) > 1)
      return invalid("list of channels", "names one twice");
  }
  if (identity.frame_bytes_max < kFrameBytesMaxLeast) return invalid("frame_bytes_max", "is below 4096");
  return {};
}

}  // namespace troupe::link
