// Golden traces: each file of testdata/hyparview is a story of one node, told as commands and the wishes that they
// give.
//
//     node a/1 active_view_max=2     the node, its incarnation, its options (times in milliseconds); starts it
//     at 1500                        runs the ticks up to this time
//     members b/1 c/1                all other members that are alive; links imply it
//     up b/1                         there is a link with incarnation 1 of b
//     down b/1 lost                  … or closed, or left: there is none any more
//     connect-failed b/1
//     from b/1 join                  a message; the others are: forward-join d/1 hops=3, neighbour high|low, accept,
//     reject,
//                                    disconnect, shuffle d/1 e/1 path=d/1,b/1 hops=3, shuffle-reply e/1 path=c/1
//                                    and of X-BOT: probe, optimization o/1, optimization-reply yes|no [switched],
//                                    replace i/1 o/1, replace-reply yes|no, switch i/1, switch-reply yes|no,
//                                    disconnect-wait
//     rtt b/1 20                     the round trip of the link with b, in milliseconds
//     raw b/1 some text              a message that is none
//     views                          the active and the passive view
//
// TROUPE_REWRITE=1 writes the outputs anew.

#include "troupe/overlay/hyparview.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace troupe::overlay {
namespace {

class Story final : public View {
 public:
  std::string run(const std::string& line) {
    words_.clear();
    std::istringstream in(line);
    for (std::string word; in >> word;) words_.push_back(word);
    output_.clear();
    const std::string& command = words_.at(0);
    if (command == "node") {
      make();
    } else if (command == "at") {
      pass_time(TimePoint(std::chrono::milliseconds(std::stoll(words_.at(1)))));
    } else if (command == "members") {
      members_.clear();
      for (std::size_t i = 1; i < words_.size(); ++i) members_[member(words_[i]).id().name] = member(words_[i]);
      print(overlay_->on_members_changed(*this));
    } else if (command == "up") {
      const Member peer = member(words_.at(1));
      members_[peer.id().name] = peer;
      neighbours_.insert(peer.id());
      print(overlay_->on_neighbour_up(*this, peer));
    } else if (command == "down") {
      neighbours_.erase(member(words_.at(1)).id());
      const LinkEnd why = has("left") ? LinkEnd::kLeft : has("closed") ? LinkEnd::kClosed : LinkEnd::kLost;
      print(overlay_->on_neighbour_down(*this, member(words_.at(1)), why));
    } else if (command == "connect-failed") {
      print(overlay_->on_connect_failed(*this, member(words_.at(1))));
    } else if (command == "from") {
      print(overlay_->on_message(*this, member(words_.at(1)).id(), hyparview::encode(message())));
    } else if (command == "rtt") {
      round_trips_[member(words_.at(1)).id()] = std::chrono::milliseconds(std::stoll(words_.at(2)));
    } else if (command == "raw") {
      print(overlay_->on_message(*this, member(words_.at(1)).id(), Bytes::copy_of(words_.at(2))));
    } else if (command == "views") {
      output_ += "active:" + sorted(overlay_->active_view()) + "\npassive:" + sorted(overlay_->passive_view()) + "\n";
    } else {
      ADD_FAILURE() << "no such command: " << line;
    }
    if (const auto count = overlay_->malformed_messages(); count != std::exchange(malformed_, count)) {
      output_ += fmt::format("malformed so far: {}\n", count);
    }
    return output_;
  }

  TimePoint now() const override { return now_; }
  const Member& self() const override { return self_; }
  std::vector<const Member*> members() const override {
    std::vector<const Member*> members;
    for (const auto& [name, one] : members_) members.push_back(&one);
    return members;
  }
  const Member* find(std::uint64_t name) const override {
    const auto entry = members_.find(name);
    return entry == members_.end() ? nullptr : &entry->second;
  }
  bool is_suspected(std::uint64_t) const override { return false; }
  bool has_other_way(NodeId) const override { return true; }
  std::vector<NodeId> neighbours() const override { return {neighbours_.begin(), neighbours_.end()}; }
  bool is_neighbour(NodeId node) const override { return neighbours_.contains(node); }
  std::optional<Duration> round_trip(NodeId node) const override {
    const auto entry = round_trips_.find(node);
    return entry == round_trips_.end() || !is_neighbour(node) ? std::nullopt : std::optional(entry->second);
  }

