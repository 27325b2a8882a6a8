#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "troupe/document/documents.hpp"
#include "troupe/pubsub/topics.hpp"
#include "troupe/session/server_message.hpp"

namespace troupe::session {

/// The texts of the last batches and signals of one shard: each is made once for all of the shard's sessions. One
/// thread.
class RenderCache {
 public:
  using Events = std::shared_ptr<const std::vector<RenderedEvent>>;

  Events events(const std::shared_ptr<const document::EventBatch>& batch);

  /// The `signal` message and who sent it; null if the payload is not one.
  struct SignalText {
    std::string from;
    Text text;
  };
  std::shared_ptr<const SignalText> signal(const std::string& topic, const Bytes& payload);

 private:
  static constexpr std::size_t kEntriesMax = 32;  ///< Batches that sessions still have in their mailboxes are few.
  struct BatchEntry {
    std::shared_ptr<const document::EventBatch> batch;
    Events events;
  };
  struct SignalEntry {
    std::string topic;
    Bytes payload;
    std::shared_ptr<const SignalText> text;
  };
  std::deque<BatchEntry> batches_;
  std::deque<SignalEntry> signals_;
};

/// What is published on a topic's signal topic.
struct SignalPayload {
  std::string from;
  Bytes data;
};

}  // namespace troupe::session
