#include "troupe/gateway/detail/shard_part.hpp"

#include <fmt/chrono.h>

#include <chrono>
#include <random>

#include "troupe/gateway/detail/client_channel.hpp"
#include "troupe/runtime/detail/loop_access.hpp"

namespace troupe::gateway::detail {

std::string GatewayShared::make_unique_word() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";  // RFC 4648, base32.
  std::random_device device;
  std::string word;
  for (int i = 0; i < 4; ++i) word += kLetters[device() % kLetters.size()];
  return word;
}

ShardPart::ShardPart(std::shared_ptr<GatewayShared> gateway, std::uint32_t index)
    : shared(std::move(gateway)),
      options(shared->options),
      io(runtime::LoopAccess::io_context(shared->world.runtime, index)),
      shard(shared->world.runtime.shard(index)),
      metrics(shared->world.metrics),
      log(shared->world.log_sink, "gateway") {}

void ShardPart::set_time() { shard.set_now(runtime::Runtime::now()); }

void ShardPart::flush() {
  flushing_.swap(dirty);
  for (const auto& channel : flushing_) channel->flush();
  flushing_.clear();
}

std::vector<std::shared_ptr<ClientChannel>> ShardPart::open_channels() const {
  std::vector<std::shared_ptr<ClientChannel>> open;
  for (ClientChannel* channel : channels) {
    if (auto alive = channel->weak_from_this().lock()) open.push_back(std::move(alive));
  }
  return open;
}

void ShardPart::drain() {
  draining = true;
  for (const auto& channel : open_channels()) {
    if (const auto owner = channel->owner()) owner->on_drain();
  }
}

void ShardPart::cut_all() {
  for (const auto& channel : open_channels()) channel->cut();
}

const std::string& ShardPart::date() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::int64_t second = now.time_since_epoch().count();
  if (second != date_second_) {
    date_second_ = second;
    date_ = fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(static_cast<std::time_t>(second)));
  }
  return date_;
}

}  // namespace troupe::gateway::detail