 private:
  void make() {
    HyParViewOptions options;
    options.shuffle.period = 1'000'000h;
    options.refill.jitter = options.urgent.jitter = 0;
    const auto number = [&](const std::string& key, auto& value) {
      if (const auto text = option(key))
        value = static_cast<std::remove_reference_t<decltype(value)>>(std::stoul(*text));
    };
    number("active_view_max", options.active_view_max);
    number("passive_view_max", options.passive_view_max);
    number("active_walk_length", options.active_walk_length);
    number("passive_walk_length", options.passive_walk_length);
    number("requests_max", options.requests_max);
    if (const auto text = option("shuffle_period"))
      options.shuffle.period = std::chrono::milliseconds(std::stoll(*text));
    options.x_bot = {.enabled = option("x_bot").has_value(), .period = 100s};
    self_ = member(words_.at(1));
    round_trips_.clear();
    members_.clear();
    neighbours_.clear();
    now_ = {};
    overlay_ = std::make_unique<HyParView>(options, Random(1));
    print(overlay_->start(*this));
  }

  void pass_time(TimePoint end) {
    for (auto next = overlay_->next_tick(); next && *next <= end; next = overlay_->next_tick()) {
      now_ = std::max(now_, *next);
      const Wishes wishes = overlay_->on_tick(*this);
      const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
      print(wishes, fmt::format("{} ", time.count()));
      if (overlay_->next_tick() <= now_) throw std::logic_error("ticks without end");
    }
    now_ = end;
  }

  hyparview::Message message() {
    const std::string& kind = words_.at(2);
    const auto hops = static_cast<std::uint8_t>(std::stoul(option("hops").value_or("0")));
    if (kind == "join") return hyparview::Join{};
    if (kind == "forward-join") return hyparview::ForwardJoin{member(words_.at(3)), hops};
    if (kind == "neighbour") return hyparview::Neighbour{has("high")};
    if (kind == "accept" || kind == "reject") return hyparview::NeighbourReply{has("accept")};
    if (kind == "disconnect") return hyparview::Disconnect{};
    std::vector<NodeId> path;
    std::istringstream in(option("path").value_or(""));
    for (std::string word; std::getline(in, word, ',');) path.push_back(member(word).id());
    std::vector<NodeId> nodes;
    for (std::size_t i = 3; i < words_.size(); ++i) {
      if (words_[i].find('/') != std::string::npos && words_[i].find('=') == std::string::npos)
        nodes.push_back(member(words_[i]).id());
    }
    if (kind == "shuffle") return hyparview::Shuffle{path, nodes, hops};
    if (kind == "shuffle-reply") return hyparview::ShuffleReply{path, nodes};
    if (kind == "probe") return hyparview::Probe{};
    if (kind == "optimization") return hyparview::Optimization{nodes.at(0)};
    if (kind == "optimization-reply") return hyparview::OptimizationReply{has("yes"), has("switched")};
    if (kind == "replace") return hyparview::Replace{nodes.at(0), nodes.at(1)};
    if (kind == "replace-reply") return hyparview::ReplaceReply{has("yes")};
    if (kind == "switch") return hyparview::Switch{nodes.at(0)};
    if (kind == "switch-reply") return hyparview::SwitchReply{has("yes")};
    if (kind == "disconnect-wait") return hyparview::DisconnectWait{};
    throw std::logic_error("no such message: " + kind);
  }

  void print(const Wishes& wishes, const std::string& prefix = "") {
    for (const Wish& wish : wishes) {
      output_ += prefix + std::visit([this](const auto& one) { return text(one); }, wish) + "\n";
    }
  }

  std::string text(const Connect& wish) { return "connect " + text(wish.member.id()); }
  std::string text(const Disconnect& wish) { return fmt::format("close {}: {}", text(wish.node), wish.reason); }
  std::string text(const Tell& wish) {
    const auto message = hyparview::decode(wish.message);
    return fmt::format("to {}: {}", text(wish.to), std::visit([this](const auto& one) { return text(one); }, *message));
  }
  std::string text(const hyparview::Join&) { return "JOIN"; }
  std::string text(const hyparview::ForwardJoin& message) {
    return fmt::format("FORWARDJOIN {}, {} hops left", text(message.joiner.id()), message.hops_left);
  }
  std::string text(const hyparview::Neighbour& message) {
    return fmt::format("NEIGHBOR with {} priority", message.high_priority ? "high" : "low");
  }
  std::string text(const hyparview::NeighbourReply& message) { return message.accepted ? "accepted" : "rejected"; }
  std::string text(const hyparview::Disconnect&) { return "DISCONNECT"; }
  std::string text(const hyparview::Shuffle& message) {
    return fmt::format("SHUFFLE{}, path{}, {} hops left", sorted(message.nodes), list(message.path), message.hops_left);
  }
  std::string text(const hyparview::ShuffleReply& message) {
    return fmt::format("SHUFFLEREPLY{}, path{}", sorted(message.nodes), list(message.path));
  }
  std::string text(const hyparview::Probe&) { return "a probe"; }
  std::string text(const hyparview::Optimization& message) { return "OPTIMIZATION, old " + text(message.old); }
  std::string text(const hyparview::OptimizationReply& message) {
    return fmt::format("OPTIMIZATIONREPLY {}{}", message.accepted, message.switched ? ", switched" : "");
  }
  std::string text(const hyparview::Replace& message) {
    return fmt::format("REPLACE, initiator {}, old {}", text(message.initiator), text(message.old));
  }
  std::string text(const hyparview::ReplaceReply& message) { return fmt::format("REPLACEREPLY {}", message.accepted); }
  std::string text(const hyparview::Switch& message) { return "SWITCH, initiator " + text(message.initiator); }
  std::string text(const hyparview::SwitchReply& message) { return fmt::format("SWITCHREPLY {}", message.accepted); }
  std::string text(const hyparview::DisconnectWait&) { return "DISCONNECTWAIT"; }
  std::string text(NodeId id) { return fmt::format("{}/{}", names_.at(id.name), id.incarnation); }

