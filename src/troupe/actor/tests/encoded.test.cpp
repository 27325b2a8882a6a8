#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/actor/fixture.hpp"

// Messages as they come from another node: bytes and the tag of their type, decoded by the recipient's own list of
// messages.
namespace troupe {
namespace {

using testing::HasSubstr;

struct Greet {
  static constexpr auto wire_name = "encoded.greet";
  std::string whom;
  std::vector<int> numbers;
};
struct Count {
  static constexpr auto wire_name = "encoded.count";
  using Reply = int;
  int add = 0;
};
struct Secret {
  static constexpr auto wire_name = "encoded.secret";
  static constexpr bool local_only = true;
  std::unique_ptr<int> pointer;
};
struct Unhandled {
  static constexpr auto wire_name = "encoded.unhandled";
};

class Greeter : public Actor<Greeter> {
 public:
  using Messages = troupe::Messages<Greet, Count, Secret>;
  explicit Greeter(std::vector<std::string>& greeted) : greeted_(greeted) {}
  void on(const Greet& greet) {
    greeted_.push_back(greet.whom);
    sender = context().sender();
  }
  int on(const Count& count) { return static_cast<int>(greeted_.size()) + count.add; }
  void on(Secret) { greeted_.emplace_back("a secret"); }
  static inline Address sender;

