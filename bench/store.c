/*
 * What the store's wrapper costs and what the disk gives through it: journal
 * appends in batches, and single calls in a large table. Each call is also
 * made on bare LMDB, on a table of the same rows, so that the difference is
 * the wrapper's.
 *
 *     make -f Makefile.ext lib
 *     gcc -std=c11 -D_GNU_SOURCE -O2 -Ibuild/gen -o build/store bench/store.c
 *         build/libparley.a -llmdb -lcrypto -lprotobuf-c -lpthread
 *     build/store FOLDER      an empty one, on the disk that is meant
 */

#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../src/core/clock.h"
#include "../src/core/store.h"
#include "../src/core/str.h"

#define BENCH_BODY     700              /* bytes: a text from WhatsApp */
#define BENCH_ROWS     1000000
#define BENCH_VALUE    120
#define BENCH_CALLS    200000
#define BENCH_APPENDS  2000000          /* us for each size of batch */


typedef struct {
    pl_store_t  *st;
    MDB_env     *env;
    MDB_dbi      dbi;
    uint64_t     next;          /* sequence of the next entry */
    uint8_t      body[BENCH_BODY];
} bench_t;


static void bench_fail(const char *what, const pl_err_t *err);
static void bench_mdb(int rc, const char *what);
static void bench_append(bench_t *b, int batch);
static void bench_fill(bench_t *b);
static void bench_get(bench_t *b);
static void bench_put(bench_t *b);
static void bench_scan(bench_t *b);
static void bench_begin(bench_t *b);
static void bench_say(const char *what, int64_t ours, int64_t bare,
    int calls);
static pl_str_t bench_key(uint8_t *buf, uint64_t n);
static uint64_t bench_random(uint64_t *seed);
static int64_t bench_now(void);


int
main(int argc, char **argv)
{
    int               i;
    char              path[4096];
    bench_t           b;
    pl_err_t          err;
    pl_store_conf_t   conf;
    static const int  batches[] = { 1, 16, 64, 256 };

    if (argc != 2 || argv[1][0] != '/') {
        (void) fprintf(stderr, "usage: store /EMPTY/FOLDER\n");
        return 2;
    }

    memset(&b, 0, sizeof(b));
    memset(b.body, 'b', sizeof(b.body));
    memset(&conf, 0, sizeof(conf));
    conf.dir = argv[1];
    conf.create = true;
    conf.write_age_ms = 600000;
    conf.read_age_ms = 600000;

    if (pl_store_open(&b.st, &conf, &err) != PL_OK) {
        bench_fail("open", &err);
    }

    (void) snprintf(path, sizeof(path), "%s/bare", argv[1]);
    if (mkdir(path, 0700) == -1) {
        perror(path);
        return 1;
    }

    bench_mdb(mdb_env_create(&b.env), "create");
    bench_mdb(mdb_env_set_mapsize(b.env, PL_STORE_SIZE), "map size");
    bench_mdb(mdb_env_set_maxdbs(b.env, 4), "tables");
    bench_mdb(mdb_env_open(b.env, path, MDB_NOTLS, 0600), "open");

    for (i = 0; i < (int) PL_COUNT(batches); i++) {
        bench_append(&b, batches[i]);
    }

    bench_fill(&b);
    bench_begin(&b);
    bench_get(&b);
    bench_scan(&b);
    bench_put(&b);

    return 0;
}


static void
bench_append(bench_t *b, int batch)
{
    int         i;
    uint8_t     buf[8], *space;
    int64_t     start, end;
    uint64_t    seq, commits;
    pl_err_t    err;
    pl_txn_t   *txn;

    seq = b->next;
    commits = 0;
    start = bench_now();

    do {
        if (pl_store_begin(b->st, PL_ENV_JOURNAL, true, &txn, &err)
            != PL_OK)
        {
            bench_fail("begin", &err);
        }

        for (i = 0; i < batch; i++) {
            if (pl_store_reserve(txn, PL_TABLE_ENTRIES,
                                 bench_key(buf, seq++), BENCH_BODY, true,
                                 &space, &err) != PL_OK)
            {
                bench_fail("append", &err);
            }
            memcpy(space, b->body, BENCH_BODY);
        }

        if (pl_store_commit(txn, &err) != PL_OK) {
            bench_fail("commit", &err);
        }

        commits++;
        end = bench_now();
    } while (end - start < BENCH_APPENDS);

    (void) printf("append, batches of %3d: %7.0f commits/s  %8.0f entries/s\n",
                  batch, (double) commits * 1e6 / (double) (end - start),
                  (double) (seq - b->next) * 1e6 / (double) (end - start));
    b->next = seq;
}


