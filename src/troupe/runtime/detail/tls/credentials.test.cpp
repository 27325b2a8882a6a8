#include "troupe/runtime/detail/tls/credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "troupe/runtime/detail/tls/expiry.hpp"
#include "troupe/runtime/detail/tls/testing.hpp"

namespace troupe::runtime::detail {
namespace {

using ::testing::HasSubstr;

class TlsCredentialsTest : public ::testing::Test {
 protected:
  static void put(const std::string& path, const std::string& content) { std::ofstream(path) << content; }
  static std::string content_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  /// "file: text; remedy", with the folder left out; empty if all is well.
  std::string mistake(const TlsOptions& options) const {
    const auto read = read_tls_files(options);
    if (read) return "";
    const TlsMistake& found = read.error();
    constexpr std::array kFiles{"certificate", "key", "authority"};
    std::string text =
        std::string(kFiles[static_cast<std::size_t>(found.file)]) + ": " + found.text + "; " + found.remedy;
    const std::string folder = folder_.file("");
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder)) text.erase(at, folder.size());
    return text;
  }

  TestFolder folder_;
  TestAuthority authority_;
};

TEST_F(TlsCredentialsTest, files_that_fit_together_are_taken) {
  TlsOptions options = authority_.issue(folder_, "a", {.name = "node a", .ends_s = 3600});
  options.address = "127.0.0.1:7400";
  const auto loaded = TlsCredentials::load(options);
  ASSERT_TRUE(loaded) << loaded.error().text;
  EXPECT_EQ((*loaded)->subject(), "CN = node a");
  const auto left = (*loaded)->expires() - std::chrono::system_clock::now();
  EXPECT_GT(left, 3500s);
  EXPECT_LE(left, 3600s);
  options.address = "localhost:7400";
  EXPECT_EQ(mistake(options), "");
  EXPECT_EQ(mistake(authority_.issue(folder_, "rsa", {.key_bits = 2048})), "");
  EXPECT_EQ(mistake(authority_.issue(folder_, "any-use", {.usage = ""})), "");
}

TEST_F(TlsCredentialsTest, a_file_that_cannot_be_read_is_named) {
  const TlsOptions good = authority_.issue(folder_, "a");
  TlsOptions options = good;
  options.key = folder_.file("none");
  EXPECT_THAT(mistake(options), HasSubstr("key: \"none\" cannot be read: No such file or directory; give the path"));
  options = good;
  options.authority = folder_.file("");
  EXPECT_THAT(mistake(options), HasSubstr("authority: \"\" cannot be read: "));
  options = good;
  options.certificate = options.key;
  EXPECT_THAT(mistake(options), HasSubstr("certificate: there is no certificate in \"a.key\"; give a PEM file"));
  options = good;
  options.key = options.certificate;
  EXPECT_THAT(mistake(options), HasSubstr("key: there is no private key in \"a.pem\""));
  const std::string whole = content_of(good.certificate);
  put(good.certificate, whole.substr(0, whole.size() / 2));
  EXPECT_THAT(mistake(good), HasSubstr("certificate: certificate 1 of \"a.pem\" cannot be read: "));
  put(good.certificate, std::string((1U << 20U) + 1, 'x'));
  EXPECT_THAT(mistake(good), HasSubstr("certificate: \"a.pem\" is larger than 1 MiB"));
  put(good.certificate, std::string(1U << 20U, 'x'));
  EXPECT_THAT(mistake(good), HasSubstr("there is no certificate"));
}

TEST_F(TlsCredentialsTest, a_key_of_another_certificate_or_with_a_passphrase_is_refused) {
  const TlsOptions other = authority_.issue(folder_, "b");
  TlsOptions options = authority_.issue(folder_, "a");
  options.key = other.key;
  EXPECT_EQ(mistake(options),
            "key: the key in \"b.key\" is not that of the certificate in \"a.pem\"; give the two files that were made "
            "together");
  const KeyPtr key(EVP_EC_gen("P-256"));
  FILE* file = std::fopen(other.key.c_str(), "w");
  PEM_write_PrivateKey(file, key.get(), EVP_aes_128_cbc(), reinterpret_cast<const unsigned char*>("secret"), 6, nullptr,
                       nullptr);
  std::fclose(file);
  EXPECT_THAT(mistake(options), HasSubstr("key: the key in \"b.key\" needs a passphrase"));
}

