#!/bin/sh
# systemctl, for a machine without systemd: starts and stops what a unit says, as whom it says.
set -e
action=$1
shift
for name; do :; done # the last word

unit=/etc/systemd/system/$name.service
[ -f "$unit" ] || unit=/lib/systemd/system/$name.service
group=/run/units/$name
mkdir -p /run/units

said() { sed -n "s/^$1=//p" "$unit"; }

start() {
	user=$(said User)
	owner="-o $user -g $(said Group)"
	mode=$(said RuntimeDirectoryMode)
	for it in $(said RuntimeDirectory); do install -d -m "${mode:-755}" $owner "/run/$it"; done
	for it in $(said StateDirectory); do install -d $owner "/var/lib/$it"; done
	for it in $(said LogsDirectory); do install -d $owner "/var/log/$it"; done
	[ ! -f "/usr/lib/tmpfiles.d/$name.conf" ] || systemd-tmpfiles --create "/usr/lib/tmpfiles.d/$name.conf"
	command=$(said ExecStart)
	[ "$(said Type)" != forking ] || command="$command -DD"
	as="--reuid $user --regid $(said Group) --init-groups"
	home=$(getent passwd "$user" | cut -d: -f6)
	set -- PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME="$home" LANG=C.UTF-8
	(
		exec </dev/null >>"$group.log" 2>&1
		eval "exec env -i \"\$@\" $(said Environment | tr '\n' ' ') setsid setpriv $as sh -c 'exec $(
			printf %s "$command" | sed "s/'/'\\\\''/g"
		)'"
	) &
	echo $! >"$group.pid"
}

stop() {
	[ -f "$group.pid" ] || return 0
	its=$(cat "$group.pid")
	kill -TERM "-$its" 2>/dev/null || :
	for _ in $(seq 100); do
		pgrep -g "$its" -r D,R,S >/dev/null || break
		sleep 0.1
	done
	kill -KILL "-$its" 2>/dev/null || :
	rm "$group.pid"
}

case $action in
daemon-reload) ;;
enable | start) start ;;
stop) stop ;;
restart) stop && start ;;
*)
	echo "systemctl $action: not here" >&2
	exit 1
	;;
esac
