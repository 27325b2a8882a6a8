#pragma once

/// TROUPE_ASSERT(condition): a bug in the runtime itself. On in every build; prints the condition and aborts. Never for
/// anything that a peer, a client, a user or a disk can cause.
#define TROUPE_ASSERT(condition) \
  (static_cast<bool>(condition) ? void(0) : ::troupe::assertion_failed(#condition, __FILE__, __LINE__))

namespace troupe {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace troupe
