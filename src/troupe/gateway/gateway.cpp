#include "troupe/gateway/gateway.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>
#include <vector>

#include "troupe/gateway/detail/acceptor.hpp"
#include "troupe/gateway/detail/shard_part.hpp"
#include "troupe/gateway/local_socket.hpp"
#include "troupe/runtime/detail/loop_access.hpp"

namespace troupe::gateway {

using detail::GatewayShared;
using detail::ShardPart;

namespace {

/// A drain under way. On shard 0's thread.
struct DrainState : std::enable_shared_from_this<DrainState> {
  DrainState(boost::asio::io_context& io, std::shared_ptr<GatewayShared> gateway)
      : shared(std::move(gateway)), deadline(io) {}

  void add(Duration within, std::move_only_function<void()> done) {
    waiting.push_back(std::move(done));
    const auto due = std::chrono::steady_clock::now() + within;
    if (waiting.size() == 1 || due < deadline.expiry()) {
      deadline.expires_at(due);
      deadline.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->end();
      });
    }
    if (over || shared->to_drain == 0) end();
  }

  void end() {
    over = true;
    deadline.cancel();
    if (const auto at_end = std::exchange(on_end, nullptr)) at_end();
    for (auto& done : std::exchange(waiting, {})) {
      if (done) done();
    }
  }

  std::shared_ptr<GatewayShared> shared;
  boost::asio::steady_timer deadline;
  std::vector<std::move_only_function<void()>> waiting;
  std::function<void()> on_end;  ///< Once: listens no more, and cuts what is left.
  bool over = false;
};

}  // namespace

struct Gateway::Parts {
  Parts(GatewayOptions options, GatewayWorld world)
      : shared(std::make_shared<GatewayShared>(std::move(options), std::move(world))), runtime(shared->world.runtime) {
    for (std::uint32_t i = 0; i < runtime.shard_count(); ++i) shards.push_back(std::make_shared<ShardPart>(shared, i));
    acceptor = std::make_shared<detail::Acceptor>(shards[0]);
    local_acceptor = std::make_shared<detail::Acceptor>(shards[0]);
    drain = std::make_shared<DrainState>(shards[0]->io, shared);
  }

  std::shared_ptr<GatewayShared> shared;
  runtime::Runtime& runtime;
  std::vector<std::shared_ptr<ShardPart>> shards;
  std::shared_ptr<detail::Acceptor> acceptor;
  std::shared_ptr<detail::Acceptor> local_acceptor;  ///< Of the local socket.
  std::shared_ptr<DrainState> drain;
  std::string address;
  bool stopped = false;
};

Gateway::Gateway(GatewayOptions options, GatewayWorld world)
    : parts_(std::make_unique<Parts>(std::move(options), std::move(world))) {
  boost::asio::io_context& io = parts_->shards[0]->io;
  parts_->shared->on_drained = [&io, drain = std::weak_ptr(parts_->drain)] {
    boost::asio::post(io, [drain] {
      if (const auto alive = drain.lock(); alive && alive->shared->to_drain == 0) alive->end();
    });
  };
  parts_->drain->on_end = [shards = parts_->shards, acceptor = parts_->acceptor, local = parts_->local_acceptor] {
    acceptor->close();
    local->close();
    for (const auto& part : shards) {
      boost::asio::post(part->io, [part] {
        part->set_time();
        part->cut_all();
      });
    }
  };
}

Gateway::~Gateway() { stop(); }

Result<void> Gateway::listen() {
  const GatewayOptions& options = parts_->shared->options;
  if (!options.listen.empty()) {
    auto bound = parts_->acceptor->listen(options.listen);
    if (!bound) return std::unexpected(bound.error());
    parts_->address = std::move(*bound);
  }
  if (options.admin.socket.empty()) return {};
  if (options.admin.socket != "auto") return parts_->local_acceptor->listen_locally(options.admin.socket);
  Result<void> opened = prepare_local_socket_folder();
  if (opened) opened = parts_->local_acceptor->listen_locally(local_socket_path(options.node));
  if (!opened) parts_->shards[0]->log.warning("`troupe ctl` cannot find this node: {}", opened.error().to_string());
  return {};
}

const std::string& Gateway::address() const { return parts_->address; }
std::uint16_t Gateway::port() const { return parts_->acceptor->port(); }
std::uint32_t Gateway::connections() const { return parts_->shared->connections; }

Result<void> Gateway::start() {
  for (std::uint32_t i = 0; i < parts_->shards.size(); ++i) {
    const auto& part = parts_->shards[i];
    const Result<void> begun = parts_->runtime.run_on(i, [&](Shard& shard) -> Result<void> {
      // Each connection sends it one message.
      const auto watch = shard.spawn<detail::SessionWatch>(
          {.name = detail::session_watch_name(i), .mailbox_messages_max = UINT32_MAX});
      if (!watch) return std::unexpected(watch.error());
      part->watch = *watch;
      parts_->runtime.add_round_end(i, [part] { part->flush(); });
      return {};
    });
    if (!begun) return begun;
  }
  parts_->runtime.run_on(0, [this](Shard&) {
    parts_->acceptor->start(parts_->shards);
    parts_->local_acceptor->start(parts_->shards);
  });
  return {};
}

void Gateway::drain(Duration within, std::move_only_function<void()> done) {
  parts_->shared->draining = true;
  for (std::uint32_t i = 0; i < parts_->shards.size(); ++i) {
    parts_->runtime.run_on(i, [part = parts_->shards[i]](Shard&) { part->drain(); });
  }
  parts_->runtime.run_on(0, [&](Shard&) { parts_->drain->add(within, std::move(done)); });
}

void Gateway::stop() {
  if (std::exchange(parts_->stopped, true)) return;
  parts_->shared->stopped = true;
  parts_->runtime.run_on(0, [this](Shard&) {
    parts_->acceptor->close();
    parts_->local_acceptor->close();
    parts_->drain->end();
  });
  for (std::uint32_t i = 0; i < parts_->shards.size(); ++i) {
    parts_->runtime.run_on(i, [part = parts_->shards[i]](Shard&) { part->cut_all(); });
  }
}

}  // namespace troupe::gateway
