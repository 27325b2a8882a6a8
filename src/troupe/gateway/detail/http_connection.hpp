#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "troupe/gateway/detail/client_channel.hpp"
#include "troupe/gateway/detail/client_stream.hpp"
#include "troupe/gateway/detail/http_message.hpp"
#include "troupe/gateway/detail/request_trace.hpp"

namespace troupe::gateway::detail {

/// A connection as long as it speaks HTTP/1.1: reads one request, has it answered, and only then reads the next, so a
/// client that pipelines waits in its own socket. An idle connection has no buffer.
class HttpConnection final : public ClientChannel::Owner, public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<ShardPart> part, std::shared_ptr<ClientChannel> channel);
  ~HttpConnection() override;

  void start();
  /// Answers 503, whatever the client has to say.
  void refuse();

  void on_flushed() override;
  void on_drain() override;
  void on_channel_closed() override;

 private:
  enum class State : std::uint8_t {
    kIdle,     ///< Waits for the first byte of a request.
    kReading,  ///< Has read some of it.
    kAsking,   ///< Somebody works on the answer.
    kWriting,  ///< The client has much to read before it may ask again.
  };
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void wait_for_request();
  void read_header();
  void on_header(const boost::system::error_code& error);
  void on_request(const boost::system::error_code& error);
  void on_failed_read(const boost::system::error_code& error);
  void on_deadline();
  void upgrade();
  /// Why this request for the socket is refused, if it is.
  std::optional<HttpAnswer> upgrade_refusal() const;
  std::optional<HttpAnswer> subprotocol_refusal() const;
  std::optional<std::string_view> field(boost::beast::http::field name) const;
  HttpRequest request() const;
  void send(const HttpAnswer& answer, bool keep_alive);
  void respond(HttpAnswer answer);
  void refuse_with(const HttpAnswer& answer, std::string_view reason);

  std::shared_ptr<ShardPart> part_;
  std::shared_ptr<ClientChannel> channel_;
  ClientStream stream_;
  State state_ = State::kIdle;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Deadline deadline_;
  RequestTrace trace_;
  std::uint64_t sent_before_ = 0;  ///< In kWriting: when the deadline was set.
};

}  // namespace troupe::gateway::detail
