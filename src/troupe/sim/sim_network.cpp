#include "troupe/sim/sim_network.hpp"

#include <deque>
#include <optional>
#include <utility>

namespace troupe::sim {

/// One end of a connection.
struct SimNetwork::End {
  Owner owner;
  cluster::Connection::Events* events = nullptr;  ///< Null once the owner has let go.
  bool open = true;                               ///< This side may still receive.
  std::deque<Bytes> inbound;                      ///< Sent by the other side, not delivered yet.
  std::size_t inbound_bytes = 0;
  std::optional<std::string> ended;  ///< After `inbound`, the connection is over, for this cause.
  TimePoint last_delivery;           ///< Deliveries never overtake each other.
  bool scheduled = false;
};

struct SimNetwork::Pipe {
  End ends[2];
};

class SimNetwork::SimConnection final : public cluster::Connection {
 public:
  SimConnection(SimNetwork& network, std::shared_ptr<Pipe> pipe, std::size_t side)
      : network_(network), pipe_(std::move(pipe)), side_(side) {}
  ~SimConnection() override {
    if (pipe_) finish();
  }

  void start(Events& events) override {
    own().events = &events;
    network_.deliver_later(pipe_, side_);
  }

  void write(std::vector<Bytes>& pieces) override {
    for (Bytes& piece : pieces) {
      if (piece.empty() || !other().open || other().ended) continue;  // Nothing comes after the end.
      other().inbound_bytes += piece.size();
      other().inbound.push_back(std::move(piece));
    }
    pieces.clear();
    network_.deliver_later(pipe_, 1 - side_);
  }

  std::size_t unsent_bytes() const override { return pipe_->ends[1 - side_].inbound_bytes; }

  void finish() override { network_.close_side(pipe_, side_); }
  std::unique_ptr<Parted> part() override;

  std::string peer_address() const override { return "node " + std::to_string(pipe_->ends[1 - side_].owner.node); }

 private:
  End& own() { return pipe_->ends[side_]; }
  End& other() { return pipe_->ends[1 - side_]; }

  SimNetwork& network_;
  std::shared_ptr<Pipe> pipe_;
  std::size_t side_;
};

class SimNetwork::SimParted final : public cluster::Connection::Parted {
 public:
  SimParted(SimNetwork& network, std::shared_ptr<Pipe> pipe, std::size_t side)
      : network_(network), pipe_(std::move(pipe)), side_(side) {}
  ~SimParted() override {
    if (pipe_) network_.close_side(pipe_, side_);
  }
  std::unique_ptr<cluster::Connection> go_on(const Owner& owner) {
    pipe_->ends[side_].owner = owner;
    return std::make_unique<SimConnection>(network_, std::move(pipe_), side_);
  }

