#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "troupe/base/error.hpp"

namespace troupe::server {

/// A PostgreSQL of the demo's own, in a temporary folder and on a socket there, which only this user reaches. It and
/// what is in it go with the demo.
class DemoPostgres {
 public:
  DemoPostgres() = default;
  ~DemoPostgres();
  DemoPostgres(const DemoPostgres&) = delete;
  DemoPostgres& operator=(const DemoPostgres&) = delete;

  /// Returns when it takes connections.
  Result<void> start();

  /// For `journal.connection`.
  std::string connection() const;
  const std::filesystem::path& folder() const { return folder_; }
  pid_t pid() const { return pid_; }

 private:
  Result<void> make_folder();
  Result<void> make_database();
  Result<void> await_connections() const;
  pid_t run(const std::vector<std::string>& words) const;

  std::filesystem::path folder_;
  pid_t pid_ = -1;
};

}  // namespace troupe::server
