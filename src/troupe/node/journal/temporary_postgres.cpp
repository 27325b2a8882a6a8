#include "troupe/node/journal/temporary_postgres.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <utility>

#include "troupe/node/journal/open_journal.hpp"

namespace troupe {

namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kStartWithin = std::chrono::seconds(20);
constexpr auto kStopWithin = std::chrono::seconds(10);
constexpr std::string_view kRemedy = "install it with tools/install_packages.sh postgres, or choose rocksdb";

/// Debian keeps the server's programs apart from those on the PATH, one folder a version. Empty if there are none.
fs::path program(const std::string& name) {
  std::error_code error;
  fs::path newest;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const fs::path found = version.path() / "bin" / name;
    if (fs::exists(found, error) && found > newest) newest = found;
  }
  return newest;
}

/// It does not run as root: then as whom its package made for it. Null: as this user.
const passwd* server_user() { return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr; }

}  // namespace

TemporaryPostgres::~TemporaryPostgres() {
  if (pid_ > 0) {
    ::kill(pid_, SIGINT);  // Its fast shutdown.
    const auto deadline = SteadyClock::now() + kStopWithin;
    while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
      if (SteadyClock::now() > deadline) ::kill(pid_, SIGKILL);
      ::usleep(10'000);
    }
  }
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::string TemporaryPostgres::connection() const {
  return "host=" + folder_.string() + " user=troupe dbname=postgres";
}

Result<void> TemporaryPostgres::start() {
  if (program("initdb").empty() || (::geteuid() == 0 && server_user() == nullptr)) {
    return fail(ErrorCode::kUnavailable, "there is no PostgreSQL on this machine: " + std::string(kRemedy));
  }
  if (auto made = make_folder(); !made) return made;
  if (auto made = make_database(); !made) return made;
  pid_ = run({program("postgres"), "-D", folder_ / "data", "-k", folder_, "-c", "listen_addresses=", "-c", "port=5432",
              "-c", "max_connections=100", "-c", "shared_buffers=64MB"});
  return await_connections();
}

Result<void> TemporaryPostgres::make_folder() {
  std::string path = (fs::temp_directory_path() / "troupe-postgres-XXXXXX").string();
  const passwd* user = server_user();
  if (::mkdtemp(path.data()) == nullptr ||
      (user != nullptr && ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)) {
    return fail(ErrorCode::kInputOutput, "no temporary folder can be made");
  }
  folder_ = path;
  return {};
}

Result<void> TemporaryPostgres::make_database() {
  const pid_t made = run({program("initdb"), "--no-instructions", "--no-locale", "--auth=trust", "--encoding=UTF8",
                          "--username=troupe", "--pgdata=" + (folder_ / "data").string()});
  int status = -1;
  if (made > 0 && ::waitpid(made, &status, 0) == made && status == 0) return {};
  return fail(ErrorCode::kInputOutput, "no database could be made in " + folder_.string());
}

Result<void> TemporaryPostgres::await_connections() const {
  NodeOptions options;
  options.journal.engine = JournalOptions::Engine::kPostgres;
  options.journal.durability = JournalOptions::Durability::kNode;
  options.journal.connection = connection();
  const auto deadline = SteadyClock::now() + kStartWithin;
  for (;;) {
    auto reached = check_database(options);
    if (reached || SteadyClock::now() > deadline) return reached;
    ::usleep(20'000);
  }
}

pid_t TemporaryPostgres::run(const std::vector<std::string>& words) const {
  // Everything that allocates is done before the fork.
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const passwd* user = server_user();
  const std::string log = folder_ / "log";
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setpgid(0, 0);  // Ctrl-C in the terminal is for this program.
  if (user != nullptr && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() != parent) ::_exit(1);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace troupe
