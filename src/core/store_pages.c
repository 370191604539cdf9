/*
 * What a write transaction has dirtied, what it may, and how long its file
 * must be.
 *
 * LMDB 0.9 does not tell how many pages a transaction has dirtied, but it
 * shows them: a page is copied to the heap when it is first written, and a
 * value's address after a put lies in that copy. So the number of distinct
 * 4 KiB blocks that values were written to follows the number of dirty
 * leaves: a copy touches two blocks, and neighbouring copies share one, so
 * that it is between 0.75 and 2 times that number for one value a page, and
 * close to it for many. To this come, exactly, pages of large values, and
 * for each new leaf its branch pages, as long as the tree has that many.
 * Deletes see whether the leaf was still in the map before they were done.
 * Splits and merges are left out: they are few beside the leaves.
 *
 * The estimate costs one look into a table for each put, about 5 ns.
 *
 * Spare pages: in LMDB a delete needs new pages too, the copies of those
 * that it changes, and what it frees is of use two transactions later. A map
 * filled to its last page could therefore never be emptied again. So some
 * pages are kept back for transactions that make room: those that delete at
 * least as many bytes as they put. To all others the map is full that much
 * earlier. Commit decides, so that puts may come first, but half of the
 * spare pages are the most that puts may take before deletes have come.
 *
 * Length of the file: LMDB writes pages where they belong and never beyond
 * what it needs, so a file that lost its tail looks like a file whose last
 * pages are free, until a read of them is a SIGBUS. Therefore the file is
 * kept longer, by a sparse tail, than all pages that any commit could name
 * as the last one. The tail is made before the commit and reaches the disk
 * with its fdatasync, ahead of the meta page; it follows that a file shorter
 * than its last page has been cut, whenever a process or the machine died.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_impl.h"
#include "sys_impl.h"


#define PAGES_BLOCK_BITS  12
#define PAGES_GEN_BITS    24
#define PAGES_GEN_MASK    ((1u << PAGES_GEN_BITS) - 1)
#define PAGES_HEAD        16    /* of LMDB's page: before its data */
#define PAGES_NODE        8     /* of LMDB's node: before its key */
#define PAGES_COMMIT      4     /* main tree, free list */
#define PAGES_SLACK       1024


static pl_status_t pages_full(pl_txn_t *txn, const char *path,
    uint64_t extra, pl_err_t *err);
static int pages_count(pl_txn_t *txn, uint64_t need);
static uint64_t pages_without_spare(const store_env_t *env, uint64_t pages);
static bool pages_new(store_pages_t *pages, const void *data);
static void pages_leaf(pl_txn_t *txn, pl_table_e table);
static void pages_touch(pl_txn_t *txn, pl_table_e table);


pl_status_t
pl_store_pages_begin(pl_txn_t *txn, pl_err_t *err)
{
    int             rc;
    MDB_envinfo     info;
    store_pages_t  *pages;

    pages = &txn->env->pages;

    if (pages->slots == NULL) {
        pages->slots = calloc(STORE_PAGE_SLOTS, sizeof(*pages->slots));
        if (pages->slots == NULL) {
            return pl_err_set(err, PL_NOMEM, "begin", 0, "no memory");
        }
    }

    pages->generation = (pages->generation + 1) & PAGES_GEN_MASK;
    if (pages->generation == 0) {
        /* what is left of a round 16 million transactions ago goes */
        memset(pages->slots, 0, STORE_PAGE_SLOTS * sizeof(*pages->slots));
        pages->generation = 1;
    }

    rc = mdb_env_info(txn->env->mdb, &info);
    if (rc != 0) {
        return pl_store_fail(err, "begin", rc, txn->env->path);
    }

    pages->used = 0;
    txn->touched = 0;
    txn->dirty = 0;
    txn->put_bytes = 0;
    txn->del_bytes = 0;

    /* pages that were never used: as a rule far more than are needed */
    txn->unused = txn->env->map_bytes / txn->env->page_bytes
                  - info.me_last_pgno - 1;
    txn->budget = pages_without_spare(txn->env, txn->unused);
    txn->counted = false;

    return PL_OK;
}


