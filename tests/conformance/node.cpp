// A real node of the suite: commands for its speaker come on stdin, and what the speaker writes down goes to stdout, a
// line each. `leave` says goodbye; the end of stdin, with the test that is gone, ends it too.
//
//     conformance-node NAME OVERLAY ADDRESS server|client JOIN...
#include <chrono>
#include <iostream>
#include <string>

#include "speaker.hpp"
#include "troupe/node/node.hpp"

int main(int argc, char** argv) {
  using namespace troupe;  // NOLINT(google-build-using-namespace): a program of one file.
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 4) {
    std::cerr << "usage: conformance-node NAME OVERLAY ADDRESS server|client JOIN...\n";
    return 2;
  }
  NodeOptions options{.name = words[0],
                      .cluster_listen = words[2],
                      .join = {words.begin() + 4, words.end()},
                      .is_server = words[3] == "server",
                      .shards = 2,
                      .log_level = LogLevel::kWarning};
  options.cluster.overlay.name = words[1];
  Node node(options);
  if (const auto started = node.start(); !started) {
    std::cerr << started.error().to_string() << '\n';
    return 1;
  }
  const auto speaker =
      node.spawn<conformance::Speaker>({.name = conformance::kSpeakerName}, node.name(),
                                       [](const std::string& line) { std::cout << line << std::endl; });
  if (!speaker) return 1;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "leave") break;
    (void)node.tell(*speaker, conformance::Command{line});
  }
  node.stop();
  return 0;
}
