#!/bin/bash
#
# Plays the README's reader: auto/newcomer.sh [TESTS]
#
# Types the two commands at a terminal, sends the line that the first prints,
# ends it with Ctrl-C, and sees whether a second make finds anything to do.
# auto/fresh.sh makes it a machine on which nothing was done before.

set -eu
cd "$(dirname "$0")/.."
tests=${1:-t}
dir=$(mktemp -d)
screen=$dir/screen terminal=
mkfifo "$dir/keyboard"
trap '[ -z "$terminal" ] || kill "$terminal" 2> /dev/null || true
      rm -rf "$dir"' EXIT

# what the first command may take to install and build, and then to end
start_seconds=3600
end_seconds=60

wrong() {
    echo "newcomer: $*" >&2
    [ -z "$terminal" ] || tail -n 40 "$screen" >&2
    exit 1
}

# timed COMMAND...: is shown as typed, with what it took
timed() {
    local began=$SECONDS
    echo "\$ $*"
    "$@" || wrong "\"$*\" ended with $?"
    echo "newcomer: $((SECONDS - began)) s"
}

# within SECONDS COMMAND...: until it succeeds, while the terminal is there
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] && kill -0 "$terminal" || return 1
        sleep 0.2
    done
}

shown() { grep -q "$1" "$screen" 2> /dev/null; }
ended() { ! kill -0 "$terminal" 2> /dev/null; }

# what is started in the background would ignore Ctrl-C
starts() {
    env --default-signal=INT script -qefc "make -f Makefile.ext run" \
        "$screen" < "$dir/keyboard" > "$dir/terminal" &
    terminal=$!
    exec {keyboard}> "$dir/keyboard"
    within $start_seconds shown 'Ctrl-C' || wrong "the first command failed"
    tail -n 8 "$screen"
}

says() {
    local line
    line=$(tr -d '\r' < "$screen" | grep -E '^    .*/say. hello$|/say hello$')
    echo "\$ ${line#    }"
    bash -c "$line" | tee "$dir/reply"
    grep -q 'Hello' "$dir/reply" || wrong "no reply"
}

# nginx and the sender hold the lock of their folder as long as they live
interrupts() {
    printf '\003' >&"$keyboard"
    within $end_seconds ended || ended || wrong "Ctrl-C does not end it"
    wait "$terminal" || true
    terminal=
    sed '1,/Ctrl-C/d' "$screen"
    exec {keyboard}>&-
    flock -n run/run.lock true || wrong "something outlived Ctrl-C"
}

nothing_to_do() {
    local out
    out=$(LC_ALL=C make -f Makefile.ext) || wrong "the second make: $out"
    [ "$out" = "make: Nothing to be done for 'all'." ] ||
        wrong "the second make: $out"
}

type_tests() {
    if [ "$tests" = t ]; then
        timed make -f Makefile.ext test
    else
        timed make -f Makefile.ext test TESTS="$tests"
    fi
}

timed starts
timed says
timed interrupts
timed nothing_to_do
timed make -f Makefile.ext demo
type_tests
timed nothing_to_do
echo "newcomer: all as the README says, as $(id -un)"
