#include "troupe/runtime/discovery/discovery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "troupe/runtime/detail/testing.hpp"
#include "troupe/runtime/discovery/nameserver.test.hpp"

namespace troupe::runtime {
namespace {

namespace fs = std::filesystem;
using detail::Mailslot;
using detail::RecordingSink;
using ::testing::ElementsAre;
using Addresses = std::vector<std::string>;

class DiscoveryTest : public ::testing::Test {
 protected:
  void TearDown() override {
    discovery_.reset();
    fs::remove_all(folder_);
  }

  void discover(std::vector<std::string> sources) {
    fs::create_directories(folder_);
    DiscoveryOptions options{
        .file_interval = 5ms, .dns_interval = 20ms, .retry_min = 5ms, .nameserver = server_.address()};
    for (const std::string& source : sources) options.sources.push_back(parse_discovery_source(source).value());
    const auto found = [this](Addresses addresses) {
      if (refusals_-- > 0) return false;
      found_.put(std::move(addresses));
      return true;
    };
    discovery_ = std::make_unique<Discovery>(options, 1, found, metrics_, sink_);
    ASSERT_TRUE(discovery_->start());
  }
  std::string file() const { return folder_ / "nodes"; }
  /// As a careful operator does it.
  void write(const std::string& text) const {
    fs::create_directories(folder_);
    std::ofstream(file() + ".new") << text;
    fs::rename(file() + ".new", file());
  }

  const fs::path folder_ = fs::temp_directory_path() / ("troupe-discovery-test-" + std::to_string(getpid()));
  TestNameserver server_;
  Metrics metrics_;
  RecordingSink sink_;
  Mailslot<Addresses> found_;
  std::atomic<int> refusals_{0};
  std::unique_ptr<Discovery> discovery_;
};

TEST_F(DiscoveryTest, a_file_is_read_again_when_it_changes) {
  write("a:1\n");
  discover({"file:" + file()});
  EXPECT_THAT(found_.take(), ElementsAre("a:1"));
  write("a:1\nb:1 # new\n");
  EXPECT_THAT(found_.take(), ElementsAre("a:1", "b:1"));
  write("b:1\n");
  EXPECT_THAT(found_.take(), ElementsAre("b:1"));
}

TEST_F(DiscoveryTest, a_mistake_in_a_file_is_named_and_changes_nothing) {
  write("a:1\n");
  discover({"file:" + file()});
  EXPECT_THAT(found_.take(), ElementsAre("a:1"));
  write("a:1\nwhat is this\n");
  EXPECT_EQ(
      sink_.wait_for(file() + ": line 2: \"what is this\" is not host:port, as in 10.0.0.1:7400; the addresses of "
                              "before stay"),
      1U);
  fs::remove(file());
  EXPECT_EQ(sink_.wait_for("it cannot be read"), 1U);
  write("a:1\nc:1\n");
  EXPECT_THAT(found_.take(), ElementsAre("a:1", "c:1")) << "the next news";
}

TEST_F(DiscoveryTest, a_file_may_come_later) {
  discover({"file:" + file()});
  EXPECT_EQ(sink_.wait_for("it cannot be read"), 1U);
  write("a:1");
  EXPECT_THAT(found_.take(), ElementsAre("a:1"));
}

TEST_F(DiscoveryTest, names_are_looked_up_again_and_again) {
  server_.set_a("nodes.test", {"10.0.0.1"});
  server_.set_srv("_troupe._tcp.test", {{0, 0, 7401, "b.test"}});
  discover({"dns:nodes.test:7400", "srv:_troupe._tcp.test"});
  EXPECT_THAT(found_.take(), ElementsAre("10.0.0.1:7400", "b.test:7401"));
  server_.set_a("nodes.test", {"10.0.0.1", "10.0.0.2"});
  EXPECT_THAT(found_.take(), ElementsAre("10.0.0.1:7400", "10.0.0.2:7400", "b.test:7401"));
}

TEST_F(DiscoveryTest, a_name_that_is_gone_is_still_what_it_was) {
  discover({"dns:nodes.test:7400"});
  EXPECT_EQ(sink_.wait_for("the lookup of nodes.test failed"), 1U);
  server_.set_a("nodes.test", {"10.0.0.1"});
  EXPECT_THAT(found_.take(), ElementsAre("10.0.0.1:7400"));
  server_.set_a("nodes.test", {});
  EXPECT_GE(sink_.wait_for("the addresses of before stay"), 1U);
  server_.set_a("nodes.test", {"10.0.0.2"});
  EXPECT_THAT(found_.take(), ElementsAre("10.0.0.2:7400"));
}

TEST_F(DiscoveryTest, what_could_not_be_taken_is_told_again) {
  refusals_ = 2;
  write("a:1");
  discover({"file:" + file()});
  EXPECT_THAT(found_.take(), ElementsAre("a:1"));
}

TEST_F(DiscoveryTest, ends_while_a_lookup_is_under_way) {
  server_.be_silent(true);
  discover({"dns:nodes.test:7400"});
  EXPECT_TRUE(server_.wait_for_question());
  discovery_->stop();
}

}  // namespace
}  // namespace troupe::runtime
