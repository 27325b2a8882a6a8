#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <iostream>
#include <stdexcept>
#include <vector>

#include "bench/peers/tcp.hpp"
#include "bench/peers/tcp_socket.hpp"

namespace troupe::bench {

namespace {

constexpr std::size_t kChunkBytes = 64U << 10U;  ///< Of one message that go without another between.
constexpr std::size_t kChunksMax = 16;           ///< In one write, where there is nothing to go between.

/// One sender.
struct Pair {
  std::size_t flow = 0;
  std::uint64_t queued = 0;  ///< Messages that were handed to the connection.
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::int64_t sent_at = 0;
  std::size_t left = 0;  ///< Bytes of the large message that is going out.
};

/// What a connection has to write.
class Outbox {
 public:
  Outbox(const std::vector<Flow>& flows, std::vector<Pair>& pairs, const std::vector<char>& content)
      : flows_(flows), pairs_(pairs), content_(content), mixed_(flows.size() > 1) {}

  void add(std::uint32_t pair, std::uint64_t messages) {
    auto& queue = flows_[pairs_[pair].flow].size_bytes > kChunkBytes ? large_ : small_;
    queue.emplace_back(pair, messages);
  }
  bool empty() const { return next_ == parts_.size() && small_.empty() && large_.empty(); }

  /// Until there is nothing left or the kernel takes no more; where flows are mixed, no more than one chunk at a time,
  /// so that answers are seen soon.
  void write(const Socket& socket) {
    for (;;) {
      if (next_ == parts_.size()) gather();
      if (parts_.empty()) return;
      std::ptrdiff_t count = socket.write(std::span(parts_).subspan(next_));
      if (count == Socket::kNothing) return;
      for (; next_ < parts_.size() && static_cast<std::size_t>(count) >= parts_[next_].iov_len; ++next_)
        count -= static_cast<std::ptrdiff_t>(parts_[next_].iov_len);
      if (next_ == parts_.size() && mixed_) return;
      if (next_ == parts_.size()) continue;
      parts_[next_].iov_base = static_cast<char*>(parts_[next_].iov_base) + count;
      parts_[next_].iov_len -= static_cast<std::size_t>(count);
    }
  }

 private:
  /// The next write: whole small messages first, then chunks of the large ones in turn.
  void gather() {
    parts_.clear();
    next_ = 0;
    staged_.clear();
    while (!small_.empty() && staged_.size() < kChunkBytes) {
      auto& [pair, messages] = small_.front();
      const Frame head = next_frame(pair, flows_[pairs_[pair].flow].size_bytes, true);
      const auto* bytes = reinterpret_cast<const char*>(&head);
      staged_.insert(staged_.end(), bytes, bytes + sizeof(head));
      staged_.insert(staged_.end(), content_.begin(), content_.begin() + head.bytes);
      if (--messages == 0) small_.pop_front();
    }
    if (!staged_.empty()) parts_.push_back({staged_.data(), staged_.size()});
    for (std::size_t i = 0; i < (mixed_ ? 1 : kChunksMax) && !large_.empty(); ++i) add_chunk(heads_[i]);
  }

  void add_chunk(Frame& head) {
    auto [pair, messages] = large_.front();
    large_.pop_front();
    std::size_t& left = pairs_[pair].left;
    const std::size_t size = flows_[pairs_[pair].flow].size_bytes;
    if (left == 0) left = size;
    const std::size_t bytes = std::min(left, kChunkBytes);
    head = next_frame(pair, bytes, left == bytes);
    parts_.push_back({&head, sizeof(head)});
    parts_.push_back({const_cast<char*>(content_.data()) + (size - left), bytes});
    left -= bytes;
    if (left > 0 || --messages > 0) large_.emplace_back(pair, messages);
  }

  Frame next_frame(std::uint32_t pair, std::size_t bytes, bool last) {
    Pair& from = pairs_[pair];
    if (last) ++from.sent;
    const bool answer = last && from.sent % flows_[from.flow].answer_each == 0;
    return {.pair = pair, .bytes = static_cast<std::uint32_t>(bytes), .answer = answer ? 1U : 0U};
  }

