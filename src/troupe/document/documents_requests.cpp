// Requests of a node's clients on their way to the owners of documents.

#include <utility>

#include "troupe/document/documents_actor.hpp"
#include "troupe/overlay/backoff.hpp"

namespace troupe::document {

namespace {

/// To the next attempt, if no news of the placement comes first. There is no limit to attempts but the time that the
/// request has.
constexpr overlay::Backoff kBackoff{.initial = 20ms, .max = 250ms};

/// Where documents do not move, nobody waits for an owner that is away.
bool may_wait(const Error& no_owner) { return no_owner.code == ErrorCode::kNotOwner; }

}  // namespace

void DocumentsActor::on(Append&& request, ReplyTo<Append::Reply> reply) {
  if (const auto fine = check(request.topic); !fine) return reply(fine.error());
  const std::string topic = request.topic;
  Courier& courier = journeys_.try_emplace(topic).first->second.courier;
  if (courier.size() >= options_.waiting_max) {
    return reply(Error{ErrorCode::kQueueFull, "too many events of this document wait for its owner"});
  }
  courier.add(std::move(request), std::move(reply), context().now() + options_.append_timeout);
  send_appends(topic);
}

void DocumentsActor::send_appends(const std::string& topic) {
  const auto found = journeys_.find(topic);
  if (found == journeys_.end()) return;
  Courier& courier = found->second.courier;
  const Result<Ref<DocumentsActor>> owner = owner_node(topic);
  if (!owner && !may_wait(owner.error())) courier.refuse_all({ErrorCode::kUnavailable, owner.error().detail});
  for (Courier::Errand& errand : courier.take(context().now())) {
    if (!owner) {
      courier.on_answer(errand.number, std::unexpected(owner.error()));
      continue;
    }
    context().ask(*owner, AppendAtOwner{std::move(errand.request), std::move(errand.after_key)}, errand.within,
                  [this, topic, number = errand.number](Result<Append::Reply> answer) {
                    on_append_answer(topic, number, std::move(answer));
                  });
  }
  look_after(topic);
}

void DocumentsActor::on_append_answer(const std::string& topic, Courier::Number number, Result<Append::Reply> answer) {
  const auto found = journeys_.find(topic);
  if (found == journeys_.end()) return;
  if (answer) found->second.attempts = 0;
  found->second.courier.on_answer(number, std::move(answer));
  look_after(topic);
}

/// Ends the journey, or sees to it that it goes on.
void DocumentsActor::look_after(const std::string& topic) {
  const auto found = journeys_.find(topic);
  if (found == journeys_.end()) return;
  Journey& journey = found->second;
  if (journey.courier.size() == 0) {
    context().cancel(journey.retry);
    journeys_.erase(found);
  } else if (journey.courier.is_held() && !journey.retry) {
    journey.retry = context().after(kBackoff.wait(journey.attempts++, context().random()),
                                    [this, topic] { try_appends_again(topic); });
  }
}

void DocumentsActor::try_appends_again(const std::string& topic) {
  const auto found = journeys_.find(topic);
  if (found == journeys_.end()) return;
  context().cancel(std::exchange(found->second.retry, TimerId{}));
  if (!found->second.courier.is_held()) return;
  found->second.courier.try_again(context().now());
  sent_again_.add(found->second.courier.size());
  send_appends(topic);
}

/// Reads need no order: each goes by itself.
struct DocumentsActor::ReadJourney {
  Read request;
  ReplyTo<Read::Reply> reply;
  TimePoint give_up_at;
  unsigned attempts = 0;
};

void DocumentsActor::on(Read&& request, ReplyTo<Read::Reply> reply) {
  if (const auto fine = check(request.topic); !fine) return reply(fine.error());
  if (reads_ >= options_.waiting_max) return reply(Error{ErrorCode::kQueueFull, "too many reads wait"});
  ++reads_;
  send_read(std::make_shared<ReadJourney>(
      ReadJourney{std::move(request), std::move(reply), context().now() + options_.append_timeout}));
}

void DocumentsActor::send_read(std::shared_ptr<ReadJourney> journey) {
  const auto end = [this, journey](Result<Read::Reply> answer) {
    --reads_;
    if (!answer && (may_go_again(answer.error()) || answer.error().code == ErrorCode::kTimeout))
      answer = fail(ErrorCode::kUnavailable, "the document's owner: " + answer.error().to_string());
    journey->reply(std::move(answer));
  };
  const auto on_answer = [this, journey, end](Result<Read::Reply> answer) {
    const Duration wait = kBackoff.wait(journey->attempts++, context().random());
    const bool goes_again = !answer && may_go_again(answer.error()) && context().now() + wait < journey->give_up_at;
    if (!goes_again) return end(std::move(answer));
    context().after(wait, [this, journey] { send_read(journey); });
  };
  const Result<Ref<DocumentsActor>> owner = owner_node(journey->request.topic);
  if (!owner)
    return may_wait(owner.error()) ? on_answer(std::unexpected(owner.error())) : end(std::unexpected(owner.error()));
  context().ask(*owner, ReadAtOwner{journey->request}, std::max(journey->give_up_at - context().now(), Duration(1)),
                on_answer);
}

}  // namespace troupe::document
