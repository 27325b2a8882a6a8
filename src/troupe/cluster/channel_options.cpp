#include "troupe/cluster/channel_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace troupe::cluster {

namespace {

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || text.empty()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty() || unit == "B") return number;
  if (number > (std::uint64_t{1} << 33U)) return std::nullopt;
  if (unit == "KiB") return number << 10U;
  if (unit == "MiB") return number << 20U;
  if (unit == "GiB") return number << 30U;
  return std::nullopt;
}

template <class Number>
bool set_number(Number& number, std::string_view value, std::uint64_t min, std::uint64_t max) {
  const auto read = read_number(value);
  if (!read || *read < min || *read > max) return false;
  number = static_cast<Number>(*read);
  return true;
}

template <class Choice>
bool set_choice(Choice& choice, std::string_view value,
                std::initializer_list<std::pair<std::string_view, Choice>> choices) {
  for (const auto& [name, each] : choices) {
    if (name != value) continue;
    choice = each;
    return true;
  }
  return false;
}

/// False if there is no such setting, or the value is not one of its own.
bool set(ChannelOptions& channel, std::string_view key, std::string_view value) {
  if (key == "monotonic" && value.empty()) return channel.monotonic = true;
  if (key == "parallelism") return set_number(channel.parallelism, value, 0, link::kChannelLanesMax);
  if (key == "queue_bytes") return set_number(channel.queue_bytes_max, value, 64U << 10U, std::uint64_t{1} << 36U);
  if (key == "queue_messages") return set_number(channel.queue_messages_max, value, 1, std::uint64_t{1} << 32U);
  if (key == "priority") return set_number(channel.priority, value, 0, 255);
  if (key == "when_full") {
    return set_choice(channel.when_full, value,
                      {{"refuse", WhenFull::kRefuse},
                       {"drop_newest", WhenFull::kDropNewest},
                       {"drop_oldest", WhenFull::kDropOldest}});
  }
  if (key == "compression") {
    return set_choice(
        channel.compression, value,
        {{"none", wire::Compression::kNone}, {"lz4", wire::Compression::kLz4}, {"zstd", wire::Compression::kZstd}});
  }
  if (key == "choice") {
    return set_choice(channel.lane_choice, value,
                      {{"affinity", LaneChoice::kAffinity},
                       {"random", LaneChoice::kRandom},
                       {"round_robin", LaneChoice::kRoundRobin}});
  }
  return false;
}

}  // namespace

Result<ChannelOptions> parse_channel(std::string_view text) {
  ChannelOptions channel;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (channel.name.empty()) {
      channel.name = word;
      continue;
    }
    const std::size_t equals = std::min(word.find('='), word.size());
    if (!set(channel, word.substr(0, equals), word.substr(std::min(equals + 1, word.size())))) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' is no setting of a channel: there are monotonic, parallelism=0 to {}, "
                              "queue_bytes=64KiB to 64GiB, queue_messages=1 to 4294967296, priority=0 to 255, "
                              "when_full=refuse, drop_newest or drop_oldest, compression=none, lz4 or zstd, "
                              "choice=affinity, random or round_robin",
                              word, link::kChannelLanesMax));
    }
  }
  if (const auto valid = check({channel}); !valid) return std::unexpected(valid.error());
  return channel;
}

Result<void> check(const std::vector<ChannelOptions>& channels) {
  if (channels.size() > link::kChannelsMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} channels, where at most {} are possible", channels.size(), link::kChannelsMax));
  }
  for (const ChannelOptions& channel : channels) {
    const bool fits = !channel.name.empty() && channel.name.size() <= link::kChannelNameBytesMax &&
                      std::ranges::all_of(channel.name, [](char each) {
                        return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                               (each >= '0' && each <= '9') || each == '_';
                      });
    if (!fits || channel.name == kControlChannel) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' is no name for a channel: 1 to {} letters, digits and underscores, not 'control'",
                              channel.name, link::kChannelNameBytesMax));
    }
    const auto same = std::ranges::count(channels, channel.id(), &ChannelOptions::id);
    if (same > 1) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the channel '{}' is there twice, or its name hashes like another one's: rename it",
                              channel.name));
    }
  }
  return {};
}

std::vector<ChannelOptions> completed(std::vector<ChannelOptions> channels, std::uint16_t shards) {
  const auto data = std::ranges::find(channels, kDataChannel, &ChannelOptions::name);
  if (data == channels.end()) {
    channels.insert(channels.begin(), ChannelOptions{.name = std::string(kDataChannel)});
  } else {
    std::rotate(channels.begin(), data, data + 1);
  }
  for (ChannelOptions& channel : channels) {
    if (channel.parallelism == 0) channel.parallelism = std::clamp(shards, std::uint16_t{1}, link::kChannelLanesMax);
  }
  return channels;
}

}  // namespace troupe::cluster
