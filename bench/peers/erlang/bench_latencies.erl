%% Times in buckets that are 1/32 of their value wide, as bench/latencies.cpp has them, shared by all senders.
-module(bench_latencies).
-export([new/0, add/2, quantile_us/2]).

-define(BUCKETS, 1280).

new() -> counters:new(?BUCKETS, []).

add(Latencies, Nanoseconds) -> counters:add(Latencies, min(bucket(max(Nanoseconds, 0)), ?BUCKETS - 1) + 1, 1).

bucket(Value) when Value < 32 -> Value;
bucket(Value) -> bucket(Value, 0).
bucket(Value, Shift) when Value < 64 -> 32 * (Shift + 1) + (Value band 31);
bucket(Value, Shift) when Value < 4096 -> bucket(Value bsr 1, Shift + 1);
bucket(Value, Shift) -> bucket(Value bsr 6, Shift + 6).

middle(Bucket) when Bucket < 32 -> Bucket;
middle(Bucket) ->
    Shift = Bucket div 32 - 1,
    ((32 + Bucket rem 32) bsl Shift) + (1 bsl Shift) / 2.

quantile_us(Latencies, Fraction) ->
    Counts = [counters:get(Latencies, I) || I <- lists:seq(1, ?BUCKETS)],
    find(Counts, 0, trunc(Fraction * lists:sum(Counts))).

find([Count | _], Bucket, Rank) when Count > Rank -> middle(Bucket) / 1000;
find([Count | Rest], Bucket, Rank) -> find(Rest, Bucket + 1, Rank - Count);
find([], _, _) -> 0.0.
