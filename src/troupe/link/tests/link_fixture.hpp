#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "troupe/link/link.hpp"
#include "troupe/wire/codec.hpp"

namespace troupe::link {

inline constexpr TimePoint kStart{1h};

inline Identity identity_of(const std::string& node, std::uint32_t frame_bytes_max = 1 << 20) {
  return {.cluster = "troupe",
          .node = node,
          .incarnation = 1,
          .address = node + ":7400",
          .channel = "data",
          .frame_bytes_max = frame_bytes_max};
}

/// A link and what came out of it.
struct LinkEnd {
  LinkEnd(Role role, const std::string& node, std::uint32_t frame_bytes_max = 1 << 20)
      : link({.secret = "secret"}, role, identity_of(node, frame_bytes_max), nonce_of(role), kStart) {}

  static Nonce nonce_of(Role role) {
    Nonce nonce{};
    nonce.fill(role == Role::kDialer ? std::byte{1} : std::byte{2});
    return nonce;
  }

  /// What is to be written, as one piece; taken out.
  Bytes take_writes() {
    wire::Writer writer;
    for (const Bytes& piece : actions.writes()) writer.raw(piece.span());
    actions.writes().clear();
    return writer.finish();
  }

  /// The messages that came out since the last call.
  std::vector<std::string> take_received() {
    std::vector<std::string> texts;
    for (const Bytes& payload : actions.received) texts.emplace_back(payload.view());
    actions.received.clear();
    return texts;
  }

  /// A message of one flow: `head` and `body`.
  Result<void> send(TimePoint now, std::string_view head, const Bytes& body = {}) {
    return link.send(
        now, 1,
        [&](wire::Writer& writer) {
          writer.raw(std::as_bytes(std::span(head)));
          writer.raw(body);
        },
        actions);
  }

  std::size_t read(TimePoint now, const Bytes& bytes) {
    link.on_bytes(now, bytes, actions);
    return bytes.size();
  }
  /// As a socket's owner does that reads content to where it belongs.
  std::size_t read_to_its_place(TimePoint now, const Bytes& bytes) {
    const std::span<std::byte> place = link.place();
    if (place.empty()) return read(now, bytes);
    const std::size_t size = std::min(place.size(), bytes.size());
    std::ranges::copy(bytes.span().first(size), place.begin());
    link.on_placed(now, size, actions);
    return size;
  }

  std::string closed() const { return actions.closed ? actions.closed->error.to_string() : "not closed"; }

  Link link;
  Actions actions;
  bool gives_credit = true;
  bool places = false;  ///< `read_to_its_place`
};

/// Two ends, and what passes bytes between them.
class LinkTest : public testing::Test {
 protected:
  /// Passes bytes on, in pieces of at most `piece`, until both are quiet.
  void exchange(std::size_t piece = std::numeric_limits<std::size_t>::max()) {
    while (pass(dialer_, acceptor_, piece) + pass(acceptor_, dialer_, piece) > 0) {
    }
  }

  std::size_t pass(LinkEnd& from, LinkEnd& to, std::size_t piece = std::numeric_limits<std::size_t>::max()) {
    const Bytes bytes = from.take_writes();
    for (std::size_t at = 0; at < bytes.size();) {
      const Bytes part = bytes.slice(at, piece);
      at += to.places ? to.read_to_its_place(now_, part) : to.read(now_, part);
    }
    if (to.gives_credit) to.link.give_credit(0, to.actions);
    return bytes.size();
  }

  void establish() {
    dialer_.link.start(dialer_.actions);
    acceptor_.link.start(acceptor_.actions);
    exchange();
    ASSERT_TRUE(dialer_.link.is_established() && acceptor_.link.is_established());
  }

  static Bytes frame(wire::FrameType type, std::string_view payload) {
    wire::Writer writer;
    wire::encode_frame_header(writer, type, static_cast<std::uint32_t>(payload.size()));
    writer.raw(std::as_bytes(std::span(payload)));
    return writer.finish();
  }

  TimePoint now_ = kStart;
  LinkEnd dialer_{Role::kDialer, "ada"};
  LinkEnd acceptor_{Role::kAcceptor, "bob", 8192};
};

}  // namespace troupe::link
