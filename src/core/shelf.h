/*
 * The folder of files (parley_media): content-addressed, so that the same
 * file stands there once, however many messages bring it.
 *
 *     DIR/ab/cd/abcd…      a file under the hex SHA-256 of its bytes
 *     DIR/.tmp/eff_N.M     what effect N is fetching, by the sender of epoch
 *                          M: a name that is never served
 *     DIR/.tmp/put_R       what a program puts there, locked while it does
 *     DIR/.tmp/join_in_R   a claim on a file that was there before
 *     DIR/.tmp/in_R        what came within a webhook: first its bytes, then
 *                          a second name of the file (a claim), until an entry
 *                          of the journal names it
 *
 * A file gets its name when it is whole and synced, by a rename; the folder
 * is synced before anybody is told. What a killed sender or program leaves in
 * .tmp is swept away by a later sender.
 *
 * Blocks on the disk: of the sender the fetcher's thread alone.
 */

#ifndef PL_SHELF_H_INCLUDED
#define PL_SHELF_H_INCLUDED

#include "crypto.h"
#include "pl.h"

#define PL_SHELF_NAME  (2 * PL_SHA256_LEN + 1)     /* with its NUL */

/* A file that is being written. All zero: none. */
typedef struct {
    bool        open;
    int         fd;
    uint64_t    bytes;
    pl_hash_t  *hash;
    uint8_t     sha256[PL_SHA256_LEN];      /* once it is ended */
    char        path[PL_PATH_MAX];
} pl_spool_t;

#define PL_SHELF_CLAIM_MS  (3600 * 1000)    /* older ones are nobody's: an
                                       append takes a minute at most */

/*
 * Begins a file, empty, of so many bytes if that is known (else 0): what has
 * no room is not begun. Makes folders that are missing, DIR among
 * them but not those above it. PL_FULL, PL_DENIED, PL_TOOBIG (the path), PL_IO.
 */
pl_status_t pl_shelf_begin(pl_spool_t *spool, const char *dir,
    uint64_t effect, uint64_t epoch, uint64_t bytes, pl_err_t *err);

pl_status_t pl_shelf_write(pl_spool_t *spool, const uint8_t *bytes,
    size_t n, pl_err_t *err);

/* All bytes are there: fills sha256. PL_IO. */
pl_status_t pl_shelf_end(pl_spool_t *spool, pl_err_t *err);

/*
 * Syncs it and gives it its name, which is left in name; one that is there
 * already is kept, and is as young as a new one. The spool is none then. On
 * failure it is to be dropped.
 */
pl_status_t pl_shelf_keep(pl_spool_t *spool, const char *dir,
    char name[PL_SHELF_NAME], pl_err_t *err);

/*
 * The same for what came within a webhook, whose entry is not in the journal
 * yet: begun under a name of chance, and claimed instead of kept. The claim,
 * spool->path, is given up when the entry is there; where that never comes it
 * is how a sweep finds the file that nobody names.
 */
pl_status_t pl_shelf_open(pl_spool_t *spool, const char *dir,
    uint64_t bytes, pl_err_t *err);
pl_status_t pl_shelf_claim(pl_spool_t *spool, const char *dir,
    char name[PL_SHELF_NAME], pl_err_t *err);
void pl_shelf_settle(const pl_spool_t *spool);

/*
 * Looks at claims that are older than before_ms (Unix): named is asked whether
 * the journal may name the file, which was claimed at since_ms; PL_OK: it
 * does, or may; PL_NOTFOUND: it does not, and the file goes, unless somebody
 * else has claimed it meanwhile. Any other status ends it. *n counts files
 * that went. PL_IO.
 */
typedef pl_status_t (*pl_shelf_named_pt)(void *data, const char *name,
    int64_t since_ms, pl_err_t *err);

pl_status_t pl_shelf_unclaimed(const char *dir, int64_t before_ms,
    pl_shelf_named_pt named, void *data, uint64_t *n, pl_err_t *err);

/*
 * All of that in one: puts the file that is open for reading, to its end and
 * of no more than max bytes (else PL_TOOBIG), into the folder. name and
 * *bytes say under which name, and of which size.
 */
pl_status_t pl_shelf_put(const char *dir, int fd, uint64_t max,
    char name[PL_SHELF_NAME], uint64_t *bytes, pl_err_t *err);

/*
 * Removes a file by its name, hex; fine where there is none. before_ms: only
 * if nobody has put it since (wall clock); 0: whenever it was. PL_INVALID: no
 * such name. PL_IO.
 */
pl_status_t pl_shelf_remove(const char *dir, const char *name,
    int64_t before_ms, pl_err_t *err);

/* Removes it; fine where there is none. */
void pl_shelf_drop(pl_spool_t *spool);

/*
 * Removes what senders of other epochs left, and what nobody puts there any
 * more. What fails stays: harmless. */
void pl_shelf_sweep(const char *dir, uint64_t epoch);

#endif /* PL_SHELF_H_INCLUDED */
