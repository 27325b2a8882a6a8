#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>
#include <vector>

#include "troupe/actor/answer.hpp"
#include "troupe/actor/envelope.hpp"
#include "troupe/actor/signal.hpp"
#include "troupe/actor/spawn_options.hpp"
#include "troupe/actor/timer_queue.hpp"

namespace troupe {

class ActorBase;
class Shard;
struct ActorCell;

enum class DispatchOutcome : std::uint8_t { kHandled, kNotHandled, kCorrupt };

/// What the shard must know of an actor's class.
struct ActorType {
  std::string_view name;
  DispatchOutcome (*dispatch)(ActorBase& actor, Shard& shard, Envelope& envelope);
  std::string_view (*message_name)(std::uint64_t tag);
};

using ActorFactory = std::move_only_function<std::unique_ptr<ActorBase>()>;

/// How an actor is restarted. Only actors with a rule other than "stop" have one.
struct Supervisor {
  Supervision rule;
  ActorFactory factory;            ///< Null unless the rule can restart.
  std::deque<TimePoint> restarts;  ///< Within the last `restarts_within`; at most `restarts_max`.
};

/// Who wants to know when this actor ends. Ordered by watcher.
struct Watcher {
  Address watcher;
  Address target;        ///< This actor, as the watcher named it.
  bool is_link = false;  ///< The watcher linked itself to this actor: the link's other half is in its `links`, and each
                         ///< end tells the other.
  friend auto operator<=>(const Watcher&, const Watcher&) = default;
};

/// Who wants to know what may have been lost on its way to an actor of another node.
struct LossWatch {
  Via via;
  LossCallback callback;
};

/// What most actors do not have, so that an idle one stays small.
struct ActorExtras {
  std::string name;
  std::set<Watcher> watchers;
  std::map<Address, DownCallback> monitors;  ///< Whom this actor watches.
  std::map<Address, std::shared_ptr<LossWatch>> loss_watches;
  std::set<Address> paused;  ///< Shards of other nodes that were paused for this actor, and not resumed.
  std::set<Address> links;   ///< To whom this actor linked itself.
  ExitCallback on_exit;
  bool on_exit_changed = false;              ///< While on_exit runs: it set another, or none.
  bool linked_end = false;                   ///< End with reason kLinked when the turn is over.
  std::unordered_set<std::uint64_t> timers;  ///< Raw TimerIds, to be cancelled with the actor.
  std::unique_ptr<Supervisor> supervisor;
  std::string pending_failure;          ///< Of a child that escalated while this actor executed.
  std::unique_ptr<TraceContext> trace;  ///< It was spawned in this trace, and has not started yet.
};

enum class ActorState : std::uint8_t {
  kLive,
  kRestarting,  ///< Waits for its pause to end; the mailbox fills meanwhile.
  kEnded,       ///< Out of its slot; waits only to leave the run queue.
};

/// A question, or a completion, whose answer has not come. Linked into a list of its asker's, so that it goes when the
/// asker goes.
struct PendingAsk {
  std::uint64_t correlation = 0;
  ActorCell* asker = nullptr;  ///< Null: not an actor.
  NodeId to;
  TimerId deadline;
  AnswerCallback callback;
  std::unique_ptr<TraceContext> trace;  ///< That it was asked in; mostly none.
  PendingAsk* next = nullptr;
  PendingAsk* previous = nullptr;
};

/// The shard's record of one actor: its place, mailbox, family and object.
struct ActorCell {
  ActorId id;
  const ActorType* type = nullptr;
  std::unique_ptr<ActorBase> actor;
  EnvelopeQueue mailbox;
  std::uint32_t mailbox_messages = 0;  ///< Those that count towards the bound.
  std::uint32_t mailbox_messages_max = 0;
  std::size_t remote_bytes = 0;  ///< Of the messages in the mailbox that came from other nodes.
  std::uint32_t instance = 0;    ///< Grows at each restart.
  ActorState state = ActorState::kLive;
  bool started = false;
  bool ready = false;           ///< In the run queue.
  bool executing = false;       ///< A handler or callback of it is on the stack.
  bool stop_requested = false;  ///< End it when its turn is over.
  bool stop_queued = false;     ///< A kStop is in the mailbox; more of them would say nothing new.
  ActorCell* next_ready = nullptr;
  ActorCell* parent = nullptr;
  ActorCell* first_child = nullptr;
  ActorCell* next_sibling = nullptr;
  ActorCell* previous_sibling = nullptr;
  PendingAsk* first_ask = nullptr;
  std::unique_ptr<ActorExtras> extras;

  ActorExtras& need_extras() {
    if (!extras) extras = std::make_unique<ActorExtras>();
    return *extras;
  }
};

}  // namespace troupe
