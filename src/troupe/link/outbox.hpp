#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/link/actions.hpp"

namespace troupe::link {

/// What waits to leave on a lane, shared out fairly between flows: a flow is a sender and a recipient (and a key), and
/// keeps its order. Small messages go first; a message above `chunk_bytes` goes in chunks, in turn with those of other
/// flows, so that none waits for the whole of another's.
///
/// Deficit round robin (Shreedhar and Varghese, SIGCOMM 1995) over the flows whose next message is small, and plain
/// round robin by chunk over those whose next message is large; of the two, the small ones are served first, up to
/// `small_bytes_max` for each chunk, so that neither starves.
///
/// Pure. The owner bounds it: nothing is refused here.
class Outbox {
 public:
  struct Options {
    std::size_t chunk_bytes = 64U << 10U;       ///< The largest piece of a message in one frame.
    std::size_t small_bytes_max = 256U << 10U;  ///< Of small messages between two chunks.
    std::size_t open_bytes_max = 64U << 20U;    ///< What the receiver has room for: the total of all messages of which
                                                ///< some chunks, and not all, are sent. One message always may be.
  };

  explicit Outbox(const Options& options) : options_(options) {}
  Outbox(Outbox&&) = default;
  Outbox& operator=(Outbox&&) = default;

  /// The payload of a message, in pieces that add up to `size`.
  void push(std::uint64_t flow, std::vector<Bytes> pieces, std::size_t size, bool may_drop = false);

  /// Drops the message that has waited longest, of those that may be dropped and are not begun. False if there is none.
  bool drop_oldest();

  /// Writes the next frame, and returns its size; 0 if nothing waits.
  std::size_t write_next(Actions& actions);

  bool empty() const { return messages_ == 0; }
  std::size_t bytes() const { return bytes_; }
  std::size_t messages() const { return messages_; }

 private:
  struct Message {
    std::vector<Bytes> pieces;
    std::size_t size = 0;
    std::size_t sent = 0;      ///< Of a large one.
    std::uint32_t stream = 0;  ///< Of a large one, once its first chunk is sent.
    std::uint64_t number = 0;  ///< In the order of `push`.
  };
  struct Flow {
    std::uint64_t key = 0;
    std::deque<Message> waiting;
    std::size_t deficit = 0;
  };

  void line_up(Flow& flow);
  bool open_next();
  std::size_t write_small(Actions& actions);
  std::size_t write_chunk(Actions& actions);
  void finish_message(Flow& flow);
  bool drop(std::uint64_t flow, std::uint64_t number);
  void forget_sent();

  Options options_;
  std::unordered_map<std::uint64_t, Flow> flows_;  ///< Those with something waiting.
  std::deque<Flow*> small_;                        ///< Whose next message is small. A flow is in one of these three.
  std::deque<Flow*> large_;                        ///< Whose next message is large, and not begun.
  std::deque<Flow*> open_;                         ///< Whose next message is large, and begun.
  std::deque<std::pair<std::uint64_t, std::uint64_t>> droppable_;  ///< Number and flow; some are sent meanwhile.
  std::uint64_t last_number_ = 0;
  std::size_t open_bytes_ = 0;
  std::size_t small_since_chunk_ = 0;
  std::uint32_t last_stream_ = 0;
  std::size_t bytes_ = 0;
  std::size_t messages_ = 0;
};

}  // namespace troupe::link