TEST_F(TlsCredentialsTest, a_certificate_that_others_would_refuse_is_refused_here) {
  EXPECT_THAT(mistake(authority_.issue(folder_, "old", {.begins_s = -7200, .ends_s = -3600})),
              HasSubstr("certificate: the certificate of CN = node in \"old.pem\", or on the way to its authority, "
                        "expired at 20"));
  EXPECT_THAT(mistake(authority_.issue(folder_, "new", {.begins_s = 3600, .ends_s = 7200})),
              HasSubstr("would be refused: certificate is not yet valid"));
  EXPECT_THAT(mistake(authority_.issue(folder_, "half", {.usage = "serverAuth"})),
              HasSubstr("may not be used for both ends of a connection; a node dials and is dialed"));
  EXPECT_THAT(mistake(authority_.issue(folder_, "half", {.usage = "clientAuth"})),
              HasSubstr("may not be used for both ends of a connection"));
  EXPECT_THAT(mistake(authority_.issue(folder_, "weak", {.key_bits = 1024})), HasSubstr("key too small"));
  TlsOptions options = authority_.issue(folder_, "a");
  options.authority = TestAuthority("authority").issue(folder_, "b").authority;
  EXPECT_THAT(mistake(options), HasSubstr("is not signed by the authority in \"b.authority.pem\""));
}

TEST_F(TlsCredentialsTest, the_certificate_names_the_host_at_which_the_node_is_reached) {
  TlsOptions options =
      authority_.issue(folder_, "a", {.hosts = "IP:10.0.0.1,DNS:a.example.org,DNS:*.nodes.example.org"});
  for (const std::string address :
       {"10.0.0.1:7400", "a.example.org:7400", "A.Example.org:7400", "b.nodes.example.org:1"}) {
    options.address = address;
    EXPECT_EQ(mistake(options), "") << address;
  }
  for (const std::string address : {"10.0.0.2:7400", "b.example.org:7400", "[::1]:7400", "x.y.nodes.example.org:1"}) {
    options.address = address;
    EXPECT_THAT(mistake(options), HasSubstr("where other nodes reach this one; give it the subjectAltName")) << address;
  }
  TlsOptions common_name = authority_.issue(folder_, "b", {.name = "a.example.org", .hosts = ""});
  common_name.address = "a.example.org:7400";
  EXPECT_THAT(mistake(common_name), HasSubstr("does not name a.example.org")) << "the common name does not count";
}

TEST(ExpiryNoticesTest, the_log_speaks_as_the_time_begins_each_day_and_at_the_end) {
  using Notice = ExpiryNotices::Notice;
  ExpiryNotices notices(72h);
  const ExpiryNotices::WallTime expires(1000h);
  EXPECT_EQ(notices.due(expires - 72h - 1s, expires), Notice::kNone);
  EXPECT_EQ(notices.due(expires - 72h, expires), Notice::kSoon);
  EXPECT_EQ(notices.due(expires - 71h, expires), Notice::kNone);
  EXPECT_EQ(notices.due(expires - 48h, expires), Notice::kSoon);
  EXPECT_EQ(notices.due(expires - 1s, expires), Notice::kSoon);
  EXPECT_EQ(notices.due(expires, expires), Notice::kExpired);
  EXPECT_EQ(notices.due(expires + 1h, expires), Notice::kNone);
  EXPECT_EQ(notices.due(expires + 2h, expires + 1000h), Notice::kNone) << "it was renewed";
  EXPECT_EQ(notices.due(expires + 929h, expires + 1000h), Notice::kSoon);
}

}  // namespace
}  // namespace troupe::runtime::detail
