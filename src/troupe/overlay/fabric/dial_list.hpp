#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/base/ids.hpp"
#include "troupe/base/random.hpp"
#include "troupe/base/time.hpp"
#include "troupe/overlay/backoff.hpp"

namespace troupe::overlay {

/// The addresses that a node wants to be linked with, and when to dial each of them next. Pure, and shared by the
/// overlays: the list knows waits, dials in flight and expiry; whether a link is still wanted is the overlay's to say,
/// when a dial falls due.
class DialList {
 public:
  /// What is known of an address.
  struct Target {
    NodeId node;                      ///< Who is thought to be there; all zero: nobody knows yet.
    std::optional<TimePoint> expiry;  ///< Empty for configured addresses, which are tried for ever.
    TimePoint due;
    unsigned failures = 0;
    bool in_flight = false;                     ///< Dialed, and not answered.
    TimePoint sought_until = TimePoint::min();  ///< `seek`
  };

  /// `learned_max` bounds the addresses beside the configured ones.
  DialList(Backoff backoff, std::size_t learned_max) : backoff_(backoff), learned_max_(learned_max) {}

  /// An address from the configuration: tried for ever.
  void configure(const std::string& address, TimePoint now);

  /// An address where `node` is said to be, to be tried from `due` to `expiry`. If it is listed already, it keeps the
  /// later expiry, and its schedule unless another node or a newer incarnation is there now. False when the list is
  /// full.
  bool learn(const std::string& address, NodeId node, TimePoint due, TimePoint expiry);

  /// As `learn`, of a node that was lost: whatever came of earlier dials says nothing about this one, so a listed
  /// address does not wait any longer than until `due`. But only once for each search: who is asked for the same node
  /// many times does not dial more often.
  bool seek(const std::string& address, NodeId node, TimePoint due, TimePoint expiry);

  /// A listed address is due at once, unless its dial is in flight.
  void hurry(const std::string& address, TimePoint now);

  /// A dial was answered by `node`. The address stays listed, and is looked at again after the longest wait.
  void succeeded(const std::string& address, NodeId node, TimePoint now);

  /// A dial failed, or led to a node that we refuse.
  void failed(const std::string& address, TimePoint now, Random& random);

  /// Forgets an address, also a configured one: it turned out to be our own.
  void drop(const std::string& address);

  /// A configured address is none any more. A dial that is in flight goes on; a search for the node, if there is one,
  /// ends.
  void release(const std::string& address);

  /// Drops what was learned about this node, in this incarnation and older ones; configured addresses stay.
  void drop_learned(NodeId node);

  void clear() { targets_.clear(); }

  /// The addresses to dial now; they count as in flight. An address that is due but for which `wanted` says no is
  /// forgotten if it was learned, and looked at again after the longest wait if it was configured.
  std::vector<std::string> take_due(TimePoint now,
                                    const std::function<bool(const std::string&, const Target&)>& wanted);

  /// When `take_due` may have something; empty if never.
  std::optional<TimePoint> next_due() const;

  std::size_t size() const { return targets_.size(); }

 private:
  Backoff backoff_;
  std::size_t learned_max_;
  std::size_t configured_ = 0;
  std::map<std::string, Target> targets_;
};

}  // namespace troupe::overlay
