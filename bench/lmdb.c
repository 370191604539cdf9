/*
 * The floor of durability: the rows that one inbound message and its reply
 * leave in Parley's two environments, written by a bare loop on LMDB with
 * nothing around it. No JSON, no signature, no rule: what is left is what the
 * disk and the trees cost, and no program that keeps these rows in LMDB can
 * be faster.
 *
 * Keys have the layout of lmdb-schema/README.md; values have the length that
 * the records have there, and arbitrary bytes. One thread appends to the
 * journal in batches, another follows it and writes the state, up to
 * PL_FOLD_WORK_MS of work to a transaction, as the fold does.
 *
 * With --tables the state alone is written, once for each table, adding them
 * one by one: the difference between two lines is what a table costs.
 */

#include <errno.h>
#include <inttypes.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../src/core/clock.h"
#include "../src/core/pl.h"

#define BENCH_MAP_BYTES     (64ull << 30)
#define BENCH_BATCH_MAX     4096
#define BENCH_VALUE_MAX     4096
#define BENCH_CLOCK_EVERY   16          /* messages between two looks */

enum {
    DB_META, DB_DEDUPE, DB_ADDRESSES, DB_CONTACTS, DB_CONVERSATIONS,
    DB_MESSAGES, DB_OUTBOX, DB_DUE, DB_CHANGES, DB_COUNTERS, DB_COUNT
};

static const char *const bench_db_names[DB_COUNT] = {
    "meta", "dedupe", "addresses", "contacts", "conversations", "messages",
    "outbox", "due", "changes", "counters"
};

/* Lengths of values, envelope byte included. */
enum {
    LEN_META = 46, LEN_JOURNAL_META = 81, LEN_BODY = 680, LEN_NUMBER = 9,
    LEN_CONTACT = 95, LEN_CONVERSATION = 92, LEN_IN = 198, LEN_OUT = 156,
    LEN_EFFECT = 42, LEN_DUE = 27, LEN_CHANGE = 15
};

typedef struct {
    const char        *dir;
    uint64_t           contacts;        /* that write */
    uint64_t           stored;          /* that are there before */
    uint64_t           entries;
    uint64_t           batch;           /* entries of one journal commit */
    uint64_t           tables;          /* nonzero: cost of each */
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
    MDB_cursor        *queue;           /* on its outbox */
    uint64_t           next_id;
    uint64_t           random;
    unsigned           steps;           /* how many of bench_steps to take */
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


static void
bench_fail(const char *what, int rc)
{
    fprintf(stderr, "lmdb: %s: %s\n", what, mdb_strerror(rc));
    exit(1);
}


static void
bench_check(const char *what, int rc)
{
    if (rc != 0) {
        bench_fail(what, rc);
    }
}


/* xorshift64*: the order of contacts and the bytes of hashes. */
static uint64_t
bench_random(bench_t *b)
{
    b->random ^= b->random >> 12;
    b->random ^= b->random << 25;
    b->random ^= b->random >> 27;

    return b->random * 0x2545f4914f6cdd1dull;
}


static size_t
bench_be(uint8_t *p, uint64_t n, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        p[i] = (uint8_t) (n >> (8 * (len - 1 - i)));
    }

    return len;
}


/* tenant, kind, party: 13 bytes */
static size_t
bench_party(uint8_t *key, uint64_t contact)
{
    size_t  n = bench_be(key, 1, 4);

    n += bench_be(key + n, 1, 1);

    return n + bench_be(key + n, contact, 8);
}


static void
bench_put(bench_t *b, int db, const uint8_t *key, size_t len, size_t value,
    unsigned flags)
{
    MDB_val  k = { len, (void *) key }, v = { value, b->value };

    bench_check(bench_db_names[db],
                mdb_put(b->txn, b->dbi[db], &k, &v, flags));
}


static bool
bench_get(bench_t *b, int db, const uint8_t *key, size_t len)
{
    int      rc;
    MDB_val  k = { len, (void *) key }, v;

    rc = mdb_get(b->txn, b->dbi[db], &k, &v);
    if (rc == MDB_NOTFOUND) {
        return false;
    }

    bench_check(bench_db_names[db], rc);
    memcpy(b->value, v.mv_data, v.mv_size);

    return true;
}


static void
bench_take_messages(bench_t *b, const bench_item_t *it)
{
    uint8_t  key[8];

    bench_put(b, DB_MESSAGES, key, bench_be(key, it->in, 8), LEN_IN,
              MDB_APPEND);
    bench_put(b, DB_MESSAGES, key, bench_be(key, it->out, 8), LEN_OUT,
              MDB_APPEND);
}


static void
bench_take_changes(bench_t *b, const bench_item_t *it)
{
    size_t   n;
    uint8_t  key[12];

    n = bench_be(key, 1, 4);
    bench_put(b, DB_CHANGES, key, n + bench_be(key + n, it->in, 8),
              LEN_CHANGE, MDB_APPEND);
    bench_put(b, DB_CHANGES, key, n + bench_be(key + n, it->out, 8),
              LEN_CHANGE, MDB_APPEND);
}


/* The day's counters: few rows, read and written again each time. */
static void
bench_take_counters(bench_t *b, const bench_item_t *it)
{
    size_t   n;
    uint8_t  key[32];

    for (uint8_t metric = 0; metric < 2; metric++) {
        n = bench_be(key, 1, 4);
        memcpy(key + n, metric == 0 ? "messages_in" : "messages_qu", 11);
        n += 11;
        n += bench_be(key + n, it->time_s / 86400, 4);
        (void) bench_get(b, DB_COUNTERS, key, n);
        bench_put(b, DB_COUNTERS, key, n, LEN_NUMBER, 0);
    }
}


