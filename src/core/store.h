/*
 * The store: two environments in one folder, tables of byte keys and byte
 * values, transactions. The only door to LMDB (store*.c), and the wall
 * behind which a second engine can stand: callers get, put, delete and scan
 * in order, and know nothing else.
 *
 *     DIR/journal/   append at the right edge, drop from the front
 *     DIR/state/     what the fold of the journal gives
 *
 * Caveats
 *
 * Processes
 * - Open after fork, once in a process; a second open of the same folder in
 *   one process is PL_MISUSE, and so is using a store in another process
 *   than the one that opened it (abort and close do nothing to it there).
 *   Never close at exit: let the process die (LMDB 0.9.26 to 0.9.31 race
 *   with a starting process otherwise).
 * - All processes of one store share one PID namespace: LMDB's reader table
 *   looks for the living by pid. share.h checks it.
 *
 * Threads
 * - A write transaction begins, works and ends in one thread. LMDB returns
 *   success for a commit from another and then blocks every writer for ever;
 *   the wrapper refuses with PL_MISUSE before that, and the transaction is
 *   still its owner's.
 * - A read transaction may be used by one thread at a time.
 *
 * Age
 * - A read transaction pins the pages that it sees; a write transaction
 *   holds everybody up. Both have an age limit (pl_store_conf_t); calls on
 *   one that is older fail with PL_MISUSE, except abort.
 *
 * Values
 * - What get and scan hand out points into the map and lives until the
 *   transaction ends or, in a write transaction, until its next write. That
 *   write is a put of the value itself too: copy it first.
 *
 * Failure
 * - PL_FULL: map or disk has no room; the transaction must be aborted, the
 *   store stays usable, and the next attempt may succeed. Some pages of the
 *   map are kept back for transactions that make room: one that deletes at
 *   least as many bytes as it puts does not meet PL_FULL where others do
 *   (they may meet it at their commit).
 * - After a failed put, reserve or delete the transaction takes no more
 *   calls: they and commit return the same status. PL_NOTFOUND, PL_EXISTS and
 *   refused arguments are no such failures.
 *   Where another process uses a larger map by now, PL_BROKEN instead.
 * - PL_IO on commit: nothing of the transaction is visible; the caller must
 *   not acknowledge. PL_BROKEN: LMDB panicked, its lock file was removed
 *   (begin says so), or the store's folder was moved or removed; the handle
 *   must be replaced by pl_store_reopen. In the last case a commit's rows are
 *   on disk, in a folder that the store's path does not lead to: the caller
 *   must not acknowledge them either.
 */

#ifndef PL_STORE_H_INCLUDED
#define PL_STORE_H_INCLUDED

#include "pl.h"

typedef struct pl_store_s  pl_store_t;
typedef struct pl_txn_s    pl_txn_t;
typedef struct pl_scan_s   pl_scan_t;

typedef enum {
    PL_ENV_JOURNAL = 0,
    PL_ENV_STATE,
    PL_ENV_COUNT
} pl_env_e;

/*
 * Every table of both environments. The order is the order of the rows in
 * store_tables.c and carries no meaning on disk.
 */
