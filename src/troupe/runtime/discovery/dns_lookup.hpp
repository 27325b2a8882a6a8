#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/base/time.hpp"

namespace troupe::runtime {

struct DnsOptions {
  std::string nameserver;         ///< "1.2.3.4:53"; empty: as /etc/resolv.conf says.
  Duration timeout = 5s;          ///< For a lookup with all its attempts.
  std::size_t answers_max = 256;  ///< More of them are left out.
};

/// Looks names up, with c-ares. Each call blocks its thread for at most `DnsOptions::timeout`; one thread at a time. A
/// name that is not there, or has no such record, is `unreachable`, as is a server that does not answer.
class DnsLookup {
 public:
  explicit DnsLookup(DnsOptions options);
  ~DnsLookup();
  DnsLookup(const DnsLookup&) = delete;
  DnsLookup& operator=(const DnsLookup&) = delete;

  /// The A and AAAA records of a name, or what /etc/hosts has of it, as "1.2.3.4:port" or "[::1]:port"; sorted.
  Result<std::vector<std::string>> addresses(const std::string& name, std::uint16_t port);

  /// The SRV records of a name (RFC 2782), as "host:port"; sorted by priority, the greater weight first. A record that
  /// says that the service is not there (its host is ".") is left out.
  Result<std::vector<std::string>> services(const std::string& name);

  /// Any thread: the lookup that is under way, and all that follow, fail soon.
  void cancel() { is_cancelled_ = true; }

 private:
  struct Channel;
  Result<std::unique_ptr<Channel>> open() const;

  const DnsOptions options_;
  std::atomic<bool> is_cancelled_{false};
};

}  // namespace troupe::runtime