static void
bench_take_dedupe(bench_t *b, const bench_item_t *it)
{
    size_t   n;
    uint8_t  key[20];

    n = bench_be(key, it->time_s, 4);
    n += bench_be(key + n, bench_random(b), 8);
    n += bench_be(key + n, bench_random(b), 8);
    (void) bench_get(b, DB_DEDUPE, key, n);
    bench_put(b, DB_DEDUPE, key, n, LEN_NUMBER, 0);
}


/* Phone number and user id of a contact lead to it. */
static size_t
bench_address(uint8_t *key, uint64_t kind, const char *prefix,
    uint64_t contact)
{
    size_t  n, len = strlen(prefix);
    char    digits[16];

    n = bench_be(key, 1, 4);
    n += bench_be(key + n, kind, 1);
    memcpy(key + n, prefix, len);
    (void) snprintf(digits, sizeof(digits), "%08" PRIu64,
                    contact * 2654435761u % 100000000u);
    memcpy(key + n + len, digits, 8);

    return n + len + 8;
}


/*
 * Addresses are in another order than contacts first write in (the factor is
 * odd and prime to 10^8). New contacts are put.
 */
static void
bench_take_contacts(bench_t *b, const bench_item_t *it)
{
    bool     known;
    size_t   n, phone_len, user_len;
    uint8_t  key[16], phone[32], user[32];

    phone_len = bench_address(phone, 1, "49151", it->contact);
    user_len = bench_address(user, 2, "DE.13491208", it->contact);
    known = bench_get(b, DB_ADDRESSES, phone, phone_len)
            && bench_get(b, DB_ADDRESSES, user, user_len);

    n = bench_be(key, 1, 4);
    n += bench_be(key + n, it->contact, 8);
    if (known) {
        (void) bench_get(b, DB_CONTACTS, key, n);
        return;
    }

    bench_put(b, DB_ADDRESSES, phone, phone_len, LEN_NUMBER, 0);
    bench_put(b, DB_ADDRESSES, user, user_len, LEN_NUMBER, 0);
    bench_put(b, DB_CONTACTS, key, n, LEN_CONTACT, 0);
}


static void
bench_take_conversations(bench_t *b, const bench_item_t *it)
{
    size_t   n;
    uint8_t  key[16];

    n = bench_party(key, it->contact);
    (void) bench_get(b, DB_CONVERSATIONS, key, n);
    bench_put(b, DB_CONVERSATIONS, key, n, LEN_CONVERSATION, 0);
}


/* The outbox row; a queue that was empty gets its head into due as well. */
static void
bench_take_outbox(bench_t *b, const bench_item_t *it)
{
    int      rc;
    size_t   n;
    bool     head;
    uint8_t  key[32];
    MDB_val  k, v;

    if (it->quiet) {
        return;
    }

    n = bench_party(key, it->contact);
    n += bench_be(key + n, 1, 4);               /* channel */
    n += bench_be(key + n, 1, 1);               /* lane */

    k.mv_data = key;
    k.mv_size = n;
    rc = mdb_cursor_get(b->queue, &k, &v, MDB_SET_RANGE);
    head = rc == MDB_NOTFOUND || k.mv_size < n
           || memcmp(k.mv_data, key, n) != 0;

    n += bench_be(key + n, it->out, 8);
    bench_put(b, DB_OUTBOX, key, n, LEN_EFFECT, 0);

    if (head) {
        n = bench_be(key, 1, 1);
        n += bench_be(key + n, (uint64_t) it->time_s * 1000, 8);
        n += bench_be(key + n, it->out, 8);
        bench_put(b, DB_DUE, key, n, LEN_DUE, 0);
    }
}


/* In the order in which --tables adds them: right edges first. */
static const bench_step_t  bench_steps[] = {
    { "messages x2", bench_take_messages },
    { "changes x2", bench_take_changes },
    { "counters x2", bench_take_counters },
    { "dedupe", bench_take_dedupe },
    { "addresses, contacts", bench_take_contacts },
    { "conversations", bench_take_conversations },
    { "outbox, due", bench_take_outbox },
};


static MDB_env *
bench_env(const char *dir, const char *name)
{
    int       rc;
    char      path[512];
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
}


static void
bench_begin(bench_t *b)
{
    bench_check("begin", mdb_txn_begin(b->state, NULL, 0, &b->txn));
    bench_check("cursor",
                mdb_cursor_open(b->txn, b->dbi[DB_OUTBOX], &b->queue));
}


static void
bench_commit(bench_t *b)
{
    bench_put(b, DB_META, (const uint8_t *) "state", 5, LEN_META, 0);
    mdb_cursor_close(b->queue);
    bench_check("commit", mdb_txn_commit(b->txn));
    b->txn = NULL;
}


static void
bench_apply(bench_t *b, bench_item_t *it)
{
    it->in = b->next_id++;
    it->out = b->next_id++;

    for (unsigned i = 0; i < b->steps; i++) {
        bench_steps[i].take(b, it);
    }
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
    until = pl_clock_mono_us(b->clock) + PL_FOLD_WORK_MS * 1000;
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


/* The state alone, with the first one, two, … tables. */
static void
bench_tables(bench_t *b)
{
    double    us, before = 0;
    int64_t   start;
    uint64_t  seq;
    char      dir[512];

    for (b->steps = 1; b->steps <= PL_COUNT(bench_steps); b->steps++) {
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
        mdb_env_close(b->journal);
        mdb_env_close(b->state);
        b->o = o;
    }
}


static void
bench_usage(void)
{
    fprintf(stderr,
            "usage: lmdb --dir DIR [--contacts N] [--stored N]"
            " [--entries N]\n            [--batch N] [--seed N]"
            " [--tables 1]\n\n"
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
    b->steps = PL_COUNT(bench_steps);
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
    }

    free(b);

    return 0;
}
