#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "troupe/base/ids.hpp"
#include "troupe/overlay/plumtree/messages.hpp"
#include "troupe/sim/overlay/fabric_network.hpp"

namespace troupe::sim {

/// What happened in a run, for a page that plays it back. Each list is in order of time, which stands first in each
/// entry, in tenths of a millisecond.
struct RunRecord {
  using Time = std::int64_t;

  /// What one node holds of another.
  enum class Opinion : std::uint8_t { kUnknown = 0, kUp = 1, kSuspected = 2, kGone = 3 };

  /// How a payload came: along the tree, asked for since it was missed, or not at all as the first (it was known
  /// already, or got lost).
  enum class Way : std::uint8_t { kTree = 0, kRepair = 1, kInVain = 2 };

  struct Life {
    Time when = 0;
    std::uint32_t node = 0;
    bool is_alive = false;
  };
  struct LinkEnd {
    Time when = 0;
    std::uint32_t node = 0;  ///< Where it is.
    std::uint32_t peer = 0;
    bool is_up = false;
  };
  /// How many of those that live hold what of a node, from then on.
  struct Fame {
    Time when = 0;
    std::uint32_t node = 0;
    std::uint32_t up = 0;
    std::uint32_t suspected = 0;
    std::uint32_t gone = 0;
  };
  struct Judgement {
    Time when = 0;
    std::uint32_t observer = 0;
    std::uint32_t node = 0;
    Opinion opinion = Opinion::kUnknown;
  };
  struct Split {
    Time when = 0;
    std::vector<std::uint32_t> sides;  ///< By node; empty: the network is whole.
  };
  struct Block {
    Time when = 0;
    std::uint32_t from = 0;
    std::uint32_t to = 0;
  };
  struct Broadcast {
    Time when = 0;
    std::uint32_t root = 0;
  };
  struct Hop {
    Time sent = 0;
    Time arrival = 0;
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint32_t broadcast = 0;  ///< Its place among the broadcasts.
    Way way = Way::kTree;
  };
  struct Word {
    Time when = 0;
    std::string text;
  };

  std::vector<std::uint32_t> zones;  ///< By node.
  std::uint32_t servers = 0;         ///< The first so many; only in `client_server` does it matter.
  Time end = 0;
  bool is_full = false;  ///< The record ends before the run: it is as long as it may be.
  std::vector<Life> lives;
  std::vector<LinkEnd> links;
  std::vector<Fame> fames;
  std::vector<Judgement> judgements;  ///< Empty if there are too many nodes for it.
  std::vector<Split> splits;
  std::vector<Block> blocks;  ///< Until the next split.
  std::vector<Broadcast> broadcasts;
  std::vector<Hop> hops;
  std::vector<Word> words;

  std::size_t size() const;  ///< Entries of the lists that grow with the number of nodes.
};

struct RunRecorderOptions {
  std::size_t entries_max = 400'000;  ///< Some 12 bytes each on the page. When they are there, the record ends.
  std::uint32_t judges_max = 128;     ///< With more nodes, only how many hold what of a node is kept, not who.
  Duration fame_step = 100ms;         ///< How often that is written down.
};

/// Watches a run and keeps what happened, within a bound.
class RunRecorder final : public NetworkWatcher {
 public:
  explicit RunRecorder(RunRecorderOptions options = {}) : options_(options) {}

  void on_begin(const FabricNetwork& network) override;
  void on_node(TimePoint now, std::uint32_t node, bool is_alive) override;
  void on_link(TimePoint now, std::uint32_t from, std::uint32_t to, bool is_up) override;
  void on_sent(TimePoint now, std::uint32_t from, std::uint32_t to, const Bytes& message, TimePoint arrival) override;
  void on_member(TimePoint now, std::uint32_t node, const overlay::Member& member, overlay::MemberState state) override;
  void on_misfortune(TimePoint now, std::string_view what) override;
  void on_split(TimePoint now, const std::vector<std::uint32_t>& sides) override;
  void on_block(TimePoint now, std::uint32_t from, std::uint32_t to) override;
  void on_broadcast(TimePoint now, std::size_t number, std::uint32_t root) override;
  void on_delivered(TimePoint now, std::size_t number, std::uint32_t from, std::uint32_t node) override;

  /// The run is over. Once.
  RunRecord take();

 private:
  using Opinion = RunRecord::Opinion;
  using Asked = std::tuple<std::uint32_t, std::uint32_t, overlay::plumtree::BroadcastId>;  ///< Of whom, by whom, what.
  using Underway = std::tuple<std::size_t, std::uint32_t, std::uint32_t>;                  ///< Broadcast, from, to.

  bool begin_entry(TimePoint now);
  void write_fames();
  void judge(TimePoint now, std::uint32_t observer, std::uint32_t node, Opinion opinion);
  void take_gossip(TimePoint now, std::uint32_t from, std::uint32_t to, const Bytes& message, TimePoint arrival);

  RunRecorderOptions options_;
  RunRecord record_;
  std::uint32_t nodes_ = 0;
  std::vector<Opinion> opinions_;       ///< A square: row of the observer.
  std::vector<RunRecord::Fame> fames_;  ///< By node, as they are now.
  std::set<std::uint32_t> changed_;     ///< Nodes whose fame is to be written.
  TimePoint write_at_ = TimePoint::max();
  std::set<Asked> asked_;
  std::map<Underway, RunRecord::Hop> underway_;
};

}  // namespace troupe::sim
