%%% What is known of one session, from the state of its stream: without a secret.
-module(mod_mayfly_session).

-export([describe/1, restore/1]).

%% A session as `mayfly sessions` shows it.
-spec describe(State :: map()) -> map().
describe(#{mod_mayfly_session := #{user := User, since := Since} = Session, lserver := Host} = State) ->
    Known = #{
        <<"jid">> => jid:encode({User, Host, maps:get(resource, State, <<>>)}),
        <<"since">> => Since,
        <<"mechanism">> => mechanism(Session),
        <<"state">> => state(State),
        <<"node">> => atom_to_binary(node(), utf8)
    },
    Optional = [
        {<<"expires">>, maps:get(expires, Session, undefined)},
        {<<"issued">>, maps:get(issued, Session, undefined)},
        {<<"credential">>, maps:get(credential, Session, undefined)},
        {<<"address">>, address(State)},
        {<<"connection">>, connection(State)}
    ],
    maps:merge(Known, maps:from_list([{Name, Value} || {Name, Value} <- Optional, Value =/= undefined])).

mechanism(#{mechanism := <<"HT-", _/binary>>}) -> <<"FAST">>;
mechanism(#{mechanism := Mechanism}) -> Mechanism.

state(#{mgmt_state := pending}) -> <<"hibernating">>;
state(_State) -> <<"open">>.

address(#{ip := Address}) -> iolist_to_binary(misc:ip_to_list(Address));
address(_State) -> undefined.

connection(#{conn := Connection}) -> atom_to_binary(Connection, utf8);
connection(_State) -> undefined.

%% Of a session that was opened before this module was loaded only its user and its age are known.
-spec restore(State :: map()) -> map().
restore(#{mod_mayfly_session := _} = State) ->
    State;
restore(#{user := User, sid := {Opened, _Pid}} = State) ->
    {Mega, Seconds, _Micro} = Opened,
    Since = Mega * 1000000 + Seconds,
    State#{mod_mayfly_session => #{user => jid:nodeprep(User), since => Since, mechanism => <<>>}};
restore(State) ->
    State.
