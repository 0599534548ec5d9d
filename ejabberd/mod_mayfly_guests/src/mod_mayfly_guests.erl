%%% Lets guests, whose localparts begin with "guest-", reach only what the admin names.
%%%
%%% It keeps to gen_mod without declaring it, so that erlc needs nothing of ejabberd to compile it.
-module(mod_mayfly_guests).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_opt_type/1, mod_doc/0]).
-export([user_send_packet/1]).

start(Host, _Options) ->
    ejabberd_hooks:add(user_send_packet, Host, ?MODULE, user_send_packet, 1).

stop(Host) ->
    ejabberd_hooks:delete(user_send_packet, Host, ?MODULE, user_send_packet, 1).

reload(_Host, _New, _Old) ->
    ok.

depends(_Host, _Options) ->
    [].

mod_options(_Host) ->
    [{reach, []}].

mod_opt_type(reach) ->
    econf:list(econf:jid()).

mod_doc() ->
    #{desc => <<"Lets guests reach only what the admin names.">>,
      opts => [{reach, #{value => "[JID, ...]",
                         desc => <<"What guests may reach: bare JIDs, such as that of a room, "
                                   "and domains with all of their JIDs.">>}}]}.

%% Runs before anything is done with what a client sends. ejabberd would go on without a hook that
%% fails: what cannot be judged is dropped.
user_send_packet({Packet, #{jid := From, lserver := Host} = State} = Accumulated) ->
    try
        case is_guest(From) andalso not may_reach(xmpp:get_to(Packet), From, Host) of
            false -> Accumulated;
            true ->
                Text = <<"Guests do not reach this address">>,
                ejabberd_router:route_error(Packet, xmpp:err_forbidden(Text, <<"en">>)),
                {stop, {drop, State}}
        end
    catch
        _:_ -> {stop, {drop, State}}
    end.

is_guest(JID) ->
    case jid:tolower(JID) of
        {<<"guest-", _/binary>>, _, _} -> true;
        _ -> false
    end.

%% A guest reaches itself, and the server that it is on; those are not other users.
may_reach(undefined, _From, _Host) ->
    true;
may_reach(To, From, Host) ->
    {Me, _, _} = jid:tolower(From),
    {User, Server, _} = jid:tolower(To),
    lists:member({User, Server}, [{Me, Host}, {<<>>, Host}])
        orelse lists:any(fun(Named) -> is_named(jid:tolower(Named), User, Server) end,
                         gen_mod:get_module_opt(Host, ?MODULE, reach)).

is_named({<<>>, Server, _}, _User, Server) -> true;
is_named({User, Server, _}, User, Server) -> true;
is_named(_Named, _User, _Server) -> false.
