#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "troupe/node/config.hpp"
#include "troupe/node/config_setting.hpp"

namespace troupe {
namespace {

const std::filesystem::path kRoot = std::filesystem::path(__FILE__).parent_path() / "../../..";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Compares a file that is made from the settings, or makes it anew.
void check_made(const std::filesystem::path& path, const std::string& expected) {
  if (std::getenv("TROUPE_REWRITE") != nullptr) {
    std::ofstream(path) << expected;
  } else {
    EXPECT_EQ(content_of(path), expected) << "TROUPE_REWRITE=1 rewrites " << path;
  }
}

TEST(ConfigReference, the_page_has_every_setting) {
  const std::filesystem::path path = kRoot / "docs/configuration.md";
  const std::string page = content_of(path);
  const std::string begin = "<!-- Made from src/troupe/node/config_settings.cpp: change it there. -->\n\n";
  const std::size_t at = page.find(begin);
  ASSERT_NE(at, std::string::npos);
  check_made(path, page.substr(0, at + begin.size()) + render_reference());
}

TEST(ConfigReference, the_sample_has_every_setting) { check_made(kRoot / "packaging/troupe.toml", render_sample()); }

TEST(ConfigReference, the_sample_has_no_problem_and_changes_nothing) {
  const std::string sample = content_of(kRoot / "packaging/troupe.toml");
  std::string uncommented;
  std::istringstream lines(sample);
  for (std::string line; std::getline(lines, line);) {
    uncommented += (line.size() > 1 && line[0] == '#' && line[1] != ' ' ? line.substr(1) : line) + "\n";
  }
  for (const std::string& text : {sample, uncommented}) {
    const Config config = load_config({.file_text = text, .serves_documents = false});
    EXPECT_TRUE(config.problems.empty()) << to_string(config.problems.front());
    EXPECT_TRUE(changed_settings(config).empty()) << changed_settings(config).front().key;
  }
  EXPECT_EQ(load_config({.file_text = uncommented, .serves_documents = false}).origins.size(),
            config::settings().size());
}

TEST(ConfigReference, keys_flags_and_variables_are_unique) {
  std::set<std::string> seen;
  for (const config::Setting& setting : config::settings()) {
    for (const std::string& name : {setting.key, setting.flag, setting.variable}) {
      EXPECT_TRUE(seen.insert(name).second) << name;
    }
    EXPECT_FALSE(setting.help.ends_with('.')) << setting.key;
    EXPECT_EQ(config::find_setting(setting.key), &setting);
  }
  EXPECT_EQ(config::find_setting("cluster.listen")->flag, "--cluster");
  EXPECT_EQ(config::find_setting("cluster.listen")->variable, "TROUPE_CLUSTER_LISTEN");
  EXPECT_EQ(config::find_setting("session.queue_bytes_max")->flag, "--session-queue-bytes-max");
}

TEST(ConfigReference, every_setting_has_a_field_of_its_own) {
  // A change of one changes no other.
  for (const config::Setting& setting : config::settings()) {
    Config config;
    std::size_t index = 0;
    for (const char* text : {"127.0.0.1:9", "17", "1 s", "3 s", "1 MiB", "3 MiB", "true", "false", "0.5", "json",
                             "error", "ring", "client", "https://a.org", "file:/a", "postgres", "node"}) {
      const std::string before = config::render(setting, config);
      if (!config::assign(setting, {text}, config, index) && config::render(setting, config) != before) break;
    }
    const auto changed = changed_settings(config);
    ASSERT_EQ(changed.size(), 1U) << setting.key;
    EXPECT_EQ(changed.front().key, setting.key);
  }
}

}  // namespace
}  // namespace troupe
