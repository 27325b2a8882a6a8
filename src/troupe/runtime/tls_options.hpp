#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

#include "troupe/base/time.hpp"

namespace troupe::runtime {

/// TLS on all connections to other nodes, in which both sides show a certificate of the same authority. Off while
/// `certificate`, `key` and `authority` are empty; a node needs all three or none. The files are PEM.
struct TlsOptions {
  std::string certificate;  ///< This node's, then those between it and the authority's, if there are any.
  std::string key;          ///< Of the certificate, without a passphrase.
  std::string authority;    ///< Certificates of those whose signature counts; several while one replaces another.
  std::string address;      ///< Where others reach this node, host:port: the certificate has to name the host. Empty:
                            ///< not looked at.
  Duration check_interval = 2s;    ///< How often the files are looked at; what has changed is taken at the next look.
  Duration expiry_warning = 336h;  ///< How long before the certificate expires the log begins to warn.

  bool is_on() const { return !certificate.empty(); }
};

/// What is wrong with one of the files.
struct TlsMistake {
  enum class File : std::uint8_t { kCertificate, kKey, kAuthority };
  File file = File::kCertificate;
  std::string text;    ///< With the file's name.
  std::string remedy;  ///< What to do about it.
};

/// What the files say.
struct TlsFiles {
  std::string subject;                            ///< Of the certificate: "CN = a".
  std::chrono::system_clock::time_point expires;  ///< The first certificate between it and the authority's.
};

/// Reads the files as a node would, and says what is wrong with them first.
std::expected<TlsFiles, TlsMistake> read_tls_files(const TlsOptions& options);

}  // namespace troupe::runtime
