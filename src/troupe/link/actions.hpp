#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/wire/frame.hpp"
#include "troupe/wire/writer.hpp"

namespace troupe::link {

/// The end of a link: nothing comes after it.
struct Closed {
  Error error;             ///< Why, for the log; names the cause, and the remedy where there is one.
  bool peer_left = false;  ///< The peer said goodbye: it left on purpose and has not failed.
};

/// What a link wants done. The owner keeps one of these, hands it to the link's calls, and takes in this order:
///
///  1. `established`: the peer is known and authentic.
///  2. `received`: messages, in order.
///  3. `writes()`: bytes for the socket, in order, also those that the handling of 1 and 2 has added.
///  4. `closed`: write what is left, shut down the sending side, and read and discard until the peer closes too or a
///  second has passed.
///     To close with unread input would make TCP reset the connection, and the peer could lose the last frame, which
///     tells it why.
///
/// Sending appends writes and nothing else, so the owner may send while it goes through `received`.
class Actions {
 public:
  bool established = false;
  bool heard = false;  ///< A heartbeat came: the owner takes it as it comes, and sets it back.
  std::vector<Bytes> received;
  std::optional<Closed> closed;

  /// Bytes for the socket, in order. The owner takes them out (move the elements, or swap the vector); small frames
  /// written after this call are joined anew.
  std::vector<Bytes>& writes();

  bool empty() const { return !established && received.empty() && !closed && writes_.empty() && joined_.size() == 0; }
  void clear();

  /// A frame whose payload is what `payload` writes. Frames share a buffer as long as it is small; what is shared in
  /// them is not copied. Returns the frame's size.
  std::size_t write_frame(wire::FrameType type, wire::Encoder payload);
  std::size_t write_frame(wire::FrameType type, const Bytes& payload) {
    return write_frame(type, [&](wire::Writer& writer) { writer.raw(payload); });
  }

  /// Takes out the last frame, written just now from `before` on, without its header.
  std::vector<Bytes> take_payload(const wire::Writer::Mark& before);
  /// The place of the next frame, for `take_payload` and `drop_since`. A frame written from here on does not move.
  wire::Writer::Mark mark();
  void drop_since(const wire::Writer::Mark& before) { joined_.cut(before); }

 private:
  static constexpr std::size_t kJoinedBytesMin = 512;
  static constexpr std::size_t kJoinedBytesMax = 64 * 1024;

  void seal();

  std::vector<Bytes> writes_;
  wire::Writer joined_{0};                       ///< Frames after the last of `writes_`.
  std::size_t joined_before_ = kJoinedBytesMin;  ///< The size of the last buffer: the next one may become as large.
};

}  // namespace troupe::link
