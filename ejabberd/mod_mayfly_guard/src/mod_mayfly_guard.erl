%%% Refuses a login whose authorization identity is not its own, whatever its mechanism, and one that is
%%% longer than what an extauth program can be asked.
%%%
%%% It keeps to gen_mod without declaring it, so that erlc needs nothing of ejabberd to compile it.
-module(mod_mayfly_guard).

-export([start/2, stop/1, depends/2, mod_options/1, mod_doc/0]).
-export([c2s_handle_recv/3]).

%% Bytes of an element from who is not logged in. The protocol to an extauth program has room for 65535
%% with the name in it, and ejabberd loses the program over more. No token comes near.
-define(LONGEST, 60000).

start(Host, _Options) ->
    ejabberd_hooks:add(c2s_handle_recv, Host, ?MODULE, c2s_handle_recv, 0).

stop(Host) ->
    ejabberd_hooks:delete(c2s_handle_recv, Host, ?MODULE, c2s_handle_recv, 0).

depends(_Host, _Options) ->
    [].

mod_options(_Host) ->
    [].

mod_doc() ->
    #{desc => <<"Refuses a login whose authorization identity is not its own, or that is too long.">>}.

%% Runs before ejabberd looks at what it has received. A message of a login has both identities or
%% none, so that nothing is kept from one to the next.
%%
%% ejabberd would go on without a hook that fails, and log the credential: a login that cannot be
%% judged is refused, and one that cannot be refused ends here.
c2s_handle_recv(State, Element, Packet) ->
    try
        case is_too_long(Element, State) of
            true -> refuse_too_long(State);
            false ->
                case verdict(message(Packet, State), State) of
                    own -> State;
                    {foreign, Why, Names} -> refuse(State, Why, Names)
                end
        end
    catch
        _:_ ->
            try refuse(State, "it cannot be judged", [])
            catch _:_ -> exit(normal)
            end
    end.

%% Whatever the element is, and before anything else is done with it: a login has many forms. Only
%% listeners for TCP have a limit of ejabberd's own.
is_too_long(_Element, #{stream_authenticated := true}) ->
    false;
is_too_long(Element, _State) ->
    byte_size(fxml:element_to_binary(Element)) > ?LONGEST.

%% The mechanism and the text of a message, by the records of xmpp_codec.hrl.
message({sasl_auth, Mechanism, Text}, _State) ->
    {Mechanism, Text};
message(Packet, _State) when element(1, Packet) == sasl2_authenticate ->
    {element(2, Packet), element(3, Packet)};
message({Response, Text}, #{sasl_mech := Mechanism})
  when Response == sasl_response; Response == sasl2_response ->
    {Mechanism, Text};
message(_Packet, _State) ->
    none.

verdict(none, _State) ->
    own;
verdict({<<"EXTERNAL">>, Authzid}, State) ->
    certificate(Authzid, State);
verdict({Mechanism, Text}, #{lserver := Host}) ->
    case identities(Mechanism, Text) of
        none -> own;
        {Authcid, Authzid} ->
            case is_own(Authzid, Authcid, Host) of
                true -> own;
                false -> {foreign, "it is ~0tp, and asks to be ~0tp", [Authcid, Authzid]}
            end;
        unreadable -> {foreign, "its ~0tp does not tell who it is", [Mechanism]}
    end.

%% {authentication identity, authorization identity}, read as ejabberd reads them.
identities(_Mechanism, Text) when Text == <<>>; Text == undefined ->
    none;
identities(<<"PLAIN">>, Text) ->
    fields(xmpp_sasl_plain:parse(Text));
identities(<<"X-OAUTH2">>, Text) ->
    fields(xmpp_sasl_oauth:parse(Text));
identities(<<"DIGEST-MD5">>, Text) ->
    case xmpp_sasl_digest:parse(Text) of
        bad -> unreadable;
        Fields ->
            {proplists:get_value(<<"username">>, Fields, <<>>),
             proplists:get_value(<<"authzid">>, Fields, <<>>)}
    end;
identities(<<"SCRAM-", _/binary>>, <<"c=", _/binary>>) -> % the second of its messages
    none;
identities(<<"SCRAM-", _/binary>>, Text) ->
    case binary:split(Text, <<",">>, [global]) of
        [_Binding, <<>> | _] -> none;
        [_Binding, <<"a=", Authzid/binary>>, <<"n=", Authcid/binary>> | _] ->
            {Authcid, Authzid};
        _ -> unreadable
    end;
identities(<<"HT-", _/binary>>, _Text) -> % FAST: has no authorization identity
    none;
identities(<<"ANONYMOUS">>, _Text) ->
    none;
identities(_Mechanism, _Text) ->
    unreadable.

fields([Authzid, Authcid, _Secret]) ->
    {Authcid, Authzid};
fields(_) ->
    unreadable.

is_own(<<>>, _Authcid, _Host) ->
    true;
is_own(Authzid, Authcid, Host) ->
    % without a domain it is of the stream's
    lists:member(domain(Authzid), [none, Host])
        andalso user(Authzid) /= error
        andalso user(Authzid) == user(Authcid).

user(Name) ->
    case jid:nodeprep(hd(binary:split(Name, <<"@">>))) of
        <<>> -> error;
        User -> User
    end.

domain(Name) ->
    case binary:split(Name, <<"@">>) of
        [_User] -> none;
        [_User, Domain] -> jid:nameprep(Domain)
    end.

%% ejabberd compares the authorization identity with those of the certificate. It lets one that names
%% nobody be anybody, and goes by the domain that was asked for, which need not be the stream's.
certificate(Authzid, #{lserver := Host} = State) ->
    Stranger = <<"mod_mayfly_guard@", Host/binary>>,
    NamesSomebody = element(1, xmpp_stream_pkix:authenticate(State, Stranger)) == error,
    case NamesSomebody andalso (Authzid == <<>> orelse domain(Authzid) == Host) of
        true -> own;
        false -> {foreign, "its certificate is not that of ~0tp", [Authzid]}
    end.

refuse(State, Why, Names) ->
    log(State, Why, Names),
    Text = <<"The authorization identity is not your own">>,
    xmpp_stream_in:send(State, xmpp:serr_not_authorized(Text, <<"en">>)).

refuse_too_long(State) ->
    log(State, "it has more than ~b bytes", [?LONGEST]),
    Text = <<"This is too long for a login">>,
    xmpp_stream_in:send(State, xmpp:serr_policy_violation(Text, <<"en">>)).

log(#{ip := Peer, lserver := Host}, Why, Names) ->
    logger:warning("mod_mayfly_guard: refused a login to ~ts from ~ts: " ++ Why,
                   [Host, ejabberd_config:may_hide_data(misc:ip_to_list(Peer)) | Names]).
