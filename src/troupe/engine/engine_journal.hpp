#pragma once

#include "troupe/base/error.hpp"
#include "troupe/document/journal.hpp"

namespace troupe::engine {

/// What whoever runs a journal wants of every engine.
class EngineJournal : public document::Journal {
 public:
  /// Whether appends are taken; if not, why not. Any thread.
  virtual Result<void> health() const = 0;

  /// Answers what waits and ends the threads. Calls that come later are refused with `stopping`. Not from a `done`.
  virtual void close() = 0;
};

}  // namespace troupe::engine
