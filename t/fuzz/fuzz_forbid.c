/*
 * A file of forbidden patterns from anywhere, and a text that is held against
 * it: what stands behind the first NUL.
 */

#include "fuzz.h"

#include "../../src/core/str.h"
#include "../../src/engine/forbid.h"


static void
fuzz_find(const pl_forbid_t *forbid, const char *body)
{
    Pl__Text           text = PL__TEXT__INIT;
    const char        *rule;
    Pl__Content        content = PL__CONTENT__INIT;
    pl_match_state_t  *match;

    match = pl_match_state_create();
    fuzz_check(match != NULL, "memory");

    text.body = (char *) body;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;

    rule = pl_forbid_find(forbid, match, &content);
    fuzz_check(rule == NULL || strncmp(rule, "content.", 8) == 0,
               "a rule has its name");
    fuzz_check(rule == pl_forbid_find(forbid, match, &content),
               "it is found again");

    pl_match_state_destroy(match);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char         *copy;
    size_t        n;
    pl_err_t      err = { 0 };
    pl_str_t      file;
    pl_forbid_t  *forbid;
    pl_status_t   rc;

    copy = malloc(size + 2);
    fuzz_check(copy != NULL, "memory");
    memcpy(copy, data, size);
    copy[size] = copy[size + 1] = '\0';

    n = strlen(copy);
    file = (pl_str_t) { (uint8_t *) copy, n };

    rc = pl_forbid_compile(&forbid, file, &err);
    fuzz_check(rc == PL_OK || rc == PL_INVALID || rc == PL_TOOBIG
               || rc == PL_NOMEM, "a status that is announced");
    fuzz_check(rc != PL_INVALID || err.line != 0, "with its place");

    if (rc == PL_OK) {
        fuzz_find(forbid, copy + (n < size ? n + 1 : n));
        pl_forbid_destroy(forbid);
    }

    free(copy);

    return 0;
}
