#!/bin/sh
# systemctl, for a machine without systemd: starts and stops what a unit says, as whom it says.
set -e
while [ "${1#--}" != "$1" ]; do shift; done # --system, --quiet
action=$1
shift
mkdir -p /run/units

name_unit() {
	name=${1%.service}
	unit=/etc/systemd/system/$name.service
	[ -f "$unit" ] || unit=/lib/systemd/system/$name.service
	group=/run/units/$name
}

said() { sed -n "s/^$1=//p" "$unit"; }

start() {
	user=$(said User)
	owner="-o $user -g $(said Group)"
	mode=$(said RuntimeDirectoryMode)
	for it in $(said RuntimeDirectory); do install -d -m "${mode:-755}" $owner "/run/$it"; done
	for it in $(said StateDirectory); do install -d $owner "/var/lib/$it"; done
	for it in $(said LogsDirectory); do install -d $owner "/var/log/$it"; done
	[ ! -f "/usr/lib/tmpfiles.d/$name.conf" ] || systemd-tmpfiles --create "/usr/lib/tmpfiles.d/$name.conf"
	before=$(said ExecStartPre)
	command="${before:+$before && }exec $(said ExecStart)"
	[ "$(said Type)" != forking ] || command="$command -DD"
	as="--reuid $user --regid $(said Group) --init-groups"
	home=$(getent passwd "$user" | cut -d: -f6)
	set -- PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME="$home" LANG=C.UTF-8
	(
		exec </dev/null >>"$group.log" 2>&1
		eval "exec env -i \"\$@\" $(said Environment | tr '\n' ' ') setsid setpriv $as sh -c '$(
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

# The links of an enabled unit, which a package's removal has to take away.
enable() {
	for it in $(said WantedBy); do
		mkdir -p "/etc/systemd/system/$it.wants"
		ln -sf "$unit" "/etc/systemd/system/$it.wants/"
	done
}

for word; do
	case $word in
	--*) continue ;;
	*.socket) continue ;; # none is started here
	esac
	name_unit "$word"
	case $action in
	enable) enable && start ;;
	start) start ;;
	stop) stop ;;
	restart) stop && start ;;
	try-restart) [ ! -f "$group.pid" ] || { stop && start; } ;;
	*)
		echo "systemctl $action: not here" >&2
		exit 1
		;;
	esac
done
