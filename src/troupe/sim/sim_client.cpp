#include "troupe/sim/sim_client.hpp"

#include <nlohmann/json.hpp>

#include "troupe/actor/actor.hpp"

namespace troupe::sim {

namespace {

constexpr Duration kAnswerTimeout = 10s;

}  // namespace

/// The session's way back; lives as long as one connection.
class SimClient::Socket final : public session::ClientSocket {
 public:
  explicit Socket(SimClient& client) : client_(client) {}
  void send(session::Text text) override { client_.receive(*text); }
  void close(std::uint16_t, const std::string&) override { closed = true; }
  bool closed = false;

 private:
  SimClient& client_;
};

SimClient::SimClient(World& world, std::string name, std::string topic)
    : world_(world), name_(std::move(name)), topic_(std::move(topic)), random_(world.random().fork()) {}

SimClient::~SimClient() { disconnect(); }

void SimClient::report(std::string what) {
  if (breach_.empty()) breach_ = name_ + ": " + std::move(what);
}

void SimClient::send() { wanted_.push_back(name_ + "-" + std::to_string(++last_key_)); }

void SimClient::act() {
  SimNode* node = world_.node(node_);
  if (socket_ && (node == nullptr || node->id().incarnation != life_ || socket_->closed)) on_gone();
  if (!socket_) {
    const auto target = static_cast<std::uint32_t>(random_.below(world_.node_count()));
    if (world_.node(target) == nullptr) return;
    connect(target);
  }
  if (!joined_) {
    if (world_.events().now() - asked_ < kAnswerTimeout) return;
    return disconnect();
  }
  for (const std::string& key : wanted_) {
    if (world_.events().now() - sent_at_[key] < kAnswerTimeout) continue;
    sent_at_[key] = world_.events().now();
    sent_[++last_id_] = key;
    tell(nlohmann::json{{"op", "send"}, {"id", last_id_}, {"topic", topic_}, {"key", key}, {"data", key}}.dump());
  }
}

void SimClient::connect(std::uint32_t node) {
  node_ = node;
  SimNode& target = *world_.node(node);
  life_ = target.id().incarnation;
  shard_ = static_cast<std::uint32_t>(random_.below(target.shard_count()));
  socket_ = std::make_unique<Socket>(*this);
  ++connection_;
  session_ = target.shard(shard_)
                 .spawn<session::SessionActor>({}, session::SessionOptions{}, session::SessionTimes{}, session_name(),
                                               target.name(), *socket_, target.render_cache(shard_))
                 .value();
  nlohmann::json join{{"op", "join"}, {"id", ++last_id_}, {"topic", topic_}, {"present", {{"name", name_}}}};
  if (!epoch_.empty()) join["after"] = {{"epoch", epoch_}, {"seq", seq_}};
  asked_ = world_.events().now();
  tell(join.dump());
}

void SimClient::tell(std::string text) {
  SimNode& node = *world_.node(node_);
  node.shard(shard_).set_now(world_.events().now());
  node.shard(shard_).tell(session_, session::ClientText{std::move(text)});
  node.wake(shard_);
}

void SimClient::disconnect() {
  SimNode* node = world_.node(node_);
  if (socket_ && node != nullptr && node->id().incarnation == life_) {
    node->shard(shard_).tell(session_, session::ClientGone{});
    // The session may still speak until its turn comes: the socket must outlive it.
    node->wake(shard_);
    world_.events().after(1s, [socket = std::shared_ptr<Socket>(std::move(socket_))] {});
    socket_ = nullptr;
  }
  on_gone();
}

void SimClient::on_gone() {
  socket_.reset();
  joined_ = false;
  sent_.clear();
  sent_at_.clear();
  asked_ = TimePoint();
  there_.clear();
  heard_signals_.clear();
}

void SimClient::signal() {
  if (joined_) tell(nlohmann::json{{"op", "signal"}, {"topic", topic_}, {"data", {{"number", ++last_signal_}}}}.dump());
}

std::set<std::string> SimClient::signalled() const {
  std::set<std::string> names;
  for (const auto& [name, number] : heard_signals_) names.insert(name);
  return names;
}

void SimClient::receive(const std::string& text) {
  if (!socket_) return;  // Spoken to a connection that was dropped.
  const nlohmann::json message = nlohmann::json::parse(text);
  const std::string op = message.at("op");
  if (op == "joined") {
    const bool recovered = message.at("recovered");
    if (recovered && (message.at("epoch") != epoch_ || message.at("seq").get<std::uint64_t>() < seq_)) {
      report("recovered, but not from where it was: " + text);
    }
    if (!recovered) {
      if (message.at("epoch") != epoch_) seen_.clear();
      epoch_ = message.at("epoch");
      seq_ = message.at("seq");
    }
    joined_ = true;
    there_.clear();
    for (const auto& entry : message.at("present")) there_.insert(entry.at("session").get<std::string>());
  } else if (op == "present") {
    for (const auto& entry : message.at("joined")) there_.insert(entry.at("session").get<std::string>());
    for (const auto& who : message.at("left")) there_.erase(who.get<std::string>());
  } else if (op == "signal") {
    const std::uint64_t number = message.at("data").at("number");
    std::uint64_t& last = heard_signals_[message.at("from").get<std::string>()];
    if (number <= last) report("signal " + std::to_string(number) + " after " + std::to_string(last));
    last = number;
  } else if (op == "event") {
    const std::uint64_t seq = message.at("seq");
    if (seq != seq_ + 1) report("event " + std::to_string(seq) + " after " + std::to_string(seq_));
    seq_ = seq;
    const SeenEvent event{seq, message.at("key"), message.at("data")};
    const auto [place, is_new] = seen_.try_emplace(seq, event);
    if (!is_new && place->second.key != event.key) report("two events at seq " + std::to_string(seq));
  } else if (op == "ack" && message.contains("seq")) {
    const auto sent = sent_.find(message.at("id").get<std::uint64_t>());
    if (sent == sent_.end()) return report("an ack for nothing: " + text);
    const auto [place, is_new] = acknowledged_.try_emplace(sent->second, message.at("seq").get<std::uint64_t>());
    if (!is_new && place->second != message.at("seq")) report("two acks of one key with different seqs: " + text);
    std::erase(wanted_, sent->second);
    sent_at_.erase(sent->second);
    sent_.erase(sent);
  } else if (op == "error") {
    const std::string code = message.at("code");
    if (code != "unavailable" && code != "busy") return report("an error that nobody caused: " + text);
    const auto sent = message.contains("id") ? sent_.find(message.at("id").get<std::uint64_t>()) : sent_.end();
    if (sent != sent_.end()) {
      sent_at_[sent->second] = world_.events().now() - kAnswerTimeout + Duration(random_.between(0, 1'000'000'000));
      sent_.erase(sent);
    } else if (!joined_) {
      asked_ = TimePoint();  // The join failed: `act` connects anew.
    }
  }
}

}  // namespace troupe::sim
