#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "troupe/base/hash.hpp"
#include "troupe/base/ids.hpp"

namespace troupe {

/// When a message of a causal label may be sent. Per sender and label, messages to one recipient follow each other
/// closely, in order; one to another recipient waits until all before it are settled: delivered, or certain never to be
/// (refused, cancelled, or their node is down).
///
/// So whatever is sent has all its causal past delivered already. Proof, by induction over the sendings of a label: the
/// past of a message m is what its sender sent before, which is settled or goes to the same recipient in order; and the
/// messages that its sender had received, which are delivered, each with its past, which was settled before it was
/// sent. Hence no clock travels with messages, and no recipient has to hold one back.
///
/// After F. Mattern and S. Fünfrocken, A Non-Blocking Lightweight Implementation of Causal Order Message Delivery, LNCS
/// 938, 1995. (Why not A. Schiper, J. Eggli and A. Sandoz, A New Algorithm to Implement Causal Ordering, WDAG 1989, as
/// Partisan has it: docs/decisions.)
///
/// Pure. The owner bounds how many wait, and for how long.
class CausalOrder {
 public:
  /// The messages of one sender with one label.
  struct Line {
    ActorId sender;
    std::uint64_t label = 0;
    friend bool operator==(const Line&, const Line&) = default;
  };

  /// True if it is to be sent now; else it waits, until one of the calls below gives it back.
  bool submit(const Line& line, std::uint64_t message, std::uint64_t recipient);
  /// A message that was sent is settled. Gives those that are to be sent now, in order.
  std::vector<std::uint64_t> settle(const Line& line);
  /// A message that waits is not to be sent any more.
  std::vector<std::uint64_t> withdraw(const Line& line, std::uint64_t message);

  std::size_t lines() const { return lines_.size(); }

 private:
  struct Waiting {
    std::uint64_t message = 0;
    std::uint64_t recipient = 0;
  };
  struct State {
    std::uint64_t recipient = 0;  ///< Of those under way.
    std::size_t under_way = 0;
    std::deque<Waiting> waiting;
  };
  struct Hash {
    std::size_t operator()(const Line& line) const noexcept { return combine(line.sender.raw(), line.label); }
  };
  using Lines = std::unordered_map<Line, State, Hash>;

  std::vector<std::uint64_t> advance(Lines::iterator line);

  Lines lines_;  ///< Those with messages under way.
};

}  // namespace troupe
