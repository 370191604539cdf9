/*
 * Rows of `words`, as the files of that stem write and read them. Pure.
 */

#ifndef PL_WORDS_IMPL_H_INCLUDED
#define PL_WORDS_IMPL_H_INCLUDED

#include "words.h"

#define PL_WORDS_VARINT_MAX  10

/* Writes the number's bytes; how many. */
size_t pl_words_put(uint8_t *at, uint64_t n);

/* One word of a row, and where its numbers are. */
typedef struct {
    pl_str_t  word;
    pl_str_t  ids;
} pl_words_entry_t;

/* Takes what a row is off its value, envelope gone; 0: it is none. */
pl_words_kind_e pl_words_kind(pl_str_t *row);

uint8_t pl_words_bucket(pl_str_t word);

/*
 * Takes the next word off what is left of it. PL_NOTFOUND: there is
 * none; PL_FOREIGN: the bytes are none.
 */
pl_status_t pl_words_next(pl_str_t *row, pl_words_entry_t *entry,
    pl_err_t *err);

/* How long a word with so many bytes of numbers is in a row. */
size_t pl_words_entry_len(pl_str_t word, size_t ids);

/* Writes one; how many bytes. */
size_t pl_words_entry_put(uint8_t *at, pl_str_t word, pl_str_t ids);

/* SipHash-1-3 over tenant and word: what the index gathers words by. */
uint32_t pl_words_hash(const uint64_t seed[2], uint32_t tenant,
    pl_str_t word);

/* May rows stand under hashes, where no order leads to a beginning? */
bool pl_words_hashed(pl_txn_t *txn);

/* What leads to a word. */
pl_str_t pl_words_begin(pl_str_t word);

/*
 * Under which number a tenant's rows of a segment are. PL_NOTFOUND: it has
 * none.
 */
pl_status_t pl_words_number(pl_txn_t *txn, uint32_t segment,
    uint32_t tenant, uint64_t *number, pl_err_t *err);

pl_status_t pl_words_number_put(pl_txn_t *txn, uint32_t segment,
    uint32_t tenant, uint64_t number, bool append, pl_err_t *err);

/*
 * The numbers of a word's messages: as many as there are, in the arena.
 * PL_FOREIGN where the bytes are none, PL_NOMEM.
 */
pl_status_t pl_words_read(pl_arena_t *ar, pl_str_t bytes, uint64_t **ids,
    size_t *n, pl_err_t *err);

/*
 * Looks into a segment: the numbers of the tenant's messages, ascending and in
 * the arena, that have the word, or one that begins so.
 */
typedef struct {
    pl_txn_t    *txn;
    pl_arena_t  *ar;
    uint32_t     tenant;
    uint32_t     segment;
    uint64_t     number;            /* that its rows are under */
    uint32_t    *looks;             /* counts rows */
} pl_words_look_t;

pl_status_t pl_words_look(pl_words_look_t *lo, pl_str_t word, bool prefix,
    uint64_t **ids, size_t *n, pl_err_t *err);

/* Packs ascending numbers; the bytes are in the arena. PL_NOMEM. */
pl_status_t pl_words_pack(pl_arena_t *ar, const uint64_t *ids, size_t n,
    pl_str_t *bytes, pl_err_t *err);

/* What a segment covers. PL_NOTFOUND: there is no such segment. */
pl_status_t pl_words_segment(pl_txn_t *txn, uint32_t segment,
    uint64_t *first, uint64_t *last, pl_err_t *err);

/*
 * The segment, of the first n, that covers the message, or else the newest
 * below it. PL_NOTFOUND: there is none.
 */
pl_status_t pl_words_where(pl_txn_t *txn, uint32_t n, uint64_t message,
    uint32_t *segment, pl_err_t *err);

/*
 * Is a packed message surely not the tenant's, or without the word? Looks at
 * plain ASCII texts alone, without unpacking; false: it may have it.
 */
bool pl_words_lacks(pl_str_t value, uint32_t tenant, pl_str_t word);

#endif /* PL_WORDS_IMPL_H_INCLUDED */
