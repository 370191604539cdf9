/*
 * Private to store*.c, the door to LMDB.
 *
 *     store.c         transactions
 *     store_row.c     get, put, delete
 *     store_scan.c    ordered scans
 *     store_cache.c   rows that the writer of the state reads often
 *     store_fail.c    LMDB's codes
 *     store_open.c    opening and reopening
 *     store_make.c    folders, a new environment
 *     store_here.c    is it still where it was opened?
 *     store_probe.c   a look at a data file before it is mapped
 *     store_pages.c   how many pages a transaction has dirtied; file length
 *     store_room.c    room, readers, counts
 *     store_copy.c    copies, compacting
 *     store_fill.c    how full it is; what commits cost
 *     store_seal.c    values that are sealed
 *     store_forget.c  and those that are forgotten
 *     store_tables.c  the tables
 *
 * How a wrong process is noticed without a system call: alive points to a
 * page of its own that the kernel empties in a forked child
 * (MADV_WIPEONFORK). Where the kernel cannot, getpid() is asked.
 */

#ifndef PL_STORE_IMPL_H_INCLUDED
#define PL_STORE_IMPL_H_INCLUDED

#include <limits.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "slots.h"
#include "store.h"

#define STORE_READ_AGE_MS   10000
#define STORE_WRITE_AGE_MS  30000
#define STORE_READERS_MAX   1024
#define STORE_CHUNKS        4           /* of opened values: store_seal.c */
#define STORE_HASHED_LEN    PL_HASHED_MAX       /* a key that has a hash */
#define STORE_TABLES_MAX    64
#define STORE_IDLE_MAX      64          /* read transactions kept to renew */
#define STORE_SNAPSHOT_TRIES  1000      /* of a reader that is overtaken */
#define STORE_SCANS_MAX     8           /* idle scans kept by each */
#define STORE_AHEAD         (64ull * 1024 * 1024)   /* of the file's end */
#define STORE_PAGE_SLOTS    65536       /* a power of two */
#define STORE_SPARE_MIN     1024        /* pages kept back: a body of 3 MiB */
#define STORE_SPARE_MAX     16384
#define STORE_MODE_FILE     0660
#define STORE_MODE_DIR      02770
#define STORE_DATA          "data.mdb"  /* LMDB's names */
#define STORE_LOCK          "lock.mdb"
#define STORE_OPEN_LOCK     "open.lock"

/* The folders of both, by pl_env_e. */
extern const char *const  pl_store_env_names[PL_ENV_COUNT];

/*
 * The set of memory blocks that this transaction's values were written to:
 * store_pages.c. A slot is of the current transaction if its low bits are
 * the current generation.
 */
typedef struct {
    uint64_t           *slots;
    uint32_t            generation;
    uint32_t            used;
} store_pages_t;

typedef struct store_cache_s  store_cache_t;

typedef struct {
    MDB_env            *mdb;            /* NULL: broken, until reopened */
    char                path[PATH_MAX]; /* DIR/journal */
    char                data[PATH_MAX]; /* DIR/journal/data.mdb */
    char                lock[PATH_MAX]; /* DIR/journal/lock.mdb */
    const uint8_t      *map;            /* NULL: not known */
    uint64_t            map_bytes;
    uint64_t            page_bytes;
    dev_t               dev;            /* of the data file that is open */
    ino_t               ino;
    dev_t               lock_dev;       /* of the lock file */
    ino_t               lock_ino;
    uint64_t            file_bytes;     /* at least; under the write lock */
    store_pages_t       pages;          /* under the write lock */
    pl_txn_t           *writer;         /* under the write lock */
    store_cache_t      *cache;          /* under the write lock; NULL */
    _Atomic uint64_t    commits[PL_COMMIT_BOUNDS + 1];  /* by how long */
    _Atomic uint64_t    commit_us;      /* sum */
} store_env_t;

