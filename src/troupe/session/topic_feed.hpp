#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/session/action.hpp"
#include "troupe/session/server_message.hpp"

namespace troupe::session {

/// How much a feed keeps of what came too early. Beyond either, the event with the greatest seq is dropped, and asked
/// for later.
struct HoldOptions {
  std::size_t events_max = 256;
  std::size_t bytes_max = std::size_t{1} << 20U;
};

/// The events of one topic on their way to one client: whatever comes in, what goes out (as `Reply`) is last + 1, last
/// + 2, ... of one epoch. An event that came before is dropped; one that came too early is held, and what is missing
/// before it is asked for, once.
///
/// The calls return whether the caller shall now ask for the events after `after()`; the question is open until
/// `on_resynced` or `start`.
class TopicFeed {
 public:
  explicit TopicFeed(HoldOptions options) : options_(options) {}

  /// The client has the state at `seq`, of which `events` are the next, if there are any; `newest` is the document's
  /// last as far as known. Until the first call every event is held; a later call is a reset.
  [[nodiscard]] bool start(std::string_view epoch, std::uint64_t seq, std::uint64_t newest,
                           const std::vector<RenderedEvent>& events, Output& out);

  [[nodiscard]] bool on_event(std::string_view epoch, const RenderedEvent& event, Output& out);

  /// The answer to a question. If it brings events, but the client is still behind what is known to exist, the next
  /// question follows at once; if it brings none, with the next event.
  [[nodiscard]] bool on_resynced(std::string_view epoch, const std::vector<RenderedEvent>& events, Output& out);

  /// An event with this seq is known to exist in this epoch. For use before the first `start`.
  void expect(std::string_view epoch, std::uint64_t seq);

  /// Whether the client would go back if it started at this point.
  bool is_past(std::string_view epoch, std::uint64_t seq) const { return started_ && epoch == epoch_ && seq < last_; }

  /// The last event that the client has.
  After after() const { return {epoch_, last_}; }
  std::size_t held() const { return held_.size(); }

 private:
  void take(const RenderedEvent& event, Output& out);
  void hold(const RenderedEvent& event);
  void release(Output& out);
  bool ask_if_behind();
  void forget_held();

  HoldOptions options_;
  bool started_ = false;
  bool asking_ = false;       ///< A question is open.
  std::string epoch_;         ///< Before the first start: of what is held.
  std::uint64_t last_ = 0;    ///< The last seq that the client has.
  std::uint64_t newest_ = 0;  ///< The greatest seq that is known to exist in this epoch.
  std::map<std::uint64_t, Text> held_;
  std::size_t held_bytes_ = 0;
};

}  // namespace troupe::session
