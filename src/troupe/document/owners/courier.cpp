#include "troupe/document/owners/courier.hpp"

#include <algorithm>
#include <utility>

#include "troupe/actor/actor.hpp"

namespace troupe::document {

bool may_go_again(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotOwner:
    case ErrorCode::kUnreachable:
    case ErrorCode::kNoSuchActor:
    case ErrorCode::kCancelled: return true;
    default: return false;
  }
}

void Courier::add(Append request, ReplyTo<Append::Reply> reply, TimePoint give_up_at) {
  waiting_.push_back({next_number_++, std::move(request), std::move(reply), give_up_at, false});
}

std::vector<Courier::Errand> Courier::take(TimePoint now) {
  std::vector<Errand> errands;
  if (is_held_) return errands;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    Waiting& each = waiting_[i];
    if (each.is_sent) continue;
    each.is_sent = true;
    ++sent_;
    errands.push_back({each.number, each.request, i == 0 ? std::string() : waiting_[i - 1].request.key,
                       std::max(each.give_up_at - now, Duration(1))});
  }
  return errands;
}

void Courier::on_answer(Number number, Result<Append::Reply> answer) {
  const auto found = std::ranges::lower_bound(waiting_, number, {}, &Waiting::number);
  if (found == waiting_.end() || found->number != number || !found->is_sent) return;
  --sent_;
  if (!answer && may_go_again(answer.error())) {
    found->is_sent = false;
    is_held_ = true;
    why_held_ = answer.error().to_string();
    return;
  }
  if (!answer && answer.error().code == ErrorCode::kTimeout)
    answer = fail(ErrorCode::kUnavailable, "the owner of the document did not answer in time");
  ReplyTo<Append::Reply> reply = std::move(found->reply);
  waiting_.erase(found);
  reply(std::move(answer));
}

void Courier::try_again(TimePoint now) {
  is_held_ = false;
  std::vector<ReplyTo<Append::Reply>> late;
  for (Waiting& each : waiting_) {
    if (each.give_up_at <= now) late.push_back(std::move(each.reply));
  }
  std::erase_if(waiting_, [now](const Waiting& each) { return each.give_up_at <= now; });
  for (auto& reply : late)
    reply(Error{ErrorCode::kUnavailable, "the document's owner could not be reached in time: " + why_held_});
}

void Courier::refuse_all(const Error& error) {
  is_held_ = false;
  std::deque<Waiting> refused;
  for (Waiting& each : waiting_) {
    if (!each.is_sent) refused.push_back(std::move(each));
  }
  std::erase_if(waiting_, [](const Waiting& each) { return !each.is_sent; });
  for (Waiting& each : refused) each.reply(error);
}

}  // namespace troupe::document
