#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "troupe/cluster/cluster.hpp"
#include "troupe/document/document_options.hpp"
#include "troupe/document/memory_journal.hpp"
#include "troupe/gateway/gateway.hpp"
#include "troupe/gateway/test_client.test.hpp"
#include "troupe/runtime/runtime.hpp"

namespace troupe::gateway {

/// A journal that answers at once, on the thread that calls; unless it is held.
class InstantJournal final : public document::Journal {
 public:
  void open(std::string stream, Done<document::OpenedStream> done) override;
  void append(document::AppendRequest request, Done<document::AppendOutcome> done) override;
  void read(document::ReadRequest request, Done<std::vector<document::Event>> done) override;
  void save_snapshot(std::string stream, std::uint64_t fence, document::Snapshot snapshot, Done<bool> done) override;

  /// While held, nothing is answered.
  void hold();
  void release();
  /// Until so many requests are held; fails the test after ten seconds.
  void wait_for_held(std::size_t requests);

 private:
  std::recursive_mutex mutex_;  // An answer may ask for more.
  document::MemoryDisk disk_{1};
  document::MemoryJournal journal_{disk_};
  bool held_ = false;
};

class TestLog final : public LogSink {
 public:
  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel level, std::string_view component, std::string_view text) override;
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

/// One node of its own, in the real world: two shards, everything that sessions use, and a gateway on a free port of
/// 127.0.0.1. Its document type `toy/` takes any event but {"bad":...}; its snapshot is {"last":DATA}, the last event.
class GatewayTest : public testing::Test {
 protected:
  GatewayTest();
  ~GatewayTest() override;

  /// With `options` as they are then.
  void start();
  std::uint16_t port() const { return gateway_->port(); }
  TestResponse get(std::string_view target, std::string_view header_lines = "") {
    return fetch(port(), "GET", target, header_lines);
  }
  TestResponse post(std::string_view target, std::string_view body, std::string_view header_lines = "") {
    return fetch(port(), "POST", target, header_lines, body);
  }

  double metric(const std::string& name, const MetricLabels& labels = {}) const;
  /// Until the series has the value; fails the test after ten seconds.
  void wait_for_metric(const std::string& name, double value, const MetricLabels& labels = {}) const;
  void wait_for_sockets(double count) const {
    wait_for_metric("troupe_gateway_connections", count, {{"kind", "websocket"}});
  }

  GatewayOptions options;
  TraceOptions trace;
  std::string unready;  ///< What the readiness callback says; set it before clients ask.

  Metrics metrics;
  TestLog log;
  InstantJournal journal;
  document::DocumentOptions documents;
  std::unique_ptr<runtime::Runtime> runtime_;
  std::unique_ptr<cluster::Cluster> cluster_;
  std::unique_ptr<Gateway> gateway_;
};

/// Something that happens once on another thread.
class Happening {
 public:
  void happen();
  bool has_happened() const;
  /// Fails the test after ten seconds.
  void wait();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;
};

}  // namespace troupe::gateway