/* A value that the caller writes, and where it goes, sealed. */
typedef struct {
    bool                on;
    pl_table_e          table;
    uint8_t            *plain;
    size_t              room;           /* that plain has */
    size_t              head;           /* bytes in front of the value */
    size_t              len;            /* with that */
    uint8_t            *space;          /* in the page */
    uint64_t            wish;           /* pl_store_secret's number */
    size_t              key_len;
    uint8_t             key[PL_KEY_MAX];
} store_sealed_t;

typedef struct {
    uint8_t            *data;
    size_t              room;
    size_t              used;
} store_chunk_t;

struct pl_store_s {
    char                dir[PATH_MAX];
    pl_store_conf_t     conf;           /* dir points to the line above */
    pid_t               pid;
    _Atomic uint32_t   *alive;          /* NULL: ask getpid() */
    int                 once;           /* holds the lock on our pid */
    MDB_dbi             dbi[PL_TABLE_COUNT];
    store_env_t         env[PL_ENV_COUNT];
    uint8_t             boot[16];       /* clock.h */
    _Atomic unsigned    live;           /* transactions of this process */
    _Atomic bool        gone;           /* moved or removed, when last seen */
    pl_slots_t         *slots;          /* keys of what is sealed */
    uint64_t            chosen;         /* map size, the largest that writers
                                           had when we opened; 0: none yet */
    pthread_mutex_t     mutex;          /* idle list; no system call */
    pl_txn_t           *idle[PL_ENV_COUNT];
    unsigned            idle_count;
};

struct pl_scan_s {
    pl_scan_t          *next;           /* of the transaction */
    pl_txn_t           *txn;
    MDB_cursor         *cursor;         /* NULL: none yet, or gone */
    pl_table_e          table;
    bool                active;
    bool                begun;
    bool                done;           /* past the last row */
    bool                backward;
    bool                row;            /* next has handed one out */
    bool                gap;            /* and scan_del removed it */
    bool                lost;           /* its place: see store.h */
    size_t              from_len;
    uint8_t             from[PL_KEY_MAX];
};

struct pl_txn_s {
    MDB_txn            *mdb;            /* NULL: ended */
    pl_store_t         *st;
    store_env_t        *env;
    pl_env_e            which;
    bool                write;
    pl_status_t         failed;         /* first failure that ended it */
    int64_t             deadline_ms;    /* coarse clock */
    pthread_t           thread;         /* of a writer */
    pid_t               tid;            /* the same, for the kernel */
    pl_scan_t          *scans;          /* idle and active */
    uint64_t            scanning;       /* tables of a writer's active ones */
    pl_txn_t           *next;           /* of the store's idle list */
    bool                plain;          /* the next put is not sealed */
    bool                secret;         /* it is, where its table's are not, */
    uint64_t            secret_number;  /* under the key of that record */
    bool                passing;        /* what is read is not kept */
    store_sealed_t      sealed;
    store_chunk_t       opened[STORE_CHUNKS];
    unsigned            opening;        /* the chunk in use */

    /* of writers: what was dirtied, estimated (store_pages.c) */
    size_t              dirty;
    uint64_t            unused;         /* pages behind the file's last */
    uint64_t            budget;         /* pages, without the spare ones */
    bool                counted;        /* free pages are in the budget */
    uint64_t            put_bytes;
    uint64_t            del_bytes;
    uint64_t            touched;        /* a bit for each table */
    uint32_t            depth[PL_TABLE_COUNT];
    size_t              branches[PL_TABLE_COUNT];   /* yet to be counted */
    MDB_cursor         *cursor[PL_TABLE_COUNT];     /* NULL: none yet */
};

_Static_assert(PL_TABLE_COUNT <= 64, "touched and scanning have 64 bits");
_Static_assert(PL_TABLE_COUNT <= STORE_TABLES_MAX, "maxdbs");

/* store.c */

/* store_fail.c: fills err from one of LMDB's codes or an errno. */
pl_status_t pl_store_fail(pl_err_t *err, const char *op, int rc,
    const char *path);