typedef enum {
    /* journal */
    PL_TABLE_JOURNAL_META = 0,
    PL_TABLE_ENTRIES,
    PL_TABLE_SKIPS,
    PL_TABLE_CYCLES,
    /* state */
    PL_TABLE_META,
    PL_TABLE_SETTINGS,
    PL_TABLE_TENANTS,
    PL_TABLE_CHANNELS,
    PL_TABLE_DEDUPE,
    PL_TABLE_CONTACTS,
    PL_TABLE_ADDRESSES,
    PL_TABLE_CONSENTS,
    PL_TABLE_REVIEWS,
    PL_TABLE_MERGES,
    PL_TABLE_CONVERSATIONS,
    PL_TABLE_MESSAGES,
    PL_TABLE_PROVIDER_IDS,
    PL_TABLE_PARKED,
    PL_TABLE_OUTBOX,
    PL_TABLE_DUE,
    PL_TABLE_ATTEMPTS,
    PL_TABLE_DEAD,
    PL_TABLE_UNKNOWN,
    PL_TABLE_QUARANTINE,
    PL_TABLE_TIMERS,
    PL_TABLE_CAPS,
    PL_TABLE_COLLAPSES,
    PL_TABLE_REQUESTS,
    PL_TABLE_TEMPLATES,
    PL_TABLE_CHANNEL_STATES,
    PL_TABLE_UPLOADS,
    PL_TABLE_HOLDS,
    PL_TABLE_GROUPS,
    PL_TABLE_CAMPAIGNS,
    PL_TABLE_MEMBERS,
    PL_TABLE_AUDIT,
    PL_TABLE_COUNTERS,
    PL_TABLE_CHANGES,
    PL_TABLE_ZONES,
    PL_TABLE_SUBSCRIPTIONS,
    PL_TABLE_UNDELIVERED,
    PL_TABLE_KEYS,
    PL_TABLE_QUIET,
    PL_TABLE_VIEWS,
    PL_TABLE_UNREAD,
    PL_TABLE_NOTES,
    PL_TABLE_WORDS,
    PL_TABLE_NAMES,
    PL_TABLE_ERASING,
    PL_TABLE_ERASURES,
    PL_TABLE_TOMBSTONES,
    PL_TABLE_AGING,
    PL_TABLE_TASKS,
    PL_TABLE_IMPORTS,
    PL_TABLE_COUNT
} pl_table_e;

typedef struct {
    const char  *name;          /* of the named database */
    pl_env_e     env;
    const char  *key;           /* its layout, for `parleyctl schema` */
    const char  *value;         /* message type, or what the bytes are */
    const char  *note;          /* retention and writers */
} pl_table_t;

extern const pl_table_t  pl_store_tables[PL_TABLE_COUNT];

/* Are values sealed, where their table's are (store_seal.c)? */
typedef enum {
    PL_SEAL_KEEP = 0,           /* as DIR/keys says; none: no */
    PL_SEAL_ON,                 /* and it says so from now on */
    PL_SEAL_OFF
} pl_seal_e;

typedef struct {
    const char  *dir;           /* absolute */
    uint64_t     size;          /* of each map, bytes; 0: as the store was
                                   made, PL_STORE_SIZE for a new one */
    bool         create;        /* make folder and files that are missing */
    pl_seal_e    seal;          /* what is put from now on */
    int64_t      read_age_ms;   /* 0: 10 s */
    int64_t      write_age_ms;  /* 0: 30 s */
} pl_store_conf_t;

/*
 * Opens both environments and every table, creating what is missing where
 * conf->create says so (files 0660, folders 2770, synced with their parent).
 * Before the map is touched, both files are looked at with pread: magic,
 * version, page size, length against the last page, and the root pages of
 * each tree; so a foreign, truncated or damaged file is an error here and
 * not a SIGBUS later. Then stale readers are cleared.
 *
 * PL_NOTFOUND (no store, create false), PL_DENIED (owner or mode),
 * PL_FOREIGN (no LMDB file, or not Parley's tables), PL_IO (truncated,
 * damaged, unreadable), PL_FULL (no room to create), PL_MISUSE (open
 * already), PL_INVALID (dir is not absolute), PL_BUSY (another process has
 * been making it for 10 s). err names the file. Any thread; one at a time.
 *
 * A table that an older version did not have is made whatever create says.
 * A data file that was cut to nothing is an error too, not a new store.
 */
pl_status_t pl_store_open(pl_store_t **st, const pl_store_conf_t *conf,
    pl_err_t *err);

