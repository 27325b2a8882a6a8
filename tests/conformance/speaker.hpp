#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "troupe/actor/actor.hpp"
#include "troupe/cluster/membership.hpp"
#include "troupe/pubsub/topics.hpp"

namespace troupe::conformance {

/// What the suite wants done, as words:
///
///     tell NODE NUMBER     flood NODE COUNT     ask NODE     monitor NODE
///     subscribe TOPIC      publish TOPIC WORD   broadcast WORD       stop
struct Command {
  static constexpr auto wire_name = "conformance.command";
  std::string text;
};
struct Said {
  static constexpr auto wire_name = "conformance.said";
  std::string from;
  std::uint64_t number = 0;
};
struct Spread {
  static constexpr auto wire_name = "conformance.spread";
  std::string from;
  std::string word;
};
struct WhoAreYou {
  static constexpr auto wire_name = "conformance.who_are_you";
  using Reply = std::string;
};

inline constexpr auto kSpeakerName = "speaker";

/// Does what it is told to, and writes down what it hears, a line each:
///
///     member NODE STATE    said FROM NUMBER     answer NODE          no answer NODE CODE
///     down NODE            lost NODE            heard TOPIC WORD     spread FROM WORD
///     subscribed TOPIC
class Speaker final : public Actor<Speaker> {
 public:
  using Messages = troupe::Messages<Command, Said, Spread, WhoAreYou, cluster::MemberChanged, pubsub::Published>;
  using Write = std::function<void(const std::string& line)>;

  Speaker(std::string node, Write write) : node_(std::move(node)), write_(std::move(write)) {}

  void on_start() override;
  void on(const Command& command);
  void on(const Said& said) { write_("said " + said.from + " " + std::to_string(said.number)); }
  void on(const Spread& spread) { write_("spread " + spread.from + " " + spread.word); }
  std::string on(const WhoAreYou&) { return node_; }
  void on(const cluster::MemberChanged& change);
  void on(const pubsub::Published& published);

 private:
  void tell(const std::string& node, std::uint64_t number);
  void ask(const std::string& node);
  void subscribe(const std::string& topic);
  void broadcast(const std::string& word);
  Ref<cluster::Membership> membership() { return context().find<cluster::Membership>(cluster::kMembershipName); }

  std::string node_;
  Write write_;
};

}  // namespace troupe::conformance
