#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "troupe/session/session_actor.hpp"
#include "troupe/sim/world.hpp"

namespace troupe::sim {

/// What a client has seen of one event.
struct SeenEvent {
  std::uint64_t seq = 0;
  std::string key;
  std::string data;
};

/// A client of a simulated cluster, as docs/protocol.md tells one to be: it speaks JSON with a session of some node,
/// resumes with `after` when the node is gone, and sends again with the same key until it has an ack. It notes every
/// breach of the protocol.
class SimClient {
 public:
  SimClient(World& world, std::string name, std::string topic);
  ~SimClient();
  SimClient(const SimClient&) = delete;
  SimClient& operator=(const SimClient&) = delete;

  /// Wants one more event stored; sends it when it can.
  void send();
  /// To be called from time to time: connects, joins, sends what is due.
  void act();
  /// Drops the connection.
  void disconnect();

  std::size_t unacknowledged() const { return wanted_.size(); }
  const std::map<std::string, std::uint64_t>& acknowledged() const { return acknowledged_; }
  /// All events that it has seen, and at which seq it began from a snapshot.
  const std::map<std::uint64_t, SeenEvent>& seen() const { return seen_; }
  std::uint64_t seq() const { return seq_; }
  const std::string& epoch() const { return epoch_; }
  /// Empty if the server kept the protocol.
  const std::string& breach() const { return breach_; }
  bool joined() const { return joined_; }
  /// Where it is connected, or was.
  std::uint32_t node() const { return node_; }

  /// The name of the session that it has now; another one for each connection.
  std::string session_name() const { return name_ + "." + std::to_string(connection_); }
  /// The other sessions that it believes to be there.
  const std::set<std::string>& there() const { return there_; }
  /// Shows something to the others that is not stored.
  void signal();
  /// The sessions whose signals came on this connection.
  std::set<std::string> signalled() const;

 private:
  class Socket;

  void connect(std::uint32_t node);
  void tell(std::string text);
  void receive(const std::string& text);
  void on_gone();
  void report(std::string what);

  World& world_;
  std::string name_;
  std::string topic_;
  Random random_;

  std::unique_ptr<Socket> socket_;
  std::uint32_t node_ = 0;
  std::uint32_t shard_ = 0;
  std::uint64_t life_ = 0;  ///< The incarnation of the node that it speaks with.
  Ref<session::SessionActor> session_;
  bool joined_ = false;
  TimePoint asked_;  ///< When the last join was sent.

  std::uint64_t connection_ = 0;
  std::set<std::string> there_;
  std::uint64_t last_signal_ = 0;
  std::map<std::string, std::uint64_t> heard_signals_;  ///< The last one of each session.

  std::uint64_t last_id_ = 0;
  std::uint64_t last_key_ = 0;
  std::string epoch_;
  std::uint64_t seq_ = 0;
  std::deque<std::string> wanted_;             ///< Keys without an ack, in order.
  std::map<std::uint64_t, std::string> sent_;  ///< Ids of this connection, to keys.
  std::map<std::string, TimePoint> sent_at_;
  std::map<std::string, std::uint64_t> acknowledged_;
  std::map<std::uint64_t, SeenEvent> seen_;
  std::string breach_;
};

}  // namespace troupe::sim
