#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "troupe/base/assert.hpp"
#include "troupe/runtime/detail/tls/openssl.hpp"
#include "troupe/runtime/tls_options.hpp"

namespace troupe::runtime::detail {

/// For tests: a folder that goes with this object.
class TestFolder {
 public:
  TestFolder() { std::filesystem::create_directories(path_); }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  static inline std::atomic<int> made_{0};
  std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                ("troupe-tls-test-" + std::to_string(::getpid()) + "-" + std::to_string(made_++));
};

/// For tests: what a certificate says.
struct TestCertificate {
  std::string name = "node";
  std::string hosts = "IP:127.0.0.1,DNS:localhost";  ///< Empty: no subject alternative name.
  std::string usage = "serverAuth,clientAuth";
  long begins_s = -60;  ///< From now.
  long ends_s = 400 * 86'400;
  int key_bits = 256;  ///< 256: on a curve; else RSA.
};

/// For tests: somebody who signs certificates.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "authority") : key_(new_key(256)) {
    certificate_ = make({.name = name, .hosts = "", .usage = ""}, key_.get(), nullptr);
  }

  /// Writes the three files, named after `stem`; those that are there are replaced.
  TlsOptions issue(const TestFolder& folder, const std::string& stem, const TestCertificate& wanted = {}) const {
    TlsOptions options{.certificate = folder.file(stem + ".pem"),
                       .key = folder.file(stem + ".key"),
                       .authority = folder.file(stem + ".authority.pem")};
    const KeyPtr key = new_key(wanted.key_bits);
    const X509Ptr certificate = make(wanted, key.get(), this);
    write(options.certificate, [&](FILE* file) { PEM_write_X509(file, certificate.get()); });
    write(options.key,
          [&](FILE* file) { PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    write(options.authority, [&](FILE* file) { PEM_write_X509(file, certificate_.get()); });
    return options;
  }

 private:
  static KeyPtr new_key(int bits) {
    return KeyPtr(bits == 256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(static_cast<unsigned>(bits)));
  }

  template <class Function>
  static void write(const std::string& path, Function&& function) {
    FILE* file = std::fopen((path + ".new").c_str(), "w");
    TROUPE_ASSERT(file != nullptr);
    function(file);
    std::fclose(file);
    std::filesystem::rename(path + ".new", path);
  }

  static void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    TROUPE_ASSERT(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  /// Signed by itself if there is no issuer.
  X509Ptr make(const TestCertificate& wanted, EVP_PKEY* key, const TestAuthority* issuer) const {
    static std::atomic<long> serial{1};
    X509Ptr certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wanted.begins_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wanted.ends_s);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wanted.name.c_str()), -1, -1, 0);
    X509* signer = issuer != nullptr ? issuer->certificate_.get() : certificate.get();
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
    if (issuer == nullptr) extend(certificate.get(), signer, NID_basic_constraints, "critical,CA:TRUE");
    if (!wanted.hosts.empty()) extend(certificate.get(), signer, NID_subject_alt_name, wanted.hosts);
    if (!wanted.usage.empty()) extend(certificate.get(), signer, NID_ext_key_usage, wanted.usage);
    const int signed_bytes = X509_sign(certificate.get(), issuer != nullptr ? issuer->key_.get() : key, EVP_sha256());
    TROUPE_ASSERT(signed_bytes > 0);
    return certificate;
  }

  KeyPtr key_;
  X509Ptr certificate_;
};

}  // namespace troupe::runtime::detail
