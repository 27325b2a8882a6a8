#include "troupe/engine/postgres/cutting_proxy.test.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

namespace troupe::engine {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return address;
}

bool write_all(int to, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::send(to, bytes, size, MSG_NOSIGNAL);
    if (written <= 0) return false;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

CuttingProxy::CuttingProxy(std::string server) : server_(std::move(server)) {
  std::string path = (std::filesystem::temp_directory_path() / "troupe-proxy-XXXXXX").string();
  EXPECT_NE(::mkdtemp(path.data()), nullptr);
  folder_ = path;
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(folder_ + "/.s.PGSQL.5432");
  EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(::listen(listener_, 64), 0);
  wake_up_ = ::eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { run(); });
}

CuttingProxy::~CuttingProxy() {
  const std::uint64_t one = 1;
  EXPECT_EQ(::write(wake_up_, &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
  thread_.join();
  for (const Pair& pair : pairs_) {
    ::close(pair.client);
    ::close(pair.server);
  }
  ::close(listener_);
  ::close(wake_up_);
  std::filesystem::remove_all(folder_);
}

void CuttingProxy::cut_next_request() {
  const std::lock_guard lock(mutex_);
  cuts_request_ = true;
}
void CuttingProxy::cut_next_answer() {
  const std::lock_guard lock(mutex_);
  cuts_answer_ = true;
}
void CuttingProxy::break_at_step(std::size_t step) {
  const std::lock_guard lock(mutex_);
  steps_left_ = step;
  is_broken_ = false;
}
bool CuttingProxy::is_broken() {
  const std::lock_guard lock(mutex_);
  return is_broken_;
}

bool CuttingProxy::may_pass(bool is_request) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(is_request ? cuts_request_ : cuts_answer_, false)) return false;
  if (steps_left_-- == 0) is_broken_ = true;
  return !is_broken_;
}

void CuttingProxy::run() {
  for (;;) {
    std::vector<pollfd> waits = {{wake_up_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      waits.push_back({pair.client, POLLIN, 0});
      waits.push_back({pair.server, POLLIN, 0});
    }
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;
    if (waits[0].revents != 0) return;
    std::size_t at = 2;
    for (auto pair = pairs_.begin(); pair != pairs_.end(); at += 2) {
      const bool is_alive = (waits[at].revents == 0 || pass(pair->client, pair->server, true)) &&
                            (waits[at + 1].revents == 0 || pass(pair->server, pair->client, false));
      if (is_alive) {
        ++pair;
        continue;
      }
      ::close(pair->client);
      ::close(pair->server);
      pair = pairs_.erase(pair);
    }
    if (waits[1].revents != 0) accept();
  }
}

void CuttingProxy::accept() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(server_ + "/.s.PGSQL.5432");
  if (is_broken() || ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(client);
    ::close(server);
    return;
  }
  pairs_.push_back({client, server});
}

bool CuttingProxy::pass(int from, int to, bool is_request) {
  std::array<char, 65'536> buffer;
  const ssize_t size = ::recv(from, buffer.data(), buffer.size(), 0);
  return size > 0 && may_pass(is_request) && write_all(to, buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace troupe::engine
