/*
 * The floor of durability: the rows that one inbound message and its reply
 * leave in Parley's two environments, written by a bare loop on LMDB with
 * nothing around it. No JSON, no signature, no rule: what is left is what the
 * disk and the trees cost, and no program that keeps these rows in LMDB can
 * be faster.
 *
 * Keys have the layout of lmdb-schema/README.md; values have the length that
 * the records have there, and arbitrary bytes. One thread appends to the
 * journal in batches, another follows it and writes the state, with as much
 * work to a transaction as the fold takes: PL_FOLD_WORK_MS, and twice as
 * much each time that it is behind, up to PL_FOLD_WORK_MAX_MS.
 *
 * With --tables 1 the state alone is written, once for each table, adding
 * them one by one: the difference between two lines is what a table costs.
 * With --tables 7 only once, with all of them.
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lmdb_rows.h"

#define BENCH_MAP_BYTES     (64ull << 30)
#define BENCH_TAIL_BYTES    (16ll << 30)        /* sparse */
#define BENCH_BATCH_MAX     4096
#define BENCH_CLOCK_EVERY   16          /* messages between two looks */

/* Lengths of values, as in lmdb_rows.c. */
enum { LEN_META = 46, LEN_JOURNAL_META = 81, LEN_BODY = 680 };


static MDB_env *
bench_env(const char *dir, const char *name)
{
    int       rc;
    char      path[512];
    size_t    n;
    MDB_env  *env;

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        bench_fail(path, errno);
    }

    bench_check("mdb_env_create", mdb_env_create(&env));
    bench_check("mdb_env_set_maxdbs", mdb_env_set_maxdbs(env, DB_COUNT + 2));
    bench_check("mdb_env_set_mapsize",
                mdb_env_set_mapsize(env, BENCH_MAP_BYTES));

    rc = mdb_env_open(env, path, MDB_NOTLS, 0600);
    bench_check(path, rc);

    /* as the store does: a longer file is one more thing to sync */
    n = strlen(path);
    (void) snprintf(path + n, sizeof(path) - n, "/data.mdb");
    if (truncate(path, BENCH_TAIL_BYTES) != 0) {
        bench_fail(path, errno);
    }

    return env;
}


static void
bench_open(bench_t *b)
{
    int       db;
    MDB_txn  *txn;

    if (mkdir(b->o.dir, 0700) != 0 && errno != EEXIST) {
        bench_fail(b->o.dir, errno);
    }

    b->journal = bench_env(b->o.dir, "journal");
    bench_check("begin", mdb_txn_begin(b->journal, NULL, 0, &txn));
    bench_check("entries", mdb_dbi_open(txn, "entries", MDB_CREATE,
                                        &b->entries));
    bench_check("meta", mdb_dbi_open(txn, "meta", MDB_CREATE,
                                     &b->journal_meta));
    bench_check("commit", mdb_txn_commit(txn));

    b->state = bench_env(b->o.dir, "state");
    bench_check("begin", mdb_txn_begin(b->state, NULL, 0, &txn));
    for (db = 0; db < DB_COUNT; db++) {
        bench_check(bench_db_names[db],
                    mdb_dbi_open(txn, bench_db_names[db], MDB_CREATE,
                                 &b->dbi[db]));
    }
    bench_check("commit", mdb_txn_commit(txn));

    b->waits = calloc(1 + (b->o.stored > b->o.contacts ? b->o.stored
                                                       : b->o.contacts), 1);
    bench_check("calloc", b->waits == NULL ? ENOMEM : 0);
}


static void
bench_close(bench_t *b)
{
    mdb_env_close(b->journal);
    mdb_env_close(b->state);
    free(b->waits);
}


static void
bench_begin(bench_t *b)
{
    bench_check("begin", mdb_txn_begin(b->state, NULL, 0, &b->txn));
}


static void
bench_commit(bench_t *b)
{
    bench_put(b, DB_META, (const uint8_t *) "state", 5, LEN_META, 0);
    bench_check("commit", mdb_txn_commit(b->txn));
    b->txn = NULL;
}


/*
 * The contacts that write are spread evenly over those that are stored, so
 * that each meets its own pages.
 */
static uint64_t
bench_contact(bench_t *b)
{
    uint64_t  n = bench_random(b) % b->o.contacts;

    return b->o.stored > b->o.contacts ? 1 + n * (b->o.stored
                                                  / b->o.contacts) : 1 + n;
}


