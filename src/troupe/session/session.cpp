#include "troupe/session/session.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "troupe/document/topic_name.hpp"
#include "troupe/session/json/utf8.hpp"
#include "troupe/session/lock/topic_lock.hpp"

namespace troupe::session {
namespace {

constexpr std::uint16_t kCloseNotUtf8 = 1007;
constexpr std::uint16_t kCloseTooLarge = 1009;
constexpr std::uint16_t kCloseRestart = 1012;

void reply(std::string text, Output& out) {
  out.push_back(Reply{std::make_shared<const std::string>(std::move(text))});
}

void refuse(std::optional<std::uint64_t> id, ProtocolError code, std::string_view message, Output& out) {
  reply(render_error(id, code, message), out);
}

// For a message: a topic that is not well formed is not repeated, since it may be as long as a message.
std::string named(const std::string& topic) { return document::check_topic(topic) ? topic : "this topic"; }

bool continues(const std::optional<After>& after, const JoinOutcome& outcome) {
  return after && after->epoch == outcome.epoch && after->seq <= outcome.seq;
}

}  // namespace

Session::Session(SessionOptions options, std::string name, std::string node)
    : options_(options), name_(std::move(name)), node_(std::move(node)) {}

void Session::on_text(std::string_view text, Output& out) {
  if (state_ == State::kClosed) return;
  if (text.size() > options_.message_bytes_max) return close(kCloseTooLarge, "message_too_large", out);
  auto message = parse_client_message(text, options_.data_bytes_max);
  if (message) return std::visit([&](auto& request) { follow(request, out); }, *message);
  if (!is_utf8(text)) return close(kCloseNotUtf8, "not_utf8", out);
  refuse(message.error().id, message.error().code, message.error().message, out);
}

template <class Request>
void Session::follow(Request& request, Output& out) {
  if constexpr (requires { request.head; }) {
    if (request.head.trace) out.push_back(FollowTrace{*request.head.trace});
  }
  handle(request, out);
}

void Session::handle(JoinRequest& request, Output& out) {
  const RequestHead& head = request.head;
  if (refused_while_draining(head, out)) return;
  if (const auto well_formed = document::check_topic(head.topic); !well_formed) {
    return refuse(head.id, ProtocolError::kUnknownTopic, well_formed.error().detail, out);
  }
  if (topics_.contains(head.topic)) {
    return refuse(
        head.id, ProtocolError::kAlreadyJoined,
        "this session has joined " + head.topic + " already, or is about to; leave it before joining it again", out);
  }
  if (topics_.size() >= options_.topics_max) {
    return refuse(head.id, ProtocolError::kTooManyTopics,
                  "this session has joined " + std::to_string(topics_.size()) + " topics, which is the most; leave one",
                  out);
  }
  topics_.emplace(head.topic, Topic{.joining = Pending{*head.id, request.after},
                                    .feed = TopicFeed(options_.hold),
                                    .read_only = !opens(head.topic, request.write_key)});
  out.push_back(Join{head.topic, std::move(request.after), std::move(request.present)});
}

void Session::handle(SendRequest& request, Output& out) {
  const RequestHead& head = request.head;
  if (refused_unless_joined(head, out) || refused_to_readers(head, out) || refused_while_draining(head, out)) return;
  if (sends_.size() >= options_.sends_max) {
    return refuse(head.id, ProtocolError::kBusy,
                  std::to_string(sends_.size()) +
                      " sends of this session are not yet answered, which is the most; "
                      "send again with the same key after the next ack",
                  out);
  }
  sends_.emplace(++last_request_, *head.id);
  out.push_back(Append{last_request_, head.topic, std::move(request.key), std::move(request.data)});
}

void Session::handle(SignalRequest& request, Output& out) {
  if (refused_unless_joined(request.head, out) || refused_to_readers(request.head, out)) return;
  out.push_back(Signal{std::move(request.head.topic), std::move(request.data)});
}

void Session::handle(PresentRequest& request, Output& out) {
  if (refused_unless_joined(request.head, out)) return;
  out.push_back(Present{std::move(request.head.topic), std::move(request.present)});
  reply(render_ack(*request.head.id, {}), out);
}

void Session::handle(LeaveRequest& request, Output& out) {
  if (refused_unless_joined(request.head, out)) return;
  topics_.erase(request.head.topic);
  out.push_back(Leave{std::move(request.head.topic)});
  reply(render_ack(*request.head.id, {}), out);
}

void Session::handle(PingRequest& request, Output& out) { reply(render_pong(request.id), out); }

void Session::on_joined(const std::string& topic, const JoinOutcome& outcome, Output& out) {
  const auto found = topics_.find(topic);
  if (state_ == State::kClosed || found == topics_.end() || !found->second.joining) return;
  Topic& entry = found->second;
  const Pending pending = *std::exchange(entry.joining, std::nullopt);
  if (!outcome.snapshot && !continues(pending.after, outcome)) {
    // Whoever answered has not read the question. The client can do no better than ask again.
    topics_.erase(found);
    out.push_back(Leave{topic});
    return refuse(pending.id, ProtocolError::kInternal, public_message(Error{}), out);
  }
  tell_joined(pending.id, topic, outcome, out);
  const std::uint64_t start = outcome.snapshot ? outcome.seq : pending.after->seq;
  const bool behind = entry.feed.start(outcome.epoch, start, outcome.seq, outcome.events, out);
  if (behind) out.push_back(Resync{topic, entry.feed.after()});
  tell_status(topic, entry, out);
}

void Session::on_join_failed(const std::string& topic, const Error& error, Output& out) {
  const auto found = topics_.find(topic);
  if (state_ == State::kClosed || found == topics_.end() || !found->second.joining) return;
  const std::uint64_t id = found->second.joining->id;
  topics_.erase(found);
  refuse(id, protocol_error(error.code), public_message(error), out);
}

void Session::on_send_result(std::uint64_t request, const Result<SendResult>& result, Output& out) {
  const auto found = sends_.find(request);
  if (state_ == State::kClosed || found == sends_.end()) return;
  const std::uint64_t id = found->second;
  sends_.erase(found);
  if (result) {
    reply(render_ack(id, result->seq), out);
  } else {
    refuse(id, protocol_error(result.error().code), public_message(result.error()), out);
  }
  close_if_drained(out);
}

void Session::on_resynced(const std::string& topic, std::string_view epoch, const std::vector<RenderedEvent>& events,
                          Output& out) {
  Topic* entry = joined_topic(topic);
  if (entry == nullptr) return;
  if (entry->feed.on_resynced(epoch, events, out)) out.push_back(Resync{topic, entry->feed.after()});
}

void Session::on_event(const std::string& topic, std::string_view epoch, const RenderedEvent& event, Output& out) {
  const auto found = topics_.find(topic);
  if (state_ == State::kClosed || found == topics_.end()) return;
  TopicFeed& feed = found->second.feed;
  if (feed.on_event(epoch, event, out)) out.push_back(Resync{topic, feed.after()});
}

void Session::on_reset(const std::string& topic, const Reset& reset, Output& out) {
  const auto found = topics_.find(topic);
  if (state_ == State::kClosed || found == topics_.end()) return;
  Topic& entry = found->second;
  // While the join is open the client has nothing to replace; but its answer may be older than this.
  if (entry.joining) return entry.feed.expect(reset.epoch, reset.seq);
  if (entry.feed.is_past(reset.epoch, reset.seq)) {
    // It answers an open question all the same, only with nothing; the next event asks again.
    if (entry.feed.on_resynced(reset.epoch, {}, out)) out.push_back(Resync{topic, entry.feed.after()});
    return;
  }
  tell_joined(
      {}, topic,
      {.epoch = reset.epoch, .seq = reset.seq, .snapshot = reset.snapshot, .events = {}, .present = reset.present},
      out);
  if (entry.feed.start(reset.epoch, reset.seq, reset.seq, {}, out)) out.push_back(Resync{topic, entry.feed.after()});
}

void Session::on_status(const std::string& topic, bool available, std::string_view reason, Output& out) {
  const auto found = topics_.find(topic);
  if (state_ == State::kClosed || found == topics_.end()) return;
  found->second.available = available;
  found->second.reason = reason;
  if (!found->second.joining) tell_status(topic, found->second, out);
}

void Session::on_presence(const std::string& topic, const PresenceChange& change, Output& out) {
  if (joined_topic(topic) == nullptr) return;
  PresenceChange seen{others(change.joined), change.left};
  std::erase(seen.left, name_);
  if (!seen.joined.empty() || !seen.left.empty()) reply(render_presence(topic, seen), out);
}

void Session::on_signal(const std::string& topic, std::string_view from, const Text& text, Output& out) {
  if (from != name_ && joined_topic(topic) != nullptr) out.push_back(Reply{text});
}

void Session::on_drain(Output& out) {
  if (state_ != State::kOpen) return;
  state_ = State::kDraining;
  reply(render_reconnect("draining"), out);
  close_if_drained(out);
}

void Session::on_closed(Output& out) {
  state_ = State::kClosed;
  for (const auto& [topic, entry] : topics_) out.push_back(Leave{topic});
  topics_.clear();
  sends_.clear();
}

Session::Topic* Session::joined_topic(const std::string& topic) {
  const auto found = topics_.find(topic);
  const bool joined = state_ != State::kClosed && found != topics_.end() && !found->second.joining;
  return joined ? &found->second : nullptr;
}

bool Session::refused_unless_joined(const RequestHead& head, Output& out) {
  if (joined_topic(head.topic) != nullptr) return false;
  refuse(head.id, ProtocolError::kNotJoined,
         "this session has not joined " + named(head.topic) + "; join it first, and wait for the answer", out);
  return true;
}

bool Session::refused_to_readers(const RequestHead& head, Output& out) {
  if (!joined_topic(head.topic)->read_only) return false;
  refuse(head.id, ProtocolError::kReadOnly,
         head.topic + " is locked: join it with its \"write_key\" to send and to signal", out);
  return true;
}

bool Session::refused_while_draining(const RequestHead& head, Output& out) {
  if (state_ != State::kDraining) return false;
  refuse(head.id, ProtocolError::kUnavailable, public_message({ErrorCode::kStopping, {}}), out);
  return true;
}

void Session::tell_joined(std::optional<std::uint64_t> id, const std::string& topic, const JoinOutcome& outcome,
                          Output& out) {
  JoinedMessage message{.id = id,
                        .topic = topic,
                        .epoch = outcome.epoch,
                        .seq = outcome.seq,
                        .snapshot = {},
                        .present = others(outcome.present),
                        .session = name_,
                        .node = node_,
                        .read_only = topics_.at(topic).read_only};
  if (outcome.snapshot) message.snapshot = outcome.snapshot->view();
  reply(render_joined(message), out);
}

void Session::tell_status(const std::string& name, Topic& topic, Output& out) {
  if (std::exchange(topic.told_available, topic.available) == topic.available) return;
  reply(render_status(name, topic.available, topic.reason), out);
}

// A client shows itself from what it knows itself.
std::vector<PresenceEntry> Session::others(const std::vector<PresenceEntry>& entries) const {
  std::vector<PresenceEntry> others;
  others.reserve(entries.size());
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(others),
               [&](const PresenceEntry& entry) { return entry.session != name_; });
  return others;
}

void Session::close(std::uint16_t code, std::string reason, Output& out) {
  state_ = State::kClosed;
  out.push_back(Close{code, std::move(reason)});
}

void Session::close_if_drained(Output& out) {
  if (state_ == State::kDraining && sends_.empty()) close(kCloseRestart, "draining", out);
}

}  // namespace troupe::session
