#include <caf/io/all.hpp>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "bench/peers/caf/roles.hpp"

namespace troupe::bench {

/// The content of a message: sent many times, copied only into the connection's buffer.
struct Content {
  std::shared_ptr<std::vector<char>> bytes = std::make_shared<std::vector<char>>();
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, Content& content) {
  return f(*content.bytes);
}

namespace {

using OpenAtom = caf::atom_constant<caf::atom("open")>;
using BeginAtom = caf::atom_constant<caf::atom("begin")>;
using ParcelAtom = caf::atom_constant<caf::atom("parcel")>;
using AnswerAtom = caf::atom_constant<caf::atom("answer")>;
using DoneAtom = caf::atom_constant<caf::atom("done")>;

class Config final : public caf::actor_system_config {
 public:
  explicit Config(const EchoRole& role) {
    add_message_type<Content>("content");
    load<caf::io::middleman>();
    tune_scheduler(*this, role.shards);
    set("middleman.workers", std::size_t{0});  // What comes is decoded where it is read: one core is there for it.
    set("middleman.heartbeat-interval", caf::timespan{0});
    set("middleman.max-consecutive-reads", std::size_t{50});
  }
};

caf::behavior receiver(caf::event_based_actor* self) {
  const auto count = std::make_shared<std::uint64_t>(0);
  return {[=](ParcelAtom, std::uint64_t, bool answer, const Content&) {
    ++*count;
    if (answer) self->send(caf::actor_cast<caf::actor>(self->current_sender()), AnswerAtom::value, *count);
  }};
}

caf::behavior hall(caf::event_based_actor* self) {
  const auto receivers = std::make_shared<std::vector<caf::actor>>();
  return {[=](OpenAtom, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) receivers->push_back(self->spawn(receiver));
    return std::vector<caf::actor>(receivers->end() - count, receivers->end());
  }};
}

class Sender final : public caf::event_based_actor {
 public:
  Sender(caf::actor_config& config, caf::actor to, Flow flow, Duration time, Content content, FlowResult* result)
      : event_based_actor(config), to_(to), flow_(flow), time_(time), content_(content), result_(result) {}

  caf::behavior make_behavior() override {
    return {[this](BeginAtom) {
              boss_ = caf::actor_cast<caf::actor>(current_sender());
              began_ = std::chrono::steady_clock::now();
              while (sent_ < flow_.window) send_one();
            },
            [this](AnswerAtom, std::uint64_t answered) { take(answered); }};
  }

 private:
  void take(std::uint64_t answered) {
    const std::int64_t now = nanoseconds_since(began_);
    if (flow_.window == 1) result_->round_trips.add(now - sent_at_);
    if (now < time_.count()) {
      while (sent_ < answered + flow_.window) send_one();
    } else if (answered == sent_ / flow_.answer_each * flow_.answer_each) {
      result_->messages = {answered, Duration(now)};
      send(boss_, DoneAtom::value);
    }
  }
  void send_one() {
    if (flow_.window == 1) sent_at_ = nanoseconds_since(began_);
    ++sent_;
    send(to_, ParcelAtom::value, sent_, sent_ % flow_.answer_each == 0, content_);
  }

  const caf::actor to_;
  const Flow flow_;
  const Duration time_;
  const Content content_;
  FlowResult* const result_;
  caf::actor boss_;
  SteadyTime began_;
  std::int64_t sent_at_ = 0;
  std::uint64_t sent_ = 0;
};

/// A flow's senders, and where they put what they did.
struct Cast {
  std::vector<caf::actor> senders;
  std::vector<std::unique_ptr<FlowResult>> results;
};

Cast cast(caf::actor_system& system, caf::scoped_actor& self, const caf::actor& hall, const Flow& flow, Duration time) {
  Cast cast;
  std::vector<caf::actor> receivers;
  self->request(hall, std::chrono::seconds(10), OpenAtom::value, flow.pairs)
      .receive([&](std::vector<caf::actor>& opened) { receivers = opened; },
               [&](const caf::error& error) { throw std::runtime_error(system.render(error)); });
  Content content;
  content.bytes->resize(flow.size_bytes, 'x');
  for (const caf::actor& receiver : receivers) {
    cast.results.push_back(std::make_unique<FlowResult>());
    cast.senders.push_back(system.spawn<Sender>(receiver, flow, time, content, cast.results.back().get()));
  }
  return cast;
}

}  // namespace

int run_caf_echo_server(const EchoRole& role) {
  Config config(role);
  caf::actor_system system(config);
  const auto port = system.middleman().publish(system.spawn(hall), 0, role.host.c_str());
  if (!port) throw std::runtime_error(system.render(port.error()));
  std::cout << role.host << ':' << *port << std::endl;
  while (std::cin.get() != std::istream::traits_type::eof()) {
  }
  std::quick_exit(0);  // The actors are known to others, so the system would wait for them.
}

int run_caf_echo_client(const EchoRole& role) {
  Config config(role);
  caf::actor_system system(config);
  const std::size_t colon = role.server.rfind(':');
  const auto hall = system.middleman().remote_actor(
      role.server.substr(0, colon), static_cast<std::uint16_t>(std::stoul(role.server.substr(colon + 1))));
  if (!hall) throw std::runtime_error(system.render(hall.error()));
  caf::scoped_actor self(system);
  std::vector<Cast> casts;
  for (const Flow& flow : role.flows) casts.push_back(cast(system, self, *hall, flow, to_duration(role.seconds)));
  std::size_t left = 0;
  for (const Cast& cast : casts) {
    for (const caf::actor& sender : cast.senders) self->send(sender, BeginAtom::value);
    left += cast.senders.size();
  }
  self->receive_while([&] { return left > 0; })([&](DoneAtom) { --left; });
  std::vector<FlowResult> results;
  for (const Cast& cast : casts) {
    FlowResult& sum = results.emplace_back();
    for (const auto& result : cast.results) sum.add(*result);
  }
  std::cout << to_json(results) << std::endl;
  std::quick_exit(0);
}

}  // namespace troupe::bench
