%%% Asks `mayfly serve --extauth unix:PATH`, in the frames of ejabberd's own external authentication.
%%%
%%% All waiting is done by the process that asks, which is that of one client's stream: a program that
%%% restarts costs it a pause, and nothing where it is back within the deadline.
-module(mod_mayfly_socket).

-export([ask/3]).

-define(FIRST_PAUSE_MS, 50).
-define(LONGEST_PAUSE_MS, 1000).
-define(SEND_TIMEOUT_MS, 5000).

%% The code and the text of the answer, or why there is none within the time.
-spec ask(Host :: binary(), Request :: iodata(), TimeoutMs :: pos_integer()) ->
    {Code :: non_neg_integer(), Text :: binary()} | {error, atom()}.
ask(Host, Request, TimeoutMs) ->
    Deadline = erlang:monotonic_time(millisecond) + TimeoutMs,
    case mod_mayfly_pool:check_out(Host, Deadline) of
        {ok, Lease, Socket} ->
            {Answer, Left} = attempt(Host, Socket, Request, Deadline, ?FIRST_PAUSE_MS),
            mod_mayfly_pool:check_in(Host, Lease, Left),
            Answer;
        {error, _} = Error ->
            Error
    end.

%% The answer, and the connection that is left; another attempt after each that came to nothing.
attempt(Host, Socket, Request, Deadline, Pause) ->
    case exchange(Host, Socket, Request, Deadline) of
        {ok, Answer, Left} ->
            {Answer, Left};
        {error, timeout} ->
            {{error, timeout}, none};
        {error, Why} ->
            case time_left(Deadline) > Pause of
                true ->
                    timer:sleep(Pause),
                    Longer = min(2 * Pause, ?LONGEST_PAUSE_MS),
                    attempt(Host, none, Request, Deadline, Longer);
                false ->
                    {{error, Why}, none}
            end
    end.

exchange(Host, none, Request, Deadline) ->
    Path = gen_mod:get_module_opt(Host, mod_mayfly, socket),
    Options = [binary, {active, false}, {packet, 2}, {send_timeout, ?SEND_TIMEOUT_MS}],
    case gen_tcp:connect({local, Path}, 0, Options, time_left(Deadline)) of
        {ok, Socket} ->
            mod_mayfly_pool:report(Host, up),
            transmit(Socket, Request, Deadline);
        {error, Why} ->
            mod_mayfly_pool:report(Host, {down, Why}),
            {error, Why}
    end;
exchange(Host, Socket, Request, Deadline) ->
    % What has come by now is no answer to this.
    case gen_tcp:recv(Socket, 0, 0) of
        {error, timeout} ->
            case transmit(Socket, Request, Deadline) of
                {error, Why} when Why =/= timeout -> exchange(Host, none, Request, Deadline);
                Result -> Result
            end;
        _ ->
            gen_tcp:close(Socket),
            exchange(Host, none, Request, Deadline)
    end.

transmit(Socket, Request, Deadline) ->
    case send_and_receive(Socket, Request, Deadline) of
        {ok, <<Code:16, Text/binary>>} ->
            {ok, {Code, Text}, Socket};
        Failure ->
            gen_tcp:close(Socket), % a late answer would be taken for the next one
            case Failure of
                {ok, _} -> {error, protocol};
                {error, _} -> Failure
            end
    end.

send_and_receive(Socket, Request, Deadline) ->
    case gen_tcp:send(Socket, Request) of
        ok -> gen_tcp:recv(Socket, 0, time_left(Deadline));
        {error, _} = Error -> Error
    end.

time_left(Deadline) ->
    max(0, Deadline - erlang:monotonic_time(millisecond)).
