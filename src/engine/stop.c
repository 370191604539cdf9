/*
 * The STOP engine. See stop.h.
 *
 * A folded message is a text of words with one space between them. From each
 * place in it that can be reached, every phrase that stands there leads to
 * the place behind it; what kinds of phrases led there is kept as a set. The
 * message is a refusal when its end can be reached by refusals and
 * politeness alone. Chinese, Japanese, Korean and Thai put no spaces where
 * other words end, so there a phrase may end anywhere.
 */

#include <string.h>

#include "../core/str.h"
#include "../core/unicode.h"
#include "stop_impl.h"

#define STOP_CLAUSES_MAX  16

/* Sets of kinds that led to a place; a place keeps a set of such sets. */
#define STOP_BIT_STOP     0x1u
#define STOP_BIT_START    0x2u
#define STOP_BIT_HELP     0x4u
#define STOP_BIT_UNCLEAR  0x8u
#define STOP_BIT_OTHER    0x10u
#define STOP_SETS         32

/* A message that is held against the lists. */
typedef struct {
    const pl_stop_t  *lists[2];         /* the tenant's first; or NULL */
    pl_str_t          text;
} stop_look_t;

/* A part of it that ends as a sentence does, or as a part of one. */
typedef struct {
    pl_str_t          text;
    size_t            len;              /* with the marks behind it */
    bool              asks;             /* it is a question */
    bool              loud;             /* and none: "Stop???", "Stop?!" */
} stop_clause_t;

/* A place in it, and what a phrase that stands there can be found by. */
typedef struct {
    const uint8_t    *p;
    size_t            len;              /* of the word that is ASCII, or 0 */
    uint32_t          hash;             /* of that word */
} stop_spot_t;

static pl_status_t stop_whole(stop_look_t *look, pl_arena_t *ar,
    pl_str_t text, pl_stop_say_t *say, pl_err_t *err);
static pl_status_t stop_clauses(stop_look_t *look, pl_arena_t *ar,
    pl_str_t text, pl_stop_say_t *say, pl_err_t *err);
static void stop_clause(pl_str_t text, size_t at, stop_clause_t *clause);
static size_t stop_mark(pl_str_t text, size_t at, pl_unicode_mark_e *mark);
static pl_status_t stop_cut(const stop_look_t *look, pl_arena_t *ar,
    pl_stop_e *kind, pl_err_t *err);
static void stop_reach(const stop_look_t *look, uint32_t *reach, size_t at);
static unsigned stop_bits(pl_stop_e kind);
static pl_stop_e stop_verdict(unsigned sets);
static stop_spot_t stop_spot(pl_str_t text, size_t at);
static const pl_stop_phrase_t *stop_chain(const pl_stop_t *list,
    const stop_spot_t *spot, const pl_stop_phrase_t *last);
static bool stop_stands(const stop_look_t *look, const pl_stop_phrase_t *p,
    size_t at);
static bool stop_edge(pl_str_t text, size_t at);
static bool stop_unspaced(const uint8_t *p);
static const pl_stop_phrase_t *stop_longest(const stop_look_t *look, size_t at,
    const stop_spot_t *spot, bool (*wanted)(pl_stop_e kind));
static bool stop_is_refusal(pl_stop_e kind);
static bool stop_is_start(pl_stop_e kind);
static bool stop_is_help(pl_stop_e kind);
static bool stop_is_any(pl_stop_e kind);
static bool stop_unclear(const stop_look_t *look);
static size_t stop_units(pl_str_t text);
static size_t stop_step(pl_str_t text, size_t at);
static void stop_name(const stop_look_t *look, pl_stop_say_t *say);


pl_status_t
pl_stop_decide(const pl_stop_t *stop, const pl_stop_t *own, pl_arena_t *ar,
    pl_str_t text, pl_stop_say_t *say, pl_err_t *err)
{
    pl_status_t  rc;
    stop_look_t  look;

    say->kind = PL_STOP_NONE;
    say->language = "";
    say->phrase = NULL;

    look.lists[0] = own;
    look.lists[1] = stop;

    rc = text.len <= PL_STOP_TEXT_MAX
         ? stop_whole(&look, ar, text, say, err) : PL_OK;

    return rc == PL_OK && say->kind == PL_STOP_NONE
           ? stop_clauses(&look, ar, text, say, err) : rc;
}


