/*
 * Rows that a writer reads again and again, kept beside the map.
 *
 * The fold asks for each message whose address it is and who that contact
 * is: two searches of large trees, each through three or four pages that are
 * in no cache of the processor. Here such a row is a hash and two cache
 * lines away.
 *
 * A bucket of the index is one cache line of eight slots; a slot is the
 * hash's upper bits and a place in a ring, to which rows are appended. What
 * the ring has overwritten since is no more in the index, and needs no
 * bookkeeping: a place further back than the ring is long has expired.
 *
 *     row:  table u8, key length u8, value length u16, hash u32, key, value
 *
 * Never wrong, by three rules. A put or delete takes the row out, and the
 * next get reads it from the tree again. What was read in a transaction that
 * has written and does not commit goes, all of it. And all goes where the
 * transaction that begins is not the next one after the last commit made
 * here: then another process has written.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "store_impl.h"

#define CACHE_WAYS         8
#define CACHE_BUCKETS      32768                        /* a power of two */
#define CACHE_INDEX_BYTES  (CACHE_BUCKETS * CACHE_WAYS * sizeof(uint64_t))
#define CACHE_RING_BYTES   (32ull * 1024 * 1024)
#define CACHE_ROW_MAX      1024
#define CACHE_PLACE_BITS   40                           /* of 8 bytes each */
#define CACHE_PLACE_MASK   ((1ull << CACHE_PLACE_BITS) - 1)
#define CACHE_LIMIT        ((CACHE_PLACE_MASK << 3) - CACHE_RING_BYTES)

struct store_cache_s {
    uint64_t   committed;       /* the last transaction known; 0: none */
    bool       wrote;           /* this transaction has */
    uint64_t   end;             /* bytes ever appended; 8 before the first */
    uint64_t  *slots;           /* 0: empty */
    uint8_t   *ring;
};

typedef struct {
    uint8_t    table;
    uint8_t    key_len;
    uint16_t   value_len;
    uint32_t   hash;
} cache_row_t;

_Static_assert(sizeof(cache_row_t) == 8, "rows are aligned by it");
_Static_assert(CACHE_ROW_MAX <= UINT16_MAX, "value_len");
_Static_assert(PL_TABLE_COUNT <= UINT8_MAX, "table");

static bool cache_make(store_cache_t *cache);
static void cache_clear(store_cache_t *cache);
static uint64_t *cache_slot(const store_cache_t *cache, pl_table_e table,
    pl_str_t key, uint64_t hash);
static uint64_t *cache_victim(const store_cache_t *cache, uint64_t hash);
static bool cache_expired(const store_cache_t *cache, uint64_t slot);
static uint64_t cache_hash(pl_table_e table, pl_str_t key);


store_cache_t *
pl_store_cache_create(void)
{
    return calloc(1, sizeof(store_cache_t));
}


void
pl_store_cache_destroy(store_cache_t *cache)
{
    if (cache == NULL) {
        return;
    }

    if (cache->slots != NULL) {
        (void) munmap(cache->slots, CACHE_INDEX_BYTES + CACHE_RING_BYTES);
    }

    free(cache);
}


void
pl_store_cache_begin(store_cache_t *cache, uint64_t txn_id)
{
    if (cache == NULL) {
        return;
    }

    cache->wrote = false;

    if (txn_id != cache->committed + 1) {
        cache_clear(cache);
        cache->committed = txn_id - 1;
    }
}


void
pl_store_cache_end(store_cache_t *cache, bool committed)
{
    if (cache == NULL) {
        return;
    }

    if (committed) {
        cache->committed++;

    } else if (cache->wrote) {
        cache_clear(cache);
    }
}


bool
pl_store_cache_keeps(const store_cache_t *cache, pl_table_e table)
{
    return cache != NULL
           && (table == PL_TABLE_CONTACTS || table == PL_TABLE_ADDRESSES);
}


bool
pl_store_cache_get(const store_cache_t *cache, pl_table_e table,
    pl_str_t key, pl_str_t *value)
{
    uint64_t            *slot;
    const uint8_t       *row;
    const cache_row_t   *head;

    if (cache->slots == NULL) {
        return false;
    }

    slot = cache_slot(cache, table, key, cache_hash(table, key));
    if (slot == NULL) {
        return false;
    }

    row = cache->ring + ((*slot & CACHE_PLACE_MASK) << 3) % CACHE_RING_BYTES;
    head = (const cache_row_t *) row;
    value->data = row + sizeof(*head) + head->key_len;
    value->len = head->value_len;

    return true;
}


