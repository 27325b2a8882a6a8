#include "troupe/gateway/detail/http_connection.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <utility>

#include "troupe/gateway/detail/admin/admin_routes.hpp"
#include "troupe/gateway/detail/routes.hpp"
#include "troupe/gateway/detail/web_socket.hpp"

namespace troupe::gateway::detail {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t kPipelineBytes = 64U << 10U;  // Answers that may wait while the next request is read already.

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<ShardPart> part, std::shared_ptr<ClientChannel> channel)
    : part_(std::move(part)), channel_(std::move(channel)), stream_(channel_), deadline_(part_->io) {
  part_->metrics.http_connections.add(1);
}

HttpConnection::~HttpConnection() { part_->metrics.http_connections.add(-1); }

void HttpConnection::start() {
  channel_->set_owner(shared_from_this());
  deadline_.bind(weak_from_this(), [this] { on_deadline(); });
  wait_for_request();
}

void HttpConnection::refuse() {
  channel_->set_owner(shared_from_this());
  refuse_with(json(session::rest_error(session::ProtocolError::kUnavailable,
                                       "this node has all the connections that it takes; try another node")),
              "connections_max");
}

void HttpConnection::wait_for_request() {
  if (buffer_.size() != 0) return read_header();  // Pipelined.
  buffer_.shrink_to_fit();
  parser_.reset();
  state_ = State::kIdle;
  deadline_.set(part_->options.idle_timeout);
  channel_->socket().async_wait(Socket::wait_read, [self = shared_from_this()](const error_code&) {
    if (self->channel_->is_open()) self->read_header();
  });
}

void HttpConnection::read_header() {
  state_ = State::kReading;
  deadline_.set(part_->options.request_timeout);
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(part_->options.header_bytes_max));
  parser_->body_limit(part_->options.rest.message_bytes_max);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->part_->metrics.bytes_received.add(size);
                            if (self->channel_->is_open()) self->on_header(error);
                          });
}

void HttpConnection::on_header(const error_code& error) {
  if (error) return on_failed_read(error);
  if (request().path() == kSocketPath) return upgrade();
  if (beast::iequals(parser_->get()[http::field::expect], "100-continue"))
    channel_->send("HTTP/1.1 100 Continue\r\n\r\n", nullptr);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](const error_code& read_error, std::size_t size) {
                     self->part_->metrics.bytes_received.add(size);
                     if (self->channel_->is_open()) self->on_request(read_error);
                   });
}

void HttpConnection::on_request(const error_code& error) {
  if (error) return on_failed_read(error);
  state_ = State::kAsking;
  deadline_.clear();
  part_->set_time();
  const HttpRequest asked = request();
  trace_.begin(*part_, asked);
  const TraceScope scope(part_->shard.trace(), trace_.context());
  answer_request(part_, asked, [self = shared_from_this()](HttpAnswer answer) { self->respond(std::move(answer)); });
}

void HttpConnection::on_failed_read(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return refuse_with(
        json_error(431, "the header is larger than " + std::to_string(part_->options.header_bytes_max) + " bytes"),
        "header_too_large");
  }
  if (error == http::error::body_limit) {
    const std::string limit = std::to_string(part_->options.rest.message_bytes_max);
    return refuse_with(json(session::rest_error(session::ProtocolError::kTooLarge,
                                                "the body is larger than " + limit + " bytes; send less")),
                       "body_too_large");
  }
  if (error == http::error::end_of_stream) return channel_->finish();
  if (error == http::error::partial_message ||
      error.category() != make_error_code(http::error::bad_method).category()) {
    return channel_->cut();  // It went in the middle of a request.
  }
  refuse_with(json_error(400, "this is not HTTP/1.1: " + error.message()), "malformed");
}

void HttpConnection::on_deadline() {
  switch (state_) {
    case State::kIdle: return channel_->finish();
    case State::kReading: return refuse_with(json_error(408, "the request did not come in time"), "timeout");
    case State::kAsking: return;
    case State::kWriting:
      if (channel_->sent_bytes() == sent_before_) return channel_->cut();
      sent_before_ = channel_->sent_bytes();
      return deadline_.set(part_->options.idle_timeout);
  }
}

