/*
 * What the processes of one store share beside its tables: locks that die
 * with their holder, and three mapped files that outlive a process but not
 * the machine.
 *
 *     DIR/sender.lock    held by parley-sender while it runs
 *     DIR/fold.lock      held by whoever folds
 *     DIR/backup.lock    held by whoever makes a backup
 *     DIR/members.lock   shared by all; the first writes its PID namespace
 *                        and the machine's boot into it
 *     DIR/share          pl_share_t, mapped
 *     DIR/progress       pl_progress_t, mapped: how far each attempt got
 *     DIR/pace           pl_pace_t, mapped: when attempts left
 *
 * Locks are those of an open file description (fcntl, F_OFD_SETLK), each on
 * a descriptor of its own: they end with the process, work across PID
 * namespaces, never block, and, which flock(2) could not, can be asked about
 * without being taken. A forked child that does not exec keeps them alive:
 * fork before pl_shared_open. Fields of the mapped structs are atomics;
 * nothing in them is needed for correctness of the state, which is the
 * journal's alone. Any thread.
 */

#ifndef PL_SHARE_H_INCLUDED
#define PL_SHARE_H_INCLUDED

#include <stdatomic.h>

#include "pl.h"

#define PL_SHARE_MAGIC     0x504c5332u      /* "PLS2" */
#define PL_PROGRESS_MAGIC  0x504c5052u      /* "PLPR" */
#define PL_PACE_MAGIC      0x504c5043u      /* "PLPC" */

#define PL_PACE_ROWS       65536    /* channels, and tenants; further ones
                                       share rows */
#define PL_PACE_PAIRS      262144   /* people written to within the last
                                       minutes; a power of two */

typedef enum {
    PL_LOCK_SENDER = 0,
    PL_LOCK_FOLD,
    PL_LOCK_BACKUP,
    PL_LOCK_COUNT
} pl_lock_e;

/*
 * The folder's note. `working` is set before an entry is decoded and
 * cleared when it has been applied, so that who takes the lock from a dead
 * holder knows which entry to suspect (design: the fuse).
 */
typedef struct {
    _Atomic uint32_t  magic;
    _Atomic uint32_t  awake;        /* somebody folds, or is about to: a
                                       doorbell would be waste */
    _Atomic uint64_t  working;      /* sequence + 1; 0: none */
    _Atomic uint64_t  suspect;      /* sequence + 1 that a holder died at */
    _Atomic uint32_t  strikes;      /* deaths at it */
    _Atomic uint32_t  crash_test;   /* test hook: abort at what holds the
                                       marker: 1 decoding the entry, 2
                                       applying the item; 3 that item has
                                       no room, ever; 0 off */
    uint64_t          unused[2];
    _Atomic uint32_t  item;         /* of `working`, plus 1; 0: decoding */
    _Atomic uint32_t  suspect_item; /* the same, of `suspect` */
} pl_share_t;

typedef struct {
    _Atomic uint64_t  effect;       /* 0: free */
    _Atomic uint64_t  epoch;
    _Atomic uint32_t  stage;        /* Pl__WireStage */
    _Atomic uint32_t  unused;
} pl_slot_t;

typedef struct {
    _Atomic uint32_t  magic;
    _Atomic uint32_t  slots;        /* PL_INFLIGHT_MAX */
    uint8_t           boot[16];     /* of the machine that wrote it */
    pl_slot_t         slot[PL_INFLIGHT_MAX];
    _Atomic uint64_t  newest;       /* entry that a sender appended; 0: no one
                                       has said. A journal that ends before
                                       it, or has another under its number,
                                       is an older copy */
    _Atomic int64_t   newest_ms;    /* its time */
} pl_progress_t;

/* Of a channel or a tenant, by its id. */
typedef struct {
    _Atomic int64_t   left_us;      /* last departure; 0: none */
    _Atomic uint64_t  departed;     /* departures since the file was made */
} pl_pace_row_t;

/* A channel and whom it writes to. */
typedef struct {
    _Atomic uint64_t  key;          /* a hash of both; 0: free */
    _Atomic int64_t   tat_us;       /* when all that went has been paid for:
                                       GCRA's theoretical arrival time */
} pl_pace_pair_t;

/*
 * What a sender must know of the one before it to keep to a rate across a
 * restart. Times are pl_clock_mono_us, which all of a boot share.
 */
typedef struct {
    _Atomic uint32_t  magic;
    _Atomic uint32_t  pairs;        /* PL_PACE_PAIRS */
    uint8_t           boot[16];     /* of the machine that wrote it */
    pl_pace_row_t     channel[PL_PACE_ROWS];
    pl_pace_row_t     tenant[PL_PACE_ROWS];
    pl_pace_pair_t    pair[PL_PACE_PAIRS];
} pl_pace_t;

typedef struct pl_shared_s  pl_shared_t;

/*
 * Opens the lock files and maps DIR/share, making what is missing; joins the
 * store's members. Who joins as the only member empties a DIR/share that is
 * of another boot of the machine, or not ours. PL_BUSY when living members
 * are in another PID namespace (err says so in words an operator can act
 * on), PL_DENIED, PL_FULL, PL_FOREIGN (others use a DIR/share of another
 * layout), PL_IO.
 * Call it after pl_store_open has made the folder. Once per process.
 */
pl_status_t pl_shared_open(pl_shared_t **sh, const char *dir,
    pl_err_t *err);
void pl_shared_close(pl_shared_t *sh);          /* NULL is fine */

/* The mapped note; lives as long as sh. */
pl_share_t *pl_shared_note(pl_shared_t *sh);

/*
 * Takes a lock without waiting: PL_OK, PL_BUSY, PL_IO. A lock taken twice by
 * one process is PL_BUSY too: within a process it is no more recursive than
 * between processes. PL_MISUSE in a forked child.
 */
pl_status_t pl_shared_lock(pl_shared_t *sh, pl_lock_e lock, pl_err_t *err);
void pl_shared_unlock(pl_shared_t *sh, pl_lock_e lock);

/* Does some process hold it (this one included)? Takes nothing. */
bool pl_shared_locked(pl_shared_t *sh, pl_lock_e lock);

/*
 * Maps DIR/progress, making it where it is missing or of another boot
 * (*fresh: it says nothing of what came before). The sender's alone, while
 * it holds PL_LOCK_SENDER: PL_MISUSE otherwise. A boot of all zeroes is
 * never the same as another. PL_DENIED, PL_FULL, PL_IO.
 */
pl_status_t pl_shared_progress(pl_shared_t *sh, const uint8_t boot[16],
    pl_progress_t **progress, bool *fresh, pl_err_t *err);

/*
 * The same of DIR/pace: *fresh, it is all zeroes but for its head. 6 MiB,
 * which are allocated at once.
 */
pl_status_t pl_shared_pace(pl_shared_t *sh, const uint8_t boot[16],
    pl_pace_t **pace, bool *fresh, pl_err_t *err);

#endif /* PL_SHARE_H_INCLUDED */
