#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "troupe/actor/actor.hpp"
#include "troupe/runtime/detail/tcp_network.hpp"
#include "troupe/runtime/detail/testing.hpp"
#include "troupe/runtime/detail/tls/keeper.hpp"
#include "troupe/runtime/detail/tls/testing.hpp"

// Connections in TLS over real sockets: what TcpStream makes of a TlsSession.
namespace troupe::runtime::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using cluster::Connection;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Collects what a connection gives.
struct Collector final : Connection::Events {
  void on_bytes(Bytes bytes) override {
    received += bytes.view();
    if (after_each) after_each();
  }
  void on_end(std::string_view cause) override {
    ++ends;
    end = cause;
  }
  std::string received;
  std::function<void()> after_each;
  std::string end;
  int ends = 0;
};

/// Two nodes on one thread; the test turns the loop by hand until something holds, or a deadline passes.
class TlsNetworkTest : public ::testing::Test, private ShardHost {
 protected:
  static constexpr Duration kWithin = 10s;

  /// A node: its keeper, if it has TLS, and its network.
  struct Side {
    Side(TlsNetworkTest& test, const std::optional<TlsOptions>& files)
        : network(test.io_, test.shard_, TcpOptions{.linger = 3s}, test.metrics_, test.sink_) {
      if (!files) return;
      keeper.emplace(*files, test.metrics_, test.sink_);
      EXPECT_TRUE(keeper->load());
      network.use_tls(*keeper);
    }
    std::optional<TlsKeeper> keeper;
    TcpNetwork network;
  };

  bool run_until(const std::function<bool()>& holds, Duration within = kWithin) {
    const TimePoint deadline = steady_now() + within;
    while (!holds() && steady_now() < deadline) {
      io_.restart();
      io_.run_one_for(10ms);
    }
    return holds();
  }

  /// Connects the two, and sets who is told at either end.
  void meet(Side& dialer, Side& acceptor) {
    client_.reset();
    server_.reset();
    const auto port = acceptor.network.listen("127.0.0.1:0", [this](std::unique_ptr<Connection> made) {
      server_ = std::move(made);
      server_->start(at_server_);
    });
    dialer.network.connect("127.0.0.1:" + std::to_string(port.value()), [this](auto made) {
      client_ = std::move(made.value());
      client_->start(at_client_);
    });
    ASSERT_TRUE(run_until([&] { return client_ && server_; }));
  }

  static void write(Connection& connection, std::string_view text) {
    std::vector<Bytes> pieces{Bytes::copy_of(text)};
    connection.write(pieces);
  }

  void expect_talk() {
    at_client_.received.clear();
    at_server_.received.clear();
    write(*client_, "ping");
    write(*server_, "pong");
    EXPECT_TRUE(run_until([&] { return at_server_.received == "ping" && at_client_.received == "pong"; }))
        << at_client_.end << "; " << at_server_.end;
  }

  TestFolder folder_;
  TestAuthority authority_;
  TlsOptions files_ = authority_.issue(folder_, "a");
  asio::io_context io_{1};
  Metrics metrics_;
  RecordingSink sink_;
  NameTable names_;
  Shard shard_{{.shards = 1}, *this, names_, metrics_, sink_, Random(1)};
  Side tls_{*this, files_};
  Side plain_{*this, std::nullopt};
  Collector at_client_;
  Collector at_server_;
  std::unique_ptr<Connection> client_;
  std::unique_ptr<Connection> server_;

 private:
  SendOutcome send_to_shard(std::uint32_t, EnvelopePtr) override { return SendOutcome::kFull; }
  SendOutcome send_to_node(const NodeId&, EnvelopePtr) override { return SendOutcome::kUnreachable; }
  void inject(EnvelopePtr) override {}
};

