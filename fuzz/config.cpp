// LINK: troupe::node
//
// A configuration file, which may be anything. What must hold: whatever is wrong has a place, a text and a remedy; a
// file without a mistake gives options that survive being written down and read again.
#include <cstdint>
#include <string>
#include <string_view>

#include "troupe/base/assert.hpp"
#include "troupe/node/config.hpp"

// The name and the C linkage are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace troupe;

Config load(std::string text) {
  return load_config({.file = "f.toml", .file_text = std::move(text), .serves_documents = false});
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Config config = load(std::string(reinterpret_cast<const char*>(data), size));
  for (const ConfigProblem& problem : config.problems) {
    TROUPE_ASSERT(problem.where.starts_with("f.toml") && !problem.text.empty() && !problem.remedy.empty());
  }
  if (config.has_errors()) return 0;
  std::string written;
  for (const ChangedSetting& setting : changed_settings(config)) written += setting.key + " = " + setting.value + "\n";
  const Config again = load(written);
  TROUPE_ASSERT(!again.has_errors());
  const auto before = changed_settings(config);
  const auto after = changed_settings(again);
  TROUPE_ASSERT(before.size() == after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    TROUPE_ASSERT(before[i].key == after[i].key && before[i].value == after[i].value);
  }
  return 0;
}
