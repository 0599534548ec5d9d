#!/bin/sh
# journalctl, for the same machine: what a unit has written. journalctl -u NAME -o cat
[ "$1 $3 $4" = "-u -o cat" ] || exit 1
exec cat "/run/units/$2.log"
