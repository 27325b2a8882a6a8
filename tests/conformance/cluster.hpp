#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "troupe/base/time.hpp"

namespace troupe::conformance {

inline constexpr unsigned kNodes = 5;

inline std::string node_name(unsigned node) { return "n" + std::to_string(node); }

/// Whom a node joins: all others; in a static overlay the next one, so that the nodes stand in a line.
inline std::vector<unsigned> joins(const std::string& overlay, unsigned node) {
  std::vector<unsigned> others;
  for (unsigned other = 0; other < kNodes; ++other) {
    if (other != node && (overlay != "static" || other == node + 1)) others.push_back(other);
  }
  return others;
}

/// In client_server the first two are servers.
inline bool is_server(unsigned node) { return node < 2; }

/// Five nodes with a speaker on each (speaker.hpp), in one of two worlds.
class Cluster {
 public:
  virtual ~Cluster() = default;

  /// A node that does not run; each start is a new life.
  virtual void start(unsigned node) = 0;
  /// It fails, and does not say so.
  virtual void kill(unsigned node) = 0;
  /// It says goodbye, and ends.
  virtual void leave(unsigned node) = 0;

  /// To the node's speaker.
  virtual void say(unsigned node, const std::string& command) = 0;
  /// What the node's speaker has written down since it started.
  virtual const std::vector<std::string>& heard(unsigned node) = 0;

  /// Lets the world go on until `reached`; false if `within`, of its own time, passes first.
  virtual bool run_until(const std::function<bool()>& reached, Duration within) = 0;
};

std::unique_ptr<Cluster> make_simulated_cluster(const std::string& overlay, std::uint64_t seed);
std::unique_ptr<Cluster> make_process_cluster(const std::string& overlay);

}  // namespace troupe::conformance
