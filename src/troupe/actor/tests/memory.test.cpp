#include <gtest/gtest.h>
#include <malloc.h>

#include "troupe/actor/fixture.hpp"

// What an actor costs while it has nothing to do.
namespace troupe {
namespace {

struct Tick {
  static constexpr auto wire_name = "memory.tick";
};
class Idle : public Actor<Idle> {
 public:
  using Messages = troupe::Messages<Tick>;
  void on(const Tick&) { ++ticks_; }

 private:
  int ticks_ = 0;
};

constexpr std::size_t kBytesMax = 300;
static_assert(sizeof(ActorCell) + sizeof(Idle) <= 200,
              "an idle actor stays small; rare things belong into ActorExtras");

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kMallocIsMeasured = false;
#elif defined(__has_feature)
constexpr bool kMallocIsMeasured = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool kMallocIsMeasured = true;
#endif

/// In use of the heap and of large blocks outside it (the table of slots).
std::size_t bytes_in_use() {
  const auto heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

TEST(Memory, of_an_idle_actor_is_under_300_bytes_with_all_that_belongs_to_it) {
  constexpr std::size_t kActors = 200'000;
  ActorFixture world;
  const std::size_t before = bytes_in_use();
  for (std::size_t i = 0; i < kActors; ++i) world.shard().spawn<Idle>({}).value();
  world.run();
  const std::size_t bytes = (bytes_in_use() - before) / kActors;
  RecordProperty("bytes_per_actor", static_cast<int>(bytes));
  if (kMallocIsMeasured) {
    EXPECT_LE(bytes, kBytesMax);
    EXPECT_GE(bytes, sizeof(ActorCell) + sizeof(Idle)) << "the measurement is off";
  }
}

}  // namespace
}  // namespace troupe
