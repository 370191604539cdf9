/*
 * Search: which messages have a word, and whom a name belongs to.
 *
 * Words stand folded (core/unicode.h: case, width and marks are gone; of
 * German umlauts both forms; the Turkish dotless i is an i), at most
 * PL_WORD_MAX bytes of each. Messages are indexed in segments, which are
 * written once, in key order, at the right edge of `words`, by an IndexWords
 * that the sender appends when there are enough of them: the fold of a
 * message pays nothing. A search looks at what is not indexed yet itself,
 * newest first, then into one segment after the other.
 *
 *     key      segment u32, 0 u32                  value: first u64, last u64
 *              the messages that it covers, of all tenants
 *     key      segment u32, tenant u32             value: number u64
 *              there are words of the tenant's, under this number
 *     key      segment u32, tenant u32, number u64, 1 u8, bucket u8
 *              value: each word of the bucket, and its messages
 *     key      segment u32, tenant u32, number u64, 2 u8, beginning
 *              value: each word that begins so
 *
 * A word's bucket is a hash of it; a beginning is its first PL_WORD_BEGIN
 * bytes. Where the store seals (docs/privacy.md) these rows are sealed, and
 * what is behind the number is hashed, under the key of their number, which
 * is drawn like a record's. When messages are taken out, a tenant's rows of
 * their segments are written anew under another number, and the old one is to
 * be forgotten: it is handed to the caller.
 *
 * Names stand in `names`, changed with the contact: a row for each word and
 * one for its beginning.
 *
 *     words.c          texts to words
 *     words_index.c    IndexWords
 *     words_forget.c   taking messages out again
 *     words_find.c     reading (words_find.h)
 *     words_look.c     one segment
 *     names.c          names of contacts
 */

#ifndef PL_WORDS_H_INCLUDED
#define PL_WORDS_H_INCLUDED

#include "../core/unicode.h"
#include "apply.h"

#define PL_WORD_MAX          48     /* bytes of one; more is cut */
#define PL_WORDS_MAX         512    /* of one message; more are not found */
#define PL_WORDS_SEGMENT     2048   /* messages that are worth a segment */
#define PL_WORDS_ROWS_MAX    4096   /* and at most, of one */
#define PL_WORDS_FORGET_MAX  1024   /* messages of one call */
#define PL_WORDS_STEP_MAX    4      /* segments of one call */
#define PL_WORD_BEGIN        3      /* bytes of a word that lead to it */
#define PL_WORDS_FORM        2      /* StateMeta.words_form */
#define PL_WORDS_OLD_ROWS    20000  /* of an older form, gone at a time */
#define PL_NAME_WORDS_MAX    16     /* of a contact */

/* ---- texts (words.c); pure, any thread ------------------------------ */

typedef struct {
    pl_str_t  *words;               /* folded; one may come twice */
    size_t     n;
} pl_word_list_t;

/* Empty where there is none, or where it is no UTF-8. PL_NOMEM. */
pl_status_t pl_words_text(pl_arena_t *ar, pl_str_t text,
    pl_word_list_t *list, pl_err_t *err);

/* The same of what is asked for: no word has a second form. */
pl_status_t pl_words_asked(pl_arena_t *ar, pl_str_t text,
    pl_word_list_t *list, pl_err_t *err);

/* Of all that a person reads in it: text, captions, titles, names. */
pl_status_t pl_words_content(pl_arena_t *ar, const Pl__Content *content,
    pl_word_list_t *list, pl_err_t *err);

/* Does the list have the word; or, with prefix, one that begins so? */
bool pl_words_have(const pl_word_list_t *list, pl_str_t word, bool prefix);

/* ---- the index; the folding thread ---------------------------------- */

pl_status_t pl_apply_index_words(pl_apply_t *ap, const Pl__IndexWords *in,
    pl_err_t *err);

/*
 * Takes messages of a tenant out of the index: the tenant's rows of their
 * segments are written anew without them. ids ascending, at most
 * PL_WORDS_FORGET_MAX of at most PL_WORDS_STEP_MAX segments (PL_TOOBIG);
 * those that are not indexed are passed over. retired: numbers whose keys are
 * to be forgotten. Nothing that points into the store may be in use. To be
 * called while the messages' rows are still there, or behind; a message whose
 * row is gone is never indexed.
 */
typedef struct {
    uint64_t  numbers[PL_WORDS_STEP_MAX];
    size_t    n;
} pl_words_retired_t;

pl_status_t pl_words_forget(pl_apply_t *ap, uint32_t tenant,
    const uint64_t *ids, size_t n, pl_words_retired_t *retired,
    pl_err_t *err);

/*
 * The segments that a step takes messages out of: is there room for this
 * message's? Begin with zeroes.
 */
typedef struct {
    uint32_t  segments[PL_WORDS_STEP_MAX];
    size_t    n;
} pl_words_step_t;

pl_status_t pl_words_step(pl_apply_t *ap, uint64_t message,
    pl_words_step_t *step, bool *room, pl_err_t *err);

typedef enum {
    PL_WORDS_ALL = 0,               /* where both begin */
    PL_WORDS_BUCKET = 1,
    PL_WORDS_BEGIN = 2
} pl_words_kind_e;

/* number 0: the tenant's row. */
void pl_key_words(pl_key_t *key, uint32_t segment, uint32_t tenant,
    uint64_t number, pl_words_kind_e kind, pl_str_t word);

/* ---- names (names.c); the folding thread ---------------------------- */

/*
 * A contact's names were these and are those; each may be NULL. Rows of
 * `names` follow. To forget a contact: to NULL and NULL.
 */
typedef struct {
    const char  *name;
    const char  *username;
} pl_names_t;

pl_status_t pl_names_change(pl_apply_t *ap, uint32_t tenant,
    uint64_t contact, const pl_names_t *from, const pl_names_t *to,
    pl_err_t *err);

/*
 * The words by which a name is found: at most PL_NAME_WORDS_MAX. PL_NOMEM.
 * A row stands under each of them, and under its beginning.
 */
pl_status_t pl_names_words(pl_arena_t *ar, const char *text,
    pl_word_list_t *list, pl_err_t *err);

/* Is there a row of this word, or beginning, for who has these? */
bool pl_names_row(const pl_word_list_t *list, pl_str_t word);

/* contact 0: where the rows of words that begin so are. */
void pl_key_name(pl_key_t *key, uint32_t tenant, pl_str_t word,
    uint64_t contact);

#endif /* PL_WORDS_H_INCLUDED */