TEST_F(TlsNetworkTest, two_ends_talk_and_know_what_the_other_may_claim) {
  meet(tls_, tls_);
  expect_talk();
  for (const auto& connection : {client_.get(), server_.get()}) {
    EXPECT_TRUE(connection->proves_address("127.0.0.1:7400"));
    EXPECT_TRUE(connection->proves_address("localhost:1"));
    EXPECT_FALSE(connection->proves_address("10.0.0.1:7400"));
    EXPECT_FALSE(connection->proves_address("nonsense"));
  }
}

TEST_F(TlsNetworkTest, large_messages_both_ways_at_once) {
  meet(tls_, tls_);
  std::string there;
  std::string back;
  for (std::uint32_t i = 0; there.size() < (24U << 20U); ++i) there += std::to_string(i * 2654435761U);
  for (std::uint32_t i = 0; back.size() < (16U << 20U); ++i) back += std::to_string(i * 40503U);
  write(*client_, there);
  write(*server_, back);
  EXPECT_TRUE(run_until([&] {
    return at_server_.received.size() == there.size() && at_client_.received.size() == back.size();
  })) << at_server_.received.size()
      << " " << at_client_.end;
  EXPECT_TRUE(at_server_.received == there);
  EXPECT_TRUE(at_client_.received == back);
}

TEST_F(TlsNetworkTest, what_a_slow_reader_does_not_take_is_counted_and_waits_unsealed) {
  constexpr std::size_t kSize = 32U << 20U;
  meet(tls_, tls_);
  expect_talk();
  write(*client_, std::string(kSize, 'x'));
  EXPECT_GT(client_->unsent_bytes(), kSize / 2) << "the reader has not begun";
  EXPECT_LT(client_->unsent_bytes(), kSize);
  EXPECT_TRUE(run_until([&] { return at_server_.received.size() == kSize + 4; }));
  EXPECT_EQ(client_->unsent_bytes(), 0U);
}

TEST_F(TlsNetworkTest, finish_delivers_the_tail_even_if_the_handshake_is_not_over) {
  constexpr std::size_t kSize = 8U << 20U;
  meet(tls_, tls_);
  write(*client_, std::string(kSize, 'x') + "goodbye");
  client_->finish();
  client_.reset();
  EXPECT_TRUE(run_until([&] { return at_server_.ends == 1; }));
  EXPECT_EQ(at_server_.received.size(), kSize + 7);
  EXPECT_TRUE(at_server_.received.ends_with("goodbye"));
  EXPECT_EQ(at_server_.end, "the peer closed the connection");
  EXPECT_TRUE(run_until([&] { return tls_.network.lingering() == 0; }));
}

