#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <chrono>
#include <memory>
#include <string>

namespace troupe::runtime::detail {

template <auto Free>
struct FreeBy {
  void operator()(auto* object) const { Free(object); }
};
using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, FreeBy<X509_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, FreeBy<X509_STORE_CTX_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;

/// The first of the errors that OpenSSL has noted on this thread, in its words: "no start line". Forgets them all.
std::string take_openssl_error();

/// Whether the certificate names this host (a DNS name or an IP address) among its subject alternative names. Its
/// common name does not count.
bool names_host(X509* certificate, const std::string& host);

/// "CN = a, O = Example", for logs.
std::string subject_of(X509* certificate);

std::chrono::system_clock::time_point end_of(const X509* certificate);

/// "2026-11-21 15:00:00 UTC"
std::string date_text(std::chrono::system_clock::time_point time);

}  // namespace troupe::runtime::detail
