#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "troupe/overlay/overlay.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::overlay {

/// What the two ends of a link tell each other in WantedLinks, written down a second time: a change must be wanted.
struct WireWish {
  bool is_wanted = false;
};

/// The cluster as a test says that it is, for one node and its overlay. Carries out the overlay's wishes as far as they
/// tell: `wishes` has a line for each since it was asked the last time.
class FakeView final : public View {
 public:
  explicit FakeView(const std::string& name, const std::string& zone = "", bool server = true)
      : self_(member(name, zone, server)) {}

  static Member member(const std::string& name, const std::string& zone = "", bool server = true) {
    return {.name = name, .incarnation = 1, .address = name + ":1", .http = {}, .zone = zone, .server = server};
  }

  FakeView& add(const Member& one) {
    names_[one.id().name] = one.name;
    members_[one.id().name] = one;
    return *this;
  }
  FakeView& add(const std::string& name) { return add(member(name)); }
  FakeView& remove(const std::string& name) {
    members_.erase(hash64(name));
    return *this;
  }
  FakeView& suspect(const std::string& name) {
    suspected_.insert(hash64(name));
    return *this;
  }
  FakeView& trust(const std::string& name) {
    suspected_.erase(hash64(name));
    return *this;
  }

  /// Whether the link with this node is the only way to it.
  FakeView& only_way(const std::string& name, bool is_only) {
    is_only ? (void)only_ways_.insert(hash64(name)) : (void)only_ways_.erase(hash64(name));
    return *this;
  }

  // What happens. `overlay` is told, and wishes.

  void start(Overlay& overlay) { take(overlay.start(*this)); }
  void members_changed(Overlay& overlay) { take(overlay.on_members_changed(*this)); }
  void up(Overlay& overlay, const std::string& name) {
    linked_.insert(hash64(name));
    take(overlay.on_neighbour_up(*this, members_.at(hash64(name))));
  }
  void down(Overlay& overlay, const std::string& name, LinkEnd why = LinkEnd::kLost) {
    linked_.erase(hash64(name));
    take(overlay.on_neighbour_down(*this, members_.at(hash64(name)), why));
  }
  void connect_failed(Overlay& overlay, const std::string& name) {
    take(overlay.on_connect_failed(*this, members_.at(hash64(name))));
  }
  void hear(Overlay& overlay, const std::string& name, bool is_wanted) {
    take(overlay.on_message(*this, members_.at(hash64(name)).id(), wire::encode(WireWish{is_wanted})));
  }
  void pass(Overlay& overlay, Duration duration) {
    const TimePoint end = now_ + duration;
    for (auto next = overlay.next_tick(); next && *next <= end; next = overlay.next_tick()) {
      now_ = std::max(now_, *next);
      take(overlay.on_tick(*this));
    }
    now_ = end;
  }

  /// "connect b", "disconnect b", "want b", "do not want b".
  std::vector<std::string> wishes() { return std::exchange(wishes_, {}); }

  TimePoint now() const override { return now_; }
  const Member& self() const override { return self_; }
  std::vector<const Member*> members() const override {
    std::vector<const Member*> members;
    for (const auto& [name, one] : members_) members.push_back(&one);
    return members;
  }
  const Member* find(std::uint64_t name) const override {
    const auto found = members_.find(name);
    return found == members_.end() ? nullptr : &found->second;
  }
  bool is_suspected(std::uint64_t name) const override { return suspected_.contains(name); }
  std::vector<NodeId> neighbours() const override {
    std::vector<NodeId> nodes;
    for (const std::uint64_t name : linked_) nodes.push_back({name, 1});
    return nodes;
  }
  bool is_neighbour(NodeId node) const override { return linked_.contains(node.name); }
  bool has_other_way(NodeId node) const override { return !only_ways_.contains(node.name); }
  std::optional<Duration> round_trip(NodeId) const override { return std::nullopt; }

 private:
  void take(const Wishes& wishes) {
    for (const Wish& wish : wishes) {
      if (const auto* connect = std::get_if<Connect>(&wish)) {
        wishes_.push_back("connect " + connect->member.name);
      } else if (const auto* disconnect = std::get_if<Disconnect>(&wish)) {
        wishes_.push_back("disconnect " + names_.at(disconnect->node.name));
      } else if (const auto* tell = std::get_if<Tell>(&wish)) {
        const bool is_wanted = wire::decode<WireWish>(tell->message).value().is_wanted;
        wishes_.push_back((is_wanted ? "want " : "do not want ") + names_.at(tell->to.name));
      }
    }
  }

  TimePoint now_{};
  const Member self_;
  std::map<std::uint64_t, Member> members_;
  std::map<std::uint64_t, std::string> names_;
  std::set<std::uint64_t> suspected_;
  std::set<std::uint64_t> linked_;
  std::set<std::uint64_t> only_ways_;
  std::vector<std::string> wishes_;
};

}  // namespace troupe::overlay
