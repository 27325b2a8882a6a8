#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/error.hpp"

namespace troupe::cluster {

/// One byte stream to a peer: a TCP connection in the runtime, a simulated one in the simulator. Ordered until it
/// breaks; what was not delivered by then is lost. It belongs to one shard and is used on its thread only. Destroying
/// it cuts the connection at once.
class Connection {
 public:
  virtual ~Connection() = default;

  /// What the owner is told, on the shard's thread, after the shard's time was set. Never called from within `write`,
  /// `finish` or the destructor, and never after `on_end`.
  class Events {
   public:
    virtual ~Events() = default;
    virtual void on_bytes(Bytes bytes) = 0;
    /// Where the bytes that come next belong, if the owner knows. They may be read right there, up to so many, and are
    /// then told by `on_placed`; no other event comes between.
    virtual std::span<std::byte> place() { return {}; }
    virtual void on_placed(std::size_t /*size*/) {}
    /// The peer closed, or the connection broke: `cause` is for the log.
    virtual void on_end(std::string_view cause) = 0;
  };

  /// Sets who is told. Called once, before the connection gives anything.
  virtual void start(Events& events) = 0;

  /// Takes the pieces (leaves the vector empty) and sends them in order. Never blocks; what cannot leave yet waits
  /// inside.
  virtual void write(std::vector<Bytes>& pieces) = 0;

  /// Taken by `write` and not yet by the operating system. The owner cuts a connection where it grows too large.
  virtual std::size_t unsent_bytes() const = 0;

  /// Ends in good order: sends what waits, then closes the sending side, discards what still comes, and closes when the
  /// peer does or after one second. No events from here on, and the connection looks after itself: the owner destroys
  /// this object right after.
  virtual void finish() = 0;

  /// A connection between two shards. Destroying it cuts the connection.
  class Parted {
   public:
    virtual ~Parted() = default;
  };

  /// Takes the connection off this shard, with what it has not sent yet, for `Network::adopt` of another shard of the
  /// node. No events from here on; the owner destroys this object later.
  virtual std::unique_ptr<Parted> part() = 0;

  /// "127.0.0.1:51234", for logs.
  virtual std::string peer_address() const = 0;

  /// Whether the peer may claim to be reached at "host:port": in TLS, whether its certificate names the host. Where
  /// nothing can tell, it may.
  virtual bool proves_address(std::string_view /*address*/) const { return true; }
};

/// How a shard opens connections. Listening is the world's own business: it hands each accepted connection to
/// `Lanes::on_accept`.
class Network {
 public:
  virtual ~Network() = default;

  using Connected = std::move_only_function<void(Result<std::unique_ptr<Connection>>)>;

  /// Opens a connection to "host:port". `connected` is called once on this shard's thread, never from within `connect`,
  /// with `unreachable` if it cannot be had within the runtime's connect timeout (default 5 s).
  virtual void connect(const std::string& address, Connected connected) = 0;

  /// A connection that another shard of this node has parted with; `start` is to be called on it.
  virtual std::unique_ptr<Connection> adopt(std::unique_ptr<Connection::Parted> parted) = 0;

  /// Fills the bytes from a secure source (the simulator: from its seed).
  virtual void secure_random(std::span<std::byte> bytes) = 0;
};

}  // namespace troupe::cluster
