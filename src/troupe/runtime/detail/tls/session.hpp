#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/runtime/detail/tls/credentials.hpp"

namespace troupe::runtime::detail {

/// Whether these, the first bytes of a connection, begin a TLS record. A node's own frames never look like it: read as
/// one, they would be larger than a handshake may be.
bool looks_like_tls(std::span<const std::byte> first_bytes);

/// Why a connection without TLS is ended that `looks_like_tls`.
inline constexpr std::string_view kTlsOnPeerOnly =
    "the peer speaks TLS, and this node has none: is TLS on only one side? (cluster.tls_certificate)";

struct TlsSessionOptions {
  enum class Role : std::uint8_t { kDialer, kAcceptor };
  Role role = Role::kDialer;
  std::string host;  ///< Dialer: what the peer's certificate has to name.
  /// A key that has sealed so many records is replaced: AES-GCM is safe for some 2^24.
  std::uint64_t records_per_key = std::uint64_t{1} << 22U;
};

/// TLS of one connection, without a socket: sealed bytes in, plain bytes out, and the other way round. It sends nothing
/// of what it was given before the peer has shown a certificate that this node believes.
///
/// Input is what `feed` was given last and `open` has not opened yet; of output it holds what `seal` has not sealed
/// yet, which its owner bounds (`waiting_bytes`). A session may move to another thread.
class TlsSession {
 public:
  TlsSession(const TlsCredentials& credentials, TlsSessionOptions options);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// What came from the socket, which stays where it is until `open` returns 0 or `keep_input` is called.
  void feed(std::span<const std::byte> sealed);
  /// Opens as much as there is room for; 0: there is no more, or the session has ended or failed.
  std::size_t open(std::span<std::byte> room);
  /// Makes what was fed and is not opened yet the session's own.
  void keep_input();

  /// Takes the pieces (leaves the vector empty) to be sealed.
  void write(std::vector<Bytes>& pieces);
  /// After what was written, the peer is told that no more comes.
  void close() { closing_ = true; }
  /// Appends what is to be sent now, sealed: a batch of what was written, and what the protocol itself has to say.
  /// Returns its size.
  std::size_t seal(std::deque<Bytes>& queue);
  /// Written and not sealed yet, or sealed and not taken.
  std::size_t waiting_bytes() const { return waiting_bytes_ + output_bytes_; }
  /// Nothing more will be sealed.
  bool is_finished() const { return close_sent_ || !failure_.empty(); }

  bool is_established() const { return established_; }
  /// The peer has said that no more comes.
  bool has_ended() const { return ended_; }
  /// Why the session is of no use any more, for the log; empty if it is. What `seal` still gives tells the peer.
  const std::string& failure() const { return failure_; }
  /// Whether the peer's certificate names this host. Once it is established.
  bool peer_names(const std::string& host) const;

 private:
  static int read_input(BIO* bio, char* to, int size);
  static int write_output(BIO* bio, const char* from, int size);
  static long control(BIO* bio, int command, long number, void* pointer);
  static const BIO_METHOD* method();

  bool shake_hands();
  bool is_plain();
  void seal_batch();
  std::span<const std::byte> next_record(std::size_t size_max, std::span<std::byte> gathered);
  void consume(std::size_t size);
  void count_record();
  void append_output(std::span<const std::byte> bytes);
  void flush_block();
  void fail(int ssl_error);
  std::string describe_failure(int ssl_error) const;

  TlsSessionOptions options_;
  SslPtr ssl_;

  std::span<const std::byte> input_;  ///< Of `feed`, or of `kept_`.
  std::vector<std::byte> kept_;
  std::size_t head_seen_ = 0;  ///< How many of the first bytes are known to be of TLS.

  std::deque<Bytes> plain_;
  std::size_t front_used_ = 0;  ///< Of the first piece in `plain_`.
  std::size_t waiting_bytes_ = 0;
  std::uint64_t records_ = 0;  ///< Sealed with the present key.

  std::deque<Bytes> output_;
  std::size_t output_bytes_ = 0;
  std::shared_ptr<std::byte[]> block_;  ///< The last of the output, not full yet.
  std::size_t block_size_ = 0;
  std::size_t block_used_ = 0;
  std::size_t block_size_next_ = 0;

  bool established_ = false;
  bool ended_ = false;
  bool closing_ = false;
  bool close_sent_ = false;
  std::string failure_;
};

}  // namespace troupe::runtime::detail
