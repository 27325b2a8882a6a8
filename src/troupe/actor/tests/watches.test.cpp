#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "troupe/actor/tests/watches_fixture.hpp"

// Who learns of whose end: monitors and links. Across nodes: remote_watches.test.cpp.
namespace troupe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Monitors = WatchesTest;
using Links = WatchesTest;

TEST_F(Monitors, report_an_end_once_with_its_reason) {
  tell(second, monitoring(first.address(), heard));
  tell(first, failing());
  EXPECT_THAT(heard.list, ElementsAre("down failed"));
}

TEST_F(Monitors, say_who_it_was_and_why) {
  tell(second, Do{[&](Context& context) {
         context.monitor(first, [&](const Down& down) {
           EXPECT_EQ(down.actor, first.address());
           EXPECT_EQ(down.detail, "told to fail");
           heard.list.emplace_back("down");
         });
       }});
  tell(first, failing());
  EXPECT_THAT(heard.list, ElementsAre("down"));
}

TEST_F(Monitors, come_after_everything_that_the_actor_had_sent) {
  tell(second, monitoring(first.address(), heard));
  tell(first, Do{[&](Context& context) {
         context.tell(second, Do{[&](Context&) { heard.list.emplace_back("last words"); }});
         context.stop();
       }});
  EXPECT_THAT(heard.list, ElementsAre("last words", "down stopped"));
}

TEST_F(Monitors, of_an_actor_that_is_gone_report_that) {
  tell(first, stopping());
  tell(second, monitoring(first.address(), heard));
  tell(second, monitoring(Ref<Puppet>::named("fixture", "nobody").address(), heard));
  tell(second, monitoring(Address(), heard));
  EXPECT_THAT(heard.list, ElementsAre("down no such actor", "down no such actor", "down no such actor"));
}

TEST_F(Monitors, of_an_actor_from_before_the_node_was_restarted_report_that_it_is_gone) {
  Address earlier = first.address();
  earlier.node.incarnation = 0;  // "Whichever is alive" is the one that lives.
  tell(second, monitoring(earlier, heard));
  EXPECT_THAT(heard.list, IsEmpty());
  earlier.node.incarnation = 7;
  tell(second, monitoring(earlier, heard));
  EXPECT_THAT(heard.list, ElementsAre("down no such actor"));
}

TEST_F(Monitors, by_name_report_under_that_name) {
  auto named = spawn(0, {.name = "clerk"});
  const Address name = Ref<Puppet>::named("fixture", "clerk").address();
  tell(second, Do{[&](Context& context) {
         context.monitor(
             name, [&](const Down& down) { heard.list.emplace_back(down.actor == name ? "the name" : "another"); });
       }});
  tell(named, stopping());
  EXPECT_THAT(heard.list, ElementsAre("the name"));
}

TEST_F(Monitors, hear_the_name_free_again) {
  auto named = spawn(0, {.name = "clerk"});
  tell(first, Do{[&](Context& context) {
         context.monitor(named, [&](const Down&) {
           heard.list.emplace_back(world.shard().spawn<Puppet>({.name = "clerk"}).has_value() ? "taken over"
                                                                                              : "still taken");
         });
       }});
  tell(named, failing());
  EXPECT_THAT(heard.list, ElementsAre("taken over"));
}

TEST_F(Monitors, can_be_taken_back_and_replaced) {
  tell(second, monitoring(first.address(), heard));
  tell(second, Do{[&](Context& context) {
         context.monitor(first, [&](const Down&) { heard.list.emplace_back("the second callback"); });
       }});
  tell(second, monitoring(spawn(0).address(), heard));
  tell(first, failing());
  EXPECT_THAT(heard.list, ElementsAre("the second callback"));

  auto third = spawn(0);
  tell(second, monitoring(third.address(), heard));
  tell(second, Do{[&](Context& context) { context.demonitor(third.address()); }});
  tell(third, failing());
  EXPECT_EQ(heard.list.size(), 1U);
}

