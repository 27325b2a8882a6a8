#include "troupe/runtime/detail/tls/session.hpp"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

// OpenSSL reads and writes through a BIO of ours, which never blocks and never fails: reading takes from the bytes that
// came, writing appends to a block that becomes a piece of the socket's queue. So ciphertext is not copied on its way
// from the socket, and once on its way there.

namespace troupe::runtime::detail {

namespace {

constexpr std::size_t kRecordBytes = 16U << 10U;  // The largest that TLS allows.
constexpr std::size_t kBatchBytes = 4 * kRecordBytes;
constexpr std::size_t kRecordOverhead = 64;   // More than any cipher of TLS 1.3 adds.
constexpr std::size_t kBlockBytesMin = 2048;  // For what the protocol itself says.
constexpr std::size_t kHeadBytes = 2;         // Of a record: its type, and the version's first byte.
constexpr std::byte kAlert{21};
constexpr std::byte kHandshake{22};
constexpr std::byte kVersion{3};
constexpr std::array kNoTlsAlert{
    kAlert, kVersion, kVersion, std::byte{0}, std::byte{2}, std::byte{2}, std::byte{SSL_AD_PROTOCOL_VERSION}};

constexpr std::string_view kTlsHereOnly =
    "the peer does not speak TLS, which this node demands: is TLS on only one side? (cluster.tls_certificate)";

/// What the peer means by an alert, where its name is no help.
std::string_view hint_of(int alert) {
  switch (alert) {
    case SSL_AD_UNKNOWN_CA: return "this node's certificate is not signed by the peer's authority";
    case SSL_AD_BAD_CERTIFICATE: return "this node's certificate does not name the host at which it was dialed";
    case SSL_AD_CERTIFICATE_EXPIRED: return "this node's certificate has expired, or one of the two clocks is wrong";
    case SSL_AD_CERTIFICATE_REQUIRED: return "this node has shown no certificate";
    case SSL_AD_PROTOCOL_VERSION: return "the peer has no TLS, or not 1.3";
    default: return "the peer's log says why";
  }
}

std::string_view hint_of_verification(long result) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return "renew it, or set the clocks right";
    case X509_V_ERR_INVALID_PURPOSE: return "give it extendedKeyUsage = serverAuth, clientAuth";
    default: return "it has to be signed by the authority of this node (cluster.tls_authority)";
  }
}

}  // namespace

bool looks_like_tls(std::span<const std::byte> first_bytes) {
  return first_bytes.size() > kHeadBytes && (first_bytes[0] == kHandshake || first_bytes[0] == kAlert) &&
         first_bytes[1] == kVersion && first_bytes[2] >= std::byte{1} && first_bytes[2] <= std::byte{4};
}

TlsSession::TlsSession(const TlsCredentials& credentials, TlsSessionOptions options)
    : options_(std::move(options)), ssl_(SSL_new(credentials.context())) {
  BIO* bio = BIO_new(method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  if (options_.role == TlsSessionOptions::Role::kAcceptor) {
    SSL_set_accept_state(ssl_.get());
    return;
  }
  SSL_set_connect_state(ssl_.get());
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl_.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, options_.host.c_str()) != 1) {
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl_.get(), options_.host.c_str());
  }
  ERR_clear_error();
}

// The way of the bytes through OpenSSL.

const BIO_METHOD* TlsSession::method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "troupe");
    BIO_meth_set_read(method, &TlsSession::read_input);
    BIO_meth_set_write(method, &TlsSession::write_output);
    BIO_meth_set_ctrl(method, &TlsSession::control);
    return method;
  }();
  return made;
}

