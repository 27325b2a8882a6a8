// Golden traces: each file of testdata/full_mesh is a story of one node, told as commands and the actions that they
// give.
//
//     mesh a/1 join=b:1,c:1      the node, its incarnation, its options (times in milliseconds); starts it
//     at 1500                    runs the ticks up to this time
//     link-up 1 b/2 dialed=b:1   a link with incarnation 2 of b, which answers our dial (or without: b dialed us)
//     link-down 1 [left]         lost; or b said goodbye
//     dial-failed b:1
//     list b/2 [asking] c/1 …    a member list from b, which may ask for ours
//     raw b/2 some text          a message that is no member list
//     leave, members, hop b/2
//
// A member's address is its name and port 1, unless it is written b/2@host:7400. TROUPE_REWRITE=1 writes the outputs
// anew.

#include "troupe/overlay/full_mesh.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "troupe/wire/codec.hpp"

namespace troupe::overlay {
namespace {

// The format on the wire, written down a second time: a change of it must be wanted.
struct WireMemberList {
  bool answer = false;
  std::vector<Member> members;
};

class Story {
 public:
  std::string run(const std::string& line) {
    words_.clear();
    std::istringstream in(line);
    for (std::string word; in >> word;) words_.push_back(word);
    output_.clear();
    const std::string& command = words_.at(0);
    if (command == "mesh") {
      make();
    } else if (command == "at") {
      pass_time(TimePoint(std::chrono::milliseconds(std::stoll(words_.at(1)))));
    } else if (command == "link-up") {
      print(mesh_->on_link_up(now_, std::stoull(words_.at(1)), member(words_.at(2)), option("dialed").value_or("")));
    } else if (command == "link-down") {
      print(mesh_->on_link_down(now_, std::stoull(words_.at(1)), {ErrorCode::kUnreachable, "reset"}, has("left")));
    } else if (command == "dial-failed") {
      print(mesh_->on_dial_failed(now_, words_.at(1), {ErrorCode::kUnreachable, "refused"}));
    } else if (command == "list") {
      WireMemberList list{.answer = has("asking"), .members = {member(words_.at(1))}};
      for (std::size_t i = list.answer ? 3 : 2; i < words_.size(); ++i) list.members.push_back(member(words_[i]));
      print(mesh_->on_message(now_, list.members[0].id(), wire::encode(list)));
    } else if (command == "raw") {
      print(mesh_->on_message(now_, member(words_.at(1)).id(), Bytes::copy_of(words_.at(2))));
      output_ += fmt::format("malformed so far: {}\n", mesh_->malformed_messages());
    } else if (command == "leave") {
      print(mesh_->leave(now_));
    } else if (command == "members") {
      for (const auto& [one, state] : mesh_->members()) output_ += fmt::format("{} {}\n", text(one), to_string(state));
    } else if (command == "hop") {
      const auto hop = mesh_->next_hop(member(words_.at(1)).id());
      output_ += hop ? text(*hop) + "\n" : "none\n";
    } else {
      ADD_FAILURE() << "no such command: " << line;
    }
    return output_;
  }

