%%% What a session must remember of the credential that opened it. Nothing of it is a secret.
%%%
%%% The id of a credential is that of Mayfly's src/credential/fingerprint.ts: a revocation names it.
-module(mod_mayfly_credential).

-export([presented/1, remember/1, forget/0]).

-export_type([facts/0]).

%% Times in Unix seconds. What a credential does not say is left out.
-type facts() :: #{expires => integer(), issued => number(), credential => binary()}.

%% Notes the facts of the login under way, in the process of its stream, whose state an
%% authentication method is not given.
-spec remember(facts()) -> term().
remember(Facts) ->
    put(?MODULE, Facts).

-spec forget() -> facts() | undefined.
forget() ->
    erase(?MODULE).

%% The facts in a password or token. To be believed only once the login has succeeded.
-spec presented(Secret :: binary() | none) -> facts().
presented(none) ->
    #{};
presented(Secret) ->
    case re:run(Secret, <<"^(\\d{1,15}):">>, [{capture, all_but_first, binary}]) of
        {match, [Digits]} ->
            Mac = lists:last(binary:split(Secret, <<":">>, [global])),
            #{expires => binary_to_integer(Digits), credential => id(<<"mac">>, Mac)};
        nomatch ->
            presented_jwt(binary:split(Secret, <<".">>, [global]))
    end.

presented_jwt([Header, Payload, _Signature]) ->
    try mod_mayfly_json:decode(decode_base64url(Payload)) of
        Claims when is_map(Claims) ->
            maps:merge(
                #{credential => id_of_jwt(Claims, <<Header/binary, ".", Payload/binary>>)},
                maps:from_list(
                    [{expires, floor(At)} || #{<<"exp">> := At} <- [Claims], is_number(At)] ++
                        [{issued, At} || #{<<"iat">> := At} <- [Claims], is_number(At)]
                )
            );
        _ ->
            #{}
    catch
        _:_ -> #{}
    end;
presented_jwt(_) ->
    #{}.

id_of_jwt(#{<<"jti">> := Jti} = Claims, _Signed) when is_binary(Jti) ->
    Issuer = case Claims of
        #{<<"iss">> := Name} when is_binary(Name) -> quote(Name);
        #{<<"iss">> := Other} -> Other; % fails: no issuer has another name
        _ -> <<"null">>
    end,
    id(<<"jti">>, [$[, Issuer, $,, quote(Jti), $]]);
id_of_jwt(_Claims, Signed) ->
    id(<<"jws">>, Signed).

id(Kind, Text) ->
    Hash = base64:encode(crypto:hash(sha256, Text)),
    Url = << <<(url_char(Char))>> || <<Char>> <= Hash, Char =/= $= >>,
    <<Kind/binary, ":", Url/binary>>.

%% As JSON.stringify of JavaScript writes a string.
quote(Text) ->
    [$", [escape(Char) || <<Char>> <= Text], $"].

escape($") -> "\\\"";
escape($\\) -> "\\\\";
escape($\b) -> "\\b";
escape($\f) -> "\\f";
escape($\n) -> "\\n";
escape($\r) -> "\\r";
escape($\t) -> "\\t";
escape(Char) when Char < 32 -> io_lib:format("\\u~4.16.0b", [Char]);
escape(Char) -> Char.

decode_base64url(Text) ->
    Padding = binary:copy(<<"=">>, (4 - byte_size(Text) rem 4) rem 4),
    Standard = << <<(standard_char(Char))>> || <<Char>> <= Text >>,
    base64:decode(<<Standard/binary, Padding/binary>>).

standard_char($-) -> $+;
standard_char($_) -> $/;
standard_char(Char) -> Char.

url_char($+) -> $-;
url_char($/) -> $_;
url_char(Char) -> Char.
