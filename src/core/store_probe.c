/*
 * A look at a data file before LMDB maps it. LMDB trusts what it maps: a
 * file that was cut is a SIGBUS at the first read of a missing page, and a
 * page of garbage is an abort(). Here the same bytes are read with pread(),
 * and what does not hold is an error with the file's name.
 *
 * What is read (LMDB's format 1, MDB_DATA_VERSION; native byte order, 64
 * bits; all offsets in bytes):
 *
 *     page     0 number u64   8 pad u16   10 flags u16 (1 branch, 2 leaf,
 *              8 meta)   12 lower u16   14 upper u16   16 node offsets, u16
 *              each, up to lower; nodes from upper to the page's end
 *     meta     pages 0 and 1, at 16: magic u32, version u32, address u64,
 *              map size u64, tree of free pages, main tree, last page u64,
 *              transaction u64
 *     tree     48 bytes: pad u32 (in the first one: page size), flags u16,
 *              depth u16, branch, leaf and overflow pages u64 each, entries
 *              u64, root u64 (all ones: empty)
 *     node     0 low u16, 2 high u16, 4 flags u16 (2: a named tree), 6 key
 *              length u16, 8 key, then data; in leaves low and high are the
 *              data's length, in branches they and the flags are a page
 *
 * The meta page with the greater transaction holds. Checked are both metas,
 * the file's length against the last page (store_pages.c says why that is
 * exact), the root of the free pages' tree, the main tree, and the root of
 * each tree that it names.
 *
 * Another process may commit meanwhile. It never writes to a page that the
 * newest meta reaches, so what looks wrong is wrong if the meta has not
 * changed since; if it has, we look again.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_impl.h"
#include "sys_impl.h"


#define PROBE_MAGIC      0xbeefc0deu
#define PROBE_VERSION    1
#define PROBE_NONE       UINT64_MAX     /* root of an empty tree */
#define PROBE_HEAD       16
#define PROBE_TREE       48
#define PROBE_NODE       8
#define PROBE_PAGE_MAX   32768          /* LMDB's */
#define PROBE_BRANCH     0x01
#define PROBE_LEAF       0x02
#define PROBE_META       0x08
#define PROBE_NAMED      0x02
#define PROBE_DEPTH_MAX  4              /* of the main tree: names only */
#define PROBE_PAGES_MAX  256            /* of the main tree */
#define PROBE_TRIES      16


typedef struct {
    uint64_t     root;
    unsigned     depth;
} probe_tree_t;


typedef struct {
    uint64_t      page_bytes;
    uint64_t      map_bytes;
    uint64_t      last;
    uint64_t      txn;
    probe_tree_t  free;
    probe_tree_t  main;
} probe_meta_t;


typedef struct {
    int           fd;
    const char   *path;
    pl_err_t     *err;
    probe_meta_t  meta;
    unsigned      pages;        /* of the main tree, read so far */
} probe_t;


static pl_status_t probe_once(probe_t *probe);
static pl_status_t probe_newest(probe_t *probe, probe_meta_t *newest);
static pl_status_t probe_meta(probe_t *probe, uint64_t offset,
    probe_meta_t *meta);
static pl_status_t probe_page(probe_t *probe, uint64_t number, unsigned depth,
    uint8_t *page);
static pl_status_t probe_main(probe_t *probe, uint64_t number,
    unsigned depth);
static pl_status_t probe_node(probe_t *probe, const uint8_t *page,
    unsigned offset, unsigned depth);
static pl_status_t probe_bad(probe_t *probe, pl_status_t status,
    const char *text);
static uint16_t probe_u16(const uint8_t *p);
static uint32_t probe_u32(const uint8_t *p);
static uint64_t probe_u64(const uint8_t *p);
static void probe_tree(const uint8_t *p, probe_tree_t *tree);


pl_status_t
pl_store_probe_file(const char *path, store_probe_t *out, pl_err_t *err)
{
    int           tries;
    probe_t       probe;
    struct stat   sb;
    pl_status_t   status;
    probe_meta_t  now;

    memset(out, 0, sizeof(*out));
    memset(&probe, 0, sizeof(probe));
    probe.path = path;
    probe.err = err;

    /* a FIFO would wait for its writer without O_NONBLOCK */
    probe.fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (probe.fd == -1) {
        return errno == ENOENT ? PL_OK
                               : pl_sys_err(err, "open store", errno, path,
                                            "cannot open data file");
    }

    status = PL_OK;
    if (fstat(probe.fd, &sb) == -1 || !S_ISREG(sb.st_mode)) {
        status = probe_bad(&probe, PL_FOREIGN, "not a regular file");
    }

    for (tries = 0; status == PL_OK && tries < PROBE_TRIES; tries++) {
        status = probe_newest(&probe, &probe.meta);
        if (status == PL_OK) {
            status = probe_once(&probe);
        }

        if (status == PL_OK
            || probe_newest(&probe, &now) != PL_OK
            || now.txn == probe.meta.txn)
        {
            break;
        }

        /* somebody commits, so the store works: look again */
        status = PL_OK;
    }

    (void) close(probe.fd);     /* nothing was written; holds no lock */

    if (status == PL_OK) {
        out->exists = true;
        out->map_bytes = probe.meta.map_bytes;
        out->page_bytes = probe.meta.page_bytes;
        out->used_bytes = (probe.meta.last + 1) * probe.meta.page_bytes;
    }

    return status;
}


