/*
 * Files that were claimed for an entry that never came: see
 * pl_shelf_unclaimed in shelf.h.
 *
 * A file is taken from its place under another name first, gone_…, and only
 * then looked at: who claims it meanwhile has either found it in its place,
 * and is counted among its names, or has not, and puts its own bytes there.
 * One that is left under that name by a sweep that was killed is put back by
 * the next.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "str.h"
#include "shelf.h"

typedef struct {
    const char          *dir;
    int64_t              before_ms;
    pl_shelf_named_pt    named;
    void                *data;
    uint64_t             n;
} claim_t;

static void claim_back(const claim_t *c, const char *gone);
static void claim_left(const claim_t *c, const char *claim);
static pl_status_t claim_look(claim_t *c, const char *claim, pl_err_t *err);
static pl_status_t claim_digest(const char *path, char name[PL_SHELF_NAME]);
static pl_status_t claim_remove(claim_t *c, const char *claim,
    const char *name, pl_err_t *err);
static bool claim_path(char *path, const claim_t *c, const char *name);
static bool claim_place(char *path, const claim_t *c, const char *name);


pl_status_t
pl_shelf_unclaimed(const char *dir, int64_t before_ms,
    pl_shelf_named_pt named, void *data, uint64_t *n, pl_err_t *err)
{
    DIR            *tmp;
    char            path[PL_PATH_MAX];
    claim_t         c = { dir, before_ms, named, data, 0 };
    pl_status_t     rc = PL_OK;
    struct dirent  *entry;

    *n = 0;

    tmp = claim_path(path, &c, "") ? opendir(path) : NULL;
    if (tmp == NULL) {
        return PL_OK;                   /* nothing ever came */
    }

    while ((entry = readdir(tmp)) != NULL) {

        if (strncmp(entry->d_name, "gone_", 5) == 0) {
            claim_back(&c, entry->d_name);

        } else if (strncmp(entry->d_name, "join_", 5) == 0) {
            claim_left(&c, entry->d_name);
        }
    }

    rewinddir(tmp);                     /* without those that are left over */

    while (rc == PL_OK && (entry = readdir(tmp)) != NULL) {
        if (strncmp(entry->d_name, "in_", 3) == 0) {
            rc = claim_look(&c, entry->d_name, err);
        }
    }

    (void) closedir(tmp);
    *n = c.n;

    return rc;
}


static void
claim_back(const claim_t *c, const char *gone)
{
    char  path[PL_PATH_MAX], place[PL_PATH_MAX];

    if (strlen(gone) == 5 + PL_SHELF_NAME - 1 && claim_path(path, c, gone)
        && claim_place(place, c, gone + 5)
        && (link(path, place) == 0 || errno == EEXIST))
    {
        (void) unlink(path);
    }
}


/* It joined a file that was there: that is not this one's to remove. */

static void
claim_left(const claim_t *c, const char *claim)
{
    char         path[PL_PATH_MAX];
    struct stat  st;

    if (claim_path(path, c, claim) && lstat(path, &st) == 0
        && (int64_t) st.st_mtim.tv_sec * 1000 < c->before_ms)
    {
        (void) unlink(path);
    }
}


/* Bytes that have no other name were never a whole file. */

static pl_status_t
claim_look(claim_t *c, const char *claim, pl_err_t *err)
{
    char         path[PL_PATH_MAX], name[PL_SHELF_NAME];
    int64_t      since_ms;
    struct stat  st;
    pl_status_t  rc;

    if (!claim_path(path, c, claim) || lstat(path, &st) == -1
        || !S_ISREG(st.st_mode))
    {
        return PL_OK;
    }

    since_ms = (int64_t) st.st_mtim.tv_sec * 1000
               + st.st_mtim.tv_nsec / 1000000;

    if (since_ms >= c->before_ms) {
        return PL_OK;
    }

    if (st.st_nlink == 1 || claim_digest(path, name) != PL_OK) {
        (void) unlink(path);
        return PL_OK;
    }

    rc = c->named(c->data, name, since_ms, err);

    if (rc == PL_OK) {
        (void) unlink(path);
        return PL_OK;
    }

    return rc == PL_NOTFOUND ? claim_remove(c, path, name, err) : rc;
}


/* The name is that of its bytes. */

static pl_status_t
claim_digest(const char *path, char name[PL_SHELF_NAME])
{
    int          fd;
    ssize_t      n = 0;
    uint8_t      buf[65536], sum[PL_SHA256_LEN];
    pl_hash_t   *hash;
    pl_status_t  rc = PL_IO;

    fd = open(path, O_RDONLY|O_NOFOLLOW|O_CLOEXEC);
    hash = pl_hash_create();

    if (fd != -1 && hash != NULL) {
        rc = pl_hash_begin(hash);

        while (rc == PL_OK && (n = read(fd, buf, sizeof(buf))) > 0) {
            rc = pl_hash_add(hash, buf, (size_t) n);
        }

        rc = rc == PL_OK && n == 0 ? pl_hash_end(hash, sum) : PL_IO;
    }

    pl_hash_destroy(hash);

    if (fd != -1) {
        (void) close(fd);               /* only read from */
    }

    if (rc == PL_OK) {
        pl_hex_encode(sum, sizeof(sum), name);
    }

    return rc;
}


static pl_status_t
claim_remove(claim_t *c, const char *claim, const char *name, pl_err_t *err)
{
    char         gone[PL_PATH_MAX], place[PL_PATH_MAX];
    char         under[PL_SHELF_NAME + 8];
    struct stat  st;

    (void) snprintf(under, sizeof(under), "gone_%s", name);

    if (!claim_path(gone, c, under) || !claim_place(place, c, name)) {
        return PL_OK;
    }

    if (rename(place, gone) == -1) {
        (void) unlink(claim);           /* it went already: erased */
        return errno == ENOENT ? PL_OK
               : pl_err_set(err, PL_IO, "rename", errno,
                            "a file that nobody names stays");
    }

    if (lstat(gone, &st) == 0 && st.st_nlink == 2) {
        (void) unlink(gone);
        c->n++;

    } else {
        claim_back(c, under);
    }

    (void) unlink(claim);

    return PL_OK;
}


static bool
claim_path(char *path, const claim_t *c, const char *name)
{
    return snprintf(path, PL_PATH_MAX, "%s/.tmp/%s", c->dir, name)
           < PL_PATH_MAX;
}


static bool
claim_place(char *path, const claim_t *c, const char *name)
{
    return snprintf(path, PL_PATH_MAX, "%s/%.2s/%.2s/%s", c->dir, name,
                    name + 2, name) < PL_PATH_MAX;
}
