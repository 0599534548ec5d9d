#!/usr/bin/env escript
%% Decides on logins with mod_mayfly, whose compiled folder is the argument. A line of standard input
%% is a login, with every text in base64; a line of standard output is the decision.
-mode(compile).

main([Ebin]) ->
    true = code:add_patha(Ebin),
    ok = io:setopts(standard_io, [binary, {encoding, latin1}]),
    decide(file:read_line(standard_io)).

decide(eof) ->
    ok;
decide({ok, Line}) ->
    io:put_chars([answer(string:lexemes(Line, " \n")), $\n]),
    decide(file:read_line(standard_io)).

answer([<<"file">> | Bytes]) ->
    case mod_mayfly_secrets:parse(decode(iolist_to_binary(Bytes))) of
        {ok, Secret} -> ["ok ", base64:encode(Secret)];
            {error, _} -> "none"
    end;
answer([<<"facts">>, Secret]) ->
    _ = code:ensure_loaded(misc),
    case mod_mayfly_credential:presented(decode(Secret)) of
        #{credential := Id} -> Id;
        _ -> "none"
    end;
answer([User, Host, Password, Now, MaxTtl, Leeway, HostBound | Keys]) ->
    Login = {decode(User), decode(Host), decode(Password)},
    Policy = #{
        max_ttl => binary_to_integer(MaxTtl),
        leeway => binary_to_integer(Leeway),
        host_bound => HostBound =:= <<"true">>
    },
    case mod_mayfly_mojoauth:verify(Login, keys(Keys), Policy, binary_to_integer(Now)) of
        {ok, Expires, Key} -> ["ok ", integer_to_binary(Expires), " ", Key];
        {refused, Reason} -> atom_to_list(Reason)
    end.

keys([]) -> [];
keys([Id, Hash, Secret | Rest]) -> [{Id, binary_to_atom(Hash), decode(Secret)} | keys(Rest)].

%% A dot is for a text that is empty.
decode(<<".", Text/binary>>) -> base64:decode(Text).
