#include "troupe/node/incarnation.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace troupe {

namespace {

/// A node that the others declared down goes on with the next number, in the same process; fewer times than this.
constexpr std::uint64_t kRebirthsMax = 1'000;

}  // namespace

Result<std::uint64_t> next_incarnation(const std::string& data_directory) {
  const auto clock = std::chrono::system_clock::now().time_since_epoch();
  auto incarnation = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(clock).count());
  if (data_directory.empty()) return incarnation;
  std::error_code error;
  std::filesystem::create_directories(data_directory, error);
  if (error)
    return fail(ErrorCode::kInputOutput,
                "the data directory " + data_directory + " cannot be made: " + error.message());
  const std::filesystem::path file = std::filesystem::path(data_directory) / "incarnation";
  std::uint64_t last = 0;
  if (std::ifstream in(file); in >> last) incarnation = std::max(incarnation, last + kRebirthsMax);
  // Written aside and renamed: a crash in between leaves the old number.
  const std::filesystem::path fresh = file.string() + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  out << incarnation << '\n';
  out.close();
  if (!out) return fail(ErrorCode::kInputOutput, "the data directory " + data_directory + " cannot be written");
  std::filesystem::rename(fresh, file, error);
  if (error)
    return fail(ErrorCode::kInputOutput,
                "the data directory " + data_directory + " cannot be written: " + error.message());
  return incarnation;
}

}  // namespace troupe
