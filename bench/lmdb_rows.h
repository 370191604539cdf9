/*
 * What the two halves of the bare LMDB loop share: lmdb_rows.c writes the
 * rows that a message leaves, lmdb.c decides how many and when.
 */

#ifndef BENCH_LMDB_ROWS_H_INCLUDED
#define BENCH_LMDB_ROWS_H_INCLUDED

#include <inttypes.h>
#include <lmdb.h>
#include <stdatomic.h>

#include "../src/core/clock.h"
#include "../src/core/pl.h"

#define BENCH_VALUE_MAX     4096

enum {
    DB_META, DB_DEDUPE, DB_ADDRESSES, DB_CONTACTS, DB_CONVERSATIONS,
    DB_MESSAGES, DB_OUTBOX, DB_DUE, DB_CHANGES, DB_COUNTERS, DB_COUNT
};

typedef struct {
    const char        *dir;
    uint64_t           contacts;        /* that write */
    uint64_t           stored;          /* that are there before */
    uint64_t           entries;
    uint64_t           batch;           /* entries of one journal commit */
    uint64_t           tables;          /* from this many on, each */
    uint64_t           seed;
} bench_opts_t;

typedef struct {
    bench_opts_t       o;
    const pl_clock_t  *clock;
    MDB_env           *journal;
    MDB_dbi            entries;
    MDB_dbi            journal_meta;
    MDB_env           *state;
    MDB_dbi            dbi[DB_COUNT];
    MDB_txn           *txn;             /* of the state, while one is open */
    uint8_t           *waits;           /* by contact: has an effect queued */
    uint64_t           next_id;
    uint64_t           random;
    unsigned           steps;           /* how many of bench_steps to take */
    int64_t            work_us;         /* of the next state transaction */
    _Atomic uint64_t   appended;
    uint8_t            value[BENCH_VALUE_MAX];
} bench_t;

/* One inbound message. */
typedef struct {
    uint64_t           contact;         /* from 1 */
    uint64_t           seq;
    uint64_t           in;              /* ids of the two messages */
    uint64_t           out;
    uint32_t           time_s;
    bool               quiet;           /* prefilled: answered and sent */
} bench_item_t;

typedef struct {
    const char  *name;
    void       (*take)(bench_t *b, const bench_item_t *it);
} bench_step_t;

#define BENCH_STEPS  7

extern const char *const   bench_db_names[DB_COUNT];

/* In the order in which --tables adds them: right edges first. */
extern const bench_step_t  bench_steps[BENCH_STEPS];

/* End the program with LMDB's words; check does where rc is not 0. */
void bench_fail(const char *what, int rc) __attribute__((noreturn));
void bench_check(const char *what, int rc);

/* xorshift64*: the order of contacts and the bytes of hashes. */
uint64_t bench_random(bench_t *b);

/* n in len bytes, big-endian; returns len. */
size_t bench_be(uint8_t *p, uint64_t n, size_t len);

void bench_put(bench_t *b, int db, const uint8_t *key, size_t len,
    size_t value, unsigned flags);

/* Gives the message its ids and takes the first b->steps of the steps. */
void bench_apply(bench_t *b, bench_item_t *it);

#endif /* BENCH_LMDB_ROWS_H_INCLUDED */
