#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace troupe::overlay {

/// The file with the outputs that the code gives now. Lines that are neither a command nor its output are kept.
template <class Story>
std::string replay(std::istream& in) {
  std::string result;
  Story story;
  bool in_output = false;
  for (std::string line; std::getline(in, line);) {
    if (in_output) {
      in_output = !line.empty();
      if (!in_output) result += "\n";
      continue;
    }
    if (line == "----") {
      in_output = true;
      continue;
    }
    result += line + "\n";
    if (line.empty() || line.starts_with("#")) continue;
    const std::string output = story.run(line);
    if (!output.empty()) result += "----\n" + output;
    // An empty line ends the output.
    if (!output.empty() && in.peek() != '-' && in.peek() != '\n') result += "\n";
  }
  return result;
}

/// Checks that the story in testdata/<name>.txt still gives what it says. TROUPE_REWRITE=1 writes it anew.
template <class Story>
void check_story(const std::string& name) {
  const auto overlay = std::filesystem::path(__FILE__).parent_path().parent_path();
  const auto path = overlay / "testdata" / (name + ".txt");
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::stringstream told;
  told << file.rdbuf();
  const std::string now = replay<Story>(told);
  if (std::getenv("TROUPE_REWRITE") != nullptr) {
    std::ofstream(path) << now;
  } else {
    EXPECT_EQ(now, told.str()) << "TROUPE_REWRITE=1 rewrites " << path;
  }
}

}  // namespace troupe::overlay
