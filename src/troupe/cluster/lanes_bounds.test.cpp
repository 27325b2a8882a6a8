#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/cluster/lanes_fixture.test.hpp"
#include "troupe/link/handshake.hpp"

// What lanes refuse: strangers, garbage, and more than they have room for.
namespace troupe::cluster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

struct Blob {
  static constexpr auto wire_name = "test.blob";
  Bytes data;
};

/// Counts what it gets; asked, it answers with as many bytes as it is asked for.
struct Give {
  static constexpr auto wire_name = "test.give";
  using Reply = Bytes;
  std::uint32_t bytes = 0;
};
class Counter : public Actor<Counter> {
 public:
  using Messages = troupe::Messages<Blob, Give>;
  explicit Counter(int& count) : count_(count) {}
  void on(const Blob&) { ++count_; }
  Bytes on(const Give& give) { return Bytes::copy_of(std::string(give.bytes, 'x')); }

 private:
  int& count_;
};

/// A stranger's end of a connection.
struct Stranger final : Connection::Events {
  explicit Stranger(TwoNodes& two_nodes) : nodes(two_nodes) {
    const auto pipe = nodes.wire.make_pipe();
    connection = TestWire::connection(pipe, 0);
    connection->start(*this);
    nodes.bob.links.on_accept(TestWire::connection(pipe, 1));
  }
  void say(std::string_view text) {
    std::vector<Bytes> pieces{Bytes::copy_of(text)};
    connection->write(pieces);
    nodes.settle();
  }
  void on_bytes(Bytes bytes) override { heard += bytes.view(); }
  void on_end(std::string_view) override { closed = true; }

  TwoNodes& nodes;
  std::unique_ptr<Connection> connection;
  std::string heard;
  bool closed = false;
};

std::string frame(wire::FrameType type, std::uint32_t size, std::string_view payload) {
  wire::Writer writer;
  wire::encode_frame_header(writer, type, size);
  writer.raw(std::as_bytes(std::span(payload)));
  return std::string(writer.finish().view());
}

