/*
 * Listings: rows of aligned columns, or one JSON object a line.
 *
 * Rows are read in chunks, each in a read transaction of its own, and
 * printed after it has ended: a slow reader of the output holds no page of
 * the store back, and a listing may be as long as it likes.
 */

#ifndef PLCTL_LIST_H_INCLUDED
#define PLCTL_LIST_H_INCLUDED

#include "ctl.h"

#define PLCTL_CELLS_MAX     12
#define PLCTL_CHUNK_ROWS    1000
#define PLCTL_CHUNK_BYTES   (8u * 1024 * 1024)
#define PLCTL_SCAN_MAX      10000000    /* rows passed over in search */

/* All of it in the arena that next was given. */
typedef struct plctl_row_s  plctl_row_t;

struct plctl_row_s {
    const ProtobufCMessage  *json;
    const char              *cells[PLCTL_CELLS_MAX];    /* NULL: "-" */
    const char              *below;     /* lines under the row, or NULL */
    bool                     skip;      /* not of interest: not shown */
    plctl_row_t             *next;
};

typedef struct {
    pl_env_e            env;
    const char *const  *titles;         /* a leading '>' aligns right */
    size_t              n_titles;

    /*
     * MUST. The next row. PL_NOTFOUND ends the listing. data remembers where
     * it stands, in bytes of its own: txn is another one in each chunk.
     */
    pl_status_t       (*next)(plctl_t *ctl, pl_txn_t *txn, void *data,
                              pl_arena_t *ar, plctl_row_t *row,
                              pl_err_t *err);

    /* MAY. The transaction is about to end: end scans. */
    void              (*pause)(void *data);
} plctl_listing_t;

/* Lists at most limit rows (0: all) to stdout. Returns a PLCTL_EXIT_… . */
int plctl_list(plctl_t *ctl, const plctl_listing_t *listing, void *data,
    uint64_t limit);

/*
 * A place in a table that outlives transactions: the last key seen. Zeroed
 * is before the first row; from sets where to begin.
 */
typedef struct {
    pl_table_e  table;
    bool        backward;
    bool        started;
    size_t      len;
    uint8_t     key[PL_KEY_MAX];

    pl_scan_t  *scan;           /* of the transaction that runs, or NULL */
} plctl_cursor_t;

void plctl_cursor_init(plctl_cursor_t *cursor, pl_table_e table,
    bool backward);

/* Begins at this key instead of the table's end. */
void plctl_cursor_from(plctl_cursor_t *cursor, pl_str_t key);

/*
 * The row after the last one, by the scan that is open or a new one. key
 * and value live as store.h says. PL_NOTFOUND past the last.
 */
pl_status_t plctl_cursor_next(plctl_cursor_t *cursor, pl_txn_t *txn,
    pl_str_t *key, pl_str_t *value, pl_err_t *err);

/* Ends the scan, not the place. Before the transaction ends. */
void plctl_cursor_pause(plctl_cursor_t *cursor);

/*
 * The next timer that still runs, by a cursor of `timers`: *timer NULL where
 * that is no delayed send. PL_NOTFOUND past the last. (cmd_scheduled.c)
 */
pl_status_t plctl_scheduled_next(plctl_cursor_t *cursor, pl_txn_t *txn,
    pl_arena_t *ar, Pl__Timer **timer, pl_err_t *err);

#endif /* PLCTL_LIST_H_INCLUDED */
