#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "troupe/link/link.hpp"
#include "troupe/wire/codec.hpp"

// Golden traces: each file of testdata/ is a story of two links, commands (lines that begin with `> `) and below each
// of them what came out. With TROUPE_REWRITE=1 in the environment the outputs are written anew; comments and commands
// stay.
//
// clang-format off
//     > dial NODE [key=value...]      a link that dials: cluster, secret, expect, incarnation, version=MIN-MAX, takes=BYTES
//     > accept NODE [key=value...]    the link at the other end
//     > run                           pass bytes both ways until both are quiet
//     > pass NODE [BYTES]             what the node has written arrives, in pieces of so many bytes
//     > lose NODE                     what the node has written never arrives
//     > wait MILLISECONDS             the ticks that fall due; what is written waits
//     > live MILLISECONDS             the same, and what is written arrives at once
//     > freeze MILLISECONDS           time passes and nobody ticks before its end
//     > send NODE TEXT                a message
//     > leave NODE REASON             goodbye
//     > end NODE CAUSE                the node's socket says that the connection has ended
//     > inject NODE TYPE TEXT         a frame that the other end never wrote arrives at the node
//     > raw NODE TEXT                 and bytes that are no frame
// clang-format on
namespace troupe::link {
namespace {

using wire::FrameType;
using Words = std::map<std::string, std::string>;

std::string describe(const wire::Frame& frame) {
  const std::string type(to_string(frame.type));
  switch (frame.type) {
    case FrameType::kRefuse: {
      const Refusal refusal = wire::decode<Refusal>(frame.payload).value_or(Refusal{});
      return fmt::format("refuse {}: {}", to_string(refusal.code), refusal.detail);
    }
    case FrameType::kMessage: return fmt::format("message '{}'", frame.payload.view());
    case FrameType::kGoodbye: return fmt::format("goodbye '{}'", *wire::decode<std::string>(frame.payload));
    case FrameType::kHeartbeat: {
      const auto echo = wire::decode<Heartbeat>(frame.payload)->echo;
      return echo ? fmt::format("heartbeat, echo held {:.0f} ms", to_milliseconds(echo->held)) : "heartbeat";
    }
    default: return fmt::format("{} of {} bytes", type, frame.payload.size());
  }
}

class Story {
 public:
  /// Does one command and returns its output, a line each.
  std::string command(const std::string& line) {
    output_.clear();
    std::istringstream words(line);
    std::string verb;
    std::string node;
    words >> verb >> node;
    std::string rest;
    std::getline(words >> std::ws, rest);
    if (verb == "dial" || verb == "accept") open(verb == "dial" ? Role::kDialer : Role::kAcceptor, node, rest);
    if (verb == "run") run();
    if (verb == "wait" || verb == "live") pass_time(std::stoi(node) * 1ms, verb == "live");
    if (verb == "freeze") freeze(std::stoi(node) * 1ms);
    if (verb == "pass") pass(end(node), rest.empty() ? SIZE_MAX : std::stoul(rest));
    if (verb == "lose") end(node).wire.clear();
    if (verb == "send") send(end(node), rest);
    if (verb == "leave") end(node).link->goodbye(rest, end(node).actions);
    if (verb == "end") end(node).link->on_end(rest, end(node).actions);
    if (verb == "raw") end(node).link->on_bytes(now_, Bytes::copy_of(rest), end(node).actions);
    if (verb == "inject") inject(end(node), rest);
    flush();
    return output_;
  }

 private:
  struct End {
    std::string name;
    std::unique_ptr<Link> link;
    Actions actions;
    std::string wire;  ///< Written, and not arrived yet.
    wire::FrameDecoder decoder{UINT32_MAX};
  };

  End& end(const std::string& node) {
    return *std::ranges::find_if(ends_, [&](const auto& one) { return one->name == node; })->get();
  }
  End* other(const End& one) {
    for (const auto& candidate : ends_) {
      if (candidate.get() != &one) return candidate.get();
    }
    return nullptr;
  }

  void open(Role role, const std::string& node, const std::string& arguments) {
    Words words{
        {"address", node + ":7400"}, {"cluster", "troupe"}, {"secret", "s"}, {"incarnation", "1"}, {"version", "1-1"}};
    std::istringstream stream(arguments);
    for (std::string word; stream >> word;) {
      const std::size_t equals = word.find('=');
      words[word.substr(0, equals)] = word.substr(equals + 1);
    }
    const std::string& versions = words["version"];
    Identity identity{.cluster = words["cluster"], .node = node, .address = words["address"], .channel = "data"};
    identity.version_min = static_cast<std::uint16_t>(std::stoi(versions));
    identity.version = static_cast<std::uint16_t>(std::stoi(versions.substr(versions.find('-') + 1)));
    identity.incarnation = std::stoull(words["incarnation"]);
    identity.frame_bytes_max = 65536;
    LinkOptions options{.secret = words["secret"], .liveness = {.round_trip_interval = 2s}};
    if (words.contains("expect")) options.expected_node = words["expect"];

    auto end = std::make_unique<End>();
    end->name = words.contains("as") ? words["as"] : node;
    Nonce nonce{};
    nonce.fill(static_cast<std::byte>(++nonces_));
    end->link = std::make_unique<Link>(options, role, identity, nonce, now_);
    end->link->start(end->actions);
    ends_.push_back(std::move(end));
  }

