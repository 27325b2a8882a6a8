#include "troupe/session/session_actor.hpp"

#include <utility>

namespace troupe::session {

namespace {

/// After it, a client that had too much waiting for it may have read that.
constexpr Duration kBackedUpPause = 20ms;

}  // namespace

SessionActor::SessionActor(SessionOptions options, SessionTimes times, std::string name, std::string node,
                           ClientSocket& socket, RenderCache& cache)
    : times_(times), session_(options, std::move(name), std::move(node)), socket_(socket), cache_(cache) {}

// What comes in.

void SessionActor::on(const ClientText& message) {
  session_.on_text(message.text, output_);
  sample_trace();
  carry_out();
  socket_.handled(message.text.size());
}

// Topics, presence and documents watch this actor: its end is enough for them.
void SessionActor::on(const ClientGone&) { context().stop(); }

void SessionActor::on(const Drain&) {
  session_.on_drain(output_);
  carry_out();
}

void SessionActor::on(const document::DocumentEvents& message) {
  const document::EventBatch& batch = *message.batch;
  const RenderCache::Events events = cache_.events(message.batch);
  for (const RenderedEvent& event : *events) session_.on_event(batch.topic, batch.epoch, event, output_);
  carry_out();
}

void SessionActor::on(const document::DocumentReset& message) {
  session_.on_reset(message.topic,
                    {message.position.epoch, message.position.seq, message.snapshot, presence_of(message.topic)},
                    output_);
  carry_out();
}

void SessionActor::on(const document::DocumentStatus& message) {
  session_.on_status(message.topic, message.available, message.reason, output_);
  carry_out();
}

void SessionActor::on(const pubsub::PresenceChanged& message) {
  const auto found = topics_.find(message.topic);
  if (found == topics_.end()) return;
  PresenceChange change{{}, message.left};
  for (const pubsub::PresenceEntry& entry : message.joined) {
    found->second[entry.who] = entry.shown;
    change.joined.push_back({entry.who, entry.shown});
  }
  for (const std::string& who : message.left) found->second.erase(who);
  session_.on_presence(message.topic, change, output_);
  carry_out();
}

void SessionActor::on(const pubsub::Published& message) {
  const std::string topic = message.topic.substr(signal_topic("").size());
  if (const auto signal = cache_.signal(topic, message.payload)) {
    session_.on_signal(topic, signal->from, signal->text, output_);
    carry_out();
  }
}

// What the session wants done. An action may make the session speak again, so the output is taken first.

void SessionActor::carry_out() {
  while (!output_.empty()) {
    for (const Action& action : std::exchange(output_, {})) {
      std::visit([this](const auto& each) { carry_out(each); }, action);
    }
  }
}

/// A request for more than an answer, which brings no trace, begins one as often as the node's options say.
void SessionActor::sample_trace() {
  if (output_.empty() || std::holds_alternative<Reply>(output_[0]) || std::holds_alternative<FollowTrace>(output_[0]))
    return;
  if (context().shard().trace().is_sampled()) context().begin_trace();
}

void SessionActor::carry_out(const FollowTrace& action) {
  if (context().shard().trace().follows_clients()) context().join_trace(action.context);
}

void SessionActor::carry_out(const Reply& action) { socket_.send(action.text); }

void SessionActor::carry_out(const Close& action) { socket_.close(action.code, action.reason); }

void SessionActor::carry_out(const Join& action) {
  topics_.try_emplace(action.topic);
  document::Open open{action.topic, std::nullopt, self()};
  if (action.after) open.after = document::Position{action.after->epoch, action.after->seq};
  context().ask(document::documents_for(here(), action.topic), std::move(open), times_.join_timeout,
                [this, action](Result<document::Open::Reply> opened) { on_opened(action, std::move(opened)); });
}

void SessionActor::on_opened(const Join& join, Result<document::Open::Reply> opened) {
  if (!topics_.contains(join.topic)) return;
  if (!opened) {
    topics_.erase(join.topic);
    session_.on_join_failed(join.topic, opened.error(), output_);
    return carry_out();
  }
  const std::string signals = signal_topic(join.topic);
  context().ask(pubsub::topics_for(here(), signals), pubsub::Subscribe{signals, self()}, times_.join_timeout,
                [](const Result<Done>&) {});
  context().ask(
      pubsub::presence_for(here(), join.topic), pubsub::WatchPresence{join.topic, self()}, times_.join_timeout,
      [this, join, opened = std::move(*opened)](Result<std::vector<pubsub::PresenceEntry>> present) {
        const auto topic = topics_.find(join.topic);
        if (topic == topics_.end()) return;
        if (present) {
          for (const pubsub::PresenceEntry& entry : *present) topic->second[entry.who] = entry.shown;
        }
        JoinOutcome outcome{opened.position.epoch, opened.position.seq, opened.snapshot, {}, presence_of(join.topic)};
        if (opened.events) outcome.events = *cache_.events(opened.events);
        session_.on_joined(join.topic, outcome, output_);
        if (join.present) show(join.topic, *join.present);
        carry_out();
      });
}

void SessionActor::carry_out(const Append& action) {
  context().ask(document::documents_for(here(), action.topic),
                document::Append{action.topic, action.key, session_.name(), action.data}, times_.send_timeout,
                [this, request = action.request](Result<document::Append::Reply> reply) {
                  session_.on_send_result(
                      request, reply ? Result<SendResult>(SendResult{reply->seq}) : std::unexpected(reply.error()),
                      output_);
                  carry_out();
                });
}

void SessionActor::carry_out(const Signal& action) {
  const std::string topic = signal_topic(action.topic);
  context().tell(pubsub::topics_for(here(), topic),
                 pubsub::Publish{topic, wire::encode(SignalPayload{session_.name(), action.data})});
}

void SessionActor::carry_out(const Present& action) {
  if (action.present) return show(action.topic, *action.present);
  context().tell(pubsub::presence_for(here(), action.topic), pubsub::Hide{action.topic, self()});
}

void SessionActor::show(const std::string& topic, const Bytes& present) {
  context().tell(pubsub::presence_for(here(), topic), pubsub::Show{topic, {session_.name(), present}, self()});
}

void SessionActor::carry_out(const Leave& action) {
  const std::string signals = signal_topic(action.topic);
  topics_.erase(action.topic);
  context().tell(document::documents_for(here(), action.topic), document::Close{action.topic, self()});
  context().tell(pubsub::topics_for(here(), signals), pubsub::Unsubscribe{signals, self()});
  context().tell(pubsub::presence_for(here(), action.topic), pubsub::UnwatchPresence{action.topic, self()});
}

void SessionActor::carry_out(const Resync& action) {
  if (socket_.is_backed_up()) {
    context().after(kBackedUpPause, [this, action] {
      if (topics_.contains(action.topic)) carry_out(action);
    });
    return;
  }
  context().ask(document::documents_for(here(), action.topic),
                document::CatchUp{action.topic, {action.after.epoch, action.after.seq}}, times_.join_timeout,
                [this, action](Result<document::Open::Reply> reply) { on_caught_up(action, std::move(reply)); });
}

void SessionActor::on_caught_up(const Resync& resync, Result<document::Open::Reply> reply) {
  if (!topics_.contains(resync.topic)) return;
  if (!reply) {
    context().after(times_.retry_pause, [this, resync] {
      if (topics_.contains(resync.topic)) carry_out(resync);
    });
    return;
  }
  if (reply->snapshot) {
    session_.on_reset(resync.topic,
                      {reply->position.epoch, reply->position.seq, *reply->snapshot, presence_of(resync.topic)},
                      output_);
  } else {
    std::vector<RenderedEvent> events;
    if (reply->events) events = *cache_.events(reply->events);
    session_.on_resynced(resync.topic, reply->position.epoch, events, output_);
  }
  carry_out();
}

std::vector<PresenceEntry> SessionActor::presence_of(const std::string& topic) const {
  std::vector<PresenceEntry> entries;
  if (const auto found = topics_.find(topic); found != topics_.end()) {
    for (const auto& [who, shown] : found->second) entries.push_back({who, shown});
  }
  return entries;
}

}  // namespace troupe::session
