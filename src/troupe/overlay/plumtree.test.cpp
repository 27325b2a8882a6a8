// Stories of one Plumtree, told by its neighbours: testdata/plumtree/*.txt, each line a command, and below it what came
// out. TROUPE_REWRITE=1 writes them anew.

#include "troupe/overlay/plumtree.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace troupe::overlay {
namespace {

using plumtree::Gossip;
using plumtree::Kind;
using plumtree::Mention;

class Story {
 public:
  std::string run(const std::string& line) {
    words_.clear();
    std::istringstream in(line);
    for (std::string word; in >> word;) words_.push_back(word);
    output_.clear();
    const std::string& command = words_.at(0);
    if (command == "plumtree") {
      make();
    } else if (command == "at") {
      pass_time(TimePoint(std::chrono::milliseconds(std::stoll(words_.at(1)))));
    } else if (command == "up") {
      for (std::size_t i = 1; i < words_.size(); ++i) print(plumtree_->on_neighbour_up(now_, node(words_[i])));
    } else if (command == "down") {
      for (std::size_t i = 1; i < words_.size(); ++i) print(plumtree_->on_neighbour_down(now_, node(words_[i])));
    } else if (command == "broadcast") {
      print(plumtree_->broadcast(now_, Bytes::copy_of(words_.at(1))));
    } else if (command == "reborn") {
      plumtree_->reborn(node(words_.at(1)));
    } else if (command == "branches") {
      print_branches(words_.at(1));
    } else if (command == "roots") {
      for (const NodeId& root : plumtree_->roots()) output_ += text(root) + "\n";
    } else if (command == "counters") {
      print_counters();
    } else {
      hear(command);
    }
    return output_;
  }

 private:
  void make() {
    PlumtreeOptions options;
    const auto number = [this](const std::string& key, auto otherwise) {
      const auto text = option(key);
      return text ? static_cast<decltype(otherwise)>(std::stoull(*text)) : otherwise;
    };
    if (number("relays", 1) == 0) options.spreading = Spreading::kToNeighbours;
    options.roots_max = number("roots_max", options.roots_max);
    options.shorter_hops_min = number("shorter_hops_min", options.shorter_hops_min);
    options.grafts_max = number("grafts_max", options.grafts_max);
    options.kept_bytes_max = number("kept_bytes_max", options.kept_bytes_max);
    options.missing_per_neighbour_max = number("missing_per_neighbour_max", options.missing_per_neighbour_max);
    plumtree_ = std::make_unique<Plumtree>(options, node(words_.at(1)), Random(1));
  }

  /// "gossip from b r#5 hops=2 text", "announce from b r#5:2 s#1:4", "graft from b r#5 s", "prune from b r"
  void hear(const std::string& command) {
    if (words_.at(1) != "from") throw std::logic_error("no such command: " + command);
    const NodeId from = node(words_.at(2));
    if (command == "bytes") return print(plumtree_->on_message(now_, from, Bytes::copy_of(words_.at(3))));
    if (command == "gossip") {
      const Mention id = mention(words_.at(3));
      const Gossip gossip{.id = {id.root, id.sequence.value()},
                          .hops = id.hops,
                          .age = std::chrono::milliseconds(std::stoll(option("age").value_or("0"))),
                          .payload = Bytes::copy_of(words_.back())};
      return print(plumtree_->on_message(now_, from, plumtree::encode_gossip(gossip)));
    }
    const Kind kind = command == "announce" ? Kind::kAnnounce : command == "graft" ? Kind::kGraft : Kind::kPrune;
    std::vector<Mention> mentions;
    for (std::size_t i = 3; i < words_.size(); ++i) mentions.push_back(mention(words_[i]));
    print(plumtree_->on_message(now_, from, plumtree::encode_list(kind, mentions)));
  }

  void pass_time(TimePoint end) {
    for (auto next = plumtree_->next_tick(); next && *next <= end; next = plumtree_->next_tick()) {
      now_ = *next;
      const PlumtreeOutputs outputs = plumtree_->on_tick(now_);
      const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
      print(outputs, fmt::format("{} ", time.count()));
      if (plumtree_->next_tick() == now_) throw std::logic_error("ticks without end");
    }
    now_ = end;
  }

  void print(const PlumtreeOutputs& outputs, const std::string& prefix = "") {
    for (const PlumtreeOutput& output : outputs) {
      output_ += prefix + std::visit([this](const auto& one) { return text(one); }, output) + "\n";
    }
  }

