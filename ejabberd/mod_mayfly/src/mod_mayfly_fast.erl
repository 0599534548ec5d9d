%%% FAST tokens (XEP-0484) of mod_auth_fast: deletes those of who is revoked, and lets none live longer than
%%% the credential that it was given for.
-module(mod_mayfly_fast).

-export([delete_tokens/2, limit/2]).

-define(FAST, mod_auth_fast).

%% Deletes the tokens of the users that an event of the feed is about. A token does not say which
%% credential it was given for: of a single one that is revoked all of its user's go.
-spec delete_tokens(Host :: binary(), Event :: map()) -> ok.
delete_tokens(Host, Event) ->
    try
        case gen_mod:is_loaded(Host, ?FAST) of
            true -> [delete_tokens_of(User, Host) || User <- users(Host, Event)];
            false -> ok
        end,
        ok
    catch
        Class:_ ->
            logger:error("mod_mayfly for ~ts: tokens of FAST could not be deleted (~ts)", [Host, Class])
    end.

users(Host, #{<<"type">> := <<"credential">>} = Event) ->
    lists:usort([User || {_Pid, User} <- mod_mayfly_sessions:find(Host, Event)]);
users(Host, #{<<"jid">> := Jid}) ->
    {User, Host, _} = jid:tolower(jid:decode(Jid)),
    [User].

%% As kick_user does from ejabberd 25.07 on; before, mod_auth_fast has no function for it.
delete_tokens_of(User, Host) ->
    case erlang:function_exported(?FAST, remove_user_tokens, 2) of
        true ->
            ejabberd_hooks:run(sm_kick_user, Host, [User, Host]);
        false ->
            Tokens = mnesia:dirty_match_object({?FAST, {Host, User, '_'}, '_', '_', '_'}),
            [mnesia:dirty_delete_object(Token) || Token <- Tokens]
    end.

%% Shortens the token that mod_auth_fast has just given out, in its answer and in its table, to an
%% end in Unix seconds. Takes it back where the end is not known: who logs in with a token
%% gets no next one.
-spec limit(End :: integer() | undefined, {State :: map(), Els :: list(), Results :: list()}) ->
    {map(), list(), list()}.
limit(End, {State, Els, Results}) ->
    case lists:keytake(fast_token, 1, Results) of
        {value, {fast_token, Expiry, Token}, Others} ->
            #{server := Host, user := User, sasl2_ua_id := Agent} = State,
            {Left, Kept} = case End of
                undefined -> {0, Others};
                _ -> {End, [{fast_token, earlier(End, Expiry), Token} | Others]}
            end,
            Backend = gen_mod:db_mod(Host, ?FAST),
            AgentHash = crypto:hash(sha256, Agent),
            Backend:set_token(Host, User, AgentHash, next, Token, min(Left, seconds(Expiry))),
            {State, Els, Kept};
        false ->
            {State, Els, Results}
    end.

earlier(End, Expiry) ->
    case End < seconds(Expiry) of
        true -> {End div 1000000, End rem 1000000, 0};
        false -> Expiry
    end.

seconds({Mega, Seconds, _Micro}) ->
    Mega * 1000000 + Seconds.
