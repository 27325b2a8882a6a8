#pragma once

#include <cstddef>
#include <string>

#include "bench/tally.hpp"

/// The least that durable events cost: the engine alone, with batches of a size, events under the same keys, and
/// nothing that makes them documents (no heads, fences, checksums, queues or answers).
namespace troupe::bench {

struct BareLoad {
  std::size_t size_bytes = 0;  ///< Of an event.
  std::size_t documents = 1;   ///< Whose events they are, in turn.
  std::size_t batch = 1;       ///< Events that are committed at once.
  std::size_t writers = 1;     ///< Connections, of PostgreSQL.
  Duration time{};
};

/// In a new database in `directory`. Throws std::runtime_error.
Tally measure_bare_rocksdb(const std::string& directory, const BareLoad& load);

/// In a table of its own. Throws std::runtime_error.
Tally measure_bare_postgres(const std::string& connection, const BareLoad& load);

}  // namespace troupe::bench
