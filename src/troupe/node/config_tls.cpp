#include "troupe/node/config_tls.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "troupe/node/config_value.hpp"

namespace troupe::config {

namespace {

using runtime::TlsMistake;
using runtime::TlsOptions;

/// In the order of TlsMistake::File.
constexpr std::array kKeys{"cluster.tls_certificate", "cluster.tls_key", "cluster.tls_authority"};

class TlsChecks {
 public:
  TlsChecks(Config& config, const std::string& nowhere)
      : config_(config), nowhere_(nowhere), options_(config.options.cluster_tls) {}

  void run() {
    const std::array paths{&options_.certificate, &options_.key, &options_.authority};
    if (std::ranges::all_of(paths, &std::string::empty)) return;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (paths[i]->empty()) {
        report(true, kKeys[i], "TLS needs a certificate, its key and the authority, and this is missing",
               "give all three, or none; docs/operations.md has the steps");
      }
    }
    if (std::ranges::any_of(paths, &std::string::empty)) return;
    if (config_.options.cluster_listen.empty()) {
      report(false, kKeys[0], "this has no effect without a cluster port", "give cluster.listen");
    }
    files();
    key_is_private();
  }

 private:
  void report(bool is_error, const std::string& key, std::string_view text, std::string_view remedy) {
    const auto origin = config_.origins.find(key);
    config_.problems.push_back({is_error, origin == config_.origins.end() ? nowhere_ : origin->second,
                                fmt::format("{}: {}", key, text), std::string(remedy)});
  }

  void files() {
    TlsOptions options = options_;
    const NodeOptions& node = config_.options;
    options.address = node.cluster_advertise.empty() ? node.cluster_listen : node.cluster_advertise;
    const auto files = runtime::read_tls_files(options);
    if (!files) {
      const TlsMistake& mistake = files.error();
      return report(true, kKeys[static_cast<std::size_t>(mistake.file)], mistake.text, mistake.remedy);
    }
    const auto left = std::chrono::floor<std::chrono::hours>(files->expires - std::chrono::system_clock::now());
    if (left > options_.expiry_warning) return;
    report(false, kKeys[0],
           fmt::format("the certificate of {}, or one on the way to its authority, expires in {} hours", files->subject,
                       left.count()),
           "renew it; a node that runs takes the new one without a restart");
  }

  void key_is_private() {
    struct stat status{};
    if (::stat(options_.key.c_str(), &status) != 0 || (status.st_mode & S_IRWXO) == 0) return;
    report(false, kKeys[1], fmt::format("every user of this machine may read or change \"{}\"", options_.key),
           fmt::format("run `chmod o= {}`", options_.key));
  }

  Config& config_;
  const std::string& nowhere_;
  const TlsOptions& options_;
};

}  // namespace

void check_tls(Config& config, const std::string& nowhere) { TlsChecks(config, nowhere).run(); }

}  // namespace troupe::config
