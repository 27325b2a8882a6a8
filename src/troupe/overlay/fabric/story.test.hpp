#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "troupe/overlay/fabric.hpp"
#include "troupe/overlay/fabric/fabric_messages.hpp"
#include "troupe/overlay/full_mesh.hpp"
#include "troupe/overlay/static_overlay.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::overlay {

/// What the two ends of a link tell each other in WantedLinks, written down a second time: a change must be wanted.
struct WireLinkWish {
  bool is_wanted = false;
};

/// A story of one fabric: runs a command, and gives what the fabric wants to be done. fabric.test.cpp has the list.
class FabricStory {
 public:
  std::string run(const std::string& line) {
    words_ = split(line, ' ');
    output_.clear();
    const std::string& command = words_.at(0);
    if (command == "fabric") {
      make();
    } else if (command == "at") {
      pass_time(TimePoint(milliseconds(words_.at(1))));
    } else if (command == "asleep") {
      now_ = TimePoint(milliseconds(words_.at(1)));
      print(fabric_->on_tick(now_));
    } else if (command == "link-up") {
      print(fabric_->on_link_up(now_, link(), member(words_.at(2)), option("dialed").value_or("")));
    } else if (command == "link-down") {
      const ErrorCode code = has("closed") ? ErrorCode::kRefused : ErrorCode::kUnreachable;
      print(fabric_->on_link_down(now_, link(), {code, "reset"}, has("left")));
    } else if (command == "heard") {
      print(fabric_->on_heard(now_, link(), std::nullopt));
    } else if (command == "lane-lost") {
      print(fabric_->on_lane_lost(now_, link()));
    } else if (command == "dial-failed") {
      print(fabric_->on_dial_failed(now_, words_.at(1), {ErrorCode::kUnreachable, "refused"}));
    } else if (command == "from") {
      print(fabric_->on_message(now_, link(), message()));
    } else if (command == "broadcast") {
      print(fabric_->broadcast(now_, Bytes::copy_of(words_.at(1))));
    } else if (command == "join") {
      print(fabric_->join(now_, words_.at(1)));
    } else if (command == "discover") {
      print(fabric_->discover(now_, split(words_.size() > 1 ? words_[1] : "", ',')));
    } else if (command == "leave") {
      print(fabric_->leave(now_));
    } else if (command == "declare-down") {
      Actions actions;
      if (!fabric_->declare_down(now_, named(words_.at(1)), actions)) output_ += "there is no such member\n";
      print(actions);
    } else if (command == "members") {
      for (const auto& [one, state] : fabric_->statuses())
        output_ += fmt::format("{} {}\n", text(one), to_string(state));
    } else if (command == "hop") {
      const auto hop = fabric_->next_hop(member(words_.at(1)).id());
      output_ += hop ? text(*hop) + "\n" : "none\n";
    } else {
      ADD_FAILURE() << "no such command: " << line;
    }
    if (const auto count = fabric_->malformed_messages(); count != std::exchange(malformed_, count))
      output_ += fmt::format("malformed so far: {}\n", count);
    return output_;
  }

 private:
  void make() {
    FabricOptions options{.backoff = {.jitter = 0}, .exchange_interval = 1'000'000h, .heal_interval = 1'000'000h};
    options.join = split(option("join").value_or(""), ',');
    if (const auto text = option("members_max")) options.members_max = std::stoull(*text);
    if (const auto text = option("heal_interval")) options.heal_interval = milliseconds(*text);
    if (const auto text = option("exchange_interval")) options.exchange_interval = milliseconds(*text);
    shows_exchange_ = option("show") == "exchange";
    const WantedLinksOptions links{.backoff = options.backoff};
    std::unique_ptr<Overlay> overlay = std::make_unique<FullMesh>(links, Random(1));
    if (option("overlay") == "static") overlay = std::make_unique<StaticOverlay>(options.join, links, Random(1));
    malformed_ = 0;
    fabric_ = std::make_unique<Fabric>(options, member(words_.at(1)), std::move(overlay), Random(1));
    print(fabric_->start(now_));
  }

  void pass_time(TimePoint end) {
    for (auto next = fabric_->next_tick(); next && *next <= end; next = fabric_->next_tick()) {
      now_ = std::max(now_, *next);
      const Actions actions = fabric_->on_tick(now_);
      const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
      print(actions, fmt::format("{} ", time.count()));
      if (const auto after = fabric_->next_tick(); after && *after <= now_) throw std::logic_error("ticks without end");
    }
    now_ = end;
  }

  // What a peer's fabric says.