 private:
  std::vector<std::string>& greeted_;
};

const Address kFar{{77, 3}, ActorId::at(0, 9, 1)};

template <class M>
EnvelopePtr encoded(EnvelopeKind kind, const M& message, ActorId to) {
  EnvelopePtr envelope = Envelope::make(kind, EncodedPayload{payload_type<M>.tag, wire::encode(message)},
                                        local_payload_type<EncodedPayload>);
  envelope->sender = kFar;
  envelope->recipient = to;
  envelope->correlation = 5;
  return envelope;
}

class EncodedTest : public testing::Test {
 protected:
  void deliver(EnvelopePtr envelope) {
    world.shard().deliver(std::move(envelope));
    world.run();
  }
  /// The error that went back to the other node.
  Error answered() {
    EXPECT_EQ(world.remote().size(), 1U);
    EXPECT_EQ(world.remote().front().second->correlation, 5U);
    Error* error = world.remote().front().second->get<Error>();
    return error != nullptr ? *error : Error{};
  }
  std::vector<std::string> greeted;
  ActorFixture world;
  Ref<Greeter> greeter = world.shard().spawn<Greeter>({.name = "greeter"}, greeted).value();
  ActorId id = greeter.address().actor;
};

using Encoded = EncodedTest;

TEST_F(Encoded, a_message_is_decoded_and_handled) {
  deliver(encoded(EnvelopeKind::kTell, Greet{"a far one", {1, 2}}, id));
  deliver(encoded(EnvelopeKind::kTell, Greet{"by name", {}}, ActorId::named("greeter")));
  EXPECT_THAT(greeted, testing::ElementsAre("a far one", "by name"));
  EXPECT_EQ(Greeter::sender, kFar);
}

TEST_F(Encoded, a_question_is_answered_to_its_node) {
  deliver(encoded(EnvelopeKind::kAsk, Count{41}, id));
  ASSERT_EQ(world.remote().size(), 1U);
  const auto& [node, answer] = world.remote().front();
  EXPECT_EQ(node, kFar.node);
  EXPECT_EQ(answer->kind, EnvelopeKind::kReply);
  EXPECT_EQ(answer->recipient, kFar.actor);
  EXPECT_EQ(answer->correlation, 5U);
  EXPECT_EQ(*answer->get<int>(), 41);
}

TEST_F(Encoded, bytes_that_do_not_decode_are_answered_with_corrupt) {
  EnvelopePtr envelope = encoded(EnvelopeKind::kAsk, Count{1}, id);
  envelope->encoded()->body = envelope->encoded()->body.slice(0, 3);
  deliver(std::move(envelope));
  EXPECT_EQ(answered().code, ErrorCode::kCorrupt);
  EXPECT_THAT(answered().detail, HasSubstr("cannot decode encoded.count"));
  EXPECT_EQ(world.metric("troupe_dead_letters_total"), 1);
}

TEST_F(Encoded, a_corrupt_tell_is_dropped_and_the_actor_lives) {
  EnvelopePtr envelope = encoded(EnvelopeKind::kTell, Greet{"whom", {}}, id);
  envelope->encoded()->body = Bytes::copy_of("\xff\xff\xff");
  deliver(std::move(envelope));
  EXPECT_TRUE(greeted.empty());
  EXPECT_TRUE(world.remote().empty());
  EXPECT_EQ(world.shard().actor_count(), 1U);
}

TEST_F(Encoded, an_unknown_tag_is_answered_with_not_handled) {
  deliver(encoded(EnvelopeKind::kAsk, Unhandled{}, id));
  EXPECT_EQ(answered().code, ErrorCode::kNotHandled);
  EXPECT_THAT(answered().detail, HasSubstr("does not handle an unknown message"));
}

TEST_F(Encoded, a_message_that_stays_in_its_node_cannot_come_from_another) {
  EnvelopePtr envelope = encoded(EnvelopeKind::kAsk, Greet{}, id);
  envelope->encoded()->tag = payload_type<Secret>.tag;
  deliver(std::move(envelope));
  EXPECT_EQ(answered().code, ErrorCode::kNotHandled);
  EXPECT_EQ(payload_type<Secret>.encode, nullptr);
}

TEST_F(Encoded, an_id_that_a_peer_made_up_names_nobody) {
  for (const ActorId made_up : {ActorId::at(900, 1, 1), ActorId::at(0, 500, 1), ActorId::at(0, 1, 7),
                                ActorId::at(0, 0, 1), ActorId::named("nobody"), ActorId()}) {
    deliver(encoded(EnvelopeKind::kAsk, Count{1}, made_up));
    EXPECT_EQ(answered().code, ErrorCode::kNoSuchActor);
    world.remote().clear();
  }
}

TEST_F(Encoded, answers_come_back_as_bytes) {
  Result<int> answer = 0;
  const auto reply = [&](EnvelopeKind kind, std::uint64_t correlation, Bytes body) {
    EnvelopePtr envelope = Envelope::make(kind, EncodedPayload{0, std::move(body)}, local_payload_type<EncodedPayload>);
    envelope->recipient = ActorId::at(0, 0, 1);  // The shard itself, which asked.
    envelope->correlation = correlation;
    deliver(std::move(envelope));
  };
  for (int i = 0; i < 4; ++i)
    world.shard().ask(Ref<Greeter>(kFar), Count{}, 5s, [&](Result<int> got) { answer = std::move(got); });
  reply(EnvelopeKind::kReply, 1, wire::encode(7));
  EXPECT_EQ(answer, 7);
  reply(EnvelopeKind::kReply, 2, Bytes::copy_of("?"));
  EXPECT_EQ(answer.error().code, ErrorCode::kCorrupt);
  reply(EnvelopeKind::kError, 3, wire::encode(Error{ErrorCode::kNotOwner, "ask another"}));
  EXPECT_EQ(answer.error(), (Error{ErrorCode::kNotOwner, "ask another"}));
  reply(EnvelopeKind::kError, 4, Bytes::copy_of("?"));
  EXPECT_EQ(answer.error().code, ErrorCode::kUnknown);
  reply(EnvelopeKind::kReply, 4, wire::encode(8));
  reply(EnvelopeKind::kReply, 99, wire::encode(9));
  EXPECT_EQ(answer.error().code, ErrorCode::kUnknown) << "answered already, and never asked";
}

TEST_F(Encoded, an_envelope_of_unknown_kind_is_dropped) {
  deliver(encoded(static_cast<EnvelopeKind>(200), Greet{}, id));
  EXPECT_EQ(world.shard().actor_count(), 1U);
  EXPECT_FALSE(crosses_wire(static_cast<EnvelopeKind>(200)));
  EXPECT_FALSE(crosses_wire(EnvelopeKind::kTask));
  EXPECT_TRUE(crosses_wire(EnvelopeKind::kLinkCheck));
}

TEST(RefCodec, a_ref_travels_in_a_message) {
  const Ref<Greeter> ref(kFar);
  EXPECT_EQ(wire::decode<Ref<Greeter>>(wire::encode(ref)), ref);
}

struct GreetOnly {
  using Messages = troupe::Messages<Greet>;
};
static_assert(std::is_convertible_v<Ref<Greeter>, Ref<GreetOnly>>, "a ref may become one to a narrower protocol");
static_assert(!std::is_convertible_v<Ref<GreetOnly>, Ref<Greeter>>);

}  // namespace
}  // namespace troupe
