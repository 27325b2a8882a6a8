%% The exchange of `bench echo`: N senders on one node, their receivers on the other.
-module(bench_echo).
-export([start_hall/0, client/1]).

%% The server's end.

start_hall() -> register(hall, spawn_link(fun hall/0)).

hall() ->
    receive {open, From, Count} ->
        From ! {receivers, [spawn_link(fun() -> receiver(0) end) || _ <- lists:seq(1, Count)]},
        hall()
    end.

receiver(Count) ->
    receive {parcel, _Number, Answer, From, _Content} ->
        case Answer of
            true -> From ! {answer, Count + 1};
            false -> ok
        end,
        receiver(Count + 1)
    end.

%% The client's.

client(#{server := Server, flows := Flows, seconds := Seconds}) ->
    Node = list_to_atom(Server),
    true = net_kernel:connect_node(Node),
    Time = bench_peer:nanoseconds(Seconds),
    Me = self(),
    Started = [start_flow(Me, Node, Flow, Time) || Flow <- string:split(Flows, ",", all)],
    [Pid ! begin_now || {_, Pids} <- Started, Pid <- Pids],
    Lines = [finish_flow(Flow) || Flow <- Started],
    ["{\"flows\":[", lists:join(",", Lines), "]}"].

start_flow(Me, Node, Text, Time) ->
    [Pairs, Size, Window, Each] = [list_to_integer(Word) || Word <- string:split(Text, "x", all)],
    {hall, Node} ! {open, Me, Pairs},
    Receivers = receive {receivers, List} -> List end,
    Content = binary:copy(<<"x">>, Size),
    Latencies = bench_latencies:new(),
    Sender = fun(To) -> fun() -> wait_to_begin(Me, To, Window, Each, Time, Content, Latencies) end end,
    {Latencies, [spawn_link(Sender(To)) || To <- Receivers]}.

finish_flow({Latencies, Pids}) ->
    Done = [receive {done, Pid, Count, Taken} -> {Count, Taken} end || Pid <- Pids],
    io_lib:format("{\"messages\":~b,\"seconds\":~.6f,\"round_trip_us_p50\":~.3f,\"round_trip_us_p99\":~.3f}",
                  [lists:sum([Count || {Count, _} <- Done]), lists:max([Taken || {_, Taken} <- Done]) / 1.0e9,
                   bench_latencies:quantile_us(Latencies, 0.5), bench_latencies:quantile_us(Latencies, 0.99)]).

wait_to_begin(Me, To, Window, Each, Time, Content, Latencies) ->
    receive begin_now -> ok end,
    Began = bench_peer:now_ns(),
    {Count, End} = case {Window, Each} of
        {1, 1} -> in_turn(To, Content, Latencies, Began + Time, Began, 1);
        _ -> windowed(To, Content, Window, Each, Began + Time, send(To, Content, Each, 0, Window))
    end,
    Me ! {done, self(), Count, End - Began}.

%% One message, one answer.
in_turn(To, Content, Latencies, End, SentAt, Number) ->
    To ! {parcel, Number, true, self(), Content},
    receive {answer, Number} -> ok end,
    Now = bench_peer:now_ns(),
    bench_latencies:add(Latencies, Now - SentAt),
    case Now < End of
        true -> in_turn(To, Content, Latencies, End, Now, Number + 1);
        false -> {Number, Now}
    end.

%% Window messages under way until the time is over and the last answer is there.
windowed(To, Content, Window, Each, End, Sent) ->
    receive {answer, Answered} ->
        Now = bench_peer:now_ns(),
        case Now < End of
            true -> windowed(To, Content, Window, Each, End, send(To, Content, Each, Sent, Answered + Window));
            false when Answered =:= Sent div Each * Each -> {Answered, Now};
            false -> windowed(To, Content, Window, Each, End, Sent)
        end
    end.

%% The messages after number Sent up to number Last.
send(To, Content, Each, Sent, Last) when Sent < Last ->
    Number = Sent + 1,
    To ! {parcel, Number, Number rem Each =:= 0, self(), Content},
    send(To, Content, Each, Number, Last);
send(_, _, _, Sent, _) -> Sent.
