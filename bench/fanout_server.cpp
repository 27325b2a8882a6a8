#include <charconv>
#include <iostream>
#include <memory>

#include "bench/bench.hpp"
#include "bench/peers/child_process.hpp"
#include "troupe/document/document_type.hpp"
#include "troupe/node/node.hpp"

namespace troupe::bench {

namespace {

/// A document that only counts its events, so that what is measured is what every document costs.
class Tape final : public document::DocumentState {
 public:
  Result<void> check(const Bytes&) const override { return {}; }
  void apply(const document::Event&) override { ++events_; }
  Bytes snapshot() const override { return Bytes::copy_of(std::to_string(events_)); }
  Result<void> restore(const Bytes& snapshot) override {
    const std::string_view text = snapshot.view();
    const auto read = std::from_chars(text.data(), text.data() + text.size(), events_);
    if (read.ec != std::errc()) return fail(ErrorCode::kCorrupt, "the snapshot of a tape is a number");
    return {};
  }

 private:
  std::uint64_t events_ = 0;
};

}  // namespace

int run_fanout_server(const FanoutServerOptions& options) {
  NodeOptions node_options{
      .name = "fanout", .data = options.data, .http_listen = "127.0.0.1:0", .shards = options.shards};
  node_options.log_level = LogLevel::kWarning;
  Node node(node_options);
  Result<void> outcome = node.add_document("bench/", [] { return std::make_unique<Tape>(); });
  if (outcome) outcome = node.start();
  if (!outcome) {
    std::cerr << "bench fanout-server: " << outcome.error().to_string() << '\n';
    return 1;
  }
  std::cout << node.http_address() << std::endl;
  wait_for_parent();
  return 0;
}

}  // namespace troupe::bench
