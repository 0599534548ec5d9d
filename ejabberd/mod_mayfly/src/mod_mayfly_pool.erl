%%% Hands out connections to the socket of `mayfly serve`, each to one process at a time.
%%%
%%% Who is given a connection asks by it in its own process: a slow answer holds up nobody else.
-module(mod_mayfly_pool).
-behaviour(gen_server).

-export([check_out/2, check_in/3, report/2]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-define(MAX_CONNECTIONS, 16).

%% Waits for a connection until the deadline, in milliseconds of the monotonic clock: `none` stands
%% for one that is still to be opened.
-spec check_out(Host :: binary(), Deadline :: integer()) ->
    {ok, Lease :: reference(), gen_tcp:socket() | none} | {error, timeout}.
check_out(Host, Deadline) ->
    gen_server:call(process_of(Host), {check_out, Deadline}, infinity).

%% Gives a connection back; `none` where it has been closed.
-spec check_in(Host :: binary(), Lease :: reference(), gen_tcp:socket() | none) -> ok.
check_in(Host, Lease, Socket) ->
    case Socket of
        none -> ok;
        _ -> gen_tcp:controlling_process(Socket, whereis(process_of(Host)))
    end,
    gen_server:cast(process_of(Host), {check_in, Lease, Socket}).

%% Says whether the socket could be reached.
-spec report(Host :: binary(), up | {down, Why :: atom()}) -> ok.
report(Host, How) ->
    gen_server:cast(process_of(Host), {report, How}).

process_of(Host) ->
    gen_mod:get_module_proc(Host, ?MODULE).

%%% The process that hands them out.

init([_Host, #{socket := Path}]) ->
    {ok, #{
        path => Path,
        idle => [],
        leases => #{}, % to the socket, by the monitor of who has it
        waiting => queue:new(), % of {Lease, From}, where a timer of the same lease runs
        timers => #{},
        is_down => false
    }}.

handle_call({check_out, Deadline}, {Pid, _} = From, #{waiting := Waiting, timers := Timers} = State) ->
    Lease = erlang:monitor(process, Pid),
    Timer = erlang:start_timer(Deadline, self(), Lease, [{abs, true}]),
    {noreply,
        serve(State#{waiting := queue:in({Lease, From}, Waiting), timers := Timers#{Lease => Timer}})}.

handle_cast({check_in, Lease, Socket}, #{idle := Idle} = State) ->
    case {forget(Lease, State), Socket} of
        {NewState, none} -> {noreply, serve(NewState)};
        {NewState, _} -> {noreply, serve(NewState#{idle := [Socket | Idle]})}
    end;
handle_cast({report, up}, #{is_down := true, path := Path} = State) ->
    logger:notice("mod_mayfly: ~ts can be reached again", [Path]),
    {noreply, State#{is_down := false}};
handle_cast({report, {down, Why}}, #{is_down := false, path := Path} = State) ->
    logger:error(
        "mod_mayfly: ~ts cannot be reached (~ts). Is \"mayfly serve --extauth unix:~ts\" running, and "
        "may ejabberd's user write to the socket? Trying again, and logins wait",
        [Path, Why, Path]
    ),
    {noreply, State#{is_down := true}};
handle_cast({report, _}, State) ->
    {noreply, State}.

handle_info({timeout, _Timer, Lease}, #{waiting := Waiting} = State) ->
    case lists:keyfind(Lease, 1, queue:to_list(Waiting)) of
        {Lease, From} -> gen_server:reply(From, {error, timeout});
        false -> ok % it was served just then
    end,
    {noreply, forget(Lease, State)};
handle_info({'DOWN', Lease, process, _Pid, _Why}, #{leases := Leases} = State) ->
    case Leases of
        #{Lease := Socket} when Socket =/= none -> gen_tcp:close(Socket);
        _ -> ok
    end,
    {noreply, serve(forget(Lease, State))};
handle_info(_Info, State) ->
    {noreply, State}.

terminate(_Reason, #{idle := Idle, leases := Leases}) ->
    [gen_tcp:close(Socket) || Socket <- Idle ++ maps:values(Leases), Socket =/= none],
    ok.

%% Gives connections to who waits, as long as there are both.
serve(#{waiting := Waiting, leases := Leases} = State) when map_size(Leases) < ?MAX_CONNECTIONS ->
    case queue:out(Waiting) of
        {empty, _} ->
            State;
        {{value, {Lease, From}}, Rest} ->
            {Socket, Idle} = take(maps:get(idle, State)),
            gen_server:reply(From, {ok, Lease, Socket}),
            Served = stop_timer(Lease, State#{waiting := Rest, idle := Idle}),
            serve(Served#{leases := Leases#{Lease => Socket}})
    end;
serve(State) ->
    State.

take([]) -> {none, []};
take([Socket | Rest]) -> {Socket, Rest}.

%% Ends a lease, or the wait for one.
forget(Lease, #{leases := Leases, waiting := Waiting} = State) ->
    erlang:demonitor(Lease, [flush]),
    Others = queue:filter(fun({Other, _}) -> Other =/= Lease end, Waiting),
    stop_timer(Lease, State#{leases := maps:remove(Lease, Leases), waiting := Others}).

stop_timer(Lease, #{timers := Timers} = State) ->
    case maps:take(Lease, Timers) of
        {Timer, Rest} ->
            erlang:cancel_timer(Timer, [{async, true}, {info, false}]),
            State#{timers := Rest};
        error ->
            State
    end.
