/*
 * Key slots: reading the file. A slot is 64 bytes in one sector, with a
 * checksum, so that a write that a power cut tears is known: such a slot was
 * not in use yet, or no longer.
 *
 * The head's `changed` grows with each change; a handle that has seen another
 * one reads all slots again. That is rare: a new period an hour, a seed for
 * 65,536 numbers, and people who are forgotten.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "slots_impl.h"
#include "sys_impl.h"

#define SLOTS_MODE   0660
#define SLOTS_TRIES  16

static pl_status_t slots_create(pl_slots_t *slots, pl_err_t *err);
static pl_status_t slots_index(pl_slots_t *slots, pl_err_t *err);
static uint32_t slots_hash(unsigned kind, unsigned level, uint64_t number);


pl_status_t
pl_slots_map(pl_slots_t *slots, bool create, pl_err_t *err)
{
    struct stat  sb;
    pl_status_t  rc;

    slots->fd = open(slots->path, O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (slots->fd == -1 && errno == ENOENT && create) {
        slots->fd = open(slots->path, O_RDWR | O_CREAT | O_CLOEXEC
                                      | O_NOCTTY, SLOTS_MODE);
    }

    if (slots->fd == -1) {
        return pl_sys_err(err, "open keys", errno, slots->path,
                          "cannot open");
    }

    rc = pl_slots_lock(slots, F_WRLCK, err);

    if (rc == PL_OK && fstat(slots->fd, &sb) == -1) {
        rc = pl_sys_err(err, "open keys", errno, slots->path, "cannot stat");
    }

    if (rc == PL_OK && sb.st_size < SLOT_STEP * SLOT_BYTES) {
        rc = slots_create(slots, err);  /* or who made it died in it */
    }

    if (rc == PL_OK) {
        rc = pl_slots_remap(slots, SLOT_STEP, err);
    }

    if (rc == PL_OK
        && (slots->head->magic != SLOT_MAGIC
            || slots->head->crc != pl_slots_crc(slots->head->mac, PL_KEY_LEN)))
    {
        rc = pl_err_set(err, PL_FOREIGN, "open keys", 0,
                        "not a file of keys, or it is damaged");
        pl_err_path(err, "%s", slots->path);
    }

    if (rc == PL_OK) {
        atomic_store(&slots->have, true);
        return pl_slots_lock(slots, F_UNLCK, err);
    }

    (void) close(slots->fd);            /* lets go of the lock */
    slots->fd = -1;

    return rc;
}


pl_status_t
pl_slots_refresh(pl_slots_t *slots, pl_err_t *err)
{
    int          tries;
    uint64_t     changed;
    pl_status_t  rc;

    if (slots->fd == -1) {
        return PL_OK;
    }

    for (tries = 0; tries < SLOTS_TRIES; tries++) {
        changed = atomic_load_explicit(&slots->head->changed,
                                       memory_order_acquire);
        if (changed == slots->changed) {
            return PL_OK;
        }

        rc = pl_slots_remap(slots, atomic_load(&slots->head->slots), err);
        if (rc == PL_OK) {
            rc = slots_index(slots, err);
        }

        if (rc != PL_OK) {
            return rc;
        }

        slots->changed = changed;
    }

    return PL_OK;               /* what another adds meanwhile is not ours */
}


uint32_t
pl_slots_find(const pl_slots_t *slots, unsigned kind, unsigned level,
    uint64_t number)
{
    uint32_t             i, n;
    const slots_slot_t  *slot;

    if (slots->index_len == 0) {
        return 0;
    }

    i = slots_hash(kind, level, number);

    for (n = 0; n < slots->index_len; n++, i++) {
        i &= slots->index_len - 1;

        if (slots->index[i] == 0) {
            return 0;
        }

        slot = pl_slots_at(slots, slots->index[i]);

        if (slot->number == number && slot->kind == kind
            && slot->level == level && slot->state == SLOT_USED)
        {
            return slots->index[i];
        }
    }

    return 0;
}


const slots_slot_t *
pl_slots_at(const pl_slots_t *slots, uint32_t i)
{
    return slots->map + i;
}


pl_status_t
pl_slots_child(pl_slots_t *slots, const uint8_t *seed, unsigned branch,
    uint8_t *child)
{
    uint8_t   b;
    pl_str_t  pieces[2];

    b = (uint8_t) branch;
    pieces[0].data = seed;
    pieces[0].len = PL_KEY_LEN;
    pieces[1].data = &b;
    pieces[1].len = 1;

    return pl_hash_sha256(slots->hash, pieces, 2, child);
}


/* Its length and head at once, and the name synced: then it is one. */

static pl_status_t
slots_create(pl_slots_t *slots, pl_err_t *err)
{
    slots_head_t  head;

    memset(&head, 0, sizeof(head));
    head.magic = SLOT_MAGIC;
    head.changed = 1;
    head.slots = SLOT_STEP;

    if (pl_crypto_random(head.mac, sizeof(head.mac)) != PL_OK) {
        return pl_err_set(err, PL_IO, "make keys", 0, "no random bytes");
    }

    head.crc = pl_slots_crc(head.mac, sizeof(head.mac));
    (void) fchmod(slots->fd, SLOTS_MODE);       /* not ours: as it is */

    errno = posix_fallocate(slots->fd, 0, SLOT_STEP * SLOT_BYTES);

    if (errno != 0
        || pwrite(slots->fd, &head, sizeof(head), 0) != sizeof(head)
        || fsync(slots->fd) == -1
        || pl_sys_sync_parent(slots->path) == -1)
    {
        pl_crypto_wipe(&head, sizeof(head));
        return pl_sys_err(err, "make keys", errno, slots->path,
                          "cannot write");
    }

    pl_crypto_wipe(&head, sizeof(head));

    return PL_OK;
}


