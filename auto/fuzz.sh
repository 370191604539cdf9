#!/bin/bash
#
# Runs the fuzz targets in BUILD for so many seconds each; fails on the first
# input that crashes, leaks, hangs or takes too much memory, and says where it
# is kept.
#
#     auto/fuzz.sh BUILD SECONDS [TARGET ...]
#
# An hour of one:  make -f Makefile.ext fuzz FUZZ=whatsapp FUZZ_SECONDS=3600
# Once more what was found:  build-fuzz/fuzz/NAME build-fuzz/found/NAME-...

set -u
cd "$(dirname "$0")/.."
build=$1
seconds=$2
shift 2

# what an input may take; the codec's arenas end at 64 MiB
memory_mb=1024
one_seconds=10
len_max=65536

declare -A seeds=(
    [answer]=t/fuzz/answer
    [forbid]=t/fuzz/forbid
    [api]=t/fuzz/api
    [form]=t/fuzz/form
    [json]="t/fixtures/whatsapp t/fuzz/answer conf/flows"
    [flow]="conf/flows t/fuzz/flow"
    [mail]=t/fuzz/mail
    [said]=t/fuzz/said
    [send]=t/fixtures/whatsapp/send
    [stop]=t/fixtures/stop
    [whatsapp]=t/fixtures/whatsapp
    [wording]=t/fuzz/wording
    [zone]=t/fuzz/zone
)

[ $# -gt 0 ] || set -- $(ls t/fuzz/fuzz_*.c | sed 's!.*/fuzz_!!; s!\.c$!!')

failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

for name in "$@"; do
    mkdir -p "$build/corpus/$name" "$build/found"

    # seeds in folders that libFuzzer does not write to come last
    if "$build/fuzz/$name" -max_total_time="$seconds" -timeout=$one_seconds \
        -rss_limit_mb=$memory_mb -malloc_limit_mb=$memory_mb \
        -max_len=$len_max -dict=t/fuzz/json.dict -print_final_stats=1 \
        -artifact_prefix="$build/found/$name-" "$build/corpus/$name" \
        ${seeds[$name]:-} > "$log" 2>&1
    then
        awk -v name="$name" '
            /number_of_executed_units/ { runs = $2 }
            /peak_rss_mb/ { mb = $2 }
            END { printf "  fuzz %-9s %s runs, %s MiB\n", name, runs, mb }
        ' "$log"
    else
        echo "  fuzz $name: found something"
        tail -n 60 "$log"
        failed=1
    fi
done

exit $failed
