#pragma once

#include "troupe/base/metrics.hpp"

namespace troupe::engine {

/// What a journal counts. Any thread.
struct JournalCounters {
  explicit JournalCounters(Metrics& metrics)
      : commits(metrics.counter("troupe_journal_commits_total", "Group commits, each with one flush of the disk.")),
        events(metrics.counter("troupe_journal_events_total", "Events on stable storage.")),
        refused(metrics.counter("troupe_journal_refused_total", "Calls refused because the queue was full.")),
        fenced(metrics.counter("troupe_journal_fenced_total", "Appends refused because of a newer writer or event.")),
        failures(metrics.counter("troupe_journal_failures_total", "Writes that failed with an unknown outcome.")),
        corrupt(metrics.counter("troupe_journal_corrupt_total", "Calls that met a damaged record.")),
        queue_requests(metrics.gauge("troupe_journal_queue_requests", "Writes without an answer yet.")),
        queue_bytes(metrics.gauge("troupe_journal_queue_bytes", "Bytes that these writes hold.")),
        reads(metrics.gauge("troupe_journal_reads", "Reads without an answer yet.")) {}

  Counter& commits;
  Counter& events;
  Counter& refused;
  Counter& fenced;
  Counter& failures;
  Counter& corrupt;
  Gauge& queue_requests;
  Gauge& queue_bytes;
  Gauge& reads;
};

}  // namespace troupe::engine
