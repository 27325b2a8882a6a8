#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "troupe/node/config.hpp"

namespace troupe {
namespace {

std::string problems(std::string text) {
  std::string all;
  for (const ConfigProblem& problem : load_config({.file = "f", .file_text = "data = \"/tmp\"\n" + text}).problems) {
    all += to_string(problem);
  }
  return all;
}

const std::string kListen = "cluster.listen = \"127.0.0.1:7400\"\n";

TEST(ConfigJournal, several_nodes_on_one_machines_disks_have_to_be_wanted) {
  const std::string lost =
      "error: journal.durability: several nodes own documents, and the engine rocksdb keeps each on one machine: with "
      "that machine, acknowledged events would be lost\n"
      "  remedy: give journal.engine = \"postgres\", or say that this is wanted: journal.durability = \"node\"\n";
  EXPECT_EQ(problems(""), "");
  EXPECT_EQ(problems(kListen), "");
  const std::string join = kListen + "cluster.join = [\"127.0.0.1:7401\"]\n";
  EXPECT_EQ(problems(join), "f: " + lost);
  EXPECT_EQ(problems(join + "journal.durability = \"cluster\""), "f:4:22: " + lost);
  EXPECT_EQ(problems(join + "journal.durability = \"node\""), "");
  EXPECT_EQ(problems(join + "journal.engine = \"postgres\"\njournal.connection = \"host=db\""), "");
  EXPECT_EQ(problems(join + "document.nodes = [\"127.0.0.1:7400\"]"), "") << "one of them owns all";
  EXPECT_EQ(problems(kListen + "document.nodes = [\"127.0.0.1:7400\", \"127.0.0.1:7401\"]"), "f: " + lost);
  EXPECT_TRUE(problems(kListen + "cluster.discover = [\"file:/nodes\"]").contains(lost));
}

TEST(ConfigJournal, what_serves_no_documents_keeps_none) {
  const Config config =
      load_config({.file_text = kListen + "cluster.join = [\"127.0.0.1:7401\"]\n", .serves_documents = false});
  EXPECT_TRUE(config.problems.empty());
}

TEST(ConfigJournal, postgres_needs_a_connection_and_no_directory) {
  EXPECT_EQ(problems("journal.engine = \"postgres\""),
            "f: error: journal.connection: the engine postgres needs to know where its database is\n"
            "  remedy: give it as in \"host=db1,db2 dbname=troupe user=troupe\"\n");
  const Config config = load_config(
      {.file_text = "journal.engine = \"postgres\"\njournal.connection = \"host=db1,db2\"\njournal.writers = 8\n"
                    "journal.retry_max = \"1 s\""});
  EXPECT_TRUE(config.problems.empty()) << to_string(config.problems.front());
  EXPECT_EQ(config.options.journal.engine, JournalOptions::Engine::kPostgres);
  EXPECT_EQ(config.options.journal.connection, "host=db1,db2");
  EXPECT_EQ(config.options.journal.writers, 8U);
  EXPECT_EQ(config.options.journal.retry_max, 1s);
}

TEST(ConfigJournal, a_password_stands_in_a_file_alone_and_is_never_shown) {
  for (const char* connection : {"host=db password=geheim", "postgresql://troupe:geheim@db/troupe"}) {
    const std::string said =
        problems("journal.engine = \"postgres\"\njournal.connection = \"" + std::string(connection) + "\"");
    EXPECT_TRUE(said.starts_with("f:3:22: error: journal.connection: it holds a password")) << said;
    EXPECT_FALSE(said.contains("geheim"));
  }
  EXPECT_FALSE(problems("journal.engine = \"postgres\"\njournal.connection = \"host=db geheim\"").contains("geheim"));

  const auto file = std::filesystem::temp_directory_path() / "troupe-config-journal-password";
  std::ofstream(file) << "geheim, and long enough\n";
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  const Config config = load_config({.flags = {{"journal.engine", "postgres"},
                                               {"journal.connection", "host=db"},
                                               {"journal.password_file", file.string()}}});
  EXPECT_TRUE(config.problems.empty()) << to_string(config.problems.front());
  EXPECT_EQ(config.options.journal.password, "geheim, and long enough");
  for (const ChangedSetting& setting : changed_settings(config)) EXPECT_FALSE(setting.value.contains("geheim"));
  std::filesystem::remove(file);
}

TEST(ConfigJournal, what_rocksdb_does_not_know_is_said) {
  EXPECT_EQ(problems("journal.writers = 3"),
            "f:2:19: warning: journal.writers: this has no effect with the engine rocksdb\n"
            "  remedy: leave it out, or give journal.engine = \"postgres\"\n");
  EXPECT_EQ(problems("journal.engine = \"sqlite\""),
            "f:2:18: error: journal.engine: there is no \"sqlite\"\n  remedy: choose one of rocksdb, postgres\n");
  EXPECT_TRUE(problems("journal.engine = \"postgres\"\njournal.connection = \"host=a\"\njournal.retry_max = \"10 ms\"")
                  .contains("journal.retry_max: the longest pause is shorter than the first one"));
}

}  // namespace
}  // namespace troupe
