#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "troupe/base/error.hpp"

namespace troupe {

/// A PostgreSQL for demos and measurements, in a temporary folder and on a socket there, which only this user reaches.
/// It and what is in it go with this object.
class TemporaryPostgres {
 public:
  TemporaryPostgres() = default;
  ~TemporaryPostgres();
  TemporaryPostgres(const TemporaryPostgres&) = delete;
  TemporaryPostgres& operator=(const TemporaryPostgres&) = delete;

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

}  // namespace troupe
