#pragma once

#include <cstdint>
#include <string>

namespace troupe::runtime::detail {

/// Of a file: inode, size, time of change. Equal means that nothing changed. As it is at first where there is no file.
struct FileState {
  std::uint64_t inode = 0;
  std::int64_t size = -1;
  std::int64_t changed_ns = 0;
  friend bool operator==(const FileState&, const FileState&) = default;
};

/// Asks the disk: not for a shard's thread.
FileState file_state_of(const std::string& path);

}  // namespace troupe::runtime::detail
