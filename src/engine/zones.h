/*
 * The time zones of a store: an immutable snapshot of the table `zones`,
 * compiled. Part of the settings' snapshot (settings.h), which has them for
 * whoever asks.
 *
 * Which zones there are, and what their clocks do, is an input of the fold:
 * it enters by ZonesPublish, which the sender appends when the system's tz
 * database is another one than the state's (docs/time-zones.md).
 */

#ifndef PL_ZONES_H_INCLUDED
#define PL_ZONES_H_INCLUDED

#include "../core/arena.h"
#include "../core/store.h"
#include "../core/zone.h"
#include "record.pb-c.h"

#define PL_ZONES_MAX            2000    /* names; 2025b has 599 */
#define PL_ZONES_PORTION_BYTES  (1024u * 1024)  /* of files in one entry:
                                           2025b has 320,000, without their
                                           32-bit data */
#define PL_ZONES_VERSION_MAX    64
#define PL_ZONES_DIGEST_LEN     32

typedef struct pl_zones_s  pl_zones_t;

/*
 * Reads and compiles what this transaction sees. What does not compile was
 * never let in, and is left out. PL_NOMEM, PL_IO, PL_FOREIGN.
 */
pl_status_t pl_zones_load(pl_zones_t **zones, pl_txn_t *txn, pl_err_t *err);
void pl_zones_destroy(pl_zones_t *zones);       /* NULL is fine */

/* NULL: there is none of that name. zones may be NULL. Any thread. */
const pl_zone_t *pl_zones_find(const pl_zones_t *zones, pl_str_t name);

/* How many, and which one is i, in order; PL_STR_NULL past the last. */
size_t pl_zones_count(const pl_zones_t *zones);
pl_str_t pl_zones_name(const pl_zones_t *zones, size_t i);

/* The version of the database, which may be ""; NULL: there never was one. */
const char *pl_zones_version(const pl_zones_t *zones);

/* The tz database that was published last, in the arena. PL_NOTFOUND. */
pl_status_t pl_zones_database(pl_txn_t *txn, pl_arena_t *ar,
    Pl__ZoneDatabase **database, pl_err_t *err);

/* Are the zones that this transaction sees others? zones may be NULL. */
pl_status_t pl_zones_stale(const pl_zones_t *zones, pl_txn_t *txn,
    bool *stale, pl_err_t *err);

/* The key of its row: no zone has such a name. */
#define PL_ZONES_DATABASE_KEY  PL_STR(".")

#endif /* PL_ZONES_H_INCLUDED */