/* MDB_MAP_RESIZED for a full map that another process has made larger. */
int pl_store_full(const pl_store_t *st, const store_env_t *env, int rc);

/* May txn be used by this call? table: PL_TABLE_COUNT for none. */
pl_status_t pl_store_check(pl_txn_t *txn, pl_table_e table, bool write,
    pl_err_t *err);

/* Remembers what ends a write transaction; returns the status of rc. */
pl_status_t pl_store_failed(pl_txn_t *txn, const char *op, int rc,
    pl_table_e table, pl_err_t *err);

bool pl_store_ours(const pl_store_t *st);       /* this process opened it */
void pl_store_idle_clear(pl_store_t *st);       /* frees idle readers */

/* store_scan.c */

/*
 * A row is put, or the one of this key is about to be deleted, by a call that
 * is not scan's own (NULL: by none): scans that lose their place by that are
 * told when they ask for the next row. For tables in txn->scanning.
 */
void pl_store_scans_put(pl_txn_t *txn, pl_table_e table);
void pl_store_scans_del(pl_txn_t *txn, pl_table_e table, const MDB_val *key,
    const pl_scan_t *scan);

void pl_store_scans_end(pl_txn_t *txn);         /* the transaction ends */
void pl_store_scans_free(pl_txn_t *txn);        /* the struct goes */

/*
 * store_cache.c: the state's alone, since the fold is its only writer and
 * reads the same people all the time; 34 MiB at most. All of it under the
 * writer's lock, and for its transactions only: readers have snapshots.
 * cache NULL: nothing is kept.
 *
 *   begin   a transaction of that number
 *   end     before LMDB gives up the lock; a commit that then fails forgets
 *   keeps   rows of this table?
 *   get     such a row; what it hands out stays until 32,000 more were added
 *   add     what was read
 *   drop    a row that is about to be written; any table
 *   forget  the file is another one, or not known
 */
store_cache_t *pl_store_cache_create(void);             /* NULL: no memory */
void pl_store_cache_destroy(store_cache_t *cache);
void pl_store_cache_begin(store_cache_t *cache, uint64_t txn_id);
void pl_store_cache_end(store_cache_t *cache, bool committed);
bool pl_store_cache_keeps(const store_cache_t *cache, pl_table_e table);
bool pl_store_cache_get(const store_cache_t *cache, pl_table_e table,
    pl_str_t key, pl_str_t *value);
void pl_store_cache_add(store_cache_t *cache, pl_table_e table,
    pl_str_t key, pl_str_t value);
void pl_store_cache_drop(store_cache_t *cache, pl_table_e table,
    pl_str_t key);
void pl_store_cache_forget(store_cache_t *cache);

/* store_seal.c */

/* Is what is put now to be sealed? Takes pl_store_plain's word back. */
bool pl_store_seal_wants(pl_txn_t *txn, pl_table_e table, pl_str_t key);

/* How long it gets. key: the caller's. */
size_t pl_store_seal_len(pl_table_e table, pl_str_t key, size_t len);

/*
 * A value of len bytes goes to space, in the page, under the key real: the
 * caller writes it to *plain, and the transaction's next call seals it.
 */
pl_status_t pl_store_seal_begin(pl_txn_t *txn, pl_table_e table,
    pl_str_t key, pl_str_t real, size_t len, uint8_t *space, uint8_t **plain,
    pl_err_t *err);
pl_status_t pl_store_seal_end(pl_txn_t *txn, pl_err_t *err);

/*
 * Opens a value, if it is sealed; key, unless it is NULL, becomes the one
 * that the caller knows. PL_NOTFOUND: its key was forgotten.
 */
pl_status_t pl_store_unseal(pl_txn_t *txn, pl_table_e table, pl_str_t real,
    pl_str_t *value, pl_str_t *key, pl_err_t *err);

/*
 * May a row of this key stand under a hash? And that key, *real, in out.
 * make: it is to be put. PL_NOTFOUND: what it is hashed with was forgotten.
 */
