/*
 * The shipped flows, and one that has every word, with bytes changed, parts
 * left out, doubled and swapped: whatever comes of it is compiled or told
 * its mistakes. The seed is printed; FLOW_SEED=N runs another.
 */

#include <dirent.h>
#include <unistd.h>

#include "flow.h"

#define MUTATE_ROUNDS    1500           /* of each file */
#define MUTATE_FILE_MAX  (256 * 1024)
#define MUTATE_CUT_MAX   64

static uint64_t  seed = 20260101;


static size_t
any(size_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return n == 0 ? 0 : (size_t) (seed % n);
}


static size_t
change(char *text, size_t len, const char *original, size_t original_len)
{
    size_t             at, from, n;
    static const char  bytes[] = "{}[]\",:0 9a\\\xc3\x00/*-tn";

    at = any(len);

    switch (any(4)) {

    case 0:
        text[at] = bytes[any(sizeof(bytes) - 1)];
        return len;

    case 1:
        n = any(MUTATE_CUT_MAX);
        n = n > len - at ? len - at : n;
        memmove(text + at, text + at + n, len - at - n);
        return len - n;

    default:                            /* a piece of the original */
        from = any(original_len);
        n = any(MUTATE_CUT_MAX);
        n = n > original_len - from ? original_len - from : n;

        if (len + n >= MUTATE_FILE_MAX) {
            return len;
        }

        memmove(text + at + n, text + at, len - at);
        memcpy(text + at, original + from, n);
        return len + n;
    }
}


static void
mutate(const char *path)
{
    char        *original, *text;
    FILE        *file;
    size_t       i, k, len, original_len, sound = 0;
    pl_flow_t   *flow;
    pl_status_t  rc;

    original = malloc(MUTATE_FILE_MAX);
    text = malloc(MUTATE_FILE_MAX);
    file = fopen(path, "r");
    assert_true(original != NULL && text != NULL && file != NULL);
    original_len = fread(original, 1, MUTATE_FILE_MAX, file);
    (void) fclose(file);
    assert_true(original_len > 0 && original_len < MUTATE_FILE_MAX);

    for (i = 0; i < MUTATE_ROUNDS; i++) {
        memcpy(text, original, original_len);
        len = original_len;

        for (k = any(3) + 1; k > 0 && len > 0; k--) {
            len = change(text, len, original, original_len);
        }

        rc = pl_flow_examine(&flow, flow_test.codec,
                             (pl_str_t) { (uint8_t *) text, len },
                             &flow_test.mistakes);
        assert_true(rc == PL_OK || rc == PL_INVALID || rc == PL_TOOBIG);
        assert_true((rc == PL_OK) == (flow_test.mistakes.errors == 0));
        sound += rc == PL_OK;
        pl_flow_destroy(flow);
    }

    print_message("# %s: %zu of %d stayed sound\n", path, sound,
                  MUTATE_ROUNDS);
    free(original);
    free(text);
}


static void
no_file_breaks_the_compiler(void **state)
{
    DIR            *dir;
    char            path[512];
    size_t          n = 0;
    const char     *given = getenv("FLOW_SEED");
    struct dirent  *entry;

    (void) state;

    assert_int_equal(chdir(getenv("PARLEY_SRC") != NULL
                           ? getenv("PARLEY_SRC") : "."), 0);

    if (given != NULL) {
        seed = strtoull(given, NULL, 10) | 1;
    }

    print_message("# seed %llu\n", (unsigned long long) seed);
    mutate("t/fuzz/flow/all.json");

    dir = opendir("conf/flows");
    assert_non_null(dir);

    while ((entry = readdir(dir)) != NULL) {
        if (strstr(entry->d_name, ".json") != NULL) {
            (void) snprintf(path, sizeof(path), "conf/flows/%s",
                            entry->d_name);
            mutate(path);
            n++;
        }
    }

    (void) closedir(dir);
    assert_true(n > 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(no_file_breaks_the_compiler),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
