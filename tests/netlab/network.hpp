#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "path.hpp"

namespace troupe::netlab {

/// All paths between some hosts, and the commands that change them. Pure.
class Network {
 public:
  /// Hosts are numbered as they stand here.
  Network(std::vector<std::string> hosts, std::uint64_t seed);

  const std::vector<std::string>& hosts() const { return hosts_; }
  Path& path(std::size_t from, std::size_t to) { return paths_[from * hosts_.size() + to]; }

  /// Does what one line asks for (README.md has the commands), and returns the lines to answer: the last one is `ok`,
  /// or `error ` and what was wrong.
  std::string obey(std::string_view line);

 private:
  struct Ends {
    std::size_t from;
    std::size_t to;
  };
  using Words = std::vector<std::string_view>;

  std::optional<std::size_t> index_of(std::string_view host) const;
  /// The paths that the words after the command name, which it takes away; empty if they name none.
  std::vector<Ends> take_paths(Words& words) const;
  std::string counts();

  std::vector<std::string> hosts_;
  std::deque<Path> paths_;  ///< By sender, then by recipient.
};

}  // namespace troupe::netlab
