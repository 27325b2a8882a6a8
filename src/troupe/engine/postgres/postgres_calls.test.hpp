#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "troupe/engine/postgres/postgres_under_test.test.hpp"

/// The calls of a `PostgresJournal` as its own tests want them: each waits for its answer.
namespace troupe::engine {

using document::Answer;

class PostgresJournalTest : public testing::Test {
 protected:
  PostgresJournal& journal() { return under_test_.journal(); }

  static Answer<document::AppendOutcome> begin_append(const std::string& stream, std::uint64_t fence,
                                                      std::vector<document::Event> events, PostgresJournal& journal) {
    Answer<document::AppendOutcome> answer;
    const std::uint64_t last = events.front().seq - 1;
    journal.append({stream, fence, last, std::move(events)}, answer.done());
    return answer;
  }
  Answer<document::AppendOutcome> begin_append(const std::string& stream, std::uint64_t fence,
                                               std::vector<document::Event> events) {
    return begin_append(stream, fence, std::move(events), journal());
  }
  static Result<document::AppendOutcome> append(const std::string& stream, std::uint64_t fence,
                                                std::vector<document::Event> events, PostgresJournal& journal) {
    return begin_append(stream, fence, std::move(events), journal).get();
  }
  Result<document::AppendOutcome> append(const std::string& stream, std::uint64_t fence,
                                         std::vector<document::Event> events) {
    return begin_append(stream, fence, std::move(events)).get();
  }
  static Result<document::OpenedStream> open(const std::string& stream, PostgresJournal& journal) {
    Answer<document::OpenedStream> answer;
    journal.open(stream, answer.done());
    return answer.get();
  }
  Result<document::OpenedStream> open(const std::string& stream) { return open(stream, journal()); }
  Answer<std::vector<document::Event>> begin_read(const std::string& stream, std::uint64_t after = 0) {
    Answer<std::vector<document::Event>> answer;
    journal().read({.stream = stream, .after = after, .events_max = 1'000'000, .bytes_max = ~std::uint32_t{0}},
                   answer.done());
    return answer;
  }
  Result<std::vector<document::Event>> read(const std::string& stream, std::uint64_t after = 0) {
    return begin_read(stream, after).get();
  }
  double metric(const std::string& name) const {
    for (const auto& sample : under_test_.metrics.samples()) {
      if (sample.name == "troupe_journal_" + name) return sample.value;
    }
    ADD_FAILURE() << "no metric " << name;
    return 0;
  }

  PostgresUnderTest under_test_;
};

}  // namespace troupe::engine
