#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "troupe/session/action.hpp"

namespace troupe::session {

/// The way back to one client, on the session's shard. The gateway implements it over a WebSocket, tests and the
/// simulator by themselves.
class ClientSocket {
 public:
  virtual ~ClientSocket() = default;
  /// Queues one message. A client that reads too slowly is closed by the socket itself, which then reports it gone.
  virtual void send(Text text) = 0;
  /// Whether so much waits for the client already that old events, which it lacks, shall wait too: they come faster
  /// than a network takes them, and would make a client that reads well look like one that does not.
  virtual bool is_backed_up() const { return false; }
  /// Closes after what was queued before.
  virtual void close(std::uint16_t code, const std::string& reason) = 0;
  /// A message of the client, of so many bytes, was handled. Who reads from a network bounds with it what waits in the
  /// session's mailbox.
  virtual void handled(std::size_t text_bytes) { (void)text_bytes; }
};

}  // namespace troupe::session
