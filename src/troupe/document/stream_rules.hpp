#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "troupe/base/error.hpp"
#include "troupe/document/journal.hpp"

/// What every journal engine decides alike, as plain functions: an engine adds only where the bytes go and when they
/// are safe.
namespace troupe::document {

inline constexpr std::size_t kStreamNameBytesMax = 1024;

/// What a journal keeps of a stream besides its events and its snapshot. `fence == 0`: the stream was never opened.
struct StreamHead {
  std::string epoch;
  std::uint64_t fence = 0;
  std::uint64_t last_seq = 0;
  std::uint64_t snapshot_seq = 0;

  friend bool operator==(const StreamHead&, const StreamHead&) = default;
};

/// What an event counts towards a bound in bytes: its key, its sender and its data.
std::size_t size_bytes(const Event& event);
/// The sum over the events, and the stream's name.
std::size_t size_bytes(const AppendRequest& request);

/// A stream's name has 1 to `kStreamNameBytesMax` bytes, none of them NUL; else `invalid_argument`.
Result<void> check_stream_name(std::string_view stream);

/// Events are there, and numbered `expected_last + 1`, `+ 2`, ... without a gap; else `invalid_argument`.
Result<void> check_append(const AppendRequest& request);

/// Whether the writer is the newest and knows the stream's end. If not, the append is fenced.
bool may_append(const StreamHead& head, const AppendRequest& request);

/// Whether the snapshot replaces the one that is there: false from an older writer or if it is not newer. A snapshot by
/// the newest writer of events that the stream does not have is `invalid_argument`.
Result<bool> may_save(const StreamHead& head, std::uint64_t fence, const Snapshot& snapshot);

/// 16 hexadecimal digits. The engine draws `random`, so that no two lifetimes of a stream have the same epoch.
std::string epoch_name(std::uint64_t random);

}  // namespace troupe::document
