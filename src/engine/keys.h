/*
 * Keys of the state's tables, built and read in one place. The layouts are
 * lmdb-schema/README.md's; integers are big-endian.
 */

#ifndef PL_KEYS_H_INCLUDED
#define PL_KEYS_H_INCLUDED

#include "../core/str.h"
#include "record.pb-c.h"

#define PL_KEY_PARTY_LEN   13
#define PL_KEY_PLACE_LEN   9
#define PL_KEY_DUE_LEN     25
#define PL_KEY_DUE_LANE    8        /* the lane's byte in such a key */
#define PL_KEY_DUE_ASIDE   0x80u    /* of a lane: its heads that are set aside
                                       (hold.h), behind all its channel's */

/*
 * Ended timers stay as tasks under their time with this bit set, behind all
 * that still run, so that the scheduler's scan never walks over them.
 */
#define PL_TIMER_ENDED     (1ULL << 63)

/* Whose queue, conversation or record it is. */
typedef struct {
    uint32_t         tenant;
    Pl__PartyKind    kind;
    uint64_t         party;
} pl_party_t;

void pl_key_seq(pl_key_t *key, uint64_t seq);                 /* 8 */
void pl_key_tenant_seq(pl_key_t *key, uint32_t tenant, uint64_t seq);
void pl_key_party(pl_key_t *key, const pl_party_t *party);    /* 13 */
void pl_key_address(pl_key_t *key, uint32_t tenant,
    Pl__AddressKind kind, pl_str_t value);
void pl_key_dedupe(pl_key_t *key, uint32_t time_s,
    const uint8_t hash[16]);                                  /* 20 */
void pl_key_request(pl_key_t *key, uint32_t tenant,
    const uint8_t id[PL_REQUEST_KEY_LEN]);                    /* 20 */
void pl_key_due(pl_key_t *key, const Pl__Effect *effect);     /* 25 */
void pl_key_timer(pl_key_t *key, int64_t due_ms, uint64_t timer); /* 16 */
void pl_key_task(pl_key_t *key, uint32_t tenant, int64_t due_ms,
    uint64_t timer);                /* 20; due_ms as in the timer's key */

/* What waits for a party on a channel and lane under a collapse key. */
void pl_key_collapse(pl_key_t *key, const pl_party_t *party,
    uint32_t channel, Pl__Lane lane, const char *collapse_key);
void pl_key_counter(pl_key_t *key, uint32_t tenant, const char *metric,
    uint32_t day, const char *label);

/* Both empty: the row that says that the channel's templates are complete. */
void pl_key_template(pl_key_t *key, uint32_t tenant, uint32_t channel,
    const char *name, const char *language);

/* A file by its hex SHA-256 and its media type. */
void pl_key_upload(pl_key_t *key, uint32_t tenant, uint32_t channel,
    const char *file, const char *mime_type);

/*
 * Where the heads of a lane of a channel begin in `due`; and what a row's key
 * says. False where the bytes are none.
 */
void pl_key_due_at(pl_key_t *key, uint32_t tenant, uint32_t channel,
    uint8_t lane);                                            /* 9 */
bool pl_key_due_parse(pl_str_t key, uint32_t *tenant, uint32_t *channel,
    uint8_t *lane, int64_t *due_ms, uint64_t *effect);

/*
 * The value of a row in `due`: whose queue it heads, so that whoever asks
 * what is due need not read the effect. False where the bytes are none.
 */
void pl_key_place(pl_key_t *place, Pl__PartyKind kind,
    uint64_t party);                                          /* 9 */
bool pl_key_place_parse(pl_str_t place, Pl__PartyKind *kind,
    uint64_t *party);

#endif /* PL_KEYS_H_INCLUDED */
