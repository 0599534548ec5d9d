%%% What a decision takes that wakes for it, as ejabberd sees it: a program that is asked as an extauth_program
%%% is, and `auth_method: [mayfly]`, which decides in ejabberd itself. By turns, with the caches full of other
%%% data, all on the processor that ejabberd has to itself.
%%%
%%% Its `plan` is a file of Erlang terms: {result, File}, {host, Host}, {rounds, N}, {pause_ms, N},
%%% {program, Name, Command} and {login, User, Password}. Writes a JSON line for each decision, in nanoseconds,
%%% and at the end `done`.
-module(mod_woken).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_opt_type/1, mod_doc/0]).

-define(CACHE_BYTES, 8 bsl 20).
-define(LINE_BYTES, 64).
-define(BATCH, 4).

start(Host, _Options) ->
    {ok, Plan} = file:consult(gen_mod:get_module_opt(Host, ?MODULE, plan)),
    spawn(fun() -> measure(Plan) end),
    ok.

stop(_Host) -> ok.
reload(_Host, _New, _Old) -> ok.
depends(_Host, _Options) -> [{mod_mayfly, hard}].
mod_options(_Host) -> [{plan, <<>>}].
mod_opt_type(plan) -> econf:binary().
mod_doc() -> #{desc => <<"What a decision takes.">>}.

measure(Plan) ->
    Host = proplists:get_value(host, Plan),
    Logins = [{User, Host, Password} || {login, User, Password} <- Plan],
    Programs = [{Name, open(Command)} || {program, Name, Command} <- Plan],
    Asked = Programs ++ [{"ejabberd itself", itself}],
    [ask(One, Login) || {_, One} <- Asked, _ <- lists:seq(1, 300), Login <- Logins],
    {ok, File} = file:open(proplists:get_value(result, Plan), [write, delayed_write]),
    Cache = counters:new(?CACHE_BYTES div 8, []),
    Pause = proplists:get_value(pause_ms, Plan),
    Rounds = [{Nth, One} || Nth <- lists:seq(1, proplists:get_value(rounds, Plan)), One <- Asked],
    [turn(File, One, Cache, Pause, lists:nth(1 + Nth rem length(Logins), Logins)) || {Nth, One} <- Rounds],
    io:format(File, "done~n", []),
    file:close(File).

open(Command) ->
    open_port({spawn, Command}, [{packet, 2}, binary]).

%% The first of a batch is not counted: a program has waited for it while the others were asked.
turn(File, {Name, One}, Cache, Pause, Login) ->
    [
        begin
            Before = processor(One),
            work(Cache, erlang:monotonic_time(millisecond) + Pause),
            Wall = ask(One, Login),
            timer:sleep(1), % it may have something to do after its answer
            Used = case One of itself -> Wall; _ -> processor(One) - Before end,
            Nth > 0 andalso io:format(File, "{\"name\":\"~s\",\"wall\":~b,\"cpu\":~b}~n", [Name, Wall, Used])
        end
     || Nth <- lists:seq(0, ?BATCH)
    ].

%% Gives the time to the answer, which must be yes.
ask(itself, {User, Host, Password}) ->
    Start = erlang:monotonic_time(nanosecond),
    {nocache, true} = ejabberd_auth_mayfly:check_password(User, <<>>, Host, Password),
    erlang:monotonic_time(nanosecond) - Start;
ask(Port, {User, Host, Password}) ->
    Request = iolist_to_binary(["auth:", User, ":", Host, ":", Password]),
    Start = erlang:monotonic_time(nanosecond),
    port_command(Port, Request),
    receive
        {Port, {data, <<1:16>>}} -> erlang:monotonic_time(nanosecond) - Start
    end.

%% What the threads of a program have used of the processor.
processor(itself) ->
    0;
processor(Port) ->
    {os_pid, Pid} = erlang:port_info(Port, os_pid),
    Tasks = "/proc/" ++ integer_to_list(Pid) ++ "/task",
    {ok, Threads} = file:list_dir(Tasks),
    lists:sum([used(filename:join([Tasks, Thread, "schedstat"])) || Thread <- Threads]).

used(File) ->
    {ok, Text} = file:read_file(File),
    [Used | _] = binary:split(Text, <<" ">>),
    binary_to_integer(Used).

work(Cache, End) ->
    touch(Cache, ?CACHE_BYTES div 8),
    erlang:monotonic_time(millisecond) < End andalso work(Cache, End).

touch(_Cache, At) when At < 1 -> ok;
touch(Cache, At) ->
    counters:add(Cache, At, 1),
    touch(Cache, At - ?LINE_BYTES div 8).
