#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "troupe/base/time.hpp"

namespace troupe {

/// Where documents are kept.
struct JournalOptions {
  /// `kRocksDb`: in a directory of this machine. `kPostgres`: in a PostgreSQL, or in a distributed SQL engine that
  /// speaks its protocol.
  enum class Engine : std::uint8_t { kRocksDb, kPostgres };
  Engine engine = Engine::kRocksDb;

  /// What an acknowledged event has to survive. `kCluster`: the loss of any machine, where there are several; a node
  /// that cannot keep this does not start. `kNode`: the end of processes, and of the power.
  enum class Durability : std::uint8_t { kCluster, kNode };
  Durability durability = Durability::kCluster;

  // PostgreSQL.
  std::string connection;  ///< As libpq understands it, without a password.
  std::string password;
  Duration connect_timeout = 2s;  ///< For each host.
  Duration answer_timeout = 5s;   ///< For one statement.
  Duration retry_min = 50ms;      ///< Before it is connected again after a failure; doubled each time.
  Duration retry_max = 500ms;
  std::size_t writers = 4;  ///< Documents are shared out over them.

  // What waits for one writer; RocksDB has one.
  std::size_t queue_requests_max = 16'384;
  std::size_t queue_bytes_max = 64U << 20U;
  std::size_t reads_max = 4'096;
  // What it writes at once.
  std::size_t batch_events_max = 4'096;
  std::size_t batch_bytes_max = 4U << 20U;
};

}  // namespace troupe
