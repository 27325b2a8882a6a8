#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/actor/fixture.hpp"
#include "troupe/cluster/lanes.hpp"
#include "troupe/cluster/links.hpp"
#include "troupe/cluster/routing.hpp"

namespace troupe::cluster {

/// The connections of a test: what is written stays on the wire until the test delivers it, so nothing moves by itself.
class TestWire {
 public:
  struct End {
    Connection::Events* events = nullptr;
    std::deque<Bytes> inbound;
    std::size_t inbound_bytes = 0;
    bool finished = false;             ///< Its owner has let go of it.
    std::optional<std::string> ended;  ///< After `inbound`.
  };
  /// Side 0 dialed.
  struct Pipe {
    End ends[2];
    bool blocked = false;  ///< Holds what is written.
  };

  std::shared_ptr<Pipe> make_pipe() {
    pipes.push_back(std::make_shared<Pipe>());
    pipes.back()->blocked = pipes.size() > blocked_from;
    return pipes.back();
  }
  static std::unique_ptr<Connection> connection(std::shared_ptr<Pipe> pipe, std::size_t side);
  static std::unique_ptr<Connection> adopt(std::unique_ptr<Connection::Parted> parted);

  /// Delivers one piece of each pipe, the last pipe first. False if nothing moved.
  bool deliver() {
    bool moved = false;
    for (std::size_t i = pipes.size(); i-- > 0;) {
      const std::shared_ptr<Pipe> pipe = pipes[i];
      if (pipe->blocked) continue;
      for (End& end : pipe->ends) moved |= deliver_to(end);
    }
    return moved;
  }

  /// The connection breaks; what was under way is lost.
  static void cut(Pipe& pipe) {
    for (End& end : pipe.ends) {
      end.inbound.clear();
      end.ended = "connection reset by peer";
    }
  }

  std::size_t blocked_from = SIZE_MAX;       ///< The number of pipes that work; later ones are made blocked.
  std::vector<std::shared_ptr<Pipe>> pipes;  ///< In the order in which they were made.

 private:
  static bool deliver_to(End& end) {
    if (end.events == nullptr) return false;
    if (!end.inbound.empty()) {
      Bytes piece = std::move(end.inbound.front());
      end.inbound.pop_front();
      end.inbound_bytes -= piece.size();
      end.events->on_bytes(std::move(piece));
      return true;
    }
    if (!end.ended) return false;
    std::exchange(end.events, nullptr)->on_end(*end.ended);
    return true;
  }
};

/// Which no connection here lets its peer claim.
inline constexpr std::string_view kFalseAddress = "false:1";

class TestConnection final : public Connection {
 public:
  TestConnection(std::shared_ptr<TestWire::Pipe> pipe, std::size_t side) : pipe_(std::move(pipe)), side_(side) {}
  ~TestConnection() override { finish(); }
  void start(Events& events) override { pipe_->ends[side_].events = &events; }
  void write(std::vector<Bytes>& pieces) override {
    TestWire::End& other = pipe_->ends[1 - side_];
    for (Bytes& piece : pieces) {
      if (piece.empty() || other.finished) continue;
      other.inbound_bytes += piece.size();
      other.inbound.push_back(std::move(piece));
    }
    pieces.clear();
  }
  std::size_t unsent_bytes() const override { return pipe_->ends[1 - side_].inbound_bytes; }
  void finish() override {
    if (!pipe_) return;  // Parted with.
    TestWire::End& own = pipe_->ends[side_];
    own.events = nullptr;
    if (!std::exchange(own.finished, true)) pipe_->ends[1 - side_].ended = "the peer closed the connection";
  }
  struct TestParted final : Parted {
    std::shared_ptr<TestWire::Pipe> pipe;
    std::size_t side = 0;
  };
  std::unique_ptr<Parted> part() override {
    pipe_->ends[side_].events = nullptr;
    auto parted = std::make_unique<TestParted>();
    parted->pipe = std::move(pipe_);
    parted->side = side_;
    return parted;
  }
  std::string peer_address() const override { return side_ == 0 ? "the acceptor" : "the dialer"; }
  bool proves_address(std::string_view address) const override { return address != kFalseAddress; }

 private:
  std::shared_ptr<TestWire::Pipe> pipe_;
  std::size_t side_;
};

inline std::unique_ptr<Connection> TestWire::connection(std::shared_ptr<Pipe> pipe, std::size_t side) {
  return std::make_unique<TestConnection>(std::move(pipe), side);
}

inline std::unique_ptr<Connection> TestWire::adopt(std::unique_ptr<Connection::Parted> parted) {
  const auto& taken = static_cast<TestConnection::TestParted&>(*parted);
  return connection(taken.pipe, taken.side);
}

/// The options of a node of this name, at the address `<name>:1`.
inline LinksOptions links_options(const std::string& name) {
  return {.identity = {.cluster = "troupe",
                       .node = name,
                       .incarnation = 1,
                       .address = name + ":1",
                       .channel = "control",
                       .frame_bytes_max = 1U << 20U},
          .secret = "secret"};
}

/// A node of one shard: its links and lanes, what they reported, and a shard to deliver to.
struct TestNode final : LinkListener, LaneShards, LaneLoss, Network {
  TestNode(TestWire& test_wire, LinksOptions options)
      : wire(test_wire),
        id{hash64(options.identity.node), options.identity.incarnation},
        routing(world.shard().host(), 0, no_lanes),
        lanes({.channels = options.channels}, routing, world.shard(), *this, *this, world.metrics(), world),
        links(std::move(options), world.shard(), *this, *this, world.metrics(), world) {
    links.set_listener(this);
  }
  ~TestNode() override { *alive = false; }