static void
bench_fill(bench_t *b)
{
    int         i;
    uint8_t     buf[8];
    pl_err_t    err;
    pl_str_t    key;
    pl_txn_t   *txn;
    MDB_txn    *mdb;
    MDB_val     k, v;

    if (pl_store_begin(b->st, PL_ENV_STATE, true, &txn, &err) != PL_OK) {
        bench_fail("begin", &err);
    }

    bench_mdb(mdb_txn_begin(b->env, NULL, 0, &mdb), "begin");
    bench_mdb(mdb_dbi_open(mdb, "rows", MDB_CREATE, &b->dbi), "table");

    for (i = 0; i < BENCH_ROWS; i++) {
        key = bench_key(buf, (uint64_t) i);
        if (pl_store_put(txn, PL_TABLE_CONTACTS, key,
                         (pl_str_t) { b->body, BENCH_VALUE }, &err) != PL_OK)
        {
            bench_fail("put", &err);
        }

        k.mv_data = buf;
        k.mv_size = key.len;
        v.mv_data = b->body;
        v.mv_size = BENCH_VALUE;
        bench_mdb(mdb_put(mdb, b->dbi, &k, &v, 0), "put");
    }

    if (pl_store_commit(txn, &err) != PL_OK) {
        bench_fail("commit", &err);
    }

    bench_mdb(mdb_txn_commit(mdb), "commit");
}


static void
bench_begin(bench_t *b)
{
    int         i;
    int64_t     start, ours, bare;
    MDB_txn    *mdb;
    pl_err_t    err;
    pl_txn_t   *txn;

    start = bench_now();
    for (i = 0; i < BENCH_CALLS; i++) {
        if (pl_store_begin(b->st, PL_ENV_STATE, false, &txn, &err) != PL_OK) {
            bench_fail("begin", &err);
        }
        pl_store_abort(txn);
    }
    ours = bench_now() - start;

    start = bench_now();
    for (i = 0; i < BENCH_CALLS; i++) {
        bench_mdb(mdb_txn_begin(b->env, NULL, MDB_RDONLY, &mdb), "begin");
        mdb_txn_abort(mdb);
    }
    bare = bench_now() - start;

    bench_say("begin and end of a reader", ours, bare, BENCH_CALLS);
}


static void
bench_get(bench_t *b)
{
    int         i;
    uint8_t     buf[8];
    int64_t     start, ours, bare;
    uint64_t    seed;
    MDB_txn    *mdb;
    MDB_val     k, v;
    pl_err_t    err;
    pl_str_t    value;
    pl_txn_t   *txn;

    if (pl_store_begin(b->st, PL_ENV_STATE, false, &txn, &err) != PL_OK) {
        bench_fail("begin", &err);
    }
    bench_mdb(mdb_txn_begin(b->env, NULL, MDB_RDONLY, &mdb), "begin");

    seed = 42;
    start = bench_now();
    for (i = 0; i < BENCH_CALLS; i++) {
        if (pl_store_get(txn, PL_TABLE_CONTACTS,
                         bench_key(buf, bench_random(&seed) % BENCH_ROWS),
                         &value, &err) != PL_OK)
        {
            bench_fail("get", &err);
        }
    }
    ours = bench_now() - start;

    seed = 42;
    start = bench_now();
    for (i = 0; i < BENCH_CALLS; i++) {
        k.mv_data = buf;
        k.mv_size = bench_key(buf, bench_random(&seed) % BENCH_ROWS).len;
        bench_mdb(mdb_get(mdb, b->dbi, &k, &v), "get");
    }
    bare = bench_now() - start;

    pl_store_abort(txn);
    mdb_txn_abort(mdb);
    bench_say("random get", ours, bare, BENCH_CALLS);
}


