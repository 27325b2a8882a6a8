#include "speaker.hpp"

#include <chrono>
#include <sstream>

namespace troupe::conformance {

namespace {

constexpr Duration kAnswerWithin = 3s;

Ref<Speaker> speaker_of(const std::string& node) { return Ref<Speaker>::named(node, kSpeakerName); }

}  // namespace

void Speaker::on_start() {
  context().tell(membership(), cluster::WatchMembers{Ref<cluster::MemberListener>(context().self())});
}

void Speaker::on(const Command& command) {
  std::istringstream words(command.text);
  std::string verb;
  std::string whom;
  words >> verb >> whom;
  if (verb == "tell" || verb == "flood") {
    std::uint64_t number = 0;
    words >> number;
    for (std::uint64_t each = verb == "tell" ? number : 1; each <= number; ++each) tell(whom, each);
  } else if (verb == "ask") {
    ask(whom);
  } else if (verb == "monitor") {
    context().monitor(speaker_of(whom), [this, whom](const Down&) { write_("down " + whom); });
  } else if (verb == "subscribe") {
    subscribe(whom);
  } else if (verb == "publish") {
    std::string word;
    words >> word;
    context().tell(pubsub::topics_for(context().self().node, whom), pubsub::Publish{whom, Bytes::copy_of(word)});
  } else if (verb == "broadcast") {
    broadcast(whom);
  } else if (verb == "stop") {
    context().stop();
  } else {
    write_("what is '" + command.text + "'?");
  }
}

void Speaker::on(const cluster::MemberChanged& change) {
  write_("member " + change.member.name + " " + std::string(to_string(change.state)));
}

void Speaker::on(const pubsub::Published& published) {
  write_("heard " + published.topic + " " + std::string(published.payload.view()));
}

void Speaker::tell(const std::string& node, std::uint64_t number) {
  const Ref<Speaker> to = speaker_of(node);
  if (context().tell(to, Said{node_, number}) != SendOutcome::kTaken) write_("not taken " + node);
  context().watch_loss(to, [this, node](const Loss&) { write_("lost " + node); });
}

void Speaker::ask(const std::string& node) {
  context().ask(speaker_of(node), WhoAreYou{}, kAnswerWithin, [this, node](const Result<std::string>& name) {
    write_(name ? "answer " + *name : "no answer " + node + " " + std::string(to_string(name.error().code)));
  });
}

void Speaker::subscribe(const std::string& topic) {
  context().ask(
      pubsub::topics_for(context().self().node, topic),
      pubsub::Subscribe{topic, Ref<pubsub::Subscriber>(context().self())}, kAnswerWithin,
      [this, topic](const Result<Done>& done) { write_((done ? "subscribed " : "not subscribed ") + topic); });
}

void Speaker::broadcast(const std::string& word) {
  context().ask(membership(), cluster::broadcast<Speaker>(kSpeakerName, Spread{node_, word}), kAnswerWithin,
                [this](const Result<Done>& sent) {
                  if (!sent) write_("not broadcast: " + sent.error().to_string());
                });
}

}  // namespace troupe::conformance
