#!/bin/bash
#
# What a machine can say of the source without running it all:
# auto/check.sh BUILD, after BUILD, its units, and a build with clang.

set -u
cd "$(dirname "$0")/.."
build=$1
failed=0

# step NAME COMMAND...: all of them run, whatever one says
step() {
    echo "== $1"
    shift
    "$@" || { echo "== failed"; failed=1; }
}

# sources COMMAND...: for what knows no nginx, one by one: in a second file of
# one run clang-tidy takes va_list for uninitialized
sources() {
    find src/core src/channel src/engine src/sender src/ctl -name '*.c' \
        -print0 | xargs -0 -P "$(nproc)" -n 1 "$@"
}

analyse() {
    clang-tidy --quiet --warnings-as-errors='*' --checks='-*,
        clang-analyzer-*,
        -clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,
        -clang-analyzer-deadcode.DeadStores,
        bugprone-*,
        -bugprone-easily-swappable-parameters,
        -bugprone-reserved-identifier,
        -bugprone-assignment-in-if-condition,
        -bugprone-branch-clone,
        -bugprone-implicit-widening-of-multiplication-result,
        -bugprone-narrowing-conversions,
        -bugprone-sizeof-expression,
        -bugprone-suspicious-include' \
        "$@" -- -std=c11 -D_GNU_SOURCE -I"$build/gen" 2> /dev/null
}
export -f analyse
export build

cpp_check() {
    cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
        --enable=warning,portability --suppress=missingIncludeSystem \
        --suppress=unknownMacro -D_GNU_SOURCE -I"$build/gen" \
        src/core src/channel src/engine src/sender src/ctl
}

# PCRE2's compiled patterns read whole words past a subject's end, which
# valgrind cannot tell from a mistake; here they are interpreted.
nojit() {
    gcc -shared -fPIC -x c -o "$build/nojit.so" - <<'END'
int pcre2_jit_compile_8(void *code, unsigned options);

int
pcre2_jit_compile_8(void *code, unsigned options)
{
    (void) code;
    (void) options;

    return -45;
}
END
}

grind() {
    local unit status bad=0
    nojit || return 1
    for unit in "$build"/unit/*_test; do
        status=0
        PARLEY_SRC=. PARLEYCTL=$build/parleyctl \
            LD_PRELOAD=$(realpath "$build/nojit.so") \
            valgrind --quiet --leak-check=full \
            --errors-for-leak-kinds=definite,indirect \
            --error-exitcode=99 "$unit" > "$build/grind.log" 2>&1 || status=$?
        if [ "$status" -ne 0 ]; then
            echo "$unit: exit $status"
            grep -E '^(==|not ok)' "$build/grind.log" | head -n 30
            bad=1
        fi
    done
    return "$bad"
}

step "style and walls" prove t/01-tidy.t
step "clang-tidy" sources bash -c 'analyse "$@"' analyse
step "cppcheck" cpp_check
step "valgrind on the unit tests" grind
exit "$failed"