/* Random updates, as many as a fold's transaction has. */
static void
bench_put(bench_t *b)
{
    int         i;
    uint8_t     buf[8];
    int64_t     start, ours, bare;
    uint64_t    seed;
    MDB_txn    *mdb;
    MDB_val     k, v;
    pl_err_t    err;
    pl_txn_t   *txn;

    if (pl_store_begin(b->st, PL_ENV_STATE, true, &txn, &err) != PL_OK) {
        bench_fail("begin", &err);
    }

    seed = 42;
    start = bench_now();
    for (i = 0; i < BENCH_CALLS / 10; i++) {
        if (pl_store_put(txn, PL_TABLE_CONTACTS,
                         bench_key(buf, bench_random(&seed) % BENCH_ROWS),
                         (pl_str_t) { b->body, BENCH_VALUE }, &err) != PL_OK)
        {
            bench_fail("put", &err);
        }
    }
    ours = bench_now() - start;
    (void) printf("dirty pages after it, estimated: %zu\n",
                  pl_store_dirty(txn));
    pl_store_abort(txn);

    bench_mdb(mdb_txn_begin(b->env, NULL, 0, &mdb), "begin");
    seed = 42;
    start = bench_now();
    for (i = 0; i < BENCH_CALLS / 10; i++) {
        k.mv_data = buf;
        k.mv_size = bench_key(buf, bench_random(&seed) % BENCH_ROWS).len;
        v.mv_data = b->body;
        v.mv_size = BENCH_VALUE;
        bench_mdb(mdb_put(mdb, b->dbi, &k, &v, 0), "put");
    }
    bare = bench_now() - start;
    mdb_txn_abort(mdb);

    bench_say("random put", ours, bare, BENCH_CALLS / 10);
}


/* Scans of one row each, as the outbox's heads are looked for. */
static void
bench_scan(bench_t *b)
{
    int          i;
    uint8_t      buf[8];
    int64_t      start, ours, bare;
    uint64_t     seed;
    MDB_txn     *mdb;
    MDB_val      k, v;
    pl_err_t     err;
    pl_str_t     key, value;
    pl_txn_t    *txn;
    pl_scan_t   *scan;
    MDB_cursor  *cursor;

    if (pl_store_begin(b->st, PL_ENV_STATE, false, &txn, &err) != PL_OK) {
        bench_fail("begin", &err);
    }
    bench_mdb(mdb_txn_begin(b->env, NULL, MDB_RDONLY, &mdb), "begin");

    seed = 42;
    start = bench_now();
    for (i = 0; i < BENCH_CALLS; i++) {
        if (pl_store_scan(txn, PL_TABLE_CONTACTS,
                          bench_key(buf, bench_random(&seed) % BENCH_ROWS),
                          false, &scan, &err) != PL_OK
            || pl_store_scan_next(scan, &key, &value, &err) != PL_OK)
        {
            bench_fail("scan", &err);
        }
        pl_store_scan_end(scan);
    }
    ours = bench_now() - start;

    seed = 42;
    start = bench_now();
    for (i = 0; i < BENCH_CALLS; i++) {
        k.mv_data = buf;
        k.mv_size = bench_key(buf, bench_random(&seed) % BENCH_ROWS).len;
        bench_mdb(mdb_cursor_open(mdb, b->dbi, &cursor), "cursor");
        bench_mdb(mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE), "cursor");
        mdb_cursor_close(cursor);
    }
    bare = bench_now() - start;

    pl_store_abort(txn);
    mdb_txn_abort(mdb);
    bench_say("scan of one row", ours, bare, BENCH_CALLS);
}


static void
bench_say(const char *what, int64_t ours, int64_t bare, int calls)
{
    (void) printf("%-26s %6.0f ns, bare LMDB %6.0f ns\n", what,
                  (double) ours * 1e3 / calls, (double) bare * 1e3 / calls);
}


static void
bench_fail(const char *what, const pl_err_t *err)
{
    char  text[640];

    (void) fprintf(stderr, "%s: %s\n", what,
                   pl_err_print(err, text, sizeof(text)));
    exit(1);
}


static void
bench_mdb(int rc, const char *what)
{
    if (rc != 0) {
        (void) fprintf(stderr, "%s: %s\n", what, mdb_strerror(rc));
        exit(1);
    }
}


static pl_str_t
bench_key(uint8_t *buf, uint64_t n)
{
    pl_be64_put(buf, n);

    return (pl_str_t) { buf, 8 };
}


static uint64_t
bench_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;

    return *seed;
}


static int64_t
bench_now(void)
{
    return pl_clock_mono_us(pl_clock_system());
}
