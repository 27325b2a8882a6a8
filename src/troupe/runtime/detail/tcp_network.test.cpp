#include "troupe/runtime/detail/tcp_network.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/write.hpp>
#include <map>
#include <optional>

#include "troupe/actor/actor.hpp"
#include "troupe/runtime/detail/testing.hpp"

namespace troupe::runtime::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using cluster::Connection;

/// One thread, one shard, and its network: the test turns the loop by hand until something holds, or a deadline passes.
class TcpNetworkTest : public ::testing::Test, private ShardHost {
 protected:
  TcpNetworkTest() { use({}); }

  void use(const TcpOptions& options) { network_.emplace(io_, shard_, options, metrics_, sink_); }

  bool run_until(const std::function<bool()>& holds, Duration within = 10s) {
    const TimePoint deadline = steady_now() + within;
    while (!holds() && steady_now() < deadline) {
      io_.restart();
      io_.run_one_for(10ms);
    }
    return holds();
  }

  /// Connects; the outcome, once there is one.
  Result<std::unique_ptr<Connection>> connect(const std::string& address) {
    std::optional<Result<std::unique_ptr<Connection>>> outcome;
    network_->connect(address, [&](auto result) { outcome = std::move(result); });
    EXPECT_FALSE(outcome) << "called back from within connect";
    EXPECT_TRUE(run_until([&] { return outcome.has_value(); }));
    if (!outcome) return fail(ErrorCode::kTimeout, "no outcome");
    return std::move(*outcome);
  }

  /// A listener of the network; the connection that came last.
  std::string listen(std::unique_ptr<Connection>& accepted, const std::string& address = "127.0.0.1:0") {
    const auto port = network_->listen(address, [&](std::unique_ptr<Connection> made) { accepted = std::move(made); });
    EXPECT_TRUE(port) << port.error().to_string();
    return address.substr(0, address.rfind(':') + 1) + std::to_string(port.value_or(0));
  }

  asio::io_context io_{1};
  Metrics metrics_;
  RecordingSink sink_;
  NameTable names_;
  Shard shard_{{.shards = 1}, *this, names_, metrics_, sink_, Random(1)};
  std::optional<TcpNetwork> network_;

 private:
  SendOutcome send_to_shard(std::uint32_t, EnvelopePtr) override { return SendOutcome::kFull; }
  SendOutcome send_to_node(const NodeId&, EnvelopePtr) override { return SendOutcome::kUnreachable; }
  void inject(EnvelopePtr) override {}
};

/// Collects what a connection gives.
struct Collector final : Connection::Events {
  void on_bytes(Bytes bytes) override {
    received += bytes.view();
    if (keep) kept.push_back(bytes);
  }
  void on_end(std::string_view cause) override {
    ++ends;
    end = cause;
  }
  std::string received;
  std::vector<Bytes> kept;
  bool keep = false;
  std::string end;
  int ends = 0;
};

/// Sends back what it gets.
struct Echo final : Connection::Events {
  explicit Echo(Connection& own) : connection(own) {}
  void on_bytes(Bytes bytes) override {
    std::vector<Bytes> pieces{std::move(bytes)};
    connection.write(pieces);
  }
  void on_end(std::string_view) override {}
  Connection& connection;
};

void write(Connection& connection, std::string_view text) {
  std::vector<Bytes> pieces{Bytes::copy_of(text)};
  connection.write(pieces);
  EXPECT_TRUE(pieces.empty());
}

