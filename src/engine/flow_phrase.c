/*
 * Words that are looked for, and texts that they are looked for in.
 *
 * People write "Übermorgen", "uebermorgen" and "ubermorgen" and mean the
 * same; so each text is folded twice, and two are alike if they are in
 * either spelling. A text of symbols alone ("👍", "?") has no words: it is
 * compared as it is, folded.
 */

#include <string.h>

#include "../core/str.h"
#include "flow_impl.h"

static bool phrase_twice(const flow_phrase_t *a, const flow_phrase_t *b);
static pl_status_t phrase_fold(pl_arena_t *ar, pl_str_t text, unsigned how,
    pl_words_t *words);
static bool phrase_in(const pl_words_t *phrase, const pl_words_t *said);
static bool phrase_at(const pl_words_t *phrase, const pl_words_t *said,
    size_t at);


pl_status_t
pl_flow_phrase(pl_arena_t *ar, pl_str_t text, flow_phrase_t *phrase)
{
    bool         ascii;
    pl_status_t  rc;

    if (text.len > PL_TEXT_MAX) {
        for (text.len = PL_TEXT_MAX;
             text.len > 0 && (text.data[text.len] & 0xc0) == 0x80;
             text.len--)
        {
            /* void */
        }
    }

    rc = pl_unicode_folded(ar, text, &phrase->plain, &ascii, NULL);

    /* what is not ASCII, and signs alone, which are kept as they are */

    if (rc == PL_OK && phrase->plain.n_words == 0 && text.len != 0) {
        rc = phrase_fold(ar, text, PL_UNICODE_MARKS, &phrase->plain);
    }

    phrase->umlauts = phrase->plain;

    return rc != PL_OK || ascii
           ? rc : phrase_fold(ar, text, PL_UNICODE_GERMAN | PL_UNICODE_MARKS,
                              &phrase->umlauts);
}


void
pl_flow_phrases(flow_check_t *check, const char *path, char *const *list,
    size_t n, flow_phrases_t *phrases)
{
    char            at[PL_ERR_PATH_MAX];
    size_t          i;
    flow_phrase_t  *rows;

    phrases->rows = NULL;
    phrases->n = 0;

    if (n == 0) {
        return;
    }

    rows = pl_flow_room(check, n, sizeof(*rows));
    if (rows == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        if (pl_flow_phrase(check->flow->ar, pl_str_c(list[i]), &rows[i])
            != PL_OK)
        {
            check->nomem = true;
            return;
        }

        if (rows[i].plain.text.len == 0) {
            pl_flow_mistake(check, FLOW_ERROR,
                            pl_flow_path(at, path, "[%zu]", i), 0,
                            "there is no word in it");
        }
    }

    phrases->rows = rows;
    phrases->n = n;
}


int
pl_flow_phrase_whole(const flow_phrases_t *phrases,
    const flow_phrase_t *said)
{
    size_t  i;

    for (i = 0; i < phrases->n; i++) {
        if (pl_str_eq(phrases->rows[i].plain.text, said->plain.text)
            || (phrase_twice(&phrases->rows[i], said)
                && pl_str_eq(phrases->rows[i].umlauts.text,
                             said->umlauts.text)))
        {
            return (int) i;
        }
    }

    return -1;
}


int
pl_flow_phrase_within(const flow_phrases_t *phrases,
    const flow_phrase_t *said)
{
    size_t  i;

    for (i = 0; i < phrases->n; i++) {
        if (phrase_in(&phrases->rows[i].plain, &said->plain)
            || (phrase_twice(&phrases->rows[i], said)
                && phrase_in(&phrases->rows[i].umlauts, &said->umlauts)))
        {
            return (int) i;
        }
    }

    return -1;
}


/* Has either of two a second spelling? What is ASCII has one. */

static bool
phrase_twice(const flow_phrase_t *a, const flow_phrase_t *b)
{
    return a->umlauts.text.data != a->plain.text.data
           || b->umlauts.text.data != b->plain.text.data;
}


static pl_status_t
phrase_fold(pl_arena_t *ar, pl_str_t text, unsigned how, pl_words_t *words)
{
    pl_str_t     folded;
    pl_status_t  rc;

    memset(words, 0, sizeof(*words));
    words->text = PL_STR("");

    rc = pl_unicode_fold(ar, text, how, &folded, NULL);

    if (rc == PL_OK) {
        rc = pl_unicode_words(ar, folded, PL_UNICODE_ALL, words, NULL);
    }

    if (rc != PL_OK) {
        return rc == PL_NOMEM ? rc : PL_OK;     /* no UTF-8 has no words */
    }

    if (words->n_words == 0) {
        while (folded.len > 0 && folded.data[0] <= ' ') {
            folded.data++;
            folded.len--;
        }

        while (folded.len > 0 && folded.data[folded.len - 1] <= ' ') {
            folded.len--;
        }

        words->text = folded;
    }

    return PL_OK;
}


static bool
phrase_in(const pl_words_t *phrase, const pl_words_t *said)
{
    size_t  i;

    if (phrase->n_words == 0) {
        return pl_str_eq(phrase->text, said->text);
    }

    for (i = 0; i + phrase->n_words <= said->n_words; i++) {
        if (phrase->words[0].len == said->words[i].len
            && phrase_at(phrase, said, i))
        {
            return true;
        }
    }

    return false;
}


static bool
phrase_at(const pl_words_t *phrase, const pl_words_t *said, size_t at)
{
    size_t  i;

    for (i = 0; i < phrase->n_words; i++) {
        if (!pl_str_eq(phrase->words[i], said->words[at + i])) {
            return false;
        }
    }

    return true;
}