  void send(End& from, const std::string& text) {
    const auto sent = from.link->send(
        now_, 1, [&](wire::Writer& writer) { writer.raw(std::as_bytes(std::span(text))); }, from.actions);
    if (!sent) print(from, "cannot send, " + sent.error().to_string());
  }

  void inject(End& to, const std::string& type_and_text) {
    const std::size_t space = std::min(type_and_text.find(' '), type_and_text.size());
    const std::string text = type_and_text.substr(std::min(space + 1, type_and_text.size()));
    for (int number = 1; number <= 8; ++number) {
      const auto type = static_cast<FrameType>(number);
      if (to_string(type) != type_and_text.substr(0, space)) continue;
      wire::Writer writer;
      wire::encode_frame_header(writer, type, static_cast<std::uint32_t>(text.size()));
      writer.raw(std::as_bytes(std::span(text)));
      to.link->on_bytes(now_, writer.finish(), to.actions);
    }
  }

  bool pass(End& from, std::size_t piece) {
    flush();
    const std::string bytes = std::exchange(from.wire, "");
    End* to = other(from);
    if (bytes.empty() || to == nullptr) return false;
    for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
      to->link->on_bytes(now_, Bytes::copy_of(std::string_view(bytes).substr(at, piece)), to->actions);
    }
    flush();
    return true;
  }

  void run() {
    bool moved = true;
    while (moved) {
      moved = false;
      for (const auto& end : ends_) moved = pass(*end, SIZE_MAX) || moved;
    }
  }

  void pass_time(Duration duration, bool deliver) {
    const TimePoint until = now_ + duration;
    while (true) {
      TimePoint next = until;
      for (const auto& end : ends_) next = std::min(next, end->link->next_tick());
      now_ = next;
      for (const auto& end : ends_) {
        if (end->link->next_tick() <= now_) end->link->on_tick(now_, end->actions);
      }
      flush();
      if (deliver) run();
      if (now_ == until) return;
    }
  }

  void freeze(Duration duration) {
    now_ += duration;
    for (const auto& end : ends_) end->link->on_tick(now_, end->actions);
  }

  /// Prints what has come out of both links, and puts what they wrote on the wire.
  void flush() {
    for (const auto& end : ends_) {
      Actions& actions = end->actions;
      const Identity& peer = end->link->peer();
      if (actions.established) {
        print(*end,
              fmt::format("established with {} {}, version {}", peer.node, peer.incarnation, end->link->version()));
      }
      for (const Bytes& payload : actions.received) print(*end, fmt::format("received '{}'", payload.view()));
      for (const Bytes& bytes : actions.writes()) {
        end->wire.append(bytes.view());
        end->decoder.feed(bytes);
        for (auto frame = end->decoder.next(); *frame; frame = end->decoder.next())
          print(*end, "-> " + describe(**frame));
      }
      if (actions.closed) {
        print(*end, fmt::format("closed{}, {}", actions.closed->peer_left ? " (peer left)" : "",
                                actions.closed->error.to_string()));
      }
      actions.clear();
    }
  }

  void print(const End& end, const std::string& text) {
    output_ += fmt::format("{:5.0f} {} {}\n", to_milliseconds(now_ - TimePoint{}), end.name, text);
  }

  TimePoint now_{};
  std::vector<std::unique_ptr<End>> ends_;
  int nonces_ = 0;
  std::string output_;
};

/// The file as it should be: comments and commands from `text`, outputs from the links.
std::string retold(const std::string& text) {
  std::istringstream lines(text);
  std::string result;
  Story story;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# === ")) story = Story();
    if (line.empty() || line.starts_with("#") || line.starts_with("> ")) result += line + "\n";
    if (line.starts_with("> ")) result += story.command(line.substr(2));
  }
  return result;
}

TEST(LinkStory, comes_out_as_told) {
  const auto folder = std::filesystem::path(__FILE__).parent_path() / "testdata";
  int stories = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::stringstream told;
    told << std::ifstream(entry.path()).rdbuf();
    const std::string result = retold(told.str());
    if (std::getenv("TROUPE_REWRITE") != nullptr)
      std::ofstream(entry.path()) << result;
    else
      EXPECT_EQ(result, told.str()) << entry.path() << ": TROUPE_REWRITE=1 in the environment writes it anew";
    ++stories;
  }
  EXPECT_GE(stories, 4);
}

}  // namespace
}  // namespace troupe::link
