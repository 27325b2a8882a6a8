%% The work of `bench actors` in Erlang processes.
-module(bench_actors).
-export([run/1]).

run(#{what := What, threads := Threads, count := Count, batch := Batch, batches := Batches, seconds := Seconds}) ->
    Work = #{threads => list_to_integer(Threads), count => list_to_integer(Count), batch => list_to_integer(Batch),
             batches => list_to_integer(Batches), time => bench_peer:nanoseconds(Seconds)},
    work(list_to_atom(What), Work).

work(idle, #{count := Count}) ->
    Before = resident_bytes(),
    spawn_idle(Count),
    result(Count, 0, resident_bytes() - Before);
work(spawn, #{count := Count}) ->
    Began = bench_peer:now_ns(),
    spawn_idle(Count),
    result(Count, bench_peer:now_ns() - Began, 0);
work(pairs, #{count := Count, time := Time, threads := Threads}) ->
    Me = self(),
    Pairs = [begin
                 Second = on(Threads, 2, fun second/0),
                 on(Threads, 1, fun() -> first(Me, Second, Time) end)
             end || _ <- lists:seq(1, Count)],
    all(Pairs);
work(many_to_one, Work) -> send_to_one(Work);
work(stream, Work) -> send_to_one(Work).

%% A process with one integer, which it has counted up in its first turn.
spawn_idle(Count) ->
    Turns = counters:new(1, []),
    spawn_idle(Count, fun() -> counters:add(Turns, 1, 1), idle(1) end),
    wait_for_turns(Turns, Count).

spawn_idle(0, _) -> ok;
spawn_idle(Count, Fun) -> spawn(Fun), spawn_idle(Count - 1, Fun).

wait_for_turns(Turns, Count) ->
    case counters:get(Turns, 1) of
        Count -> ok;
        _ -> erlang:yield(), wait_for_turns(Turns, Count)
    end.

idle(State) -> receive nothing -> idle(State + 1) end.

%% Two of them send one message to and fro. The first looks at the clock, now and then; each handles half.
first(Me, Second, Time) ->
    receive begin_now -> ok end,
    Began = bench_peer:now_ns(),
    Second ! {hit, self(), 1},
    hit_until(Me, Second, Began, Began + Time).

hit_until(Me, Second, Began, End) ->
    receive {hit, _, Number} when Number band 126 =/= 0 ->
        Second ! {hit, self(), Number + 1},
        hit_until(Me, Second, Began, End);
    {hit, _, Number} ->
        Now = bench_peer:now_ns(),
        case Now < End of
            true -> Second ! {hit, self(), Number + 1}, hit_until(Me, Second, Began, End);
            false -> Me ! {done, self(), Number, Now - Began}
        end
    end.

second() -> receive {hit, From, Number} -> From ! {hit, self(), Number + 1}, second() end.

%% Senders send batches to one process, which answers each batch.
send_to_one(#{count := Count, batch := Batch, batches := Batches, time := Time, threads := Threads}) ->
    Me = self(),
    Sink = on(Threads, 2, fun() -> process_flag(message_queue_data, off_heap), sink(0) end),
    all([on(Threads, 1, fun() -> sender(Me, Sink, Batch, Batches, Time) end) || _ <- lists:seq(1, Count)]).

sink(Sum) ->
    receive
        {item, Number} -> sink(Sum + Number);
        {batch_end, From} -> From ! more, sink(Sum)
    end.

sender(Me, Sink, Batch, Batches, Time) ->
    receive begin_now -> ok end,
    Began = bench_peer:now_ns(),
    [send_batch(Sink, Batch - 1) || _ <- lists:seq(1, Batches)],
    send_until(Me, Sink, Batch, Batches, Began, Began + Time, 0).

send_until(Me, Sink, Batch, UnderWay, Began, End, Count) ->
    receive more -> ok end,
    Now = bench_peer:now_ns(),
    if
        Now < End -> send_batch(Sink, Batch - 1), send_until(Me, Sink, Batch, UnderWay, Began, End, Count + Batch);
        UnderWay > 1 -> send_until(Me, Sink, Batch, UnderWay - 1, Began, End, Count + Batch);
        true -> Me ! {done, self(), Count + Batch, Now - Began}
    end.

send_batch(Sink, 0) -> Sink ! {batch_end, self()};
send_batch(Sink, Left) -> Sink ! {item, Left}, send_batch(Sink, Left - 1).

%% On a scheduler of its own if there are two.
on(1, _, Fun) -> spawn_link(Fun);
on(_, Scheduler, Fun) -> spawn_opt(Fun, [link, {scheduler, Scheduler}]).

all(Pids) ->
    Began = bench_peer:now_ns(),
    [Pid ! begin_now || Pid <- Pids],
    Counts = [receive {done, Pid, Count, _} -> Count end || Pid <- Pids],
    result(lists:sum(Counts), bench_peer:now_ns() - Began, 0).

result(Count, Nanoseconds, Bytes) ->
    io_lib:format("{\"count\":~b,\"seconds\":~.6f,\"bytes\":~b}", [Count, Nanoseconds / 1.0e9, Bytes]).

resident_bytes() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Resident | _] = string:lexemes(binary_to_list(Text), " "),
    list_to_integer(Resident) * 4096.
