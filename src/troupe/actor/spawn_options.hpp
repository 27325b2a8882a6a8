#pragma once

#include <cstdint>
#include <string>

#include "troupe/base/time.hpp"

namespace troupe {

/// What becomes of an actor whose handler threw.
enum class OnFailure : std::uint8_t {
  kStop,     ///< It ends; those who monitor it are told.
  kRestart,  ///< A new object from the same arguments takes its place, after a pause. Its refs, mailbox and links stay,
             ///< and those who monitor it hear nothing. Its children end; its timers, asks and monitors are gone; the
             ///< message that failed is lost.
  kEscalate,  ///< Its parent fails in its place, and the parent's own rule decides.
};

/// A parent's rule for one child, given when it is spawned.
struct Supervision {
  OnFailure on_failure = OnFailure::kStop;
  Duration backoff_initial = 100ms;  ///< The pause before the first restart; doubles with each, up to `backoff_max`.
  Duration backoff_max = 10s;
  double backoff_jitter = 0.2;      ///< Each pause is longer by a random part of up to this fraction.
  std::uint32_t restarts_max = 10;  ///< Restarts within `restarts_within`; one more failure and `when_exhausted` holds.
  Duration restarts_within = 60s;
  OnFailure when_exhausted = OnFailure::kStop;  ///< kStop or kEscalate; spawn fails otherwise.
};

struct SpawnOptions {
  std::string name;                        ///< Unique in the node; empty for none.
  std::uint32_t mailbox_messages_max = 0;  ///< 0: the shard's default (ShardOptions).
  Supervision supervision;
};

}  // namespace troupe
