/*
 * The lists of the STOP engine, folded, and found by the first two bytes of
 * a phrase. See stop.h.
 */

#include <string.h>

#include "../core/str.h"
#include "../core/unicode.h"
#include "stop_impl.h"
#include "stop_words.h"

#define STOP_SCRATCH      4096
#define STOP_SCRATCH_MAX  65536

/* Letters that Unicode does not take apart, and what people type instead. */
static const struct {
    const char  *letter;
    const char  *plain;
} stop_plain[] = {
    { "ł", "l" }, { "đ", "d" }, { "ø", "o" }, { "æ", "ae" }, { "œ", "oe" },
    { "ı", "i" }, { "ħ", "h" }, { "ð", "d" }, { "þ", "th" },
};

static pl_status_t stop_row(pl_stop_t *stop, const pl_stop_row_t *row,
    pl_err_t *err);
static pl_status_t stop_put(pl_stop_t *stop, const char *language,
    pl_stop_e kind, pl_str_t text, pl_err_t *err);
static uint32_t stop_first(pl_str_t text);
static pl_str_t stop_plainly(pl_arena_t *ar, pl_str_t text);


pl_status_t
pl_stop_empty(pl_arena_t *ar, pl_stop_t **stop, pl_err_t *err)
{
    *stop = pl_arena_zalloc(ar, sizeof(**stop));
    if (*stop == NULL) {
        return pl_err_set(err, PL_NOMEM, "stop words", 0, "out of memory");
    }

    (*stop)->ar = ar;

    return PL_OK;
}


pl_status_t
pl_stop_build(pl_arena_t *ar, pl_stop_t **stop, pl_err_t *err)
{
    size_t                       i;
    pl_status_t                  rc;
    const pl_stop_row_t         *row;
    const pl_stop_row_t *const   lists[] = {
        pl_stop_words_west, pl_stop_words_east, pl_stop_words_north,
        pl_stop_words_asia,
    };

    rc = pl_stop_empty(ar, stop, err);

    for (i = 0; rc == PL_OK && i < PL_COUNT(lists); i++) {
        for (row = lists[i]; rc == PL_OK && row->language != NULL; row++) {
            rc = stop_row(*stop, row, err);
        }
    }

    return rc;
}


pl_status_t
pl_stop_add(pl_stop_t *stop, const char *language, pl_stop_e kind,
    pl_str_t phrase, pl_err_t *err)
{
    size_t       i, forms;
    pl_str_t     plain;
    pl_words_t   words;
    pl_arena_t  *scratch;
    pl_status_t  rc;

    scratch = pl_arena_create(STOP_SCRATCH, STOP_SCRATCH_MAX);
    if (scratch == NULL) {
        return pl_err_set(err, PL_NOMEM, "stop words", 0, "out of memory");
    }

    rc = PL_OK;

    forms = language[0] == '\0' || strcmp(language, "de") == 0 ? 2 : 1;

    for (i = 0; rc == PL_OK && i < forms; i++) {
        rc = pl_unicode_keyword(scratch, phrase,
                                PL_UNICODE_MARKS
                                | (i == 0 ? 0 : PL_UNICODE_GERMAN),
                                &words, err);

        if (rc == PL_OK && words.n_words == 0) {
            rc = pl_err_set(err, PL_INVALID, "stop words", 0,
                            "a phrase without a word");
        }

        if (rc == PL_OK) {
            rc = stop_put(stop, language, kind, words.text, err);
        }

        plain = rc == PL_OK ? stop_plainly(scratch, words.text)
                            : PL_STR_NULL;

        if (plain.data != NULL) {
            rc = stop_put(stop, language, kind, plain, err);
        }
    }

    pl_arena_destroy(scratch);

    return rc;
}


