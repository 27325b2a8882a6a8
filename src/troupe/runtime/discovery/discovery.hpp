#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "troupe/actor/log.hpp"
#include "troupe/base/metrics.hpp"
#include "troupe/runtime/detail/file_state.hpp"
#include "troupe/runtime/discovery/contact_book.hpp"
#include "troupe/runtime/discovery/dns_lookup.hpp"

namespace troupe::runtime {

/// Finds addresses of nodes in DNS and in files, again and again, on a thread of its own: no shard waits for a name
/// server or a disk. What is wrong with a source stands in the log once, and changes nothing: what it said before
/// stays.
class Discovery {
 public:
  /// Called on the discovery's thread with all addresses, whenever they are other ones than before. False if it could
  /// not take them now: it is asked again soon.
  using Found = std::function<bool(std::vector<std::string>)>;

  Discovery(DiscoveryOptions options, std::uint64_t seed, Found found, Metrics& metrics, LogSink& log_sink);
  ~Discovery();
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;

  /// Fails with `input_output` if the operating system gives no thread.
  Result<void> start();
  void stop();

 private:
  void run();
  void ask(std::size_t source);
  void ask_file(std::size_t source);
  void take(std::size_t source, Result<std::vector<std::string>> addresses);
  void tell();

  const DiscoveryOptions options_;
  const Found found_;
  Log log_;
  Gauge& addresses_;
  Counter& failures_;
  DnsLookup dns_;
  ContactBook book_;                                    ///< This and what follows is of the thread.
  std::vector<std::optional<detail::FileState>> read_;  ///< As each file was when it was read last, ...
  std::vector<detail::FileState> seen_;                 ///< ... and looked at last.
  bool is_news_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace troupe::runtime
