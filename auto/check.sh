#!/bin/bash
#
# What a machine can say of the source without running it all:
# auto/check.sh BUILD, after BUILD with its units, and a build with clang.
#
# Each step says what it looks at and how long it took; the last line says
# which of them found something.

set -u
cd "$(dirname "$0")/.."
export build=$1
found=

# step NAME WHAT COMMAND...: all of them run, whatever one says
step() {
    local name=$1 began=$SECONDS
    echo "== $name: $2"
    shift 2
    "$@" || { echo "== $name found something"; found="$found $name"; }
    echo "   $((SECONDS - began)) s"
}

# each COMMAND FILE...: a function of ours for one file after another, on all
# cores: in a second file of one run clang-tidy takes va_list for uninitialized
each() {
    export -f "${1?}"
    printf '%s\0' "${@:2}" |
        xargs -0 -P "$(nproc)" -n 1 bash -c "$1"' "$1"' "$1"
}

# Left out, and why: buffer handling wants Annex K's functions, which glibc
# lacks; swappable parameters are told apart by their names; products that are
# widened are of small constants; sizeof of a pointer is the size of one in an
# array of them. Its standard error counts what system headers are warned of.
tidy() {
    local said nginx='' failures='-include auto/analyse.h'
    case $1 in src/http/*) nginx=$NGX_INCS ;; esac
    ! grep -Eq '^pl_(err_set|store_fail(ed)?|sys_err)\(' "$1" || failures=
    # shellcheck disable=SC2086
    said=$(clang-tidy --quiet --warnings-as-errors='*' --checks='-*,
        clang-analyzer-*,
        -clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,
        bugprone-*,
        -bugprone-easily-swappable-parameters,
        -bugprone-implicit-widening-of-multiplication-result,
        -bugprone-sizeof-expression' \
        "$1" -- -std=c11 -D_GNU_SOURCE -I"$build/gen" $nginx $failures \
        2> /dev/null) || { echo "$said"; return 1; }
}

# It reads no system headers, and so knows neither their macros nor nginx's;
# but protobuf-c's, whose version what protoc-c made asks for.
cpp_check() {
    local protobuf
    protobuf=$(pkg-config --variable=includedir libprotobuf-c)
    cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
        -j "$(nproc)" --enable=warning,portability \
        --suppress=missingIncludeSystem --suppress=unknownMacro \
        --include="$protobuf/protobuf-c/protobuf-c.h" \
        -D_GNU_SOURCE -DNGX_THREADS -I"$build/gen" src
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
    local log=$1.grind status=0
    PARLEY_SRC=. PARLEYCTL=$build/parleyctl \
        LD_PRELOAD=$(realpath "$build/nojit.so") \
        valgrind --quiet --leak-check=full \
        --errors-for-leak-kinds=definite,indirect \
        --error-exitcode=99 "$1" > "$log" 2>&1 || status=$?
    [ "$status" -ne 0 ] || return 0
    echo "$1: exit $status; all of it is in $log"
    grep -E '^(==|not ok)' "$log" | head -n 30
    return 1
}

mapfile -d '' sources < <(find src -name '*.c' -print0 | sort -z)
mapfile -t units < <(ls t/unit/*_test.c | sed "s!t/\(.*\)\.c!$build/\1!")

step style "t/01-tidy.t" prove t/01-tidy.t
step clang-tidy "${#sources[@]} sources" each tidy "${sources[@]}"
step cppcheck "${#sources[@]} sources" cpp_check
step valgrind "${#units[@]} unit tests" eval 'nojit && each grind "${units[@]}"'

[ -z "$found" ] || { echo "check: something was found by:$found" >&2; exit 1; }
echo "check: gcc, clang, style, clang-tidy, cppcheck, valgrind: nothing found"
