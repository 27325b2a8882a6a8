// LINK: troupe::overlay
//
// A fabric, with one of the overlays, among neighbours that say anything. The input is a script of events; a message is
// either any bytes, or one that decodes, of a few names and small numbers, so that the events have to do with each
// other: records of this node itself, of members that it has declared down, of links that nobody else has. It sends to
// neighbours only, closes only links that are there, tells of each member in the order of its life, and keeps to its
// bounds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "troupe/base/assert.hpp"
#include "troupe/overlay/fabric.hpp"
#include "troupe/overlay/fabric/fabric_messages.hpp"
#include "troupe/overlay/overlay_choice.hpp"
#include "troupe/overlay/plumtree/messages.hpp"
#include "troupe/wire/codec.hpp"
#include "troupe/wire/reader.hpp"

namespace {

using namespace troupe;           // NOLINT(google-build-using-namespace): a program of one file.
using namespace troupe::overlay;  // NOLINT(google-build-using-namespace)

constexpr int kEventsMax = 300;
constexpr std::size_t kMembersMax = 6;
constexpr std::size_t kNames = 10;

std::string name_of(std::size_t index) { return std::string(1, static_cast<char>('a' + index % kNames)); }

class Script {
 public:
  explicit Script(const Bytes& input) : input_(input) {
    OverlayChoice choice;
    choice.name = overlay_names()[byte() % overlay_names().size()];
    FabricOptions options{.join = {"b:1"}, .members_max = kMembersMax};
    auto overlay = make_overlay(choice, options.join, Random(1));
    fabric_ = std::make_unique<Fabric>(options, Member{.name = "a", .incarnation = 1, .address = "a:1"},
                                       *std::move(overlay), Random(2));
  }

  void run() {
    take(fabric_->start(now_));
    for (int i = 0; i < kEventsMax && input_.remaining() > 0; ++i) event();
  }

 private:
  void event() {
    switch (byte() % 11) {
      case 0:
      case 1: return link_up();
      case 2: return link_down();
      case 3: return take(fabric_->on_dial_failed(now_, name_of(byte()) + ":1", {ErrorCode::kUnreachable, "no"}));
      case 4: return wait();
      case 5: return say(any_bytes());
      case 6: return say(packet(message::Kind::kRecords, records()));
      case 7: return say(broadcast());
      case 8: return say(packet(message::Kind::kProbe, message::Probe{hash64(name_of(byte()))}));
      case 9:
        return take(fabric_->on_heard(now_, some_link(), byte() % 2 == 0 ? std::optional(byte() * 1ms) : std::nullopt));
      default: return operate();
    }
  }

  void link_up() {
    const Member peer = member();
    const LinkId link = ++last_link_;
    links_[link] = peer.id();
    take(fabric_->on_link_up(now_, link, peer, byte() % 2 == 0 ? peer.address : ""));
  }
  void link_down() {
    const LinkId link = some_link();
    links_.erase(link);
    take(fabric_->on_link_down(now_, link, {ErrorCode::kUnreachable, "broken"}, byte() % 4 == 0));
  }
  void wait() {
    now_ += byte() * 20ms;
    const auto due = fabric_->next_tick();
    if (due && *due <= now_) take(fabric_->on_tick(now_));
  }
  void say(const Bytes& message) { take(fabric_->on_message(now_, some_link(), message)); }
  void operate() {
    switch (byte() % 4) {
      case 0: return take(fabric_->broadcast(now_, any_bytes()));
      case 1: return take(fabric_->join(now_, name_of(byte()) + ":1"));
      case 2: return take(fabric_->on_lane_lost(now_, some_link()));
      default: {
        Actions actions;
        (void)fabric_->declare_down(now_, hash64(name_of(byte())), actions);
        return take(actions);
      }
    }
  }