pl_status_t
pl_store_pages_put(pl_txn_t *txn, pl_table_e table, const void *data,
    size_t key_len, size_t len, pl_err_t *err)
{
    size_t  page, node_max;

    pages_touch(txn, table);

    page = txn->env->page_bytes;
    node_max = (((page - PAGES_HEAD) / 2) & ~(size_t) 1) - sizeof(uint16_t);

    if (PAGES_NODE + key_len + len > node_max) {
        /* it went to pages of its own, and the leaf names them: one more */
        txn->dirty += (PAGES_HEAD - 1 + len) / page + 2;

    } else if (pages_new(&txn->env->pages, data)) {
        pages_leaf(txn, table);
    }

    txn->put_bytes += PAGES_NODE + key_len + len;

    return txn->dirty > txn->budget && txn->put_bytes > txn->del_bytes
           ? pages_full(txn, pl_store_tables[table].name,
                        pl_store_pages_spare(txn->env) / 2, err)
           : PL_OK;
}


/* key: as a cursor showed it, before the row is deleted. */
void
pl_store_pages_del(pl_txn_t *txn, pl_table_e table, const void *key,
    size_t row_len)
{
    const uint8_t  *p, *map;

    pages_touch(txn, table);
    txn->del_bytes += PAGES_NODE + row_len;

    p = key;
    map = txn->env->map;

    if (map == NULL || (p >= map && p < map + txn->env->map_bytes)) {
        pages_leaf(txn, table);
    }
}


/*
 * Before a commit: is there room for it, and is the file long enough? No
 * system call as long as there is much of both.
 */
pl_status_t
pl_store_pages_ahead(pl_txn_t *txn, pl_err_t *err)
{
    int            fd, rc;
    uint64_t       need;
    MDB_envinfo    info;
    pl_status_t    status;
    store_env_t   *env;

    if (txn->touched == 0) {
        return PL_OK;
    }

    env = txn->env;

    if (txn->dirty > txn->budget && txn->put_bytes > txn->del_bytes) {
        status = pages_full(txn, env->path, 0, err);
        if (status != PL_OK) {
            return status;
        }
    }

    rc = mdb_env_info(env->mdb, &info);
    if (rc != 0) {
        return pl_store_fail(err, "commit", rc, env->data);
    }

    need = (info.me_last_pgno + 1 + 3 * (uint64_t) txn->dirty + PAGES_SLACK)
           * env->page_bytes;

    if (need <= env->file_bytes || env->file_bytes >= env->map_bytes) {
        return PL_OK;
    }

    rc = mdb_env_get_fd(env->mdb, &fd);
    if (rc != 0) {
        return pl_store_fail(err, "commit", rc, env->data);
    }

    return pl_store_pages_extend(env->data, fd, need, env->map_bytes,
                                 &env->file_bytes, err);
}


/*
 * Makes the file at least need bytes long, and a good deal longer, but never
 * beyond the map and never shorter. Callers hold the write lock, or made the
 * file. A limit on file sizes (RLIMIT_FSIZE) is met with just what is
 * needed, before it is an error.
 */
pl_status_t
pl_store_pages_extend(const char *path, int fd, uint64_t need,
    uint64_t map_bytes, uint64_t *file_bytes, pl_err_t *err)
{
    uint64_t     goal;
    struct stat  sb;

    if (fstat(fd, &sb) == -1) {
        return pl_sys_err(err, "extend", errno, path, "cannot stat");
    }

    *file_bytes = (uint64_t) sb.st_size;
    if (need > map_bytes) {
        need = map_bytes;
    }

    if (*file_bytes >= need) {
        return PL_OK;
    }

    goal = (need / STORE_AHEAD + 2) * STORE_AHEAD;
    if (goal > map_bytes) {
        goal = map_bytes;
    }

    if (ftruncate(fd, (off_t) goal) == -1) {
        goal = need;
        if (ftruncate(fd, (off_t) goal) == -1) {
            return pl_sys_err(err, "extend", errno, path,
                              "cannot lengthen the file");
        }
    }

    *file_bytes = goal;

    return PL_OK;
}


uint64_t
pl_store_pages_spare(const store_env_t *env)
{
    uint64_t  map, spare;

    map = env->map_bytes / env->page_bytes;
    spare = map / 256;

    if (spare < STORE_SPARE_MIN) {
        spare = STORE_SPARE_MIN;
    }

    if (spare > STORE_SPARE_MAX) {
        spare = STORE_SPARE_MAX;
    }

    return spare < map / 4 ? spare : map / 4;
}


/*
 * Finds where LMDB has mapped the file, which it does not tell: a key of the
 * main tree lies on a page whose first 8 bytes are its number.
 */