 private:
  void make() {
    FullMeshOptions options{.backoff = {.jitter = 0}, .gossip_interval = 1'000h};
    std::istringstream join(option("join").value_or(""));
    for (std::string address; std::getline(join, address, ',');) options.join.push_back(address);
    if (const auto text = option("gossip_interval"))
      options.gossip_interval = std::chrono::milliseconds(std::stoll(*text));
    if (const auto text = option("members_max")) options.members_max = std::stoull(*text);
    mesh_ = std::make_unique<FullMesh>(options, member(words_.at(1)), Random(1));
    print(mesh_->start(now_));
  }

  void pass_time(TimePoint end) {
    for (auto next = mesh_->next_tick(); next && *next <= end; next = mesh_->next_tick()) {
      now_ = *next;
      const Actions actions = mesh_->on_tick(now_);
      const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
      print(actions, fmt::format("{} ", time.count()));
      if (mesh_->next_tick() == now_) throw std::logic_error("ticks without end");
    }
    now_ = end;
  }

  void print(const Actions& actions, const std::string& prefix = "") {
    for (const Action& action : actions) {
      output_ += prefix + std::visit([this](const auto& one) { return text(one); }, action) + "\n";
    }
  }

  std::string text(const Dial& dial) { return "dial " + dial.address; }
  std::string text(const CloseLink& close) { return fmt::format("close {}: {}", close.link, close.reason); }
  std::string text(const LinkChosen& chosen) { return fmt::format("choose {} for {}", chosen.link, text(chosen.node)); }
  std::string text(const MemberUp& up) { return "up " + text(up.member); }
  std::string text(const MemberUnreachable& unreachable) { return "unreachable " + text(unreachable.member); }
  std::string text(const MemberDown& down) {
    return fmt::format("down {}: {}{}", text(down.member), down.reason.to_string(), down.left ? " (left)" : "");
  }
  std::string text(const Send& send) {
    const auto list = wire::decode<WireMemberList>(send.message);
    std::string line = fmt::format("send to {}{}:", text(send.to), list.value().answer ? ", asking" : "");
    for (const Member& one : list->members) line += " " + text(one);
    return line;
  }
  std::string text(const Member& one) {
    const std::string id = fmt::format("{}/{}", one.name, one.incarnation);
    return one.address == one.name + ":1" ? id : id + "@" + one.address;
  }
  std::string text(const NodeId& id) { return fmt::format("{}/{}", names_.at(id.name), id.incarnation); }

  /// "b/2" or "b/2@host:7400".
  Member member(const std::string& word) {
    const std::size_t slash = word.find('/');
    const std::size_t at = word.find('@');
    Member result{.name = word.substr(0, slash), .incarnation = std::stoull(word.substr(slash + 1))};
    result.address = at == std::string::npos ? result.name + ":1" : word.substr(at + 1);
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
  std::unique_ptr<FullMesh> mesh_;
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
  const auto path = std::filesystem::path(__FILE__).parent_path() / "testdata" / "full_mesh" / (name + ".txt");
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

TEST(FullMesh, joins_and_retries_for_ever) { check("join"); }
TEST(FullMesh, dials_whom_the_others_know) { check("hints"); }
TEST(FullMesh, ignores_hints_that_it_cannot_use) { check("useless_hints"); }
TEST(FullMesh, repairs_by_gossip) { check("gossip"); }
TEST(FullMesh, keeps_one_of_two_crossing_links) { check("crossing_dials"); }
TEST(FullMesh, leaves_the_choice_to_the_smaller_name) { check("crossing_dials_greater"); }
TEST(FullMesh, gives_up_a_link_that_is_dead_for_the_peer) { check("half_open"); }
TEST(FullMesh, lets_a_newer_incarnation_take_over) { check("restart"); }
TEST(FullMesh, redials_and_declares_down) { check("lost"); }
TEST(FullMesh, lets_a_member_leave) { check("goodbye"); }
TEST(FullMesh, leaves) { check("leave"); }
TEST(FullMesh, refuses_who_cannot_be_a_member) { check("refusals"); }
TEST(FullMesh, keeps_to_its_bounds) { check("bounds"); }

TEST(FullMesh, refuses_a_name_with_the_hash_of_another) {
  // XXH3 of 16 bytes adds up a function of both halves; where one half cancels the secret, the other can be solved for.
  const Member first{.name = "node-in-the-east", .incarnation = 1, .address = "east:1"};
  const Member second{.name = "\xb9\x39\x42\xea\x7b\x73\x82\x67\x12\xc7\xc3\x4e\x22\xd1\xb8\x3c",
                      .incarnation = 2,
                      .address = "west:1"};
  ASSERT_EQ(first.id().name, second.id().name);
  const std::string reason =
      "the names '" + first.name + "' and '" + second.name + "' have the same hash: rename one of the nodes";

  FullMesh mesh({}, {.name = "a", .incarnation = 1, .address = "a:1"}, Random(1));
  (void)mesh.start({});
  (void)mesh.on_link_up({}, 1, first, "");
  EXPECT_EQ(mesh.on_link_up({}, 2, second, ""), (Actions{CloseLink{2, reason}}));
  const Bytes hint = wire::encode(WireMemberList{.members = {first, second}});
  EXPECT_EQ(mesh.on_message({}, first.id(), hint), Actions{});
  EXPECT_EQ(mesh.next_hop(second.id()), std::nullopt);
  EXPECT_EQ(mesh.refused_links(), 1U);

  FullMesh namesake({}, first, Random(1));
  EXPECT_EQ(namesake.on_link_up({}, 1, second, ""), (Actions{CloseLink{1, reason}}));
}

TEST(FullMesh, survives_any_message) {
  Random random(7);
  const Member peer{.name = "b", .incarnation = 1, .address = "b:1"};
  FullMesh mesh({}, {.name = "a", .incarnation = 1, .address = "a:1"}, Random(1));
  (void)mesh.start({});
  (void)mesh.on_link_up({}, 1, peer, "");
  const Bytes good = wire::encode(WireMemberList{.members = {peer, {.name = "c", .incarnation = 1, .address = "c:1"}}});
  for (int i = 0; i < 20'000; ++i) {
    std::string bad(good.view().substr(0, random.below(good.size() + 1)));
    for (auto changes = random.below(4); changes > 0 && !bad.empty(); --changes) {
      bad[random.below(bad.size())] = static_cast<char>(random.next());
    }
    (void)mesh.on_message({}, peer.id(), Bytes::copy_of(bad));
  }
  EXPECT_GT(mesh.malformed_messages(), 1'000U);
  EXPECT_LE(mesh.remembered(), 2 + FullMeshOptions{}.members_max);
  EXPECT_EQ(mesh.members().size(), 2U) << "hearsay makes nobody a member";
}

}  // namespace
}  // namespace troupe::overlay