  template <class Kind, class Body>
  static Bytes packet(Kind kind, const Body& body) {
    return wire::encode(message::Packet{static_cast<std::uint8_t>(kind), wire::encode(body)});
  }
  message::Records records() {
    message::Records records;
    for (int count = byte() % 4; count > 0; --count) {
      Record record{.member = member(), .version = byte() % 4U, .left = byte() % 8 == 0};
      for (int links = byte() % 5; links > 0; --links)
        record.links.push_back({hash64(name_of(byte())), 1U + byte() % 2U});
      records.records.push_back(std::move(record));
    }
    for (int count = byte() % 3; count > 0; --count) records.wanted.push_back(hash64(name_of(byte())));
    return records;
  }
  /// As a GOSSIP of Plumtree.
  Bytes broadcast() {
    const auto topic = static_cast<message::Topic>(byte() % 6);
    message::Verdict verdict{.weight = byte() % 4U, .least = hash64(name_of(byte()))};
    for (int count = byte() % 3; count > 0; --count) verdict.down.push_back(member().id());
    const Bytes content = topic == message::Topic::kRecords   ? packet(topic, records())
                          : topic == message::Topic::kVerdict ? packet(topic, verdict)
                                                              : packet(topic, message::Dismissal{member().id()});
    plumtree::Gossip gossip;
    gossip.id = {member().id(), ++last_broadcast_};
    gossip.payload = content;
    return wire::encode(
        message::Packet{static_cast<std::uint8_t>(message::Kind::kBroadcast), plumtree::encode_gossip(gossip)});
  }
  Member member() {
    const std::string name = name_of(byte());
    return {.name = name, .incarnation = 1U + byte() % 3U, .address = name + ":1", .server = byte() % 2 == 0};
  }

  void take(const Actions& actions) {
    for (const Action& action : actions) {
      std::visit([this](const auto& each) { check(each); }, action);
    }
    TROUPE_ASSERT(fabric_->statuses().size() <= kMembersMax + 1);
  }
  void check(const Dial& dial) { TROUPE_ASSERT(!dial.address.empty() && dial.address != "a:1"); }
  void check(const CloseLink& close) { TROUPE_ASSERT(links_.erase(close.link) == 1); }
  void check(const Send& send) {
    TROUPE_ASSERT(std::ranges::any_of(links_, [&](const auto& each) { return each.second == send.to; }));
  }
  void check(const LinkChosen& chosen) { TROUPE_ASSERT(links_.contains(chosen.link)); }
  void check(const MemberUp& up) { TROUPE_ASSERT(up_.emplace(up.member.id().name, up.member.incarnation).second); }
  void check(const MemberUnreachable& lost) { check_is_up(lost.member); }
  void check(const MemberSuspected& suspected) { check_is_up(suspected.member); }
  void check(const WayChanged& changed) { check_is_up(changed.member); }
  void check(const MemberDown& down) {
    check_is_up(down.member);
    up_.erase(down.member.id().name);
  }
  void check(const Delivered&) {}
  void check(const Reborn& reborn) {
    TROUPE_ASSERT(reborn.self.incarnation > incarnation_);
    incarnation_ = reborn.self.incarnation;
  }
  void check_is_up(const Member& member) {
    const auto found = up_.find(member.id().name);
    TROUPE_ASSERT(found != up_.end() && found->second == member.incarnation);
  }

  LinkId some_link() {
    if (links_.empty()) return 0;
    return std::next(links_.begin(), static_cast<std::ptrdiff_t>(byte() % links_.size()))->first;
  }
  std::uint8_t byte() { return input_.remaining() > 0 ? input_.number<std::uint8_t>() : 0; }
  Bytes any_bytes() {
    const std::size_t size = std::min<std::size_t>(byte(), input_.remaining());
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(byte()));
    return Bytes::copy_of(bytes);
  }

  wire::Reader input_;
  TimePoint now_{};
  std::unique_ptr<Fabric> fabric_;
  std::map<LinkId, NodeId> links_;
  LinkId last_link_ = 0;
  std::uint64_t last_broadcast_ = 0;
  std::uint64_t incarnation_ = 1;
  std::map<std::uint64_t, std::uint64_t> up_;  ///< Incarnations, by NodeId::name.
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script(Bytes::copy_of(std::as_bytes(std::span(data, size)))).run();
  return 0;
}