/*
 * After PL_BROKEN: closes and opens again in place, with a larger map if
 * another process uses one. No transaction of this process may be alive;
 * the caller sees to it (PL_MISUSE). Statuses of pl_store_open; after a
 * failure begin returns PL_BROKEN, and it can be tried again. Only the very
 * files that were open are: PL_NOTFOUND while the folder is gone, PL_FOREIGN
 * once another has taken its place, which is for pl_store_open.
 */
pl_status_t pl_store_reopen(pl_store_t *st, pl_err_t *err);

/*
 * Is the store still at its path? PL_BROKEN if its folder was moved or
 * removed; begin then returns that too, until it was reopened. Commits of
 * writers ask by themselves, once they are on disk: who only reads asks now
 * and then. Two system calls; any thread.
 */
pl_status_t pl_store_here(pl_store_t *st, pl_err_t *err);

/* Is there a folder, without a store or a part of one? */
bool pl_store_vacant(const char *dir);

/* For tools and tests that end one store and open another. */
void pl_store_close(pl_store_t *st);

const char *pl_store_dir(const pl_store_t *st);

/* The machine's boot (clock.h), 16 bytes, as read at the open: an append
   asks for it each time, and it does not change. Any thread. */
const uint8_t *pl_store_boot(const pl_store_t *st);

/*
 * Begins a transaction on one environment. A write transaction waits for
 * the writer's lock, which is all it ever blocks on.
 * PL_FULL when the reader table is full even after stale readers are gone.
 */
pl_status_t pl_store_begin(pl_store_t *st, pl_env_e env, bool write,
    pl_txn_t **txn, pl_err_t *err);

/*
 * Ends it, always; txn is gone whatever is returned, but for PL_MISUSE from
 * another thread or process than its own. Durable on PL_OK. Scans that have
 * not been ended end with it.
 */
pl_status_t pl_store_commit(pl_txn_t *txn, pl_err_t *err);
void pl_store_abort(pl_txn_t *txn);             /* NULL is fine */

/*
 * Dirty pages so far, estimated: 0.7 to 3 times what they are. What
 * PL_FOLD_PAGES_MAX is held against. No system call.
 */
size_t pl_store_dirty(const pl_txn_t *txn);

/* PL_NOTFOUND leaves *value empty and err untouched. */
pl_status_t pl_store_get(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    pl_str_t *value, pl_err_t *err);

/*
 * Is there such a row, whether or not it can be read? One that is sealed
 * under a key that was forgotten is. PL_OK or PL_NOTFOUND. Not of a table
 * with addresses in its keys.
 */
pl_status_t pl_store_there(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    pl_err_t *err);

/* Inserts or replaces. */
pl_status_t pl_store_put(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    pl_str_t value, pl_err_t *err);

/*
 * Inserts or replaces a value of len bytes that the caller writes to
 * *space before its next call on txn: packs without a copy.
 * append: the key is greater than every key of the table (right edge); if it
 * is not, PL_EXISTS.
 */
pl_status_t pl_store_reserve(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    size_t len, bool append, uint8_t **space, pl_err_t *err);

/*
 * What a writer reads from now on, until it is told otherwise or ends, is not
 * kept beside the map (store_cache.c): a campaign reads each of very many
 * people once, and would push out those who write. What is kept is still
 * found there.
 */
void pl_store_passing(pl_txn_t *txn, bool passing);

/*
 * The next put is not sealed: of what is left of somebody who is about to be
 * forgotten, and holds nothing of theirs.
 */
void pl_store_plain(pl_txn_t *txn);

/*
 * The next put is sealed under the key of record number, where its table's
 * rows are plain but for those that hold words (`outbox`, `attempts`,
 * `unknown`, `dead`) and values are sealed at all. 0: as the journal is, so
 * that it goes with that.
 */
void pl_store_secret(pl_txn_t *txn, uint64_t number);

/* PL_NOTFOUND when there is none. */
pl_status_t pl_store_del(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    pl_err_t *err);

