/*
 * The append queue: entries of one worker, committed to the journal in
 * batches. Knows no HTTP.
 *
 * All entries that are added during one turn of the event loop share a
 * batch, by a posted event; there is no timer. The batch stays open while its
 * thread waits for the journal's lock, which another worker may hold for a
 * whole commit: what is added meanwhile goes along. Then the next forms
 * behind it, so that a batch grows with the time that a commit takes. One
 * transaction takes at most NGX_HTTP_PARLEY_BATCH_ENTRIES
 * and NGX_HTTP_PARLEY_BATCH_BYTES; the rest goes with the next.
 *
 * Settings that the journal does not have yet (it was full when the store
 * was opened) go before the entries of each batch until one has fitted.
 *
 *     add: pending -> posted event -> inflight -> pool thread: one append
 *                                              -> batch(), then handler()
 *                                                 of each entry, in order
 *
 * An entry belongs to its caller, who keeps it and the bytes that it points
 * to until handler() is called, which happens exactly once for each entry
 * that was taken.
 */

#ifndef NGX_HTTP_PARLEY_COMMIT_H_INCLUDED
#define NGX_HTTP_PARLEY_COMMIT_H_INCLUDED

#include "../core/share.h"
#include "../engine/journal.h"
#include "ngx_http_parley_task.h"

#define NGX_HTTP_PARLEY_BATCH_ENTRIES  512
#define NGX_HTTP_PARLEY_BATCH_BYTES    (8 * 1024 * 1024)
#define NGX_HTTP_PARLEY_BATCH_CLOSED   ((size_t) 1 << 32)


typedef struct ngx_http_parley_entry_s   ngx_http_parley_entry_t;
typedef struct ngx_http_parley_commit_s  ngx_http_parley_commit_t;

typedef void (*ngx_http_parley_committed_pt)(ngx_http_parley_entry_t *ent);
typedef void (*ngx_http_parley_batch_pt)(ngx_http_parley_commit_t *cm);


struct ngx_http_parley_entry_s {
    ngx_queue_t                    queue;
    pl_entry_t                     entry;
    size_t                         command_len; /* packed; 0: it has a body */
    ngx_http_parley_committed_pt   handler;
    void                          *data;
    int64_t                        added_us;

    /* set before handler() is called */
    pl_status_t                    status;
    uint64_t                       sequence;
    int64_t                        waited_us;
    ngx_uint_t                     last;        /* of its batch */
};


/*
 * One batch: what its append works with, and what it made of it; batch()
 * looks at it. The store is the batch's own, since the queue's is taken away
 * at once when another task finds the store broken.
 */
typedef struct {
    pl_store_t                    *store;
    pl_shared_t                   *shared;
    const Pl__SettingsPublish     *publish;     /* NULL: none */
    _Atomic size_t                 filled;      /* and _CLOSED */
    ngx_uint_t                     n;           /* once it is closed */
    size_t                         bytes;       /* the event loop's */
    pl_status_t                    status;
    pl_err_t                       err;
    pl_appended_t                  appended;
    int64_t                        append_us;   /* of the transaction */
    ngx_uint_t                     sender;      /* one runs */
} ngx_http_parley_batch_t;


typedef enum {
    NGX_HTTP_PARLEY_COMMIT_HOLD = 0,    /* gather; the store is opening */
    NGX_HTTP_PARLEY_COMMIT_GO,
    NGX_HTTP_PARLEY_COMMIT_REFUSE       /* there is no store to be had */
} ngx_http_parley_commit_e;


struct ngx_http_parley_commit_s {
    ngx_queue_t                    pending;
    ngx_queue_t                    inflight;
    ngx_uint_t                     n_entries;   /* of both */
    size_t                         n_bytes;
    ngx_uint_t                     max_entries;
    size_t                         max_bytes;
    ngx_http_parley_commit_e       state;

    ngx_event_t                    event;
    ngx_http_parley_task_t         task;
    ngx_http_parley_batch_pt       batch_handler;
    void                          *data;
    const pl_clock_t              *clock;

    /* the task's while it is active */
    pl_store_t                    *store;
    pl_shared_t                   *shared;
    const Pl__SettingsPublish     *publish;     /* NULL: they are there */
    ngx_http_parley_batch_t        batch;
    pl_entry_t                     entries[NGX_HTTP_PARLEY_BATCH_ENTRIES];
};


/* max_*, task.pool, task.log, batch_handler, data and clock are set before;
   the queue is born holding. */
ngx_int_t ngx_http_parley_commit_init(ngx_http_parley_commit_t *cm,
    ngx_pool_t *pool);

/* NGX_BUSY: no room, or no store; handler() is then never called. */
ngx_int_t ngx_http_parley_commit_add(ngx_http_parley_commit_t *cm,
    ngx_http_parley_entry_t *ent);

/*
 * The store may be used from now on; NULL: not any more. publish: settings
 * that the journal has yet to take, or NULL; they stay until a batch that
 * has them succeeded.
 */
void ngx_http_parley_commit_open(ngx_http_parley_commit_t *cm,
    pl_store_t *store, pl_shared_t *shared,
    const Pl__SettingsPublish *publish);

/* Tries to append such settings, without entries if there are none. */
void ngx_http_parley_commit_publish(ngx_http_parley_commit_t *cm);

/* Answers all that wait with this status, and takes no more. */
void ngx_http_parley_commit_refuse(ngx_http_parley_commit_t *cm,
    pl_status_t status);

#endif /* NGX_HTTP_PARLEY_COMMIT_H_INCLUDED */
