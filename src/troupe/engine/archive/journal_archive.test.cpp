#include "troupe/engine/archive/journal_archive.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "troupe/document/journal_conformance.hpp"
#include "troupe/engine/postgres/postgres_server.test.hpp"
#include "troupe/engine/postgres/postgres_store.hpp"
#include "troupe/engine/rocksdb_store.hpp"
#include "troupe/engine/rocksdb_under_test.test.hpp"

namespace troupe::engine {
namespace {

using document::make_events;
using document::StreamHead;

/// What an archive of two streams looks like.
constexpr const char* kArchive =
    R"({"troupe_journal":1}
{"stream":"canvas/a","epoch":"00000000000000aa","fence":3,"last_seq":2,"snapshot_seq":1}
{"seq":1,"key":"k1","from":"ada","data":"{\"x\":1}"}
{"seq":2,"key":"","from":"\u0000ä","data_hex":"ff00"}
{"snapshot":1,"hash":18446744073709551615,"state":"state"}
{"end":"CHECKSUM"}
{"stream_hex":"ff","epoch":"00000000000000bb","fence":1,"last_seq":0,"snapshot_seq":0}
{"end":"CHECKSUM"}
{"streams":2,"events":2}
)";

void nothing(const ArchiveCounts&) {}

std::string written() {
  std::ostringstream out;
  ArchiveWriter writer(out);
  EXPECT_TRUE(writer.begin("canvas/a", {"00000000000000aa", 3, 2, 1}));
  EXPECT_TRUE(writer.event({1, "k1", "ada", Bytes::copy_of(R"({"x":1})")}));
  EXPECT_TRUE(writer.event({2, "", std::string("\0ä", 3), Bytes::copy_of(std::string_view("\xff\0", 2))}));
  EXPECT_TRUE(writer.snapshot({1, ~std::uint64_t{0}, Bytes::copy_of("state")}));
  EXPECT_TRUE(writer.end());
  EXPECT_TRUE(writer.begin("\xff", {"00000000000000bb", 1, 0, 0}));
  EXPECT_TRUE(writer.end());
  EXPECT_TRUE(writer.finish());
  return out.str();
}

/// What is wrong with an archive; empty if nothing is.
std::string faults_of(const std::string& archive) {
  std::istringstream in(archive);
  CountingVisitor visitor;
  const auto counts = visit_archive(in, visitor, nothing);
  return counts ? "" : counts.error().to_string();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(JournalArchive, is_lines_of_json_that_people_can_read) {
  auto lines = lines_of(written());
  for (const std::size_t end : {5U, 7U}) {
    ASSERT_TRUE(lines.at(end).starts_with(R"({"end":")")) << lines[end];
    lines[end] = R"({"end":"CHECKSUM"})";
  }
  EXPECT_EQ(joined(lines), kArchive);
  EXPECT_EQ(faults_of(written()), "");
}

TEST(JournalArchive, a_line_that_is_damaged_missing_repeated_or_moved_is_found) {
  const auto lines = lines_of(written());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    SCOPED_TRACE(lines[i]);
    auto missing = lines;
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_NE(faults_of(joined(missing)), "");
    auto repeated = lines;
    repeated.insert(repeated.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    EXPECT_NE(faults_of(joined(repeated)), "");
    if (i + 1 < lines.size()) {
      auto moved = lines;
      std::swap(moved[i], moved[i + 1]);
      EXPECT_NE(faults_of(joined(moved)), "");
    }
    for (std::size_t at = 0; at < lines[i].size(); ++at) {
      auto damaged = lines;
      damaged[i][at] = static_cast<char>(damaged[i][at] ^ 1);
      EXPECT_NE(faults_of(joined(damaged)), "") << damaged[i];
    }
  }
  const std::string whole = written();
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) EXPECT_NE(faults_of(whole.substr(0, size)), "") << size;
}

TEST(JournalArchive, what_is_wrong_is_named_with_its_line) {
  EXPECT_EQ(faults_of(""), "corrupt: line 1 of the archive: the archive is cut short");
  EXPECT_EQ(faults_of("{\"troupe_journal\":2}\n"),
            "corrupt: line 1 of the archive: it is not the beginning of an archive of version 1");
  EXPECT_EQ(faults_of("{\"troupe_journal\":1}\nx\n"), "corrupt: line 2 of the archive: it is no JSON object");
  EXPECT_EQ(faults_of(written() + "{}\n"), "corrupt: line 9 of the archive: something follows the last line");
}

/// All that a store has, as an archive.
std::string archive_of(JournalStore& store) {
  std::ostringstream out;
  ArchiveWriter writer(out);
  const auto counts = visit_store(store, writer, nothing);
  EXPECT_TRUE(counts.has_value()) << counts.error().to_string();
  EXPECT_TRUE(writer.finish());
  return out.str();
}

void import(const std::string& archive, JournalStore& store) {
  std::istringstream in(archive);
  StoringVisitor storing(store);
  const auto counts = visit_archive(in, storing, nothing);
  EXPECT_TRUE(counts.has_value()) << counts.error().to_string();
}

TEST(JournalArchive, goes_from_engine_to_engine_and_back_unchanged) {
  const TemporaryDirectory first_directory;
  const TemporaryDirectory second_directory;
  auto first = RocksDbStore::open({.directory = first_directory.path()}).value();
  import(written(), *first);
  // One that takes several pages to read and several commits to write, with a snapshot of several parts.
  StoringVisitor storing(*first);
  ASSERT_TRUE(storing.begin("canvas/long", {"00000000000000cc", 7, 10'000, 5'000}));
  for (auto& event : make_events(1, 10'000)) ASSERT_TRUE(storing.event(std::move(event)));
  ASSERT_TRUE(storing.snapshot({5'000, 1, Bytes::copy_of(std::string(2U << 20U, 's'))}));
  ASSERT_TRUE(storing.end());
  const std::string archive = archive_of(*first);
  EXPECT_EQ(faults_of(archive), "");

  PostgresServer& server = PostgresServer::shared();
  auto postgres =
      PostgresStore::open({.connection = "host=" + server.folder().string() + " " + server.with_new_schema()}, 0);
  ASSERT_TRUE(postgres.has_value()) << postgres.error().to_string();
  import(archive, **postgres);
  EXPECT_TRUE(archive_of(**postgres) == archive);
  EXPECT_EQ((*postgres)->streams("canvas/a", 1).value(), std::vector<std::string>{"canvas/long"});

  auto second = RocksDbStore::open({.directory = second_directory.path()}).value();
  import(archive_of(**postgres), *second);
  EXPECT_TRUE(archive_of(*second) == archive);
  EXPECT_EQ(second->streams("canvas/a", 1).value(), std::vector<std::string>{"canvas/long"});
}

TEST(JournalArchive, a_journal_that_is_damaged_is_found) {
  const TemporaryDirectory directory;
  {
    auto store = RocksDbStore::open({.directory = directory.path()}).value();
    import(written(), *store);
    store->finish();
  }
  RawDatabase(directory.path()).flip_last_bit("events", std::string("canvas/a\0\0\0\0\0\0\0\0\2", 17));
  auto store = RocksDbStore::open({.directory = directory.path()}).value();
  CountingVisitor visitor;
  const auto counts = visit_store(*store, visitor, nothing);
  ASSERT_FALSE(counts.has_value());
  EXPECT_EQ(counts.error().detail, "event 2 of stream canvas/a: the checksum does not match");
}

}  // namespace
}  // namespace troupe::engine
