#include "bench/nodes/process_costs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace troupe::bench {

namespace {

std::uint32_t count_sockets(const std::string& folder) {
  std::uint32_t count = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/fd", error)) {
    if (std::filesystem::read_symlink(entry, error).string().starts_with("socket:")) ++count;
  }
  return count;
}

double processor_seconds(const std::string& folder) {
  std::ifstream file(folder + "/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  // Behind the name, which may have blanks: utime and stime are the 12th and 13th.
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessCosts costs_of(pid_t process) {
  const std::string folder = fmt::format("/proc/{}", process);
  ProcessCosts costs{.processor_seconds = processor_seconds(folder), .sockets = count_sockets(folder)};
  std::ifstream memory(folder + "/smaps_rollup");
  for (std::string line; std::getline(memory, line);) {
    std::istringstream fields(line);
    std::string name;
    std::uint64_t kilobytes = 0;
    fields >> name >> kilobytes;
    if (name == "Rss:") costs.resident_bytes = kilobytes << 10U;
    if (name == "Pss:") costs.proportional_bytes = kilobytes << 10U;
  }
  std::ifstream children(fmt::format("{}/task/{}/children", folder, process));
  for (pid_t child = 0; children >> child;) {
    const ProcessCosts more = costs_of(child);
    costs.resident_bytes += more.resident_bytes;
    costs.proportional_bytes += more.proportional_bytes;
    costs.processor_seconds += more.processor_seconds;
  }
  return costs;
}

double load_average() {
  double average = 0;
  std::ifstream("/proc/loadavg") >> average;
  return average;
}

}  // namespace troupe::bench
