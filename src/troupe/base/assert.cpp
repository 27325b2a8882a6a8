#include "troupe/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace troupe {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "troupe: assertion failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace troupe
