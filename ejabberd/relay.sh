#!/bin/sh
# A relay for ejabberd where there is no socat: passes requests on to the socket of mayfly serve with the
# nc of the machine, netcat-openbsd or busybox. extauth_program: "/etc/mayfly/relay.sh /run/mayfly/extauth.sock"
#
# It waits for the socket, because ejabberd gives up a program that ends at once. It ends with its
# connection, because ejabberd then refuses at once what was not decided, and starts it again.
socket=$1

if ! nc -h 2>&1 | grep -q -e '-U'; then
	# busybox: ends with its connection, and has failed if there was none.
	until nc "local:$socket"; do sleep 0.2; done
	exit 0
fi

until nc -z -U "$socket" 2>/dev/null; do sleep 0.2; done
exec 3<&0
trap 'kill "$relay" "$watch" 2>/dev/null; exit 0' TERM
nc -N -U "$socket" <&3 &
relay=$!
# nc notices only when it writes that the other end has gone: a request would be lost. One that reads
# nothing ends at once.
(
	nc -d -U "$socket" >/dev/null &
	watch=$!
	trap 'kill "$watch"; exit 0' TERM
	wait "$watch"
	kill -TERM $$
) 2>/dev/null &
watch=$!
wait "$relay"
kill "$watch" 2>/dev/null
exit 0
