%%% The sessions of a host on this node, by user and by credential, and what was revoked lately.
%%%
%%% A login may have been decided before a revocation was noted, and come here after it was heard
%%% of. So each session is held against the revocations of the last minutes too. All of it is done by
%%% one process, so that none slips through between the two.
-module(mod_mayfly_sessions).
-behaviour(gen_server).

-export([enter/3, leave/2, count/1, find/2, revoke/2]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

%% Longer than a login takes, and than clocks differ.
-define(KEEP_SECONDS, 600).
-define(PURGE_EVERY_MS, 60000).
-define(ENTER_TIMEOUT_MS, 5000).

%% Enters the session of the calling process. Where it has been revoked it gets a message, as any
%% session does that is revoked: `{mod_mayfly_revoked, Event}`.
-spec enter(Host :: binary(), User :: binary(), Session :: map()) -> ok.
enter(Host, User, Session) ->
    gen_server:call(process_of(Host), {enter, User, Session}, ?ENTER_TIMEOUT_MS).

%% Takes out the session of a process that goes on in another.
-spec leave(Host :: binary(), pid()) -> ok.
leave(Host, Pid) ->
    gen_server:cast(process_of(Host), {leave, Pid}).

-spec count(Host :: binary()) -> non_neg_integer().
count(Host) ->
    gen_server:call(process_of(Host), count).

%% The sessions that an event may be about, with their users.
-spec find(Host :: binary(), Event :: map()) -> [{pid(), User :: binary()}].
find(Host, Event) ->
    gen_server:call(process_of(Host), {find, Event}).

%% Ends the sessions that an event revokes: how many.
-spec revoke(Host :: binary(), Event :: map()) -> non_neg_integer().
revoke(Host, Event) ->
    gen_server:call(process_of(Host), {revoke, Event}).

process_of(Host) ->
    gen_mod:get_module_proc(Host, ?MODULE).

%%% The process that knows them.

%% Sessions may be older than this process.
init([Host, _Options]) ->
    [Pid ! mod_mayfly_enter || Pid <- local_sessions(Host)],
    purge_later(),
    {ok, #{
        host => Host,
        sessions => #{}, % by process: {Monitor, User, Session}
        index => #{}, % {user, User} or {credential, Id} to processes
        revoked => #{} % {user, User} or {credential, Id} to events
    }}.

handle_call({enter, User, Session}, {Pid, _}, State) ->
    Others = remove(Pid, State),
    case [Event || Event <- revocations(User, Session, State), is_ended_by(Event, Session)] of
        [] ->
            {reply, ok, insert(Pid, User, Session, Others)};
        [Event | _] ->
            Pid ! {mod_mayfly_revoked, Event},
            {reply, ok, Others}
    end;
handle_call(count, _From, #{sessions := Sessions} = State) ->
    {reply, map_size(Sessions), State};
handle_call({find, Event}, _From, State) ->
    {reply, [{Pid, User} || {Pid, {_, User, _}} <- lookup(Event, State)], State};
handle_call({revoke, Event}, _From, State) ->
    Ended = [Pid || {Pid, {_, _, Session}} <- lookup(Event, State), is_ended_by(Event, Session)],
    [Pid ! {mod_mayfly_revoked, Event} || Pid <- Ended],
    {reply, length(Ended), keep(Event, lists:foldl(fun remove/2, State, Ended))}.

handle_cast({leave, Pid}, State) ->
    {noreply, remove(Pid, State)}.

handle_info({'DOWN', _Monitor, process, Pid, _Why}, State) ->
    {noreply, remove(Pid, State)};
handle_info(purge, #{revoked := Revoked} = State) ->
    purge_later(),
    Kept = maps:map(fun(_, Events) -> lists:filter(fun is_recent/1, Events) end, Revoked),
    {noreply, State#{revoked := maps:filter(fun(_, Events) -> Events =/= [] end, Kept)}};
handle_info(_Info, State) ->
    {noreply, State}.

terminate(_Reason, _State) ->
    ok.

%% By the records #session{} of ejabberd_sm.hrl: {session, {_, Pid}, {User, Host, Resource}, …}.
local_sessions(Host) ->
    Sessions = ejabberd_sm:dirty_get_my_sessions_list(),
    [element(2, element(2, It)) || It <- Sessions, element(2, element(3, It)) =:= Host].

is_ended_by(Event, Session) ->
    mod_mayfly_revocation:is_ended_by(Event, Session).

insert(Pid, User, Session, #{sessions := Sessions, index := Index} = State) ->
    Monitor = erlang:monitor(process, Pid),
    Add = fun(Key, Acc) -> maps:update_with(Key, fun(Pids) -> [Pid | Pids] end, [Pid], Acc) end,
    State#{
        sessions := Sessions#{Pid => {Monitor, User, Session}},
        index := lists:foldl(Add, Index, keys(User, Session))
    }.

remove(Pid, #{sessions := Sessions, index := Index} = State) ->
    case maps:take(Pid, Sessions) of
        {{Monitor, User, Session}, Others} ->
            erlang:demonitor(Monitor, [flush]),
            Delete = fun(Key, Acc) ->
                case lists:delete(Pid, maps:get(Key, Acc, [])) of
                    [] -> maps:remove(Key, Acc);
                    Pids -> Acc#{Key => Pids}
                end
            end,
            State#{sessions := Others, index := lists:foldl(Delete, Index, keys(User, Session))};
        error ->
            State
    end.

keys(User, #{credential := Id}) -> [{user, User}, {credential, Id}];
keys(User, _Session) -> [{user, User}].

key(#{<<"type">> := <<"credential">>, <<"credential">> := Id}, _Host) ->
    {credential, Id};
key(#{<<"jid">> := Jid}, Host) ->
    {User, Host, _} = jid:tolower(jid:decode(Jid)),
    {user, User}.

lookup(Event, #{host := Host, sessions := Sessions, index := Index}) ->
    Pids = maps:get(key(Event, Host), Index, []),
    [{Pid, maps:get(Pid, Sessions)} || Pid <- Pids].

keep(Event, #{host := Host, revoked := Revoked} = State) ->
    case is_recent(Event) of
        true ->
            Add = fun(Events) -> [Event | lists:delete(Event, Events)] end,
            State#{revoked := maps:update_with(key(Event, Host), Add, [Event], Revoked)};
        false ->
            State
    end.

revocations(User, Session, #{revoked := Revoked}) ->
    lists:append([maps:get(Key, Revoked, []) || Key <- keys(User, Session)]).

is_recent(#{<<"at">> := At}) ->
    At > erlang:system_time(second) - ?KEEP_SECONDS.

purge_later() ->
    erlang:send_after(?PURGE_EVERY_MS, self(), purge).