bool pl_store_seal_keyed(const pl_txn_t *txn, pl_table_e table,
    pl_str_t key);
pl_status_t pl_store_seal_key(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    bool make, uint8_t out[STORE_HASHED_LEN], pl_str_t *real,
    pl_err_t *err);

void pl_store_seal_free(pl_txn_t *txn);         /* the struct goes */

/* store_pages.c */
pl_status_t pl_store_pages_begin(pl_txn_t *txn, pl_err_t *err);
pl_status_t pl_store_pages_put(pl_txn_t *txn, pl_table_e table,
    const void *data, size_t key_len, size_t len, pl_err_t *err);
void pl_store_pages_del(pl_txn_t *txn, pl_table_e table, const void *key,
    size_t row_len);
pl_status_t pl_store_pages_ahead(pl_txn_t *txn, pl_err_t *err);
pl_status_t pl_store_pages_extend(const char *path, int fd, uint64_t need,
    uint64_t map_bytes, uint64_t *file_bytes, pl_err_t *err);
uint64_t pl_store_pages_spare(const store_env_t *env);  /* kept back */
void pl_store_pages_map(store_env_t *env, MDB_txn *reader);

/* store_room.c */

/* Pages of env that a writer may take now; LMDB's code. */
int pl_store_room_free(store_env_t *env, uint64_t *pages);

/* store_fill.c: a commit took so long. */
void pl_store_committed(store_env_t *env, int64_t us);

/* store_here.c */

/* Is env's data file at its path? PL_BROKEN, and marks the store, if not. */
pl_status_t pl_store_here_env(pl_store_t *st, const store_env_t *env,
    pl_err_t *err);

/*
 * May the store be reopened: are the files there that were open? Clears the
 * mark. PL_NOTFOUND or PL_DENIED: not at all; PL_FOREIGN: others are.
 */
pl_status_t pl_store_here_again(pl_store_t *st, pl_err_t *err);

/* Is env's lock file the one that we opened? PL_BROKEN if not. */
pl_status_t pl_store_here_lock(pl_store_t *st, const store_env_t *env,
    pl_err_t *err);

/* Notes which files env has open. */
pl_status_t pl_store_here_note(store_env_t *env, pl_err_t *err);

/* store_probe.c */

typedef struct {
    bool      exists;
    uint64_t  map_bytes;        /* the largest that a writer had */
    uint64_t  page_bytes;
    uint64_t  used_bytes;       /* up to the last page that was ever used */
} store_probe_t;

/*
 * Looks at a data file. PL_OK with exists false when there is none.
 * PL_DENIED, PL_FOREIGN, PL_IO: err names the file and what is wrong.
 */
pl_status_t pl_store_probe_file(const char *path, store_probe_t *probe,
    pl_err_t *err);

/* The largest map that any writer had, of both files; 0: no such file. */
uint64_t pl_store_probe_chosen(const pl_store_t *st);

/* store_make.c */

/* Makes the environment's data file, unless another process did. */
pl_status_t pl_store_make_env(pl_store_t *st, store_env_t *env,
    pl_env_e which, pl_err_t *err);

/* Makes a folder where there is none, and makes it last. */
pl_status_t pl_store_make_folder(const char *path, pl_err_t *err);

/* A byte of open.lock; wait: for 10 s at most, then PL_BUSY. */
pl_status_t pl_store_make_lock(int fd, off_t byte, bool wait,
    const char *dir, pl_err_t *err);
void pl_store_make_unlock(int fd, off_t byte);

/* An LMDB handle with the flags and limits of all of ours; LMDB's code. */
int pl_store_make_mdb(MDB_env **mdb, const char *path, uint64_t map_bytes);

/* DIR, or DIR/NAME; out holds PATH_MAX; false where it does not fit. */
bool pl_store_make_path(char *out, const char *dir, const char *name);

#endif /* PL_STORE_IMPL_H_INCLUDED */
