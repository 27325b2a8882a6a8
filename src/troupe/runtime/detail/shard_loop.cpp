#include "troupe/runtime/detail/shard_loop.hpp"

#include <sys/eventfd.h>

#include <boost/asio/buffer.hpp>
#include <exception>
#include <random>
#include <thread>

#include "troupe/base/assert.hpp"
#include "troupe/runtime/detail/steady_now.hpp"

// A round: I/O handlers that are ready, arrivals from other threads, turns of actors, the round-end callbacks (the
// node's lanes hand what they have gathered to the sockets), then the batch for the other shards with at most one
// wake-up for each. Every part is bounded, so none starves another; when a round leaves nothing to do, the shard polls
// for a while (if it may) and then sleeps in the event loop.

namespace troupe::runtime::detail {

namespace {

// While actors keep the shard busy, a look at the sockets (a system call) at each round would cost more than it brings.
constexpr Duration kPollEach = 20us;
constexpr int kIoHandlersMax = 128;

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

ShardOptions options_of(const RuntimeOptions& options, std::uint32_t index) {
  ShardOptions shard = options.shard;
  shard.index = index;
  shard.shards = options.shards;
  return shard;
}

void pause_processor() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

ShardLoop::ShardLoop(const RuntimeOptions& options, std::uint32_t index, ShardQueues& queues, NameTable& names,
                     Metrics& metrics, LogSink& log_sink)
    : index_(index),
      round_turns_(options.round_turns),
      queues_(queues),
      log_(log_sink, "runtime"),
      exceptions_(metrics.counter("troupe_loop_exceptions_total",
                                  "Exceptions from tasks and I/O handlers, which are bugs of the program")),
      work_(boost::asio::make_work_guard(io_)),
      wake_event_(io_, ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      timer_(io_),
      spin_window_(options.busy_poll),
      shard_(options_of(options, index), *this, names, metrics, log_sink, Random(random_seed())),
      network_(io_, shard_, options.tcp, metrics, log_sink) {
  shard_.set_now(steady_now());
  await_wake();
}

SendOutcome ShardLoop::send_to_shard(std::uint32_t shard, EnvelopePtr envelope) {
  const bool refusable = is_refusable(envelope->kind);
  return queues_.send(index_, shard, envelope, refusable) ? SendOutcome::kTaken : SendOutcome::kFull;
}

SendOutcome ShardLoop::send_to_node(const NodeId& node, EnvelopePtr envelope) {
  return routing_ != nullptr ? routing_->send(node, std::move(envelope)) : SendOutcome::kUnreachable;
}

SendOutcome ShardLoop::room_for(const Address& to, ActorId sender, const Via& via) const {
  return routing_ != nullptr ? routing_->room_for(to, sender, via) : SendOutcome::kUnreachable;
}

void ShardLoop::on_pause(const NodeId& node, const Pause& pause) {
  if (routing_ != nullptr) routing_->pause(node, pause);
}

void ShardLoop::inject(EnvelopePtr envelope) {
  const bool refusable = is_refusable(envelope->kind);
  queues_.inject(index_, envelope, refusable);  // What is refused was counted, and is destroyed here.
}

void ShardLoop::request_stop() {
  stop_requested_.store(true, std::memory_order_release);
  wake();
}

// Not by boost::asio::post: it interrupts the sleeper while it holds the lock that the sleeper wants next, so each
// wake-up would cost two more switches of threads.
void ShardLoop::wake() { ::eventfd_write(wake_event_.native_handle(), 1); }

void ShardLoop::await_wake() {
  wake_event_.async_read_some(boost::asio::buffer(&wakes_, sizeof(wakes_)),
                              [this](const boost::system::error_code& error, std::size_t) {
                                if (!error) await_wake();
                              });
}

/// An exception here has no actor to end: it comes from a task, from an I/O handler, or from the answer to an ask that
/// no actor made. It is reported, what it interrupted is lost, and the shard goes on.
template <class Function>
void ShardLoop::caught(Function&& function) {
  try {
    function();
    return;
  } catch (const std::exception& exception) {
    log_.error("an exception reached the loop of shard {}: {}", index_, exception.what());
  } catch (...) {
    log_.error("an exception reached the loop of shard {}", index_);
  }
  exceptions_.add();
}

void ShardLoop::run() {
  while (!stop_requested_.load(std::memory_order_acquire)) {
    caught([this] {
      if (!round()) wait();
    });
  }
  wind_down();
}

/// True if there is more to do.
bool ShardLoop::round() {
  const TimePoint begin = steady_now();
  bool more = begin - last_poll_ >= kPollEach && poll_io(begin);
  more |= turn();
  return more;
}

/// True if the limit was reached.
bool ShardLoop::poll_io(TimePoint now) {
  last_poll_ = now;
  int handlers = 0;
  while (handlers < kIoHandlersMax && io_.poll_one() != 0) ++handlers;
  return handlers == kIoHandlersMax;
}

/// The round without its I/O. True if there is more to do.
bool ShardLoop::turn() {
  shard_.set_now(steady_now());
  queues_.drain(index_, [this](EnvelopePtr envelope) { shard_.deliver(std::move(envelope)); });
  shard_.run(shard_.now(), round_turns_);
  for (auto& round_end : round_ends_) round_end();
  queues_.flush(index_);
  return shard_.has_ready() || shard_.next_timer() <= shard_.now();
}

void ShardLoop::wait() {
  const TimePoint begin = steady_now();
  // Only here is it certain that the wake-up of a stop was not among the handlers that ran already.
  if (!spin(begin + spin_window_.current()) && !stop_requested_.load(std::memory_order_acquire)) sleep();
  spin_window_.waited(steady_now() - begin);
}

/// True if there is something to do.
bool ShardLoop::spin(TimePoint until) {
  for (TimePoint now = steady_now(); now < until; now = steady_now()) {
    if (queues_.has_arrivals(index_) || shard_.next_timer() <= now) return true;
    if (now - last_poll_ >= kPollEach) {
      last_poll_ = now;
      if (io_.poll_one() != 0) return true;
    }
    pause_processor();
  }
  return false;
}

void ShardLoop::sleep() {
  arm_timer();
  if (!queues_.prepare_to_sleep(index_)) return;
  io_.run_one();
  queues_.woke_up(index_);
}

/// A timer that is armed too early is left alone: most deadlines are cancelled before they come, and one empty round is
/// cheaper than arming anew.
void ShardLoop::arm_timer() {
  const TimePoint next = shard_.next_timer();
  if (next >= armed_) return;
  armed_ = next;
  timer_.expires_at(to_steady(next));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) armed_ = TimePoint::max();
  });
}

void ShardLoop::wind_down() {
  caught([this] { turn(); });  // What was posted before `stop` runs.
  caught([this] { network_.close(); });
  caught([this] { shard_.stop_all(); });
  caught([this] { turn(); });  // What actors said as they ended leaves.
  while (network_.lingering() != 0) {
    caught([this] {
      if (!round() && network_.lingering() != 0) sleep();
    });
  }
}

}  // namespace troupe::runtime::detail
