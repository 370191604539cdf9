#!/bin/bash
#
# The demo in the foreground: auto/run.sh BUILD PORT DATA

set -eu
cd "$(dirname "$0")/.."
. auto/serve.sh

trap 'trap - EXIT INT TERM; serve_stop; exit "${code:-0}"' EXIT INT TERM
code=1
serve_prepare "$1" "$2" "$3"
serve_start

cat <<END

Parley answers on $url
Say something, and see the reply:

    $(printf %q "$(realpath --relative-base=. "$data")/say") hello

Everything is in $data. Ctrl-C stops it.
END

code=0
wait -n "$nginx" "$sender" || code=$?
echo "parley: nginx or parley-sender ended; see $data/error.log" >&2
[ "$code" -ne 0 ] || code=1
