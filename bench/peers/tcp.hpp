#pragma once

#include "bench/exchange.hpp"

/// What `bench echo` compares with as the limit: the very same exchange (sizes, pairs, messages under way, connections)
/// by two programs that do nothing else. One thread each, poll and non-blocking calls, or, where one connection is all
/// there is to wait for, a blocking one. No encoding, no actors, no flow control but the kernel's, no memory for what
/// arrives. Whatever may be sent goes into as few calls as possible; large messages go in chunks, between which the
/// small ones go first.
namespace troupe::bench {

/// Prints its address, serves as many connections as the role says, and ends with the last of them.
int run_tcp_server(const EchoRole& role);
/// Prints the result.
int run_tcp_client(const EchoRole& role);

}  // namespace troupe::bench
