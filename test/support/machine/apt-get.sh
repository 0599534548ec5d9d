#!/bin/sh
# apt-get, for the same machine: the packages named are there already.
[ "$1" = install ] || exit 1
shift
exec dpkg-query --show "$@"
