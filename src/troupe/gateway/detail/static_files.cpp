#include "troupe/gateway/detail/static_files.hpp"

#include <fmt/core.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "troupe/base/hash.hpp"

namespace troupe::gateway::detail {

namespace fs = std::filesystem;

namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return {};
}

/// Empty if it cannot be read.
session::Text content_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return nullptr;
  auto content =
      std::make_shared<std::string>(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  if (stream.bad()) return nullptr;
  return content;
}

bool is_under(const fs::path& folder, const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);  // A symbolic link may lead anywhere.
  if (error) return false;
  const std::string prefix = folder.string() + "/";
  return real.string().starts_with(prefix);
}

}  // namespace

bool decode_path(std::string_view path, std::string& decoded) {
  decoded.clear();
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '%') {
      const auto high = i + 2 < path.size() ? hex_digit(path[i + 1]) : std::nullopt;
      const auto low = i + 2 < path.size() ? hex_digit(path[i + 2]) : std::nullopt;
      if (!high || !low) return false;
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    if (c == '\0') return false;
    decoded += c;
  }
  return true;
}

std::string_view content_type_of(std::string_view name) {
  using Type = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Type, 17> kTypes{{{"html", "text/html; charset=utf-8"},
                                                {"js", "text/javascript; charset=utf-8"},
                                                {"mjs", "text/javascript; charset=utf-8"},
                                                {"css", "text/css; charset=utf-8"},
                                                {"json", "application/json"},
                                                {"map", "application/json"},
                                                {"webmanifest", "application/manifest+json"},
                                                {"txt", "text/plain; charset=utf-8"},
                                                {"svg", "image/svg+xml"},
                                                {"png", "image/png"},
                                                {"jpg", "image/jpeg"},
                                                {"webp", "image/webp"},
                                                {"gif", "image/gif"},
                                                {"ico", "image/x-icon"},
                                                {"woff2", "font/woff2"},
                                                {"wasm", "application/wasm"},
                                                {"xml", "application/xml"}}};
  const std::size_t dot = name.rfind('.');
  const std::string_view extension = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  for (const auto& [known, type] : kTypes) {
    if (known == extension) return type;
  }
  return "application/octet-stream";
}

StaticFiles::StaticFiles(const std::string& folder, LogSink& log_sink, std::size_t bytes_max) {
  const Log log(log_sink, "gateway");
  std::error_code error;
  const fs::path root = folder.empty() ? fs::path() : fs::canonical(folder, error);
  if (folder.empty() || error || !fs::is_directory(root, error)) {
    if (!folder.empty()) log.warning("there is no web root at {}; only the API is served", folder);
    return;
  }
  std::size_t bytes = 0;
  for (auto entry = fs::recursive_directory_iterator(root, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const fs::path& file = entry->path();
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) continue;
    const session::Text content = is_under(root, file) ? content_of(file) : nullptr;
    if (!content || bytes + content->size() > bytes_max) {
      log.warning("{} is not served: it cannot be read, leads out of the web root, or is too large", file.string());
      continue;
    }
    bytes += content->size();
    const std::string path = file.string().substr(root.string().size());
    const bool hashed = path.starts_with("/assets/");  // Vite puts a hash of the content into the names of these.
    files_[path] = {std::string(content_type_of(path)), fmt::format("\"{:016x}\"", hash64(*content)),
                    hashed ? "public, max-age=31536000, immutable" : "no-cache", content};
  }
  if (error) log.warning("the web root {} cannot be read as a whole: {}", folder, error.message());
}

const StaticFiles::File* StaticFiles::find(std::string_view path) const {
  std::string decoded;
  if (!decode_path(path, decoded)) return nullptr;
  if (decoded == "/" || decoded == "/canvas" || decoded.starts_with("/canvas/")) decoded = "/index.html";
  const auto found = files_.find(decoded);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace troupe::gateway::detail
