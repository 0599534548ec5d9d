%%% Many sessions of as many users, which mod_mayfly knows and nobody has opened: to measure with.
-module(mod_synthetic_sessions).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_opt_type/1, mod_doc/0]).

start(Host, #{count := Count}) ->
    Self = self(),
    Now = erlang:system_time(second),
    [spawn(fun() -> session(Host, Number, Now, Self) end) || Number <- lists:seq(1, Count)],
    [receive entered -> ok end || _ <- lists:seq(1, Count)],
    logger:notice("mod_synthetic_sessions: ~b sessions are there", [Count]),
    ok.

session(Host, Number, Now, Parent) ->
    Name = integer_to_binary(Number),
    ok = mod_mayfly_sessions:enter(Host, <<"user-", Name/binary>>, #{
        since => Now,
        expires => Now + 3600,
        credential => <<"mac:", Name/binary>>,
        mechanism => <<"PLAIN">>
    }),
    Parent ! entered,
    receive {mod_mayfly_revoked, _Event} -> ok end.

stop(_Host) -> ok.
reload(_Host, _New, _Old) -> ok.
depends(_Host, _Options) -> [{mod_mayfly, hard}].
mod_options(_Host) -> [{count, 1}].
mod_opt_type(count) -> econf:pos_int().
mod_doc() -> #{desc => <<"Sessions to measure with.">>}.