void HttpConnection::upgrade() {
  if (const auto refusal = upgrade_refusal()) return refuse_with(*refusal, "upgrade");
  deadline_.clear();
  if (buffer_.size() != 0) channel_->unread(beast::buffers_to_string(buffer_.data()));
  begin_web_socket(part_, channel_, parser_->release());
}

std::optional<HttpAnswer> HttpConnection::upgrade_refusal() const {
  const HttpRequest asked = request();
  if (asked.method != "GET") {
    HttpAnswer answer = json_error(405, "the socket answers GET only");
    answer.headers.emplace_back("Allow", "GET");
    return answer;
  }
  if (!beast::websocket::is_upgrade(parser_->get())) {
    HttpAnswer answer = json_error(426, "this is a WebSocket; see docs/protocol.md");
    answer.headers.emplace_back("Upgrade", "websocket");
    return answer;
  }
  if (!is_origin_allowed(part_->options, asked.origin))
    return json_error(403, "pages of this origin may not use this node");
  if (part_->draining) return json(session::rest_error(Error{ErrorCode::kStopping, ""}));
  return subprotocol_refusal();
}

std::optional<HttpAnswer> HttpConnection::subprotocol_refusal() const {
  const auto& message = parser_->get();
  if (message.count(http::field::sec_websocket_protocol) == 0 || offers_subprotocol(message)) return {};
  return json_error(400, "of subprotocols, this node speaks troupe.v1.json only");
}

std::optional<std::string_view> HttpConnection::field(http::field name) const {
  const auto& message = parser_->get();
  const auto found = message.find(name);
  if (found == message.end()) return {};
  return std::string_view(found->value().data(), found->value().size());
}

HttpRequest HttpConnection::request() const {
  const auto& message = parser_->get();
  const auto view = [](const beast::string_view& text) { return std::string_view(text.data(), text.size()); };
  HttpRequest request{
      .method = view(message.method_string()), .target = origin_form(view(message.target())), .body = message.body()};
  request.origin = field(http::field::origin);
  request.if_none_match = field(http::field::if_none_match);
  request.authorization = field(http::field::authorization);
  request.is_local = channel_->is_local();
  if (is_admin_path(request.path())) request.client = channel_->client();
  if (const auto key = message.find("Idempotency-Key"); key != message.end())
    request.idempotency_key = view(key->value());
  if (const auto key = message.find("Write-Key"); key != message.end()) request.write_key = view(key->value());
  // Where it stands twice, neither counts.
  if (message.count("traceparent") == 1) request.traceparent = view(message.find("traceparent")->value());
  return request;
}

void HttpConnection::send(const HttpAnswer& answer, bool keep_alive) {
  HttpFraming framing{.keep_alive = keep_alive};
  if (parser_ && parser_->is_header_done()) {
    framing.http_1_0 = parser_->get().version() < 11;
    framing.head_only = parser_->get().method() == http::verb::head;
  }
  part_->metrics.answered(answer.status);
  channel_->send(response_head(answer, framing, part_->date()), framing.head_only ? nullptr : answer.body);
  if (!keep_alive) channel_->finish();
}

void HttpConnection::respond(HttpAnswer answer) {
  trace_.end(*part_, answer);
  if (!channel_->is_open()) return;
  const bool keep_alive = parser_->get().keep_alive() && !part_->draining;
  send(answer, keep_alive);
  if (!keep_alive) return;
  if (channel_->waiting_bytes() <= kPipelineBytes) return wait_for_request();
  state_ = State::kWriting;
  sent_before_ = channel_->sent_bytes();
  deadline_.set(part_->options.idle_timeout);
}

/// What is left of the request is not read, so the connection ends.
void HttpConnection::refuse_with(const HttpAnswer& answer, std::string_view reason) {
  part_->metrics.refused(reason);
  deadline_.clear();
  send(answer, false);
}

void HttpConnection::on_flushed() {
  if (state_ == State::kWriting) wait_for_request();
}

void HttpConnection::on_drain() {
  if (state_ == State::kIdle) channel_->finish();
}

void HttpConnection::on_channel_closed() { deadline_.clear(); }

}  // namespace troupe::gateway::detail