TEST_F(TlsNetworkTest, a_connection_moves_to_another_shard_in_the_middle_of_what_comes_and_goes) {
  Side other(*this, files_);  // What matters of a shard here is that it has a network of its own.
  meet(tls_, tls_);
  std::unique_ptr<Connection> old;
  std::unique_ptr<Connection::Parted> parted;
  int moves = 0;
  at_server_.after_each = [&] {  // As the cluster does it: in the connection's own event.
    if (moves >= 50) return;
    parted = server_->part();
    old = std::move(server_);
  };
  const auto adopt = [&] {
    if (!parted) return;
    server_ = (++moves % 2 == 1 ? other : tls_).network.adopt(std::move(parted));
    server_->start(at_server_);
    old.reset();
  };
  std::string there;
  std::string back;
  for (std::uint32_t i = 0; i < 300; ++i) {
    const std::string text(1 + i * 101 % 40'000, static_cast<char>('a' + i % 26));
    there += text;
    back += text;
    write(*client_, text);
    write(*server_, text);
    io_.restart();
    io_.poll_one();
    adopt();
  }
  EXPECT_TRUE(run_until([&] {
    adopt();
    return at_server_.received.size() == there.size() && at_client_.received.size() == back.size();
  })) << at_server_.received.size()
      << " of " << there.size() << " " << at_server_.end << at_client_.end;
  EXPECT_GT(moves, 5);
  EXPECT_TRUE(at_server_.received == there);
  EXPECT_TRUE(at_client_.received == back);
}

TEST_F(TlsNetworkTest, a_peer_without_tls_is_refused_in_words_that_help_both) {
  meet(plain_, tls_);
  write(*client_, std::string("\x50\0\0\0\1\0\0\0", 8));
  EXPECT_TRUE(run_until([&] { return at_client_.ends == 1 && at_server_.ends == 1; }));
  EXPECT_THAT(at_server_.end, StartsWith("the peer does not speak TLS, which this node demands: is TLS on only one"));
  EXPECT_THAT(at_client_.end, StartsWith("the peer speaks TLS, and this node has none: is TLS on only one side?"));
  EXPECT_EQ(metric(metrics_, "troupe_tls_failures_total"), 1);
}

TEST_F(TlsNetworkTest, a_peer_with_tls_is_refused_by_a_node_without) {
  meet(tls_, plain_);
  EXPECT_TRUE(run_until([&] { return at_client_.ends == 1 && at_server_.ends == 1; }));
  EXPECT_THAT(at_server_.end, StartsWith("the peer speaks TLS, and this node has none: is TLS on only one side?"));
  EXPECT_EQ(at_client_.end, "the peer closed the connection during the TLS handshake: is TLS on only one side?");
  EXPECT_EQ(at_server_.received, "");
}

TEST_F(TlsNetworkTest, a_stranger_is_refused_and_both_sides_say_why) {
  Side stranger(*this, TestAuthority("somebody else").issue(folder_, "b"));
  meet(stranger, tls_);
  write(*client_, "let me in");
  EXPECT_TRUE(run_until([&] { return at_client_.ends == 1 && at_server_.ends == 1; }));
  EXPECT_THAT(at_client_.end, HasSubstr("the peer's certificate is refused"));
  EXPECT_THAT(at_server_.end, HasSubstr("this node's certificate is not signed by the peer's authority"));
  EXPECT_EQ(at_server_.received, "");
  client_.reset();
  server_.reset();
  EXPECT_TRUE(run_until([&] { return stranger.network.lingering() + tls_.network.lingering() == 0; }));
}

TEST_F(TlsNetworkTest, a_handshake_that_stops_half_way_ends_when_the_owner_gives_up) {
  std::unique_ptr<Connection> accepted;
  const auto port = tls_.network.listen("127.0.0.1:0", [&](auto made) { accepted = std::move(made); });
  tcp::socket attacker(io_);
  attacker.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port.value()));
  asio::write(attacker, asio::buffer("\x16\x03\x01\x02\x00\x01", 6));
  ASSERT_TRUE(run_until([&] { return accepted != nullptr; }));
  accepted->start(at_server_);
  write(*accepted, "never in the clear");
  run_until([] { return false; }, 50ms);
  EXPECT_EQ(at_server_.ends, 0);
  EXPECT_EQ(accepted->unsent_bytes(), 18U);
  accepted->finish();
  accepted.reset();
  EXPECT_TRUE(run_until([&] { return tls_.network.lingering() == 0; })) << "it is cut after the time of lingering";
  std::string heard(100, '\0');
  boost::system::error_code error;
  EXPECT_EQ(asio::read(attacker, asio::buffer(heard), error), 0U);
}

TEST_F(TlsNetworkTest, new_connections_use_new_certificates_and_old_ones_go_on) {
  meet(tls_, tls_);
  expect_talk();
  tls_.keeper->start();
  authority_.issue(folder_, "a", {.name = "renewed", .hosts = "IP:127.0.0.1,DNS:renewed.example.org"});
  tls_.keeper->reload();
  EXPECT_EQ(sink_.wait_for("new connections use the certificate of CN = renewed"), 1U);
  expect_talk();
  EXPECT_FALSE(client_->proves_address("renewed.example.org:1"));
  EXPECT_EQ(at_client_.ends + at_server_.ends, 0);
  meet(tls_, tls_);
  expect_talk();
  EXPECT_TRUE(client_->proves_address("renewed.example.org:1"));
}

}  // namespace
}  // namespace troupe::runtime::detail
