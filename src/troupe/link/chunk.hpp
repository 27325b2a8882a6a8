#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"
#include "troupe/link/memory/buffer_pool.hpp"
#include "troupe/wire/frame.hpp"
#include "troupe/wire/writer.hpp"

namespace troupe::link {

/// What stands before a chunk's content: which message it belongs to, where in it, and how large that is in all.
struct ChunkHead {
  static constexpr std::size_t kBytes = 12;
  std::uint32_t stream = 0;  ///< The sender's number for the message, on this connection.
  std::size_t offset = 0;    ///< u32 on the wire, as the next.
  std::size_t total = 0;

  void write(wire::Writer& writer) const;
};

/// Writes bytes [offset, offset + size) of what the pieces are together.
void write_range(wire::Writer& writer, std::span<const Bytes> pieces, std::size_t offset, std::size_t size);

/// Puts chunks together to messages again, several at once. Pure.
class Reassembly {
 public:
  /// One message has at most this size, and all that are begun together have at most this.
  explicit Reassembly(std::size_t bytes_max) : bytes_max_(bytes_max), pool_(bytes_max) {}

  /// A chunk frame, or the next part of one, of which the first has the whole head; gives the message that it
  /// completes. Fails with `corrupt` or `too_large` where the sender breaks the rules (chunks of one message come in
  /// order, without gap), after which the connection is no good.
  Result<std::optional<Bytes>> add(const wire::Frame& part);

  /// Where the next bytes of the chunk that was given last belong, of which `size` are still to come: they can be read
  /// right there, and then `placed` is called in place of `add`.
  std::span<std::byte> place(std::size_t size);
  /// Gives the message that is complete by that.
  std::optional<Bytes> placed(std::size_t size);

  /// Now and then: lets go of memory of earlier messages that was not needed lately. At most `bytes_max` is kept.
  void trim() { pool_.trim(); }

  std::size_t open_bytes() const { return open_bytes_; }

 private:
  struct Partial {
    std::shared_ptr<std::byte[]> buffer;
    std::size_t filled = 0;
    std::size_t total = 0;
  };

  Result<void> begin_chunk(const wire::Frame& part);
  Result<void> begin(const ChunkHead& head);

  std::size_t bytes_max_;
  BufferPool pool_;
  std::size_t open_bytes_ = 0;
  std::map<std::uint32_t, Partial> partials_;  ///< By stream. Each has a byte at least: there are few.
  std::uint32_t current_ = 0;                  ///< The stream whose chunk is being read.
};

}  // namespace troupe::link
