#pragma once

#include <cstdint>
#include <string>

namespace troupe::server {

struct DemoOptions {
  std::uint32_t nodes = 1;
  std::string host = "127.0.0.1";  ///< Where clients reach the nodes.
  std::uint16_t http_port =
      8080;  ///< Of the first node; the next ones have the next ports. 0: any free one (one node only).
  std::uint16_t cluster_port = 7400;  ///< The same for the cluster, on 127.0.0.1.
  std::string overlay;                ///< Who is linked with whom, as cluster.overlay says; empty: its default.
  std::string data = "data";
  std::string journal = "postgres";  ///< Of several nodes: a database of the demo's own, or "rocksdb".
  bool open_browser = true;
  bool admin = false;  ///< Also the page for operators, with a token that is printed.
};

/// `troupe demo`: one node in this process, or several as child processes with a table of them. Until Ctrl-C. Returns
/// the exit code.
int demo(const DemoOptions& options);

}  // namespace troupe::server
