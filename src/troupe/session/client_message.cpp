#include "troupe/session/client_message.hpp"

#include <array>
#include <utility>

#include "troupe/actor/trace/traceparent.hpp"
#include "troupe/session/json/json_object.hpp"
#include "troupe/session/json/utf8.hpp"

namespace troupe::session {
namespace {

// One message while it is read. The first complaint decides the answer.
class Parser {
 public:
  Parser(JsonObject fields, std::size_t data_bytes_max) : fields_(std::move(fields)), data_bytes_max_(data_bytes_max) {}

  std::expected<ClientMessage, BadMessage> parse() {
    // The id first: the answer to a message that is wrong elsewhere can still carry it.
    if (fields_.has("id")) {
      const std::uint64_t id = fields_.integer("id");
      if (!fields_.complaint().empty()) return bad();
      id_ = id;
    }
    const std::string op = fields_.string("op");
    ClientMessage message = read(op);
    if (!too_large_.empty() && fields_.complaint().empty()) {
      return std::unexpected(BadMessage{id_, ProtocolError::kTooLarge, too_large_});
    }
    if (!fields_.complaint().empty()) return bad();
    return message;
  }

 private:
  ClientMessage read(std::string_view op) {
    if (op == "send") return SendRequest{head(), key(), limited("data", fields_.value("data"))};
    if (op == "signal") return SignalRequest{optional_id_head(), limited("data", fields_.value("data"))};
    if (op == "ping") return PingRequest{required_id()};
    if (op == "join") {
      JoinRequest join{head(), after(), {}, {}};
      if (fields_.has_value("present")) join.present = present();
      if (fields_.has_value("write_key")) join.write_key = fields_.string("write_key");
      return join;
    }
    if (op == "present") {
      PresentRequest request{head(), {}};
      if (fields_.has_value("present") || !fields_.has("present")) request.present = present();
      return request;
    }
    if (op == "leave") return LeaveRequest{head()};
    fields_.complain("the field \"op\" must be one of join, send, signal, present, leave and ping");
    return PingRequest{};
  }

  std::uint64_t required_id() {
    if (!id_) fields_.integer("id");  // Complains that it is missing.
    return id_.value_or(0);
  }

  RequestHead head() {
    required_id();
    return optional_id_head();
  }

  RequestHead optional_id_head() { return {id_, fields_.string("topic"), trace()}; }

  /// Of another form than is known here, it is ignored as an unknown field is.
  std::optional<TraceContext> trace() {
    if (!fields_.has_value("traceparent")) return {};
    return parse_traceparent(fields_.string("traceparent"));
  }

  std::string key() {
    std::string key = fields_.string("key");
    const std::string_view complaint = complaint_about_key(key);
    if (!complaint.empty()) fields_.complain("the field \"key\" must be " + std::string(complaint));
    return key;
  }

  std::optional<After> after() {
    if (!fields_.has_value("after")) return {};
    JsonObject inner = fields_.object("after");
    if (!fields_.complaint().empty()) return {};
    After after{inner.string("epoch"), inner.integer("seq")};
    if (!inner.complaint().empty()) fields_.complain("in \"after\", " + inner.complaint());
    return after;
  }

  Bytes present() { return limited("present", fields_.object_value("present")); }

  Bytes limited(std::string_view name, Bytes value) {
    if (value.size() <= data_bytes_max_) return value;
    too_large_ = "\"" + std::string(name) + "\" has " + std::to_string(value.size()) +
                 " bytes of compact JSON, at most " + std::to_string(data_bytes_max_) +
                 " are allowed; send less, or in several parts";
    return {};
  }

  std::unexpected<BadMessage> bad() {
    return std::unexpected(BadMessage{id_, ProtocolError::kBadRequest, fields_.complaint()});
  }

  JsonObject fields_;
  std::size_t data_bytes_max_;
  std::optional<std::uint64_t> id_;
  std::string too_large_;
};

}  // namespace

std::expected<ClientMessage, BadMessage> parse_client_message(std::string_view text, std::size_t data_bytes_max) {
  auto fields = JsonObject::parse(text);
  if (!fields) return std::unexpected(BadMessage{{}, ProtocolError::kBadRequest, std::move(fields.error())});
  return Parser(std::move(*fields), data_bytes_max).parse();
}

std::string_view complaint_about_key(std::string_view key) {
  if (key.empty()) return "1 to 128 bytes, and it is empty; make up one that is unique";
  if (key.size() > kKeyBytesMax) return "1 to 128 bytes, and it is longer";
  if (key.find('\0') != std::string_view::npos) return "without a zero byte";
  if (!is_utf8(key)) return "UTF-8";
  return {};
}

}  // namespace troupe::session
