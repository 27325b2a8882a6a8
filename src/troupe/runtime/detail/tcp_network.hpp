#pragma once

#include <memory>
#include <string>
#include <vector>

#include "troupe/cluster/network.hpp"
#include "troupe/runtime/detail/tcp_acceptor.hpp"
#include "troupe/runtime/detail/tcp_context.hpp"

namespace troupe::runtime::detail {

/// The connections of one shard. Only on the shard's thread. Connections that it gave must not outlive the io_context.
class TcpNetwork final : public cluster::Network {
 public:
  TcpNetwork(boost::asio::io_context& io, Shard& shard, const TcpOptions& options, Metrics& metrics, LogSink& log_sink)
      : context_(std::make_shared<TcpContext>(io, shard, options, metrics, log_sink)) {}

  void connect(const std::string& address, Connected connected) override;
  std::unique_ptr<cluster::Connection> adopt(std::unique_ptr<cluster::Connection::Parted> parted) override;
  void secure_random(std::span<std::byte> bytes) override;

  /// All connections made from now on are in TLS. The keeper outlives them.
  void use_tls(TlsKeeper& keeper) { context_->tls = &keeper; }

  /// Accepts connections on "host:port" until `close`. Returns the port, which the kernel chooses if it is given as 0.
  Result<std::uint16_t> listen(const std::string& address, AcceptCallback on_accept);

  /// Accepts no more.
  void close();
  /// How many connections are still finishing.
  std::size_t lingering() const { return context_->lingering; }

 private:
  std::shared_ptr<TcpContext> context_;
  std::vector<std::shared_ptr<TcpAcceptor>> acceptors_;
};

}  // namespace troupe::runtime::detail
