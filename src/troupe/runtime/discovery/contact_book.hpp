#pragma once

#include <string>
#include <vector>

#include "troupe/base/error.hpp"
#include "troupe/base/random.hpp"
#include "troupe/base/time.hpp"
#include "troupe/runtime/discovery/discovery_source.hpp"

namespace troupe::runtime {

struct DiscoveryOptions {
  std::vector<DiscoverySource> sources;
  Duration file_interval = 500ms;  ///< How often it is looked whether a file has changed.
  Duration dns_interval = 30s;     ///< How often a name is looked up again, ...
  Duration retry_min = 1s;  ///< ... and after a failure: so soon first, each time after twice as long, up to that.
  std::size_t addresses_max = 1'024;  ///< Of all sources together; more of them are left out.
  std::string nameserver;             ///< DnsOptions::nameserver
};

/// What the sources said last, and when to ask each of them again. Pure. A source that fails keeps what it said before:
/// nobody is forgotten because a name server is away or a file has a mistake in it.
class ContactBook {
 public:
  explicit ContactBook(const DiscoveryOptions& options, Random random);

  /// The sources to ask now; by their place in the options.
  std::vector<std::size_t> due(TimePoint now) const;
  TimePoint next_due() const;

  /// What came of asking. A failure that is another one than the last is to be logged: then true.
  bool failed(std::size_t source, TimePoint now, const Error& error);
  /// True if the addresses differ from what this source said before.
  bool found(std::size_t source, TimePoint now, std::vector<std::string> addresses);
  /// Nothing has changed since it was asked last.
  void unchanged(std::size_t source, TimePoint now);

  /// Of all sources, each once.
  std::vector<std::string> addresses() const;
  /// How many `addresses` left out.
  std::size_t left_out() const;

 private:
  struct Entry {
    DiscoverySource::Kind kind = DiscoverySource::Kind::kFile;
    TimePoint due{};
    unsigned failures = 0;
    bool has_answered = false;
    std::string error;
    std::vector<std::string> addresses;
  };

  Duration interval(const Entry& entry) const;
  std::vector<std::string> all() const;

  const DiscoveryOptions options_;
  Random random_;
  std::vector<Entry> entries_;
};

}  // namespace troupe::runtime