/* A file that cannot be looked at is told by who opens it. */
uint64_t
pl_store_probe_chosen(const pl_store_t *st)
{
    int            i;
    uint64_t       chosen;
    store_probe_t  probe;

    chosen = 0;

    for (i = 0; i < PL_ENV_COUNT; i++) {
        if (pl_store_probe_file(st->env[i].data, &probe, NULL) == PL_OK
            && probe.map_bytes > chosen)
        {
            chosen = probe.map_bytes;
        }
    }

    return chosen;
}


static pl_status_t
probe_once(probe_t *probe)
{
    uint8_t       page[PROBE_PAGE_MAX];
    uint64_t      need;
    struct stat   sb;
    pl_status_t   status;

    if (fstat(probe->fd, &sb) == -1) {
        return pl_sys_err(probe->err, "open store", errno, probe->path,
                          "cannot stat");
    }

    if (probe->meta.last < 1
        || probe->meta.last >= INT64_MAX / probe->meta.page_bytes)
    {
        return probe_bad(probe, PL_IO, "damaged: last page makes no sense");
    }

    need = (probe->meta.last + 1) * probe->meta.page_bytes;

    if ((uint64_t) sb.st_size < need) {
        (void) pl_err_set(probe->err, PL_IO, "open store", 0,
                          "truncated: %lld bytes, its pages need %llu",
                          (long long) sb.st_size, (unsigned long long) need);
        pl_err_path(probe->err, "%s", probe->path);
        return PL_IO;
    }

    if (probe->meta.free.root != PROBE_NONE) {
        status = probe_page(probe, probe->meta.free.root,
                            probe->meta.free.depth, page);
        if (status != PL_OK) {
            return status;
        }
    }

    if (probe->meta.main.root == PROBE_NONE) {
        return PL_OK;           /* no table: the caller says foreign */
    }

    if (probe->meta.main.depth > PROBE_DEPTH_MAX) {
        return probe_bad(probe, PL_FOREIGN, "too many trees for Parley's");
    }

    probe->pages = 0;

    return probe_main(probe, probe->meta.main.root, probe->meta.main.depth);
}


static pl_status_t
probe_newest(probe_t *probe, probe_meta_t *newest)
{
    pl_status_t   status;
    probe_meta_t  meta[2];

    status = probe_meta(probe, 0, &meta[0]);
    if (status == PL_OK) {
        status = probe_meta(probe, meta[0].page_bytes, &meta[1]);
    }

    if (status != PL_OK) {
        return status;
    }

    *newest = meta[0].txn < meta[1].txn ? meta[1] : meta[0];

    return PL_OK;
}


static pl_status_t
probe_meta(probe_t *probe, uint64_t offset, probe_meta_t *meta)
{
    uint8_t   buf[PROBE_HEAD + 24 + 2 * PROBE_TREE + 16], *p;
    ssize_t   n;
    uint64_t  page_bytes;

    n = pl_sys_pread(probe->fd, buf, sizeof(buf), (off_t) offset);
    if (n == -1) {
        return pl_sys_err(probe->err, "open store", errno, probe->path,
                          "cannot read");
    }

    if (n != (ssize_t) sizeof(buf)) {
        return probe_bad(probe, PL_IO, "truncated: no meta pages");
    }

    p = buf + PROBE_HEAD;

    if (probe_u32(p) != PROBE_MAGIC
        || (probe_u16(buf + 10) & PROBE_META) == 0)
    {
        return probe_bad(probe, PL_FOREIGN, "not a data file of LMDB");
    }

    if (probe_u32(p + 4) != PROBE_VERSION) {
        return probe_bad(probe, PL_FOREIGN, "LMDB's format is another one");
    }

    page_bytes = probe_u32(p + 24);
    if (page_bytes < 512 || page_bytes > PROBE_PAGE_MAX
        || (page_bytes & (page_bytes - 1)) != 0)
    {
        return probe_bad(probe, PL_IO, "damaged: page size makes no sense");
    }

    meta->page_bytes = page_bytes;
    meta->map_bytes = probe_u64(p + 16);
    probe_tree(p + 24, &meta->free);
    probe_tree(p + 24 + PROBE_TREE, &meta->main);
    meta->last = probe_u64(p + 24 + 2 * PROBE_TREE);
    meta->txn = probe_u64(p + 24 + 2 * PROBE_TREE + 8);

    return PL_OK;
}


