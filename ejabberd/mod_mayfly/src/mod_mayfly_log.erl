%%% Keeps credentials out of ejabberd's log at the level debug, where it has all that is received.
-module(mod_mayfly_log).

-export([install/0, uninstall/0, mark_authenticated/0, hide_logins/2]).

%% As xmpp_socket.erl of the library xmpp has it.
-define(RECEIVED, "(~s) Received XML on stream = ~p").

install() ->
    _ = logger:add_primary_filter(?MODULE, {fun ?MODULE:hide_logins/2, []}),
    ok.

uninstall() ->
    _ = logger:remove_primary_filter(?MODULE),
    ok.

%% The login of this stream is over: what follows holds no credential.
mark_authenticated() ->
    put(?MODULE, authenticated).

%% Runs in the process that logs. What a stream receives is hidden until its login has succeeded, since
%% a login may come in any number of pieces; of MQTT the packets that hold a login.
hide_logins(#{msg := {report, #{format := ?RECEIVED, args := [Peer, _]} = Report}} = Event, _) ->
    case get(?MODULE) of
        authenticated ->
            ignore;
        _ ->
            Hidden = 'hidden by mod_mayfly until the login',
            Event#{msg := {report, Report#{args := [Peer, Hidden]}}}
    end;
hide_logins(
    #{meta := #{mfa := {mod_mqtt_session, _, _}}, msg := {Format, [Packet | Others]}} = Event, _
) ->
    case is_mqtt_login(Packet) of
        true -> Event#{msg := {Format, ["hidden by mod_mayfly, for it holds a login" | Others]}};
        false -> ignore
    end;
hide_logins(_Event, _) ->
    ignore.

%% Whether this is a packet CONNECT or AUTH, as mqtt_codec.erl of ejabberd prints records. A filter that
%% fails would be removed.
is_mqtt_login(Printed) ->
    try unicode:characters_to_list(Printed) of
        "#connect{" ++ _ -> true;
        "#auth{" ++ _ -> true;
        _ -> false
    catch
        error:badarg -> false
    end.
