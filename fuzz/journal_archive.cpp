// LINK: troupe::engine
//
// An archive of a journal from any bytes. What can be read is written again, and read again, to the same.
#include "troupe/engine/archive/journal_archive.hpp"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "troupe/base/assert.hpp"

namespace {

using namespace troupe::engine;

/// Nothing if it cannot be read.
std::string rewritten(const std::string& archive) {
  std::istringstream in(archive);
  std::ostringstream out;
  ArchiveWriter writer(out);
  const auto counts = visit_archive(in, writer, [](const ArchiveCounts&) {});
  if (!counts) return "";
  TROUPE_ASSERT(writer.finish().has_value());
  return out.str();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string once = rewritten(std::string(reinterpret_cast<const char*>(data), size));
  if (!once.empty()) TROUPE_ASSERT(rewritten(once) == once);
  return 0;
}
