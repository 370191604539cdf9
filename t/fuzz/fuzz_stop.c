/*
 * What people write, and a tenant's file of words, from anywhere: folding,
 * words, the STOP engine.
 *
 * The last byte of an input chooses how it is folded, and the arena's size.
 */

#include "fuzz.h"

#include "../../src/core/str.h"
#include "../../src/core/unicode.h"
#include "../../src/engine/stop.h"


static const pl_stop_t *
fuzz_lists(void)
{
    pl_err_t           err;
    pl_arena_t        *ar;
    static pl_stop_t  *lists;

    if (lists == NULL) {
        ar = pl_arena_create(65536, 8u * 1024 * 1024);
        fuzz_check(ar != NULL && pl_stop_build(ar, &lists, &err) == PL_OK,
                   "lists");
    }

    return lists;
}


static void
fuzz_fold(pl_arena_t *ar, pl_str_t text, unsigned how)
{
    size_t       i;
    pl_err_t     err;
    pl_str_t     once, twice;
    pl_words_t   words;
    pl_status_t  rc;

    rc = pl_unicode_fold(ar, text, how, &once, &err);

    if (rc != PL_OK) {
        fuzz_check(rc == PL_INVALID || rc == PL_TOOBIG || rc == PL_NOMEM,
                   "a status that is announced");
        fuzz_check(rc != PL_INVALID || !pl_utf8_valid(text),
                   "what is UTF-8 folds");
        return;
    }

    fuzz_check(pl_utf8_valid(once), "it stays UTF-8");

    if (pl_unicode_fold(ar, once, how, &twice, &err) == PL_OK) {
        fuzz_check(twice.len <= once.len + PL_TEXT_MAX, "it ends");
    }

    if (pl_unicode_words(ar, once, PL_UNICODE_ALL, &words, &err) == PL_OK) {
        fuzz_check(words.text.len <= once.len, "words do not grow");

        for (i = 0; i < words.n_words; i++) {
            fuzz_check(words.words[i].len != 0, "no word is empty");
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t           n;
    uint8_t         *copy, choice;
    pl_err_t         err;
    pl_str_t         text;
    pl_arena_t      *ar;
    pl_status_t      rc;
    pl_stop_own_t   *own;
    pl_stop_say_t    say;

    choice = (size == 0) ? 0 : data[size - 1];

    copy = malloc(size == 0 ? 1 : size);
    fuzz_check(copy != NULL, "memory");
    memcpy(copy, data, size);
    text.data = copy;
    text.len = size;

    ar = pl_arena_create(1024, (choice & 0x08) != 0
                               ? (choice & 0xf0u) * 16 : FUZZ_ARENA_MAX);
    fuzz_check(ar != NULL, "memory");

    fuzz_fold(ar, text, choice & 3u);

    rc = pl_stop_decide(fuzz_lists(), NULL, ar, text, &say, &err);
    fuzz_check(rc == PL_OK || rc == PL_NOMEM, "it decides");
    fuzz_check(rc != PL_OK || say.kind <= PL_STOP_UNCLEAR, "one of five");

    rc = pl_stop_parse(ar, text, &own, &n, &err);
    fuzz_check(rc != PL_OK || n <= PL_STOP_PHRASES_MAX, "bounded");
    fuzz_check(rc == PL_OK || rc == PL_INVALID || rc == PL_TOOBIG
               || rc == PL_NOMEM, "a status that is announced");
    fuzz_check(rc != PL_INVALID || err.line != 0, "with its place");

    pl_arena_destroy(ar);
    free(copy);

    return 0;
}
