%% Distributed Erlang's side of `troupe bench`: reads the words of EchoRole or ActorsWork from the command line, does
%% that work, and prints one line. The flags of the virtual machine are in bench/peers/erlang.cpp.
-module(bench_peer).
-export([main/0, now_ns/0, nanoseconds/1]).

main() ->
    [Role | Words] = init:get_plain_arguments(),
    try run(Role, options(Words)) of
        Line -> io:format("~s~n", [Line]), halt(0)
    catch Class:Reason:Stack ->
        io:format(standard_error, "erlang: ~p ~p ~p~n", [Class, Reason, Stack]), halt(1)
    end.

run("echo-server", _) ->
    bench_echo:start_hall(),
    io:format("~s~n", [node()]),
    wait_for_parent();
run("echo-client", Options) -> bench_echo:client(Options);
run("actors", Options) -> bench_actors:run(Options);
run("node", Options) -> bench_node:run(Options).

options(["--" ++ Name, Value | Rest]) -> (options(Rest))#{list_to_atom(Name) => Value};
options([]) -> #{}.

wait_for_parent() ->
    case io:get_line("") of
        eof -> halt(0);
        _ -> wait_for_parent()
    end.

now_ns() -> erlang:monotonic_time(nanosecond).

%% Seconds as the command line has them.
nanoseconds(Text) -> round(list_to_float(Text) * 1.0e9).
