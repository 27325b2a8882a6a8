#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "troupe/actor/log.hpp"
#include "troupe/session/action.hpp"

namespace troupe::gateway::detail {

/// The web root, read into memory once: serving waits for no disk, and no path can lead out of it. Any thread.
class StaticFiles {
 public:
  struct File {
    std::string content_type;
    std::string etag;  ///< With its quotes.
    std::string
        cache_control;  ///< Files whose names carry a hash never change; the others are asked for again, by their etag.
    session::Text content;
  };

  /// Files beyond `bytes_max` in all, and those that are not readable, are left out and logged.
  StaticFiles(const std::string& folder, LogSink& log_sink, std::size_t bytes_max = 256U << 20U);

  /// The file of a path such as `/assets/index-1a2b3c4d.js`, in a request's spelling: percent-encoded. `/` and
  /// everything under `/canvas` are the application's index.html, whose script looks at the path. Null if there is
  /// none.
  const File* find(std::string_view path) const;

  /// Without an index.html there is no application to serve.
  bool has_application() const { return files_.contains("/index.html"); }

 private:
  std::map<std::string, File, std::less<>> files_;  ///< By path from the root, with a leading slash.
};

/// A path without its percent-encoding; nothing if that is malformed, or hides a zero byte.
bool decode_path(std::string_view path, std::string& decoded);

/// Of a file name: "text/javascript; charset=utf-8".
std::string_view content_type_of(std::string_view name);

}  // namespace troupe::gateway::detail
