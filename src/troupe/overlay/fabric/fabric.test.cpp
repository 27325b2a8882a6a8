// Golden traces: each file of testdata/fabric is a story of one node, told as commands and the actions that they give.
//
//     fabric a/1 join=b:1,c:1    the node, its incarnation, its options (times in milliseconds); starts it. With
//                                overlay=static it wants links with the nodes of `join` only, else with all; with
//                                show=exchange the story also has what keeps the tables equal
//     at 1500                    runs the ticks up to this time
//     asleep 1500                … the process stood still until then
//     link-up 1 b/2 dialed=b:1   a link with incarnation 2 of b, which answers our dial (or without: b dialed us)
//     link-down 1 [left|closed]  lost; or b said goodbye; or b closed it
//     heard 1                    a heartbeat came over the link
//     lane-lost 1                a part of the link broke, and is made again
//     dial-failed b:1
//     from 1 records b/2[a,c*2]v3 c/1[]left
//                                b's fabric says over link 1 what its table has: the links of b and how often they were
//                                made, in the third version; c has left
//     from 1 probe c             … asks us to look for c
//     from 1 wish yes|no         … wants the link, or does not
//     from 1 raw text            … says something that is no message
//     from 1 gossip c/1 WHAT     … hands on a broadcast of c: records …, verdict d/1,e/1 weight=3 least=b,
//                                dismissal d/1, say text, raw text
//     broadcast text, join b:1, discover b:1,c:1, leave, declare-down b, members, hop b/2
//
// A member's address is its name and port 1, unless it is written b/2@host:7400. TROUPE_REWRITE=1 writes the outputs
// anew.

#include "troupe/overlay/fabric/story.test.hpp"
#include "troupe/overlay/tests/golden.test.hpp"

