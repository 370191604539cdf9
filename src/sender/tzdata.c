/*
 * Reading the tz database's folder. See tzdata.h.
 *
 * Names are gathered and sorted first, since a folder has no order and the
 * digest needs one; names whose bytes are the same share a file.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/crypto.h"
#include "../core/str.h"
#include "tzdata.h"

#define TZDATA_ARENA_BLOCK  65536
#define TZDATA_ARENA_MAX    (3u * PLS_TZDATA_PORTIONS_MAX                     \
                             * PL_ZONES_PORTION_BYTES)
#define TZDATA_HEADER_LEN   44          /* of each of a file's two parts */
#define TZDATA_COUNTS       20          /* where its six counts begin */
#define TZDATA_LINE         128
#define TZDATA_NAME_MAX     (PL_ZONE_NAME_MAX + NAME_MAX + 2)   /* whatever a
                                           folder may have in it */
#define TZDATA_PATH_MAX     (PL_PATH_MAX + TZDATA_NAME_MAX)
#define TZDATA_PIECES       3           /* of a zone in the digest */

typedef struct {
    const char  *name;
    pl_str_t     bytes;
    bool         shared;                /* with a name before it */
} tzdata_zone_t;

/* One reading. */
typedef struct {
    pls_tzdata_t   *out;
    const char     *dir;
    size_t          n;
    tzdata_zone_t  *zones;              /* PL_ZONES_MAX */
    uint8_t        *file;               /* PL_ZONE_BYTES_MAX, and one more */
    pl_err_t       *err;
} tzdata_t;

static pl_status_t tzdata_all(tzdata_t *t);
static pl_status_t tzdata_folder(tzdata_t *t, const char *folder, int deep);
static pl_status_t tzdata_entry(tzdata_t *t, const char *name, int deep);
static pl_status_t tzdata_zone(tzdata_t *t, const char *name,
    const char *path);
static pl_str_t tzdata_strip(uint8_t *file, size_t len);
static ssize_t tzdata_load(const char *path, void *buf, size_t size);
static void tzdata_version(tzdata_t *t);
static bool tzdata_line(const tzdata_t *t, const char *file,
    const char *lead, char *version);
static int tzdata_by_name(const void *a, const void *b);
static pl_status_t tzdata_digest(tzdata_t *t);
static pl_status_t tzdata_portions(tzdata_t *t);
static Pl__ZoneFile *tzdata_file(tzdata_t *t, size_t i);
static Pl__ZonesPublish *tzdata_portion(tzdata_t *t);
static pl_status_t tzdata_nomem(tzdata_t *t);


pl_status_t
pls_tzdata_read(pls_tzdata_t **tzdata, const char *dir, pl_err_t *err)
{
    tzdata_t     t = { NULL, dir, 0, NULL, NULL, err };
    pl_status_t  rc;

    *tzdata = NULL;

    t.out = calloc(1, sizeof(*t.out));
    if (t.out == NULL) {
        return tzdata_nomem(&t);
    }

    t.out->ar = pl_arena_create(TZDATA_ARENA_BLOCK, TZDATA_ARENA_MAX);
    t.zones = calloc(PL_ZONES_MAX, sizeof(*t.zones));
    t.file = malloc(PL_ZONE_BYTES_MAX + 1);

    rc = t.out->ar == NULL || t.zones == NULL || t.file == NULL
         ? tzdata_nomem(&t) : tzdata_all(&t);

    free(t.zones);
    free(t.file);

    if (rc != PL_OK) {
        pls_tzdata_free(t.out);
        return rc;
    }

    *tzdata = t.out;

    return PL_OK;
}


void
pls_tzdata_free(pls_tzdata_t *tzdata)
{
    if (tzdata != NULL) {
        pl_arena_destroy(tzdata->ar);
        free(tzdata);
    }
}


