#include "troupe/runtime/detail/tls/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "troupe/runtime/detail/tls/testing.hpp"

namespace troupe::runtime::detail {
namespace {

using ::testing::HasSubstr;
using Role = TlsSessionOptions::Role;

/// One end, and what came out of it.
struct End {
  End(const TlsOptions& files, TlsSessionOptions options)
      : credentials(TlsCredentials::load(files).value()), session(*credentials, std::move(options)) {}

  void write(std::string_view text) {
    std::vector<Bytes> pieces{Bytes::copy_of(text)};
    session.write(pieces);
  }

  /// Feeds the bytes in pieces of this size, and collects what they open to.
  void feed(std::string_view sealed, std::size_t piece = SIZE_MAX) {
    for (std::size_t at = 0; at < sealed.size(); at += std::min(piece, sealed.size() - at)) {
      session.feed(std::as_bytes(std::span(sealed.substr(at, piece))));
      open();
    }
  }
  void open() {
    std::array<std::byte, 5000> room;
    for (std::size_t size = session.open(room); size > 0; size = session.open(room)) {
      received.append(reinterpret_cast<const char*>(room.data()), size);
    }
  }

  std::string seal() {
    std::deque<Bytes> queue;
    const std::size_t size = session.seal(queue);
    std::string sealed;
    for (const Bytes& piece : queue) sealed += piece.view();
    EXPECT_EQ(sealed.size(), size);
    return sealed;
  }

  std::shared_ptr<const TlsCredentials> credentials;
  TlsSession session;
  std::string received;
};

class TlsSessionTest : public ::testing::Test {
 protected:
  /// Carries bytes between the two until none of them has any left.
  static void talk(End& a, End& b, std::size_t piece = SIZE_MAX) {
    for (;;) {
      const std::string there = a.seal();
      b.feed(there, piece);
      const std::string back = b.seal();
      a.feed(back, piece);
      if (there.empty() && back.empty()) return;
    }
  }

  static TlsSessionOptions dialing(std::string host = "127.0.0.1") {
    return {.role = Role::kDialer, .host = std::move(host)};
  }
  static TlsSessionOptions accepting() { return {.role = Role::kAcceptor}; }

  /// What the two say when these meet.
  std::pair<std::string, std::string> failures(const TlsOptions& dialer_files, const TlsOptions& acceptor_files,
                                               const std::string& host = "127.0.0.1") {
    End dialer(dialer_files, dialing(host));
    End acceptor(acceptor_files, accepting());
    dialer.write("a secret of the dialer");
    acceptor.write("a secret of the acceptor");
    talk(dialer, acceptor);
    EXPECT_EQ(acceptor.received, "");
    EXPECT_EQ(dialer.received, "");
    return {dialer.session.failure(), acceptor.session.failure()};
  }

  TestFolder folder_;
  TestAuthority authority_;
  TlsOptions files_ = authority_.issue(folder_, "a");
};

TEST_F(TlsSessionTest, what_is_written_before_the_handshake_goes_after_it_and_not_in_the_clear) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, SIZE_MAX}) {
    End dialer(files_, dialing());
    End acceptor(files_, accepting());
    dialer.write("hello, ");
    dialer.write("there");
    acceptor.write("and back");
    const std::string first = dialer.seal();
    EXPECT_EQ(first.find("hello"), std::string::npos);
    EXPECT_TRUE(looks_like_tls(std::as_bytes(std::span(first))));
    EXPECT_EQ(dialer.session.waiting_bytes(), 12U);
    acceptor.feed(first, piece);
    talk(acceptor, dialer, piece);
    EXPECT_EQ(acceptor.received, "hello, there");
    EXPECT_EQ(dialer.received, "and back");
    EXPECT_TRUE(dialer.session.is_established() && acceptor.session.is_established());
    EXPECT_EQ(dialer.session.waiting_bytes() + acceptor.session.waiting_bytes(), 0U);
  }
}

