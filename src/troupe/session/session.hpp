#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/session/action.hpp"
#include "troupe/session/client_message.hpp"
#include "troupe/session/error_names.hpp"
#include "troupe/session/server_message.hpp"
#include "troupe/session/topic_feed.hpp"

namespace troupe::session {

/// The limits of docs/protocol.md that concern one session, named as in the configuration.
struct SessionOptions {
  std::size_t message_bytes_max = std::size_t{1} << 20U;  ///< A longer message: closed with 1009.
  std::size_t data_bytes_max = std::size_t{64} << 10U;    ///< A longer `data` or `present`: `too_large`.
  std::size_t topics_max = 64;                            ///< Joined or joining; one more: `too_many_topics`.
  std::size_t sends_max = 256;                            ///< Not yet answered; one more: `busy`.
  HoldOptions hold;                                       ///< What each topic keeps while it waits for earlier events.
};

/// The answer to `Append` where the event is on stable storage.
struct SendResult {
  std::uint64_t seq = 0;
};

/// The answer to `Join` where it worked.
struct JoinOutcome {
  std::string epoch;
  std::uint64_t seq = 0;  ///< The document's last seq as far as known; the state of `snapshot` is the one at this seq.
  /// Absent: the client's `after` is continued, which needs the same epoch and an `after.seq` of at most `seq`.
  std::optional<Bytes> snapshot;
  /// Without a snapshot: the events after `after.seq`, or the first of them, or none. What is missing up to `seq` is
  /// asked for with `Resync`.
  std::vector<RenderedEvent> events;
  std::vector<PresenceEntry> present;  ///< The whole list; this session itself may be in it.
};

/// A document began anew, or this session fell too far behind.
struct Reset {
  std::string epoch;
  std::uint64_t seq = 0;  ///< Of `snapshot`.
  Bytes snapshot;
  std::vector<PresenceEntry> present;  ///< The whole list.
};

/// One client's session: the protocol of docs/protocol.md between the messages of a WebSocket and the topics of the
/// node. Pure: what comes in is a call, what shall happen is appended to `out`, in order.
///
/// Towards the client it keeps one promise above all: on each topic, the seqs of the events have no gap and no repeat
/// from the `joined` on, whatever order, loss or repetition the events come in with here.
///
/// Per topic: absent -Join-> joining -on_joined-> joined -Leave-> absent; on_join_failed leads back to absent. What
/// comes for a topic that is absent is dropped: it was on its way when the session left.
class Session {
 public:
  /// `name` is this session's, the `from` of what it sends; `node` is the node's name.
  Session(SessionOptions options, std::string name, std::string node);

  /// A WebSocket text message. Anything may be in it.
  void on_text(std::string_view text, Output& out);

  // Answers to actions.
  void on_joined(const std::string& topic, const JoinOutcome& outcome, Output& out);
  void on_join_failed(const std::string& topic, const Error& error, Output& out);
  void on_send_result(std::uint64_t request, const Result<SendResult>& result, Output& out);
  /// The events after `Resync::after`, in order, at least one; if more are missing, the session asks again. Without
  /// any, it asks again when the next event comes.
  void on_resynced(const std::string& topic, std::string_view epoch, const std::vector<RenderedEvent>& events,
                   Output& out);

  // What happens on the topics. From `Join` on, in any order, with gaps and repeats.
  void on_event(const std::string& topic, std::string_view epoch, const RenderedEvent& event, Output& out);
  /// In answer to `Resync`, or unasked; an open `Resync` is answered by it. One of the same epoch that is older than
  /// what the client has is dropped.
  void on_reset(const std::string& topic, const Reset& reset, Output& out);
  /// Whether the document's owner can be reached; told to the client when it changes.
  void on_status(const std::string& topic, bool available, std::string_view reason, Output& out);
  /// This session itself may be named; it is left out.
  void on_presence(const std::string& topic, const PresenceChange& change, Output& out);
  /// `text` is of `render_signal`. Dropped if `from` is this session.
  void on_signal(const std::string& topic, std::string_view from, const Text& text, Output& out);

  /// The node stops: tells the client, takes no more joins and sends, and closes with 1012 when every send is answered.
  void on_drain(Output& out);
  /// The connection is gone: leaves every topic. Nothing comes out afterwards.
  void on_closed(Output& out);

  const std::string& name() const { return name_; }
  std::size_t topics() const { return topics_.size(); }
  std::size_t sends() const { return sends_.size(); }

 private:
  struct Pending {
    std::uint64_t id = 0;  ///< Of the client's `join`.
    std::optional<After> after;
  };
  struct Topic {
    std::optional<Pending> joining;  ///< Until the `join` is answered.
    TopicFeed feed;
    bool available = true;  ///< Whether the owner can be reached, and why not.
    std::string reason;
    bool told_available = true;  ///< What the client believes.
    bool read_only = false;      ///< It is locked, and the client has not shown its key.
  };

  template <class Request>
  void follow(Request& request, Output& out);
  void handle(JoinRequest& request, Output& out);
  void handle(SendRequest& request, Output& out);
  void handle(SignalRequest& request, Output& out);
  void handle(PresentRequest& request, Output& out);
  void handle(LeaveRequest& request, Output& out);
  void handle(PingRequest& request, Output& out);

  Topic* joined_topic(const std::string& topic);
  bool refused_unless_joined(const RequestHead& head, Output& out);
  bool refused_to_readers(const RequestHead& head, Output& out);
  bool refused_while_draining(const RequestHead& head, Output& out);
  void tell_joined(std::optional<std::uint64_t> id, const std::string& topic, const JoinOutcome& outcome, Output& out);
  void tell_status(const std::string& name, Topic& topic, Output& out);
  std::vector<PresenceEntry> others(const std::vector<PresenceEntry>& entries) const;
  void close(std::uint16_t code, std::string reason, Output& out);
  void close_if_drained(Output& out);

  enum class State : std::uint8_t { kOpen, kDraining, kClosed };

  SessionOptions options_;
  std::string name_;
  std::string node_;
  State state_ = State::kOpen;
  std::map<std::string, Topic> topics_;
  std::map<std::uint64_t, std::uint64_t> sends_;  ///< Request number to the client's id.
  std::uint64_t last_request_ = 0;
};

}  // namespace troupe::session