void
pl_store_cache_add(store_cache_t *cache, pl_table_e table, pl_str_t key,
    pl_str_t value)
{
    size_t         len;
    uint8_t       *row;
    uint64_t       hash, left, *slot;
    cache_row_t    head;

    len = (sizeof(head) + key.len + value.len + 7) & ~(size_t) 7;

    if (len > CACHE_ROW_MAX || key.len > UINT8_MAX || !cache_make(cache)) {
        return;
    }

    left = CACHE_RING_BYTES - cache->end % CACHE_RING_BYTES;

    if (left < len) {
        cache->end += left;             /* a row lies in one piece */
    }

    if (cache->end > CACHE_LIMIT) {
        cache_clear(cache);
    }

    hash = cache_hash(table, key);
    head.table = (uint8_t) table;
    head.key_len = (uint8_t) key.len;
    head.value_len = (uint16_t) value.len;
    head.hash = (uint32_t) hash;

    row = cache->ring + cache->end % CACHE_RING_BYTES;
    memcpy(row, &head, sizeof(head));
    memcpy(row + sizeof(head), key.data, key.len);
    memcpy(row + sizeof(head) + key.len, value.data, value.len);

    slot = cache_victim(cache, hash);
    *slot = (hash & ~CACHE_PLACE_MASK) | cache->end >> 3;
    cache->end += len;
}


void
pl_store_cache_drop(store_cache_t *cache, pl_table_e table, pl_str_t key)
{
    uint64_t  *slot;

    if (!pl_store_cache_keeps(cache, table)) {
        return;
    }

    cache->wrote = true;

    if (cache->slots == NULL) {
        return;
    }

    slot = cache_slot(cache, table, key, cache_hash(table, key));
    if (slot != NULL) {
        *slot = 0;
    }
}


void
pl_store_cache_forget(store_cache_t *cache)
{
    if (cache != NULL) {
        cache_clear(cache);
        cache->committed = 0;
    }
}


/*
 * Made when it is first used: most processes never write. Large pages save
 * the walks of the page table that a row far away costs besides.
 */

static bool
cache_make(store_cache_t *cache)
{
    void  *at;

    if (cache->slots != NULL) {
        return true;
    }

    at = mmap(NULL, CACHE_INDEX_BYTES + CACHE_RING_BYTES,
              PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        return false;           /* the trees have it all */
    }

    (void) madvise(at, CACHE_INDEX_BYTES + CACHE_RING_BYTES, MADV_HUGEPAGE);

    cache->slots = at;
    cache->ring = (uint8_t *) at + CACHE_INDEX_BYTES;
    cache->end = 8;             /* place 0 would look empty */

    return true;
}


static void
cache_clear(store_cache_t *cache)
{
    if (cache->slots != NULL && cache->end != 8) {
        memset(cache->slots, 0, CACHE_INDEX_BYTES);
        cache->end = 8;
    }
}


/* Where that row is; NULL. */

static uint64_t *
cache_slot(const store_cache_t *cache, pl_table_e table, pl_str_t key,
    uint64_t hash)
{
    unsigned            i;
    uint64_t           *slot;
    const uint8_t      *row;
    const cache_row_t  *head;

    slot = cache->slots + (hash & (CACHE_BUCKETS - 1)) * CACHE_WAYS;

    for (i = 0; i < CACHE_WAYS; i++, slot++) {

        if (*slot == 0 || (*slot ^ hash) >> CACHE_PLACE_BITS != 0
            || cache_expired(cache, *slot))
        {
            continue;
        }

        row = cache->ring
              + ((*slot & CACHE_PLACE_MASK) << 3) % CACHE_RING_BYTES;
        head = (const cache_row_t *) row;

        if (head->hash == (uint32_t) hash && head->table == table
            && head->key_len == key.len
            && memcmp(row + sizeof(*head), key.data, key.len) == 0)
        {
            return slot;
        }
    }

    return NULL;
}


/* An empty slot, or the one that was filled first. */

static uint64_t *
cache_victim(const store_cache_t *cache, uint64_t hash)
{
    unsigned   i;
    uint64_t  *slot, *oldest;

    slot = cache->slots + (hash & (CACHE_BUCKETS - 1)) * CACHE_WAYS;
    oldest = slot;

    for (i = 0; i < CACHE_WAYS; i++, slot++) {
        if ((*slot & CACHE_PLACE_MASK) < (*oldest & CACHE_PLACE_MASK)) {
            oldest = slot;
        }
    }

    return oldest;
}


static bool
cache_expired(const store_cache_t *cache, uint64_t slot)
{
    return ((slot & CACHE_PLACE_MASK) << 3) + CACHE_RING_BYTES < cache->end;
}


/*
 * Eight bytes at a time, folded by a wide multiplication. Who finds keys
 * that collide gains that they are read from the tree.
 */

static uint64_t
cache_hash(pl_table_e table, pl_str_t key)
{
    size_t             left;
    uint64_t           hash, word;
    const uint8_t     *p;
    unsigned __int128  wide;

    hash = 0x9e3779b97f4a7c15ull ^ ((uint64_t) table << 32 | key.len);
    p = key.data;

    for (left = key.len; left != 0; /* void */ ) {
        word = 0;
        memcpy(&word, p, left < sizeof(word) ? left : sizeof(word));

        wide = (unsigned __int128) (hash ^ word) * 0xd6e8feb86659fd93ull;
        hash = (uint64_t) wide ^ (uint64_t) (wide >> 64);

        p += left < sizeof(word) ? left : sizeof(word);
        left -= left < sizeof(word) ? left : sizeof(word);
    }

    wide = (unsigned __int128) hash * 0xa0761d6478bd642full;

    return (uint64_t) wide ^ (uint64_t) (wide >> 64);
}