/// A server of plain sockets, to misbehave with.
struct PlainServer {
  explicit PlainServer(asio::io_context& io) : acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
  std::string address() const { return "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()); }
  tcp::acceptor acceptor;
};

TEST_F(TcpNetworkTest, what_has_a_place_is_read_right_there_and_what_follows_is_not) {
  struct Placer final : Connection::Events {
    std::span<std::byte> place() override { return std::span(content).subspan(filled); }
    void on_placed(std::size_t size) override { filled += size; }
    void on_bytes(Bytes bytes) override { rest += bytes.view(); }
    void on_end(std::string_view) override {}
    std::vector<std::byte> content = std::vector<std::byte>(300'000);
    std::size_t filled = 0;
    std::string rest;
  } placer;
  std::unique_ptr<Connection> accepted;
  const auto dialed = connect(listen(accepted));
  ASSERT_TRUE(dialed && run_until([&] { return accepted != nullptr; }));
  accepted->start(placer);
  Collector nothing;
  (*dialed)->start(nothing);
  std::string text;
  while (text.size() < 400'000) text += std::to_string(text.size());
  write(**dialed, text);
  ASSERT_TRUE(run_until([&] { return placer.filled + placer.rest.size() == text.size(); }));
  EXPECT_EQ(Bytes::copy_of(placer.content).view(), text.substr(0, 300'000));
  EXPECT_EQ(placer.rest, text.substr(300'000));
}

TEST_F(TcpNetworkTest, two_ends_talk_over_every_kind_of_address) {
  for (const std::string address : {"127.0.0.1:0", "[::1]:0", "localhost:0"}) {
    std::unique_ptr<Connection> server;
    const std::string target = listen(server, address);
    auto client = connect(target);
    ASSERT_TRUE(client) << client.error().to_string();
    ASSERT_TRUE(run_until([&] { return server != nullptr; }));
    EXPECT_NE(server->peer_address().find(address.starts_with('[') ? "[::1]:" : ":"), std::string::npos);
    Echo echo(*server);
    server->start(echo);
    Collector collector;
    (*client)->start(collector);
    write(**client, "hello, ");
    write(**client, "there");
    EXPECT_TRUE(run_until([&] { return collector.received == "hello, there"; })) << collector.received;
    EXPECT_EQ(collector.ends, 0);
  }
}

TEST_F(TcpNetworkTest, many_pieces_arrive_whole_and_in_order_and_slices_stay_what_they_are) {
  std::unique_ptr<Connection> server;
  auto client = connect(listen(server));
  ASSERT_TRUE(client && run_until([&] { return server != nullptr; }));
  Collector collector;
  collector.keep = true;
  server->start(collector);
  std::string all;
  std::vector<Bytes> pieces;
  for (int i = 0; i < 20'000; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 113), static_cast<char>('a' + i % 26));
    all += piece;
    pieces.push_back(Bytes::copy_of(piece));
    if (pieces.size() == 500) (*client)->write(pieces);
  }
  EXPECT_TRUE(run_until([&] { return collector.received.size() == all.size(); }));
  EXPECT_EQ(collector.received, all);
  std::string kept;
  for (const Bytes& bytes : collector.kept) kept += bytes.view();
  EXPECT_EQ(kept, all) << "a slice was overwritten by a later read";
}

TEST_F(TcpNetworkTest, what_a_slow_reader_does_not_take_is_counted_as_unsent) {
  constexpr std::size_t kSize = 32U << 20U;
  std::unique_ptr<Connection> server;
  auto client = connect(listen(server));
  ASSERT_TRUE(client && run_until([&] { return server != nullptr; }));
  write(**client, std::string(kSize, 'x'));
  EXPECT_GT((*client)->unsent_bytes(), kSize / 2) << "the reader has not begun";
  Collector collector;
  server->start(collector);
  EXPECT_TRUE(run_until([&] { return collector.received.size() == kSize; }));
  EXPECT_EQ((*client)->unsent_bytes(), 0U);
}

TEST_F(TcpNetworkTest, finish_delivers_the_tail_and_closes) {
  constexpr std::size_t kSize = 8U << 20U;
  std::unique_ptr<Connection> server;
  auto client = connect(listen(server));
  ASSERT_TRUE(client && run_until([&] { return server != nullptr; }));
  Collector mute;
  (*client)->start(mute);
  write(**client, std::string(kSize, 'x') + "goodbye");
  (*client)->finish();
  client->reset();
  EXPECT_EQ(network_->lingering(), 1U);
  Collector collector;
  server->start(collector);
  write(*server, "an answer that nobody wants");
  EXPECT_TRUE(run_until([&] { return collector.ends == 1; }));
  EXPECT_EQ(collector.received.size(), kSize + 7);
  EXPECT_TRUE(collector.received.ends_with("goodbye"));
  EXPECT_EQ(collector.end, "the peer closed the connection");
  server.reset();
  EXPECT_TRUE(run_until([&] { return network_->lingering() == 0; }));
  EXPECT_EQ(mute.received + mute.end, "") << "events after finish";
}

TEST_F(TcpNetworkTest, finish_gives_up_on_a_peer_that_does_not_close) {
  use({.linger = 20ms});
  std::unique_ptr<Connection> server;
  auto client = connect(listen(server));
  ASSERT_TRUE(client && run_until([&] { return server != nullptr; }));
  write(**client, std::string(32U << 20U, 'x'));
  (*client)->finish();
  client->reset();
  EXPECT_TRUE(run_until([&] { return network_->lingering() == 0; }));
}

TEST_F(TcpNetworkTest, destroying_a_connection_cuts_it_and_silences_it) {
  std::unique_ptr<Connection> server;
  auto client = connect(listen(server));
  ASSERT_TRUE(client && run_until([&] { return server != nullptr; }));
  auto mute = std::make_unique<Collector>();
  (*client)->start(*mute);
  Collector collector;
  server->start(collector);
  write(*server, "on its way");
  client->reset();
  mute.reset();  // An event after this is seen by the address sanitizer.
  EXPECT_TRUE(run_until([&] { return collector.ends == 1; }));
}

TEST_F(TcpNetworkTest, a_connection_may_be_destroyed_in_its_own_event) {
  struct SelfDestroyer final : Connection::Events {
    void on_bytes(Bytes) override { connection.reset(); }
    void on_end(std::string_view) override { ADD_FAILURE() << "an event after the destruction"; }
    std::unique_ptr<Connection> connection;
  };
  SelfDestroyer destroyer;
  auto client = connect(listen(destroyer.connection));
  ASSERT_TRUE(client && run_until([&] { return destroyer.connection != nullptr; }));
  destroyer.connection->start(destroyer);
  Collector collector;
  (*client)->start(collector);
  write(**client, "end yourself");
  EXPECT_TRUE(run_until([&] { return collector.ends == 1; }));
}

TEST_F(TcpNetworkTest, a_reset_is_told_once_and_as_what_it_is) {
  PlainServer plain(io_);
  auto client = connect(plain.address());
  ASSERT_TRUE(client);
  tcp::socket peer = plain.acceptor.accept();
  Collector collector;
  (*client)->start(collector);
  peer.set_option(asio::socket_base::linger(true, 0));
  peer.close();
  EXPECT_TRUE(run_until([&] { return collector.ends != 0; }));
  EXPECT_EQ(collector.end, "connection reset by peer");
  for (int i = 0; i < 3; ++i) write(**client, "into the void");
  run_until([] { return false; }, 20ms);
  EXPECT_EQ(collector.ends, 1);
  EXPECT_EQ((*client)->unsent_bytes(), 0U);
}

TEST_F(TcpNetworkTest, what_the_peer_said_before_it_closed_is_read_even_if_a_write_fails_first) {
  PlainServer plain(io_);
  auto client = connect(plain.address());
  ASSERT_TRUE(client);
  tcp::socket peer = plain.acceptor.accept();
  asio::write(peer, asio::buffer("refused: wrong secret", 21));
  peer.close();
  Collector collector;
  (*client)->start(collector);
  // The first write provokes a reset, the later ones fail on it, all before the loop has turned.
  for (int i = 0; i < 3; ++i) write(**client, "hello");
  EXPECT_TRUE(run_until([&] { return collector.ends == 1; }));
  EXPECT_EQ(collector.received, "refused: wrong secret");
}

TEST_F(TcpNetworkTest, failures_to_connect_say_why) {
  std::string dead;
  {
    PlainServer plain(io_);
    dead = plain.address();
  }
  EXPECT_EQ(connect(dead).error().to_string(), "unreachable: " + dead + ": connection refused");
  EXPECT_EQ(connect("127.0.0.1").error().to_string(),
            "unreachable: 127.0.0.1: '127.0.0.1' is not host:port: the port is missing");
  EXPECT_EQ(connect(":80").error().to_string(), "unreachable: :80: the host is missing");
  const auto unresolved = connect("no-such-host.invalid:80");
  ASSERT_FALSE(unresolved);
  EXPECT_TRUE(unresolved.error().detail.starts_with("no-such-host.invalid:80: ")) << unresolved.error().detail;
}

TEST_F(TcpNetworkTest, a_peer_that_does_not_answer_is_given_up_after_the_timeout) {
  use({.connect_timeout = 50ms});
  // A queue of one that is full: the kernel answers no further handshake.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string target = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  std::vector<std::unique_ptr<Connection>> waiting;
  std::string why;
  for (int i = 0; i < 8 && why.empty(); ++i) {
    auto made = connect(target);
    if (made) waiting.push_back(std::move(*made));
    if (!made) why = made.error().to_string();
  }
  EXPECT_EQ(why, "unreachable: " + target + ": no connection within 50 ms");
  ::close(listener);
}

#ifndef __has_feature
#define __has_feature(name) 0
#endif
// That sanitizer opens a pipe to look at an object, and takes its failure for a bad object.
#if !__has_feature(undefined_behavior_sanitizer)
TEST_F(TcpNetworkTest, an_acceptor_without_file_descriptors_waits_for_better_times) {
  use({.accept_pause = 1ms});
  std::unique_ptr<Connection> server;
  const std::string target = listen(server);
  tcp::socket client(io_, tcp::v4());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{static_cast<rlim_t>(client.native_handle()) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto port = static_cast<std::uint16_t>(std::stoi(target.substr(target.rfind(':') + 1)));
  client.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
  EXPECT_TRUE(run_until([&] { return metric(metrics_, "troupe_accept_failures_total") >= 3; }));
  EXPECT_EQ(server, nullptr);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(run_until([&] { return server != nullptr; }));
  EXPECT_EQ(sink_.lines().size(), 1U) << "one line, not one for each try";
}
#endif

TEST_F(TcpNetworkTest, random_bytes_differ) {
  std::array<std::byte, 1000> first{};
  std::array<std::byte, 1000> second{};
  network_->secure_random(first);
  network_->secure_random(second);
  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace troupe::runtime::detail
