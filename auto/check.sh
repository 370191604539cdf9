#!/bin/bash
#
# auto/check.sh BUILD: tidy, static analysis, and valgrind on the unit tests.
# The build with clang, at the same flags, is make's part.

set -u
cd "$(dirname "$0")/.."
build=$1 failed=0

say() {
    printf '\n-- %s\n' "$*"
}

say tidy
PARLEY_BUILD=$build prove t/01-tidy.t || failed=1

say cppcheck
cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
    --enable=warning,portability --suppress=missingInclude \
    --suppress=normalCheckLevelMaxBranches -I"$build/gen" -D_GNU_SOURCE \
    src/core src/channel src/engine src/sender src/ctl || failed=1

say clang-tidy
git ls-files 'src/core/*.c' 'src/channel/*.c' 'src/engine/*.c' \
    'src/sender/*.c' 'src/ctl/*.c' |
    xargs -P 2 -n 8 clang-tidy --quiet --warnings-as-errors='*' \
        --checks='-*,clang-analyzer-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-bugprone-narrowing-conversions,-bugprone-sizeof-expression,-bugprone-branch-clone,-bugprone-assignment-in-if-condition,-bugprone-implicit-widening-of-multiplication-result,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling' \
        2> /dev/null -- -std=c11 -D_GNU_SOURCE -I"$build/gen" || failed=1

# PCRE2's compiled patterns read whole words past a subject's end, which
# valgrind cannot tell from a mistake; here they are interpreted.
say valgrind
gcc -shared -fPIC -x c -o "$build/nojit.so" - <<'END' || failed=1
int pcre2_jit_compile_8(void *code, unsigned options);

int
pcre2_jit_compile_8(void *code, unsigned options)
{
    (void) code;
    (void) options;

    return -45;
}
END
for test in "$build"/unit/*_test; do
    log=$(PARLEY_SRC=. PARLEYCTL=$build/parleyctl \
        LD_PRELOAD=$(realpath "$build/nojit.so") \
        valgrind --quiet --error-exitcode=99 --leak-check=full "$test" 2>&1)
    status=$?
    [ "$status" -eq 0 ] || {
        echo "$test: exit $status"
        grep -E '^(==|not ok)' <<< "$log" | head -n 20
        failed=1
    }
done

say "$([ "$failed" -eq 0 ] && echo 'all is well' || echo 'see above')"
exit "$failed"