/* Not synced one by one: what is there before is not what is measured. */
static void
bench_prefill(bench_t *b)
{
    uint64_t      i;
    bench_item_t  it;

    if (b->o.stored == 0) {
        return;
    }

    bench_check("flags", mdb_env_set_flags(b->state, MDB_NOSYNC, 1));
    memset(&it, 0, sizeof(it));
    it.quiet = true;
    bench_begin(b);

    for (i = 0; i < b->o.stored; i++) {
        it.contact = i + 1;
        it.time_s = (uint32_t) (1760000000 + i / 100);
        bench_apply(b, &it);
        if (i % 10000 == 9999) {
            bench_commit(b);
            bench_begin(b);
        }
    }

    bench_commit(b);
    bench_check("sync", mdb_env_sync(b->state, 1));
    bench_check("flags", mdb_env_set_flags(b->state, MDB_NOSYNC, 0));
}


static void *
bench_appender(void *data)
{
    bench_t   *b = data;
    uint64_t   seq = 0, stop;
    uint8_t    key[8], body[LEN_BODY], meta[LEN_JOURNAL_META];
    MDB_val    k = { sizeof(key), key }, v;
    MDB_txn   *txn;

    memset(body, 'b', sizeof(body));
    memset(meta, 'm', sizeof(meta));

    while (seq < b->o.entries) {
        stop = seq + b->o.batch;
        if (stop > b->o.entries) {
            stop = b->o.entries;
        }

        bench_check("begin", mdb_txn_begin(b->journal, NULL, 0, &txn));
        for (; seq < stop; seq++) {
            bench_be(key, seq + 1, 8);
            v.mv_data = body;
            v.mv_size = sizeof(body);
            k.mv_data = key;
            k.mv_size = sizeof(key);
            bench_check("entries", mdb_put(txn, b->entries, &k, &v,
                                           MDB_APPEND));
        }
        k.mv_data = (void *) "journal";
        k.mv_size = 7;
        v.mv_data = meta;
        v.mv_size = sizeof(meta);
        bench_check("meta", mdb_put(txn, b->journal_meta, &k, &v, 0));
        bench_check("commit", mdb_txn_commit(txn));
        atomic_store(&b->appended, seq);
    }

    return NULL;
}


/* One state transaction; returns the last entry in it. */
static uint64_t
bench_step(bench_t *b, uint64_t seq, uint64_t stop, MDB_txn *reader)
{
    int64_t       until;
    uint8_t       key[8];
    MDB_val       k = { sizeof(key), key }, v;
    bench_item_t  it;

    memset(&it, 0, sizeof(it));
    until = pl_clock_mono_us(b->clock) + b->work_us;
    bench_begin(b);

    while (seq < stop) {
        seq++;
        if (reader != NULL) {
            bench_be(key, seq, 8);
            bench_check("entry", mdb_get(reader, b->entries, &k, &v));
        }

        it.seq = seq;
        it.contact = bench_contact(b);
        it.time_s = (uint32_t) (1770000000 + seq / 10000);
        bench_apply(b, &it);
        if (seq % BENCH_CLOCK_EVERY == 0
            && pl_clock_mono_us(b->clock) >= until)
        {
            break;
        }
    }

    bench_commit(b);

    b->work_us = seq == stop ? PL_FOLD_WORK_MS * 1000 : b->work_us * 2;
    if (b->work_us > PL_FOLD_WORK_MAX_MS * 1000) {
        b->work_us = PL_FOLD_WORK_MAX_MS * 1000;
    }

    return seq;
}


/* Journal and state, one thread each, until the state has caught up. */
static void
bench_both(bench_t *b)
{
    int64_t    start, appended_us = 0, us;
    uint64_t   seq = 0, stop;
    MDB_txn   *reader;
    pthread_t  thread;

    start = pl_clock_mono_us(b->clock);
    bench_check("thread", pthread_create(&thread, NULL, bench_appender, b));

    while (seq < b->o.entries) {
        stop = atomic_load(&b->appended);
        if (stop == b->o.entries && appended_us == 0) {
            appended_us = pl_clock_mono_us(b->clock) - start;
        }
        if (stop == seq) {
            sched_yield();
            continue;
        }

        bench_check("begin", mdb_txn_begin(b->journal, NULL, MDB_RDONLY,
                                           &reader));
        seq = bench_step(b, seq, stop, reader);
        mdb_txn_abort(reader);
    }

    us = pl_clock_mono_us(b->clock) - start;
    bench_check("thread", pthread_join(thread, NULL));

    printf("{\"row\":\"lmdb\",\"contacts\":%" PRIu64 ",\"stored\":%" PRIu64
           ",\"entries\":%" PRIu64 ",\"batch\":%" PRIu64
           ",\"appended_per_s\":%.0f,\"per_s\":%.0f}\n",
           b->o.contacts, b->o.stored, b->o.entries, b->o.batch,
           (double) b->o.entries * 1e6 / (double) appended_us,
           (double) b->o.entries * 1e6 / (double) us);
}


