#include "troupe/gateway/http_get.hpp"

#include <sys/un.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <utility>

namespace troupe::gateway {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

/// Runs one asynchronous step to its end: Beast's deadlines hold only for those.
template <class Start>
beast::error_code run_step(asio::io_context& context, Start start) {
  beast::error_code outcome;
  start([&outcome](beast::error_code error, const auto&...) { outcome = error; });
  context.restart();
  context.run();
  return outcome;
}

Error to_error(const beast::error_code& error) {
  return {error == beast::error::timeout ? ErrorCode::kTimeout : ErrorCode::kUnreachable, error.message()};
}

/// One question and its answer on a stream that `connect` begins to connect.
template <class Stream, class Connect>
Result<std::string> ask(asio::io_context& context, Stream& stream, Connect connect,
                        const http::request<http::string_body>& request, Duration within) {
  stream.expires_after(within);
  beast::error_code error = run_step(context, std::move(connect));
  if (!error) error = run_step(context, [&](auto done) { http::async_write(stream, request, std::move(done)); });
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  if (!error)
    error = run_step(context, [&](auto done) { http::async_read(stream, buffer, response, std::move(done)); });
  if (error) return std::unexpected(to_error(error));
  if (response.result() != http::status::ok) {
    return fail(ErrorCode::kRefused, std::to_string(response.result_int()) + " " + response.body());
  }
  return std::move(response.body());
}

Result<std::string> ask(const HttpServer& server, http::request<http::string_body> request, Duration within) {
  request.set(http::field::host, server.socket.empty() ? server.address : "local");
  if (!server.token.empty()) request.set(http::field::authorization, "Bearer " + server.token);
  asio::io_context context;
  if (!server.socket.empty()) {
    using Local = asio::local::stream_protocol;
    if (server.socket.size() >= sizeof(sockaddr_un::sun_path))
      return fail(ErrorCode::kInvalidArgument, "this path is too long for a socket");
    beast::basic_stream<Local> stream(context);
    const auto connect = [&](auto done) { stream.async_connect(Local::endpoint(server.socket), std::move(done)); };
    return ask(context, stream, connect, request, within);
  }
  const auto colon = server.address.rfind(':');
  beast::error_code error;
  const auto endpoints = asio::ip::tcp::resolver(context).resolve(server.address.substr(0, colon),
                                                                  server.address.substr(colon + 1), error);
  if (error) return std::unexpected(to_error(error));
  beast::tcp_stream stream(context);
  const auto connect = [&](auto done) { stream.async_connect(endpoints, std::move(done)); };
  return ask(context, stream, connect, request, within);
}

}  // namespace

Result<std::string> http_get(const HttpServer& server, const std::string& target, Duration within) {
  return ask(server, {http::verb::get, target, 11}, within);
}

Result<std::string> http_post(const HttpServer& server, const std::string& target, const std::string& json,
                              Duration within) {
  http::request<http::string_body> request{http::verb::post, target, 11, json};
  request.set(http::field::content_type, "application/json");
  request.prepare_payload();
  return ask(server, std::move(request), within);
}

}  // namespace troupe::gateway
