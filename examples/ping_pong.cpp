// Two nodes in two processes, here or on two machines:
//
//     ping_pong serve --listen 127.0.0.1:7400
//     ping_pong play --join 127.0.0.1:7400 --rounds 10000
//
// The player asks the table for an opponent, plays with it, and hears when it has gone. Each Ref works across the
// network as it would within the process.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "troupe/node/node.hpp"

using namespace std::chrono_literals;
using troupe::Ref;

struct Pong {
  static constexpr auto wire_name = "ping_pong.pong";
  int round;
};
struct PlayerProtocol {
  using Messages = troupe::Messages<Pong>;
};
struct Ping {
  static constexpr auto wire_name = "ping_pong.ping";
  int round;
  Ref<PlayerProtocol> from;  // A ref travels in a message.
};
struct Finish {
  static constexpr auto wire_name = "ping_pong.finish";
};
struct OpponentProtocol {
  using Messages = troupe::Messages<Ping, Finish>;
};
struct FindOpponent {
  static constexpr auto wire_name = "ping_pong.find_opponent";
  using Reply = Ref<OpponentProtocol>;
};

class Opponent : public troupe::Actor<Opponent> {
 public:
  using Messages = OpponentProtocol::Messages;
  void on(const Ping& ping) { context().tell(ping.from, Pong{ping.round}); }
  void on(const Finish&) { context().stop(); }
};

class Table : public troupe::Actor<Table> {
 public:
  using Messages = troupe::Messages<FindOpponent>;
  Ref<OpponentProtocol> on(const FindOpponent&) { return context().spawn<Opponent>(); }
};

class Player : public troupe::Actor<Player> {
 public:
  using Messages = troupe::Messages<Pong>;
  Player(int rounds, troupe::Node& node) : rounds_(rounds), node_(node) {}

  void on_start() override {
    context().ask(Ref<Table>::named("server", "table"), FindOpponent{}, 5s,
                  [this](troupe::Result<Ref<OpponentProtocol>> found) {
                    if (!found) return end("no opponent: " + found.error().to_string());
                    opponent_ = *found;
                    context().monitor(opponent_, [this](const troupe::Down& down) {
                      end("the opponent has gone: " + std::string(to_string(down.reason)));
                    });
                    began_ = context().now();
                    play(1);
                  });
  }

  void on(const Pong& pong) {
    if (pong.round < rounds_) return play(pong.round + 1);
    const std::chrono::duration<double, std::micro> time = context().now() - began_;
    std::cout << rounds_ << " rounds, " << time.count() / rounds_ << " us each" << std::endl;
    context().tell(opponent_, Finish{});
  }

 private:
  void play(int round) { context().tell(opponent_, Ping{round, self()}); }

  void end(const std::string& why) {
    std::cout << why << std::endl;
    node_.request_stop();
  }

  int rounds_;
  troupe::Node& node_;
  Ref<OpponentProtocol> opponent_;
  troupe::TimePoint began_;
};

int main(int argument_count, char** arguments) {
  std::map<std::string, std::string> flags{{"--listen", "127.0.0.1:0"}, {"--join", ""}, {"--rounds", "1000"}};
  for (int i = 2; i + 1 < argument_count; i += 2) flags[arguments[i]] = arguments[i + 1];
  const std::string role = argument_count > 1 ? arguments[1] : "";
  if (role != "serve" && role != "play") {
    std::cerr << "ping_pong serve [--listen HOST:PORT]\nping_pong play --join HOST:PORT [--rounds N]\n";
    return 2;
  }
  troupe::NodeOptions options{.cluster_listen = flags["--listen"], .log_level = troupe::LogLevel::kWarning};
  options.name = role == "serve" ? "server" : "player";
  if (role == "play") options.join = {flags["--join"]};
  troupe::Node node(options);
  if (const auto started = node.start(); !started) {
    std::cerr << started.error().to_string() << '\n';
    return 1;
  }
  if (role == "serve") {
    node.spawn<Table>({.name = "table"}).value();
    std::cout << "listening on " << node.cluster_address() << std::endl;
  } else if (node.wait_for_members(1, 10s)) {
    node.spawn<Player>({}, std::atoi(flags["--rounds"].c_str()), node).value();
  } else {
    std::cerr << "nobody answers at " << flags["--join"] << '\n';
    return 1;
  }
  node.run();
}
