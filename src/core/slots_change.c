/*
 * Key slots: making and forgetting keys. Who changes anything holds a lock on
 * the file, and looks at it anew first. What is written is synced before
 * anything relies on it: a key before it seals, the seeds beside a forgotten
 * way before the one above them goes.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "slots_impl.h"
#include "sys_impl.h"

static pl_status_t slots_begin(pl_slots_t *slots, pl_err_t *err);
static pl_status_t slots_end(pl_slots_t *slots, pl_status_t rc,
    pl_err_t *err);
static pl_status_t slots_draw(pl_slots_t *slots, unsigned kind,
    unsigned level, uint64_t number, pl_err_t *err);
static pl_status_t slots_put(pl_slots_t *slots, unsigned kind,
    unsigned level, uint64_t number, const uint8_t *seed, pl_err_t *err);
static pl_status_t slots_known(pl_slots_t *slots, pl_err_t *err);
static pl_status_t slots_beside(pl_slots_t *slots, uint32_t above,
    uint64_t number, pl_err_t *err);
static pl_status_t slots_wipe(pl_slots_t *slots, uint32_t i, pl_err_t *err);
static pl_status_t slots_sync(pl_slots_t *slots, pl_err_t *err);


pl_status_t
pl_slots_add(pl_slots_t *slots, unsigned kind, uint64_t number,
    pl_err_t *err)
{
    pl_status_t  rc;

    rc = slots_begin(slots, err);

    if (rc == PL_OK && pl_slots_find(slots, kind, 0, number) == 0
        && pl_slots_find(slots, PL_SLOT_PIERCED, 0, number) == 0)
    {
        rc = slots_draw(slots, kind, 0, number, err);
    }

    return slots_end(slots, rc, err);
}


pl_status_t
pl_slots_next(pl_slots_t *slots, uint64_t newest, pl_err_t *err)
{
    pl_status_t  rc;

    rc = slots_begin(slots, err);

    if (rc == PL_OK && slots->newest == newest) {
        rc = slots_draw(slots, PL_SLOT_PERIOD, PL_SLOTS_LEVELS, newest + 1,
                        err);
    }

    return slots_end(slots, rc, err);
}


pl_status_t
pl_slots_pierce(pl_slots_t *slots, uint64_t number, pl_err_t *err)
{
    unsigned     level;
    uint32_t     above;
    pl_status_t  rc;

    rc = slots_begin(slots, err);

    if (rc == PL_OK && pl_slots_find(slots, PL_SLOT_PIERCED, 0,
                                     number >> SLOT_BITS) == 0)
    {
        rc = slots_draw(slots, PL_SLOT_PIERCED, 0, number >> SLOT_BITS,
                        err);
    }

    /* there may be several, where one before us died in it */

    for (level = 0; rc == PL_OK && level <= PL_SLOTS_LEVELS; level++) {
        above = pl_slots_find(slots, PL_SLOT_SUBJECT, level,
                              number >> 2 * (PL_SLOTS_LEVELS - level));
        if (above == 0) {
            continue;
        }

        rc = slots_beside(slots, above, number, err);

        if (rc == PL_OK) {
            rc = slots_sync(slots, err);
        }

        if (rc == PL_OK) {
            rc = slots_wipe(slots, above, err);
        }
    }

    return slots_end(slots, rc, err);
}


pl_status_t
pl_slots_drop(pl_slots_t *slots, uint64_t before, pl_err_t *err)
{
    uint32_t             i;
    pl_status_t          rc;
    const slots_slot_t  *slot;

    rc = slots_begin(slots, err);

    for (i = 1; rc == PL_OK && i < slots->mapped; i++) {
        slot = pl_slots_at(slots, i);

        if (slot->state == SLOT_USED && slot->kind == PL_SLOT_PERIOD
            && slot->number < before && slot->number < slots->newest)
        {
            rc = slots_wipe(slots, i, err);
        }
    }

    return slots_end(slots, rc, err);
}


/* A change: alone, and by what the file says now. */

static pl_status_t
slots_begin(pl_slots_t *slots, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_slots_lock(slots, F_WRLCK, err);

    return rc == PL_OK ? pl_slots_refresh(slots, err) : rc;
}


static pl_status_t
slots_end(pl_slots_t *slots, pl_status_t rc, pl_err_t *err)
{
    if (rc == PL_OK) {
        rc = slots_sync(slots, err);
    }

    slots->changed = 0;         /* what was wiped leaves the index */
    (void) pl_slots_lock(slots, F_UNLCK, NULL);

    return rc == PL_OK ? pl_slots_refresh(slots, err) : rc;
}


static pl_status_t
slots_draw(pl_slots_t *slots, unsigned kind, unsigned level, uint64_t number,
    pl_err_t *err)
{
    uint8_t      seed[PL_KEY_LEN];
    pl_status_t  rc;

    if (pl_crypto_random(seed, sizeof(seed)) != PL_OK) {
        return pl_err_set(err, PL_IO, "keys", 0, "no random bytes");
    }

    rc = slots_put(slots, kind, level, number, seed, err);
    pl_crypto_wipe(seed, sizeof(seed));

    return rc;
}


