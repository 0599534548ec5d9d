%%% Follows what is revoked, over the socket of `mayfly serve`: asks again and again for what is new, on a
%%% connection of its own, and has the sessions ended that it is about.
%%%
%%% Nothing is lost while the connection is: the next one goes on behind the last event that was
%%% applied. In a cluster each node follows for its own sessions.
-module(mod_mayfly_feed).
-behaviour(gen_server).

-export([is_followed/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-define(FIRST_PAUSE_MS, 100).
-define(LONGEST_PAUSE_MS, 1000).
-define(CONNECT_TIMEOUT_MS, 5000).
-define(SEND_TIMEOUT_MS, 5000).
%% An answer takes 8 seconds where there is nothing new.
-define(ANSWER_TIMEOUT_MS, 15000).
-define(UNKNOWN_PAUSE_MS, 1000).
-define(REFUSED_PAUSE_MS, 60000).
%% Who revokes does not wait longer for what was done.
-define(REPORT_SECONDS, 60).
-define(DESCRIBE_TIMEOUT_MS, 1000).
-define(MAX_SESSIONS, 200).
-define(MAX_SESSIONS_BYTES, 45000).

-define(REFUSED, 0).
-define(DONE, 1).
-define(UNKNOWN, 4).

%% Whether `mayfly serve` lets this host follow: then it also knows `login:`.
-spec is_followed(Host :: binary()) -> boolean().
is_followed(Host) ->
    persistent_term:get({?MODULE, Host}, false).

init([Host, #{socket := Path}]) ->
    process_flag(trap_exit, true), % so that terminate/2 is called
    self() ! connect,
    {ok, #{
        host => Host,
        path => Path,
        cursor => <<>>,
        socket => none,
        pending => [], % what is asked on the connection, in order: `report` or `follow`
        timer => none,
        pause => ?FIRST_PAUSE_MS,
        is_refused => false
    }}.

handle_call(_Request, _From, State) ->
    {noreply, State}.

handle_cast(_Request, State) ->
    {noreply, State}.

handle_info(connect, #{host := Host, path := Path} = State) ->
    Options = [binary, {active, true}, {packet, 2}, {send_timeout, ?SEND_TIMEOUT_MS}],
    case gen_tcp:connect({local, Path}, 0, Options, ?CONNECT_TIMEOUT_MS) of
        {ok, Socket} ->
            mod_mayfly_pool:report(Host, up),
            {noreply, follow(State#{socket := Socket, pending := []})};
        {error, Why} ->
            mod_mayfly_pool:report(Host, {down, Why}),
            {noreply, connect_later(State)}
    end;
handle_info({tcp, Socket, <<Code:16, Text/binary>>}, #{socket := Socket, pending := [Asked | Rest]} = State) ->
    Waiting = State#{pending := Rest},
    case Asked of
        report -> {noreply, Waiting};
        follow -> {noreply, handle_answer(Code, Text, stop_timer(Waiting))}
    end;
handle_info({tcp, Socket, _}, #{socket := Socket} = State) ->
    {noreply, reconnect(State)}; % this was not asked for
handle_info({tcp_closed, Socket}, #{socket := Socket} = State) ->
    {noreply, reconnect(State)};
handle_info({tcp_error, Socket, _Why}, #{socket := Socket} = State) ->
    {noreply, reconnect(State)};
handle_info({timeout, Timer, no_answer}, #{timer := Timer} = State) ->
    {noreply, reconnect(State#{timer := none})};
handle_info({timeout, Timer, follow}, #{timer := Timer} = State) ->
    {noreply, follow(State#{timer := none})};
handle_info(_Info, State) ->
    {noreply, State}.

terminate(_Reason, #{host := Host, socket := Socket}) ->
    close(Socket),
    persistent_term:erase({?MODULE, Host}),
    ok.

follow(#{host := Host, cursor := Cursor} = State) ->
    Open = try mod_mayfly_sessions:count(Host) catch _:_ -> 0 end,
    Request = (follower(Host))#{<<"cursor">> => Cursor, <<"open">> => Open},
    start_timer(?ANSWER_TIMEOUT_MS, no_answer, ask(follow, Request, State)).

follower(Host) ->
    #{<<"server">> => server_name(), <<"hosts">> => [Host]}.

%% The node, as those of other machines cannot be called too: Debian's is ejabberd@localhost everywhere.
server_name() ->
    case binary:split(atom_to_binary(node(), utf8), <<"@">>) of
        [<<"nonode">>, _] -> <<"ejabberd@", (machine())/binary>>;
        [Name, <<"localhost">>] -> <<Name/binary, "@", (machine())/binary>>;
        [Name, Machine] -> <<Name/binary, "@", Machine/binary>>
    end.

machine() ->
    {ok, Name} = inet:gethostname(),
    unicode:characters_to_binary(Name).

%% A connection that fails is heard of by a message.
ask(Operation, Request, #{socket := Socket, pending := Pending} = State) ->
    _ = gen_tcp:send(Socket, [atom_to_list(Operation), $:, mod_mayfly_json:encode(Request)]),
    State#{pending := Pending ++ [Operation]}.

handle_answer(?DONE, Text, #{host := Host, cursor := Before} = State) ->
    try mod_mayfly_json:decode(Text) of
        #{<<"cursor">> := Cursor, <<"events">> := Events} when is_binary(Cursor), is_list(Events) ->
            set_followed(Host, true),
            Heard = lists:foldl(
                fun(Event, Acc) -> handle_event(Event, Before =:= <<>>, Acc) end, State, Events
            ),
            follow(Heard#{cursor := Cursor, pause := ?FIRST_PAUSE_MS, is_refused := false})
    catch
        _:_ -> reconnect(State)
    end;
handle_answer(?UNKNOWN, _Text, State) ->
    start_timer(?UNKNOWN_PAUSE_MS, follow, State);
handle_answer(?REFUSED, _Text, #{host := Host, path := Path, is_refused := IsRefused} = State) ->
    set_followed(Host, false),
    IsRefused orelse
        logger:warning(
            "mod_mayfly for ~ts: sessions do not end when their credential is revoked, because mayfly serve does "
            "not tell what is: add \"feed: { sockets: [~ts] }\" to its mayfly.yml",
            [Host, Path]
        ),
    start_timer(?REFUSED_PAUSE_MS, follow, State#{is_refused := true});
handle_answer(_Code, _Text, State) ->
    reconnect(State).

set_followed(Host, Is) ->
    is_followed(Host) =:= Is orelse persistent_term:put({?MODULE, Host}, Is).

%% An event that cannot be applied is left out: the others count all the same.
handle_event(Event, IsReplayed, #{host := Host} = State) ->
    try apply_event(Host, Event, IsReplayed) of
        none -> State;
        Done -> report(Event, Done, State)
    catch
        Class:Why ->
            logger:error(
                "mod_mayfly for ~ts: an event of mayfly serve could not be applied (~ts: ~0p)",
                [Host, Class, Why]
            ),
            State
    end.

apply_event(Host, #{<<"type">> := <<"sessions">>} = Event, _IsReplayed) ->
    describe(mod_mayfly_sessions:find(Host, Event));
apply_event(Host, #{<<"type">> := Type, <<"at">> := At} = Event, IsReplayed) when
    Type =:= <<"user">>; Type =:= <<"credential">>
->
    % Of a replay it is not known when it was heard of first.
    Heard = Event#{heard => case IsReplayed of true -> At; false -> erlang:system_time(second) end},
    mod_mayfly_fast:delete_tokens(Host, Heard), % first: a client that is out would be in again
    #{<<"ended">> => mod_mayfly_sessions:revoke(Host, Heard)};
apply_event(_Host, _Event, _IsReplayed) ->
    none.

report(#{<<"id">> := Id, <<"at">> := At}, Done, #{host := Host} = State) ->
    case At > erlang:system_time(second) - ?REPORT_SECONDS of
        true -> ask(report, maps:merge(Done#{<<"id">> => Id}, follower(Host)), State);
        false -> State
    end;
report(_Event, _Done, State) ->
    State.

%% What the sessions say of themselves; who does not answer in time is only counted.
describe(Found) ->
    Ref = make_ref(),
    [Pid ! {mod_mayfly_describe, self(), Ref} || {Pid, _User} <- Found],
    Deadline = erlang:monotonic_time(millisecond) + ?DESCRIBE_TIMEOUT_MS,
    Described = collect(Ref, min(length(Found), ?MAX_SESSIONS), Deadline, []),
    #{<<"total">> => length(Found), <<"sessions">> => fit(Described, ?MAX_SESSIONS_BYTES)}.

collect(_Ref, 0, _Deadline, Sessions) ->
    Sessions;
collect(Ref, Missing, Deadline, Sessions) ->
    receive
        {mod_mayfly_described, Ref, Session} -> collect(Ref, Missing - 1, Deadline, [Session | Sessions])
    after max(0, Deadline - erlang:monotonic_time(millisecond)) ->
        Sessions
    end.

fit([], _BytesLeft) ->
    [];
fit([Session | Rest], BytesLeft) ->
    case BytesLeft - byte_size(mod_mayfly_json:encode(Session)) - 1 of
        Left when Left >= 0 -> [Session | fit(Rest, Left)];
        _ -> []
    end.

reconnect(#{socket := Socket} = State) ->
    close(Socket),
    connect_later((stop_timer(State))#{socket := none, pending := []}).

connect_later(#{pause := Pause} = State) ->
    erlang:send_after(Pause, self(), connect),
    State#{pause := min(2 * Pause, ?LONGEST_PAUSE_MS)}.

close(none) -> ok;
close(Socket) -> gen_tcp:close(Socket).

start_timer(Ms, Message, State) ->
    (stop_timer(State))#{timer := erlang:start_timer(Ms, self(), Message)}.

stop_timer(#{timer := none} = State) ->
    State;
stop_timer(#{timer := Timer} = State) ->
    erlang:cancel_timer(Timer),
    State#{timer := none}.
