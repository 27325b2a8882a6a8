// LINK: troupe::overlay
//
// A Plumtree among neighbours that say anything. The input is a script of events; a message is either any bytes, or one
// that decodes, of small numbers, so that the events have to do with each other. It sends only to neighbours and only
// what decodes, delivers nothing twice and nothing of its own, and keeps to its bounds.
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "troupe/base/assert.hpp"
#include "troupe/overlay/plumtree.hpp"
#include "troupe/wire/reader.hpp"

namespace {

using namespace troupe;           // NOLINT(google-build-using-namespace): a program of one file.
using namespace troupe::overlay;  // NOLINT(google-build-using-namespace)
using plumtree::BroadcastId;
using plumtree::Kind;
using plumtree::Mention;

constexpr NodeId kSelf{1, 1};
// What is delivered twice is known for as long as the script can last.
constexpr int kEventsMax = 200;
constexpr PlumtreeOptions kOptions{.announce_batch_max = 8,
                                   .missing_max = 12,
                                   .missing_per_neighbour_max = 4,
                                   .shorter_hops_min = 1,
                                   .roots_max = 3,
                                   .kept_bytes_max = 600,
                                   .seen_for = kEventsMax * 256ms};

class Script {
 public:
  explicit Script(const Bytes& input) : input_(input) {}

  void run() {
    for (int i = 0; i < kEventsMax && input_.remaining() > 0; ++i) {
      event();
      TROUPE_ASSERT(plumtree_.missing() <= kOptions.missing_max);
      TROUPE_ASSERT(plumtree_.kept_bytes() <= kOptions.kept_bytes_max);
      TROUPE_ASSERT(plumtree_.roots().size() <= kOptions.roots_max);
      const auto branches = plumtree_.branches(node());
      TROUPE_ASSERT(branches.eager.size() + branches.lazy.size() == neighbours_.size());
      TROUPE_ASSERT(!branches.parent || neighbours_.contains(*branches.parent));
    }
  }

 private:
  std::uint8_t byte() { return input_.number<std::uint8_t>(); }
  NodeId node() { return {byte() % 6U + 1U, 1}; }
  Mention mention() {
    Mention mention{.root = node(), .hops = byte()};
    if (const auto number = byte(); number < 250) mention.sequence = number;
    return mention;
  }

  void event() {
    switch (byte() % 9) {
      case 0: return go_on();
      case 1: return up(node());
      case 2: return down(node());
      case 3: return check(plumtree_.broadcast(now_, input_.raw(std::min<std::size_t>(byte(), input_.remaining()))));
      case 4: return hear(input_.raw(std::min<std::size_t>(byte(), input_.remaining())));
      case 5: {
        const Mention id = mention();
        return hear(
            plumtree::encode_gossip({.id = {id.root, id.sequence.value_or(0)},
                                     .hops = id.hops,
                                     .age = std::chrono::seconds(byte() % 64),
                                     .payload = input_.raw(std::min<std::size_t>(byte(), input_.remaining()))}));
      }
      case 6: return hear_list(Kind::kAnnounce);
      case 7: return hear_list(Kind::kGraft);
      default: return hear_list(Kind::kPrune);
    }
  }

  void go_on() {
    now_ += std::chrono::milliseconds(byte());
    check(plumtree_.on_tick(now_));
    TROUPE_ASSERT(plumtree_.next_tick().value_or(TimePoint::max()) > now_);
  }

  void up(NodeId node) {
    if (node != kSelf) neighbours_.insert(node);
    check(plumtree_.on_neighbour_up(now_, node));
  }

  void down(NodeId node) {
    neighbours_.erase(node);
    check(plumtree_.on_neighbour_down(now_, node));
  }

  void hear_list(Kind kind) {
    std::vector<Mention> mentions;
    for (auto count = byte() % 10; count > 0; --count) mentions.push_back(mention());
    hear(plumtree::encode_list(kind, mentions));
  }

  void hear(const Bytes& message) {
    const auto outputs = plumtree_.on_message(now_, node(), message);
    check(outputs);
    for (const auto& output : outputs) {
      if (!std::holds_alternative<PlumtreeDeliver>(output)) continue;
      const auto gossip = plumtree::decode_gossip(message);
      TROUPE_ASSERT(gossip.has_value() && plumtree::kind_of(message) == Kind::kGossip);
      TROUPE_ASSERT(!gossip->id.root.same_node(kSelf));
      TROUPE_ASSERT(delivered_.insert(gossip->id).second);
    }
  }

  void check(const PlumtreeOutputs& outputs) {
    for (const auto& output : outputs) {
      const auto* send = std::get_if<PlumtreeSend>(&output);
      if (send == nullptr) continue;
      TROUPE_ASSERT(neighbours_.contains(send->to));
      if (plumtree::kind_of(send->message) == Kind::kGossip) {
        TROUPE_ASSERT(plumtree::decode_gossip(send->message).has_value());
      } else {
        TROUPE_ASSERT(plumtree::decode_list(send->message, kOptions.announce_batch_max).has_value());
      }
    }
  }

  wire::Reader input_;
  Plumtree plumtree_{kOptions, kSelf, Random(1)};
  TimePoint now_{};
  std::set<NodeId> neighbours_;
  std::set<BroadcastId> delivered_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script(Bytes::copy_of(std::as_bytes(std::span(data, size)))).run();
  return 0;
}
