#include "troupe/actor/delivery/deliveries.hpp"

#include <string>
#include <utility>

#include "troupe/actor/shard.hpp"

namespace troupe {

namespace {

Counter& outcome_counter(Metrics& metrics, const char* outcome) {
  return metrics.counter("troupe_deliveries_total", "Messages sent by Context::deliver, by what became of them",
                         {{"outcome", outcome}});
}

}  // namespace

Deliveries::Deliveries(Shard& shard, std::size_t messages_max, Metrics& metrics)
    : shard_(shard),
      messages_max_(messages_max),
      placements_(shard),
      delivered_(outcome_counter(metrics, "delivered")),
      refused_(outcome_counter(metrics, "refused")),
      unknown_(outcome_counter(metrics, "unknown")),
      causal_waits_(metrics.counter("troupe_causal_waits_total",
                                    "Messages of a causal label that waited for one before them to be settled")),
      causal_overdue_(metrics.counter("troupe_causal_overdue_total",
                                      "Messages of a causal label refused because one before them was not settled")),
      size_(metrics.gauge("troupe_deliveries_open", "Messages sent by Context::deliver that are not settled",
                          {{"shard", std::to_string(shard.index())}})) {}

void Deliveries::start(const Request& request, EnvelopePtr envelope) {
  const bool is_full = open_.size() >= messages_max_;
  const std::uint64_t id = ++last_id_;
  Open& open = open_[id];
  open.request = request;
  size_.add(1);
  if (is_full) {
    open.request.causal = CausalLabel();  // Nothing waits for it.
    finish(id, Delivery::refused({ErrorCode::kQueueFull, "too many messages have no outcome yet (deliveries_max)"}));
    return forget(id);
  }
  if (!request.causal.is_none() &&
      !order_.submit(line_of(request), id, combine(request.to.node.name, request.to.actor.raw()))) {
    return wait(id, open, std::move(envelope));
  }
  send(id, std::move(envelope));
}

void Deliveries::wait(std::uint64_t id, Open& open, EnvelopePtr envelope) {
  causal_waits_.add();
  open.waiting = std::make_unique<Waiting>();
  open.waiting->envelope = std::move(envelope);
  open.waiting->timer = shard_.after(open.request.deadline - shard_.now(), [this, id] { on_overdue(id); });
}

void Deliveries::on_overdue(std::uint64_t id) {
  causal_overdue_.add();
  Open& open = open_.at(id);
  open.waiting.reset();
  const CausalOrder::Line line = line_of(open.request);
  open.request.causal = CausalLabel();
  finish(id, Delivery::refused({ErrorCode::kTimeout, "an earlier message of its causal label was not settled"}));
  forget(id);
  release(order_.withdraw(line, id));
}

/// Messages that stay in order, and have one recipient.
std::uint64_t Deliveries::flow_of(const Request& request, const Envelope& envelope) const {
  const bool by_key = envelope.key != 0 && request.causal.is_none();
  const std::uint64_t from = by_key ? envelope.key : combine(request.sender.raw(), request.causal.hash());
  return combine(combine(from, request.to.actor.raw()), combine(request.to.node.name, shard_.index()));
}

void Deliveries::send(std::uint64_t id, EnvelopePtr envelope) {
  const Open& open = open_.at(id);
  const Request& request = open.request;
  envelope->sender = {shard_.node(), request.sender};
  envelope->recipient = request.to.actor;
  if (request.to.actor.is_nobody()) {
    finish(id, Delivery::refused({ErrorCode::kNoSuchActor, "the ref is empty"}));
    return forget(id);
  }
  if (request.to.node.same_node(shard_.node())) return send_here(id, open, std::move(envelope));
  if (remote_ != nullptr) {
    const RemoteDeliveries::Request remote{.id = id,
                                           .node = request.to.node,
                                           .flow = flow_of(request, *envelope),
                                           .deadline = request.deadline,
                                           .insist = !request.causal.is_none()};
    return remote_->send(remote, std::move(envelope));
  }
  finish(id, Delivery::refused({ErrorCode::kUnreachable, "this node is alone"}));
  forget(id);
}

void Deliveries::send_here(std::uint64_t id, const Open& open, EnvelopePtr envelope) {
  const NodeId& node = open.request.to.node;
  if (!shard_.is_here(node)) {
    finish(id, Delivery::refused({ErrorCode::kNoSuchActor, "the actor lived before this node was restarted"}));
    return forget(id);
  }
  const std::uint64_t flow = flow_of(open.request, *envelope);
  placements_.place(flow, std::move(envelope), open.request.deadline, [this, id](Result<void> placed) {
    finish(id, placed ? Delivery::delivered() : Delivery::refused(std::move(placed.error())));
    forget(id);
  });
}

void Deliveries::finish(std::uint64_t id, Delivery delivery) {
  const auto found = open_.find(id);
  if (found == open_.end() || std::exchange(found->second.told, true)) return;
  switch (delivery.outcome) {
    case Delivery::Outcome::kDelivered: delivered_.add(); break;
    case Delivery::Outcome::kRefused: refused_.add(); break;
    case Delivery::Outcome::kUnknown: unknown_.add(); break;
  }
  const Request& request = found->second.request;
  if (request.correlation == 0) return;
  EnvelopePtr answer = Envelope::make(EnvelopeKind::kReply, std::move(delivery), local_payload_type<Delivery>);
  answer->correlation = request.correlation;
  shard_.send(std::move(answer), {shard_.node(), request.sender});
}

void Deliveries::forget(std::uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  const Request request = found->second.request;
  open_.erase(found);
  size_.add(-1);
  if (!request.causal.is_none()) release(order_.settle(line_of(request)));
}

/// A message that is sent may be settled at once, and release others: they are sent in a loop, not one within another.
void Deliveries::release(const std::vector<std::uint64_t>& messages) {
  released_.insert(released_.end(), messages.begin(), messages.end());
  if (releasing_) return;
  releasing_ = true;
  while (!released_.empty()) {
    const std::uint64_t id = released_.front();
    released_.pop_front();
    const std::unique_ptr<Waiting> waiting = std::move(open_.at(id).waiting);
    shard_.cancel(waiting->timer);
    send(id, std::move(waiting->envelope));
  }
  releasing_ = false;
}

}  // namespace troupe
