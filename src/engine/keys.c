/*
 * Keys of the state's tables. See keys.h.
 */

#include <string.h>

#include "keys.h"


void
pl_key_seq(pl_key_t *key, uint64_t seq)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u64(key, seq);
}


void
pl_key_tenant_seq(pl_key_t *key, uint32_t tenant, uint64_t seq)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, tenant);
    pl_key_u64(key, seq);
}


void
pl_key_party(pl_key_t *key, const pl_party_t *party)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, party->tenant);
    pl_key_u8(key, (uint8_t) party->kind);
    pl_key_u64(key, party->party);
}


void
pl_key_address(pl_key_t *key, uint32_t tenant, Pl__AddressKind kind,
    pl_str_t value)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, tenant);
    pl_key_u8(key, (uint8_t) kind);
    pl_key_bytes(key, value.data, value.len);
}


void
pl_key_dedupe(pl_key_t *key, uint32_t time_s, const uint8_t hash[16])
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, time_s);
    pl_key_bytes(key, hash, 16);
}


void
pl_key_request(pl_key_t *key, uint32_t tenant,
    const uint8_t id[PL_REQUEST_KEY_LEN])
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, tenant);
    pl_key_bytes(key, id, PL_REQUEST_KEY_LEN);
}


void
pl_key_due(pl_key_t *key, const Pl__Effect *effect)
{
    pl_key_due_at(key, effect->tenant, effect->channel,
                  (uint8_t) effect->lane);
    pl_key_u64(key, (uint64_t) effect->due_ms);
    pl_key_u64(key, effect->id);
}


void
pl_key_due_at(pl_key_t *key, uint32_t tenant, uint32_t channel, uint8_t lane)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, tenant);
    pl_key_u32(key, channel);
    pl_key_u8(key, lane);
}


bool
pl_key_due_parse(pl_str_t key, uint32_t *tenant, uint32_t *channel,
    uint8_t *lane, int64_t *due_ms, uint64_t *effect)
{
    if (key.len != PL_KEY_DUE_LEN) {
        return false;
    }

    *tenant = pl_be32(key.data);
    *channel = pl_be32(key.data + 4);
    *lane = key.data[8];
    *due_ms = (int64_t) pl_be64(key.data + 9);
    *effect = pl_be64(key.data + 17);

    return true;
}


void
pl_key_timer(pl_key_t *key, int64_t due_ms, uint64_t timer)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u64(key, (uint64_t) due_ms);
    pl_key_u64(key, timer);
}


void
pl_key_task(pl_key_t *key, uint32_t tenant, int64_t due_ms, uint64_t timer)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, tenant);
    pl_key_u64(key, (uint64_t) due_ms);
    pl_key_u64(key, timer);
}


void
pl_key_collapse(pl_key_t *key, const pl_party_t *party, uint32_t channel,
    Pl__Lane lane, const char *collapse_key)
{
    pl_key_party(key, party);
    pl_key_u32(key, channel);
    pl_key_u8(key, (uint8_t) lane);
    pl_key_bytes(key, collapse_key, strlen(collapse_key));
}


void
pl_key_counter(pl_key_t *key, uint32_t tenant, const char *metric,
    uint32_t day, const char *label)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, tenant);
    pl_key_bytes(key, metric, strlen(metric) + 1);
    pl_key_u32(key, day);
    pl_key_bytes(key, label, strlen(label));
}


void
pl_key_template(pl_key_t *key, uint32_t tenant, uint32_t channel,
    const char *name, const char *language)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, tenant);
    pl_key_u32(key, channel);
    pl_key_bytes(key, name, strlen(name) + 1);
    pl_key_bytes(key, language, strlen(language));
}


void
pl_key_upload(pl_key_t *key, uint32_t tenant, uint32_t channel,
    const char *file, const char *mime_type)
{
    pl_key_template(key, tenant, channel, file, mime_type);
}


void
pl_key_place(pl_key_t *place, Pl__PartyKind kind, uint64_t party)
{
    place->len = 0;
    place->overflow = false;
    pl_key_u8(place, (uint8_t) kind);
    pl_key_u64(place, party);
}


bool
pl_key_place_parse(pl_str_t place, Pl__PartyKind *kind, uint64_t *party)
{
    if (place.len != PL_KEY_PLACE_LEN) {
        return false;
    }

    *kind = (Pl__PartyKind) place.data[0];
    *party = pl_be64(place.data + 1);

    return true;
}
