#include "troupe/node/journal/config_journal.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "troupe/engine/postgres/postgres_address.hpp"

namespace troupe::config {

namespace {

class JournalChecks {
 public:
  JournalChecks(Config& config, const std::set<std::string>& mistaken, const std::string& nowhere)
      : config_(config), options_(config.options), mistaken_(mistaken), nowhere_(nowhere) {}

  void run() {
    if (!readable({"journal.engine"})) return;
    if (options_.journal.engine == JournalOptions::Engine::kPostgres) {
      connection();
    } else {
      directory();
      one_machine();
      only_for_postgres({"journal.connection", "journal.password_file", "journal.connect_timeout",
                         "journal.answer_timeout", "journal.retry_min", "journal.retry_max", "journal.writers"});
    }
    if (options_.journal.retry_max < options_.journal.retry_min &&
        readable({"journal.retry_min", "journal.retry_max"})) {
      report(true, "journal.retry_max", "the longest pause is shorter than the first one, journal.retry_min",
             "give as much or more");
    }
  }

 private:
  void directory() {
    if (!options_.data.empty() || !readable({"data"})) return;
    report(true, "data", "documents need a directory for their journal",
           "give data, as in \"/var/lib/troupe\" (flag --data)");
  }

  /// Each event is on the disk of its document's owner alone.
  void one_machine() {
    if (options_.journal.durability == JournalOptions::Durability::kNode ||
        !readable({"journal.durability", "cluster.join", "cluster.discover", "document.nodes"})) {
      return;
    }
    const bool is_alone = options_.document_nodes.empty() ? options_.join.empty() && options_.discovery.sources.empty()
                                                          : options_.document_nodes.size() == 1;
    if (is_alone) return;
    report(true, "journal.durability",
           "several nodes own documents, and the engine rocksdb keeps each on one machine: with that machine, "
           "acknowledged events would be lost",
           "give journal.engine = \"postgres\", or say that this is wanted: journal.durability = \"node\"");
  }

  void connection() {
    const std::string& connection = options_.journal.connection;
    if (!readable({"journal.connection"})) return;
    if (connection.empty()) {
      return report(true, "journal.connection", "the engine postgres needs to know where its database is",
                    "give it as in \"host=db1,db2 dbname=troupe user=troupe\"");
    }
    const auto hosts = engine::hosts_of({.connection = connection});
    if (!hosts) return report(true, "journal.connection", hosts.error().detail, "correct it");
    if (hosts->front().contains("password")) {
      report(true, "journal.connection", "it holds a password, which would be shown where settings are",
             "put the password into a file of its own, and give journal.password_file");
    }
  }

  void only_for_postgres(std::initializer_list<std::string> keys) {
    for (const std::string& key : keys) {
      if (!config_.origins.contains(key)) continue;
      report(false, key, "this has no effect with the engine rocksdb",
             "leave it out, or give journal.engine = \"postgres\"");
    }
  }

  void report(bool is_error, const std::string& key, std::string_view text, std::string_view remedy) {
    const auto origin = config_.origins.find(key);
    config_.problems.push_back({is_error, origin == config_.origins.end() ? nowhere_ : origin->second,
                                fmt::format("{}: {}", key, text), std::string(remedy)});
  }

  bool readable(std::initializer_list<std::string> keys) const {
    return std::ranges::none_of(keys, [this](const std::string& key) { return mistaken_.contains(key); });
  }

  Config& config_;
  const NodeOptions& options_;
  const std::set<std::string>& mistaken_;
  const std::string& nowhere_;
};

}  // namespace

void check_journal(Config& config, const std::set<std::string>& mistaken, const std::string& nowhere) {
  JournalChecks(config, mistaken, nowhere).run();
}

}  // namespace troupe::config