static pl_status_t
tzdata_all(tzdata_t *t)
{
    pl_status_t  rc;

    rc = tzdata_folder(t, "", 0);

    if (rc == PL_OK && t->n == 0) {
        rc = pl_err_set(t->err, PL_NOTFOUND, "zones", 0, "there is no time "
                        "zone in the folder");
        pl_err_path(t->err, "%s", t->dir);
    }

    if (rc != PL_OK) {
        return rc;
    }

    qsort(t->zones, t->n, sizeof(*t->zones), tzdata_by_name);
    tzdata_version(t);

    rc = tzdata_portions(t);

    return rc == PL_OK ? tzdata_digest(t) : rc;
}


/* folder: below the database's, "" for itself. */

static pl_status_t
tzdata_folder(tzdata_t *t, const char *folder, int deep)
{
    DIR            *dir;
    char            path[TZDATA_PATH_MAX], name[TZDATA_NAME_MAX];
    pl_status_t     rc = PL_OK;
    struct dirent  *entry;

    (void) snprintf(path, sizeof(path), "%s/%s", t->dir, folder);

    dir = opendir(path);
    if (dir == NULL) {
        rc = pl_err_set(t->err, errno == ENOENT ? PL_NOTFOUND : PL_IO,
                        "zones", errno, "cannot read the tz database");
        pl_err_path(t->err, "%s", path);
        return rc;
    }

    while (rc == PL_OK && (entry = readdir(dir)) != NULL) {
        (void) snprintf(name, sizeof(name), "%s%s%s", folder,
                        folder[0] == '\0' ? "" : "/", entry->d_name);

        if (pl_zone_name_valid(pl_str_c(name))) {
            rc = tzdata_entry(t, name, deep);
        }
    }

    (void) closedir(dir);               /* only read from */

    return rc;
}


static pl_status_t
tzdata_entry(tzdata_t *t, const char *name, int deep)
{
    char         path[TZDATA_PATH_MAX];
    struct stat  st;

    (void) snprintf(path, sizeof(path), "%s/%s", t->dir, name);

    if (stat(path, &st) != 0) {
        return PL_OK;                   /* a link that leads nowhere */
    }

    if (S_ISDIR(st.st_mode)) {
        return deep < PLS_TZDATA_FOLDERS_MAX - 1
               ? tzdata_folder(t, name, deep + 1) : PL_OK;
    }

    return S_ISREG(st.st_mode) ? tzdata_zone(t, name, path) : PL_OK;
}


static pl_status_t
tzdata_zone(tzdata_t *t, const char *name, const char *path)
{
    ssize_t         len;
    pl_str_t        bytes;
    pl_status_t     rc;
    tzdata_zone_t  *zone;

    len = tzdata_load(path, t->file, PL_ZONE_BYTES_MAX + 1);

    if (len == -1) {
        rc = pl_err_set(t->err, PL_IO, "zones", errno,
                        "cannot read the tz database");
        pl_err_path(t->err, "%s", path);
        return rc;
    }

    if (len < TZDATA_HEADER_LEN || len > (ssize_t) PL_ZONE_BYTES_MAX
        || memcmp(t->file, "TZif", 4) != 0)
    {
        return PL_OK;                   /* zone1970.tab, leapseconds, ... */
    }

    if (t->n == PL_ZONES_MAX) {
        rc = pl_err_set(t->err, PL_TOOBIG, "zones", 0,
                        "more than %d time zones", PL_ZONES_MAX);
        pl_err_path(t->err, "%s", t->dir);
        return rc;
    }

    bytes = tzdata_strip(t->file, (size_t) len);

    zone = &t->zones[t->n++];
    zone->name = pl_arena_str(t->out->ar, pl_str_c(name));
    zone->bytes.data = pl_arena_dup(t->out->ar, bytes.data, bytes.len);
    zone->bytes.len = bytes.len;

    return zone->name == NULL || zone->bytes.data == NULL ? tzdata_nomem(t)
                                                          : PL_OK;
}