static pl_status_t
stop_row(pl_stop_t *stop, const pl_stop_row_t *row, pl_err_t *err)
{
    size_t       len;
    pl_str_t     phrase;
    pl_status_t  rc;
    const char  *p;

    rc = PL_OK;

    for (p = row->phrases; rc == PL_OK && *p != '\0'; p += len) {
        p += (*p == '|');
        len = strcspn(p, "|");
        phrase.data = (const uint8_t *) p;
        phrase.len = len;

        rc = pl_stop_add(stop, row->language, row->kind, phrase, err);
    }

    return rc;
}


/* A phrase that is there of the same kind belongs to several languages. */

static pl_status_t
stop_put(pl_stop_t *stop, const char *language, pl_stop_e kind,
    pl_str_t text, pl_err_t *err)
{
    unsigned           bucket;
    uint32_t           hash;
    pl_stop_phrase_t  *p, *old;

    bucket = pl_stop_bucket(text.data);
    hash = stop_first(text);

    /* a first word's chain is the shorter one */

    for (old = stop->words[hash % PL_STOP_BUCKETS]; old != NULL;
         old = old->next_word)
    {
        if (old->hash == hash && old->kind == kind
            && pl_str_eq(old->text, text))
        {

            if (strcmp(old->language, language) != 0) {
                old->language = "";
            }

            return PL_OK;
        }
    }

    p = pl_arena_alloc(stop->ar, sizeof(*p));
    if (p == NULL) {
        return pl_err_set(err, PL_NOMEM, "stop words", 0, "out of memory");
    }

    p->text.data = pl_arena_dup(stop->ar, text.data, text.len);
    p->text.len = text.len;
    p->language = language;
    p->kind = kind;
    p->hash = hash;
    p->next = stop->buckets[bucket];
    p->next_word = stop->words[p->hash % PL_STOP_BUCKETS];

    if (p->text.data == NULL) {
        return pl_err_set(err, PL_NOMEM, "stop words", 0, "out of memory");
    }

    stop->buckets[bucket] = p;
    stop->words[p->hash % PL_STOP_BUCKETS] = p;

    return PL_OK;
}


/* The hash of the first word. */

static uint32_t
stop_first(pl_str_t text)
{
    size_t    i;
    uint32_t  hash;

    hash = PL_STOP_HASH;

    for (i = 0; i < text.len && text.data[i] != ' '; i++) {
        hash = pl_stop_hash(hash, text.data[i]);
    }

    return hash;
}


/*
 * What is folded ends with a NUL, so that there are two bytes always. What
 * stands behind a word of one letter is not its.
 */

unsigned
pl_stop_bucket(const uint8_t *p)
{
    return (p[0] * 31u + (p[1] > ' ' ? p[1] * 7u : 0)) % PL_STOP_BUCKETS;
}


/* The text with plain letters; data NULL: it has no other. */

static pl_str_t
stop_plainly(pl_arena_t *ar, pl_str_t text)
{
    bool      changed;
    size_t    i, k, n;
    uint8_t  *to;
    pl_str_t  out;

    to = pl_arena_alloc(ar, text.len + 1);      /* none is longer than its */
    if (to == NULL) {
        return PL_STR_NULL;
    }

    out.data = to;
    changed = false;

    for (i = 0; i < text.len; i += n) {

        if (text.data[i] < 0x80) {      /* none of them begins so */
            *to++ = text.data[i];
            n = 1;
            continue;
        }

        for (k = 0; k < PL_COUNT(stop_plain); k++) {
            n = strlen(stop_plain[k].letter);

            if (text.len - i >= n
                && memcmp(text.data + i, stop_plain[k].letter, n) == 0)
            {
                break;
            }
        }

        if (k == PL_COUNT(stop_plain)) {
            *to++ = text.data[i];
            n = 1;
            continue;
        }

        memcpy(to, stop_plain[k].plain, strlen(stop_plain[k].plain));
        to += strlen(stop_plain[k].plain);
        changed = true;
    }

    *to = '\0';
    out.len = (size_t) (to - out.data);

    return changed ? out : PL_STR_NULL;
}
