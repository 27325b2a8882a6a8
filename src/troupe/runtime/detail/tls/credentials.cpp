#include "troupe/runtime/detail/tls/credentials.hpp"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "troupe/runtime/host_port.hpp"

namespace troupe::runtime::detail {

namespace {

using File = TlsMistake::File;
template <class T>
using Loaded = std::expected<T, TlsMistake>;

constexpr std::size_t kFileBytesMax = 1U << 20U;
constexpr const char* kCiphers = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr std::string_view kSteps = "docs/operations.md has the steps";

std::unexpected<TlsMistake> mistake(File file, std::string text, std::string remedy) {
  return std::unexpected(TlsMistake{file, std::move(text), std::move(remedy)});
}

Loaded<std::string> read(File file, const std::string& path) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::string content(kFileBytesMax + 1, '\0');
  stream.read(content.data(), std::ssize(content));
  if (!stream.is_open() || stream.bad()) {
    const std::string why = errno == 0 ? "it is not a file" : std::generic_category().message(errno);
    return mistake(file, fmt::format("\"{}\" cannot be read: {}", path, why),
                   fmt::format("give the path of a PEM file that this user may read; {}", kSteps));
  }
  content.resize(static_cast<std::size_t>(stream.gcount()));
  if (content.size() > kFileBytesMax) {
    return mistake(file, fmt::format("\"{}\" is larger than 1 MiB", path), "give a PEM file");
  }
  return content;
}

BioPtr memory_of(const std::string& content) {
  return BioPtr(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
}

/// Instead of OpenSSL's own, which would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

/// All certificates of a file, of which there is at least one.
Loaded<std::vector<X509Ptr>> read_certificates(File file, const std::string& path) {
  const Loaded<std::string> content = read(file, path);
  if (!content) return std::unexpected(content.error());
  const BioPtr source = memory_of(*content);
  std::vector<X509Ptr> certificates;
  while (X509Ptr next{PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr)}) {
    certificates.push_back(std::move(next));
  }
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string why = take_openssl_error();
  if (!is_end) {
    return mistake(file, fmt::format("certificate {} of \"{}\" cannot be read: {}", certificates.size() + 1, path, why),
                   "copy the file again: it may have been cut off");
  }
  if (certificates.empty()) {
    return mistake(file, fmt::format("there is no certificate in \"{}\"", path),
                   "give a PEM file with a part -----BEGIN CERTIFICATE-----");
  }
  return certificates;
}

Loaded<KeyPtr> read_key(const std::string& path) {
  const Loaded<std::string> content = read(File::kKey, path);
  if (!content) return std::unexpected(content.error());
  KeyPtr key(PEM_read_bio_PrivateKey(memory_of(*content).get(), nullptr, no_passphrase, nullptr));
  if (key) return key;
  const std::string why = take_openssl_error();
  if (content->find("ENCRYPTED") != std::string::npos) {
    return mistake(File::kKey, fmt::format("the key in \"{}\" needs a passphrase, for which a node cannot ask", path),
                   "take the passphrase off: `openssl pkey -in KEY -out NEW`, and keep the file from other users");
  }
  return mistake(File::kKey, fmt::format("there is no private key in \"{}\": {}", path, why),
                 "give a PEM file with a part -----BEGIN PRIVATE KEY-----");
}

StorePtr store_of(const std::vector<X509Ptr>& authorities) {
  StorePtr store(X509_STORE_new());
  for (const X509Ptr& each : authorities) X509_STORE_add_cert(store.get(), each.get());
  // Whom the operator names is believed, whoever signed it.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

/// In which the certificates are not shared: they still belong to the vector.
using StackPtr = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>;

StackPtr stack_of(const std::vector<X509Ptr>& certificates) {
  StackPtr stack(sk_X509_new_null());
  for (std::size_t i = 1; i < certificates.size(); ++i) sk_X509_push(stack.get(), certificates[i].get());
  return stack;
}

TlsMistake verification_mistake(const TlsOptions& options, const X509_STORE_CTX* verification) {
  const int error = X509_STORE_CTX_get_error(verification);
  X509* at = X509_STORE_CTX_get_current_cert(verification);
  const std::string subject = at != nullptr ? subject_of(at) : std::string();
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {File::kCertificate,
              fmt::format("the certificate of {} in \"{}\", or on the way to its authority, expired at {}", subject,
                          options.certificate, date_text(end_of(at))),
              fmt::format("renew it; {}", kSteps)};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return {File::kCertificate,
              fmt::format("the certificate of {} in \"{}\" is not signed by the authority in \"{}\"", subject,
                          options.certificate, options.authority),
              "let that authority sign it, or put the certificates between the two behind it into its file"};
    case X509_V_ERR_INVALID_PURPOSE:
      return {File::kCertificate,
              fmt::format("the certificate of {} in \"{}\" may not be used for both ends of a connection", subject,
                          options.certificate),
              "a node dials and is dialed: give it extendedKeyUsage = serverAuth, clientAuth"};
    default:
      return {File::kCertificate,
              fmt::format("the certificate of {} in \"{}\" would be refused: {}", subject, options.certificate,
                          X509_verify_cert_error_string(error)),
              fmt::format("make a new one; {}", kSteps)};
  }
}

/// Verifies the certificate as a peer will, which it meets once as a server and once as a client. Returns when the
/// first certificate of its chain expires.
Loaded<std::chrono::system_clock::time_point> verify(const TlsOptions& options, X509_STORE* store,
                                                     const std::vector<X509Ptr>& certificates) {
  auto expires = std::chrono::system_clock::time_point::max();
  const StackPtr between = stack_of(certificates);
  for (const int purpose : {X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT}) {
    const StoreContextPtr verification(X509_STORE_CTX_new());
    X509_STORE_CTX_init(verification.get(), store, certificates[0].get(), between.get());
    X509_STORE_CTX_set_purpose(verification.get(), purpose);
    const bool verified = X509_verify_cert(verification.get()) == 1;
    ERR_clear_error();
    if (!verified) return std::unexpected(verification_mistake(options, verification.get()));
    const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(verification.get());
    for (int i = 0; i < sk_X509_num(chain); ++i) expires = std::min(expires, end_of(sk_X509_value(chain, i)));
  }
  return expires;
}

Loaded<void> check_host(const TlsOptions& options, X509* certificate) {
  const auto address = parse_host_port(options.address);
  if (!address || address->host.empty() || names_host(certificate, address->host)) return {};
  return mistake(File::kCertificate,
                 fmt::format("the certificate of {} in \"{}\" does not name {}, where other nodes reach this one",
                             subject_of(certificate), options.certificate, address->host),
                 fmt::format("give it the subjectAltName IP:{0} or DNS:{0}; {1}", address->host, kSteps));
}

SslContextPtr new_context() {
  SslContextPtr context(SSL_CTX_new(TLS_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context.get(), kCiphers);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // A connection lives for long and shows its certificates anew, so there is nothing to resume.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);  // An idle connection holds no buffer.
  return context;
}

}  // namespace

std::expected<std::shared_ptr<const TlsCredentials>, TlsMistake> TlsCredentials::load(const TlsOptions& options) {
  ERR_clear_error();
  const auto certificates = read_certificates(File::kCertificate, options.certificate);
  if (!certificates) return std::unexpected(certificates.error());
  const auto key = read_key(options.key);
  if (!key) return std::unexpected(key.error());
  const auto authorities = read_certificates(File::kAuthority, options.authority);
  if (!authorities) return std::unexpected(authorities.error());
  X509* own = certificates->front().get();
  if (X509_check_private_key(own, key->get()) != 1) {
    ERR_clear_error();
    return mistake(
        File::kKey,
        fmt::format("the key in \"{}\" is not that of the certificate in \"{}\"", options.key, options.certificate),
        "give the two files that were made together");
  }
  const StorePtr store = store_of(*authorities);
  const auto expires = verify(options, store.get(), *certificates);
  if (!expires) return std::unexpected(expires.error());
  if (const auto named = check_host(options, own); !named) return std::unexpected(named.error());
  SslContextPtr context = new_context();
  SSL_CTX_set1_cert_store(context.get(), store.get());
  if (SSL_CTX_use_cert_and_key(context.get(), own, key->get(), stack_of(*certificates).get(), 1) != 1) {
    return mistake(
        File::kCertificate,
        fmt::format("the certificate in \"{}\" cannot be used: {}", options.certificate, take_openssl_error()),
        "make one with a stronger key, such as prime256v1");
  }
  return std::shared_ptr<const TlsCredentials>(new TlsCredentials(std::move(context), subject_of(own), *expires));
}

}  // namespace troupe::runtime::detail

namespace troupe::runtime {

std::expected<TlsFiles, TlsMistake> read_tls_files(const TlsOptions& options) {
  const auto loaded = detail::TlsCredentials::load(options);
  if (!loaded) return std::unexpected(loaded.error());
  return TlsFiles{(*loaded)->subject(), (*loaded)->expires()};
}

}  // namespace troupe::runtime