/*
 * Ordered scan. from: the first key at or after it (forward), or at or
 * before it (backward); empty: from the table's end. next returns PL_OK and
 * a row, or PL_NOTFOUND past the last. A row may be deleted during the scan
 * by pl_store_scan_del, which removes the row last handed out (write
 * transactions). Rows that other calls put or delete meanwhile are seen or
 * not as they lie ahead or behind; the row last handed out must not be
 * deleted by another call, nor, after scan_del, a row be put before the next
 * one is asked for: then the place is lost, and next returns PL_MISUSE. After
 * PL_NOTFOUND it stays so.
 * End every scan before its transaction.
 */
pl_status_t pl_store_scan(pl_txn_t *txn, pl_table_e table, pl_str_t from,
    bool backward, pl_scan_t **scan, pl_err_t *err);
pl_status_t pl_store_scan_next(pl_scan_t *scan, pl_str_t *key,
    pl_str_t *value, pl_err_t *err);
pl_status_t pl_store_scan_del(pl_scan_t *scan, pl_err_t *err);
void pl_store_scan_end(pl_scan_t *scan);        /* NULL is fine */

/*
 * The key under which a row of this key stands where the store hashes what
 * its table's keys show (docs/privacy.md); of `names` and `views` also what
 * rows that begin so begin with. PL_NOTFOUND: it hashes none.
 */
#define PL_HASHED_MAX  40

pl_status_t pl_store_hashed(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    uint8_t out[PL_HASHED_MAX], pl_str_t *real, pl_err_t *err);

/*
 * Forgetting (slots.h, docs/privacy.md): what is sealed under the key of a
 * record's number is gone from the store, its free pages and its copies.
 * Durable on PL_OK. Where nothing is sealed it does nothing. No transaction
 * of this thread may be open; not for an event loop. PL_IO.
 */
pl_status_t pl_store_forget(pl_store_t *st, uint64_t number, pl_err_t *err);
bool pl_store_forgotten(pl_store_t *st, uint64_t number);

/* What is appended from now on is sealed under another key than before. */
pl_status_t pl_store_period_end(pl_store_t *st, pl_err_t *err);

/*
 * Forgets the keys of periods of which the journal, and what waits for a
 * message, keep nothing any more. Cheap where there is nothing to do; beside
 * any other transaction but one of this thread.
 */
pl_status_t pl_store_tidy(pl_store_t *st, pl_err_t *err);

typedef struct {
    bool      on;               /* values are sealed */
    bool      keys;             /* there is a file of keys */
    uint32_t  slots;            /* of it, in use */
    uint32_t  periods;          /* whose entries can be read */
} pl_store_seal_t;

void pl_store_seal(pl_store_t *st, pl_store_seal_t *seal);
bool pl_store_sealed(const pl_txn_t *txn);      /* .on, of its store */

/* The file of its keys; NULL: it has none. */
const char *pl_store_keys(const pl_store_t *st);

/*
 * The environment's last transaction: a number that grows with each commit
 * of any process. Reads the map; no system call, any thread.
 */
uint64_t pl_store_seen(const pl_store_t *st, pl_env_e env);

typedef struct {
    uint64_t  map_bytes;
    uint64_t  file_bytes;       /* length that pages reach, not the sparse
                                   tail that is kept ahead of them */
    uint64_t  live_bytes;       /* pages in use by all trees */
    uint64_t  free_bytes;       /* pages free inside the file */
    uint64_t  pinned_bytes;     /* of these, what a reader may still see */
    uint64_t  disk_bytes;       /* statvfs: free to this user */
    uint64_t  readers;
    uint64_t  oldest_reader;    /* transactions behind the newest */
} pl_store_room_t;

/* Walks the free list: milliseconds, not for the event loop. */
pl_status_t pl_store_room(pl_store_t *st, pl_env_e env,
    pl_store_room_t *room, pl_err_t *err);