  const std::vector<Flow>& flows_;
  std::vector<Pair>& pairs_;
  const std::vector<char>& content_;
  const bool mixed_;  ///< More than one flow: what is small overtakes what is large.
  std::deque<std::pair<std::uint32_t, std::uint64_t>> small_;  ///< Pair and messages.
  std::deque<std::pair<std::uint32_t, std::uint64_t>> large_;
  std::vector<char> staged_;
  std::array<Frame, kChunksMax> heads_{};
  std::vector<iovec> parts_;
  std::size_t next_ = 0;
};

struct Link {
  Socket socket;
  Outbox outbox;
  std::vector<char> answers;  ///< Begins with what was read of a frame.
  std::size_t held = 0;
};

class Client {
 public:
  explicit Client(const EchoRole& role) : role_(role), time_(to_duration(role.seconds)), results_(role.flows.size()) {
    std::size_t size_max = 0;
    for (std::size_t i = 0; i < role.flows.size(); ++i) {
      pairs_.insert(pairs_.end(), role.flows[i].pairs, Pair{.flow = i});
      size_max = std::max(size_max, role.flows[i].size_bytes);
    }
    content_.resize(size_max, 'x');
    links_.reserve(role.parallelism);
    for (std::uint16_t i = 0; i < role.parallelism; ++i) {
      links_.push_back({Socket::connect(role.server), Outbox(role.flows, pairs_, content_),
                        std::vector<char>(kReadBytes / sizeof(Frame) * sizeof(Frame)), 0});
      if (role.flows.size() > 1) links_.back().socket.keep_little_unsent();
    }
  }

  std::vector<FlowResult> run() {
    began_ = std::chrono::steady_clock::now();
    for (std::uint32_t i = 0; i < pairs_.size(); ++i) queue(i, 0);
    for (Link& link : links_) link.outbox.write(link.socket);
    while (answers_due_ > 0) {
      wait();
      for (Link& link : links_) link.outbox.write(link.socket);
    }
    for (const Pair& pair : pairs_) results_[pair.flow].messages.count += pair.answered;
    return results_;
  }

 private:
  /// Reads what there is, or sleeps until something can be read, or written if that is what it takes.
  void wait() {
    if (links_.size() == 1 && links_.front().outbox.empty()) return read(links_.front(), true);
    std::vector<pollfd> polls;
    for (const Link& link : links_) {
      const int events = POLLIN | (link.outbox.empty() ? 0 : POLLOUT);
      polls.push_back({link.socket.handle(), static_cast<std::int16_t>(events), 0});
    }
    ::poll(polls.data(), polls.size(), -1);
    for (std::size_t i = 0; i < links_.size(); ++i) {
      if ((polls[i].revents & ~POLLOUT) != 0) read(links_[i], false);
    }
  }

  void read(Link& link, bool wait) {
    const std::span room = std::span(link.answers).subspan(link.held);
    const std::ptrdiff_t count = wait ? read_spinning(link.socket, room, std::int64_t{1000} * role_.busy_poll_us)
                                      : link.socket.read(room, false);
    if (count == Socket::kNothing) return;
    if (count == 0) throw std::runtime_error("the server ended");
    const std::int64_t now = nanoseconds_since(began_);
    const std::size_t bytes = link.held + static_cast<std::size_t>(count);
    std::size_t at = 0;
    for (; at + sizeof(Frame) <= bytes; at += sizeof(Frame)) {
      Frame answer;
      std::memcpy(&answer, link.answers.data() + at, sizeof(answer));
      take_answer(answer.pair, now);
    }
    link.held = bytes - at;
    std::memmove(link.answers.data(), link.answers.data() + at, link.held);
  }

  void take_answer(std::uint32_t number, std::int64_t now) {
    Pair& pair = pairs_.at(number);
    const Flow& flow = role_.flows[pair.flow];
    --answers_due_;
    pair.answered += flow.answer_each;
    FlowResult& result = results_[pair.flow];
    if (flow.window == 1) result.round_trips.add(now - pair.sent_at);
    result.messages.time = Duration(now);
    if (now < time_.count()) queue(number, now);
  }

  /// Fills the window of a pair.
  void queue(std::uint32_t number, std::int64_t now) {
    Pair& pair = pairs_[number];
    const Flow& flow = role_.flows[pair.flow];
    const std::uint64_t messages = pair.answered + flow.window - pair.queued;
    answers_due_ += (pair.queued + messages) / flow.answer_each - pair.queued / flow.answer_each;
    pair.queued += messages;
    pair.sent_at = now;
    links_[number % links_.size()].outbox.add(number, messages);
  }

  const EchoRole& role_;
  const Duration time_;
  std::vector<Pair> pairs_;
  std::vector<char> content_;
  std::vector<Link> links_;
  std::vector<FlowResult> results_;
  std::uint64_t answers_due_ = 0;
  SteadyTime began_;
};

}  // namespace

int run_tcp_client(const EchoRole& role) {
  std::cout << to_json(Client(role).run()) << std::endl;
  return 0;
}

}  // namespace troupe::bench