void
pl_store_pages_map(store_env_t *env, MDB_txn *reader)
{
    MDB_val         key, value;
    MDB_dbi         dbi;
    uint64_t        number;
    MDB_cursor     *cursor;
    const uint8_t  *page;

    env->map = NULL;

    if (mdb_dbi_open(reader, NULL, 0, &dbi) != 0
        || mdb_cursor_open(reader, dbi, &cursor) != 0)
    {
        return;                 /* deletes then count every leaf: safe */
    }

    if (mdb_cursor_get(cursor, &key, &value, MDB_FIRST) == 0) {
        page = (const uint8_t *) ((uintptr_t) key.mv_data
                                  & ~(uintptr_t) (env->page_bytes - 1));
        memcpy(&number, page, sizeof(number));

        if (number < env->map_bytes / env->page_bytes) {
            env->map = page - number * env->page_bytes;
        }
    }

    mdb_cursor_close(cursor);
}


/* The end of the map is near: do free pages inside the file help? */
static pl_status_t
pages_full(pl_txn_t *txn, const char *path, uint64_t extra, pl_err_t *err)
{
    int  rc;

    if (txn->dirty <= txn->budget + extra) {
        return PL_OK;
    }

    rc = pages_count(txn, txn->dirty);
    if (rc == 0 && txn->dirty > txn->budget + extra) {
        rc = MDB_MAP_FULL;
    }

    if (rc == 0) {
        return PL_OK;
    }

    rc = pl_store_full(txn->st, txn->env, rc);
    txn->failed = pl_store_fail(err, "put", rc, path);

    return txn->failed;
}


/*
 * Adds free pages of the file to the budget. A file that was full once stays
 * as long as it is, so this may be asked in every transaction: first from
 * the size of the list of free pages, of which each page of its own is at
 * least half full of 8-byte numbers, and only if that is not enough, once,
 * by counting.
 */
static int
pages_count(pl_txn_t *txn, uint64_t need)
{
    int        rc;
    MDB_stat   stat;
    uint64_t   pages;

    if (txn->counted) {
        return 0;
    }

    rc = mdb_stat(txn->mdb, 0, &stat);
    if (rc != 0) {
        return rc;
    }

    pages = stat.ms_overflow_pages * (txn->env->page_bytes / 8 / 2 - 2);
    txn->budget = pages_without_spare(txn->env, txn->unused + pages);
    if (txn->budget >= need) {
        return 0;
    }

    rc = pl_store_room_free(txn->env, &pages);
    if (rc != 0) {
        return rc;
    }

    txn->budget = pages_without_spare(txn->env, txn->unused + pages);
    txn->counted = true;

    return 0;
}


static uint64_t
pages_without_spare(const store_env_t *env, uint64_t pages)
{
    uint64_t  spare;

    spare = pl_store_pages_spare(env);

    return pages > spare ? pages - spare : 0;
}


static bool
pages_new(store_pages_t *pages, const void *data)
{
    uint32_t  i, n;
    uint64_t  block, mark;

    block = (uint64_t) (uintptr_t) data >> PAGES_BLOCK_BITS;
    mark = block << PAGES_GEN_BITS | pages->generation;
    i = (uint32_t) ((block * 0x9e3779b97f4a7c15ull) >> 40);

    for (n = 0; n < 64; n++, i++) {
        i &= STORE_PAGE_SLOTS - 1;

        if (pages->slots[i] == mark) {
            return false;
        }

        if ((pages->slots[i] & PAGES_GEN_MASK) != pages->generation) {
            pages->slots[i] = mark;
            pages->used++;
            return true;
        }
    }

    return true;                /* crowded: far past every limit on pages */
}


/* A leaf that was clean, and as many branches above it as are left. */
static void
pages_leaf(pl_txn_t *txn, pl_table_e table)
{
    size_t  n;

    n = txn->depth[table] > 1 ? txn->depth[table] - 1 : 0;
    if (n > txn->branches[table]) {
        n = txn->branches[table];
    }

    txn->branches[table] -= n;
    txn->dirty += n + 1;
}


static void
pages_touch(pl_txn_t *txn, pl_table_e table)
{
    MDB_stat  stat;

    if ((txn->touched & 1ull << table) != 0) {
        return;
    }

    if (txn->touched == 0) {
        txn->dirty += PAGES_COMMIT;
    }

    txn->touched |= 1ull << table;
    txn->depth[table] = 0;
    txn->branches[table] = 0;

    if (mdb_stat(txn->mdb, txn->st->dbi[table], &stat) == 0) {
        txn->depth[table] = stat.ms_depth;
        txn->branches[table] = stat.ms_branch_pages;
    }
}
