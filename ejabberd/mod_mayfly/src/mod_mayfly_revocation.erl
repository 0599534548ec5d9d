%%% Which sessions a revocation ends, and how one is ended. Runs in the process of its stream, but for
%%% the rule, which keeps no state.
-module(mod_mayfly_revocation).

-export([is_ended_by/2, end_session/2]).

-define(NS_REVOKED, <<"urn:mayfly:revoked:0">>).

%% Whether an event of the feed ends a session, of whose user or credential it is. The rule for
%% credentials is that of Mayfly's src/verify/revocation.ts: who would be refused now is out.
%%
%% Of a session whose credential is not known the time of its login tells. With FAST the token says
%% nothing of the credential that it was given for, and is good until this server hears of the
%% revocation: until then it opens sessions that must end.
-spec is_ended_by(Event :: map(), Session :: map()) -> boolean().
is_ended_by(#{<<"type">> := <<"credential">>, <<"credential">> := Id}, Session) ->
    maps:get(credential, Session, none) =:= Id;
is_ended_by(#{<<"type">> := <<"user">>, <<"issued_by">> := IssuedBy}, #{issued := Issued}) ->
    Issued =< IssuedBy;
is_ended_by(#{<<"type">> := <<"user">>, <<"expires_by">> := ExpiresBy, <<"at">> := At}, #{
    expires := Expires, since := Since
}) ->
    Expires =< ExpiresBy orelse Since =< At;
is_ended_by(#{<<"type">> := <<"user">>} = Event, #{since := Since, mechanism := <<"HT-", _/binary>>}) ->
    Since =< maps:get(heard, Event);
is_ended_by(#{<<"type">> := <<"user">>, <<"at">> := At}, #{since := Since}) ->
    Since =< At.

%% Ends the stream with an error that says why; a session that waits to be resumed (XEP-0198) ends
%% without a word, and cannot be resumed any more.
-spec end_session(State :: map(), Event :: map()) -> map().
end_session(#{mgmt_state := resumed} = State, _Event) ->
    State; % it goes on in another process, with a login of its own
end_session(State, Event) ->
    Reason = maps:get(<<"reason">>, Event, <<"The credential of this session was revoked.">>),
    Error = xmpp:serr_not_authorized(Reason, maps:get(lang, State, <<"en">>)),
    Told = case State of
        #{mgmt_state := pending} -> State;
        _ -> xmpp_stream_in:send(State, with_condition(xmpp:encode(Error)))
    end,
    ejabberd_c2s:stop_async(self()),
    Told#{stop_reason => {stream, {out, Error}}}.

%% The condition of our own, by which a client tells it from other errors (RFC 6120, section 4.9.4).
with_condition({xmlel, Name, Attributes, Children}) ->
    Revoked = {xmlel, <<"revoked">>, [{<<"xmlns">>, ?NS_REVOKED}], []},
    {xmlel, Name, Attributes, Children ++ [Revoked]}.
