#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "troupe/actor/answer.hpp"
#include "troupe/actor/via.hpp"
#include "troupe/base/error.hpp"
#include "troupe/base/time.hpp"

namespace troupe {

/// What became of a message that was sent by Context::deliver. Its sender is told once.
struct Delivery {
  enum class Outcome : std::uint8_t {
    kDelivered,  ///< It is in the recipient's mailbox, or was handled already.
    kRefused,    ///< It was not delivered, and will not be. `why` says the cause.
    kUnknown,    ///< It was sent, and no word came by the deadline (`timeout`), or before its node went down or began a
                 ///< new life (`unreachable`). It may have been delivered, once.
  };

  Outcome outcome = Outcome::kUnknown;
  Error why;

  bool is_delivered() const { return outcome == Outcome::kDelivered; }
  bool is_refused() const { return outcome == Outcome::kRefused; }
  bool is_unknown() const { return outcome == Outcome::kUnknown; }

  static Delivery delivered() { return {Outcome::kDelivered, {}}; }
  static Delivery refused(Error why) { return {Outcome::kRefused, std::move(why)}; }
  static Delivery unknown(Error why) { return {Outcome::kUnknown, std::move(why)}; }
};

/// Names messages that are delivered in causal order: any string, the same wherever they are sent.
class CausalLabel {
 public:
  constexpr CausalLabel() = default;            ///< None: no causal order.
  constexpr CausalLabel(std::string_view name)  // NOLINT(google-explicit-constructor): a name is enough.
      : hash_(hash(name)) {}
  constexpr CausalLabel(const char* name) : CausalLabel(std::string_view(name)) {}         // NOLINT
  constexpr CausalLabel(const std::string& name) : CausalLabel(std::string_view(name)) {}  // NOLINT

  /// 0: none. Two labels with one hash are ordered as if they were one, which breaks neither's order.
  constexpr std::uint64_t hash() const { return hash_; }
  constexpr bool is_none() const { return hash_ == 0; }

 private:
  static constexpr std::uint64_t hash(std::string_view name) {
    std::uint64_t value = 14'695'981'039'346'656'037U;  // FNV-1a
    for (const char each : name) value = (value ^ static_cast<unsigned char>(each)) * 1'099'511'628'211U;
    return value | 1U;
  }
  std::uint64_t hash_ = 0;
};

/// How a message is delivered by Context::deliver.
struct DeliverOptions {
  Duration within = 10s;  ///< The outcome is there by then. At most ShardOptions::deliver_within_max.
  Via via;                ///< Its key says what stays in order, as for `tell`.
  CausalLabel causal;     ///< Then the key says nothing: each sender's messages to one recipient stay in order.
};

/// Turns a callback that takes a Delivery into one that takes an envelope.
template <class Callback>
AnswerCallback delivery_answer(Callback&& callback) {
  return [callback = std::forward<Callback>(callback)](Result<Envelope*> answer) mutable {
    if (!answer) return callback(Delivery::unknown(std::move(answer.error())));
    if (Delivery* delivery = (*answer)->get<Delivery>(local_payload_type<Delivery>)) callback(std::move(*delivery));
  };
}

}  // namespace troupe