namespace troupe::overlay {
namespace {

void check(const std::string& name) { check_story<FabricStory>("fabric/" + name); }

TEST(Fabric, joins_and_retries_for_ever) { check("join"); }
TEST(Fabric, dials_what_is_discovered_while_it_is) { check("discovery"); }
TEST(Fabric, dials_whom_the_others_know) { check("hints"); }
TEST(Fabric, ignores_what_it_cannot_use) { check("useless_hints"); }
TEST(Fabric, compares_tables) { check("exchange"); }
TEST(Fabric, keeps_one_of_two_crossing_links) { check("crossing_dials"); }
TEST(Fabric, leaves_the_choice_to_the_smaller_name) { check("crossing_dials_greater"); }
TEST(Fabric, gives_up_a_link_that_is_dead_for_the_peer) { check("half_open"); }
TEST(Fabric, lets_a_newer_incarnation_take_over) { check("restart"); }
TEST(Fabric, suspects_and_declares_down) { check("lost"); }
TEST(Fabric, suspects_who_is_silent) { check("silence"); }
TEST(Fabric, dials_those_that_are_down) { check("heal"); }
TEST(Fabric, asks_others_to_look_for_a_lost_node) { check("probes"); }
TEST(Fabric, reaches_members_through_others) { check("ways"); }
TEST(Fabric, waits_for_a_link_where_there_should_be_one) { check("direct_wait"); }
TEST(Fabric, tells_of_links_that_broke_for_a_moment) { check("lanes"); }
TEST(Fabric, lets_a_member_leave) { check("goodbye"); }
TEST(Fabric, leaves) { check("leave"); }
TEST(Fabric, refuses_who_cannot_be_a_member) { check("refusals"); }
TEST(Fabric, keeps_to_its_bounds) { check("bounds"); }
TEST(Fabric, is_reborn_when_it_was_declared_down) { check("verdict"); }
TEST(Fabric, lets_the_heavier_of_two_halves_stay) { check("mutual"); }
TEST(Fabric, tells_the_dead_that_they_are_down) { check("pronounced"); }
TEST(Fabric, dismisses_whom_the_operator_names) { check("dismissal"); }
TEST(Fabric, broadcasts) { check("broadcast"); }
TEST(Fabric, closes_links_that_nobody_wants) { check("wishes"); }

Member member(const std::string& name) { return {.name = name, .incarnation = 1, .address = name + ":1"}; }

struct Node {
  explicit Node(const std::string& name)
      : fabric({}, member(name), std::make_unique<FullMesh>(WantedLinksOptions{}, Random(1)), Random(1)) {
    (void)fabric.start({});
  }
  Fabric fabric;
};

TEST(Fabric, refuses_a_name_with_the_hash_of_another) {
  // XXH3 of 16 bytes adds up a function of both halves; where one half cancels the secret, the other can be solved for.
  const Member first = member("node-in-the-east");
  Member second = member("\xb9\x39\x42\xea\x7b\x73\x82\x67\x12\xc7\xc3\x4e\x22\xd1\xb8\x3c");
  second.incarnation = 2;
  ASSERT_EQ(first.id().name, second.id().name);
  const std::string reason =
      "the names '" + first.name + "' and '" + second.name + "' have the same hash: rename one of the nodes";

  Node node("a");
  (void)node.fabric.on_link_up({}, 1, first, "");
  EXPECT_EQ(node.fabric.on_link_up({}, 2, second, ""), (Actions{CloseLink{2, reason}}));
  EXPECT_EQ(node.fabric.next_hop(second.id()), std::nullopt);
  EXPECT_EQ(node.fabric.refused_links(), 1U);

  Node namesake(first.name);
  EXPECT_EQ(namesake.fabric.on_link_up({}, 1, second, ""), (Actions{CloseLink{1, reason}}));
}

/// Carries what the two say to each other over their link, until they have nothing to say.
void talk(Fabric& one, Actions of_one, Fabric& other, Actions of_other) {
  while (!of_one.empty() || !of_other.empty()) {
    Actions next_of_one;
    Actions next_of_other;
    const auto carry = [](const Actions& actions, Fabric& to, Actions& answers) {
      for (const Action& action : actions) {
        const auto* send = std::get_if<Send>(&action);
        if (send == nullptr || send->to != to.self().id()) continue;
        std::ranges::move(to.on_message({}, 1, send->message), std::back_inserter(answers));
      }
    };
    carry(of_one, other, next_of_other);
    carry(of_other, one, next_of_one);
    of_one = std::move(next_of_one);
    of_other = std::move(next_of_other);
  }
}

TEST(Fabric, an_exchange_repairs_what_either_side_lacks) {
  Node a("a");
  Node b("b");
  (void)a.fabric.on_link_up({}, 7, member("c"), "");
  (void)b.fabric.on_link_up({}, 8, member("d"), "");
  Actions of_a = a.fabric.on_link_up({}, 1, member("b"), "");
  Actions of_b = b.fabric.on_link_up({}, 1, member("a"), "a:1");
  talk(a.fabric, std::move(of_a), b.fabric, std::move(of_b));
  EXPECT_NE(a.fabric.table().find(hash64("d")), nullptr);
  EXPECT_NE(b.fabric.table().find(hash64("c")), nullptr);
  EXPECT_EQ(a.fabric.malformed_messages() + b.fabric.malformed_messages(), 0U);
}

TEST(Fabric, survives_any_message) {
  Random random(7);
  Node node("a");
  const Member peer = member("b");
  std::vector<Bytes> good;
  for (const Action& action : node.fabric.on_link_up({}, 1, peer, "")) {
    if (const auto* send = std::get_if<Send>(&action)) good.push_back(send->message);
  }
  const auto packet = [](auto kind, const auto& body) {
    return wire::encode(message::Packet{static_cast<std::uint8_t>(kind), wire::encode(body)});
  };
  const Record record{.member = member("c"), .version = 1, .left = false, .links = {{hash64("b"), 1}}};
  const message::Verdict verdict{.down = {member("a").id()}, .weight = 3, .least = 0};
  good.push_back(packet(message::Kind::kRecords, message::Records{{record}, {hash64("a")}}));
  good.push_back(packet(message::Kind::kProbe, message::Probe{hash64("c")}));
  for (const Bytes& payload :
       {packet(message::Topic::kRecords, message::Records{{record}, {}}), packet(message::Topic::kVerdict, verdict)}) {
    const plumtree::Gossip gossip{.id = {peer.id(), 0}, .hops = 1, .age = {}, .payload = payload};
    good.push_back(wire::encode(
        message::Packet{static_cast<std::uint8_t>(message::Kind::kBroadcast), plumtree::encode_gossip(gossip)}));
  }
  for (int i = 0; i < 20'000; ++i) {
    const Bytes& from = good[random.below(good.size())];
    std::string bad(from.view().substr(0, random.below(from.size() + 1)));
    for (auto changes = random.below(4); changes > 0 && !bad.empty(); --changes) {
      bad[random.below(bad.size())] = static_cast<char>(random.next());
    }
    const Actions actions = node.fabric.on_message({}, 1, Bytes::copy_of(bad));
    const bool is_reborn =
        std::ranges::any_of(actions, [](const Action& each) { return std::holds_alternative<Reborn>(each); });
    if (is_reborn) (void)node.fabric.on_link_up({}, 1, peer, "");
  }
  EXPECT_GT(node.fabric.malformed_messages(), 1'000U);
  EXPECT_LE(node.fabric.table().size(), FabricOptions{}.members_max + 1) << "with itself";
}

}  // namespace
}  // namespace troupe::overlay
