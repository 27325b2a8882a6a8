#include "troupe/actor/actor.hpp"
#include "troupe/actor/shard.hpp"

// What comes from other nodes was taken at its sender, and is under way, by the time that its recipient's mailbox is
// full. So the senders are paused when it is half full, and what is still under way then finds room: it is bounded in
// bytes, not by the number of messages. A pause is renewed as long as it holds, since a connection that breaks may lose
// it, and so may one that breaks lose its end, for which the other side's patience is limited.
namespace troupe {

namespace {

constexpr Duration kRenewedEach = 1s;

}  // namespace

bool Shard::is_filled(const ActorCell& cell, std::size_t share) const {
  return cell.mailbox_messages > cell.mailbox_messages_max / share ||
         cell.remote_bytes > options_.mailbox_bytes_max / share;
}

void Shard::pause_sender(ActorCell& cell, const Address& sender) {
  if (sender.actor.is_nobody() || sender.node.same_node(options_.node)) return;
  const Address shard{sender.node, ActorId::at(sender.actor.shard(), 0, 1)};
  if (!cell.need_extras().paused.insert(shard).second) return;
  metrics_.counter("troupe_mailbox_pauses_total", "Times that a mailbox which fills paused a shard of another node")
      .add();
  send_pause(cell, shard, true);
  if (paused_.insert(cell.id).second && paused_.size() == 1) renew_pauses();
}

void Shard::send_pause(const ActorCell& cell, const Address& shard, bool is_on) {
  const std::string& name = cell.extras->name;
  EnvelopePtr envelope =
      Envelope::make(EnvelopeKind::kPause, Pause{cell.id, name.empty() ? ActorId() : ActorId::named(name), is_on});
  envelope->sender = address_of(cell);
  send(std::move(envelope), shard);
}

void Shard::resume_senders(ActorCell& cell) {
  for (const Address& shard : std::exchange(cell.extras->paused, {})) send_pause(cell, shard, false);
  paused_.erase(cell.id);
}

void Shard::renew_pauses() {
  timers_.add(due_in(kRenewedEach), [this] {
    for (const ActorId id : paused_) {
      const ActorCell* cell = find_cell(id);
      for (const Address& shard : cell->extras->paused) send_pause(*cell, shard, true);
    }
    if (!paused_.empty()) renew_pauses();
  });
}

void Shard::handle_pause(Envelope& envelope) {
  EncodedPayload* encoded = envelope.encoded();
  if (encoded == nullptr) return;
  if (const auto pause = wire::decode<Pause>(encoded->body)) host_.on_pause(envelope.sender.node, *pause);
}

}  // namespace troupe
