#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

/// A PostgreSQL of the test's own, in a temporary folder and on a socket there. It flushes like any other.
namespace troupe::engine {

class PostgresServer {
 public:
  /// The one that the tests of this process share; ended with the process.
  static PostgresServer& shared();

  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// Returns when it takes connections. `setting`: one of this start, as in postgresql.conf.
  void start(const std::string& setting = "fsync=on");
  /// As a power cut ends it.
  void kill();
  void restart_with(const std::string& setting);
  pid_t pid() const { return server_; }
  /// What one of the server's processes writes beyond this fails, as on a full disk. `bytes` as prlimit(1) reads it.
  void limit_file_size(pid_t process, const std::string& bytes) const;

  /// Where its socket is.
  const std::filesystem::path& folder() const { return folder_; }
  std::string connection() const;
  /// Makes a schema with a name of its own; what connects with this string works in it.
  std::string with_new_schema();

  /// The rows of a statement's result, as text.
  std::vector<std::vector<std::string>> query(const std::string& statement, const std::string& connection) const;

 private:
  pid_t run(const std::vector<std::string>& command) const;

  std::filesystem::path folder_;
  pid_t server_ = 0;
  int schemas_ = 0;
};

/// A session that a test uses with plain text.
class PlainSession {
 public:
  explicit PlainSession(const std::string& connection);
  ~PlainSession();
  PlainSession(const PlainSession&) = delete;
  PlainSession& operator=(const PlainSession&) = delete;

  std::vector<std::vector<std::string>> query(const std::string& statement);

 private:
  struct Session;
  Session* session_;
};

}  // namespace troupe::engine
