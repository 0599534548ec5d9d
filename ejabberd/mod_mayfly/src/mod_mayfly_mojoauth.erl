%%% Decides on mojoauth credentials with nothing but keys: no state, no clock of its own.
%%%
%%% The decisions are those of Mayfly's src/verify/mojoauth.ts. test/vectors/mojoauth.json has them
%%% for both.
-module(mod_mayfly_mojoauth).

-export([verify/4]).

-export_type([key/0, login/0, policy/0]).

-type key() :: {Id :: binary(), Hash :: sha | sha256 | sha384 | sha512, Secret :: binary()}.
%% User and host as ejabberd has prepared them.
-type login() :: {User :: binary(), Host :: binary(), Password :: binary()}.
%% Durations in seconds.
-type policy() :: #{max_ttl := pos_integer(), leeway := non_neg_integer(), host_bound := boolean(), _ => _}.
-type reason() ::
    'malformed' | 'unknown-key' | 'bad-signature' | 'expired' | 'too-long-lived' | 'wrong-user' | 'wrong-host'.

%% Signature first, then time, then whose it is, so that only the holder of a signed credential
%% learns more than that its signature is bad. Times are in Unix seconds.
-spec verify(login(), [key()], policy(), non_neg_integer()) ->
    {ok, Expires :: non_neg_integer(), KeyId :: binary()} | {refused, reason()}.
verify({User, _, Password} = Login, Keys, Policy, Now) ->
    case is_localpart(User) andalso parse(Password) of
        {_, _, _, _} when Keys =:= [] ->
            {refused, 'unknown-key'};
        {_, _, _, _} = Credential ->
            verify(Credential, find_key(Credential, Login, Keys, Policy), Login, Policy, Now);
        _ ->
            {refused, malformed}
    end.

verify(_Credential, none, _Login, _Policy, _Now) ->
    {refused, 'bad-signature'};
verify({_, Expires, _, _}, _Key, _Login, #{leeway := Leeway}, Now) when Now > Expires + Leeway ->
    {refused, expired};
verify({_, Expires, _, _}, _Key, _Login, #{max_ttl := MaxTtl}, Now) when Expires > Now + MaxTtl ->
    {refused, 'too-long-lived'};
verify({Id, Expires, _, _}, Key, Login, Policy, _Now) ->
    case validate_id(Id, Login, Policy) of
        ok -> {ok, Expires, Key};
        Reason -> {refused, Reason}
    end.

%% A colon or an at sign would make two identities one under the MAC; no localpart has them.
is_localpart(User) ->
    User =/= <<>> andalso binary:match(User, [<<"@">>, <<":">>, <<"/">>]) =:= nomatch.

%% Inline `<expiry>:<mac>`, or a token `<expiry>:<id>:<mac>`: an id may hold colons, a MAC cannot.
parse(Password) ->
    case binary:split(Password, <<":">>) of
        [Digits, Rest] ->
            case {parse_expiry(Digits), binary:matches(Rest, <<":">>)} of
                {error, _} ->
                    error;
                {Expires, []} ->
                    parsed(inline, Expires, Digits, Rest);
                {Expires, Colons} ->
                    {At, 1} = lists:last(Colons),
                    <<Id:At/binary, ":", Mac/binary>> = Rest,
                    Id =/= <<>> andalso parsed(Id, Expires, <<Digits/binary, ":", Id/binary>>, Mac)
            end;
        _ ->
            error
    end.

parsed(Id, Expires, Signed, Mac) ->
    case is_mac_shape(Mac) of
        true -> {Id, Expires, Signed, Mac};
        false -> error
    end.

%% Decimal, without leading zeros, and no longer than JavaScript counts exactly.
parse_expiry(<<"0">>) ->
    0;
parse_expiry(<<First, _/binary>> = Digits) when First >= $1, First =< $9, byte_size(Digits) =< 15 ->
    case lists:all(fun(Digit) -> Digit >= $0 andalso Digit =< $9 end, binary_to_list(Digits)) of
        true -> binary_to_integer(Digits);
        false -> error
    end;
parse_expiry(_) ->
    error.

%% As long as one of the hashes makes it, in padded standard base64.
is_mac_shape(<<Mac:27/binary, "=">>) -> is_base64(Mac);
is_mac_shape(<<Mac:43/binary, "=">>) -> is_base64(Mac);
is_mac_shape(<<Mac:64/binary>>) -> is_base64(Mac);
is_mac_shape(<<Mac:86/binary, "==">>) -> is_base64(Mac);
is_mac_shape(_) -> false.

is_base64(Text) ->
    lists:all(
        fun(Char) ->
            (Char >= $A andalso Char =< $Z) orelse
                (Char >= $a andalso Char =< $z) orelse
                (Char >= $0 andalso Char =< $9) orelse
                Char =:= $+ orelse Char =:= $/
        end,
        binary_to_list(Text)
    ).

%% The id of the first key that signed. Every key is tried, so that time does not tell which.
find_key({_, _, _, Mac} = Credential, Login, Keys, Policy) ->
    Texts = signed_texts(Credential, Login, Policy),
    Tried = [{Id, is_mac(Mac, Hash, Secret, Text)} || {Id, Hash, Secret} <- Keys, Text <- Texts],
    case lists:keyfind(true, 2, Tried) of
        {Id, true} -> Id;
        false -> none
    end.

%% The usernames that the MAC may stand over; inline they are rebuilt from who wants to log in.
signed_texts({inline, _, Digits, _}, {User, Host, _}, #{host_bound := HostBound}) ->
    Unbound = <<Digits/binary, ":", User/binary>>,
    Bound = <<Unbound/binary, "@", Host/binary>>,
    case HostBound of
        true -> [Bound];
        false -> [Bound, Unbound]
    end;
signed_texts({_, _, Signed, _}, _Login, _Policy) ->
    % No credential has what is not UTF-8.
    case unicode:characters_to_binary(Signed) of
        Signed -> [Signed];
        _ -> []
    end.

is_mac(Given, Hash, Secret, Text) ->
    Expected = base64:encode(crypto:mac(hmac, Hash, Secret, Text)),
    byte_size(Given) =:= byte_size(Expected) andalso crypto:hash_equals(Given, Expected).

%% Whether a token's id is who wants to log in; inline there is none, and the MAC has told.
validate_id(inline, _Login, _Policy) ->
    ok;
validate_id(Id, {User, Host, _}, #{host_bound := HostBound}) ->
    case split_at_last(Id) of
        {User, Host} -> ok;
        {User, none} when HostBound -> 'wrong-host';
        {User, none} -> ok;
        {User, _} -> 'wrong-host';
        _ -> 'wrong-user'
    end.

split_at_last(Id) ->
    case binary:matches(Id, <<"@">>) of
        [] ->
            {Id, none};
        Signs ->
            {At, 1} = lists:last(Signs),
            <<User:At/binary, "@", Host/binary>> = Id,
            {User, Host}
    end.
