/*
 * How full the store is, against marks; and what commits cost.
 *
 * Full is what is in use of what can be used: of the map, without the pages
 * that are kept back for making room (store_pages.c) and no further than the
 * size that this process was told; and of the disk, of what the file has and
 * could still get. Free pages of the file are room, but those that an old
 * reader may still see: they cannot be used until it is gone, and a map where
 * all others are used up takes no more. To count them takes a walk of
 * milliseconds, which is spared as long as the whole file is below the first
 * mark; so far from it the figure is an upper bound.
 */

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "store_impl.h"
#include "sys_impl.h"


static pl_status_t fill_env(pl_store_t *st, pl_env_e which,
    const pl_marks_t *marks, pl_fill_t *fill, pl_err_t *err);
static uint64_t fill_usable(const pl_store_t *st, const store_env_t *env);
static void fill_take(pl_fill_t *fill, pl_env_e which, bool disk,
    uint64_t used, uint64_t all);
static uint32_t fill_percent(uint64_t used, uint64_t all);


/* Upper bounds, in microseconds; what is above the last has a place too. */
const int64_t  pl_store_commit_bounds_us[PL_COMMIT_BOUNDS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
    1000000
};


pl_mark_e
pl_marks_passed(const pl_marks_t *marks, uint32_t percent, pl_mark_e was)
{
    int       i;
    uint32_t  mark, slack;

    for (i = PL_MARKS - 1; i >= 0; i--) {
        mark = marks->percent[i];
        slack = (int) was > i && mark > PL_MARK_SLACK ? PL_MARK_SLACK : 0;

        if (percent >= mark - slack) {
            return (pl_mark_e) (i + 1);
        }
    }

    return PL_MARK_NONE;
}


pl_status_t
pl_store_fill(pl_store_t *st, const pl_marks_t *marks, pl_fill_t *fill,
    pl_err_t *err)
{
    int          i;
    pl_fill_t    now;
    pl_status_t  status;

    memset(&now, 0, sizeof(now));

    for (i = 0; i < PL_ENV_COUNT; i++) {
        status = fill_env(st, (pl_env_e) i, marks, &now, err);
        if (status != PL_OK) {
            return status;
        }
    }

    now.mark = pl_marks_passed(marks, now.percent, fill->mark);
    *fill = now;

    return PL_OK;
}


void
pl_store_committed(store_env_t *env, int64_t us)
{
    int  i;

    for (i = 0; i < PL_COMMIT_BOUNDS; i++) {
        if (us <= pl_store_commit_bounds_us[i]) {
            break;
        }
    }

    (void) atomic_fetch_add_explicit(&env->commits[i], 1,
                                     memory_order_relaxed);
    (void) atomic_fetch_add_explicit(&env->commit_us, (uint64_t) us,
                                     memory_order_relaxed);
}


void
pl_store_commits(const pl_store_t *st, pl_env_e which, pl_commits_t *out)
{
    int                 i;
    const store_env_t  *env;

    env = &st->env[which];

    for (i = 0; i <= PL_COMMIT_BOUNDS; i++) {
        out->n[i] = atomic_load_explicit(&env->commits[i],
                                         memory_order_relaxed);
    }

    out->us = atomic_load_explicit(&env->commit_us, memory_order_relaxed);
}


static pl_status_t
fill_env(pl_store_t *st, pl_env_e which, const pl_marks_t *marks,
    pl_fill_t *fill, pl_err_t *err)
{
    uint64_t          usable, used, reach, disk;
    pl_txn_t         *txn;
    MDB_envinfo       info;
    pl_status_t       status;
    store_env_t      *env;
    struct statvfs    fs;
    pl_store_room_t   room;

    env = &st->env[which];

    /* a transaction, so that nobody reopens the store meanwhile */
    status = pl_store_begin(st, which, false, &txn, err);
    if (status != PL_OK) {
        return status;
    }

    (void) mdb_env_info(env->mdb, &info);       /* fails for no handle only */
    usable = fill_usable(st, env);
    pl_store_abort(txn);

    if (statvfs(env->path, &fs) == -1) {
        return pl_sys_err(err, "measure room", errno, env->path,
                          "cannot ask the file system");
    }

    disk = (uint64_t) fs.f_bavail * fs.f_frsize;
    reach = (info.me_last_pgno + 1) * env->page_bytes;

    if (fill_percent(reach, usable) < marks->percent[0]
        && fill_percent(reach, reach + disk) < marks->percent[0])
    {
        fill_take(fill, which, false, reach, usable);
        fill_take(fill, which, true, reach, reach + disk);
        return PL_OK;
    }

    status = pl_store_room(st, which, &room, err);
    if (status != PL_OK) {
        return status;
    }

    used = room.live_bytes + room.pinned_bytes;
    fill_take(fill, which, false, used, usable);
    fill_take(fill, which, true, used,
              room.live_bytes + room.free_bytes + room.disk_bytes);

    return PL_OK;
}


static uint64_t
fill_usable(const pl_store_t *st, const store_env_t *env)
{
    uint64_t  size, spare;

    size = env->map_bytes;

    if (st->conf.size != 0 && st->conf.size < size) {
        size = st->conf.size;
    }

    spare = pl_store_pages_spare(env) * env->page_bytes;

    return size > spare ? size - spare : 1;
}


static void
fill_take(pl_fill_t *fill, pl_env_e which, bool disk, uint64_t used,
    uint64_t all)
{
    uint32_t  percent;

    percent = fill_percent(used, all);

    if (percent > fill->percent) {
        fill->percent = percent;
        fill->env = which;
        fill->disk = disk;
    }
}


static uint32_t
fill_percent(uint64_t used, uint64_t all)
{
    if (all == 0 || used >= all) {
        return 100;
    }

    return (uint32_t) (used / (all / 100 + 1));
}
