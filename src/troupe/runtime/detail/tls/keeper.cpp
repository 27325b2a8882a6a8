#include "troupe/runtime/detail/tls/keeper.hpp"

#include <fmt/core.h>
#include <pthread.h>

#include <utility>

namespace troupe::runtime::detail {

namespace {

constexpr const char* kReloadsHelp = "Times that changed TLS files were read, by what came of it";

}  // namespace

TlsKeeper::TlsKeeper(TlsOptions options, Metrics& metrics, LogSink& log_sink)
    : options_(std::move(options)),
      log_(log_sink, "tls"),
      expires_(metrics.gauge("troupe_tls_certificate_expires_timestamp_seconds",
                             "When the first certificate of this node's chain expires, in seconds since 1970")),
      taken_(metrics.counter("troupe_tls_reloads_total", kReloadsHelp, {{"outcome", "taken"}})),
      refused_(metrics.counter("troupe_tls_reloads_total", kReloadsHelp, {{"outcome", "refused"}})),
      failures_(metrics.counter("troupe_tls_failures_total", "Connections that ended because of TLS")),
      notices_(options_.expiry_warning) {}

TlsKeeper::~TlsKeeper() { stop(); }

Result<void> TlsKeeper::load() {
  tried_ = seen_ = file_states();
  auto loaded = TlsCredentials::load(options_);
  if (!loaded) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("TLS: {}; {}", loaded.error().text, loaded.error().remedy));
  }
  use(*std::move(loaded));
  look_at_expiry();
  return {};
}

void TlsKeeper::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "tls");
}

void TlsKeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void TlsKeeper::reload() {
  {
    const std::lock_guard lock(mutex_);
    reload_wanted_ = true;
  }
  changed_.notify_one();
}

std::shared_ptr<const TlsCredentials> TlsKeeper::current() const {
  const std::lock_guard lock(mutex_);
  return credentials_;
}

std::unique_ptr<TlsSession> TlsKeeper::dial(std::string host) const {
  return std::make_unique<TlsSession>(
      *current(), TlsSessionOptions{.role = TlsSessionOptions::Role::kDialer, .host = std::move(host)});
}

std::unique_ptr<TlsSession> TlsKeeper::accept() const {
  return std::make_unique<TlsSession>(*current(), TlsSessionOptions{.role = TlsSessionOptions::Role::kAcceptor});
}

void TlsKeeper::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    changed_.wait_for(lock, options_.check_interval, [this] { return stop_ || reload_wanted_; });
    if (stop_) return;
    const bool wanted = std::exchange(reload_wanted_, false);
    lock.unlock();
    look(wanted);
    lock.lock();
  }
}

void TlsKeeper::look(bool wanted) {
  const FileStates states = file_states();
  // Who replaces three files needs a moment: they are read once they stay as they are.
  const bool settled = std::exchange(seen_, states) == states;
  if (wanted || (states != tried_ && settled)) take(states);
  look_at_expiry();
}

void TlsKeeper::take(const FileStates& states) {
  tried_ = states;
  auto loaded = TlsCredentials::load(options_);
  if (!loaded) {
    refused_.add();
    return log_.error(
        "the TLS files have changed and cannot be used, so the certificate of before stays in use: {}; {}",
        loaded.error().text, loaded.error().remedy);
  }
  taken_.add();
  use(*std::move(loaded));
}

void TlsKeeper::use(std::shared_ptr<const TlsCredentials> credentials) {
  {
    const std::lock_guard lock(mutex_);
    credentials_ = credentials;
  }
  expires_.set(std::chrono::duration_cast<std::chrono::seconds>(credentials->expires().time_since_epoch()).count());
  log_.info("new connections use the certificate of {}, which is good until {}", credentials->subject(),
            date_text(credentials->expires()));
}

void TlsKeeper::look_at_expiry() {
  const auto credentials = current();
  const auto now = std::chrono::system_clock::now();
  switch (notices_.due(now, credentials->expires())) {
    case ExpiryNotices::Notice::kNone: return;
    case ExpiryNotices::Notice::kSoon:
      return log_.warning(
          "the certificate of {}, or one on the way to its authority, expires at {}, in {} hours: renew "
          "it (no restart is needed)",
          credentials->subject(), date_text(credentials->expires()),
          std::chrono::duration_cast<std::chrono::hours>(credentials->expires() - now).count());
    case ExpiryNotices::Notice::kExpired:
      return log_.error(
          "the certificate of {}, or one on the way to its authority, expired at {}: other nodes refuse "
          "new connections until it is renewed",
          credentials->subject(), date_text(credentials->expires()));
  }
}

TlsKeeper::FileStates TlsKeeper::file_states() const {
  return {file_state_of(options_.certificate), file_state_of(options_.key), file_state_of(options_.authority)};
}

}  // namespace troupe::runtime::detail
