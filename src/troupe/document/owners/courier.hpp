#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "troupe/actor/answer.hpp"
#include "troupe/base/time.hpp"
#include "troupe/document/documents.hpp"

namespace troupe::document {

/// A node's appends to one document on their way to its owner: each once at a time, in order, whoever the owner is
/// meanwhile. When one comes back because the owner is another now, or was lost on the way, the courier waits until
/// all are back, and then brings them in their order to whoever is the owner by then. The keys of events make that
/// harmless. Pure; the caller sends, and has the clock.
class Courier {
 public:
  using Number = std::uint64_t;
  struct Errand {
    Number number = 0;
    Append request;
    std::string after_key;  ///< AppendAtOwner::after_key.
    Duration within{};      ///< It is too late for an answer then.
  };

  /// `reply` is called once: with the owner's answer, or `unavailable` when the time is over.
  void add(Append request, ReplyTo<Append::Reply> reply, TimePoint give_up_at);

  /// What is to be sent now; nothing while those that were sent before are awaited.
  std::vector<Errand> take(TimePoint now);

  /// What came of one.
  void on_answer(Number number, Result<Append::Reply> answer);

  /// All are back, and some have to go again: `try_again` when it is time.
  bool is_held() const { return is_held_ && sent_ == 0; }
  void try_again(TimePoint now);

  /// There is nobody to bring them to: all that are here are answered so.
  void refuse_all(const Error& error);

  std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {
    Number number = 0;
    Append request;
    ReplyTo<Append::Reply> reply;
    TimePoint give_up_at;
    bool is_sent = false;
  };

  std::deque<Waiting> waiting_;  ///< By number.
  Number next_number_ = 1;
  std::size_t sent_ = 0;
  bool is_held_ = false;
  std::string why_held_;
};

/// Whether a request that came to this end may be brought to the owner once more: it did not reach it, or not the right
/// one, or nobody knows.
bool may_go_again(const Error& error);

}  // namespace troupe::document
