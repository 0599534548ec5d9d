%%% The secrets of a host's key files, read again when the files change.
%%%
%%% They are kept where no crash report looks: neither in a process's state nor in its messages.
-module(mod_mayfly_secrets).
-behaviour(gen_server).

-export([read/1, parse/1, keys/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-define(LOOK_EVERY_MS, 1000).
%% A shorter one can be guessed by trying, from a single credential.
-define(MIN_SECRET_BYTES, 16).

%% Reads key files: `{ok, Keys}`, or what is wrong with one, as a sentence.
-spec read([{Path :: binary(), Hash :: atom()}]) ->
    {ok, [mod_mayfly_mojoauth:key()]} | {error, iodata()}.
read(Files) ->
    Keys = [read_key(File) || File <- Files],
    case [Problem || {error, Problem} <- Keys] of
        [] -> {ok, Keys};
        [Problem | _] -> {error, Problem}
    end.

%% The keys of a host, in the order of its files.
-spec keys(Host :: binary()) -> [mod_mayfly_mojoauth:key()].
keys(Host) ->
    persistent_term:get({?MODULE, Host}, []).

read_key({Path, Hash}) ->
    case file:read_file(Path) of
        {ok, Bytes} ->
            case parse(Bytes) of
                {ok, Secret} -> {filename:basename(Path), Hash, Secret};
                {error, What} -> {error, [Path, " ", What]}
            end;
        {error, Why} ->
            {error, [Path, " cannot be read (", atom_to_list(Why), ")"]}
    end.

%% The secret that a file holds: its bytes as they are, without the one line end that editors leave.
-spec parse(binary()) -> {ok, Secret :: binary()} | {error, iodata()}.
parse(Bytes) ->
    Secret = re:replace(Bytes, <<"\r?\n\\z">>, <<>>, [{return, binary}]),
    % With a public key as its secret, a MAC is one that everybody can make.
    case {Secret, re:run(Secret, <<"-----BEGIN |^\\s*\\{.*\"(kty|keys)\"">>, [dotall])} of
        {<<>>, _} -> {error, "is empty"};
        {_, nomatch} when byte_size(Secret) < ?MIN_SECRET_BYTES -> {error, "holds a secret that is too short"};
        {_, nomatch} -> {ok, Secret};
        _ -> {error, "holds a PEM or JWK, and no secret of mojoauth"}
    end.

%%% The process that looks after the files of a host.

init([Host, #{secret_files := Files}]) ->
    process_flag(trap_exit, true), % so that terminate/2 is called
    case read(Files) of
        {ok, Keys} ->
            persistent_term:put({?MODULE, Host}, Keys),
            {ok, look_later(#{host => Host, files => Files, problem => none})};
        {error, Problem} ->
            {stop, iolist_to_binary(Problem)}
    end.

handle_call(_Request, _From, State) ->
    {noreply, State}.

handle_cast(_Request, State) ->
    {noreply, State}.

handle_info(look, #{host := Host, files := Files} = State) ->
    Now = keys(Host),
    case read(Files) of
        {ok, Now} ->
            {noreply, look_later(State#{problem := none})};
        {ok, Changed} ->
            persistent_term:put({?MODULE, Host}, Changed),
            logger:notice("mod_mayfly: the secret_files of ~ts have changed, and are in use", [Host]),
            {noreply, look_later(State#{problem := none})};
        {error, Problem} ->
            {noreply, look_later(complain(iolist_to_binary(Problem), State))}
    end;
handle_info(_Info, State) ->
    {noreply, State}.

terminate(_Reason, #{host := Host}) ->
    persistent_term:erase({?MODULE, Host}).

look_later(State) ->
    erlang:send_after(?LOOK_EVERY_MS, self(), look),
    State.

%% Says once what is wrong: the secrets that were read before stay in use.
complain(Problem, #{problem := Problem} = State) ->
    State;
complain(Problem, #{host := Host} = State) ->
    logger:error("mod_mayfly: the secrets of ~ts stay as they were: ~ts", [Host, Problem]),
    State#{problem := Problem}.