 private:
  SimNetwork& network_;
  std::shared_ptr<Pipe> pipe_;
  std::size_t side_;
};

std::unique_ptr<cluster::Connection::Parted> SimNetwork::SimConnection::part() {
  own().events = nullptr;
  return std::make_unique<SimParted>(network_, std::move(pipe_), side_);
}

SimNetwork::SimNetwork(EventQueue& events, Random random, SimNetworkOptions options)
    : events_(events), random_(random), options_(options) {}

SimNetwork::~SimNetwork() = default;

Duration SimNetwork::latency(std::uint32_t from, std::uint32_t to) {
  Duration latency(random_.between(options_.latency_min.count(), options_.latency_max.count()));
  if (random_.chance(options_.slow_chance)) latency += Duration(random_.between(0, options_.slow_max.count()));
  return options_.distance ? latency + options_.distance(from, to) : latency;
}

void SimNetwork::listen(const Owner& owner, const std::string& address,
                        std::function<void(std::unique_ptr<cluster::Connection>)> accept) {
  listeners_[address] = {owner, std::move(accept)};
}

void SimNetwork::connect(const Owner& owner, const std::string& address, cluster::Network::Connected connected) {
  const auto listener = listeners_.find(address);
  const bool reachable = listener != listeners_.end() && !blocked(owner.node, listener->second.owner.node) &&
                         !blocked(listener->second.owner.node, owner.node);
  const Duration wait = reachable ? latency(owner.node, listener->second.owner.node) * 2 : options_.connect_timeout;
  events_.after(wait, [this, owner, address, connected = std::move(connected)]() mutable {
    establish(owner, address, std::move(connected));
  });
}

void SimNetwork::establish(const Owner& owner, const std::string& address, cluster::Network::Connected connected) {
  if (!owner.alive()) return;
  owner.before();
  const auto listener = listeners_.find(address);
  if (listener == listeners_.end() || !listener->second.owner.alive()) {
    connected(fail(ErrorCode::kUnreachable, "connection refused"));
  } else if (blocked(owner.node, listener->second.owner.node) || blocked(listener->second.owner.node, owner.node)) {
    connected(fail(ErrorCode::kUnreachable, "no answer in time"));
  } else {
    auto pipe = std::make_shared<Pipe>();
    pipe->ends[0].owner = owner;
    pipe->ends[1].owner = listener->second.owner;
    std::erase_if(pipes_, [](const auto& each) { return each.expired(); });
    pipes_.push_back(pipe);
    connected(std::make_unique<SimConnection>(*this, pipe, 0));
    const Owner acceptor = listener->second.owner;
    acceptor.before();
    listener->second.accept(std::make_unique<SimConnection>(*this, pipe, 1));
    acceptor.after();
  }
  owner.after();
}

void SimNetwork::deliver_later(const std::shared_ptr<Pipe>& pipe, std::size_t to) {
  End& end = pipe->ends[to];
  if (end.scheduled || (end.inbound.empty() && !end.ended)) return;
  end.scheduled = true;
  end.last_delivery =
      std::max(end.last_delivery, events_.now() + latency(pipe->ends[1 - to].owner.node, end.owner.node));
  events_.at(end.last_delivery, [this, pipe, to] { deliver(pipe, to); });
}

void SimNetwork::deliver(const std::shared_ptr<Pipe>& pipe, std::size_t to) {
  End& end = pipe->ends[to];
  end.scheduled = false;
  if (blocked(pipe->ends[1 - to].owner.node, end.owner.node)) return;  // Held until the way opens.
  if (!end.owner.alive()) return;
  if (end.events == nullptr) {
    if (end.open) return;  // Not started yet.
    end.inbound.clear();
    end.inbound_bytes = 0;
    return;
  }
  end.owner.before();
  do {
    hand_over(end);
  } while (options_.joins_pieces && end.events != nullptr && !end.inbound.empty());
  end.owner.after();
  deliver_later(pipe, to);
}

/// The next piece of the stream, or its end.
void SimNetwork::hand_over(End& end) {
  if (!end.inbound.empty()) {
    // A byte stream has no messages: what arrives is cut at random.
    Bytes& next = end.inbound.front();
    const std::size_t size = random_.chance(0.1) ? 1 + random_.below(next.size()) : next.size();
    Bytes piece = next.slice(0, size);
    if (size == next.size()) {
      end.inbound.pop_front();
    } else {
      next = next.slice(size, next.size());
    }
    end.inbound_bytes -= size;
    bytes_delivered_ += size;
    events_.note(hash64(piece.span()));
    end.events->on_bytes(std::move(piece));
  } else if (end.ended) {
    cluster::Connection::Events* events = std::exchange(end.events, nullptr);
    end.open = false;
    events->on_end(*end.ended);
  }
}

std::unique_ptr<cluster::Connection> SimNetwork::adopt(const Owner& owner, cluster::Connection::Parted& parted) {
  return static_cast<SimParted&>(parted).go_on(owner);
}

void SimNetwork::close_side(const std::shared_ptr<Pipe>& pipe, std::size_t side) {
  End& end = pipe->ends[side];
  end.events = nullptr;
  if (std::exchange(end.open, false)) end_later(pipe, 1 - side, "the peer closed the connection");
}

void SimNetwork::end_later(const std::shared_ptr<Pipe>& pipe, std::size_t to, std::string cause) {
  if (!pipe->ends[to].ended) pipe->ends[to].ended = std::move(cause);
  deliver_later(pipe, to);
}

void SimNetwork::node_gone(std::uint32_t node, bool with_its_machine) {
  for (const auto& weak : pipes_) {
    const auto pipe = weak.lock();
    if (!pipe) continue;
    for (std::size_t side = 0; side < 2; ++side) {
      if (pipe->ends[side].owner.node != node) continue;
      pipe->ends[side].events = nullptr;
      pipe->ends[side].open = false;
      pipe->ends[1 - side].inbound.clear();  // A reset overtakes what was under way.
      pipe->ends[1 - side].inbound_bytes = 0;
      pipe->ends[1 - side].ended.reset();
      if (!with_its_machine) end_later(pipe, 1 - side, "connection reset by peer");
    }
  }
}

void SimNetwork::block(std::uint32_t from, std::uint32_t to) { blocked_.insert({from, to}); }

void SimNetwork::unblock_all() {
  blocked_.clear();
  for (const auto& weak : pipes_) {
    if (const auto pipe = weak.lock()) {
      deliver_later(pipe, 0);
      deliver_later(pipe, 1);
    }
  }
}

void SimNetwork::stall(std::uint32_t from, std::uint32_t to, Duration duration) {
  block(from, to);
  events_.after(duration, [this, from, to] {
    blocked_.erase({from, to});
    for (const auto& weak : pipes_) {
      const auto pipe = weak.lock();
      if (!pipe) continue;
      deliver_later(pipe, 0);
      deliver_later(pipe, 1);
    }
  });
}

void SimNetwork::cut(std::uint32_t a, std::uint32_t b, bool half_open) {
  std::vector<std::pair<std::shared_ptr<Pipe>, std::size_t>> between;  // With the side of a.
  for (const auto& weak : pipes_) {
    const auto pipe = weak.lock();
    for (std::size_t side = 0; pipe && side < 2; ++side) {
      const bool both_open = pipe->ends[0].open && pipe->ends[1].open;
      const bool is_theirs = pipe->ends[side].owner.node == a && pipe->ends[1 - side].owner.node == b;
      if (both_open && is_theirs) between.emplace_back(pipe, side);
    }
  }
  if (between.empty()) return;
  const auto& [pipe, side] = between[random_.below(between.size())];
  for (End& end : pipe->ends) {
    end.inbound.clear();
    end.inbound_bytes = 0;
  }
  end_later(pipe, side, "connection reset by peer");
  if (half_open) {
    pipe->ends[1 - side].open = false;  // What is sent to it is lost, and it is never told.
  } else {
    end_later(pipe, 1 - side, "connection reset by peer");
  }
}

}  // namespace troupe::sim
