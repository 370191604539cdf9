/*
 * Rows of `words`, as the files of that stem write and read them. Pure.
 */

#ifndef PL_WORDS_IMPL_H_INCLUDED
#define PL_WORDS_IMPL_H_INCLUDED

#include "words.h"

#define PL_WORDS_VARINT_MAX  10

/* Writes the number's bytes; how many. */
size_t pl_words_put(uint8_t *at, uint64_t n);

/*
 * The numbers of a row's value, envelope gone: as many as there are, in the
 * arena. PL_FOREIGN where the bytes are none, PL_NOMEM.
 */
pl_status_t pl_words_read(pl_arena_t *ar, pl_str_t bytes, uint64_t **ids,
    size_t *n, pl_err_t *err);

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
