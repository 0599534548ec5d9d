#!/bin/sh
# Builds a newer Debian in a folder of its own: sudo test/support/machine/newer-debian.sh SUITE FOLDER
# trixie (Debian 13) has ejabberd 24.12 and Prosody 13.0.1; sid had ejabberd 26.07 in November 2026;
# bookworm is Debian 12 as it comes, for what is installed on it.
# A folder that is there is complete, and left as it is.
set -eu
suite=$1
root=$2
new=$root.new
log=$root.log
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

say() { echo "$(date +%T) $*" >&3; }

mkdir -p "$(dirname "$root")"
exec 3>&2 9>"$root.lock"
flock -n 9 || { say "Waiting for another run to build $root ..."; flock 9; }
[ ! -e "$root" ] || exit 0
exec >"$log" 2>&1
trap '[ $? = 0 ] || { tail -n 20 "$log"; say "Failed: $log"; } >&3' EXIT

if ! command -v debootstrap; then
  say "Installing debootstrap ..."
  apt-get -qq update
  apt-get -qq -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends debootstrap
fi

# Mounts of their own end with the commands.
say "Building Debian $suite in $root (a minute or two, 380 MB): debootstrap ..."
rm -rf --one-file-system "$new"
unshare --mount debootstrap --variant=minbase "$suite" "$new"

say "... ejabberd, Node, Prosody, socat and systemd ..."
printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d" # starts no service
chmod +x "$new/usr/sbin/policy-rc.d"
unshare --mount sh -ec 'mount -t proc proc "$0/proc"; chroot "$@"' "$new" "$new" \
  apt-get -qq install --yes --no-install-recommends \
  ejabberd erlang-p1-oauth2 logrotate nodejs prosody prosody-modules socat systemd
chroot "$new" apt-get clean

mv "$new" "$root"
say "... done."