static pl_status_t
stop_whole(stop_look_t *look, pl_arena_t *ar, pl_str_t text,
    pl_stop_say_t *say, pl_err_t *err)
{
    size_t       i;
    pl_str_t     forms[3], folded;
    pl_words_t   words;
    pl_status_t  rc;

    rc = pl_unicode_fold(ar, text, PL_UNICODE_MARKS, &folded, err);

    if (rc == PL_OK) {
        rc = pl_unicode_words(ar, folded, PL_UNICODE_ALL, &words, err);
    }

    if (rc != PL_OK || words.n_words == 0) {
        return rc == PL_NOMEM ? rc : PL_OK;
    }

    forms[0] = words.text;
    forms[1] = pl_stop_spelled(ar, &words);
    forms[2] = pl_stop_drawn(ar, words.text);

    for (i = 0; i < PL_COUNT(forms) && say->kind == PL_STOP_NONE; i++) {

        if (forms[i].data == NULL) {
            continue;
        }

        look->text = forms[i];

        rc = stop_cut(look, ar, &say->kind, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (say->kind == PL_STOP_NONE) {
        look->text = words.text;

        if (stop_unclear(look)) {
            say->kind = PL_STOP_UNCLEAR;
        }
    }

    stop_name(look, say);

    return PL_OK;
}


/*
 * "You are harassing me, stop", "Who is this? STOP": a refusal that stands by
 * itself in a longer text, among its first clauses or as the last. Words that
 * refuse only where nothing else is said do so as the answer to one's own
 * question, too. "Stop?" refuses nothing.
 */

static pl_status_t
stop_clauses(stop_look_t *look, pl_arena_t *ar, pl_str_t text,
    pl_stop_say_t *say, pl_err_t *err)
{
    bool           asked, last;
    size_t         at, i;
    pl_status_t    rc;
    stop_clause_t  clause;
    pl_stop_say_t  said;

    rc = PL_OK;
    asked = false;

    for (at = 0, i = 0; rc == PL_OK && at < text.len; at += clause.len) {

        stop_clause(text, at, &clause);
        last = at + clause.len == text.len;

        if (last && at == 0 && text.len <= PL_STOP_TEXT_MAX) {
            return PL_OK;               /* nothing new: it was looked at */
        }

        if (clause.text.len == 0) {
            continue;
        }

        i++;

        if ((clause.asks && !clause.loud) || clause.text.len > PL_KEYWORD_MAX
            || (i > STOP_CLAUSES_MAX && !last))
        {
            asked = clause.asks;
            continue;
        }

        said.kind = PL_STOP_NONE;
        said.phrase = NULL;

        rc = stop_whole(look, ar, clause.text, &said, err);

        if (rc == PL_OK && said.kind == PL_STOP_STOP
            && ((asked && last) || stop_unclear(look)))
        {
            *say = said;
            say->kind = PL_STOP_UNCLEAR;
            return PL_OK;
        }

        asked = clause.asks;
    }

    return rc;
}


/* It is a question when its first marks, up to a space, have one's sign. */

static void
stop_clause(pl_str_t text, size_t at, stop_clause_t *clause)
{
    bool               spaced, more;
    size_t             i, n;
    pl_unicode_mark_e  mark;

    clause->text.data = text.data + at;
    clause->asks = false;
    clause->loud = false;

    for (i = at; i < text.len; i += n) {
        n = stop_mark(text, i, &mark);

        if (mark == PL_UNICODE_ENDS || mark == PL_UNICODE_ASKS
            || (mark == PL_UNICODE_HYPHEN && i > at
                && text.data[i - 1] == ' '))
        {
            break;                      /* "opt-out" is a word */
        }
    }

    clause->text.len = i - at;

    for (spaced = more = false; i < text.len; i += n) {
        n = stop_mark(text, i, &mark);

        if (mark == PL_UNICODE_INSIDE && text.data[i] != ' ') {
            break;
        }

        spaced = spaced || text.data[i] == ' ';

        if (!spaced && (mark == PL_UNICODE_ASKS || text.data[i] == '!')) {
            clause->loud = clause->loud || more;
            clause->asks = clause->asks || mark == PL_UNICODE_ASKS;
            more = true;
        }
    }

    clause->len = i - at;
}


/* Letters of ASCII, which most of a text is, need nobody to be asked. */

static size_t
stop_mark(pl_str_t text, size_t at, pl_unicode_mark_e *mark)
{
    uint8_t  c = text.data[at];

    if (c == ' ' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
        *mark = PL_UNICODE_INSIDE;
        return 1;
    }

    return pl_unicode_mark(text, at, mark);
}


static pl_status_t
stop_cut(const stop_look_t *look, pl_arena_t *ar, pl_stop_e *kind,
    pl_err_t *err)
{
    size_t       at;
    uint32_t    *reach;
    stop_spot_t  spot;

    *kind = PL_STOP_NONE;
    spot = stop_spot(look->text, 0);

    if (stop_chain(look->lists[0], &spot, NULL) == NULL
        && stop_chain(look->lists[1], &spot, NULL) == NULL)
    {
        return PL_OK;                   /* as of most: nothing begins so */
    }

    reach = pl_arena_zalloc(ar, (look->text.len + 1) * sizeof(*reach));
    if (reach == NULL) {
        return pl_err_set(err, PL_NOMEM, "stop words", 0, "out of memory");
    }

    reach[0] = 1u << 0;                 /* by the set of nothing */

    for (at = 0; at < look->text.len; at++) {
        if (reach[at] != 0) {
            stop_reach(look, reach, at);
        }
    }

    *kind = stop_verdict(reach[look->text.len]);

    return PL_OK;
}


static void
stop_reach(const stop_look_t *look, uint32_t *reach, size_t at)
{
    size_t                   i, k;
    unsigned                 bits;
    stop_spot_t              spot;
    const pl_stop_phrase_t  *p;

    if (look->text.data[at] == ' ') {
        reach[at + 1] |= reach[at];
        return;
    }

    spot = stop_spot(look->text, at);

    for (i = 0; i < PL_COUNT(look->lists); i++) {

        for (p = stop_chain(look->lists[i], &spot, NULL); p != NULL;
             p = stop_chain(look->lists[i], &spot, p))
        {
            if (p->kind == PL_STOP_LIGHT || !stop_stands(look, p, at)) {
                continue;
            }

            bits = stop_bits(p->kind);

            for (k = 0; k < STOP_SETS; k++) {
                if (reach[at] & (1u << k)) {
                    reach[at + p->text.len] |= 1u << (k | bits);
                }
            }
        }
    }
}


static unsigned
stop_bits(pl_stop_e kind)
{
    switch (kind) {

    case PL_STOP_STOP:
    case PL_STOP_WEAK:
        return STOP_BIT_STOP;

    case PL_STOP_START:
        return STOP_BIT_START;

    case PL_STOP_HELP:
        return STOP_BIT_HELP;

    case PL_STOP_UNCLEAR:
        return STOP_BIT_UNCLEAR;

    case PL_STOP_OTHER:
        return STOP_BIT_OTHER;

    default:
        return 0;                       /* politeness */
    }
}


/*
 * Of the ways that lead to the end the clearest counts. What mixes a refusal
 * with anything else is unclear; so are "help start" and politeness none.
 */

static pl_stop_e
stop_verdict(unsigned sets)
{
    unsigned  k;

    if (sets & (1u << STOP_BIT_STOP)) {
        return PL_STOP_STOP;
    }

    if (sets & (1u << STOP_BIT_START)) {
        return PL_STOP_START;
    }

    if (sets & (1u << STOP_BIT_HELP)) {
        return PL_STOP_HELP;
    }

    if (sets & (1u << STOP_BIT_OTHER)) {
        return PL_STOP_NONE;
    }

    for (k = 0; k < STOP_SETS; k++) {
        if ((sets & (1u << k)) && (k & (STOP_BIT_STOP | STOP_BIT_UNCLEAR))) {
            return PL_STOP_UNCLEAR;
        }
    }

    return PL_STOP_NONE;
}


static stop_spot_t
stop_spot(pl_str_t text, size_t at)
{
    size_t       i;
    stop_spot_t  spot;

    spot.p = text.data + at;
    spot.len = 0;
    spot.hash = PL_STOP_HASH;

    for (i = at; i < text.len && text.data[i] != ' '; i++) {

        if (text.data[i] >= 0x80) {
            return spot;
        }

        spot.hash = pl_stop_hash(spot.hash, text.data[i]);
    }

    spot.len = i - at;

    return spot;
}


/* What may stand at a place, and behind the last of it; NULL: no more. */

static const pl_stop_phrase_t *
stop_chain(const pl_stop_t *list, const stop_spot_t *spot,
    const pl_stop_phrase_t *last)
{
    if (list == NULL) {
        return NULL;
    }

    if (spot->len == 0) {
        return last != NULL ? last->next
                            : list->buckets[pl_stop_bucket(spot->p)];
    }

    last = last != NULL ? last->next_word
                        : list->words[spot->hash % PL_STOP_BUCKETS];

    while (last != NULL && last->hash != spot->hash) {
        last = last->next_word;
    }

    return last;
}


static bool
stop_stands(const stop_look_t *look, const pl_stop_phrase_t *p, size_t at)
{
    return look->text.len - at >= p->text.len
           && memcmp(look->text.data + at, p->text.data, p->text.len) == 0
           && stop_edge(look->text, at + p->text.len);
}


/* Can a word end here, and another begin? */

static bool
stop_edge(pl_str_t text, size_t at)
{
    size_t  before;

    if (at == 0 || at == text.len || text.data[at] == ' '
        || text.data[at - 1] == ' ')
    {
        return true;
    }

    for (before = at - 1; before != 0 && (text.data[before] & 0xc0) == 0x80;
         before--)
    {
        /* void */
    }

    return stop_unspaced(text.data + at) || stop_unspaced(text.data + before);
}


/* Thai and Lao; Chinese, kana, Hangul and all between. A lead byte tells. */

static bool
stop_unspaced(const uint8_t *p)
{
    return (p[0] == 0xe0 && p[1] >= 0xb8 && p[1] <= 0xbb)
           || (p[0] >= 0xe3 && p[0] <= 0xed) || p[0] == 0xf0;
}


static const pl_stop_phrase_t *
stop_longest(const stop_look_t *look, size_t at, const stop_spot_t *spot,
    bool (*wanted)(pl_stop_e kind))
{
    size_t                   i;
    const pl_stop_phrase_t  *p, *best;

    best = NULL;

    for (i = 0; i < PL_COUNT(look->lists); i++) {

        for (p = stop_chain(look->lists[i], spot, NULL); p != NULL;
             p = stop_chain(look->lists[i], spot, p))
        {
            if (wanted(p->kind)
                && (best == NULL || p->text.len > best->text.len)
                && stop_stands(look, p, at))
            {
                best = p;
            }
        }
    }

    return best;
}


static bool
stop_is_refusal(pl_stop_e kind)
{
    return kind == PL_STOP_STOP || kind == PL_STOP_WEAK
           || kind == PL_STOP_UNCLEAR;
}


static bool
stop_is_start(pl_stop_e kind)
{
    return kind == PL_STOP_START;
}


static bool
stop_is_help(pl_stop_e kind)
{
    return kind == PL_STOP_HELP;
}


static bool
stop_is_any(pl_stop_e kind)
{
    return kind == PL_STOP_STOP || kind == PL_STOP_POLITE
           || kind == PL_STOP_LIGHT || kind == PL_STOP_OTHER;
}


/*
 * Is a strong word of refusal at least half of what is said, or all of it
 * but words that say nothing? Of a long message it is neither.
 */

static bool
stop_unclear(const stop_look_t *look)
{
    size_t                   at, units, stop, polite, rest;
    stop_spot_t              spot;
    const pl_stop_phrase_t  *p;

    stop = polite = rest = 0;

    for (at = 0; at < look->text.len; /* void */) {

        if (look->text.data[at] == ' ') {
            at++;
            continue;
        }

        spot = stop_spot(look->text, at);
        p = stop_longest(look, at, &spot, stop_is_any);

        if (p == NULL) {
            rest++;
            at += spot.len != 0 ? spot.len : stop_step(look->text, at);
            continue;
        }

        if (p->kind == PL_STOP_STOP) {
            stop += stop_units(p->text);

        } else if (p->kind == PL_STOP_POLITE) {
            polite += stop_units(p->text);

        } else if (p->kind == PL_STOP_OTHER) {
            rest += stop_units(p->text);
        }

        at += p->text.len;
    }

    if (stop == 0) {
        return false;
    }

    units = stop_units(look->text);

    return (rest == 0 && units <= PL_STOP_UNITS_MAX)
           || 2 * stop >= units - polite;
}


/* Words; of those that stand without spaces, characters. */

static size_t
stop_units(pl_str_t text)
{
    size_t  at, n;

    for (at = 0, n = 0; at < text.len; n++) {

        if (text.data[at] == ' ') {
            at++;
        }

        at += stop_step(text, at);
    }

    return n;
}


static size_t
stop_step(pl_str_t text, size_t at)
{
    size_t  n;
    bool    good;

    n = 0;

    do {
        n += pl_utf8_step(text.data + at + n, text.len - at - n, &good);
    } while (!stop_edge(text, at + n));

    return n;
}


/* The first phrase of the kind names it. */

static void
stop_name(const stop_look_t *look, pl_stop_say_t *say)
{
    size_t                   at;
    stop_spot_t              spot;
    const pl_stop_phrase_t  *p;

    if (say->kind == PL_STOP_NONE) {
        return;
    }

    for (at = 0; at < look->text.len; at += stop_step(look->text, at)) {

        at += (look->text.data[at] == ' ');

        spot = stop_spot(look->text, at);
        p = stop_longest(look, at, &spot,
                         say->kind == PL_STOP_START ? stop_is_start
                         : say->kind == PL_STOP_HELP
                           ? stop_is_help : stop_is_refusal);

        if (p != NULL) {
            say->phrase = (const char *) p->text.data;
            say->language = p->language;
            return;
        }
    }
}
