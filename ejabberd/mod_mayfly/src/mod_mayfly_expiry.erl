%%% Ends a session when the credential that opened it expires.
%%%
%%% A stream that is resumed (XEP-0198) is another process, with a login and a timer of its own.
-module(mod_mayfly_expiry).

-export([start_timer/2, handle_timer/1]).

-define(TIMER, mod_mayfly_expiry).
-define(MAX_TIMER_MS, 16#ffffffff).

%% Starts the timer in the process of a stream that has logged in, for an end in Unix seconds.
-spec start_timer(End :: integer(), State :: map()) -> map().
start_timer(End, State) ->
    erlang:send_after(ms_left(End), self(), ?TIMER),
    State#{mod_mayfly_end => End}.

%% At the timer's end, or at the end of its longest run.
-spec handle_timer(State :: map()) -> map().
handle_timer(#{mgmt_state := Management} = State) when Management =:= pending; Management =:= resumed ->
    State; % it has no connection to end, and resuming takes a new login
handle_timer(#{mod_mayfly_end := End, lang := Lang} = State) ->
    case ms_left(End) of
        0 -> xmpp_stream_in:send(State, xmpp:serr_reset(<<"The credential of this session has expired.">>, Lang));
        _ -> start_timer(End, State)
    end;
handle_timer(State) ->
    State.

ms_left(End) ->
    min(max(0, End * 1000 - erlang:system_time(millisecond)), ?MAX_TIMER_MS).
