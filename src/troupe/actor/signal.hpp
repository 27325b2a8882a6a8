#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "troupe/base/error.hpp"
#include "troupe/base/ids.hpp"

namespace troupe {

/// Why an actor ended. The numbers cross the wire: append only.
enum class EndReason : std::uint8_t {
  kStopped = 0,      ///< It stopped itself, was told to, or its parent ended.
  kFailed = 1,       ///< Its handler or constructor threw.
  kNoSuchActor = 2,  ///< It was not there when the monitor was set.
  kNodeDown = 3,     ///< Its node is down, or restarted: whether the actor still runs there is unknown.
  kLinked = 4,       ///< An actor that it was linked to failed.
};

std::string_view to_string(EndReason reason);

/// What a monitor reports, once.
struct Down {
  static constexpr auto wire_name = "troupe.down";
  Address actor;  ///< As it was given to `monitor`.
  EndReason reason = EndReason::kStopped;
  std::string detail;
};

/// What reaches an actor whose link partner ended.
struct Exit {
  static constexpr auto wire_name = "troupe.exit";
  Address actor;
  EndReason reason = EndReason::kStopped;
  std::string detail;
};

/// The payload of kMonitor, kDemonitor, kLink, kUnlink and kLinkCheck.
struct Watch {
  static constexpr auto wire_name = "troupe.watch";
  Address
      target;  ///< As the watcher (of a link: the one who made it) named it, which is what the Down or Exit will say.
};

/// Some of what an actor sent may never arrive: the connection that it took broke, and what was under way on it is
/// gone. What was sent before and has been answered is not concerned, nor is what is sent from now on.
struct Loss {
  Address actor;  ///< As it was given to `watch_loss`.
  Error why;
};

using LossCallback = std::move_only_function<void(const Loss&)>;
/// The payload of kPause, from the shard of an actor to a shard of another node from which messages for it come.
struct Pause {
  static constexpr auto wire_name = "troupe.pause";
  ActorId actor;
  ActorId name;       ///< Its other id, if it has a name.
  bool is_on = true;  ///< Its mailbox is filled; else it has room again.
};

using DownCallback = std::move_only_function<void(const Down&)>;
using ExitCallback = std::move_only_function<void(const Exit&)>;

}  // namespace troupe
