/*
 * What there is room for, who reads, and how many rows there are.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "store_impl.h"
#include "sys_impl.h"


static int room_walk(pl_txn_t *txn, pl_env_e which, pl_store_room_t *room,
    uint64_t page_bytes);
static int room_pinned(pl_txn_t *txn, uint64_t free_pages, uint64_t *pages);
static int room_free(MDB_txn *mdb, uint64_t before, uint64_t *pages);
static void room_readers(store_env_t *env, uint64_t newest,
    pl_store_room_t *room);
static uint64_t room_pages(const MDB_stat *stat);
static int room_reader(const char *line, void *data);


typedef struct {
    pl_store_room_t  *room;
    uint64_t          newest;
} room_readers_t;


/*
 * Not mdb_env_info's number: that is read from the meta page, which shows a
 * commit while its writer still waits for the disk and no reader sees it
 * yet. Whoever looked in that moment, found nothing, and kept the number
 * would miss the commit until the next one. A reader's number is what
 * readers see; renewing one costs no system call.
 */

uint64_t
pl_store_seen(const pl_store_t *st, pl_env_e env)
{
    uint64_t   seen;
    pl_txn_t  *txn;

    if (pl_store_begin((pl_store_t *) (uintptr_t) st, env, false, &txn, NULL)
        != PL_OK)
    {
        return 0;
    }

    seen = mdb_txn_id(txn->mdb);
    pl_store_abort(txn);

    return seen;
}


pl_status_t
pl_store_room(pl_store_t *st, pl_env_e which, pl_store_room_t *room,
    pl_err_t *err)
{
    int              rc;
    pl_txn_t        *txn;
    store_env_t     *env;
    MDB_envinfo      info;
    pl_status_t      status;
    struct statvfs   fs;

    memset(room, 0, sizeof(*room));
    env = &st->env[which];

    status = pl_store_begin(st, which, false, &txn, err);
    if (status != PL_OK) {
        return status;
    }

    rc = room_walk(txn, which, room, env->page_bytes);
    if (rc == 0) {
        rc = mdb_env_info(env->mdb, &info);
    }

    pl_store_abort(txn);

    if (rc != 0) {
        return pl_store_fail(err, "measure room", rc, env->path);
    }

    if (statvfs(env->path, &fs) == -1) {
        return pl_sys_err(err, "measure room", errno, env->path,
                          "cannot ask the file system");
    }

    room->map_bytes = info.me_mapsize;
    room->file_bytes = (info.me_last_pgno + 1) * env->page_bytes;
    room->disk_bytes = (uint64_t) fs.f_bavail * fs.f_frsize;

    room_readers(env, info.me_last_txnid, room);

    return PL_OK;
}


pl_status_t
pl_store_readers(pl_store_t *st, pl_env_e which, pl_readers_t *readers,
    pl_err_t *err)
{
    pl_txn_t         *txn;
    uint64_t          newest;
    pl_status_t       status;
    pl_store_room_t   room;

    memset(readers, 0, sizeof(*readers));
    memset(&room, 0, sizeof(room));

    status = pl_store_begin(st, which, false, &txn, err);
    if (status != PL_OK) {
        return status;
    }

    newest = mdb_txn_id(txn->mdb);
    room_readers(txn->env, newest, &room);
    pl_store_abort(txn);

    readers->readers = room.readers - (room.readers != 0);      /* but ours */
    readers->behind = room.oldest_reader;
    readers->oldest = readers->readers == 0 ? 0
                                            : newest - room.oldest_reader;

    return PL_OK;
}


pl_status_t
pl_store_bytes(pl_txn_t *txn, pl_table_e table, uint64_t *bytes,
    pl_err_t *err)
{
    int          rc;
    MDB_stat     stat;
    pl_status_t  status;

    *bytes = 0;

    status = pl_store_check(txn, table, false, err);
    if (status != PL_OK) {
        return status;
    }

    rc = mdb_stat(txn->mdb, txn->st->dbi[table], &stat);
    if (rc != 0) {
        return pl_store_failed(txn, "measure", rc, table, err);
    }

    *bytes = room_pages(&stat) * txn->env->page_bytes;

    return PL_OK;
}


pl_status_t
pl_store_count(pl_txn_t *txn, pl_table_e table, uint64_t *rows,
    pl_err_t *err)
{
    int          rc;
    MDB_stat     stat;
    pl_status_t  status;

    *rows = 0;

    status = pl_store_check(txn, table, false, err);
    if (status != PL_OK) {
        return status;
    }

    rc = mdb_stat(txn->mdb, txn->st->dbi[table], &stat);
    if (rc != 0) {
        return pl_store_failed(txn, "count", rc, table, err);
    }

    *rows = stat.ms_entries;

    return PL_OK;
}


pl_status_t
pl_store_reap(pl_store_t *st, unsigned *n, pl_err_t *err)
{
    int  i, rc, dead, all;

    all = 0;

    if (n != NULL) {
        *n = 0;
    }

    if (!pl_store_ours(st)) {
        return pl_err_set(err, PL_MISUSE, "clear readers", 0,
                          "the store was opened by another process");
    }

    for (i = 0; i < PL_ENV_COUNT; i++) {
        if (st->env[i].mdb == NULL) {
            return pl_err_set(err, PL_BROKEN, "clear readers", 0,
                              "the store could not be opened again yet");
        }

        dead = 0;
        rc = mdb_reader_check(st->env[i].mdb, &dead);
        if (rc != 0) {
            return pl_store_fail(err, "clear readers", rc, st->env[i].path);
        }

        all += dead;
    }

    if (n != NULL) {
        *n = (unsigned) all;
    }

    return PL_OK;
}