TEST_F(Monitors, hear_nothing_of_a_restart_and_all_of_the_end) {
  auto restarting = spawn(0, {.supervision = {.on_failure = OnFailure::kRestart}});
  tell(second, monitoring(restarting.address(), heard));
  tell(restarting, failing());
  world.advance(1s);
  EXPECT_THAT(heard.list, IsEmpty());
  tell(restarting, stopping());
  EXPECT_THAT(heard.list, ElementsAre("down stopped"));
}

TEST_F(Monitors, of_a_restarted_watcher_are_gone) {
  auto restarting = spawn(1, {.supervision = {.on_failure = OnFailure::kRestart}});
  tell(restarting, monitoring(first.address(), heard));
  tell(restarting, failing());
  world.advance(1s);
  tell(first, failing());
  EXPECT_THAT(heard.list, IsEmpty());
}

TEST_F(Monitors, set_in_the_targets_last_moment_hear_the_true_reason) {
  world.shard(0).tell(first, failing());
  world.shard(1).tell(second, monitoring(first.address(), heard));
  world.shard(1).run(world.now());
  world.run();
  EXPECT_EQ(heard.list.size(), 1U);

  heard.list.clear();
  auto third = spawn(0);
  auto fourth = spawn(0);
  world.shard(0).tell(third, monitoring(fourth.address(), heard));  // Its request waits behind the failing turn.
  world.shard(0).tell(fourth, failing());
  world.run();
  EXPECT_THAT(heard.list, ElementsAre("down failed"));
}

TEST_F(Monitors, callbacks_may_monitor_again_and_fail) {
  tell(second, Do{[&](Context& context) {
         context.monitor(first, [&, &context = context](const Down& down) {
           context.monitor(down.actor, [&](const Down& again) {
             heard.list.push_back("again " + std::string(to_string(again.reason)));
             throw std::runtime_error("in the callback");
           });
         });
       }});
  tell(first, failing());
  EXPECT_THAT(heard.list, ElementsAre("again no such actor"));
  EXPECT_FALSE(is_alive(second));
}

TEST_F(Links, end_both_if_either_fails) {
  tell(first, linking(second.address()));
  tell(second, failing());
  EXPECT_FALSE(is_alive(first));

  auto third = spawn(0);
  auto fourth = spawn(1);
  tell(third, linking(fourth.address()));
  tell(third, failing());
  EXPECT_FALSE(is_alive(fourth));
}

TEST_F(Links, pass_an_end_on_around_a_loop_and_stop) {
  std::vector<Ref<Puppet>> ring;
  for (std::uint32_t i = 0; i < 10; ++i) ring.push_back(spawn(i % 2));
  for (std::size_t i = 0; i < 10; ++i) tell(ring[i], linking(ring[(i + 1) % 10].address()));
  tell(ring[3], linking(ring[3].address()));
  tell(ring[3], failing());
  for (const auto& each : ring) EXPECT_FALSE(is_alive(each));
}

TEST_F(Links, let_a_normal_stop_pass) {
  tell(first, linking(second.address()));
  tell(second, stopping());
  EXPECT_TRUE(is_alive(first));
}

TEST_F(Links, to_nobody_are_a_failure) {
  tell(second, stopping());
  tell(first, linking(second.address()));
  EXPECT_FALSE(is_alive(first));
}

TEST_F(Links, made_in_the_moment_of_a_normal_stop_are_none) {
  auto third = spawn(0);
  world.shard(0).tell(third, linking(first.address()));
  world.shard(0).tell(first, stopping());
  // The order of turns is first, third; so the request comes to an actor in whose mailbox nothing else is left.
  auto fourth = spawn(0);
  world.shard(0).tell(fourth, linking(third.address()));
  world.shard(0).tell(fourth, stopping());
  world.run();
  EXPECT_TRUE(is_alive(second));

  auto fifth = spawn(0);
  auto sixth = spawn(0);
  world.shard(0).tell(fifth, linking(sixth.address()));
  world.shard(0).tell(sixth, stopping());
  world.run();
  EXPECT_TRUE(is_alive(fifth));
}

