#include "troupe/engine/postgres/postgres_server.test.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace troupe::engine {
namespace {

namespace fs = std::filesystem;

/// Debian keeps the server's programs apart from those on the PATH, one folder a version.
fs::path program(const std::string& name) {
  std::error_code error;
  fs::path newest;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const fs::path found = version.path() / "bin" / name;
    if (fs::exists(found) && found > newest) newest = found;
  }
  EXPECT_FALSE(newest.empty()) << "there is no " << name << ": run tools/install_packages.sh postgres";
  return newest;
}

/// PostgreSQL does not run as root: then whom its package made for it.
const passwd* unprivileged() { return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr; }

}  // namespace

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() {
  std::string path = (fs::temp_directory_path() / "troupe-postgres-XXXXXX").string();
  EXPECT_NE(::mkdtemp(path.data()), nullptr);
  folder_ = path;
  if (const passwd* user = unprivileged()) {
    EXPECT_EQ(::chown(path.c_str(), user->pw_uid, user->pw_gid), 0);
  }
  const pid_t made = run({program("initdb"), "--no-sync", "--no-instructions", "--no-locale", "--auth=trust",
                          "--encoding=UTF8", "--username=troupe", "--pgdata=" + path + "/data"});
  int status = 0;
  EXPECT_EQ(::waitpid(made, &status, 0), made);
  EXPECT_EQ(status, 0) << "see " << folder_ / "output";
  start();
}

PostgresServer::~PostgresServer() {
  if (server_ != 0) {
    ::kill(server_, SIGCONT);
    ::kill(server_, SIGQUIT);
    ::waitpid(server_, nullptr, 0);
  }
  fs::remove_all(folder_);
}

/// Not with fork: other threads of the test may hold locks, which nobody would release in the child.
pid_t PostgresServer::run(const std::vector<std::string>& command) const {
  std::vector<std::string> words{"/usr/bin/setpriv", "--pdeathsig", "QUIT"};
  if (const passwd* user = unprivileged()) {
    const std::string name = user->pw_name;
    words.insert(words.end(), {"--reuid", name, "--regid", name, "--clear-groups"});
  }
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string output = (folder_ / "output").string();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  EXPECT_EQ(::posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ), 0);
  ::posix_spawn_file_actions_destroy(&actions);
  return child;
}

void PostgresServer::restart_with(const std::string& setting) {
  kill();
  start(setting);
}

void PostgresServer::start(const std::string& setting) {
  const std::string folder = folder_.string();
  const std::vector<std::string> command = {program("postgres"),   "-D", folder + "/data",    "-k", folder,  "-c",
                                            "listen_addresses=",   "-c", "port=5432",         "-c", setting, "-c",
                                            "shared_buffers=32MB", "-c", "max_connections=60"};
  server_ = run(command);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (PQping(connection().c_str()) != PQPING_OK) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "PostgreSQL does not start: see " << folder_ / "output";
    // It refuses to start as long as processes of a server that was killed are at their end.
    if (::waitpid(server_, nullptr, WNOHANG) == server_) server_ = run(command);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // poll: until it takes connections
  }
}

void PostgresServer::kill() {
  ::kill(server_, SIGKILL);
  ::waitpid(server_, nullptr, 0);
  server_ = 0;
}

void PostgresServer::limit_file_size(pid_t process, const std::string& bytes) const {
  // As the server's user, who may do so where root of a container may not.
  const pid_t limiting = run({"/usr/bin/prlimit", "--pid=" + std::to_string(process), "--fsize=" + bytes + ":"});
  int status = 0;
  EXPECT_EQ(::waitpid(limiting, &status, 0), limiting);
  EXPECT_EQ(status, 0) << "see " << folder_ / "output";
}

std::string PostgresServer::connection() const {
  return "host=" + folder_.string() + " port=5432 user=troupe dbname=postgres";
}

std::string PostgresServer::with_new_schema() {
  const std::string schema = "schema_" + std::to_string(++schemas_);
  query("CREATE SCHEMA " + schema, connection());
  return "user=troupe dbname=postgres options='-c search_path=" + schema + "'";
}

std::vector<std::vector<std::string>> PostgresServer::query(const std::string& statement,
                                                            const std::string& connection) const {
  return PlainSession(connection).query(statement);
}

struct PlainSession::Session {
  PGconn* connection;
};

PlainSession::PlainSession(const std::string& connection) : session_(new Session{PQconnectdb(connection.c_str())}) {
  EXPECT_EQ(PQstatus(session_->connection), CONNECTION_OK) << PQerrorMessage(session_->connection);
}

PlainSession::~PlainSession() {
  PQfinish(session_->connection);
  delete session_;
}

std::vector<std::vector<std::string>> PlainSession::query(const std::string& statement) {
  PGresult* result = PQexec(session_->connection, statement.c_str());
  const auto status = PQresultStatus(result);
  EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
      << statement << ": " << PQresultErrorMessage(result);
  std::vector<std::vector<std::string>> rows;
  for (int row = 0; row < PQntuples(result); ++row) {
    rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) rows.back().push_back(PQgetvalue(result, row, column));
  }
  PQclear(result);
  return rows;
}

}  // namespace troupe::engine