class LanesBounds : public testing::Test {
 protected:
  void expect_refused(TwoNodes& nodes, const std::string& log_part, const std::string& reason) {
    int lines = 0;
    for (const std::string& line : nodes.bob.world.log_lines()) {
      lines += line.find("refused") != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(lines, 1);
    EXPECT_THAT(nodes.bob.world.log_lines(), Contains(HasSubstr(log_part)));
    EXPECT_EQ(refused(nodes.bob, reason), 1) << reason;
    EXPECT_THAT(nodes.bob.news, IsEmpty());
    EXPECT_EQ(nodes.bob.links.link_count(), 0U);
    for (const auto& pipe : nodes.wire.pipes) EXPECT_TRUE(pipe->ends[1].finished) << "bob has closed it";
  }
  static double refused(TestNode& node, const std::string& reason) {
    double sum = 0;
    for (const MetricSample& sample : node.world.metrics().samples()) {
      if (sample.name == "troupe_cluster_connections_refused_total" &&
          sample.labels == MetricLabels{{"reason", reason}})
        sum += sample.value;
    }
    return sum;
  }
};

TEST_F(LanesBounds, a_wrong_secret_is_refused) {
  LinksOptions eve = links_options("ada");
  eve.secret = "guessed";
  TwoNodes nodes(eve);
  nodes.ada.links.dial("bob:1");
  nodes.settle();
  EXPECT_THAT(nodes.ada.news, ElementsAre(HasSubstr("wrong secret")));
  expect_refused(nodes, "wrong secret", "refused");
}

TEST_F(LanesBounds, a_node_of_another_cluster_is_refused) {
  LinksOptions other = links_options("ada");
  other.identity.cluster = "another";
  TwoNodes nodes(other);
  nodes.ada.links.dial("bob:1");
  nodes.settle();
  EXPECT_THAT(nodes.ada.news, ElementsAre(HasSubstr("cluster 'another'")));
  expect_refused(nodes, "cluster 'another'", "refused");
}

TEST_F(LanesBounds, garbage_is_refused) {
  TwoNodes nodes;
  Stranger stranger(nodes);
  stranger.say("GET / HTTP/1.1\r\nHost: bob\r\n\r\n");
  EXPECT_TRUE(stranger.closed);
  expect_refused(nodes, "is it the cluster port of a node?", "corrupt");
}

TEST_F(LanesBounds, an_oversized_frame_of_a_stranger_is_refused_before_its_payload) {
  TwoNodes nodes;
  Stranger stranger(nodes);
  stranger.say(frame(wire::FrameType::kHello, link::Handshake::kPayloadBytesMax + 1, ""));
  EXPECT_TRUE(stranger.closed);
  expect_refused(nodes, "payload of 4097 bytes", "too_large");
}

TEST_F(LanesBounds, a_stranger_who_says_nothing_is_shown_the_door) {
  TwoNodes nodes;
  Stranger stranger(nodes);
  nodes.advance(6s);
  EXPECT_TRUE(stranger.closed);
  expect_refused(nodes, "took longer than 5000 ms", "timeout");
}

TEST_F(LanesBounds, a_stranger_who_goes_is_logged_once) {
  TwoNodes nodes;
  {
    Stranger stranger(nodes);
  }
  nodes.settle();
  expect_refused(nodes, "connection ended", "unreachable");
}

TEST_F(LanesBounds, an_oversized_frame_of_a_peer_ends_the_link) {
  TwoNodes nodes;
  nodes.join();
  nodes.wire.pipes[1]->ends[1].inbound.push_back(Bytes::copy_of(frame(wire::FrameType::kMessage, (1U << 20U) + 1, "")));
  nodes.settle();
  EXPECT_THAT(nodes.bob.news.back(), StartsWith("down: too_large"));
  EXPECT_EQ(nodes.bob.world.metric("troupe_cluster_links_ended_total"), 1);
}

TEST_F(LanesBounds, a_message_that_cannot_be_read_is_logged_and_the_link_stays) {
  TwoNodes nodes;
  nodes.join();
  nodes.wire.pipes[1]->ends[1].inbound.push_back(Bytes::copy_of(frame(wire::FrameType::kMessage, 3, "abc")));
  nodes.settle();
  EXPECT_THAT(nodes.bob.world.log_lines(), Contains(HasSubstr("ada sent a message that cannot be read")));
  EXPECT_EQ(nodes.bob.world.metric("troupe_dead_letters_total"), 1);
  EXPECT_EQ(nodes.bob.news.size(), 1U);
}

TEST_F(LanesBounds, so_many_handshakes_at_once_and_no_more) {
  LinksOptions bob = links_options("bob");
  bob.handshakes_max = 3;
  TwoNodes nodes(links_options("ada"), bob);
  std::deque<Stranger> strangers;
  for (int i = 0; i < 3; ++i) strangers.emplace_back(nodes);
  nodes.settle();
  EXPECT_EQ(refused(nodes.bob, "too_many_handshakes"), 0);
  nodes.ada.links.dial("bob:1");
  nodes.settle();
  EXPECT_EQ(refused(nodes.bob, "too_many_handshakes"), 1);
  EXPECT_THAT(nodes.ada.news, ElementsAre(StartsWith("no link to bob:1: unreachable")));
  nodes.advance(6s);
  nodes.ada.links.dial("bob:1");
  nodes.settle();
  EXPECT_EQ(nodes.ada.news.back(), "up bob by dialing bob:1") << "the strangers' time is over";
  nodes.bob.links.dial("ada:1");
  nodes.settle();
  EXPECT_EQ(nodes.bob.news.back(), "up ada by dialing ada:1") << "dials of its own take no room";
}

class LanesQueue : public testing::Test {
 protected:
  LanesQueue() { start(100'000); }
  void start(std::size_t queue_bytes_max) {
    LinksOptions ada = links_options("ada");
    LinksOptions bob = links_options("bob");
    ada.channels = bob.channels = {{.name = "data", .parallelism = 1, .queue_bytes_max = queue_bytes_max}};
    two_.emplace(ada, bob);
    counter_ = two_->bob.world.shard().spawn<Counter>({}, count_).value();
  }
  SendOutcome send(std::size_t bytes, EnvelopeKind kind = EnvelopeKind::kTell) {
    EnvelopePtr envelope = Envelope::make(kind, Blob{Bytes::copy_of(std::string(bytes, 'x'))});
    envelope->sender.actor = ActorId::at(0, 0, 1);
    envelope->recipient = counter_.address().actor;
    envelope->correlation = 7;
    return two_->ada.lanes.send(two_->bob.id, std::move(envelope));
  }

  std::optional<TwoNodes> two_;
  int count_ = 0;
  Ref<Counter> counter_;
};

TEST_F(LanesQueue, a_full_lane_refuses_also_within_one_round) {
  two_->join();
  int taken = 0;
  while (send(10'000) == SendOutcome::kTaken) ASSERT_LT(++taken, 100) << "no bound";
  EXPECT_EQ(taken, 27 + 10) << "the peer's window, and the queue";
  two_->ada.flush();
  EXPECT_EQ(send(10'000), SendOutcome::kFull) << "it is on the wire, and nobody reads";
  two_->settle();
  EXPECT_EQ(count_, taken);
  EXPECT_EQ(send(10'000), SendOutcome::kTaken);
}

TEST_F(LanesQueue, an_ask_that_finds_no_room_is_answered) {
  two_->join();
  while (send(10'000) == SendOutcome::kTaken) {
  }
  // The answer goes to the asker on ada's own shard, whose asks know the number: here, none does, so it is seen as the
  // dead letters' count.
  const double before = two_->ada.world.metric("troupe_dead_letters_total");
  EXPECT_EQ(send(10'000, EnvelopeKind::kAsk), SendOutcome::kFull);
  EXPECT_EQ(two_->ada.world.metric("troupe_dead_letters_total"), before + 1);
}

TEST_F(LanesQueue, what_has_reserved_room_goes_on_until_twice_the_bound_then_the_lane_is_cut) {
  two_->join();
  while (send(10'000) == SendOutcome::kTaken) {
  }
  EXPECT_EQ(send(10'000, EnvelopeKind::kReply), SendOutcome::kTaken);
  two_->ada.flush();
  EXPECT_EQ(two_->ada.news.size(), 1U);
  for (int i = 0; i < 10; ++i) send(10'000, EnvelopeKind::kReply);
  two_->ada.flush();
  two_->ada.world.run();
  EXPECT_THAT(two_->ada.world.log_lines(), testing::Contains(HasSubstr("the peer does not read")));
  EXPECT_EQ(send(1), SendOutcome::kUnreachable);
}

TEST_F(LanesQueue, the_overlays_messages_are_bounded_too) {
  two_->join();
  two_->wire.pipes[0]->blocked = true;
  const Bytes message = Bytes::copy_of(std::string(10'000, 'x'));
  for (int i = 0; i < 40; ++i) two_->ada.links.send_control(two_->bob.id, message);
  two_->ada.flush();
  EXPECT_EQ(two_->ada.news.size(), 1U) << "the window, and less than twice the bound";
  for (int i = 0; i < 10; ++i) two_->ada.links.send_control(two_->bob.id, message);
  two_->ada.flush();
  EXPECT_THAT(two_->ada.news.back(), HasSubstr("the peer does not read"));
}

TEST_F(LanesQueue, what_is_held_for_a_link_that_nobody_chooses_is_bounded_also_if_it_is_empty) {
  two_->ada.links.dial("bob:1");
  two_->settle();
  two_->ada.choose(two_->bob.id, two_->ada.links_up.back());
  const Bytes empty = Bytes::copy_of(frame(wire::FrameType::kMessage, 0, ""));
  for (int i = 0; i < 20'000; ++i) two_->wire.pipes[1]->ends[1].inbound.push_back(empty);
  two_->settle();
  EXPECT_THAT(two_->bob.news.back(), HasSubstr("too much was sent before the link was taken into use"));
}

TEST_F(LanesQueue, a_message_above_the_peers_size_is_refused) {
  start(64U << 20U);
  two_->join();
  EXPECT_EQ(send(2U << 20U), SendOutcome::kTooLarge);
  two_->settle();
  EXPECT_EQ(two_->ada.news.size(), 1U) << "the link stays";
}

TEST_F(LanesQueue, an_answer_above_the_peers_size_is_answered_by_an_error) {
  start(64U << 20U);
  two_->join();
  std::optional<Result<Bytes>> answer;
  two_->ada.world.shard().ask(Ref<Counter>({two_->bob.id, counter_.address().actor}), Give{2U << 20U}, 5s,
                              [&](auto result) { answer = result; });
  // The worlds of this test do not route by themselves: each takes what is meant for the other to the lanes.
  const auto carry = [](TestNode& from, const NodeId& to) {
    auto& remote = from.world.remote();
    for (; !remote.empty(); remote.pop_front()) {
      (void)from.lanes.send(to, std::move(remote.front().second));
    }
  };
  for (int i = 0; i < 3; ++i) {
    two_->settle();
    carry(two_->ada, two_->bob.id);
    carry(two_->bob, two_->ada.id);
  }
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace troupe::cluster
