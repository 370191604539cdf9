/*
 * Private to slots*.c.
 *
 *     slots.c         the handle: opening, looking keys up, sealing
 *     slots_file.c    the file: making it, reading it anew
 *     slots_change.c  making and forgetting keys
 */

#ifndef PL_SLOTS_IMPL_H_INCLUDED
#define PL_SLOTS_IMPL_H_INCLUDED

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "slots.h"

#define SLOT_BYTES    64
#define SLOT_SEED     32                /* the seed's place in a slot */
#define SLOT_STEP     64                /* slots that a file grows by */
#define SLOT_MAGIC    0x504c4b31u       /* "PLK1" */
#define SLOT_USED     1
#define SLOT_BITS     (2 * PL_SLOTS_LEVELS)
#define SLOTS_PIECES  4               /* of a hash */
#define SLOTS_CACHE   4096              /* keys of subjects; a power of two */

/* The head, in the place of the first slot. Machine's own byte order. */
typedef struct {
    uint32_t           magic;
    _Atomic uint32_t   on;
    _Atomic uint64_t   changed;         /* grows when any slot does */
    uint8_t            mac[PL_KEY_LEN];
    _Atomic uint32_t   slots;           /* the file has, with this */
    uint32_t           unused[2];
    uint32_t           crc;             /* of mac */
} slots_head_t;

typedef struct {
    uint32_t  crc;                      /* of all behind it */
    uint8_t   state;
    uint8_t   kind;
    uint8_t   level;
    uint8_t   zero;
    uint64_t  number;                   /* >> 2 * (LEVELS - level) */
    int64_t   made_ms;                  /* of a period: the wall clock's */
    uint64_t  unused;
    uint8_t   seed[PL_KEY_LEN];
} slots_slot_t;

_Static_assert(sizeof(slots_head_t) == SLOT_BYTES, "DIR/keys's layout");
_Static_assert(sizeof(slots_slot_t) == SLOT_BYTES, "DIR/keys's layout");

typedef struct {
    uint64_t  number;
    bool      used;
    uint8_t   key[PL_KEY_LEN];
} slots_cached_t;

struct pl_slots_s {
    pthread_mutex_t   mutex;
    char              path[PATH_MAX];
    int               fd;               /* -1: there is no file */
    _Atomic bool      have;             /* there is: head stays for good */
    slots_head_t     *head;             /* a map of its own */
    slots_slot_t     *map;
    uint32_t          mapped;           /* slots */
    uint64_t          changed;          /* as indexed; 0: not yet */
    uint32_t         *index;            /* slots by what they are of; 0: none */
    uint32_t          index_len;        /* a power of two */
    uint32_t          vacant;           /* the first that is not in use */
    uint32_t          used;
    uint32_t          periods;
    uint64_t          newest;           /* period */
    uint32_t          newest_slot;
    int64_t           period_ms;        /* coarse clock: it is over then */
    slots_cached_t   *cache;
    uint8_t           period[PL_KEY_LEN];   /* the key asked for last */
    uint64_t          nonce[2];         /* the next; drawn at the start */
    pl_cipher_t      *cipher;
    pl_hash_t        *hash;
    pl_mac_t         *mac;              /* NULL: not asked for yet */
};

/* All with the mutex held. */

/* Brings map and index up to date. */
pl_status_t pl_slots_refresh(pl_slots_t *slots, pl_err_t *err);

/* The slot of this; 0: there is none. */
uint32_t pl_slots_find(const pl_slots_t *slots, unsigned kind,
    unsigned level, uint64_t number);

const slots_slot_t *pl_slots_at(const pl_slots_t *slots, uint32_t i);

/* A seed one level down. */
pl_status_t pl_slots_child(pl_slots_t *slots, const uint8_t *seed,
    unsigned branch, uint8_t *child);

/* Maps the file; makes its head where it is new. */
pl_status_t pl_slots_map(pl_slots_t *slots, bool create, pl_err_t *err);

/* A slot with a seed that is drawn; there may be one by now. */
pl_status_t pl_slots_add(pl_slots_t *slots, unsigned kind, uint64_t number,
    pl_err_t *err);

/* The newest period's successor, if it still is the newest. */
pl_status_t pl_slots_next(pl_slots_t *slots, uint64_t newest,
    pl_err_t *err);

/* What pl_slots_forget and _forget_periods do. */
pl_status_t pl_slots_pierce(pl_slots_t *slots, uint64_t number,
    pl_err_t *err);
pl_status_t pl_slots_drop(pl_slots_t *slots, uint64_t before,
    pl_err_t *err);

/* slots_file.c's, for slots_change.c. lock: type as in fcntl. */
pl_status_t pl_slots_lock(pl_slots_t *slots, short type, pl_err_t *err);
pl_status_t pl_slots_remap(pl_slots_t *slots, uint32_t n, pl_err_t *err);
void pl_slots_note(pl_slots_t *slots, uint32_t i);
void pl_slots_uncache(pl_slots_t *slots);
bool pl_slots_sound(const slots_slot_t *slot);
uint32_t pl_slots_crc(const void *data, size_t len);

#endif /* PL_SLOTS_IMPL_H_INCLUDED */
