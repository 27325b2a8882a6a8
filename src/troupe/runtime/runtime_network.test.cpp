#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>

#include "troupe/actor/actor.hpp"
#include "troupe/runtime/detail/loop_access.hpp"
#include "troupe/runtime/detail/testing.hpp"
#include "troupe/runtime/runtime.hpp"

namespace troupe::runtime {
namespace {

using cluster::Connection;
using detail::Mailslot;

RuntimeOptions with_shards(std::uint32_t shards) {
  RuntimeOptions options;
  options.shards = shards;
  options.shard.node = NodeId{hash64("runtime test"), 1};
  return options;
}

/// A node that may be accepting connections, of which it collects the bytes.
struct Node : Connection::Events {
  explicit Node(std::uint32_t shards) : runtime(with_shards(shards), metrics, sink) { EXPECT_TRUE(runtime.start()); }
  ~Node() override { runtime.stop(); }

  std::string listen() {
    const auto port = runtime.listen("127.0.0.1:0", [this](std::unique_ptr<Connection> made) {
      connection = std::move(made);
      connection->start(*this);
      accepted.put(true);
    });
    return "127.0.0.1:" + std::to_string(port.value());
  }

  void on_bytes(Bytes bytes) override { received += bytes.view(); }
  void on_end(std::string_view cause) override {
    ended.put(received.substr(0, 100) + ", " + std::to_string(received.size()) + " bytes, " + std::string(cause));
  }

  Mailslot<bool> accepted;
  Mailslot<std::string> ended;
  std::string received;
  Metrics metrics;
  detail::RecordingSink sink;
  Runtime runtime;
  std::unique_ptr<Connection> connection;  ///< Destroyed before the runtime, after its threads.
};

TEST(RuntimeNetwork, what_was_written_before_stop_arrives_at_another_node) {
  Node server(2);
  const std::string address = server.listen();
  {
    Node client(2);
    Mailslot<bool> written;
    client.runtime.run_on(1, [&](Shard& shard) {
      client.runtime.network(shard.index()).connect(address, [&](Result<std::unique_ptr<Connection>> connection) {
        ASSERT_TRUE(connection) << connection.error().to_string();
        std::vector<Bytes> pieces{Bytes::copy_of("goodbye "), Bytes::copy_of(std::string(4U << 20U, 'x'))};
        (*connection)->write(pieces);
        (*connection)->finish();
        written.put(true);
      });
    });
    EXPECT_TRUE(written.take());
    client.runtime.stop();
  }
  EXPECT_EQ(server.ended.take(), "goodbye " + std::string(92, 'x') + ", 4194312 bytes, the peer closed the connection");
}

TEST(RuntimeNetwork, stop_cuts_what_is_not_finished_and_accepts_no_more) {
  Node server(1);
  Node client(1);
  const std::string address = server.listen();
  Mailslot<bool> connected;
  const auto connect = [&] {
    client.runtime.run_on(0, [&](Shard&) {
      client.runtime.network(0).connect(address, [&](Result<std::unique_ptr<Connection>> made) {
        if (made) {
          client.connection = std::move(*made);
          client.connection->start(client);
        }
        connected.put(client.connection != nullptr);
      });
    });
    return connected.take();
  };
  EXPECT_TRUE(connect());
  EXPECT_TRUE(server.accepted.take());
  server.runtime.stop();
  server.connection.reset();
  EXPECT_EQ(client.ended.take(), ", 0 bytes, the peer closed the connection");
  client.runtime.run_on(0, [&](Shard&) { client.connection.reset(); });
  EXPECT_FALSE(connect());
}

struct Poke {
  static constexpr auto wire_name = "test.poke";
};
class Poked : public Actor<Poked> {
 public:
  using Messages = troupe::Messages<Poke>;
  explicit Poked(Mailslot<TimePoint>& pokes) : pokes_(pokes) {}
  void on(const Poke&) { pokes_.put(context().now()); }

 private:
  Mailslot<TimePoint>& pokes_;
};

TEST(RuntimeNetwork, actors_run_right_after_a_handler_of_the_gateway_told_them_something) {
  Mailslot<TimePoint> pokes;
  Node node(2);
  const auto poked = node.runtime.run_on(1, [&](Shard& shard) { return shard.spawn<Poked>({}, pokes).value(); });
  const TimePoint begin = Runtime::now();
  boost::asio::steady_timer timer(LoopAccess::io_context(node.runtime, 1));
  timer.expires_after(std::chrono::milliseconds(5));
  timer.async_wait([&](const boost::system::error_code&) {
    LoopAccess::set_time(node.runtime, 1);
    node.runtime.shard(1).tell(poked, Poke{});
  });
  EXPECT_GE(pokes.take(), begin + 5ms);
}

TEST(RuntimeNetwork, a_handler_that_throws_is_reported_and_the_loop_goes_on) {
  Node node(1);
  boost::asio::io_context& io = LoopAccess::io_context(node.runtime, 0);
  boost::asio::post(io, [] { throw std::runtime_error("a handler's mistake"); });
  EXPECT_EQ(node.sink.wait_for("a handler's mistake"), 1U);
  EXPECT_EQ(node.runtime.run_on(0, [](Shard&) { return 7; }), 7);
}

/// Has always one more message to handle.
class Restless : public Actor<Restless> {
 public:
  using Messages = troupe::Messages<Poke>;
  void on_start() override { on(Poke{}); }
  void on(const Poke&) { context().tell(self(), Poke{}); }
};

TEST(RuntimeNetwork, busy_actors_hold_up_neither_timers_nor_tasks_nor_sockets) {
  Node server(1);
  server.runtime.run_on(0, [](Shard& shard) {
    for (int i = 0; i < 500; ++i) EXPECT_TRUE(shard.spawn<Restless>({}));
  });
  const std::string address = server.listen();
  Mailslot<bool> timer;
  server.runtime.run_on(0, [&](Shard& shard) { shard.after(1ms, [&] { timer.put(true); }); });
  EXPECT_TRUE(timer.take());
  Node client(1);
  client.runtime.run_on(0, [&](Shard&) {
    client.runtime.network(0).connect(address, [&](Result<std::unique_ptr<Connection>> made) {
      ASSERT_TRUE(made);
      std::vector<Bytes> pieces{Bytes::copy_of("hello")};
      (*made)->write(pieces);
      (*made)->finish();
    });
  });
  EXPECT_EQ(server.ended.take(), "hello, 5 bytes, the peer closed the connection");
}

}  // namespace
}  // namespace troupe::runtime
