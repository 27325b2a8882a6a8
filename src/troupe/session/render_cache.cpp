#include "troupe/session/render_cache.hpp"

#include "troupe/wire/codec.hpp"

namespace troupe::session {

RenderCache::Events RenderCache::events(const std::shared_ptr<const document::EventBatch>& batch) {
  for (const BatchEntry& entry : batches_) {
    if (entry.batch == batch) return entry.events;
  }
  auto made = std::make_shared<std::vector<RenderedEvent>>();
  made->reserve(batch->events.size());
  for (const document::Event& event : batch->events) made->push_back(rendered(batch->topic, event));
  batches_.push_front({batch, made});
  if (batches_.size() > kEntriesMax) batches_.pop_back();
  return made;
}

std::shared_ptr<const RenderCache::SignalText> RenderCache::signal(const std::string& topic, const Bytes& payload) {
  for (const SignalEntry& entry : signals_) {
    // The entry keeps its payload alive, so no other one has its place in memory.
    if (entry.payload.data() == payload.data() && entry.topic == topic) return entry.text;
  }
  const auto decoded = wire::decode<SignalPayload>(payload);
  if (!decoded || decoded->data.empty()) return nullptr;
  const auto text = std::make_shared<const std::string>(render_signal(topic, decoded->from, decoded->data.view()));
  auto made = std::make_shared<const SignalText>(SignalText{decoded->from, text});
  signals_.push_front({topic, payload, made});
  if (signals_.size() > kEntriesMax) signals_.pop_back();
  return made;
}

}  // namespace troupe::session
