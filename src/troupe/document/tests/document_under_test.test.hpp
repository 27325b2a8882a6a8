#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troupe/actor/actor.hpp"
#include "troupe/document/document_options.hpp"
#include "troupe/document/follow.hpp"
#include "troupe/document/memory_journal.hpp"

namespace troupe::document {

/// A document that is the text of its events, joined by commas. It accepts anything but "bad".
class TextDocument final : public DocumentState {
 public:
  Result<void> check(const Bytes& data) const override {
    if (data.view() == "bad") return fail(ErrorCode::kInvalidEvent, "data: this is bad");
    return {};
  }
  void apply(const Event& event) override { text_ += (text_.empty() ? "" : ",") + std::string(event.data.view()); }
  Bytes snapshot() const override { return Bytes::copy_of("text:" + text_); }
  Result<void> restore(const Bytes& snapshot) override {
    if (!snapshot.view().starts_with("text:")) return fail(ErrorCode::kCorrupt, "not a text");
    text_ = snapshot.view().substr(5);
    return {};
  }

 private:
  std::string text_;
};

inline std::map<std::string, DocumentFactory> text_types() {
  return {{"text/", [] { return std::make_unique<TextDocument>(); }}};
}

inline Event make_event(std::uint64_t seq, const std::string& data) {
  return {seq, "k" + std::to_string(seq), "ada", Bytes::copy_of(data)};
}

/// Writes down the events that it is told of, as "seq:data".
class Tail : public Actor<Tail> {
 public:
  using Messages = troupe::Messages<OwnerEvents>;
  explicit Tail(std::vector<std::string>& heard) : heard_(heard) {}
  void on(const OwnerEvents& events) {
    for (const Event& event : events.events)
      heard_.push_back(std::to_string(event.seq) + ":" + std::string(event.data.view()));
  }

 private:
  std::vector<std::string>& heard_;
};

/// What was answered, once it was.
template <class R>
using Answer = std::shared_ptr<std::optional<Result<R>>>;

}  // namespace troupe::document
