#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "troupe/actor/log.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/metrics.hpp"
#include "troupe/runtime/detail/file_state.hpp"
#include "troupe/runtime/detail/tls/credentials.hpp"
#include "troupe/runtime/detail/tls/expiry.hpp"
#include "troupe/runtime/detail/tls/session.hpp"

namespace troupe::runtime::detail {

/// Has the credentials of a node, and takes new ones from the files when these change, on a thread of its own: no shard
/// waits for a disk. New connections use what was taken last; those there are go on as they began. Where nothing else
/// is said, any thread.
class TlsKeeper {
 public:
  TlsKeeper(TlsOptions options, Metrics& metrics, LogSink& log_sink);
  ~TlsKeeper();
  TlsKeeper(const TlsKeeper&) = delete;
  TlsKeeper& operator=(const TlsKeeper&) = delete;

  /// Reads the files for the first time, before everything else; fails with `invalid_argument`.
  Result<void> load();
  /// Begins to look at the files. Throws std::system_error if there is no thread.
  void start();
  void stop();
  /// Reads the files soon, whether they look changed or not.
  void reload();

  std::unique_ptr<TlsSession> dial(std::string host) const;
  std::unique_ptr<TlsSession> accept() const;
  void count_failure() { failures_.add(); }

 private:
  using FileStates = std::array<FileState, 3>;

  void run();
  void look(bool wanted);
  void take(const FileStates& states);
  void use(std::shared_ptr<const TlsCredentials> credentials);
  void look_at_expiry();
  FileStates file_states() const;
  std::shared_ptr<const TlsCredentials> current() const;

  const TlsOptions options_;
  Log log_;
  Gauge& expires_;
  Counter& taken_;
  Counter& refused_;
  Counter& failures_;

  FileStates tried_;  ///< As they were when they were read last ...
  FileStates seen_;   ///< ... and looked at last. This and what follows is of the thread that looks.
  ExpiryNotices notices_;

  mutable std::mutex mutex_;
  std::shared_ptr<const TlsCredentials> credentials_;
  std::condition_variable changed_;
  bool reload_wanted_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace troupe::runtime::detail
