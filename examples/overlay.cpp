// An overlay of one's own: the nodes of a cluster as a binary tree, in the order of their names.
//
//     overlay
//
// runs three nodes in this process. The one at the top is linked with both others, and they only with it: what they say
// to each other passes through it, and neither of them has to know that.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "troupe/node/node.hpp"
#include "troupe/overlay/wanted_links.hpp"

using namespace std::chrono_literals;
namespace overlay = troupe::overlay;

/// Each node is linked with the one above it and the two below. When a member comes or goes, places change, and links
/// with them: they are made and closed by the base.
class Tree final : public overlay::WantedLinks {
 public:
  explicit Tree(troupe::Random random) : WantedLinks({}, random) {}

  std::string_view name() const override { return "tree"; }

 protected:
  /// Below place i of the tree are 2 i + 1 and 2 i + 2.
  std::set<std::uint64_t> wanted(const overlay::View& view) const override {
    std::vector<const overlay::Member*> nodes = view.members();
    nodes.push_back(&view.self());
    std::ranges::sort(nodes, {}, &overlay::Member::name);
    const auto own = static_cast<std::size_t>(std::ranges::find(nodes, &view.self()) - nodes.begin());
    std::set<std::uint64_t> names;
    const auto want = [&](std::size_t place) {
      if (place < nodes.size()) names.insert(nodes[place]->id().name);
    };
    if (own > 0) want((own - 1) / 2);
    want(2 * own + 1);
    want(2 * own + 2);
    return names;
  }
};

struct Greet {
  static constexpr auto wire_name = "overlay.greet";
  using Reply = std::string;
  std::string name;
};

class Greeter : public troupe::Actor<Greeter> {
 public:
  using Messages = troupe::Messages<Greet>;
  std::string on(const Greet& greet) { return "hello " + greet.name; }
};

std::unique_ptr<troupe::Node> start(const std::string& name, const std::vector<std::string>& join) {
  troupe::NodeOptions options{.name = name, .cluster_listen = "127.0.0.1:0", .join = join, .shards = 1};
  options.log_level = troupe::LogLevel::kWarning;
  options.cluster.overlay.name = "tree";
  options.cluster.overlay.factory = [](troupe::Random random) { return std::make_unique<Tree>(random); };
  auto node = std::make_unique<troupe::Node>(options);
  if (const auto started = node->start(); !started) {
    std::cerr << started.error().to_string() << '\n';
    std::exit(1);
  }
  return node;
}

int main() {
  const auto top = start("a", {});
  const auto left = start("b", {top->cluster_address()});
  const auto right = start("c", {top->cluster_address()});
  if (!left->wait_for_members(2, 10s) || !right->wait_for_members(2, 10s)) {
    std::cerr << "the nodes did not find each other\n";
    return 1;
  }
  right->spawn<Greeter>({.name = "greeter"}).value();

  const auto greeter = troupe::Ref<Greeter>::named("c", "greeter");
  const auto answer = left->ask(greeter, Greet{left->name()}, 5s);
  std::cout << (answer ? *answer : answer.error().to_string()) << std::endl;
  const auto samples = top->metrics().samples();
  const auto count = std::ranges::find(samples, "troupe_cluster_passed_on_total", &troupe::MetricSample::name);
  std::cout << "passed on: " << (count == samples.end() ? 0 : count->value) << std::endl;
  return answer ? 0 : 1;
}
