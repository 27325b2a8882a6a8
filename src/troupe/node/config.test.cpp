#include "troupe/node/config.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace troupe {
namespace {

/// Only a file with this text; nothing is served, so `data` may be missing.
ConfigSources file(std::string text) {
  return {.file = "troupe.toml", .file_text = std::move(text), .serves_documents = false};
}

std::string problems(const ConfigSources& sources) {
  std::string all;
  for (const ConfigProblem& problem : load_config(sources).problems) all += to_string(problem);
  return all;
}

std::string problems(std::string text) { return problems(file(std::move(text))); }

TEST(Config, a_file_sets_the_options) {
  const Config config = load_config(file(R"(
name = "a"
data = "data"
shards = 4
mailbox_messages_max = 1_000
busy_poll = "50 us"
drain_timeout = "1 min"

[cluster]
listen = "127.0.0.1:7400"
join = ["127.0.0.1:7401", "[::1]:7402"]
channels = ["data parallelism=2", "positions monotonic"]
message_bytes_max = "8 MiB"

[session]
message_bytes_max = "2 MiB"
data_bytes_max = 4096
idle_timeout = "90 s"

[gateway]
permessage_deflate = true

[log]
level = "debug"
format = "json"

[trace]
sample = 0.25
from_clients = false
file = "spans.jsonl"
file_bytes_max = "2 MiB"
)"));
  EXPECT_TRUE(config.problems.empty()) << to_string(config.problems.front());
  const NodeOptions& options = config.options;
  EXPECT_EQ(options.name, "a");
  EXPECT_EQ(options.data, "data");
  EXPECT_EQ(options.shards, 4U);
  EXPECT_EQ(options.trace.sample, 0.25);
  EXPECT_FALSE(options.trace.from_clients);
  EXPECT_EQ(options.spans.path, "spans.jsonl");
  EXPECT_EQ(options.spans.bytes_max, 2U << 20U);
  EXPECT_EQ(options.mailbox_messages_max, 1000U);
  EXPECT_EQ(options.busy_poll, 50us);
  EXPECT_EQ(options.drain_timeout, 60s);
  EXPECT_EQ(options.cluster_listen, "127.0.0.1:7400");
  EXPECT_EQ(options.join, (std::vector<std::string>{"127.0.0.1:7401", "[::1]:7402"}));
  ASSERT_EQ(options.cluster.channels.size(), 2U);
  EXPECT_EQ(options.cluster.channels[0].parallelism, 2U);
  EXPECT_TRUE(options.cluster.channels[1].monotonic);
  EXPECT_EQ(options.cluster.message_bytes_max, 8U << 20U);
  EXPECT_EQ(options.gateway.session.message_bytes_max, 2U << 20U);
  EXPECT_EQ(options.gateway.rest.message_bytes_max, 2U << 20U) << "REST has the limits of a session";
  EXPECT_EQ(options.gateway.rest.data_bytes_max, 4096U);
  EXPECT_EQ(options.gateway.idle_timeout, 90s);
  EXPECT_TRUE(options.gateway.permessage_deflate);
  EXPECT_EQ(options.log_level, LogLevel::kDebug);
  EXPECT_TRUE(options.log_json);
}

TEST(Config, flags_win_over_the_environment_and_that_over_the_file) {
  ConfigSources sources = file("name = \"file\"\ndata = \"file\"\nhttp.listen = \"127.0.0.1:1\"\nshards = 1");
  sources.environment = {
      {"TROUPE_DATA", "environment"}, {"TROUPE_HTTP_LISTEN", "127.0.0.1:2"}, {"TROUPE_SHARDS", ""}, {"HOME", "/"}};
  sources.flags = {
      {"http.listen", "127.0.0.1:3"}, {"cluster.listen", "127.0.0.1:5"}, {"cluster.join", "127.0.0.1:7, 127.0.0.1:8"}};
  const Config config = load_config(sources);
  EXPECT_TRUE(config.problems.empty()) << to_string(config.problems.front());
  EXPECT_EQ(config.options.name, "file");
  EXPECT_EQ(config.options.data, "environment");
  EXPECT_EQ(config.options.http_listen, "127.0.0.1:3");
  EXPECT_EQ(config.options.shards, 1U) << "an empty variable counts as not set";
  EXPECT_EQ(config.options.join, (std::vector<std::string>{"127.0.0.1:7", "127.0.0.1:8"}));

  std::string changed;
  for (const ChangedSetting& setting : changed_settings(config)) {
    changed += setting.key + " = " + setting.value + " (" + setting.origin + ")\n";
  }
  EXPECT_EQ(changed,
            "name = \"file\" (troupe.toml:1:8)\n"
            "data = \"environment\" (environment TROUPE_DATA)\n"
            "shards = 1 (troupe.toml:4:10)\n"
            "cluster.listen = \"127.0.0.1:5\" (--cluster)\n"
            "cluster.join = [\"127.0.0.1:7\", \"127.0.0.1:8\"] (--join)\n"
            "http.listen = \"127.0.0.1:3\" (--http)\n");
}

TEST(Config, all_mistakes_are_reported_at_once) {
  EXPECT_EQ(problems(R"(name = ""
shrads = 4
shards = "4"

[cluster]
listen = "127.0.0.1"
join = ["127.0.0.1:7401", "b:99999"]
channels = ["bulk parallelism=129"]
heartbeat_interval = 500

[session]
message_bytes_max = "1 KB"
[htpp]
listen = "127.0.0.1:80"
)"),
            R"(troupe.toml:1:8: error: name: it is empty
  remedy: give a name
troupe.toml:2:1: error: there is no key "shrads"
  remedy: did you mean shards?
troupe.toml:3:10: error: shards: text does not belong here
  remedy: write it as in shards = 0
troupe.toml:6:10: error: cluster.listen: '127.0.0.1' is not host:port: the port is missing
  remedy: write host:port, as in "127.0.0.1:7400" or "[::1]:7400", with a port from 0 to 65535
troupe.toml:7:27: error: cluster.join: 'b:99999' is not host:port: the port is a number from 0 to 65535
  remedy: write host:port, as in "127.0.0.1:7400" or "[::1]:7400", with a port from 0 to 65535
troupe.toml:8:13: error: cluster.channels: 'parallelism=129' is no setting of a channel: there are monotonic, parallelism=0 to 128, queue_bytes=64KiB to 64GiB, queue_messages=1 to 4294967296, priority=0 to 255, when_full=refuse, drop_newest or drop_oldest, compression=none, lz4 or zstd, choice=affinity, random or round_robin
  remedy: write the name, then its settings, as in "bulk parallelism=4"
troupe.toml:9:22: error: cluster.heartbeat_interval: "500" is not a duration: the unit is missing
  remedy: write a number and its unit (ms, s, min or h), as in "500 ms" or "5 min"
troupe.toml:12:21: error: session.message_bytes_max: "1 KB" is not a size: there is no unit "KB"
  remedy: write a number and its unit (B, KiB, MiB or GiB), as in "64 KiB"
troupe.toml:14:1: error: there is no key "htpp.listen"
  remedy: did you mean http.listen?
)");
}

TEST(Config, what_is_not_toml_is_shown_where_it_ends) {
  EXPECT_EQ(problems("name = \"a\"\nlevel = debug\n"),
            "troupe.toml:2:9: error: this is not TOML: Error while parsing value: could not determine value type\n"
            "  remedy: mend the line; text stands in quotes, as in name = \"a\"\n");
  EXPECT_EQ(problems(""), "");
}

TEST(Config, depth_and_length_are_bounded) {
  std::string deep = "a";
  for (int i = 0; i < 1'900; ++i) deep += ".a";
  EXPECT_EQ(problems("\n" + deep + " = 1").substr(0, 37), "troupe.toml:2:15: error: there is no ");
  EXPECT_EQ(problems("\n" + deep + deep + " = 1"),
            "troupe.toml:2:1: error: this is not TOML: the file has too many dotted keys\n"
            "  remedy: mend the line; text stands in quotes, as in name = \"a\"\n");
  EXPECT_NE(problems("a = " + std::string(1'000, '[')), "");
  std::string list;
  for (int i = 0; i < 1'000; ++i) list += "\"10.0.0.1:7400\", ";
  EXPECT_EQ(load_config(file("cluster.join = [" + list + "]")).options.join.size(), 1'000U);
}

TEST(Config, tables_and_keys_are_not_mixed_up) {
  EXPECT_EQ(problems("cluster = 3"),
            "troupe.toml:1:1: error: cluster is a table, not a key\n  remedy: write [cluster] on a line, and its keys "
            "below\n");
  EXPECT_EQ(problems("[cluster]"), "");
  EXPECT_EQ(problems("[clutser]"),
            "troupe.toml:1:2: error: there is no table \"clutser\"\n  remedy: did you mean [cluster]?\n");
  EXPECT_EQ(problems("http.port = 80"),
            "troupe.toml:1:6: error: there is no key \"http.port\"\n  remedy: [http] has the keys listen, advertise, "
            "web_root, allowed_origins\n");
  EXPECT_EQ(
      problems("listen = \"a:1\""),
      "troupe.toml:1:1: error: there is no key \"listen\"\n  remedy: did you mean cluster.listen or http.listen?\n");
  EXPECT_EQ(problems("colour = 1"),
            "troupe.toml:1:1: error: there is no key \"colour\"\n  remedy: docs/configuration.md lists all keys\n");
}

TEST(Config, a_value_of_the_wrong_type_shows_the_right_one) {
  EXPECT_EQ(problems("http.allowed_origins = \"https://a.org\""),
            "troupe.toml:1:24: error: http.allowed_origins: text does not belong here\n"
            "  remedy: write it as in allowed_origins = [\"https://example.org\"]\n");
  EXPECT_EQ(problems("cluster.join = [7400]"),
            "troupe.toml:1:17: error: cluster.join: a whole number does not belong here\n"
            "  remedy: write it as in join = [\"10.0.0.1:7400\", \"10.0.0.2:7400\"]\n");
  EXPECT_EQ(problems("gateway.permessage_deflate = 1"),
            "troupe.toml:1:30: error: gateway.permessage_deflate: a whole number does not belong here\n"
            "  remedy: write it as in permessage_deflate = false\n");
  EXPECT_EQ(problems("log.level = \"warn\""),
            "troupe.toml:1:13: error: log.level: there is no \"warn\"\n  remedy: choose one of debug, info, warning, "
            "error\n");
  EXPECT_EQ(problems("log.level = \"eror\""),
            "troupe.toml:1:13: error: log.level: there is no \"eror\"\n  remedy: did you mean \"error\"? There are "
            "debug, info, warning, error\n");
}

TEST(Config, mistakes_of_flags_and_environment_name_them) {
  ConfigSources sources = file("");
  sources.environment = {
      {"TROUPE_SHARDS", "many"}, {"TROUPE_HTTP_LISTN", "x"}, {"TROUPE_CONFIG", "troupe.toml"}, {"TROUPE_TOKEN", "x"}};
  sources.flags = {{"http.listen", "8080"}, {"gateway.permessage_deflate", "yes"}};
  EXPECT_EQ(problems(sources),
            R"(environment TROUPE_HTTP_LISTN: warning: this variable is none of Troupe's, and is ignored
  remedy: did you mean TROUPE_HTTP_LISTEN?
environment TROUPE_SHARDS: error: shards: "many" is not a whole number
  remedy: write digits only, as in 1000 or 1_000
--gateway-permessage-deflate: error: gateway.permessage_deflate: "yes" is neither true nor false
  remedy: write true or false
--http: error: http.listen: '8080' is not host:port: the port is missing
  remedy: write host:port, as in "127.0.0.1:7400" or "[::1]:7400", with a port from 0 to 65535
)");
}

TEST(Config, a_file_that_cannot_be_read_is_an_error) {
  EXPECT_EQ(problems(ConfigSources{.file = "not/there.toml", .serves_documents = false}),
            "not/there.toml: error: the file cannot be read: No such file or directory\n"
            "  remedy: give the path of a TOML file that this user may read\n");
  EXPECT_EQ(problems(ConfigSources{.file = std::filesystem::temp_directory_path().string(), .serves_documents = false})
                    .find("cannot be read: Is a directory") == std::string::npos,
            false);
  EXPECT_EQ(problems(file(std::string((1U << 20U) + 1, '\n'))),
            "troupe.toml: error: the file is larger than 1 MiB\n  remedy: give a configuration\n");
}

TEST(Config, hostile_keys_and_values_are_shown_harmlessly) {
  for (const std::string& text : {std::string("\"\\u001b[2J\" = 1"), std::string("cluster.listen = \"\\u001b[2J\""),
                                  std::string("log.level = \"\\u0007\""), std::string("cluster.join = [\"\\u001b:1\"]"),
                                  std::string("data = \"\\u0000\""), std::string("drain_timeout = \"\\u001b\"")}) {
    const std::string shown = problems(text);
    EXPECT_NE(shown, "");
    EXPECT_EQ(shown.find_first_of(std::string("\x1b\x07\x00", 3)), std::string::npos) << shown;
  }
}

}  // namespace
}  // namespace troupe
