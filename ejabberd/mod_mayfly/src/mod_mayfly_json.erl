%%% JSON, by whatever this ejabberd has for it. Objects are maps whose keys are binaries.
-module(mod_mayfly_json).

-export([decode/1, encode/1]).

%% Fails on what is not JSON.
-spec decode(binary()) -> term().
decode(Text) ->
    case is_wrapped() of
        true -> misc:json_decode(Text);
        false -> jiffy:decode(Text, [return_maps])
    end.

-spec encode(map()) -> binary().
encode(Object) ->
    iolist_to_binary(
        case is_wrapped() of
            true -> misc:json_encode(Object);
            false -> jiffy:encode(Object)
        end
    ).

%% Newer ejabberds wrap a library, older ones have jiffy.
is_wrapped() ->
    erlang:function_exported(misc, json_decode, 1).