TEST_F(TlsSessionTest, much_goes_both_ways_a_batch_at_a_time_in_pieces_of_all_sizes) {
  End dialer(files_, dialing());
  End acceptor(files_, accepting());
  talk(dialer, acceptor);
  std::string all;
  for (std::size_t i = 0; i < 400; ++i) {
    const std::string piece(i < 390 ? i * 7 : i * 1000, static_cast<char>('a' + i % 26));
    all += piece;
    dialer.write(piece);
    acceptor.write(piece);
  }
  EXPECT_EQ(dialer.session.waiting_bytes(), all.size());
  const std::string batch = dialer.seal();
  EXPECT_LT(batch.size(), 66'000U);
  EXPECT_EQ(dialer.session.waiting_bytes(), all.size() - 65'536U);
  acceptor.feed(batch);
  talk(dialer, acceptor, 30'000);
  EXPECT_EQ(acceptor.received, all);
  EXPECT_EQ(dialer.received, all);
}

TEST_F(TlsSessionTest, keys_are_replaced_after_so_many_records) {
  TlsSessionOptions often = dialing();
  often.records_per_key = 2;
  End dialer(files_, often);
  End acceptor(files_, accepting());
  std::string all;
  for (int i = 0; i < 9; ++i) {
    const std::string text = "message " + std::to_string(i) + ", ";
    all += text;
    dialer.write(text);
    talk(dialer, acceptor);
  }
  EXPECT_EQ(acceptor.received, all);
  acceptor.write("and back");
  talk(acceptor, dialer);
  EXPECT_EQ(dialer.received, "and back");
}

TEST_F(TlsSessionTest, input_that_was_not_opened_is_kept_and_comes_before_what_follows) {
  End dialer(files_, dialing());
  End acceptor(files_, accepting());
  talk(dialer, acceptor);
  std::string all(100'000, 'x');
  dialer.write(all);
  std::string sealed = dialer.seal();
  acceptor.session.feed(std::as_bytes(std::span(sealed)));
  std::array<std::byte, 10> little;
  EXPECT_EQ(acceptor.session.open(little), 10U);
  acceptor.session.keep_input();
  sealed.assign(sealed.size(), '!');  // The owner reads something else there.
  const std::string rest = dialer.seal();
  acceptor.feed(rest, 3000);
  EXPECT_EQ(acceptor.received, all.substr(10));
}

TEST_F(TlsSessionTest, the_end_is_told_and_a_session_that_has_ended_keeps_nothing) {
  End dialer(files_, dialing());
  End acceptor(files_, accepting());
  talk(dialer, acceptor);
  dialer.write("the last words");
  dialer.session.close();
  EXPECT_FALSE(dialer.session.is_finished());
  talk(dialer, acceptor);
  EXPECT_TRUE(dialer.session.is_finished());
  EXPECT_EQ(acceptor.received, "the last words");
  EXPECT_TRUE(acceptor.session.has_ended());
  EXPECT_FALSE(dialer.session.has_ended());
  acceptor.write("an answer to who has gone but still listens");
  talk(acceptor, dialer);
  EXPECT_EQ(dialer.received, "an answer to who has gone but still listens");
}

TEST_F(TlsSessionTest, strangers_are_refused_and_both_sides_know_why) {
  const TlsOptions stranger = TestAuthority("somebody else").issue(folder_, "b");
  const auto [dialer, acceptor] = failures(files_, stranger);
  EXPECT_THAT(dialer, HasSubstr("the peer's certificate is refused ("));
  EXPECT_THAT(dialer, HasSubstr("it has to be signed by the authority of this node"));
  EXPECT_EQ(acceptor,
            "the peer refused TLS (unknown CA): this node's certificate is not signed by the peer's authority");
}

TEST_F(TlsSessionTest, the_acceptor_refuses_a_certificate_of_another_authority) {
  // It trusts both authorities, so it would be content; its own certificate is of the one that the acceptor does not
  // know.
  TestAuthority other("somebody else");
  TlsOptions trusting = other.issue(folder_, "b");
  std::ofstream(trusting.authority, std::ios::app) << std::ifstream(files_.authority).rdbuf();
  const auto [dialer, acceptor] = failures(trusting, files_);
  EXPECT_THAT(acceptor, HasSubstr("the peer's certificate is refused ("));
  EXPECT_THAT(dialer, HasSubstr("this node's certificate is not signed by the peer's authority"));
}

TEST_F(TlsSessionTest, the_dialed_host_has_to_be_named) {
  const auto [dialer, acceptor] = failures(files_, files_, "127.0.0.2");
  EXPECT_EQ(dialer, "the peer's certificate does not name 127.0.0.2, where it was dialed: give it that subjectAltName");
  EXPECT_THAT(acceptor, HasSubstr("this node's certificate does not name the host at which it was dialed"));
  EXPECT_THAT(failures(files_, files_, "example.org").first, HasSubstr("does not name example.org"));
  End by_name(files_, dialing("localhost"));
  End acceptor_end(files_, accepting());
  talk(by_name, acceptor_end);
  EXPECT_TRUE(by_name.session.is_established());
  EXPECT_TRUE(acceptor_end.session.peer_names("127.0.0.1"));
  EXPECT_TRUE(acceptor_end.session.peer_names("localhost"));
  EXPECT_FALSE(acceptor_end.session.peer_names("127.0.0.2"));
  EXPECT_FALSE(acceptor_end.session.peer_names(""));
}

TEST_F(TlsSessionTest, who_speaks_something_else_is_told_so_in_words_that_help) {
  const std::string frame("\x50\0\0\0\1\0\0\0", 8);
  for (const std::string& first : {std::string("GET / HTTP/1.1\r\n\r\n"), frame}) {
    for (const auto& options : {accepting(), dialing()}) {
      End end(files_, options);
      end.seal();
      end.feed(first, 1);
      EXPECT_THAT(end.session.failure(), HasSubstr("is TLS on only one side?"));
      const std::string alert = end.seal();
      EXPECT_TRUE(looks_like_tls(std::as_bytes(std::span(alert))));
      const std::string more(100'000, 'x');
      end.feed(more);
      EXPECT_EQ(end.session.waiting_bytes(), 0U);
    }
  }
}

TEST_F(TlsSessionTest, a_certificate_is_demanded) {
  // A client of OpenSSL's own that shows none.
  End acceptor(files_, accepting());
  const SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  const SslPtr client(SSL_new(context.get()));
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(client.get(), in, out);
  SSL_set_connect_state(client.get());
  for (int round = 0; round < 3; ++round) {
    SSL_do_handshake(client.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    const std::string there(data, static_cast<std::size_t>(size));
    (void)BIO_reset(out);
    acceptor.feed(there);
    const std::string back = acceptor.seal();
    BIO_write(in, back.data(), static_cast<int>(back.size()));
  }
  EXPECT_FALSE(acceptor.session.is_established());
  EXPECT_EQ(acceptor.session.failure(), "the peer shows no certificate");
}

TEST_F(TlsSessionTest, a_byte_that_was_changed_on_the_way_ends_it) {
  End dialer(files_, dialing());
  End acceptor(files_, accepting());
  talk(dialer, acceptor);
  dialer.write("pay 10 to the other");
  std::string sealed = dialer.seal();
  sealed[10] = static_cast<char>(sealed[10] ^ 1);
  acceptor.feed(sealed);
  EXPECT_EQ(acceptor.received, "");
  EXPECT_THAT(acceptor.session.failure(), HasSubstr("TLS failed: "));
  talk(dialer, acceptor);
  EXPECT_THAT(dialer.session.failure(), HasSubstr("the peer refused TLS ("));
}

TEST(LooksLikeTls, a_hello_and_an_alert_do_and_a_frame_does_not) {
  const auto looks = [](std::string_view text) { return looks_like_tls(std::as_bytes(std::span(text))); };
  EXPECT_TRUE(looks(std::string_view("\x16\x03\x01\x02\x00\x01", 6)));
  EXPECT_TRUE(looks(std::string_view("\x15\x03\x03\x00\x02\x02", 6)));
  EXPECT_FALSE(looks(std::string_view("\x16\x03", 2)));
  EXPECT_FALSE(looks(std::string_view("\x16\x01\x00\x00\x01\x00\x00\x00", 8)));
  EXPECT_FALSE(looks(std::string_view("\x16\x03\x00\x00\x01\x00\x00\x00", 8))) << "a hello of 790 bytes";
  EXPECT_FALSE(looks("GET / HTTP/1.1"));
}

}  // namespace
}  // namespace troupe::runtime::detail