  std::string list(const std::vector<NodeId>& nodes) {
    std::string result;
    for (const NodeId node : nodes) result += " " + text(node);
    return result;
  }
  std::string sorted(std::vector<NodeId> nodes) {
    std::ranges::sort(nodes, {}, [this](NodeId node) { return text(node); });
    return list(nodes);
  }

  /// "b/2"
  Member member(const std::string& word) {
    const std::size_t slash = word.find('/');
    Member result{.name = word.substr(0, slash), .incarnation = std::stoull(word.substr(slash + 1))};
    result.address = result.name + ":1";
    names_[result.id().name] = result.name;
    return result;
  }

  bool has(const std::string& word) const { return std::ranges::find(words_, word) != words_.end(); }

  std::optional<std::string> option(const std::string& key) const {
    for (const std::string& word : words_) {
      if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
    }
    return std::nullopt;
  }

  TimePoint now_{};
  Member self_;
  std::map<std::uint64_t, Member> members_;
  std::set<NodeId> neighbours_;
  std::map<NodeId, Duration> round_trips_;
  std::unique_ptr<HyParView> overlay_;
  std::uint64_t malformed_ = 0;
  std::map<std::uint64_t, std::string> names_;
  std::vector<std::string> words_;
  std::string output_;
};

/// The file with the outputs that the code gives now. Lines that are neither a command nor its output are kept.
std::string replay(std::istream& in) {
  std::string result;
  Story story;
  bool in_output = false;
  for (std::string line; std::getline(in, line);) {
    if (in_output) {
      in_output = !line.empty();
      if (!in_output) result += "\n";
      continue;
    }
    if (line == "----") {
      in_output = true;
      continue;
    }
    result += line + "\n";
    if (line.empty() || line.starts_with("#")) continue;
    const std::string output = story.run(line);
    if (!output.empty()) result += "----\n" + output;
    // An empty line ends the output.
    if (!output.empty() && in.peek() != '-' && in.peek() != '\n') result += "\n";
  }
  return result;
}

void check(const std::string& name) {
  const auto path = std::filesystem::path(__FILE__).parent_path() / "testdata" / "hyparview" / (name + ".txt");
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::stringstream told;
  told << file.rdbuf();
  const std::string now = replay(told);
  if (std::getenv("TROUPE_REWRITE") != nullptr) {
    std::ofstream(path) << now;
  } else {
    EXPECT_EQ(now, told.str()) << "TROUPE_REWRITE=1 rewrites " << path;
  }
}

TEST(HyParView, joins_through_a_contact) { check("join"); }
TEST(HyParView, repeats_a_join_without_an_answer) { check("join_repeated"); }
TEST(HyParView, takes_in_a_new_node_and_spreads_the_news) { check("contact"); }
TEST(HyParView, walks_for_a_new_node) { check("forward_join"); }
TEST(HyParView, answers_neighbour_requests_by_priority) { check("neighbour"); }
TEST(HyParView, replaces_a_neighbour_that_failed) { check("failure"); }
TEST(HyParView, insists_when_a_small_view_is_refused_everywhere) { check("insisting"); }
TEST(HyParView, keeps_views_symmetric) { check("symmetry"); }
TEST(HyParView, closes_links_without_a_purpose) { check("idle_links"); }
TEST(HyParView, takes_in_who_the_fabric_has_dialed) { check("fabric_links"); }
TEST(HyParView, shuffles_passive_views) { check("shuffle"); }
TEST(HyParView, follows_the_membership) { check("restart"); }
TEST(XBot, gives_up_a_far_neighbour_for_a_near_one) { check("x_bot_initiator"); }
TEST(XBot, does_without_a_swap_where_there_is_room) { check("x_bot_alone"); }
TEST(XBot, gives_up_its_farthest_neighbour_as_a_candidate) { check("x_bot_candidate"); }
TEST(XBot, takes_the_old_neighbour_if_it_is_nearer) { check("x_bot_disconnected"); }
TEST(XBot, switches_as_the_old_neighbour) { check("x_bot_old"); }
TEST(HyParView, counts_what_cannot_be) { check("malformed"); }

}  // namespace
}  // namespace troupe::overlay
