#pragma once

#include <cstdint>

#include "bench/tally.hpp"

/// The same work as the actors', done by plain queues: what `bench actors` shows beside each figure. No mailboxes,
/// bounds, typed dispatch, failure or lifetime: the least that handing over a piece of work costs with the standard
/// library.
namespace troupe::bench {

/// One thread, one std::deque<std::function<void()>>. `pairs` pairs of objects, one closure under way in each.
Tally function_queue_pairs(std::uint32_t pairs, Duration time);
/// `senders` objects that send batches of closures to one.
Tally function_queue_many_to_one(std::uint32_t senders, std::uint32_t batch, Duration time);

/// Two threads, each with a std::deque<std::function<void()>> under a std::mutex and a std::condition_variable.
Tally locked_queue_pair(Duration time);
/// One sends batches of closures to the other, `batches` of them under way.
Tally locked_queue_stream(std::uint32_t batch, std::uint32_t batches, Duration time);

/// std::make_unique of an object with a virtual destructor, kept in a vector, and a first virtual call to each.
Tally make_objects(std::uint32_t count);

}  // namespace troupe::bench
