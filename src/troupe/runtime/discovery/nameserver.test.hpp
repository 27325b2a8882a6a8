#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::runtime {

/// A name server on loopback, which knows a few names and says of all others that they are not there.
class TestNameserver {
 public:
  static constexpr std::uint16_t kA = 1;
  static constexpr std::uint16_t kAaaa = 28;
  static constexpr std::uint16_t kSrv = 33;

  TestNameserver() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    socklen_t size = sizeof(address);
    (void)::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~TestNameserver() {
    stop_ = true;
    thread_.join();
    ::close(socket_);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  void set_a(const std::string& name, const std::vector<std::string>& addresses) {
    std::vector<std::string> records;
    for (const std::string& each : addresses) {
      std::array<char, 4> bytes{};
      (void)::inet_pton(AF_INET, each.c_str(), bytes.data());
      records.emplace_back(bytes.data(), bytes.size());
    }
    set(name, kA, std::move(records));
  }
  void set_aaaa(const std::string& name, const std::string& address) {
    std::array<char, 16> bytes{};
    (void)::inet_pton(AF_INET6, address.c_str(), bytes.data());
    set(name, kAaaa, {std::string(bytes.data(), bytes.size())});
  }
  struct Service {
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
    std::string host;
  };
  void set_srv(const std::string& name, const std::vector<Service>& services) {
    std::vector<std::string> records;
    for (const Service& each : services)
      records.push_back(number(each.priority) + number(each.weight) + number(each.port) + encoded(each.host));
    set(name, kSrv, std::move(records));
  }

  /// It answers nothing, or again.
  void be_silent(bool is_silent) { is_silent_ = is_silent; }
  /// It sends this instead of answers; empty: answers again.
  void answer_with(std::string garbage) {
    const std::lock_guard lock(mutex_);
    garbage_ = std::move(garbage);
  }
  int questions() const { return questions_; }
  /// False if none comes in time.
  bool wait_for_question() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (questions_ == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return questions_ > 0;
  }

 private:
  static std::string number(unsigned value) {
    return {static_cast<char>(value >> 8U & 0xffU), static_cast<char>(value & 0xffU)};
  }
  /// "a.example" as labels with their lengths.
  static std::string encoded(const std::string& name) {
    std::string bytes;
    for (std::size_t begin = 0; begin < name.size();) {
      const std::size_t end = std::min(name.find('.', begin), name.size());
      bytes += static_cast<char>(end - begin);
      bytes += name.substr(begin, end - begin);
      begin = end + 1;
    }
    return bytes + '\0';
  }

  void set(const std::string& name, std::uint16_t type, std::vector<std::string> records) {
    const std::lock_guard lock(mutex_);
    records_[{encoded(name), type}] = std::move(records);
    names_[encoded(name)] = true;
  }

  void serve() {
    while (!stop_) {
      pollfd waits{.fd = socket_, .events = POLLIN, .revents = 0};
      if (::poll(&waits, 1, 20) <= 0) continue;
      std::array<char, 512> question{};
      sockaddr_in from{};
      socklen_t size = sizeof(from);
      const auto count =
          ::recvfrom(socket_, question.data(), question.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (count < 17) continue;
      ++questions_;
      if (is_silent_) continue;
      const std::string reply = answer({question.data(), static_cast<std::size_t>(count)});
      (void)::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
    }
  }

  std::string answer(const std::string& question) {
    const std::lock_guard lock(mutex_);
    if (!garbage_.empty()) return question.substr(0, 2) + garbage_;
    const std::size_t name_end = question.find('\0', 12) + 1;
    const std::string name = question.substr(12, name_end - 12);
    const auto type = static_cast<std::uint16_t>(static_cast<unsigned char>(question[name_end + 1]));
    const auto found = records_.find({name, type});
    const std::vector<std::string> records = found == records_.end() ? std::vector<std::string>() : found->second;
    const char status = names_.contains(name) ? 0 : 3;  // NXDOMAIN
    std::string reply = question.substr(0, 2) + '\x81' + static_cast<char>(0x80 | status) + number(1) +
                        number(static_cast<unsigned>(records.size())) + number(0) + number(0) + name + number(type) +
                        number(1);
    for (const std::string& record : records) {
      // The name is that of the question; for a second.
      reply += number(0xc00c) + number(type) + number(1) + number(0) + number(1) +
               number(static_cast<unsigned>(record.size())) + record;
    }
    return reply;
  }

  const int socket_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<bool> is_silent_{false};
  std::atomic<int> questions_{0};
  std::mutex mutex_;
  std::map<std::pair<std::string, std::uint16_t>, std::vector<std::string>> records_;
  std::map<std::string, bool> names_;
  std::string garbage_;
  std::thread thread_;
};

}  // namespace troupe::runtime
