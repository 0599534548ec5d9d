%%% ejabberd's `auth_method: [mayfly]`: logins with Mayfly's credentials, as mod_mayfly is told to
%%% verify them. It keeps to the behaviour ejabberd_auth without declaring it, so that erlc needs
%%% nothing of ejabberd to compile it.
%%%
%%% Everything here runs in the process of the client's stream, and may hold up that one login.
-module(ejabberd_auth_mayfly).

-export([start/1, stop/1, reload/1, plain_password_required/1, store_type/1, use_cache/1]).
-export([check_password/4, user_exists/2, remove_user/2]).

%% A little longer than `mayfly serve` takes at most.
-define(LOGIN_TIMEOUT_MS, 12000).
%% Whoever sends a message to a user waits for this.
-define(USER_TIMEOUT_MS, 2000).
-define(PAUSE_MS, 500).
%% More does not fit into a frame with user and host; no credential comes close.
-define(MAX_PASSWORD_BYTES, 60000).

-define(YES, 1).
-define(UNKNOWN, 4).

start(Host) ->
    case lists:keymember(mod_mayfly, 1, ejabberd_option:modules(Host)) of
        true -> ok;
        false -> mod_mayfly:refuse_to_start(Host, "auth_method: has mayfly, but modules: has no mod_mayfly")
    end.

stop(_Host) ->
    ok.

reload(_Host) ->
    ok.

plain_password_required(_Host) ->
    true.

store_type(_Host) ->
    external.

%% A cache would let an expired credential in, and refuse the next one.
use_cache(_Host) ->
    false.

%% A failure is a refusal, and nothing of it is logged that may hold the credential.
check_password(User, AuthzId, Host, Password) ->
    mod_mayfly_credential:forget(),
    try verify(User, AuthzId, Host, Password) of
        {ok, Facts} ->
            mod_mayfly_credential:remember(Facts),
            {nocache, true};
        {refused, Why} ->
            logger:info("mod_mayfly: refused ~ts@~ts: ~ts", [User, Host, Why]),
            {nocache, false}
    catch
        Class:_ ->
            logger:error("mod_mayfly: the login of ~ts@~ts could not be decided (~ts)", [User, Host, Class]),
            {nocache, false}
    end.

verify(User, AuthzId, _Host, _Password) when AuthzId =/= <<>>, AuthzId =/= User ->
    {refused, 'wrong-user'};
verify(_User, _AuthzId, _Host, Password) when byte_size(Password) > ?MAX_PASSWORD_BYTES ->
    {refused, malformed};
verify(User, _AuthzId, Host, Password) ->
    case gen_mod:get_module_opts(Host, mod_mayfly) of
        #{socket := undefined} = Policy ->
            Keys = mod_mayfly_secrets:keys(Host),
            Now = erlang:system_time(second),
            case mod_mayfly_mojoauth:verify({User, Host, Password}, Keys, Policy, Now) of
                {ok, Expires, _Key} -> {ok, #{expires => Expires}};
                Refused -> Refused
            end;
        _ ->
            Deadline = erlang:monotonic_time(millisecond) + ?LOGIN_TIMEOUT_MS,
            ask(User, Host, Password, Deadline)
    end.

%% `login:` is `check:`, and tells what a revocation will name.
ask(User, Host, Password, Deadline) ->
    TimeoutMs = max(1, Deadline - erlang:monotonic_time(millisecond)),
    {Operation, Parse} = case mod_mayfly_feed:is_followed(Host) of
        true -> {"login:", fun parse_login/1};
        false -> {"check:", fun parse_check/1}
    end,
    case mod_mayfly_socket:ask(Host, [Operation, User, $:, Host, $:, Password], TimeoutMs) of
        {?YES, Text} ->
            case Parse(Text) of
                {User, Facts} -> {ok, Facts};
                _ -> {refused, "the program does not know \"check\": it must be mayfly"}
            end;
        {?UNKNOWN, _} when TimeoutMs > ?PAUSE_MS ->
            timer:sleep(?PAUSE_MS), % its store may be back soon
            ask(User, Host, Password, Deadline);
        {Code, _} when is_integer(Code) ->
            {refused, meaning(Code)};
        {error, Why} ->
            {refused, ["mayfly serve gave no answer (", atom_to_list(Why), ")"]}
    end.

parse_check(Text) ->
    case binary:split(Text, <<":">>) of
        [Expires, User] -> {User, #{expires => binary_to_integer(Expires)}};
        _ -> error
    end.

parse_login(Text) ->
    #{<<"user">> := User, <<"expires">> := Expires} = Answer = mod_mayfly_json:decode(Text),
    true = is_integer(Expires),
    Names = [{issued, <<"issued">>}, {credential, <<"credential">>}],
    Facts = maps:from_list([{Name, maps:get(Key, Answer)} || {Name, Key} <- Names, is_map_key(Key, Answer)]),
    {User, Facts#{expires => Expires}}.

meaning(2) -> "expired";
meaning(3) -> "revoked, or used before";
meaning(?UNKNOWN) -> "mayfly serve cannot tell now";
meaning(_) -> "the log of mayfly serve has the reason".

%% Where nobody can say, a user exists, so that no message to one is lost.
user_exists(User, Host) ->
    case ask_about(User, Host, "isuser", ?USER_TIMEOUT_MS) of
        {0, _} -> {nocache, false};
        _ -> {nocache, true}
    end.

%% Takes back what the user was given.
remove_user(User, Host) ->
    case ask_about(User, Host, "removeuser", ?LOGIN_TIMEOUT_MS) of
        {?YES, _} ->
            ok;
        Otherwise ->
            logger:warning(
                "mod_mayfly: the credentials of ~ts@~ts stay good until they expire: ~ts",
                [User, Host, why_kept(Otherwise)]
            ),
            ok
    end.

why_kept(stand_alone) -> "without mayfly serve they cannot be taken back";
why_kept({0, _}) -> "mayfly serve has no store to note it in";
why_kept(_) -> "mayfly serve cannot be reached".

ask_about(User, Host, Operation, TimeoutMs) ->
    try
        case gen_mod:get_module_opt(Host, mod_mayfly, socket) of
            undefined -> stand_alone;
            _ -> mod_mayfly_socket:ask(Host, [Operation, $:, User, $:, Host], TimeoutMs)
        end
    catch
        _:_ -> {error, failed}
    end.
