#include "troupe/runtime/discovery/contact_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TimePoint kStart{1h};
const Error kError{ErrorCode::kUnreachable, "no answer"};

/// The first source is a file, the second a name.
ContactBook book(std::size_t addresses_max = 10) {
  DiscoveryOptions options{
      .sources = {parse_discovery_source("file:/nodes").value(), parse_discovery_source("dns:nodes:1").value()},
      .addresses_max = addresses_max};
  return ContactBook(options, Random(1));
}

TEST(ContactBook, asks_all_at_first_and_then_each_in_its_interval) {
  ContactBook contacts = book();
  EXPECT_THAT(contacts.due(kStart), ElementsAre(0, 1));
  contacts.found(0, kStart, {"a:1"});
  contacts.found(1, kStart, {"b:1"});
  EXPECT_THAT(contacts.due(kStart + 499ms), IsEmpty());
  EXPECT_EQ(contacts.next_due(), kStart + 500ms);
  EXPECT_THAT(contacts.due(kStart + 14s), ElementsAre(0)) << "a name waits for half of 30 s at least, ...";
  EXPECT_THAT(contacts.due(kStart + 30s), ElementsAre(0, 1)) << "... and for them at most";
}

TEST(ContactBook, tells_what_is_news) {
  ContactBook contacts = book();
  EXPECT_TRUE(contacts.found(0, kStart, {})) << "nobody, which was not known";
  EXPECT_FALSE(contacts.found(0, kStart, {}));
  EXPECT_TRUE(contacts.found(0, kStart, {"a:1"}));
  EXPECT_FALSE(contacts.found(0, kStart, {"a:1"}));
  EXPECT_TRUE(contacts.found(1, kStart, {"b:1", "a:1"}));
  EXPECT_THAT(contacts.addresses(), ElementsAre("a:1", "b:1")) << "each once";
}

TEST(ContactBook, keeps_what_a_source_said_before_it_failed) {
  ContactBook contacts = book();
  contacts.found(1, kStart, {"b:1"});
  EXPECT_TRUE(contacts.failed(1, kStart, kError));
  EXPECT_FALSE(contacts.failed(1, kStart, kError)) << "the same again";
  EXPECT_TRUE(contacts.failed(1, kStart, {ErrorCode::kTimeout, "slow"}));
  EXPECT_THAT(contacts.addresses(), ElementsAre("b:1"));
  EXPECT_FALSE(contacts.found(1, kStart, {"b:1"}));
  EXPECT_TRUE(contacts.failed(1, kStart, {ErrorCode::kTimeout, "slow"})) << "it was well in between";
}

TEST(ContactBook, asks_a_name_that_failed_sooner_and_then_ever_more_rarely) {
  ContactBook contacts = book();
  contacts.found(0, kStart, {});
  Duration wait{};
  for (int i = 0; i < 20; ++i) {
    contacts.failed(1, kStart, kError);
    contacts.found(0, kStart + 1h, {});
    wait = contacts.next_due() - kStart;
    if (i == 0) {
      EXPECT_LE(wait, 1s);
    }
  }
  EXPECT_GE(wait, 15s);
  EXPECT_LE(wait, 30s);
  contacts.found(1, kStart, {});
  contacts.failed(1, kStart, kError);
  EXPECT_LE(contacts.next_due(), kStart + 1s) << "it begins anew";
}

TEST(ContactBook, keeps_to_its_bound) {
  ContactBook contacts = book(2);
  contacts.found(0, kStart, {"a:1", "b:1"});
  EXPECT_EQ(contacts.left_out(), 0U);
  contacts.found(1, kStart, {"b:1", "c:1"});
  EXPECT_THAT(contacts.addresses(), ElementsAre("a:1", "b:1"));
  EXPECT_EQ(contacts.left_out(), 1U);
}

}  // namespace
}  // namespace troupe::runtime
