# The credential comes in XMPP_JID and XMPP_PASSWORD; in a file, for an argument would be seen by other users.
umask 077
export XDG_CONFIG_HOME="$(mktemp -d)"
printf -- '--username %s\n--pw %s\n' "$XMPP_JID" "$XMPP_PASSWORD" >"$XDG_CONFIG_HOME/mosquitto_pub"
mosquitto_pub -h chat.example.com -p 8883 --cafile /etc/ssl/certs/ca-certificates.crt -t greetings -m hello
status=$?
rm -r "$XDG_CONFIG_HOME"
exit $status
