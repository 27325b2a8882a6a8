#pragma once

#include "troupe/base/time.hpp"

namespace troupe::runtime {

/// How a node makes and ends its connections to other nodes.
struct TcpOptions {
  Duration connect_timeout = 5s;  ///< Name resolution included.
  Duration linger = 1s;           ///< How long Connection::finish waits for the peer to read the rest and close.
  Duration accept_pause = 100ms;  ///< Before accepting again, when the process has no file descriptor or memory left.
};

}  // namespace troupe::runtime
