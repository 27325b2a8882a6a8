#include "check_command.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace troupe::server {
namespace {

ConfigFlags parse(std::vector<std::string> arguments) {
  CLI::App app;
  ConfigFlags flags;
  add_check_command(app, flags);
  std::ranges::reverse(arguments);  // As CLI11 takes them.
  app.parse(arguments);
  return flags;
}

TEST(CheckCommand, flags_are_taken_by_key) {
  const ConfigFlags flags =
      parse({"check", "--http", "127.0.0.1:80", "--join", "a:1,b:2", "--join", "[::1]:3", "--name", "x", "--name=y",
             "--gateway-permessage-deflate", "--cluster-silence-timeout", "5 s", "--data", "", "f.toml"});
  EXPECT_EQ(flags.file, "f.toml");
  EXPECT_EQ(flags.values, (std::map<std::string, std::string>{{"http.listen", "127.0.0.1:80"},
                                                              {"cluster.join", "a:1,b:2,[::1]:3"},
                                                              {"name", "y"},
                                                              {"gateway.permessage_deflate", "true"},
                                                              {"cluster.silence_timeout", "5 s"},
                                                              {"data", ""}}));
}

TEST(CheckCommand, mistakes_are_explained) {
  std::ostringstream out;
  EXPECT_EQ(
      check_command({.file = "f.toml", .file_text = "nmae = \"a\"\nshards = 5000", .serves_documents = false}, out), 1);
  EXPECT_EQ(out.str(),
            "f.toml:1:1: error: there is no key \"nmae\"\n"
            "  remedy: did you mean name?\n"
            "f.toml:2:10: error: shards: 5000 is too much\n"
            "  remedy: give 0 to 1024\n"
            "2 errors\n");
}

TEST(CheckCommand, what_is_fine_is_shown) {
  std::ostringstream out;
  EXPECT_EQ(check_command({.file = "f.toml",
                           .file_text = "name = \"a\"\nsession.idle_timeout = \"2 s\"",
                           .flags = {{"shards", "2"}},
                           .serves_documents = false},
                          out),
            0)
      << "a warning is no error";
  EXPECT_EQ(out.str(),
            "f.toml:2:24: warning: session.idle_timeout: a client has only 1 s, half of it, to answer a ping: a phone "
            "that is slow for a "
            "moment is cut off\n"
            "  remedy: give at least 4 s; 60 s is usual\n"
            "f.toml is fine\n"
            "These settings are not the default:\n"
            "  name = \"a\"  (f.toml:1:8)\n"
            "  shards = 2  (--shards)\n"
            "  session.idle_timeout = \"2 s\"  (f.toml:2:24)\n");
}

}  // namespace
}  // namespace troupe::server