int TlsSession::read_input(BIO* bio, char* to, int size) {
  auto& self = *static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t taken = std::min(self.input_.size(), static_cast<std::size_t>(size));
  if (taken == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(to, self.input_.data(), taken);
  self.input_ = self.input_.subspan(taken);
  return static_cast<int>(taken);
}

int TlsSession::write_output(BIO* bio, const char* from, int size) {
  auto& self = *static_cast<TlsSession*>(BIO_get_data(bio));
  self.append_output(std::as_bytes(std::span(from, static_cast<std::size_t>(size))));
  return size;
}

long TlsSession::control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

void TlsSession::append_output(std::span<const std::byte> bytes) {
  if (block_size_ - block_used_ < bytes.size()) {
    flush_block();
    block_size_ = std::max({bytes.size(), block_size_next_, kBlockBytesMin});
    block_ = std::make_shared_for_overwrite<std::byte[]>(block_size_);
  }
  std::memcpy(block_.get() + block_used_, bytes.data(), bytes.size());
  block_used_ += bytes.size();
  output_bytes_ += bytes.size();
}

void TlsSession::flush_block() {
  if (block_used_ > 0) output_.push_back(Bytes::adopt(std::move(block_), block_used_));
  block_.reset();
  block_size_ = 0;
  block_used_ = 0;
}

// In.

void TlsSession::feed(std::span<const std::byte> sealed) {
  if (ended_ || !failure_.empty()) return;
  if (input_.empty()) {
    kept_.clear();
    input_ = sealed;
    return;
  }
  keep_input();
  kept_.insert(kept_.end(), sealed.begin(), sealed.end());
  input_ = kept_;
}

void TlsSession::keep_input() {
  std::vector<std::byte> rest(input_.begin(), input_.end());
  kept_ = std::move(rest);
  input_ = kept_;
}

std::size_t TlsSession::open(std::span<std::byte> room) {
  if (!shake_hands()) return 0;
  std::size_t opened = 0;
  while (opened < room.size() && !ended_) {
    ERR_clear_error();
    std::size_t size = 0;
    const int outcome = SSL_read_ex(ssl_.get(), room.data() + opened, room.size() - opened, &size);
    opened += size;
    if (outcome == 1) continue;
    const int error = SSL_get_error(ssl_.get(), outcome);
    if (error == SSL_ERROR_ZERO_RETURN) {
      ended_ = true;
    } else if (error != SSL_ERROR_WANT_READ) {
      fail(error);
    }
    break;
  }
  return opened;
}

/// True once the session is established.
bool TlsSession::shake_hands() {
  if (!failure_.empty()) return false;
  if (established_) return true;
  if (is_plain()) {
    failure_ = kTlsHereOnly;
    append_output(kNoTlsAlert);
    return false;
  }
  ERR_clear_error();
  const int outcome = SSL_do_handshake(ssl_.get());
  if (outcome == 1) return established_ = true;
  const int error = SSL_get_error(ssl_.get(), outcome);
  if (error != SSL_ERROR_WANT_READ) fail(error);
  return false;
}

/// Whether the first bytes are those of something else, about which OpenSSL would say little.
bool TlsSession::is_plain() {
  for (const std::byte each : input_.first(std::min(input_.size(), kHeadBytes - head_seen_))) {
    const bool fits = head_seen_ == 0 ? each == kHandshake || each == kAlert : each == kVersion;
    if (!fits) return true;
    ++head_seen_;
  }
  return false;
}

void TlsSession::fail(int ssl_error) { failure_ = describe_failure(ssl_error); }

std::string TlsSession::describe_failure(int ssl_error) const {
  const int reason = ERR_GET_REASON(ERR_peek_error());
  const std::string text = take_openssl_error();
  const long verified = SSL_get_verify_result(ssl_.get());
  if (ssl_error != SSL_ERROR_SSL) return "TLS failed: the connection was cut";
  if (reason >= SSL_AD_REASON_OFFSET) {
    const int alert = reason - SSL_AD_REASON_OFFSET;
    return fmt::format("the peer refused TLS ({}): {}", SSL_alert_desc_string_long(alert), hint_of(alert));
  }
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return "the peer shows no certificate";
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return fmt::format("the peer's certificate does not name {}, where it was dialed: give it that subjectAltName",
                       options_.host);
  }
  if (verified != X509_V_OK) {
    return fmt::format("the peer's certificate is refused ({}): {}", X509_verify_cert_error_string(verified),
                       hint_of_verification(verified));
  }
  return fmt::format("TLS failed: {}", text);
}

bool TlsSession::peer_names(const std::string& host) const {
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate != nullptr && names_host(certificate, host);
}

// Out.

void TlsSession::write(std::vector<Bytes>& pieces) {
  for (Bytes& piece : pieces) {
    if (piece.empty()) continue;
    waiting_bytes_ += piece.size();
    plain_.push_back(std::move(piece));
  }
  pieces.clear();
}

std::size_t TlsSession::seal(std::deque<Bytes>& queue) {
  if (shake_hands()) seal_batch();
  flush_block();
  for (Bytes& piece : output_) queue.push_back(std::move(piece));
  output_.clear();
  return std::exchange(output_bytes_, 0);
}

void TlsSession::seal_batch() {
  std::size_t left = std::min(waiting_bytes_, kBatchBytes);
  block_size_next_ = left + (left / kRecordBytes + 2) * kRecordOverhead;
  std::array<std::byte, kRecordBytes> gathered;
  while (left > 0) {
    const std::span<const std::byte> record = next_record(left, gathered);
    ERR_clear_error();
    std::size_t written = 0;
    const int outcome = SSL_write_ex(ssl_.get(), record.data(), record.size(), &written);
    if (outcome != 1) return fail(SSL_get_error(ssl_.get(), outcome));
    consume(record.size());
    left -= record.size();
    count_record();
  }
  block_size_next_ = 0;
  if (closing_ && waiting_bytes_ == 0 && !std::exchange(close_sent_, true)) SSL_shutdown(ssl_.get());
}

/// The next record's content: part of a large piece where it is, small pieces gathered.
std::span<const std::byte> TlsSession::next_record(std::size_t size_max, std::span<std::byte> gathered) {
  size_max = std::min(size_max, kRecordBytes);
  const std::span<const std::byte> front = plain_.front().span().subspan(front_used_);
  if (front.size() >= size_max) return front.first(size_max);
  std::size_t size = 0;
  std::size_t skipped = front_used_;
  for (auto piece = plain_.begin(); size < size_max; ++piece) {
    const std::span<const std::byte> rest = piece->span().subspan(std::exchange(skipped, 0));
    const std::size_t part = std::min(rest.size(), size_max - size);
    std::memcpy(gathered.data() + size, rest.data(), part);
    size += part;
  }
  return gathered.first(size);
}

void TlsSession::consume(std::size_t size) {
  waiting_bytes_ -= size;
  front_used_ += size;
  while (!plain_.empty() && front_used_ >= plain_.front().size()) {
    front_used_ -= plain_.front().size();
    plain_.pop_front();
  }
}

void TlsSession::count_record() {
  if (++records_ < options_.records_per_key) return;
  records_ = 0;
  SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
}

}  // namespace troupe::runtime::detail
