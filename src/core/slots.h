/*
 * Keys that can be forgotten: DIR/keys, a file of slots beside the two
 * environments, whose layout is lmdb-schema/README.md's. What is sealed under
 * one of its keys is gone, in free pages and in backups too, once that slot
 * was overwritten.
 *
 * Two kinds. A *period* is some time of the journal: its key seals what is
 * appended then, and is forgotten when nothing of it is kept any more. A
 * *subject* is a record's number (a contact's). Subjects have no slots of
 * their own: 65,536 numbers share a seed, from which each one's key is
 * derived down a tree of PL_SLOTS_LEVELS levels. So a new contact costs no
 * write. To forget one, the seeds beside its way down are written to slots
 * of their own (three a level), and then the one above it is overwritten:
 * who dies in between leaves a file in which nothing is lost, and the
 * forgetting is asked for again.
 *
 * Keys are never copied into a backup. A folder that is a copy of a store
 * may name the file of its original in `keys.at`, an absolute path.
 *
 * One handle a process, opened after fork. Any thread: a mutex is held for
 * microseconds, and where a key is made or forgotten over a write and a sync
 * of the file, so never on an event loop. Processes meet in the file: each
 * sees what another has made or forgotten at its next call.
 */

#ifndef PL_SLOTS_H_INCLUDED
#define PL_SLOTS_H_INCLUDED

#include "crypto.h"
#include "pl.h"

#define PL_SLOTS_FILE     "keys"
#define PL_SLOTS_AT       "keys.at"
#define PL_SLOTS_LEVELS   8             /* of four branches: 65,536 numbers */
#define PL_SLOTS_MAX      (1u << 26)    /* of a file: 4 GiB */
#define PL_SLOTS_TIME_MS  3600000       /* the longest period */

typedef enum {
    PL_SLOT_SUBJECT = 1,
    PL_SLOT_PERIOD = 2,
    PL_SLOT_PIERCED = 3         /* of these numbers some were forgotten */
} pl_slot_e;

typedef struct pl_slots_s  pl_slots_t;

/*
 * Opens the file of the store at dir, if it has one. PL_OK without one: keys
 * are PL_DENIED then. PL_FOREIGN (another file), PL_DENIED, PL_IO.
 */
pl_status_t pl_slots_open(pl_slots_t **slots, const char *dir,
    pl_err_t *err);
void pl_slots_close(pl_slots_t *slots);         /* wipes; NULL is fine */

bool pl_slots_have(const pl_slots_t *slots);

/* Likewise, where another process may have made it since. */
bool pl_slots_there(pl_slots_t *slots);

/* Makes the file where there is none: mode 0660, synced. */
pl_status_t pl_slots_make(pl_slots_t *slots, pl_err_t *err);

/* Where the file is, or would be. */
const char *pl_slots_path(const pl_slots_t *slots);

/* Are new values to be sealed? It is remembered in the file. */
bool pl_slots_on(const pl_slots_t *slots);
pl_status_t pl_slots_turn(pl_slots_t *slots, bool on, pl_err_t *err);

/*
 * A keyed hash, by a key that is never forgotten: what the store knows
 * addresses by. PL_DENIED without a file.
 */
pl_status_t pl_slots_mac(pl_slots_t *slots, const pl_str_t *pieces, size_t n,
    uint8_t out[PL_HASH128_LEN], pl_err_t *err);

/*
 * The same by a subject's key, which goes with it. make: where there is none.
 * PL_NOTFOUND, PL_DENIED as below.
 */
pl_status_t pl_slots_hash(pl_slots_t *slots, uint64_t number, bool make,
    const pl_str_t *pieces, size_t n, uint8_t out[PL_HASH128_LEN],
    pl_err_t *err);

/*
 * Seals and opens under a key. number: the record's, or the period's; of a
 * period that is to be sealed under, pl_slots_period's. out as in
 * pl_cipher_seal; nonce is drawn, and given to open. PL_NOTFOUND: the key was
 * forgotten. PL_DENIED: this file never had it, or the bytes are others.
 */
pl_status_t pl_slots_seal(pl_slots_t *slots, pl_slot_e kind,
    uint64_t number, uint8_t nonce[PL_SEAL_NONCE], pl_str_t aad,
    pl_str_t plain, uint8_t *out, pl_err_t *err);
pl_status_t pl_slots_unseal(pl_slots_t *slots, pl_slot_e kind,
    uint64_t number, const uint8_t nonce[PL_SEAL_NONCE], pl_str_t aad,
    pl_str_t sealed, uint8_t *out, pl_err_t *err);

/* The period of now; a new one where the last is too long ago. */
pl_status_t pl_slots_period(pl_slots_t *slots, uint64_t *number,
    pl_err_t *err);

/* What is sealed from now on is of another period. */
pl_status_t pl_slots_period_end(pl_slots_t *slots, pl_err_t *err);

/* Forgets a subject; one that never was, too. Durable on PL_OK. */
pl_status_t pl_slots_forget(pl_slots_t *slots, uint64_t number,
    pl_err_t *err);

/* Was it forgotten? */
bool pl_slots_forgotten(pl_slots_t *slots, uint64_t number);

/* Forgets all periods before this one, but never the last. */
pl_status_t pl_slots_forget_periods(pl_slots_t *slots, uint64_t before,
    pl_err_t *err);

typedef struct {
    uint32_t  slots;            /* in use */
    uint32_t  periods;
    uint64_t  newest;           /* period; 0: none yet */
} pl_slots_stat_t;

void pl_slots_stat(pl_slots_t *slots, pl_slots_stat_t *stat);

#endif /* PL_SLOTS_H_INCLUDED */
