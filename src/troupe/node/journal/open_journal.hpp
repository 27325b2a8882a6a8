#pragma once

#include <memory>

#include "troupe/actor/log.hpp"
#include "troupe/base/metrics.hpp"
#include "troupe/engine/engine_journal.hpp"
#include "troupe/engine/journal_store.hpp"
#include "troupe/node/node_options.hpp"

namespace troupe {

/// The journal of a node with these options. `metrics` and `log_sink` outlive it. The detail of an error has the
/// remedy.
Result<std::unique_ptr<engine::EngineJournal>> open_journal(const NodeOptions& options, Metrics& metrics,
                                                            LogSink& log_sink);

/// The store of that journal, for tools that look at all of it while no node of this machine uses it (or, in a
/// PostgreSQL, while nodes do).
Result<std::unique_ptr<engine::JournalStore>> open_store(const NodeOptions& options);

/// Whether the database can be reached and promises what `journal.durability` asks for. Changes nothing. RocksDB's
/// directory is not looked at, since a node may be using it.
Result<void> check_database(const NodeOptions& options);

}  // namespace troupe
