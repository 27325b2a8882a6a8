// A chat among terminals, without a server. The first one listens, the others join any that is there:
//
//     chat ada 127.0.0.1:7400
//     chat bob 127.0.0.1:0 127.0.0.1:7400
//
// A line typed is seen by all. Ctrl-D leaves.
#include <chrono>
#include <iostream>
#include <string>

#include "troupe/node/node.hpp"
#include "troupe/pubsub/topics.hpp"

using namespace std::chrono_literals;
namespace pubsub = troupe::pubsub;

const std::string kRoom = "chat/lobby";

struct Say {  // From the keyboard.
  static constexpr auto wire_name = "chat.say";
  std::string text;
};
struct Line {  // What is published.
  static constexpr auto wire_name = "chat.line";
  std::string name;
  std::string text;
};

class Chatter : public troupe::Actor<Chatter> {
 public:
  using Messages = troupe::Messages<Say, pubsub::Published, troupe::cluster::MemberChanged>;
  explicit Chatter(std::string name) : name_(std::move(name)) {}

  void on_start() override {
    const auto done = [](troupe::Result<troupe::Done> joined) {
      std::cout << (joined ? "* you are in " + kRoom : "* " + joined.error().to_string()) << std::endl;
    };
    context().ask(topics(), pubsub::Subscribe{kRoom, self()}, 5s, done);
    context().tell(context().find<troupe::cluster::Membership>(troupe::cluster::kMembershipName),
                   troupe::cluster::WatchMembers{self()});
  }

  void on(const Say& say) {
    context().tell(topics(), pubsub::Publish{kRoom, troupe::wire::encode(Line{name_, say.text})});
  }

  void on(const pubsub::Published& published) {
    if (const auto line = troupe::wire::decode<Line>(published.payload)) {
      std::cout << line->name << ": " << line->text << std::endl;
    }
  }

  void on(const troupe::cluster::MemberChanged& change) {
    std::cout << "* " << change.member.name << " is " << to_string(change.state) << std::endl;
  }

 private:
  troupe::Ref<pubsub::Topics> topics() { return pubsub::topics_for(self().address().node, kRoom); }

  std::string name_;
};

int main(int argument_count, char** arguments) {
  if (argument_count < 3) {
    std::cerr << "chat NAME HOST:PORT [HOST:PORT OF ANOTHER]...\n";
    return 2;
  }
  troupe::NodeOptions options{.name = arguments[1], .cluster_listen = arguments[2]};
  options.join.assign(arguments + 3, arguments + argument_count);
  options.log_level = troupe::LogLevel::kError;
  troupe::Node node(options);
  if (const auto started = node.start(); !started) {
    std::cerr << started.error().to_string() << '\n';
    return 1;
  }
  std::cout << "* listening on " << node.cluster_address() << std::endl;
  const auto chatter = node.spawn<Chatter>({}, node.name()).value();
  for (std::string text; std::getline(std::cin, text);) node.tell(chatter, Say{text});
}
