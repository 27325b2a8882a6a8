#pragma once

#include <cstddef>
#include <filesystem>
#include <list>
#include <mutex>
#include <string>
#include <thread>

/// Stands between a journal and its PostgreSQL, and cuts their connections.
namespace troupe::engine {

class CuttingProxy {
 public:
  /// Listens on a socket in a folder of its own, and passes everything on to the one at `server`.
  explicit CuttingProxy(std::string server);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  /// The folder, as libpq's `host`.
  const std::string& folder() const { return folder_; }

  /// The next request does not reach the server, and its connection ends.
  void cut_next_request();
  /// The next answer does not come back, and its connection ends.
  void cut_next_answer();
  /// From the request or answer on that has this number, counted from now, nothing passes any more.
  void break_at_step(std::size_t step);
  bool is_broken();

 private:
  struct Pair {
    int client = -1;
    int server = -1;
  };
  void run();
  void accept();
  /// False if the pair is at its end.
  bool pass(int from, int to, bool is_request);
  bool may_pass(bool is_request);

  const std::string server_;
  std::string folder_;
  int listener_ = -1;
  int wake_up_ = -1;

  std::mutex mutex_;
  bool cuts_request_ = false;
  bool cuts_answer_ = false;
  bool is_broken_ = false;
  std::size_t steps_left_ = SIZE_MAX;

  std::list<Pair> pairs_;  ///< The thread's.
  std::thread thread_;
};

}  // namespace troupe::engine