/*
 * Of the free pages, those that no reader may still see, nor would if it
 * began now: LMDB takes from records older than the last transaction and
 * the oldest reader.
 */
int
pl_store_room_free(store_env_t *env, uint64_t *pages)
{
    int               rc;
    MDB_txn          *mdb;
    uint64_t          newest;
    pl_store_room_t   room;

    *pages = 0;

    rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &mdb);
    if (rc != 0) {
        return rc;
    }

    memset(&room, 0, sizeof(room));
    newest = mdb_txn_id(mdb);
    room_readers(env, newest, &room);
    rc = room_free(mdb, newest - room.oldest_reader, pages);
    mdb_txn_abort(mdb);

    return rc;
}


/* Trees 0 and 1 are LMDB's own: free pages, and the tables' names. */
static int
room_walk(pl_txn_t *txn, pl_env_e which, pl_store_room_t *room,
    uint64_t page_bytes)
{
    int        rc;
    MDB_stat   stat;
    unsigned   i;
    uint64_t   live, free_pages, pinned;

    live = 2;                   /* the meta pages */

    for (i = 0; i < 2 + PL_TABLE_COUNT; i++) {
        if (i >= 2 && pl_store_tables[i - 2].env != which) {
            continue;
        }

        rc = mdb_stat(txn->mdb, i < 2 ? i : txn->st->dbi[i - 2], &stat);
        if (rc != 0) {
            return rc;
        }

        live += room_pages(&stat);
    }

    rc = room_free(txn->mdb, UINT64_MAX, &free_pages);
    if (rc == 0) {
        rc = room_pinned(txn, free_pages, &pinned);
    }

    if (rc == 0) {
        room->live_bytes = live * page_bytes;
        room->free_bytes = free_pages * page_bytes;
        room->pinned_bytes = pinned * page_bytes;
    }

    return rc;
}


/*
 * Of the free pages, those that were freed behind the oldest reader's back.
 * What the newest transactions freed is left out: that is free as soon as
 * there is a next one, and nobody need wait for it.
 */
static int
room_pinned(pl_txn_t *txn, uint64_t free_pages, uint64_t *pages)
{
    int              rc;
    uint64_t         newest, usable;
    pl_store_room_t  seen;

    *pages = 0;

    memset(&seen, 0, sizeof(seen));
    newest = mdb_txn_id(txn->mdb);
    room_readers(txn->env, newest, &seen);

    if (seen.oldest_reader == 0) {
        return 0;
    }

    rc = room_free(txn->mdb, newest - seen.oldest_reader + 1, &usable);
    *pages = rc == 0 ? free_pages - usable : 0;

    return rc;
}


/*
 * Adds up the lists of free pages, each led by its length, of transactions
 * before this one, whose number is the key.
 */
static int
room_free(MDB_txn *mdb, uint64_t before, uint64_t *pages)
{
    int          rc;
    size_t       count, number;
    MDB_val      key, value;
    MDB_cursor  *cursor;

    *pages = 0;

    rc = mdb_cursor_open(mdb, 0, &cursor);
    if (rc != 0) {
        return rc;
    }

    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        if (key.mv_size != sizeof(number) || value.mv_size < sizeof(count)) {
            rc = MDB_CORRUPTED;
            break;
        }

        memcpy(&number, key.mv_data, sizeof(number));
        memcpy(&count, value.mv_data, sizeof(count));

        if (number >= before) {
            rc = MDB_NOTFOUND;          /* in order: the rest is younger */
            break;
        }

        *pages += count;
    }

    mdb_cursor_close(cursor);

    return rc == MDB_NOTFOUND ? 0 : rc;
}


static void
room_readers(store_env_t *env, uint64_t newest, pl_store_room_t *room)
{
    room_readers_t  readers;

    readers.room = room;
    readers.newest = newest;
    (void) mdb_reader_list(env->mdb, room_reader, &readers);    /* our rc */
}


static uint64_t
room_pages(const MDB_stat *stat)
{
    return (uint64_t) stat->ms_branch_pages + stat->ms_leaf_pages
           + stat->ms_overflow_pages;
}


/*
 * A line of mdb_reader_list(), the only way to the reader table: "pid thread
 * txn", with "-" for a reader that reads nothing; or a heading, whose first
 * word is no number.
 */
static int
room_reader(const char *line, void *data)
{
    char            *end;
    uint64_t         txn;
    room_readers_t  *readers;

    readers = data;

    (void) strtoull(line, &end, 10);
    if (end == line) {
        return 0;
    }

    (void) strtoull(end, &end, 16);     /* the thread */
    line = end;
    txn = strtoull(line, &end, 10);
    if (end == line) {
        return 0;                       /* holds a slot, pins nothing */
    }

    readers->room->readers++;

    if (txn < readers->newest
        && readers->newest - txn > readers->room->oldest_reader)
    {
        readers->room->oldest_reader = readers->newest - txn;
    }

    return 0;
}