/*
 * The 32-bit data goes, and the header in front of it says that there is
 * none. What is no whole file of version 2 stays as it is, for the fold to
 * refuse.
 */

static pl_str_t
tzdata_strip(uint8_t *file, size_t len)
{
    uint64_t             size = 0;
    size_t               i;
    const uint8_t       *counts = file + TZDATA_COUNTS;

    /* bytes for each: isut, isstd, leap seconds, times, types, names */
    static const uint8_t  sizes[6] = { 1, 1, 8, 5, 6, 1 };

    for (i = 0; i < 6; i++) {
        size += (uint64_t) pl_be32(counts + 4 * i) * sizes[i];
    }

    if (file[4] < '2' || size > len - TZDATA_HEADER_LEN) {
        return (pl_str_t) { file, len };
    }

    memset(file + TZDATA_COUNTS, 0, TZDATA_HEADER_LEN - TZDATA_COUNTS);
    memmove(file + size, file, TZDATA_HEADER_LEN);

    return (pl_str_t) { file + size, len - size };
}


/* As much as there is, at most size; -1 with errno. */

static ssize_t
tzdata_load(const char *path, void *buf, size_t size)
{
    int      fd, error;
    size_t   len = 0;
    ssize_t  n = 0;

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1) {
        return -1;
    }

    while (len < size) {
        n = read(fd, (uint8_t *) buf + len, size - len);
        if (n <= 0 && !(n == -1 && errno == EINTR)) {
            break;
        }
        len += n > 0 ? (size_t) n : 0;
    }

    error = errno;
    (void) close(fd);                   /* only read from */
    errno = error;

    return n == -1 ? -1 : (ssize_t) len;
}


static void
tzdata_version(tzdata_t *t)
{
    char  version[PL_ZONES_VERSION_MAX + 1] = "";

    if (!tzdata_line(t, "+VERSION", "", version)) {
        (void) tzdata_line(t, "tzdata.zi", "# version ", version);
    }

    t->out->version = pl_arena_str(t->out->ar, pl_str_c(version));
}


/* What a file's first line says behind its lead: printable, and cut. */

static bool
tzdata_line(const tzdata_t *t, const char *file, const char *lead,
    char *version)
{
    char     path[TZDATA_PATH_MAX], line[TZDATA_LINE];
    size_t   i, n = strlen(lead);
    ssize_t  len;

    (void) snprintf(path, sizeof(path), "%s/%s", t->dir, file);

    len = tzdata_load(path, line, sizeof(line));
    if (len < (ssize_t) n || memcmp(line, lead, n) != 0) {
        return false;
    }

    for (i = 0; n < (size_t) len && i < PL_ZONES_VERSION_MAX; i++, n++) {
        if (line[n] <= ' ' || line[n] > '~') {
            break;
        }
        version[i] = line[n];
    }

    version[i] = '\0';

    return i != 0;
}


static int
tzdata_by_name(const void *a, const void *b)
{
    const tzdata_zone_t  *x = a, *y = b;

    return strcmp(x->name, y->name);
}


/* Over the version, and each name, its NUL, length and bytes. */