  void print_branches(const std::string& root) {
    const Plumtree::Branches branches = plumtree_->branches(node(root));
    output_ += "eager:";
    for (const NodeId& one : branches.eager) output_ += " " + text(one);
    output_ += "\nlazy:";
    for (const NodeId& one : branches.lazy) output_ += " " + text(one);
    output_ += "\n";
    if (branches.parent) output_ += "parent: " + text(*branches.parent) + "\n";
  }

  void print_counters() {
    const PlumtreeCounters& counters = plumtree_->counters();
    output_ += fmt::format("received {}, redundant {}, late {}, sent {}\n", counters.payloads,
                           counters.redundant_payloads, counters.late_payloads, counters.payloads_sent);
    output_ += fmt::format("announced {}, grafts {}, prunes {}, exchanges {}\n", counters.announced, counters.grafts,
                           counters.prunes, counters.exchanges);
    output_ += fmt::format("refused {}, malformed {}, stray {}; missing {}, kept {} bytes\n",
                           counters.refused_announcements, counters.malformed_messages, counters.stray_messages,
                           plumtree_->missing(), plumtree_->kept_bytes());
  }

  std::string text(const PlumtreeDeliver& deliver) {
    return fmt::format("deliver {} of {}, {} hops", deliver.payload.view(), text(deliver.root), deliver.hops);
  }
  std::string text(const PlumtreeSend& send) {
    std::string line = fmt::format("{} <- ", text(send.to));
    const Kind kind = plumtree::kind_of(send.message);
    if (kind == Kind::kGossip) {
      const Gossip gossip = plumtree::decode_gossip(send.message).value();
      line += "gossip " + text({gossip.id.root, gossip.id.sequence, gossip.hops});
      if (gossip.age > Duration::zero()) line += fmt::format(" age={}", gossip.age / 1ms);
      return line + " " + std::string(gossip.payload.view());
    }
    line += kind == Kind::kAnnounce ? "announce" : kind == Kind::kGraft ? "graft" : "prune";
    const auto mentions = plumtree::decode_list(send.message, 10'000);
    for (const Mention& one : *mentions) line += " " + text(one);
    return line;
  }
  std::string text(const Mention& one) {
    return text(one.root) + (one.sequence ? fmt::format("#{}:{}", *one.sequence, one.hops) : "");
  }
  std::string text(const NodeId& id) {
    const std::string& name = names_.at(id.name);
    return id.incarnation == 1 ? name : fmt::format("{}/{}", name, id.incarnation);
  }

  /// "b", or "b/2" in its second life.
  NodeId node(const std::string& word) {
    const std::size_t slash = word.find('/');
    NodeId id = NodeId::named(word.substr(0, slash));
    id.incarnation = slash == std::string::npos ? 1 : std::stoull(word.substr(slash + 1));
    names_[id.name] = word.substr(0, slash);
    return id;
  }

  /// "r", "r#5", or "r#5:2" over two hops.
  Mention mention(const std::string& word) {
    const std::size_t hash = word.find('#');
    Mention result{.root = node(word.substr(0, hash))};
    if (hash == std::string::npos) return result;
    result.sequence = std::stoull(word.substr(hash + 1));
    const std::size_t colon = word.find(':');
    result.hops = colon == std::string::npos ? 1 : static_cast<std::uint16_t>(std::stoul(word.substr(colon + 1)));
    return result;
  }

  std::optional<std::string> option(const std::string& key) const {
    for (const std::string& word : words_) {
      if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
    }
    return std::nullopt;
  }

  TimePoint now_{};
  std::unique_ptr<Plumtree> plumtree_;
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
    if (output.empty()) continue;
    result += "----\n" + output;
    // An empty line ends the output.
    if (in.peek() != '-' && in.peek() != '\n') result += "\n";
  }
  return result;
}

void check(const std::string& name) {
  const auto path = std::filesystem::path(__FILE__).parent_path() / "testdata" / "plumtree" / (name + ".txt");
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

TEST(Plumtree, prunes_what_comes_twice) { check("prune"); }
TEST(Plumtree, keeps_a_tree_for_each_root) { check("trees_per_root"); }
TEST(Plumtree, grafts_a_lost_branch) { check("graft"); }
TEST(Plumtree, goes_round_those_who_announced) { check("graft_in_turn"); }
TEST(Plumtree, exchanges_a_long_branch_for_a_short_one) { check("exchange"); }
TEST(Plumtree, follows_its_neighbours) { check("neighbours"); }
TEST(Plumtree, catches_up_with_a_new_neighbour) { check("catch_up"); }
TEST(Plumtree, forgets_the_tree_of_the_root_used_least_recently) { check("eviction"); }
TEST(Plumtree, begins_anew_when_it_is_reborn) { check("reborn"); }
TEST(Plumtree, hands_nothing_on_in_a_full_mesh) { check("no_relays"); }
TEST(Plumtree, keeps_to_its_bounds) { check("bounds"); }
TEST(Plumtree, ignores_what_makes_no_sense) { check("nonsense"); }

TEST(Plumtree, delivers_a_slice_and_copies_the_payload_once_for_all_branches) {
  Plumtree plumtree({}, NodeId::named("a"), Random(1));
  for (const char* name : {"b", "c", "d"}) (void)plumtree.on_neighbour_up({}, NodeId::named(name));
  const Gossip gossip{.id = {NodeId::named("r"), 0}, .hops = 1, .payload = Bytes::copy_of(std::string(100'000, 'x'))};
  const Bytes message = plumtree::encode_gossip(gossip);
  const PlumtreeOutputs outputs = plumtree.on_message({}, NodeId::named("b"), message);
  ASSERT_EQ(outputs.size(), 3U);
  const auto& delivered = std::get<PlumtreeDeliver>(outputs[0]).payload;
  EXPECT_EQ(delivered.data() + delivered.size(), message.data() + message.size());
  EXPECT_EQ(std::get<PlumtreeSend>(outputs[1]).message.data(), std::get<PlumtreeSend>(outputs[2]).message.data());
}

TEST(Plumtree, remembers_the_branches_of_thousands_of_neighbours) {
  Plumtree plumtree({}, NodeId::named("a"), Random(1));
  const NodeId root = NodeId::named("root");
  const auto neighbour = [](std::uint64_t i) { return NodeId{i + 1, 1}; };
  for (std::uint64_t i = 0; i < 5'000; ++i) (void)plumtree.on_neighbour_up({}, neighbour(i));
  (void)plumtree.on_message({}, neighbour(0), plumtree::encode_gossip({.id = {root, 0}, .hops = 1}));
  for (std::uint64_t i = 1; i < 5'000; i += 3) {
    (void)plumtree.on_message({}, neighbour(i),
                              plumtree::encode_list(Kind::kPrune, std::vector<Mention>{{root, {}, 0}}));
  }
  const auto branches = plumtree.branches(root);
  EXPECT_EQ(branches.lazy.size(), 1'667U);
  EXPECT_EQ(branches.lazy.back(), neighbour(4'999));
  EXPECT_EQ(branches.eager.size(), 5'000 - 1'667U);
  EXPECT_EQ(branches.parent, neighbour(0));
}

TEST(Plumtree, survives_any_message) {
  Random random(7);
  const NodeId peer = NodeId::named("b");
  PlumtreeOptions options;
  options.missing_per_neighbour_max = 100;
  options.kept_bytes_max = 10'000;
  Plumtree plumtree(options, NodeId::named("a"), Random(1));
  (void)plumtree.on_neighbour_up({}, peer);
  const std::vector<Mention> mentions{{peer, 4, 2}, {NodeId::named("c"), 1'000, 1}, {NodeId::named("d"), {}, 0}};
  const std::vector<Bytes> good{
      plumtree::encode_gossip({.id = {peer, 1}, .hops = 1, .payload = Bytes::copy_of("payload")}),
      plumtree::encode_list(Kind::kAnnounce, mentions), plumtree::encode_list(Kind::kGraft, mentions),
      plumtree::encode_list(Kind::kPrune, mentions)};
  for (int i = 0; i < 40'000; ++i) {
    std::string bad(good[random.below(4)].view());
    if (random.chance(0.3)) bad.resize(random.below(bad.size() + 1));
    for (auto changes = random.below(4); changes > 0 && !bad.empty(); --changes) {
      bad[random.below(bad.size())] = static_cast<char>(random.next());
    }
    (void)plumtree.on_message({}, peer, Bytes::copy_of(bad));
  }
  EXPECT_GT(plumtree.counters().malformed_messages, 5'000U);
  EXPECT_GT(plumtree.counters().refused_announcements, 100U);
  EXPECT_LE(plumtree.missing(), 100U);
  EXPECT_LE(plumtree.kept_bytes(), 10'000U);
  EXPECT_LE(plumtree.roots().size(), options.roots_max);
}

}  // namespace
}  // namespace troupe::overlay
