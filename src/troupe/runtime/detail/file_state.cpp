#include "troupe/runtime/detail/file_state.hpp"

#include <sys/stat.h>

namespace troupe::runtime::detail {

FileState file_state_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_size, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

}  // namespace troupe::runtime::detail
