#pragma once

#include <exception>
#include <functional>
#include <utility>

#include "troupe/actor/envelope.hpp"
#include "troupe/base/error.hpp"

namespace troupe {

class Shard;

/// Receives the envelope with the answer (kReply, or a completion's), or the error.
using AnswerCallback = std::move_only_function<void(Result<Envelope*>)>;

/// Turns a callback that takes Result<R> into one that takes an envelope, from this node or encoded from another.
template <class R, class Callback>
AnswerCallback typed_answer(Callback&& callback) {
  return [callback = std::forward<Callback>(callback)](Result<Envelope*> answer) mutable {
    if (!answer) return callback(Result<R>(std::unexpected(std::move(answer.error()))));
    Envelope& envelope = **answer;
    if (R* value = envelope.get<R>()) return callback(Result<R>(std::move(*value)));
    if constexpr (!LocalOnly<R>) {
      if (EncodedPayload* encoded = envelope.encoded()) return callback(wire::decode<R>(std::move(encoded->body)));
    }
    callback(Result<R>(fail(ErrorCode::kCorrupt, "the answer is of another type than the question's Reply")));
  };
}

/// The same for what stays inside the node, which need not be encodable.
template <class T, class Callback>
AnswerCallback local_answer(Callback&& callback) {
  return [callback = std::forward<Callback>(callback)](Result<Envelope*> answer) mutable {
    if (!answer) return callback(Result<T>(std::unexpected(std::move(answer.error()))));
    if (T* value = (*answer)->template get<T>(local_payload_type<T>)) return callback(Result<T>(std::move(*value)));
    callback(Result<T>(fail(ErrorCode::kCorrupt, "the answer is not of the completion's type")));
  };
}

/// The right to answer one ask, once, now or in a later turn of the actor that was asked: keep it as a member until the
/// answer is known. Destroyed unused, it answers `cancelled`, or `actor_failed` if by an exception. Only on the shard
/// of the actor that was asked.
template <class R>
class ReplyTo {
 public:
  ReplyTo() = default;
  ReplyTo(Shard& shard, Address asker, std::uint64_t correlation);
  ReplyTo(ReplyTo&& other) noexcept { swap(other); }
  ReplyTo& operator=(ReplyTo&& other) noexcept {
    ReplyTo taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~ReplyTo();

  void operator()(R value) { finish(Result<R>(std::move(value))); }
  void operator()(Error error) { finish(Result<R>(std::unexpected(std::move(error)))); }
  void operator()(Result<R> result) { finish(std::move(result)); }

 private:
  void swap(ReplyTo& other) noexcept {
    std::swap(shard_, other.shard_);
    std::swap(asker_, other.asker_);
    std::swap(correlation_, other.correlation_);
    std::swap(trace_, other.trace_);
  }
  void finish(Result<R> result);

  Shard* shard_ = nullptr;
  Address asker_;
  std::uint64_t correlation_ = 0;        ///< 0: nobody waits (the message was told, or is answered already)
  std::unique_ptr<TraceContext> trace_;  ///< That the question belongs to; mostly none.
};

/// Hands an envelope to a shard from any thread. It must not outlive the shard's host.
class CompletionPort {
 public:
  CompletionPort() = default;
  CompletionPort(class ShardHost& host, ActorId recipient, std::uint64_t correlation)
      : host_(&host), recipient_(recipient), correlation_(correlation) {}

  /// The first call counts; later ones do nothing.
  void complete(EnvelopePtr envelope);
  explicit operator bool() const { return host_ != nullptr; }

 private:
  class ShardHost* host_ = nullptr;
  ActorId recipient_;
  std::uint64_t correlation_ = 0;
};

/// The right to answer a `Context::completion`, once, from any thread. Destroyed unused, it answers `cancelled`.
template <class T>
class Completion {
 public:
  explicit Completion(CompletionPort port) : port_(port) {}
  Completion(Completion&& other) noexcept : port_(std::exchange(other.port_, CompletionPort())) {}
  Completion& operator=(Completion&& other) noexcept {
    std::swap(port_, other.port_);
    return *this;
  }
  ~Completion() {
    if (port_) (*this)(fail(ErrorCode::kCancelled, "dropped without an answer"));
  }

  void operator()(Result<T> result) {
    CompletionPort port = std::exchange(port_, CompletionPort());
    port.complete(result ? Envelope::make(EnvelopeKind::kReply, std::move(*result), local_payload_type<T>)
                         : Envelope::make(EnvelopeKind::kError, std::move(result.error())));
  }

 private:
  CompletionPort port_;
};

}  // namespace troupe
