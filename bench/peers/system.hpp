#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/peers/child_process.hpp"

namespace troupe::bench {

/// How a process of a system runs.
struct Setting {
  std::string host = "127.0.0.1";
  std::uint32_t threads = 1;       ///< That run actors.
  std::uint32_t busy_poll_us = 0;  ///< 0: it sleeps when it has nothing to do.
};

/// A system that does the same work as another: how its programs are started. README.md says how each is tuned.
class System {
 public:
  virtual ~System() = default;

  /// The program for `role`, to which the caller adds the words of what it is to do: `echo-server` and `echo-client`
  /// (words_of in exchange.hpp), of which the server is asked for first, `actors` (words_of in actors_work.hpp), or
  /// `node` (nodes/nodes.cpp).
  virtual Command command(const std::string& role, const Setting& setting) = 0;

  /// Whether it can have several connections between two nodes.
  virtual bool parallel() const = 0;
};

/// `troupe` and `tcp` are this program. Each of these throws std::runtime_error, with what to do about it, if the
/// system is not installed.
std::unique_ptr<System> make_system(const std::string& name);
/// Not tuned: as it comes, for what is measured with many nodes.
std::unique_ptr<System> make_erlang(bool is_tuned);
std::unique_ptr<System> make_caf();

/// Whether it is another runtime for actors, and not the least that a piece of work costs.
inline bool is_peer(const std::string& system) { return system.starts_with("erlang") || system == "caf"; }

}  // namespace troupe::bench
