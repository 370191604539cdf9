/*
 * What can be held, and how it is written down. See hold.h. Pure.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hold.h"

#define HOLD_KEY_LEN  10        /* in front of the subject */

/* What the place of a kind has. */
typedef struct {
    bool  channel;
    bool  subject;
} hold_kind_t;

static const hold_kind_t *hold_kind(Pl__HoldKind kind);
static pl_str_t hold_subject(pl_str_t subject);
static pl_str_t hold_template(const Pl__Message *message);


void
pl_hold_key(pl_key_t *key, const pl_hold_place_t *place, Pl__HoldCause cause)
{
    pl_str_t  subject;

    subject = hold_subject(place->subject);

    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, place->tenant);
    pl_key_u8(key, (uint8_t) place->kind);
    pl_key_u32(key, place->channel);
    pl_key_u8(key, (uint8_t) cause);
    pl_key_bytes(key, subject.data, subject.len);
}


bool
pl_hold_key_parse(pl_str_t key, pl_hold_place_t *place, Pl__HoldCause *cause)
{
    if (key.len < HOLD_KEY_LEN) {
        return false;
    }

    place->tenant = pl_be32(key.data);
    place->kind = (Pl__HoldKind) key.data[4];
    place->channel = pl_be32(key.data + 5);
    place->subject.data = key.data + HOLD_KEY_LEN;
    place->subject.len = key.len - HOLD_KEY_LEN;
    *cause = (Pl__HoldCause) key.data[9];

    return pl_hold_fits(place)
           && *cause >= PL__HOLD_CAUSE__HOLD_CAUSE_PERSON
           && *cause <= PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT;
}


bool
pl_hold_fits(const pl_hold_place_t *place)
{
    size_t              i;
    const hold_kind_t  *kind;

    kind = hold_kind(place->kind);

    if (kind == NULL || place->tenant == 0
        || kind->channel != (place->channel != 0)
        || kind->subject != (place->subject.len != 0))
    {
        return false;
    }

    for (i = 0; i < place->subject.len; i++) {
        if (place->subject.data[i] < 0x20 || place->subject.data[i] == 0x7f) {
            return false;
        }
    }

    return true;
}


bool
pl_hold_stands(const Pl__HoldRecord *row, int64_t now_ms)
{
    return !row->has_until_ms || row->until_ms > now_ms;
}


/* What an account is refused for stays until it is taken, or changed. */

bool
pl_hold_over(const Pl__HoldRecord *row, Pl__HoldCause cause, int64_t now_ms)
{
    switch (cause) {

    case PL__HOLD_CAUSE__HOLD_CAUSE_PERSON:
        return !pl_hold_stands(row, now_ms);

    case PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE:
        return row->until_ms <= now_ms - PL_HOLD_FORGET_MS;

    default:
        return false;
    }
}


size_t
pl_hold_aside(const Pl__Effect *effect, const Pl__Message *message,
    char digits[PL_HOLD_DIGITS_MAX],
    pl_hold_place_t places[PL_HOLD_ASIDE_MAX])
{
    size_t     n;
    pl_str_t   name;

    if (effect->of_case != PL__EFFECT__OF_SEND_MESSAGE) {
        return 0;
    }

    n = 0;
    name = hold_template(message);

    if (name.len != 0) {
        places[n++] = (pl_hold_place_t) {
            effect->tenant, PL__HOLD_KIND__HOLD_KIND_TEMPLATE,
            effect->channel, name
        };
    }

    if (effect->campaign != 0) {
        (void) snprintf(digits, PL_HOLD_DIGITS_MAX, "%" PRIu64,
                        effect->campaign);
        places[n++] = (pl_hold_place_t) {
            effect->tenant, PL__HOLD_KIND__HOLD_KIND_CAMPAIGN, 0,
            pl_str_c(digits)
        };
    }

    if (effect->party_kind == PL__PARTY_KIND__PARTY_KIND_GROUP) {
        places[n++] = (pl_hold_place_t) {
            effect->tenant, PL__HOLD_KIND__HOLD_KIND_GROUPS,
            effect->channel, PL_STR_NULL
        };
    }

    return n;
}


/*
 * Without an account's id the channel stands for it. A pair's bucket is the
 * effect's own, and so is one that it is not in: a template's where it has
 * none, groups' where it goes to a person. The place would not hold it, and
 * it would go again at once.
 */

