/*
 * What the sender tells of the store: room, readers, entries kept, commits.
 * The store thread looks (keeper_room.c), the main thread renders.
 */

#ifndef PLS_METRICS_STORE_H_INCLUDED
#define PLS_METRICS_STORE_H_INCLUDED

#include <stdatomic.h>

#include "../core/store.h"

/* Of one environment. */
typedef struct {
    _Atomic uint64_t  map_bytes;
    _Atomic uint64_t  file_bytes;
    _Atomic uint64_t  live_bytes;
    _Atomic uint64_t  free_bytes;
    _Atomic uint64_t  disk_bytes;
    _Atomic uint64_t  readers;
    _Atomic uint64_t  behind;           /* transactions, of the oldest */
    _Atomic uint64_t  age_ms;           /* of the oldest, about */
} pls_metrics_env_t;

typedef struct {
    pls_metrics_env_t  env[PL_ENV_COUNT];
    _Atomic uint64_t   percent;         /* in use of what is fullest */
    _Atomic uint64_t   mark;            /* pl_mark_e */
    _Atomic uint64_t   entries;         /* that the journal keeps */
    _Atomic uint64_t   entries_bytes;
    _Atomic uint64_t   trimmed;         /* entries, by us alone */
} pls_metrics_store_t;

/*
 * Prometheus text into buf, of at most size bytes, whole lines; st for the
 * commits of this process, or NULL. Returns its length.
 */
size_t pls_metrics_store_print(pls_metrics_store_t *metrics,
    const pl_store_t *st, char *buf, size_t size);

#endif /* PLS_METRICS_STORE_H_INCLUDED */