/* A file of n slots at least. */

pl_status_t
pl_slots_remap(pl_slots_t *slots, uint32_t n, pl_err_t *err)
{
    void         *map;
    struct stat   sb;

    if (n <= slots->mapped) {
        return PL_OK;
    }

    if (fstat(slots->fd, &sb) == -1 || n > PL_SLOTS_MAX
        || sb.st_size < (off_t) n * SLOT_BYTES)
    {
        return pl_sys_err(err, "map keys", EIO, slots->path,
                          "the file is shorter than it says");
    }

    if (slots->head == NULL) {
        map = mmap(NULL, SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
                   slots->fd, 0);
        if (map == MAP_FAILED) {
            return pl_sys_err(err, "map keys", errno, slots->path,
                              "cannot map");
        }

        slots->head = map;
    }

    map = slots->map == NULL
          ? mmap(NULL, (size_t) n * SLOT_BYTES, PROT_READ | PROT_WRITE,
                 MAP_SHARED, slots->fd, 0)
          : mremap(slots->map, (size_t) slots->mapped * SLOT_BYTES,
                   (size_t) n * SLOT_BYTES, MREMAP_MAYMOVE);

    if (map == MAP_FAILED) {
        return pl_sys_err(err, "map keys", errno, slots->path, "cannot map");
    }

    slots->map = map;
    slots->mapped = n;

    return PL_OK;
}


static pl_status_t
slots_index(pl_slots_t *slots, pl_err_t *err)
{
    uint32_t  i, len;

    for (len = 2 * SLOT_STEP; len < 2 * slots->mapped; len *= 2) {
        /* void */
    }

    if (len != slots->index_len) {
        free(slots->index);
        slots->index_len = 0;
        slots->index = malloc(len * sizeof(slots->index[0]));
        if (slots->index == NULL) {
            return pl_err_set(err, PL_NOMEM, "keys", 0, "no memory");
        }

        slots->index_len = len;
    }

    memset(slots->index, 0, len * sizeof(slots->index[0]));
    slots->used = 0;
    slots->periods = 0;
    slots->newest = 0;
    slots->newest_slot = 0;
    slots->period_ms = 0;
    slots->vacant = slots->mapped;

    for (i = slots->mapped; i-- > 1; /* void */ ) {
        if (pl_slots_sound(pl_slots_at(slots, i))) {
            pl_slots_note(slots, i);

        } else {
            slots->vacant = i;
        }
    }

    pl_slots_uncache(slots);

    return PL_OK;
}


void
pl_slots_note(pl_slots_t *slots, uint32_t i)
{
    uint32_t             at;
    const slots_slot_t  *slot;

    slot = pl_slots_at(slots, i);
    at = slots_hash(slot->kind, slot->level, slot->number)
         & (slots->index_len - 1);

    while (slots->index[at] != 0) {
        at = (at + 1) & (slots->index_len - 1);
    }

    slots->index[at] = i;
    slots->used++;

    if (slot->kind == PL_SLOT_PERIOD) {
        slots->periods++;

        if (slot->number >= slots->newest) {
            slots->newest = slot->number;
            slots->newest_slot = i;
        }
    }
}


pl_status_t
pl_slots_lock(pl_slots_t *slots, short type, pl_err_t *err)
{
    struct flock  lock;

    memset(&lock, 0, sizeof(lock));
    lock.l_type = type;
    lock.l_whence = SEEK_SET;

    while (fcntl(slots->fd, F_OFD_SETLKW, &lock) == -1) {
        if (errno != EINTR) {
            return pl_sys_err(err, "lock keys", errno, slots->path,
                              "cannot lock");
        }
    }

    return PL_OK;
}


void
pl_slots_uncache(pl_slots_t *slots)
{
    if (slots->cache != NULL) {
        pl_crypto_wipe(slots->cache, SLOTS_CACHE * sizeof(slots->cache[0]));
    }
}


bool
pl_slots_sound(const slots_slot_t *slot)
{
    return slot->state == SLOT_USED
           && slot->crc == pl_slots_crc(&slot->state,
                                     sizeof(*slot) - sizeof(slot->crc));
}


/* CRC-32 as in zlib, bit by bit: of few bytes, seldom. */

uint32_t
pl_slots_crc(const void *data, size_t len)
{
    int             bit;
    uint32_t        crc;
    const uint8_t  *p = data;

    for (crc = 0xffffffffu; len-- > 0; p++) {
        crc ^= *p;

        for (bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
        }
    }

    return ~crc;
}


static uint32_t
slots_hash(unsigned kind, unsigned level, uint64_t number)
{
    uint64_t  h;

    h = (number ^ (uint64_t) kind << 56 ^ (uint64_t) level << 48)
        * 0x9e3779b97f4a7c15ull;

    return (uint32_t) (h >> 32);
}
