#pragma once

#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "troupe/actor/context.hpp"
#include "troupe/cluster/membership.hpp"

namespace troupe::cluster {

/// News of members for those who listen. A listener whose mailbox or queue is full is told later: it may be slow, but
/// what it believes of the membership must become true. What waits for it is bounded by the lives of nodes that changed
/// meanwhile, since only the newest state of each counts.
class MemberNews {
 public:
  using Listener = Ref<MemberListener>;
  using Tell = std::function<SendOutcome(const Listener&, const MemberChanged&)>;

  explicit MemberNews(Tell tell) : tell_(std::move(tell)) {}

  /// False if it listens already.
  bool add(const Listener& listener) { return waiting_.try_emplace(listener).second; }
  void remove(const Listener& listener) { waiting_.erase(listener); }

  /// To all listeners.
  void announce(const MemberChanged& change);
  /// To one.
  void announce(const Listener& listener, const MemberChanged& change);

  /// Tells what waits. To be called now and then while something does.
  void catch_up();
  std::size_t waiting() const;

 private:
  using Waiting = std::deque<MemberChanged>;  ///< In order; one for each life of a node.

  void tell_or_keep(const Listener& listener, Waiting& waiting, const MemberChanged& change);

  Tell tell_;
  std::map<Listener, Waiting> waiting_;
};

}  // namespace troupe::cluster
