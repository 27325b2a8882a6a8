#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <string>
#include <system_error>

#include "bench/bench.hpp"
#include "bench/fanout_clients.hpp"
#include "bench/peers/child_process.hpp"
#include "bench/report/report.hpp"
#include "bench/temporary_directory.hpp"

namespace troupe::bench {

namespace {

using Case = nlohmann::ordered_json;

/// A thousand clients need more file descriptors than most shells give.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// How fast the disk is: appends of the size, each followed by fdatasync.
struct DiskSpeed {
  Tally appends;
  Latencies times;
};
DiskSpeed measure_disk(const std::string& directory, std::size_t size, Duration time) {
  const std::string file = directory + "/fdatasync";
  const int handle = ::open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (handle < 0) throw std::system_error(errno, std::generic_category(), file);
  const std::string content(size, 'x');
  DiskSpeed speed;
  const SteadyTime began = std::chrono::steady_clock::now();
  for (std::int64_t before = 0; before < time.count();) {
    if (::write(handle, content.data(), size) < 0 || ::fdatasync(handle) != 0)
      throw std::system_error(errno, std::generic_category(), file);
    const std::int64_t now = nanoseconds_since(began);
    speed.times.add(now - before);
    before = now;
  }
  ::close(handle);
  speed.appends = {speed.times.count(), Duration(nanoseconds_since(began))};
  return speed;
}

class FanoutBench {
 public:
  explicit FanoutBench(const FanoutOptions& options)
      : options_(options),
        directory_(options.directory),
        server_(own_command(
            {"bench", "fanout-server", "--data", directory_.path(), "--shards", std::to_string(options.shards)})),
        address_(server_.read_line()) {}

  int run() {
    disk();
    for (const std::uint32_t receivers : options_.receivers) {
      for (const std::uint32_t outstanding : options_.outstanding) measure(receivers, outstanding);
    }
    return report_.finish(options_.output);
  }

 private:
  void disk() {
    progress("fanout: the disk");
    const DiskSpeed speed = measure_disk(directory_.path(), options_.size, to_duration(options_.seconds));
    const Case of{{"receivers", 0}, {"outstanding", 1}, {"size_bytes", options_.size}, {"shards", 0}};
    report_.add({of, "fdatasync", "events_per_second", speed.appends.per_second(), "1/s"});
    report_.add({of, "fdatasync", "own_us_p50", speed.times.quantile_us(0.5), "us"});
    report_.add({of, "fdatasync", "own_us_p99", speed.times.quantile_us(0.99), "us"});
  }

  void measure(std::uint32_t receivers, std::uint32_t outstanding) {
    progress("fanout: " + std::to_string(receivers) + " receivers, " + std::to_string(outstanding) + " outstanding");
    const std::string topic = "bench/" + std::to_string(receivers) + "-" + std::to_string(outstanding);
    const FanoutResult result =
        fan_out(address_, {topic, receivers, outstanding, options_.size, to_duration(options_.seconds)});
    const Case of{{"receivers", receivers},
                  {"outstanding", outstanding},
                  {"size_bytes", options_.size},
                  {"shards", options_.shards}};
    report_.add({of, "troupe", "events_per_second", result.events.per_second(), "1/s"});
    report_.add({of, "troupe", "deliveries_per_second", result.deliveries.per_second(), "1/s"});
    report_.add({of, "troupe", "own_us_p50", result.own.quantile_us(0.5), "us"});
    report_.add({of, "troupe", "own_us_p99", result.own.quantile_us(0.99), "us"});
    report_.add({of, "troupe", "others_us_p50", result.others.quantile_us(0.5), "us"});
    report_.add({of, "troupe", "others_us_p99", result.others.quantile_us(0.99), "us"});
  }

  const FanoutOptions& options_;
  TemporaryDirectory directory_;
  ChildProcess server_;
  std::string address_;
  Report report_{"fanout"};
};

}  // namespace

int run_fanout(const FanoutOptions& options) {
  raise_file_limit();
  return FanoutBench(options).run();
}

}  // namespace troupe::bench
