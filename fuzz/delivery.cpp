// LINK: troupe::link
//
// What a peer says in acknowledged delivery, read from any bytes, and given to both halves. The receiver delivers no
// number twice and keeps to its bound; the sender gives each message one outcome.
#include <cstddef>
#include <cstdint>
#include <set>

#include "troupe/base/assert.hpp"
#include "troupe/link/delivery/acknowledged.hpp"
#include "troupe/wire/codec.hpp"

namespace {

using namespace troupe;  // NOLINT(google-build-using-namespace): a program of one file.

constexpr TimePoint kNow{};
const link::AcknowledgedOptions kOptions{.messages_max = 8, .remembered_max = 8};
const link::AcknowledgedReceiver::Source kSource{{1, 1}, 0};

void receive(const std::vector<wire::DeliveryStamp>& stamps) {
  link::AcknowledgedReceiver receiver(kOptions);
  std::set<std::uint64_t> delivered;
  for (const wire::DeliveryStamp& stamp : stamps) {
    const auto verdict = receiver.on_message(kSource, stamp, true);
    TROUPE_ASSERT(receiver.remembered() <= 2 * kOptions.remembered_max);
    if (verdict != link::AcknowledgedReceiver::Verdict::kDeliver) continue;
    TROUPE_ASSERT(delivered.insert(stamp.number).second);
    receiver.on_outcome(kSource, stamp.number, {});
  }
  (void)receiver.take_answers();
}

void answer(const wire::Acknowledgement& answers) {
  link::AcknowledgedSender sender(kOptions, Random(1));
  link::AcknowledgedActions actions;
  for (std::uint64_t number = 1; number <= kOptions.messages_max; ++number) {
    sender.submit(kNow, {number, number % 3, kNow + 1s, number % 2 == 0}, actions);
  }
  for (const std::uint64_t number : answers.delivered)
    sender.on_answer(kNow, 0, number, link::Fate::kDelivered, {}, actions);
  for (const auto& [number, why] : answers.refused)
    sender.on_answer(kNow, 0, number, link::Fate::kRefused, why, actions);
  sender.on_tick(kNow + 1s, actions);
  sender.on_peer_gone(actions);
  TROUPE_ASSERT(actions.outcomes.size() == kOptions.messages_max);
  TROUPE_ASSERT(actions.forgotten.size() == kOptions.messages_max);
  TROUPE_ASSERT(sender.is_idle());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = Bytes::copy_of(std::as_bytes(std::span(data, size)));
  if (const auto stamps = wire::decode<std::vector<wire::DeliveryStamp>>(input)) receive(*stamps);
  if (const auto answers = wire::decode<wire::Acknowledgement>(input)) answer(*answers);
  return 0;
}
