#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "troupe/node/config.hpp"
#include "troupe/runtime/detail/tls/testing.hpp"

namespace troupe {
namespace {

using runtime::TlsOptions;
using runtime::detail::TestAuthority;
using runtime::detail::TestCertificate;
using ::testing::HasSubstr;

class ConfigTls : public testing::Test {
 protected:
  /// Files that only their owner may read.
  TlsOptions issue(const TestCertificate& certificate = {}) {
    TlsOptions files = authority_.issue(folder_, "a", certificate);
    std::filesystem::permissions(files.key, std::filesystem::perms(0600));
    return files;
  }

  /// What is wrong, with the folder left out.
  std::string problems(const TlsOptions& files, std::map<std::string, std::string> flags = {}) const {
    flags.emplace("cluster.listen", "127.0.0.1:7400");
    for (const auto& [key, value] :
         {std::pair("cluster.tls_certificate", files.certificate), std::pair("cluster.tls_key", files.key),
          std::pair("cluster.tls_authority", files.authority)}) {
      if (!value.empty()) flags[key] = value;
    }
    std::string all;
    for (const ConfigProblem& problem : load_config({.flags = flags, .serves_documents = false}).problems) {
      all += to_string(problem);
    }
    const std::string folder = folder_.file("");
    for (auto at = all.find(folder); at != std::string::npos; at = all.find(folder)) all.erase(at, folder.size());
    return all;
  }

  runtime::detail::TestFolder folder_;
  TestAuthority authority_;
};

TEST_F(ConfigTls, files_that_fit_are_fine) { EXPECT_EQ(problems(issue()), ""); }

TEST_F(ConfigTls, all_three_or_none) {
  TlsOptions files = issue();
  files.authority.clear();
  EXPECT_EQ(problems(files),
            "configuration: error: cluster.tls_authority: TLS needs a certificate, its key and the authority, and this "
            "is missing\n  remedy: give all three, or none; docs/operations.md has the steps\n");
  TlsOptions key_only;
  key_only.key = files.key;
  EXPECT_THAT(problems(key_only), HasSubstr("cluster.tls_certificate: TLS needs"));
}

TEST_F(ConfigTls, mistakes_are_told_at_the_setting_whose_file_it_is) {
  TlsOptions files = issue();
  files.key = folder_.file("none");
  EXPECT_THAT(problems(files), HasSubstr("--cluster-tls-key: error: cluster.tls_key: \"none\" cannot be read"));
  files = issue();
  files.authority = TestAuthority("other").issue(folder_, "b").authority;
  EXPECT_THAT(problems(files),
              HasSubstr("--cluster-tls-certificate: error: cluster.tls_certificate: the certificate of CN = node in "
                        "\"a.pem\" is not signed by the authority in \"b.authority.pem\"\n  remedy: let that"));
}

TEST_F(ConfigTls, the_address_that_others_use_is_named) {
  const TlsOptions files = issue();
  EXPECT_THAT(problems(files, {{"cluster.advertise", "10.0.0.1:7400"}}),
              HasSubstr("does not name 10.0.0.1, where other nodes reach this one"));
  EXPECT_EQ(problems(files, {{"cluster.advertise", "localhost:7400"}}), "");
}

TEST_F(ConfigTls, what_is_not_wise_is_a_warning) {
  const TlsOptions files = issue();
  std::filesystem::permissions(files.key, std::filesystem::perms(0644));
  EXPECT_EQ(problems(files),
            "--cluster-tls-key: warning: cluster.tls_key: every user of this machine may read or change \"a.key\"\n"
            "  remedy: run `chmod o= a.key`\n");
  EXPECT_THAT(problems(issue({.ends_s = 7300}), {{"cluster.tls_expiry_warning", "3 h"}}),
              HasSubstr("warning: cluster.tls_certificate: the certificate of CN = node, or one on the way to its "
                        "authority, expires in 2 hours"));
  EXPECT_THAT(problems(issue(), {{"cluster.listen", ""}}),
              HasSubstr("warning: cluster.tls_certificate: this has no effect without a cluster port"));
}

}  // namespace
}  // namespace troupe
