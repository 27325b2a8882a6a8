// LINK: troupe_app_canvas nlohmann_json::nlohmann_json
//
// Events of a canvas, one a line, each of which may be anything. What must hold: `check` changes nothing; what it
// accepts is applied; the snapshot is JSON, and a canvas restored from it has the same one. The whole input is also
// tried as a snapshot.
#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "canvas/canvas.hpp"
#include "troupe/base/assert.hpp"

// The name and the C linkage are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace troupe;

void check_restored(const canvas::Canvas& canvas) {
  const Bytes snapshot = canvas.snapshot();
  TROUPE_ASSERT(nlohmann::json::accept(snapshot.view()));
  canvas::Canvas restored;
  TROUPE_ASSERT(restored.restore(snapshot).has_value());
  TROUPE_ASSERT(restored.snapshot() == snapshot);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  canvas::Canvas canvas;
  std::uint64_t seq = 0;
  for (std::string_view rest = input; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const Bytes event = Bytes::copy_of(line);
    const Bytes before = canvas.snapshot();
    const bool accepted = canvas.check(event).has_value();
    TROUPE_ASSERT(canvas.snapshot() == before);
    canvas.apply({.seq = ++seq, .key = "k", .from = "a-1", .data = event});
    TROUPE_ASSERT(accepted || canvas.snapshot() == before);
  }
  check_restored(canvas);
  canvas::Canvas hostile;
  if (hostile.restore(Bytes::copy_of(input))) check_restored(hostile);
  return 0;
}