  Bytes message() {
    const std::string& what = words_.at(2);
    if (what == "raw") return Bytes::copy_of(words_.at(3));
    if (what == "wish") return packet(message::Kind::kOverlay, wire::encode(WireLinkWish{words_.at(3) == "yes"}));
    if (what == "probe") return packet(message::Kind::kProbe, wire::encode(message::Probe{named(words_.at(3))}));
    if (what == "records") return packet(message::Kind::kRecords, wire::encode(records(3)));
    if (what != "gossip") throw std::logic_error("no such message: " + what);
    const NodeId root = member(words_.at(3)).id();
    const plumtree::Gossip gossip{
        .id = {root, sequences_[root]++}, .hops = 1, .age = {}, .payload = broadcast_of(words_.at(4))};
    return packet(message::Kind::kBroadcast, plumtree::encode_gossip(gossip));
  }

  Bytes broadcast_of(const std::string& what) {
    if (what == "records") return packet(message::Topic::kRecords, wire::encode(records(5)));
    if (what == "dismissal")
      return packet(message::Topic::kDismissal, wire::encode(message::Dismissal{member(words_.at(5)).id()}));
    if (what == "say") return packet(message::Topic::kApplication, Bytes::copy_of(words_.at(5)));
    if (what == "raw") return Bytes::copy_of(words_.at(5));
    if (what != "verdict") throw std::logic_error("no such broadcast: " + what);
    message::Verdict verdict{.weight = std::stoull(option("weight").value()), .least = named(option("least").value())};
    for (const std::string& word : split(words_.at(5), ',')) verdict.down.push_back(member(word).id());
    std::ranges::sort(verdict.down);
    return packet(message::Topic::kVerdict, wire::encode(verdict));
  }

  template <class KindOrTopic>
  static Bytes packet(KindOrTopic kind, Bytes body) {
    return wire::encode(message::Packet{static_cast<std::uint8_t>(kind), std::move(body)});
  }

  message::Records records(std::size_t first_word) {
    message::Records records;
    for (std::size_t i = first_word; i < words_.size(); ++i) records.records.push_back(record(words_[i]));
    return records;
  }

  /// "c/1[b,d*2]v3": c is linked with b, and for the second time with d; its third version. "c/1[]left".
  Record record(const std::string& word) {
    const std::size_t open = word.find('[');
    const std::size_t close = word.find(']');
    Record result{.member = member(word.substr(0, open)), .version = 1, .left = false, .links = {}};
    for (const std::string& link : split(word.substr(open + 1, close - open - 1), ',')) {
      const std::size_t star = link.find('*');
      const auto made = star == std::string::npos ? 1 : std::stoul(link.substr(star + 1));
      result.links.push_back({named(link.substr(0, star)), static_cast<std::uint32_t>(made)});
    }
    std::ranges::sort(result.links, {}, &Edge::to);
    const std::string rest = word.substr(close + 1);
    if (rest.starts_with("v")) result.version = std::stoull(rest.substr(1));
    result.left = rest == "left";
    return result;
  }

  // What it wants to be done.

  void print(const Actions& actions, const std::string& prefix = "") {
    std::vector<std::pair<std::size_t, std::string>> lines;  ///< With the action's kind.
    for (const Action& action : actions) {
      std::string line = std::visit([this](const auto& one) { return text(one); }, action);
      if (!line.empty()) lines.emplace_back(action.index(), std::move(line));
    }
    // Members of whom the same is said at once come in no particular order.
    for (auto begin = lines.begin(); begin != lines.end();) {
      const auto end = std::find_if(begin, lines.end(), [&](const auto& each) { return each.first != begin->first; });
      if (!has_order(begin->first)) std::sort(begin, end);
      begin = end;
    }
    for (const auto& [kind, line] : lines) output_ += prefix + line + "\n";
  }

  static bool has_order(std::size_t kind) {
    static const std::vector<Action> kWithout{MemberUp{}, MemberUnreachable{}, WayChanged{}, MemberDown{}};
    return std::ranges::none_of(kWithout, [kind](const Action& each) { return each.index() == kind; });
  }

  std::string text(const Dial& dial) { return "dial " + dial.address; }
  std::string text(const CloseLink& close) { return fmt::format("close {}: {}", close.link, close.reason); }
  std::string text(const LinkChosen& chosen) { return fmt::format("choose {} for {}", chosen.link, text(chosen.node)); }
  std::string text(const MemberUp& up) { return "up " + text(up.member); }
  std::string text(const MemberUnreachable& unreachable) { return "unreachable " + text(unreachable.member); }
  std::string text(const MemberSuspected& suspected) {
    return (suspected.is_suspected ? "suspect " : "trust ") + text(suspected.member);
  }
  std::string text(const WayChanged& changed) { return "another way to " + text(changed.member); }
  std::string text(const MemberDown& down) {
    return fmt::format("down {}: {}{}", text(down.member), down.reason.to_string(), down.left ? " (left)" : "");
  }
  std::string text(const Delivered& delivered) {
    return fmt::format("delivered '{}' from {}", delivered.payload.view(), text(delivered.from));
  }
  std::string text(const Reborn& reborn) { return "reborn as " + text(reborn.self); }