TEST_F(Links, hold_in_both_directions_even_if_one_ends_before_the_other_knows) {
  world.shard(0).tell(first, linking(second.address()));
  world.shard(0).tell(first, failing());
  world.run();
  EXPECT_FALSE(is_alive(second));
}

TEST_F(Links, tell_those_who_trap_and_spare_them) {
  tell(first, trapping(heard));
  auto third = spawn(0);
  tell(first, linking(second.address()));
  tell(third, linking(first.address()));
  tell(second, failing());
  tell(third, stopping());
  EXPECT_THAT(heard.list, ElementsAre("exit failed", "exit stopped"));
  EXPECT_TRUE(is_alive(first));
}

TEST_F(Links, by_name_tell_once) {
  auto named = spawn(1, {.name = "clerk"});
  tell(first, trapping(heard));
  tell(first, linking(Ref<Puppet>::named("fixture", "clerk").address()));
  tell(named, failing());
  EXPECT_THAT(heard.list, ElementsAre("exit failed"));
}

TEST_F(Links, can_be_undone_from_either_end) {
  auto named = spawn(1, {.name = "clerk"});
  const Address name = Ref<Puppet>::named("fixture", "clerk").address();
  tell(first, linking(name));
  tell(first, Do{[&](Context& context) { context.unlink(name); }});
  tell(first, linking(second.address()));
  tell(second, Do{[&](Context& context) { context.unlink(first.address()); }});
  tell(named, failing());
  tell(second, failing());
  EXPECT_TRUE(is_alive(first));

  auto other = spawn(1, {.name = "clerk"});
  tell(first, linking(name));
  tell(other, Do{[&](Context& context) { context.unlink(first.address()); }});
  tell(first, failing());
  EXPECT_TRUE(is_alive(other));
}

TEST_F(Links, made_twice_or_from_both_ends_tell_once) {
  tell(first, trapping(heard));
  tell(first, linking(second.address()));
  tell(first, linking(second.address()));
  tell(second, linking(first.address()));
  tell(second, failing());
  EXPECT_THAT(heard.list, ElementsAre("exit failed"));
}

TEST_F(Links, outlive_a_restart) {
  const SpawnOptions options{.supervision = {.on_failure = OnFailure::kRestart}};
  for (const bool restarted_made_it : {false, true}) {
    auto restarting = spawn(0, options);
    auto partner = spawn(1);
    restarted_made_it ? tell(restarting, linking(partner.address())) : tell(partner, linking(restarting.address()));
    tell(restarting, failing());
    world.advance(1s);
    EXPECT_TRUE(is_alive(partner));
    tell(partner, Do{[](Context&) { throw std::runtime_error("told to fail"); }});
    EXPECT_FALSE(is_alive(restarting));
  }
}

TEST_F(Links, a_trap_may_set_another_or_none_while_it_runs) {
  tell(first, Do{[&](Context& context) {
         context.trap_exits([&, &context = context](const Exit&) {
           heard.list.emplace_back("first trap");
           context.trap_exits([&, &context = context](const Exit&) {
             heard.list.emplace_back("second trap");
             context.trap_exits(nullptr);
           });
         });
       }});
  for (int i = 0; i < 2; ++i) {
    auto other = spawn(0);
    tell(first, linking(other.address()));
    tell(other, failing());
  }
  EXPECT_THAT(heard.list, ElementsAre("first trap", "second trap"));
  EXPECT_TRUE(is_alive(first));
  tell(first, linking(second.address()));
  tell(second, failing());
  EXPECT_FALSE(is_alive(first));
}

TEST_F(Links, and_monitors_of_one_actor_do_not_undo_each_other) {
  tell(second, trapping(heard));
  tell(second, monitoring(remote, heard));
  tell(second, linking(remote));
  tell(second, Do{[&](Context& context) { context.demonitor(remote); }});
  world.shard(1).node_down(far, "silent");
  world.run();
  EXPECT_THAT(heard.list, ElementsAre("exit node down"));
}

}  // namespace
}  // namespace troupe
