#include "troupe/document/owners/courier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "troupe/actor/fixture.hpp"

namespace troupe::document {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Gives its courier what it is asked to append; the test does the rest.
class Sender : public Actor<Sender> {
 public:
  using Messages = troupe::Messages<Append>;
  explicit Sender(Courier& courier) : courier_(courier) {}
  void on(Append&& request, ReplyTo<Append::Reply> reply) {
    courier_.add(std::move(request), std::move(reply), context().now() + 5s);
  }

 private:
  Courier& courier_;
};

class CourierTest : public testing::Test {
 protected:
  ~CourierTest() override { world_.shard().stop_all(); }
  void append(const std::string& key) {
    world_.shard().ask(
        sender_, Append{"text/a", key, "ada", {}}, 1min, [this, key](const Result<Append::Reply>& reply) {
          answers_.push_back(
              key + (reply ? "=" + std::to_string(reply->seq) : ": " + std::string(to_string(reply.error().code))));
        });
    world_.run();
  }
  /// What goes out now, as "key after key".
  std::vector<std::string> take() {
    std::vector<std::string> out;
    for (Courier::Errand& errand : courier_.take(world_.now())) {
      out.push_back(errand.request.key + (errand.after_key.empty() ? "" : " after " + errand.after_key));
      numbers_[errand.request.key] = errand.number;
    }
    return out;
  }
  void answer(const std::string& key, Result<Append::Reply> result) {
    courier_.on_answer(numbers_.at(key), std::move(result));
    world_.run();
  }
  static Result<Append::Reply> stored(std::uint64_t seq) { return Append::Reply{"e", seq, false}; }
  static Result<Append::Reply> failed(ErrorCode code) { return fail(code, "so it is"); }

  ActorFixture world_{1, {.node = {hash64("ada"), 1}}};
  Courier courier_;
  Ref<Sender> sender_ = world_.shard().spawn<Sender>({}, std::ref(courier_)).value();
  std::map<std::string, Courier::Number> numbers_;
  std::vector<std::string> answers_;
};

TEST_F(CourierTest, many_are_on_their_way_at_once_and_each_says_whom_it_follows) {
  for (const char* key : {"a", "b"}) append(key);
  EXPECT_THAT(take(), ElementsAre("a", "b after a"));
  append("c");
  EXPECT_THAT(take(), ElementsAre("c after b"));
  answer("a", stored(1));
  append("d");
  EXPECT_THAT(take(), ElementsAre("d after c"));
  EXPECT_THAT(answers_, ElementsAre("a=1"));
}

TEST_F(CourierTest, what_comes_back_waits_for_the_others_and_all_go_again_in_order) {
  for (const char* key : {"a", "b", "c"}) append(key);
  EXPECT_EQ(take().size(), 3U);
  answer("a", stored(1));
  answer("b", failed(ErrorCode::kNotOwner));
  append("d");
  EXPECT_FALSE(courier_.is_held()) << "c is still on its way";
  EXPECT_THAT(take(), IsEmpty());
  answer("c", failed(ErrorCode::kUnreachable));
  EXPECT_TRUE(courier_.is_held());
  EXPECT_THAT(take(), IsEmpty()) << "not before it is told to";
  courier_.try_again(world_.now());
  EXPECT_THAT(take(), ElementsAre("b", "c after b", "d after c"));
  for (const char* key : {"b", "c", "d"}) answer(key, stored(2));
  EXPECT_EQ(courier_.size(), 0U);
  EXPECT_THAT(answers_, ElementsAre("a=1", "b=2", "c=2", "d=2"));
}

TEST_F(CourierTest, an_answer_that_settles_it_is_passed_on) {
  for (const char* key : {"a", "b", "c"}) append(key);
  take();
  answer("a", failed(ErrorCode::kInvalidEvent));
  answer("b", failed(ErrorCode::kUnavailable));
  answer("c", failed(ErrorCode::kTimeout));
  EXPECT_THAT(answers_, ElementsAre("a: invalid_event", "b: unavailable", "c: unavailable"));
  EXPECT_FALSE(courier_.is_held());
}

TEST_F(CourierTest, nothing_waits_beyond_its_time) {
  append("a");
  world_.advance(4s);
  append("b");
  take();
  answer("a", failed(ErrorCode::kNotOwner));
  answer("b", failed(ErrorCode::kNotOwner));
  world_.advance(1s);
  courier_.try_again(world_.now());
  world_.run();
  EXPECT_THAT(answers_, ElementsAre("a: unavailable"));
  EXPECT_THAT(take(), ElementsAre("b"));
}

TEST_F(CourierTest, where_nobody_comes_all_that_are_here_are_refused) {
  for (const char* key : {"a", "b"}) append(key);
  take();
  append("c");
  answer("b", failed(ErrorCode::kUnreachable));
  courier_.refuse_all({ErrorCode::kUnavailable, "away"});
  world_.run();
  EXPECT_THAT(answers_, ElementsAre("b: unavailable", "c: unavailable"));
  EXPECT_EQ(courier_.size(), 1U) << "a may still be answered";
}

}  // namespace
}  // namespace troupe::document
