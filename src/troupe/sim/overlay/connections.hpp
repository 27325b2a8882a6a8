#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "troupe/base/bytes.hpp"
#include "troupe/base/time.hpp"
#include "troupe/overlay/action.hpp"

namespace troupe::sim {

/// First in, first out, without memory while it is empty, which most ends of connections are.
template <class T>
class Fifo {
 public:
  bool empty() const { return first_ == items_.size(); }
  const T& front() const { return items_[first_]; }
  void push(T item) { items_.push_back(std::move(item)); }

  T pop() {
    T item = std::move(items_[first_++]);
    if (empty()) {
      clear();
    } else if (first_ >= 64 && first_ * 2 >= items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    return item;
  }

  void clear() {
    items_ = {};
    first_ = 0;
  }

 private:
  std::vector<T> items_;
  std::size_t first_ = 0;
};

/// The connections of a simulated network, each with what is on its way to its two ends. A LinkId names one end:
/// number, then a place, then a bit for the side; the dialer's is 0. A number is never used again.
class Connections {
 public:
  enum class What : std::uint8_t { kUp, kMessage, kReset, kGoodbye };

  /// Something that reaches an end.
  struct Arrival {
    TimePoint when;
    What what = What::kMessage;
    Bytes message{};
  };

  struct End {
    std::uint32_t node = 0;
    std::uint64_t life = 0;
    std::uint64_t incarnation = 0;  ///< That was shown in the handshake.
    bool is_open = false;
    bool is_up = false;
    bool is_deaf = false;       ///< Nothing comes through to it any more.
    bool is_scheduled = false;  ///< The first of the inbox is in the event queue.
    TimePoint last_arrival{};
    Fifo<Arrival> inbox{};
  };

  struct Connection {
    std::uint32_t number = 0;
    End ends[2];
  };

  /// Two open ends; the link of the dialer.
  overlay::LinkId open(const End& dialer, const End& acceptor) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(places_.size()));
      places_.emplace_back();
    }
    const std::uint32_t place = free_.back();
    free_.pop_back();
    places_[place] = {.number = ++last_number_, .ends = {dialer, acceptor}};
    for (End& end : places_[place].ends) end.is_open = true;
    ++count_;
    return (std::uint64_t{last_number_} << 32U) | (std::uint64_t{place} << 1U);
  }

  /// Null when both ends are closed.
  Connection* find(overlay::LinkId link) {
    const auto place = static_cast<std::uint32_t>(link) >> 1U;
    if (place >= places_.size() || places_[place].number != link >> 32U) return nullptr;
    return &places_[place];
  }

  const Connection* find(overlay::LinkId link) const { return const_cast<Connections*>(this)->find(link); }

  static std::size_t side(overlay::LinkId link) { return link & 1U; }
  static overlay::LinkId other(overlay::LinkId link) { return link ^ 1U; }

  /// The end is closed; what is on its way to it is lost.
  void close(overlay::LinkId link) {
    Connection* connection = find(link);
    if (connection == nullptr) return;
    End& end = connection->ends[side(link)];
    end.is_open = false;
    end.inbox.clear();
    if (connection->ends[1 - side(link)].is_open) return;
    connection->number = 0;
    free_.push_back(static_cast<std::uint32_t>(link) >> 1U);
    --count_;
  }

  std::size_t count() const { return count_; }

 private:
  std::deque<Connection> places_;  ///< Whose elements stay where they are.
  std::vector<std::uint32_t> free_;
  std::uint32_t last_number_ = 0;
  std::size_t count_ = 0;
};

}  // namespace troupe::sim
