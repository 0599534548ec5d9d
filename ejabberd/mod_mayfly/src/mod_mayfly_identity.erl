%%% Refuses a login whose authorization identity is not its own, whatever its mechanism.
-module(mod_mayfly_identity).

-export([verify/3]).

%% Judges a message of a login.
-spec verify(Mechanism :: binary(), Text :: binary() | undefined, State :: map()) ->
    ok | {foreign, Why :: string(), Names :: [binary()]}.
verify(<<"EXTERNAL">>, Authzid, State) ->
    verify_certificate(Authzid, State);
verify(Mechanism, Text, #{lserver := Host}) ->
    case mod_mayfly_message:identities(Mechanism, Text) of
        none ->
            ok;
        {Authcid, Authzid} ->
            case is_own(Authzid, Authcid, Host) of
                true -> ok;
                false -> {foreign, "it is ~0tp, and asks to be ~0tp", [Authcid, Authzid]}
            end;
        unreadable ->
            {foreign, "its ~0tp does not tell who it is", [Mechanism]}
    end.

is_own(<<>>, _Authcid, _Host) ->
    true;
is_own(Authzid, Authcid, Host) ->
    % without a domain it is of the stream's
    lists:member(domain(Authzid), [none, Host])
        andalso user(Authzid) =/= error
        andalso user(Authzid) =:= user(Authcid).

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
%% no JID be any, and goes by the domain that was asked for, which need not be the stream's.
verify_certificate(Authzid, #{lserver := Host} = State) ->
    Stranger = <<"mod_mayfly@", Host/binary>>,
    NamesJid = element(1, xmpp_stream_pkix:authenticate(State, Stranger)) =:= error,
    case NamesJid andalso (Authzid =:= <<>> orelse domain(Authzid) =:= Host) of
        true -> ok;
        false -> {foreign, "its certificate is not that of ~0tp", [Authzid]}
    end.
