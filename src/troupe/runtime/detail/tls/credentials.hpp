#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include "troupe/runtime/detail/tls/openssl.hpp"
#include "troupe/runtime/tls_options.hpp"

namespace troupe::runtime::detail {

/// What a node shows and whom it believes: its certificate, its key, and the authority's certificates, as they were in
/// the files at one moment. Never changes; any thread.
class TlsCredentials {
 public:
  /// Reads the files and tries whether peers with the same authority would accept the certificate.
  static std::expected<std::shared_ptr<const TlsCredentials>, TlsMistake> load(const TlsOptions& options);

  /// For SSL_new, which takes a share of it.
  SSL_CTX* context() const { return context_.get(); }
  /// "CN = a", for logs.
  const std::string& subject() const { return subject_; }
  /// When the first certificate between this node's and the authority's, both included, expires.
  std::chrono::system_clock::time_point expires() const { return expires_; }

 private:
  TlsCredentials(SslContextPtr context, std::string subject, std::chrono::system_clock::time_point expires)
      : context_(std::move(context)), subject_(std::move(subject)), expires_(expires) {}

  SslContextPtr context_;
  std::string subject_;
  std::chrono::system_clock::time_point expires_;
};

}  // namespace troupe::runtime::detail
