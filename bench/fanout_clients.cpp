#include "bench/fanout_clients.hpp"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <charconv>
#include <deque>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::bench {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

/// One WebSocket that has joined a topic.
class Client {
 public:
  using OnText = std::function<void(std::string_view)>;

  /// Connects and joins; nothing comes to a client before it has joined.
  Client(asio::io_context& context, const tcp::endpoint& server, const std::string& topic) : stream_(context) {
    stream_.next_layer().connect(server);
    stream_.next_layer().set_option(tcp::no_delay(true));
    stream_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(beast::http::field::sec_websocket_protocol, "troupe.v1.json");
    }));
    stream_.handshake("localhost", "/api/v1/socket");
    stream_.write(asio::buffer(fmt::format(R"({{"op":"join","id":1,"topic":"{}"}})", topic)));
    while (stream_.read(buffer_), !text().starts_with(R"({"op":"joined")")) {
      if (text().starts_with(R"({"op":"error")")) throw std::runtime_error(std::string(text()));
      buffer_.clear();
    }
    buffer_.clear();
  }

  void read(OnText on_text) {
    on_text_ = std::move(on_text);
    read_next();
  }

  void write(std::string message) {
    waiting_.push_back(std::move(message));
    if (waiting_.size() == 1) write_next();
  }

 private:
  std::string_view text() const { return {static_cast<const char*>(buffer_.data().data()), buffer_.size()}; }

  void read_next() {
    stream_.async_read(buffer_, [this](error_code error, std::size_t) {
      if (error) throw boost::system::system_error(error, "a client's WebSocket");
      on_text_(text());
      buffer_.clear();
      read_next();
    });
  }

  void write_next() {
    stream_.async_write(asio::buffer(waiting_.front()), [this](error_code error, std::size_t) {
      if (error) throw boost::system::system_error(error, "the sender's WebSocket");
      waiting_.pop_front();
      if (!waiting_.empty()) write_next();
    });
  }

  websocket::stream<tcp::socket> stream_;
  beast::flat_buffer buffer_;
  OnText on_text_;
  std::deque<std::string> waiting_;
};

tcp::endpoint endpoint_of(asio::io_context& context, const std::string& address) {
  const std::size_t colon = address.rfind(':');
  return tcp::resolver(context).resolve(address.substr(0, colon), address.substr(colon + 1))->endpoint();
}

class Fanout {
 public:
  Fanout(const std::string& address, const FanoutCase& of) : of_(of), deadline_(context_), padding_(of.size, 'x') {
    const tcp::endpoint server = endpoint_of(context_, address);
    for (std::uint32_t i = 0; i <= of.receivers; ++i)
      clients_.push_back(std::make_unique<Client>(context_, server, of.topic));
  }

  FanoutResult run() {
    began_ = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      clients_[i]->read([this, i](std::string_view text) { take(text, i == 0); });
    }
    for (std::uint32_t i = 0; i < of_.outstanding; ++i) send();
    deadline_.expires_after(of_.time + std::chrono::seconds(20));
    deadline_.async_wait([](error_code error) {
      if (!error) throw std::runtime_error("some events did not come to all clients in time");
    });
    context_.run();
    return result_;
  }

 private:
  void send() {
    ++sent_;
    const std::int64_t at = nanoseconds_since(began_);
    clients_[0]->write(fmt::format(R"({{"op":"send","id":{},"topic":"{}","key":"{}","data":{{"at":{},"pad":"{}"}}}})",
                                   sent_, of_.topic, sent_, at, padding_));
  }

  void take(std::string_view text, bool is_own) {
    if (text.starts_with(R"({"op":"error")")) throw std::runtime_error(std::string(text));
    if (!text.starts_with(R"({"op":"event")")) return;
    constexpr std::string_view kAt = R"("at":)";
    const std::size_t place = text.find(kAt);
    if (place == std::string_view::npos) throw std::runtime_error("an event without its time: " + std::string(text));
    std::int64_t at = 0;
    std::from_chars(text.data() + place + kAt.size(), text.data() + text.size(), at);
    const std::int64_t now = nanoseconds_since(began_);
    (is_own ? result_.own : result_.others).add(now - at);
    ++delivered_;
    if (is_own && now < of_.time.count()) send();
    if (delivered_ == sent_ * clients_.size()) {
      result_.events = {sent_, Duration(now)};
      result_.deliveries = {delivered_, Duration(now)};
      context_.stop();
    }
  }

  const FanoutCase& of_;
  asio::io_context context_{1};
  asio::steady_timer deadline_;
  std::string padding_;
  std::vector<std::unique_ptr<Client>> clients_;
  SteadyTime began_;
  std::uint64_t sent_ = 0;
  std::uint64_t delivered_ = 0;
  FanoutResult result_;
};

}  // namespace

FanoutResult fan_out(const std::string& address, const FanoutCase& of) { return Fanout(address, of).run(); }

}  // namespace troupe::bench