/* Reads a page of a tree: depth 1 is a leaf, more is a branch. */
static pl_status_t
probe_page(probe_t *probe, uint64_t number, unsigned depth, uint8_t *page)
{
    ssize_t   n;
    unsigned  flags, lower, upper;
    uint64_t  bytes;

    bytes = probe->meta.page_bytes;

    if (number < 2 || number > probe->meta.last || depth == 0) {
        return probe_bad(probe, PL_IO, "damaged: root is no page");
    }

    n = pl_sys_pread(probe->fd, page, (size_t) bytes,
                     (off_t) (number * bytes));
    if (n == -1) {
        return pl_sys_err(probe->err, "open store", errno, probe->path,
                          "cannot read");
    }

    flags = probe_u16(page + 10);
    lower = probe_u16(page + 12);
    upper = probe_u16(page + 14);

    if (n != (ssize_t) bytes || probe_u64(page) != number
        || flags != (depth == 1 ? PROBE_LEAF : PROBE_BRANCH)
        || lower < PROBE_HEAD || (lower & 1) != 0 || lower > upper
        || upper > bytes)
    {
        (void) pl_err_set(probe->err, PL_IO, "open store", 0,
                          "damaged: page %llu is not what its tree says",
                          (unsigned long long) number);
        pl_err_path(probe->err, "%s", probe->path);
        return PL_IO;
    }

    return PL_OK;
}


static pl_status_t
probe_main(probe_t *probe, uint64_t number, unsigned depth)
{
    uint8_t      page[PROBE_PAGE_MAX];
    unsigned     i, n;
    pl_status_t  status;

    if (++probe->pages > PROBE_PAGES_MAX) {
        return probe_bad(probe, PL_FOREIGN, "too many trees for Parley's");
    }

    status = probe_page(probe, number, depth, page);
    n = (probe_u16(page + 12) - PROBE_HEAD) / 2u;

    for (i = 0; status == PL_OK && i < n; i++) {
        status = probe_node(probe, page,
                            probe_u16(page + PROBE_HEAD + 2 * i), depth);
    }

    return status;
}


/* A child of the main tree, or the root of a tree that a leaf names. */
static pl_status_t
probe_node(probe_t *probe, const uint8_t *page, unsigned offset,
    unsigned depth)
{
    uint8_t         root[PROBE_PAGE_MAX];
    uint64_t        bytes, len, child;
    probe_tree_t    tree;
    const uint8_t  *node;

    bytes = probe->meta.page_bytes;

    if (offset < probe_u16(page + 14) || offset + PROBE_NODE > bytes) {
        return probe_bad(probe, PL_IO, "damaged: a node is off its page");
    }

    node = page + offset;
    len = (uint64_t) PROBE_NODE + probe_u16(node + 6);
    child = probe_u16(node) | (uint64_t) probe_u16(node + 2) << 16;

    if (depth > 1) {
        if (offset + len > bytes) {
            return probe_bad(probe, PL_IO, "damaged: a node is off its page");
        }

        child |= (uint64_t) probe_u16(node + 4) << 32;
        return probe_main(probe, child, depth - 1);
    }

    if ((probe_u16(node + 4) & PROBE_NAMED) == 0) {
        return PL_OK;           /* a plain value: not ours, not opened */
    }

    if (child != PROBE_TREE || offset + len + PROBE_TREE > bytes) {
        return probe_bad(probe, PL_IO, "damaged: a tree's record is short");
    }

    probe_tree(node + len, &tree);

    return tree.root == PROBE_NONE
           ? PL_OK : probe_page(probe, tree.root, tree.depth, root);
}


static pl_status_t
probe_bad(probe_t *probe, pl_status_t status, const char *text)
{
    (void) pl_err_set(probe->err, status, "open store", 0, "%s", text);
    pl_err_path(probe->err, "%s", probe->path);

    return status;
}


static uint16_t
probe_u16(const uint8_t *p)
{
    uint16_t  n;

    memcpy(&n, p, sizeof(n));

    return n;
}


static uint32_t
probe_u32(const uint8_t *p)
{
    uint32_t  n;

    memcpy(&n, p, sizeof(n));

    return n;
}


static uint64_t
probe_u64(const uint8_t *p)
{
    uint64_t  n;

    memcpy(&n, p, sizeof(n));

    return n;
}


static void
probe_tree(const uint8_t *p, probe_tree_t *tree)
{
    tree->depth = probe_u16(p + 6);
    tree->root = probe_u64(p + 40);
}
