%% A node of `troupe bench nodes`: says and is told what bench/nodes/nodes.cpp has at its top.
-module(bench_node).
-export([run/1]).

run(#{name := Name, nodes := Nodes}) ->
    Self = self(),
    spawn_link(fun() -> read(Self) end),
    say("ready"),
    serve(list_to_atom(Name ++ "@127.0.0.1"), list_to_integer(Nodes) - 1, false).

read(Parent) ->
    case io:get_line("") of
        eof -> halt(0);
        Line -> Parent ! {told, string:lexemes(Line, " \n")}, read(Parent)
    end.

serve(Name, Others, IsWhole) ->
    receive
        {told, ["start", Address]} ->
            TickTime = application:get_env(kernel, net_ticktime, 60),
            {ok, _} = net_kernel:start(Name, #{name_domain => longnames, net_ticktime => TickTime}),
            ok = net_kernel:monitor_nodes(true),
            say("at ~s", [Name]),
            Address =:= "-" orelse net_kernel:connect_node(list_to_atom(Address)),
            serve(Name, Others, IsWhole);
        {told, ["traffic"]} ->
            say("traffic ~b", [lists:sum([bytes_sent(Port) || {_, Port} <- erlang:system_info(dist_ctrl)])]),
            serve(Name, Others, IsWhole);
        {nodeup, _} ->
            % When the first of several is read, the others may be connected already.
            IsNew = not IsWhole andalso length(nodes()) =:= Others,
            IsNew andalso say("whole ~b", [os:system_time(nanosecond)]),
            serve(Name, Others, IsWhole orelse IsNew);
        {nodedown, Node} ->
            [Short, _] = string:lexemes(atom_to_list(Node), "@"),
            say("down ~s ~b", [Short, os:system_time(nanosecond)]),
            serve(Name, Others, IsWhole)
    end.

bytes_sent(Port) ->
    case inet:getstat(Port, [send_oct]) of
        {ok, [{send_oct, Bytes}]} -> Bytes;
        _ -> 0
    end.

say(Text) -> say(Text, []).
say(Format, Arguments) -> io:format(Format ++ "~n", Arguments).
