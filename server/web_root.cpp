#include "web_root.hpp"

#include <filesystem>

namespace troupe::server {

std::string find_web_root() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  // build/<preset>/server/troupe in the source tree; bin/troupe as installed.
  for (const auto& candidate : {program / "../../../web/dist", program / "../share/troupe/web"}) {
    if (std::filesystem::exists(candidate / "index.html", error))
      return std::filesystem::canonical(candidate, error).string();
  }
  return {};
}

}  // namespace troupe::server