bool
pl_hold_bucket(const pl_channel_conf_t *channel, const Pl__Effect *effect,
    const Pl__Message *message, Pl__Bucket bucket, pl_hold_place_t *place)
{
    place->tenant = effect->tenant;
    place->channel = effect->channel;
    place->subject = PL_STR_NULL;

    switch (bucket) {

    case PL__BUCKET__BUCKET_CHANNEL:
        place->kind = PL__HOLD_KIND__HOLD_KIND_CHANNEL;
        return true;

    case PL__BUCKET__BUCKET_GROUP:
        place->kind = PL__HOLD_KIND__HOLD_KIND_GROUPS;
        return effect->party_kind == PL__PARTY_KIND__PARTY_KIND_GROUP;

    case PL__BUCKET__BUCKET_TEMPLATE:
        place->kind = PL__HOLD_KIND__HOLD_KIND_TEMPLATE;
        place->subject = hold_template(message);
        return pl_hold_fits(place);

    case PL__BUCKET__BUCKET_ACCOUNT:
        place->kind = PL__HOLD_KIND__HOLD_KIND_ACCOUNT;
        place->subject = channel == NULL ? PL_STR_NULL
                                         : pl_str_c(channel->row->waba_id);
        break;

    case PL__BUCKET__BUCKET_APP:
        place->kind = PL__HOLD_KIND__HOLD_KIND_APP;
        place->subject = channel == NULL ? PL_STR_NULL
                                         : pl_str_c(channel->row->provider);
        break;

    default:
        return false;
    }

    if (place->subject.len == 0) {
        place->kind = PL__HOLD_KIND__HOLD_KIND_CHANNEL;
        return true;
    }

    place->channel = 0;

    return pl_hold_fits(place);
}


void
pl_hold_aside_value(pl_key_t *value, const Pl__Effect *effect,
    const pl_hold_place_t *place)
{
    pl_str_t  subject;

    subject = hold_subject(place->subject);

    pl_key_place(value, effect->party_kind, effect->party);
    pl_key_u8(value, (uint8_t) place->kind);
    pl_key_bytes(value, subject.data, subject.len);
}


bool
pl_hold_aside_parse(pl_str_t value, uint32_t tenant, uint32_t channel,
    pl_str_t *at, pl_hold_place_t *place)
{
    if (value.len < PL_KEY_PLACE_LEN + 1) {
        return false;
    }

    at->data = value.data;
    at->len = PL_KEY_PLACE_LEN;

    place->tenant = tenant;
    place->kind = (Pl__HoldKind) value.data[PL_KEY_PLACE_LEN];
    place->channel = place->kind == PL__HOLD_KIND__HOLD_KIND_CAMPAIGN
                     ? 0 : channel;
    place->subject.data = value.data + PL_KEY_PLACE_LEN + 1;
    place->subject.len = value.len - PL_KEY_PLACE_LEN - 1;

    return pl_hold_fits(place);
}


static const hold_kind_t *
hold_kind(Pl__HoldKind kind)
{
    static const hold_kind_t  kinds[] = {
        [PL__HOLD_KIND__HOLD_KIND_TENANT]   = { false, false },
        [PL__HOLD_KIND__HOLD_KIND_CHANNEL]  = { true, false },
        [PL__HOLD_KIND__HOLD_KIND_ACCOUNT]  = { false, true },
        [PL__HOLD_KIND__HOLD_KIND_APP]      = { false, true },
        [PL__HOLD_KIND__HOLD_KIND_TEMPLATE] = { true, true },
        [PL__HOLD_KIND__HOLD_KIND_CAMPAIGN] = { false, true },
        [PL__HOLD_KIND__HOLD_KIND_GROUPS]   = { true, false },
        [PL__HOLD_KIND__HOLD_KIND_FILES]    = { true, false },
    };

    return kind >= PL__HOLD_KIND__HOLD_KIND_TENANT
           && (size_t) kind < PL_COUNT(kinds) ? &kinds[kind] : NULL;
}


/* On a character's edge, since it is text. */

static pl_str_t
hold_subject(pl_str_t subject)
{
    if (subject.len > PL_HOLD_SUBJECT_MAX) {
        subject.len = PL_HOLD_SUBJECT_MAX;

        while (subject.len > 0
               && (subject.data[subject.len] & 0xc0) == 0x80)
        {
            subject.len--;
        }
    }

    return subject;
}


static pl_str_t
hold_template(const Pl__Message *message)
{
    if (message == NULL || message->content == NULL
        || message->content->of_case != PL__CONTENT__OF_TEMPLATE
        || message->content->template_->name == NULL)
    {
        return PL_STR_NULL;
    }

    return pl_str_c(message->content->template_->name);
}
