%%% Reads the messages of a login, in SASL, SASL2 and XEP-0078.
-module(mod_mayfly_message).

-export([login/3, identities/2, secret/2]).

%% The mechanism and the text of a message, by the records of xmpp_codec.hrl, or `none` for what is
%% no message of a login.
-spec login(State :: map(), Element :: term(), Packet :: term()) ->
    {Mechanism :: binary(), Text :: binary() | undefined} | none.
login(_State, _Element, {sasl_auth, Mechanism, Text}) ->
    {Mechanism, Text};
login(_State, _Element, Packet) when element(1, Packet) =:= sasl2_authenticate ->
    {element(2, Packet), element(3, Packet)};
login(#{sasl_mech := Mechanism}, _Element, {Response, Text})
  when Response =:= sasl_response; Response =:= sasl2_response ->
    {Mechanism, Text};
login(#{stream_authenticated := true}, _Element, _Packet) ->
    none;
login(_State, Element, Packet) when element(1, Packet) =:= iq ->
    case fxml:get_path_s(Element, [{elem, <<"query">>}, {attr, <<"xmlns">>}]) of
        <<"jabber:iq:auth">> ->
            Path = [{elem, <<"query">>}, {elem, <<"password">>}, cdata],
            {<<"legacy">>, fxml:get_path_s(Element, Path)};
        _ ->
            none
    end;
login(_State, _Element, _Packet) ->
    none.

%% The authentication and the authorization identity in a message, read as ejabberd reads them;
%% `none` where it has neither.
-spec identities(Mechanism :: binary(), Text :: binary() | undefined) ->
    {Authcid :: binary(), Authzid :: binary()} | none | unreadable.
identities(_Mechanism, Text) when Text =:= <<>>; Text =:= undefined ->
    none;
identities(<<"PLAIN">>, Text) ->
    names(xmpp_sasl_plain:parse(Text));
identities(<<"X-OAUTH2">>, Text) ->
    names(xmpp_sasl_oauth:parse(Text));
identities(<<"DIGEST-MD5">>, Text) ->
    case xmpp_sasl_digest:parse(Text) of
        bad ->
            unreadable;
        Fields ->
            {proplists:get_value(<<"username">>, Fields, <<>>),
             proplists:get_value(<<"authzid">>, Fields, <<>>)}
    end;
identities(<<"SCRAM-", _/binary>>, <<"c=", _/binary>>) -> % the second of its messages
    none;
identities(<<"SCRAM-", _/binary>>, Text) ->
    case binary:split(Text, <<",">>, [global]) of
        [_Binding, <<>> | _] -> none;
        [_Binding, <<"a=", Authzid/binary>>, <<"n=", Authcid/binary>> | _] -> {Authcid, Authzid};
        _ -> unreadable
    end;
identities(Mechanism, _Text) ->
    case Mechanism of
        <<"HT-", _/binary>> -> none; % FAST, ANONYMOUS and XEP-0078 have no authorization identity
        <<"ANONYMOUS">> -> none;
        <<"legacy">> -> none;
        _ -> unreadable
    end.

names([Authzid, Authcid, _Secret]) -> {Authcid, Authzid};
names(_) -> unreadable.

%% The password or token in a message, where it has one.
-spec secret(Mechanism :: binary(), Text :: binary() | undefined) -> binary() | none.
secret(<<"legacy">>, Text) ->
    Text;
secret(Mechanism, Text)
  when is_binary(Text) andalso (Mechanism =:= <<"PLAIN">> orelse Mechanism =:= <<"X-OAUTH2">>) ->
    lists:last(binary:split(Text, <<0>>, [global]));
secret(_Mechanism, _Text) ->
    none.