/* Readers of an environment, without the walk. */
typedef struct {
    uint64_t  readers;          /* that read now */
    uint64_t  behind;           /* transactions, of the oldest */
    uint64_t  oldest;           /* which the oldest reads; 0: there is none */
} pl_readers_t;

pl_status_t pl_store_readers(pl_store_t *st, pl_env_e env,
    pl_readers_t *readers, pl_err_t *err);

/*
 * Marks of fullness, in percent: at the first a warning is in place, at the
 * second bulk waits and statuses are refused, at the third every webhook is.
 */
#define PL_MARKS       3
#define PL_MARK_SLACK  3        /* percent below a mark, where it ends */

typedef struct {
    uint32_t  percent[PL_MARKS];        /* ascending */
} pl_marks_t;

typedef enum {
    PL_MARK_NONE = 0,
    PL_MARK_WARN,
    PL_MARK_HOLD,
    PL_MARK_REFUSE
} pl_mark_e;

typedef struct {
    uint32_t   percent;         /* of what is fullest: */
    pl_env_e   env;
    bool       disk;            /* its disk; else its map */
    pl_mark_e  mark;            /* the highest that was passed */
} pl_fill_t;

/*
 * How full the store is. In: the last answer (zeroes at first), since a mark
 * that was passed ends PL_MARK_SLACK below it. A system call for each
 * environment, and where the first mark is near what pl_store_room costs.
 */
pl_status_t pl_store_fill(pl_store_t *st, const pl_marks_t *marks,
    pl_fill_t *fill, pl_err_t *err);

/* The mark that so many percent have passed, after `was`. Pure. */
pl_mark_e pl_marks_passed(const pl_marks_t *marks, uint32_t percent,
    pl_mark_e was);

/* How long commits of this process took; any thread. */
#define PL_COMMIT_BOUNDS  12

typedef struct {
    uint64_t  n[PL_COMMIT_BOUNDS + 1];  /* up to each bound, and above all */
    uint64_t  us;                       /* sum */
} pl_commits_t;

extern const int64_t  pl_store_commit_bounds_us[PL_COMMIT_BOUNDS];

void pl_store_commits(const pl_store_t *st, pl_env_e env,
    pl_commits_t *out);

/* Bytes of a table's pages. */
pl_status_t pl_store_bytes(pl_txn_t *txn, pl_table_e table, uint64_t *bytes,
    pl_err_t *err);

/* Rows of a table. */
pl_status_t pl_store_count(pl_txn_t *txn, pl_table_e table, uint64_t *rows,
    pl_err_t *err);

/* Clears readers whose process died; *n, unless n is NULL, how many. */
pl_status_t pl_store_reap(pl_store_t *st, unsigned *n, pl_err_t *err);

/*
 * Copies a snapshot of one environment to a new file, synced (its folder is
 * the caller's to sync), while others write. compact: without free pages;
 * it takes longer, and the copy's pages are numbered anew. PL_EXISTS,
 * PL_FULL (no room there; nothing is left of the copy), PL_IO, PL_BROKEN.
 * Any thread but one with a write transaction.
 */
pl_status_t pl_store_copy(pl_store_t *st, pl_env_e env, const char *path,
    bool compact, pl_err_t *err);

typedef struct {
    uint64_t  before_bytes;     /* that pages reached */
    uint64_t  after_bytes;
} pl_store_compacted_t;

/*
 * Makes both data files of the store at dir (absolute), which nobody has
 * open, as small as what is in them; PL_BUSY where somebody has. Who dies in
 * it leaves a store with all its rows. Needs room for a copy of each, one
 * after the other. PL_NOTFOUND, PL_FULL, PL_DENIED, PL_FOREIGN, PL_IO; then
 * each environment is as it was, or done.
 */
pl_status_t pl_store_compact(const char *dir,
    pl_store_compacted_t out[PL_ENV_COUNT], pl_err_t *err);

#endif /* PL_STORE_H_INCLUDED */