static pl_status_t
tzdata_digest(tzdata_t *t)
{
    size_t        i, n = 0;
    uint8_t      *digest, *len;
    pl_str_t     *pieces;
    pl_hash_t    *hash;
    pl_status_t   rc = PL_NOMEM;

    hash = pl_hash_create();
    digest = pl_arena_alloc(t->out->ar, PL_ZONES_DIGEST_LEN);
    len = pl_arena_alloc(t->out->ar, 8 * t->n);
    pieces = pl_arena_alloc(t->out->ar, (1 + TZDATA_PIECES * t->n)
                                        * sizeof(*pieces));

    if (hash != NULL && digest != NULL && len != NULL && pieces != NULL) {
        pieces[n++] = (pl_str_t) { (const uint8_t *) t->out->version,
                                   strlen(t->out->version) + 1 };

        for (i = 0; i < t->n; i++) {
            pl_be64_put(len + 8 * i, t->zones[i].bytes.len);
            pieces[n++] = (pl_str_t) { (const uint8_t *) t->zones[i].name,
                                       strlen(t->zones[i].name) + 1 };
            pieces[n++] = (pl_str_t) { len + 8 * i, 8 };
            pieces[n++] = t->zones[i].bytes;
        }

        rc = pl_hash_sha256(hash, pieces, n, digest);
    }

    pl_hash_destroy(hash);

    if (rc != PL_OK) {
        return pl_err_set(t->err, rc, "zones", 0, "no digest of them");
    }

    for (i = 0; i < t->out->portions; i++) {
        t->out->publish[i].digest.data = digest;
        t->out->publish[i].digest.len = PL_ZONES_DIGEST_LEN;
    }

    return PL_OK;
}


static pl_status_t
tzdata_portions(tzdata_t *t)
{
    size_t             i, bytes = 0;
    Pl__ZoneFile      *file;
    Pl__ZonesPublish  *portion;

    t->out->names = t->n;
    portion = t->out->version == NULL ? NULL : tzdata_portion(t);

    for (i = 0; portion != NULL && i < t->n; i++) {
        if (t->zones[i].shared) {
            continue;
        }

        file = tzdata_file(t, i);
        if (file == NULL) {
            return tzdata_nomem(t);
        }

        if (bytes + file->tzif.len > PL_ZONES_PORTION_BYTES) {
            if (t->out->portions == PLS_TZDATA_PORTIONS_MAX) {
                return pl_err_set(t->err, PL_TOOBIG, "zones", 0,
                                  "the tz database is too large");
            }

            portion->has_more = 1;
            portion->more = 1;
            portion = tzdata_portion(t);
            bytes = 0;
        }

        if (portion != NULL) {
            portion->zones[portion->n_zones++] = file;
            bytes += file->tzif.len;
        }
    }

    return portion == NULL ? tzdata_nomem(t) : PL_OK;
}


/* The file of the i-th name, with all names that have the same. */

static Pl__ZoneFile *
tzdata_file(tzdata_t *t, size_t i)
{
    size_t                k, n;
    Pl__ZoneFile         *file;
    const tzdata_zone_t  *first = &t->zones[i];

    for (k = i, n = 0; k < t->n; k++) {
        t->zones[k].shared = t->zones[k].shared
                             || pl_str_eq(t->zones[k].bytes, first->bytes);
        n += t->zones[k].shared;
    }

    file = pl_arena_alloc(t->out->ar, sizeof(*file));
    if (file == NULL) {
        return NULL;
    }

    pl__zone_file__init(file);
    file->tzif.data = (uint8_t *) (uintptr_t) first->bytes.data;
    file->tzif.len = first->bytes.len;
    file->names = pl_arena_alloc(t->out->ar, n * sizeof(char *));
    if (file->names == NULL) {
        return NULL;
    }

    for (k = i; k < t->n; k++) {
        if (pl_str_eq(t->zones[k].bytes, first->bytes)) {
            file->names[file->n_names++] =
                (char *) (uintptr_t) t->zones[k].name;
        }
    }

    return file;
}


static Pl__ZonesPublish *
tzdata_portion(tzdata_t *t)
{
    Pl__ZonesPublish  *portion = &t->out->publish[t->out->portions++];

    pl__zones_publish__init(portion);
    portion->version = (char *) (uintptr_t) t->out->version;
    portion->zones = pl_arena_alloc(t->out->ar,
                                    t->n * sizeof(*portion->zones));

    return portion->zones == NULL ? NULL : portion;
}


static pl_status_t
tzdata_nomem(tzdata_t *t)
{
    return pl_err_set(t->err, PL_NOMEM, "zones", 0, "out of memory");
}