  std::string text(const Send& send) {
    const auto packet = wire::decode<message::Packet>(send.message).value();
    const std::string to = text(send.to);
    switch (static_cast<message::Kind>(packet.kind)) {
      case message::Kind::kOverlay: {
        const bool is_wanted = wire::decode<WireLinkWish>(packet.body).value().is_wanted;
        return fmt::format("tell {}: the link is {}", to, is_wanted ? "wanted" : "not wanted");
      }
      case message::Kind::kProbe:
        return fmt::format("ask {} to look for {}", to, name(wire::decode<message::Probe>(packet.body).value().name));
      case message::Kind::kBroadcast: return gossip_text(to, packet.body);
      default: return shows_exchange_ ? "compare tables with " + to : "";
    }
  }

  std::string gossip_text(const std::string& to, const Bytes& body) {
    if (plumtree::kind_of(body) != plumtree::Kind::kGossip) return "";  // Announcements and the like.
    const auto gossip = plumtree::decode_gossip(body).value();
    const auto packet = wire::decode<message::Packet>(gossip.payload).value();
    const std::string start = gossip.id.root.same_node(fabric_->self().id())
                                  ? fmt::format("broadcast to {}: ", to)
                                  : fmt::format("hand on to {}, from {}: ", to, text(gossip.id.root));
    switch (static_cast<message::Topic>(packet.kind)) {
      case message::Topic::kVerdict: {
        const auto verdict = wire::decode<message::Verdict>(packet.body).value();
        std::vector<std::string> down;
        for (const NodeId& node : verdict.down) down.push_back(text(node));
        return fmt::format("{}{} was declared down (weight {}, least {})", start, fmt::join(down, ", "), verdict.weight,
                           name(verdict.least));
      }
      case message::Topic::kDismissal:
        return start + text(wire::decode<message::Dismissal>(packet.body).value().node) + " is dismissed";
      case message::Topic::kApplication: return fmt::format("{}'{}'", start, packet.body.view());
      case message::Topic::kRecords: break;
    }
    const Record record = wire::decode<message::Records>(packet.body).value().records.at(0);
    if (record.left) return start + text(record.member) + " has left";
    if (!shows_exchange_) return "";
    std::vector<std::string> links;
    for (const Edge& edge : record.links)
      links.push_back(name(edge.to) + (edge.made == 1 ? "" : fmt::format("*{}", edge.made)));
    std::ranges::sort(links);
    return fmt::format("{}the links of {} are [{}]", start, text(record.member), fmt::join(links, ","));
  }

  std::string text(const Member& one) {
    const std::string id = fmt::format("{}/{}", one.name, one.incarnation);
    return one.address == one.name + ":1" ? id : id + "@" + one.address;
  }
  std::string text(const NodeId& id) { return fmt::format("{}/{}", name(id.name), id.incarnation); }

  // Words.

  static std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, separator);) {
      if (!part.empty()) parts.push_back(part);
    }
    return parts;
  }
  static std::chrono::milliseconds milliseconds(const std::string& text) {
    return std::chrono::milliseconds(std::stoll(text));
  }

  std::uint64_t named(const std::string& name) {
    names_[hash64(name)] = name;
    return hash64(name);
  }
  std::string name(std::uint64_t hash) const { return names_.at(hash); }

  /// "b/2" or "b/2@host:7400".
  Member member(const std::string& word) {
    const std::size_t slash = word.find('/');
    const std::size_t at = word.find('@');
    Member result{.name = word.substr(0, slash), .incarnation = std::stoull(word.substr(slash + 1))};
    result.address = at == std::string::npos ? result.name + ":1" : word.substr(at + 1);
    (void)named(result.name);
    return result;
  }
  LinkId link() const { return std::stoull(words_.at(1)); }

  bool has(const std::string& word) const { return std::ranges::find(words_, word) != words_.end(); }

  std::optional<std::string> option(const std::string& key) const {
    for (const std::string& word : words_) {
      if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
    }
    return std::nullopt;
  }

  TimePoint now_{};
  std::unique_ptr<Fabric> fabric_;
  bool shows_exchange_ = false;
  std::uint64_t malformed_ = 0;
  std::map<NodeId, std::uint64_t> sequences_;  ///< Of the next broadcast of each root.
  std::map<std::uint64_t, std::string> names_;
  std::vector<std::string> words_;
  std::string output_;
};

}  // namespace troupe::overlay