/* The state alone, with the first --tables of them, then one more, … */
static void
bench_tables(bench_t *b)
{
    double    us, before = 0;
    int64_t   start;
    uint64_t  seq;
    unsigned  first = b->o.tables < BENCH_STEPS ? (unsigned) b->o.tables
                      : BENCH_STEPS;
    char      dir[512];

    for (b->steps = first; b->steps <= BENCH_STEPS; b->steps++) {
        (void) snprintf(dir, sizeof(dir), "%s/%u", b->o.dir, b->steps);
        bench_opts_t  o = b->o;
        b->o.dir = dir;
        b->next_id = 1;
        bench_open(b);
        bench_prefill(b);

        start = pl_clock_mono_us(b->clock);
        for (seq = 0; seq < b->o.entries; /* void */ ) {
            seq = bench_step(b, seq, b->o.entries, NULL);
        }
        us = (double) (pl_clock_mono_us(b->clock) - start)
             / (double) b->o.entries;

        printf("{\"row\":\"lmdb table\",\"adds\":\"%s\",\"per_s\":%.0f,"
               "\"us\":%.2f,\"adds_us\":%.2f}\n",
               bench_steps[b->steps - 1].name, 1e6 / us, us, us - before);
        fflush(stdout);
        before = us;
        bench_close(b);
        b->o = o;
    }
}


static void
bench_usage(void)
{
    fprintf(stderr,
            "usage: lmdb --dir DIR [--contacts N] [--stored N]"
            " [--entries N]\n            [--batch N] [--seed N]"
            " [--tables N]\n\n"
            "Writes to LMDB what N inbound messages and their replies"
            " leave in Parley's\nstore, and prints how many a second."
            " DIR must be empty or missing.\n");
    exit(2);
}


static void
bench_options(bench_opts_t *o, int argc, char **argv)
{
    size_t  n;
    const struct {
        const char  *name;
        uint64_t    *value;
    } rows[] = {
        { "--contacts", &o->contacts }, { "--stored", &o->stored },
        { "--entries", &o->entries },   { "--batch", &o->batch },
        { "--tables", &o->tables },     { "--seed", &o->seed },
    };

    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) {
            bench_usage();
        }
        if (strcmp(argv[i], "--dir") == 0) {
            o->dir = argv[i + 1];
            continue;
        }
        for (n = 0; n < PL_COUNT(rows); n++) {
            if (strcmp(argv[i], rows[n].name) == 0) {
                *rows[n].value = strtoull(argv[i + 1], NULL, 10);
                break;
            }
        }
        if (n == PL_COUNT(rows)) {
            bench_usage();
        }
    }

    if (o->dir == NULL || o->contacts == 0 || o->entries == 0
        || o->batch == 0 || o->batch > BENCH_BATCH_MAX)
    {
        bench_usage();
    }
}


int
main(int argc, char **argv)
{
    bench_t  *b = calloc(1, sizeof(bench_t));

    if (b == NULL) {
        bench_fail("calloc", ENOMEM);
    }

    b->o = (bench_opts_t) { .contacts = 100000, .entries = 500000,
                            .batch = 128, .seed = 1 };
    bench_options(&b->o, argc, argv);

    b->clock = pl_clock_system();
    b->random = b->o.seed * 0x9e3779b97f4a7c15ull | 1;
    b->next_id = 1;
    b->steps = BENCH_STEPS;
    b->work_us = PL_FOLD_WORK_MS * 1000;
    memset(b->value, 'v', sizeof(b->value));

    if (b->o.tables != 0) {
        if (mkdir(b->o.dir, 0700) != 0 && errno != EEXIST) {
            bench_fail(b->o.dir, errno);
        }
        bench_tables(b);

    } else {
        bench_open(b);
        bench_prefill(b);
        bench_both(b);
        bench_close(b);
    }

    free(b);

    return 0;
}
