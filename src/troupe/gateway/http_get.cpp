#include "troupe/gateway/http_get.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

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

}  // namespace

Result<std::string> http_get(const std::string& address, const std::string& target, Duration within) {
  const auto colon = address.rfind(':');
  asio::io_context context;
  beast::error_code error;
  const auto endpoints =
      asio::ip::tcp::resolver(context).resolve(address.substr(0, colon), address.substr(colon + 1), error);
  if (error) return std::unexpected(to_error(error));
  beast::tcp_stream stream(context);
  stream.expires_after(within);
  error = run_step(context, [&](auto done) { stream.async_connect(endpoints, std::move(done)); });
  http::request<http::empty_body> request{http::verb::get, target, 11};
  request.set(http::field::host, address);
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

}  // namespace troupe::gateway