  void attach(PartedLane lane) override { lanes.attach(std::move(lane)); }
  void use(const NodeId& node, overlay::LinkId link, const std::vector<ChannelLanes>& channels) override {
    lanes.use(node, link, channels);
  }
  void deliver(const NodeId& node, overlay::LinkId link) override { lanes.deliver(node, link); }
  void close(overlay::LinkId link, const std::string& reason, bool leaves) override {
    lanes.close(link, reason, leaves);
  }
  void on_lane_lost(const LostLane& lane) override {
    world.shard().after(Duration::zero(), [this, lane] {
      links.on_lane_lost(lane);
      lanes.tell_loss(lane);
    });
  }
  void on_link_lost(overlay::LinkId link, const Error& reason, bool peer_left) override {
    world.shard().after(Duration::zero(),
                        [this, link, reason, peer_left] { links.on_link_lost(link, reason, peer_left); });
  }
  std::unique_ptr<Connection> adopt(std::unique_ptr<Connection::Parted> parted) override {
    return TestWire::adopt(std::move(parted));
  }
  void flush() {
    lanes.flush();
    links.flush();
  }
  /// Takes the link into use, and lets through what comes over it.
  void choose(const NodeId& node, overlay::LinkId link) {
    links.use(node, link);
    links.deliver(node, link);
  }

  void connect(const std::string& address, Connected connected) override {
    dials.emplace_back(address, std::move(connected));
  }
  void secure_random(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
  }
  void on_link_up(overlay::LinkId link, const overlay::Member& peer, const std::string& dialed) override {
    news.push_back("up " + peer.name + (dialed.empty() ? " by the peer" : " by dialing " + dialed));
    links_up.push_back(link);
  }
  void on_link_down(overlay::LinkId, const Error& reason, bool peer_left) override {
    news.push_back((peer_left ? "left: " : "down: ") + reason.to_string());
  }
  void on_dial_failed(const std::string& address, const Error& reason) override {
    news.push_back("no link to " + address + ": " + reason.to_string());
  }
  void on_link_heard(overlay::LinkId, std::optional<Duration> round_trip) override { heard.push_back(round_trip); }
  void on_overlay_message(overlay::LinkId, Bytes message) override { overlay_messages.emplace_back(message.view()); }

  TestWire& wire;
  NodeId id;
  Random random{1};
  ActorFixture world;
  std::deque<std::pair<std::string, Connected>> dials;
  std::vector<std::string> news;
  std::vector<overlay::LinkId> links_up;
  std::vector<std::string> overlay_messages;
  std::vector<std::optional<Duration>> heard;  ///< Heartbeats, with the round trip known then.
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  std::vector<std::unique_ptr<Lanes>> no_lanes;
  Routing routing;
  Lanes lanes;
  Links links;
};

/// Two nodes, `ada` and `bob`, on one wire.
struct TwoNodes {
  explicit TwoNodes(LinksOptions ada_options = links_options("ada"), LinksOptions bob_options = links_options("bob"))
      : ada(wire, std::move(ada_options)), bob(wire, std::move(bob_options)) {
    bob.random = Random(2);
  }

  /// Runs until nothing moves any more.
  void settle() {
    for (bool moved = true; moved;) {
      moved = false;
      for (TestNode* node : {&ada, &bob}) {
        node->world.run();
        node->flush();
        for (; !node->dials.empty(); moved = true) connect(*node);
      }
      moved |= wire.deliver();
    }
  }
  /// Moves time on for both, with what it brings.
  void advance(Duration duration) {
    for (Duration step = 100ms; duration > Duration::zero(); duration -= step) {
      ada.world.advance(step);
      bob.world.advance(step);
      settle();
    }
  }
  /// A link that ada dialed, in use at both ends.
  void join() {
    ada.links.dial("bob:1");
    settle();
    ada.choose(bob.id, ada.links_up.back());
    bob.choose(ada.id, bob.links_up.back());
  }

  TestWire wire;
  TestNode ada;
  TestNode bob;

 private:
  void connect(TestNode& from) {
    auto [address, connected] = std::move(from.dials.front());
    from.dials.pop_front();
    TestNode* to = address == "ada:1" ? &ada : address == "bob:1" ? &bob : nullptr;
    if (to == nullptr) return connected(fail(ErrorCode::kUnreachable, "nobody is there"));
    const auto pipe = wire.make_pipe();
    to->links.on_accept(TestWire::connection(pipe, 1));
    connected(TestWire::connection(pipe, 0));
  }
};

}  // namespace troupe::cluster
