/*
 * The holds of a store (hold.h) as who sends asks them, and who shows them: a
 * snapshot in memory of the table `holds`, taken in a read transaction and
 * asked without one. Immutable once loaded; any thread.
 *
 * It is taken anew when StateMeta.holds_changed has another value. Without a
 * row each question costs nothing, else some binary searches.
 */

#ifndef PL_HOLDS_H_INCLUDED
#define PL_HOLDS_H_INCLUDED

#include "hold.h"

#define PL_HOLDS_MAX  65536     /* rows; what is behind them is left out, and
                                   apply knows it all the same */

#define PL_HOLD_BASE_MAX_MS  (3600LL * 1000)    /* of pl_hold_wait */

typedef struct pl_holds_s  pl_holds_t;

typedef struct {
    pl_hold_place_t         place;
    Pl__HoldCause           cause;
    const Pl__HoldRecord   *row;
} pl_holds_row_t;

typedef enum {
    PL_HOLDS_GO = 0,
    PL_HOLDS_PROBE,             /* one attempt at a time */
    PL_HOLDS_WAIT
} pl_holds_e;

/*
 * PL_FOREIGN where a row cannot be read, PL_NOMEM. The caller frees it; NULL
 * is fine, and is a snapshot without a row wherever one is asked for.
 */
pl_status_t pl_holds_load(pl_holds_t **holds, pl_txn_t *txn, pl_err_t *err);
void pl_holds_free(pl_holds_t *holds);

/* Rows in the order of their keys; NULL past the last. */
const pl_holds_row_t *pl_holds_at(const pl_holds_t *holds, size_t i);

/* The row of a place and cause, or NULL. */
const Pl__HoldRecord *pl_holds_find(const pl_holds_t *holds,
    const pl_hold_place_t *place, Pl__HoldCause cause);

/*
 * May attempts of this channel begin now? files: those of its errands about
 * files. WAIT: *until_ms is when asking again is worth it (INT64_MAX: when
 * the holds have changed).
 */
pl_holds_e pl_holds_may(const pl_holds_t *holds,
    const pl_channel_conf_t *channel, bool files, int64_t now_ms,
    int64_t *until_ms);

/* Is a head to stay aside that waits for this place? */
bool pl_holds_aside(const pl_holds_t *holds, const pl_hold_place_t *place,
    int64_t now_ms);

/*
 * When there will be something to release: a pause whose time is over, a
 * throttle that is to be forgotten, a hold that sets heads aside and ends.
 * *over: rows can go now. INT64_MAX: not by time.
 */
int64_t pl_holds_next(const pl_holds_t *holds, int64_t now_ms, bool *over);

/* A place in a walk through what is set aside. Zeroed: the beginning. */
typedef struct {
    uint32_t  tenant;
    uint32_t  channel;
    uint8_t   lane;             /* as in the key: with PL_KEY_DUE_ASIDE */
    int64_t   due_ms;
    uint64_t  effect;
} pl_holds_walk_t;

/*
 * Goes on to the next head that is set aside and held no more: PL_OK and
 * *found, *walk is its place. PL_OK without: it took so many steps and has
 * to be called again. PL_NOTFOUND: there is none behind it. A step is a row
 * that is set aside, or a channel.
 */
pl_status_t pl_holds_walk(const pl_holds_t *holds, pl_txn_t *txn,
    int64_t now_ms, unsigned steps, pl_holds_walk_t *walk, bool *found,
    pl_err_t *err);

/* The command that brings it back, with what is held no more behind it. */
void pl_holds_release(Pl__Release *release, uint32_t rows,
    const pl_holds_walk_t *walk);

/* Failures in a row of a bucket, as far as they still count at now. */
uint32_t pl_holds_failures(const pl_holds_t *holds,
    const pl_hold_place_t *place, Pl__HoldCause cause, int64_t now_ms);

/*
 * How long the n-th failure in a row waits (from 1), where a provider's code
 * has a base of its own: base^(n-1) seconds, at most PL_HOLD_BASE_MAX_MS.
 * Pure.
 */
int64_t pl_hold_wait(uint32_t n, uint32_t base);

#endif /* PL_HOLDS_H_INCLUDED */
