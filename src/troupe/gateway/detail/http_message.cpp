#include "troupe/gateway/detail/http_message.hpp"

#include <memory>

namespace troupe::gateway::detail {

namespace {

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

}  // namespace

HttpAnswer plain_text(unsigned status, std::string text) {
  return {status, "text/plain; charset=utf-8", {}, std::make_shared<const std::string>(std::move(text))};
}

HttpAnswer json(session::RestAnswer answer) {
  HttpAnswer made{answer.status, "application/json", {}, std::make_shared<const std::string>(std::move(answer.body))};
  for (const auto& [name, value] : answer.headers) made.headers.emplace_back(name, std::string(value));
  return made;
}

HttpAnswer json_error(unsigned status, std::string_view message) {
  session::RestAnswer answer = session::rest_error(session::ProtocolError::kBadRequest, message);
  answer.status = status;
  return json(std::move(answer));
}

std::string response_head(const HttpAnswer& answer, const HttpFraming& framing, std::string_view date) {
  std::string head;
  head.reserve(256);
  head.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ").append(reason_phrase(answer.status));
  head.append("\r\nServer: troupe\r\nDate: ").append(date);
  for (const auto& [name, value] : answer.headers) head.append("\r\n").append(name).append(": ").append(value);
  if (!answer.content_type.empty()) head.append("\r\nContent-Type: ").append(answer.content_type);
  const bool bodiless = answer.status == 204 || answer.status == 304 || answer.status < 200;
  if (!bodiless) head.append("\r\nContent-Length: ").append(std::to_string(answer.body ? answer.body->size() : 0));
  if (!framing.keep_alive) {
    head.append("\r\nConnection: close");
  } else if (framing.http_1_0) {
    head.append("\r\nConnection: keep-alive");
  }
  return head.append("\r\n\r\n");
}

std::string_view origin_form(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

}  // namespace troupe::gateway::detail
