%%% Logins with Mayfly's short-lived credentials: the options, and what is done at each login.
%%%
%%% It keeps to gen_mod without declaring it, so that erlc needs nothing of ejabberd to compile it.
-module(mod_mayfly).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_opt_type/1, mod_doc/0]).
-export([refuse_to_start/2]).
-export([c2s_handle_recv/3, c2s_auth_result/3, c2s_handle_info/2, c2s_copy_session/2]).
-export([c2s_handle_sasl2_inline/1]).

-define(MAX_SOCKET_PATH_BYTES, 107).
-define(MAX_LEEWAY_SECONDS, 60).
%% Far more than a login needs, and less than a frame to a program, whose length has 16 bits.
-define(MAX_LOGIN_BYTES, 60000).

%% mod_auth_fast gives its tokens out at 10.
-define(HOOKS, [
    {c2s_handle_recv, 0},
    {c2s_auth_result, 90},
    {c2s_handle_info, 50},
    {c2s_copy_session, 50},
    {c2s_handle_sasl2_inline, 20}
]).
%% What asks `mayfly serve`, in the order in which it starts.
-define(ASKING, [mod_mayfly_pool, mod_mayfly_sessions, mod_mayfly_feed]).
-define(ENTER_AGAIN_MS, 1000).

start(Host, Options) ->
    case problem(Host, Options) of
        none ->
            mod_mayfly_log:install(),
            [ejabberd_hooks:add(Hook, Host, ?MODULE, Hook, Order) || {Hook, Order} <- ?HOOKS],
            start_children(Host, Options);
        Problem ->
            refuse_to_start(Host, Problem)
    end.

stop(Host) ->
    [ejabberd_hooks:delete(Hook, Host, ?MODULE, Hook, Order) || {Hook, Order} <- ?HOOKS],
    stop_children(Host),
    case gen_mod:is_loaded_elsewhere(Host, ?MODULE) of
        true -> ok;
        false -> mod_mayfly_log:uninstall()
    end.

%% What cannot be used is not: the secrets of before stay in use.
reload(Host, Options, OldOptions) ->
    Sources = [socket, secret_files],
    case {problem(Host, Options), maps:with(Sources, Options) =:= maps:with(Sources, OldOptions)} of
        {none, true} ->
            ok;
        {none, false} ->
            stop_children(Host),
            start_children(Host, Options);
        {Problem, _} ->
            logger:error("mod_mayfly for ~ts: ~ts: it goes on with what it has", [Host, Problem])
    end.

depends(_Host, _Options) ->
    [].