static pl_status_t
slots_put(pl_slots_t *slots, unsigned kind, unsigned level, uint64_t number,
    const uint8_t *seed, pl_err_t *err)
{
    uint32_t      n;
    slots_slot_t  slot;
    pl_status_t   rc;

    if (slots->vacant >= slots->mapped) {
        n = slots->mapped + SLOT_STEP;
        errno = n > PL_SLOTS_MAX
                ? EFBIG : posix_fallocate(slots->fd, 0,
                                          (off_t) n * SLOT_BYTES);
        if (errno != 0) {
            return pl_sys_err(err, "keys", errno, slots->path,
                              "cannot make the file longer");
        }

        slots->vacant = slots->mapped;

        rc = pl_slots_remap(slots, n, err);
        if (rc != PL_OK) {
            return rc;
        }

        atomic_store(&slots->head->slots, n);
    }

    memset(&slot, 0, sizeof(slot));
    slot.state = SLOT_USED;
    slot.kind = (uint8_t) kind;
    slot.level = (uint8_t) level;
    slot.number = number;
    slot.made_ms = pl_clock_wall_ms(pl_clock_system());
    memcpy(slot.seed, seed, sizeof(slot.seed));
    slot.crc = pl_slots_crc(&slot.state, sizeof(slot) - sizeof(slot.crc));

    rc = pwrite(slots->fd, &slot, sizeof(slot),
                (off_t) slots->vacant * SLOT_BYTES) == sizeof(slot)
         ? PL_OK : pl_sys_err(err, "keys", errno, slots->path,
                              "cannot write");
    pl_crypto_wipe(&slot, sizeof(slot));

    return rc == PL_OK ? slots_known(slots, err) : rc;
}


/* A slot was filled, by us, who hold the lock: the rest is as it was. */

static pl_status_t
slots_known(pl_slots_t *slots, pl_err_t *err)
{
    uint64_t  changed;

    changed = atomic_fetch_add(&slots->head->changed, 1) + 1;

    if (slots->index_len < 2 * slots->mapped) {
        return pl_slots_refresh(slots, err);
    }

    pl_slots_note(slots, slots->vacant);
    slots->changed = changed;
    slots->period_ms = 0;

    while (slots->vacant < slots->mapped
           && pl_slots_sound(pl_slots_at(slots, slots->vacant)))
    {
        slots->vacant++;
    }

    return PL_OK;
}


/* The seeds beside the way from `above` down to number. */

static pl_status_t
slots_beside(pl_slots_t *slots, uint32_t above, uint64_t number,
    pl_err_t *err)
{
    unsigned     level, branch, way;
    uint8_t      seed[PL_KEY_LEN], child[PL_KEY_LEN];
    uint64_t     prefix;
    pl_status_t  rc;

    rc = PL_OK;
    level = pl_slots_at(slots, above)->level;
    memcpy(seed, pl_slots_at(slots, above)->seed, sizeof(seed));

    for ( /* void */ ; rc == PL_OK && level < PL_SLOTS_LEVELS; level++) {
        prefix = number >> 2 * (PL_SLOTS_LEVELS - level - 1);
        way = prefix & 3;

        for (branch = 0; rc == PL_OK && branch < 4; branch++) {
            prefix = (prefix & ~3ull) | branch;

            if (branch == way
                || pl_slots_find(slots, PL_SLOT_SUBJECT, level + 1, prefix)
                   != 0)
            {
                continue;
            }

            rc = pl_slots_child(slots, seed, branch, child);
            if (rc == PL_OK) {
                rc = slots_put(slots, PL_SLOT_SUBJECT, level + 1, prefix,
                               child, err);
            }
        }

        if (rc == PL_OK) {
            rc = pl_slots_child(slots, seed, way, seed);
        }
    }

    pl_crypto_wipe(seed, sizeof(seed));
    pl_crypto_wipe(child, sizeof(child));

    return rc;
}


/* Overwritten, and on disk so before it counts as forgotten. */

static pl_status_t
slots_wipe(pl_slots_t *slots, uint32_t i, pl_err_t *err)
{
    pl_status_t    rc;
    slots_slot_t   slot;

    memset(&slot, 0, sizeof(slot));

    if (pwrite(slots->fd, &slot, sizeof(slot), (off_t) i * SLOT_BYTES)
        != sizeof(slot))
    {
        return pl_sys_err(err, "forget key", errno, slots->path,
                          "cannot write");
    }

    rc = slots_sync(slots, err);
    (void) atomic_fetch_add(&slots->head->changed, 1);  /* all is read anew
                                                           in the end */
    pl_slots_uncache(slots);

    return rc;
}


static pl_status_t
slots_sync(pl_slots_t *slots, pl_err_t *err)
{
    return fdatasync(slots->fd) == 0
           ? PL_OK : pl_sys_err(err, "keys", errno, slots->path,
                                "cannot sync");
}