start_children(_Host, #{socket := undefined, secret_files := []}) ->
    ok;
start_children(Host, #{socket := undefined} = Options) ->
    start_child(mod_mayfly_secrets, Host, Options);
start_children(Host, Options) ->
    Start = fun
        (Module, ok) -> start_child(Module, Host, Options);
        (_Module, Error) -> Error
    end,
    lists:foldl(Start, ok, ?ASKING).

start_child(Module, Host, Options) ->
    case gen_mod:start_child(Module, Host, Options) of
        {ok, _Pid} -> ok;
        Error -> Error
    end.

stop_children(Host) ->
    [gen_mod:stop_child(Module, Host) || Module <- [mod_mayfly_secrets | lists:reverse(?ASKING)]],
    ok.

%% What keeps the options from being used, as a sentence.
problem(_Host, #{socket := Socket, secret_files := [_ | _]}) when Socket =/= undefined ->
    "socket: and secret_files: are two ways to verify: leave one out";
problem(_Host, #{socket := Socket}) when is_binary(Socket), byte_size(Socket) > ?MAX_SOCKET_PATH_BYTES ->
    "socket: is longer than the path of a socket may be";
problem(Host, #{socket := undefined, secret_files := []}) ->
    case lists:member(mayfly, ejabberd_option:auth_method(Host)) of
        true -> "auth_method: has mayfly, but mod_mayfly neither socket: nor secret_files: to verify with";
        false -> none
    end;
problem(_Host, #{secret_files := Files}) ->
    case mod_mayfly_secrets:read(Files) of
        {ok, _Keys} -> none;
        {error, Problem} -> ["secret_files: ", Problem]
    end.

%% Ends ejabberd where it is just starting: it must not run with another authentication than was meant.
refuse_to_start(Host, Problem) ->
    logger:critical("mod_mayfly for ~ts: ~ts", [Host, Problem]),
    case lists:keymember(ejabberd, 1, application:which_applications()) of
        true -> {error, iolist_to_binary(Problem)};
        false -> ejabberd:halt()
    end.

mod_options(_Host) ->
    [
        {socket, undefined},
        {secret_files, []},
        {max_ttl, 86400},
        {leeway, 0},
        {host_bound, true},
        {end_session_at_expiry, false},
        {end_fast_at_expiry, false}
    ].

mod_opt_type(socket) -> econf:binary("^/");
mod_opt_type(secret_files) -> econf:list(fun secret_file/1);
mod_opt_type(max_ttl) -> fun(Value) -> duration(Value, 1, 1000000000) end;
mod_opt_type(leeway) -> fun(Value) -> duration(Value, 0, ?MAX_LEEWAY_SECONDS) end;
mod_opt_type(host_bound) -> econf:bool();
mod_opt_type(end_session_at_expiry) -> econf:bool();
mod_opt_type(end_fast_at_expiry) -> econf:bool().

%% A path, for a key of SHA-1; or `path: sha256`.
secret_file([{Path, Algorithm}]) ->
    Hashes = #{sha1 => sha, sha256 => sha256, sha384 => sha384, sha512 => sha512},
    {(econf:file())(Path), maps:get((econf:enum(maps:keys(Hashes)))(Algorithm), Hashes)};
secret_file(Path) ->
    {(econf:file())(Path), sha}.

%% As in mayfly.yml: `90`, `90s`, `10m`, `24h` or `7d`, in seconds.
duration(Value, Min, Max) when is_integer(Value), Value >= Min, Value =< Max ->
    Value;
duration(Value, Min, Max) when is_integer(Value) ->
    econf:fail({bad_int, Min, Max, Value});
duration(Value, Min, Max) ->
    Text = (econf:binary("^[0-9]{1,9}[smhd]?$"))(Value),
    {Number, Unit} = string:to_integer(Text),
    Seconds = #{<<>> => 1, <<"s">> => 1, <<"m">> => 60, <<"h">> => 3600, <<"d">> => 86400},
    duration(Number * maps:get(Unit, Seconds), Min, Max).

mod_doc() ->
    #{desc => <<"Verifies the short-lived credentials of Mayfly, and ends sessions with them.">>}.

%% Runs before ejabberd looks at what it has received. A message of a login has all that is judged, so
%% that nothing is kept from one to the next.
%%
%% ejabberd would go on without a hook that fails, and log the credential: a login that cannot be
%% judged is refused, and one that cannot be refused ends here.
c2s_handle_recv(State, Element, Packet) ->
    try
        case is_too_long(Element, State) orelse mod_mayfly_message:login(State, Element, Packet) of
            true -> refuse_too_long(State);
            none -> State;
            {Mechanism, Text} -> judge(Mechanism, Text, State)
        end
    catch
        _:_ ->
            try refuse_foreign(State, "it cannot be judged", [])
            catch _:_ -> exit(normal)
            end
    end.

%% Whatever the element is, and before anything else is done with it: a login has many forms. Only
%% listeners for TCP have a limit of ejabberd's own.
is_too_long(_Element, #{stream_authenticated := true}) ->
    false;
is_too_long(Element, _State) ->
    byte_size(fxml:element_to_binary(Element)) > ?MAX_LOGIN_BYTES.

judge(Mechanism, Text, State) ->
    case mod_mayfly_identity:verify(Mechanism, Text, State) of
        ok ->
            Secret = mod_mayfly_message:secret(Mechanism, Text),
            State#{mod_mayfly_presented => mod_mayfly_credential:presented(Secret)};
        {foreign, Why, Names} ->
            refuse_foreign(State, Why, Names)
    end.

refuse_too_long(State) ->
    Error = xmpp:serr_policy_violation(<<"This is too long for a login">>, <<"en">>),
    refuse(State, Error, "its message is longer than a login needs", []).

refuse_foreign(State, Why, Names) ->
    Text = <<"The authorization identity is not your own">>,
    refuse(State, xmpp:serr_not_authorized(Text, <<"en">>), Why, Names).

refuse(#{ip := Peer, lserver := Host} = State, Error, Why, Names) ->
    logger:warning(
        "mod_mayfly: refused a login to ~ts from ~ts: " ++ Why,
        [Host, ejabberd_config:may_hide_data(misc:ip_to_list(Peer)) | Names]
    ),
    xmpp_stream_in:send(State, Error).

%% The auth method knows the facts of a credential that it has verified; of any other login its text
%% has told them.
c2s_auth_result(#{lserver := Host} = State, true, User) ->
    mod_mayfly_log:mark_authenticated(),
    Presented = maps:get(mod_mayfly_presented, State, #{}),
    Facts = case mod_mayfly_credential:forget() of
        undefined -> Presented;
        Known -> maps:merge(Presented, Known)
    end,
    Session = Facts#{
        user => jid:nodeprep(User),
        since => erlang:system_time(second),
        mechanism => maps:get(sasl_mech, State, <<>>)
    },
    Options = gen_mod:get_module_opts(Host, ?MODULE),
    end_at_expiry(Options, enter(Options, State#{mod_mayfly_session => Session}));
c2s_auth_result(State, _Failure, _User) ->
    _ = mod_mayfly_credential:forget(), % verified, and refused all the same: by SASL2, for another user
    State.

%% A session lives through the leeway too: it may have been opened in it.
end_at_expiry(#{end_session_at_expiry := true} = Options, State) ->
    case end_of(State, Options) of
        undefined -> State;
        End -> mod_mayfly_expiry:start_timer(End, State)
    end;
end_at_expiry(_Options, State) ->
    State.

end_of(#{mod_mayfly_session := #{expires := Expires}}, #{leeway := Leeway}) -> Expires + Leeway;
end_of(_State, _Options) -> undefined.

%% Lets the session be ended when its credential is revoked.
enter(#{socket := undefined}, State) ->
    State;
enter(_Options, #{lserver := Host, mod_mayfly_session := #{user := User} = Session} = State) ->
    try
        ok = mod_mayfly_sessions:enter(Host, User, Session)
    catch
        _:_ -> erlang:send_after(?ENTER_AGAIN_MS, self(), mod_mayfly_enter)
    end,
    State;
enter(_Options, State) ->
    State.

c2s_handle_info(#{lserver := Host} = State, mod_mayfly_expiry) ->
    case gen_mod:get_module_opt(Host, ?MODULE, end_session_at_expiry) of
        true -> {stop, mod_mayfly_expiry:handle_timer(State)};
        false -> {stop, State} % it was reloaded meanwhile
    end;
c2s_handle_info(State, {mod_mayfly_revoked, Event}) ->
    {stop, mod_mayfly_revocation:end_session(State, Event)};
c2s_handle_info(State, {mod_mayfly_describe, From, Ref}) ->
    From ! {mod_mayfly_described, Ref, mod_mayfly_session:describe(State)},
    {stop, State};
c2s_handle_info(#{lserver := Host} = State, mod_mayfly_enter) ->
    {stop, enter(gen_mod:get_module_opts(Host, ?MODULE), mod_mayfly_session:restore(State))};
c2s_handle_info(State, _Info) ->
    State.

%% A session that is resumed (XEP-0198) is that of the login of this stream, and of the old one no more.
c2s_copy_session(#{lserver := Host} = State, #{sid := {_, OldPid}}) ->
    case gen_mod:get_module_opt(Host, ?MODULE, socket) of
        undefined -> ok;
        _ -> mod_mayfly_sessions:leave(Host, OldPid)
    end,
    State;
c2s_copy_session(State, _OldState) ->
    State.

%% With SASL2, where FAST gives a token out.
c2s_handle_sasl2_inline({#{lserver := Host} = State, _Els, _Results} = Acc) ->
    case gen_mod:get_module_opts(Host, ?MODULE) of
        #{end_fast_at_expiry := true} = Options -> mod_mayfly_fast:limit(end_of(State, Options), Acc);
        _ -> Acc
    end.
