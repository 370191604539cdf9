/*
 * A pass of retention: what it does with messages, notes, and what is named
 * by messages that are blank; and with contacts that were silent. See age.h.
 */

#include <string.h>

#include "../core/record.h"
#include "age.h"
#include "erase_impl.h"
#include "inbox.h"
#include "media.h"

#define AGED_SILENT_MAX  48     /* of one erasure; others are joined to them */

#define PHASE(name)  PL__ERASE_PHASE__ERASE_PHASE_ ## name

/* Phases, in their order. */
typedef struct {
    Pl__ErasePhase    phase;
    pl_erase_phase_t  walk;
} aged_phase_t;

static pl_status_t aged_message(pl_erase_rows_t *r, bool *gone);
static bool aged_stays(pl_erase_rows_t *r, const Pl__Message *m,
    uint64_t id);
static void aged_again(pl_erase_rows_t *r, uint64_t id);
static bool aged_waits(const pl_erase_rows_t *r, const Pl__Message *m);
static bool aged_full(pl_erase_rows_t *r, const Pl__Message *m);
static pl_status_t aged_note(pl_erase_rows_t *r, bool *gone);
static pl_status_t aged_answers(pl_erase_rows_t *r, bool *gone);
static pl_status_t aged_unknown(pl_erase_rows_t *r, bool *gone);
static pl_status_t aged_dead(pl_erase_rows_t *r, bool *gone);
static pl_status_t aged_effect(pl_erase_rows_t *r, const Pl__Effect *effect,
    bool *gone);
static pl_status_t aged_contact(pl_erase_rows_t *r, bool *gone);
static pl_status_t aged_queued(pl_erase_rows_t *r,
    const Pl__Conversation *conv, bool *waits);
static int64_t aged_spoke(const Pl__Contact *contact,
    const Pl__Conversation *conv);
static int64_t aged_before(const pl_erase_rows_t *r, uint32_t tenant);
static bool aged_has(const pl_erase_rows_t *r, uint32_t tenant);


static const aged_phase_t  aged_messages[] = {
    { PHASE(MESSAGES), { PL_TABLE_MESSAGES, true, false,
                         &pl__message__descriptor, aged_message } },
    { PHASE(NOTES), { PL_TABLE_NOTES, true, false,
                      &pl__note__descriptor, aged_note } },
    { PHASE(ANSWERS), { PL_TABLE_CONVERSATIONS, true, false,
                        &pl__conversation__descriptor, aged_answers } },
    { PHASE(UNKNOWN), { PL_TABLE_UNKNOWN, true, false,
                        &pl__unknown_send__descriptor, aged_unknown } },
    { PHASE(DEAD), { PL_TABLE_DEAD, true, false,
                     &pl__dead_letter__descriptor, aged_dead } },
    { PHASE(FILES), { PL_TABLE_MESSAGES, true, false,
                      &pl__message__descriptor, pl_erase_row_file } },
    { PHASE(ASIDE), { PL_TABLE_QUARANTINE, true, false,
                      &pl__quarantine__descriptor, pl_erase_row_aside } },
};

static const aged_phase_t  aged_contacts[] = {
    { PHASE(MESSAGES), { PL_TABLE_CONTACTS, true, false,
                         &pl__contact__descriptor, aged_contact } },
};


const pl_erase_phase_t *
pl_erase_aged(const Pl__Erasure *pass)
{
    size_t  i;

    if (pass->silent) {
        return &aged_contacts[0].walk;
    }

    for (i = 0; i + 1 < PL_COUNT(aged_messages); i++) {
        if (aged_messages[i].phase == pass->phase) {
            break;
        }
    }

    return &aged_messages[i].walk;
}


Pl__ErasePhase
pl_erase_aged_next(const Pl__Erasure *pass)
{
    size_t  i;

    for (i = 0; !pass->silent && i + 1 < PL_COUNT(aged_messages); i++) {
        if (aged_messages[i].phase == pass->phase) {
            return aged_messages[i + 1].phase;
        }
    }

    return PHASE(FORGET);
}


/*
 * The first that is too young ends the walk: those behind it are younger. But
 * a sandbox is, or was, ahead of the clock; and what was read in from another
 * store is older than what stands in front of it: as long as that is young,
 * the walk goes on, and the next one begins there.
 */

static pl_status_t
aged_message(pl_erase_rows_t *r, bool *gone)
{
    uint64_t            id;
    pl_status_t         rc;
    const Pl__Message  *m = (const Pl__Message *) r->msg;

    (void) gone;
    id = pl_be64(r->key.data);

    if (m->time_ms > r->e->before_ms && m->time_ms <= r->ap->now_ms
        && !pl_settings_sandbox(r->ap->settings, m->tenant))
    {
        r->over = id >= r->ap->meta->imported;

        if (!r->over) {
            aged_again(r, id);
        }

        return PL_OK;
    }

    if (m->has_erased || !aged_has(r, m->tenant) || aged_stays(r, m, id)) {
        return PL_OK;
    }

    if (aged_full(r, m)) {
        r->e->has_more = 1;
        r->e->more = 1;
        r->over = true;
        return PL_OK;
    }

    rc = pl_erase_room(r, id);
    if (rc != PL_OK || r->full) {
        return rc;
    }

    rc = pl_erase_note_file(r->ap, r->e, m, r->err);

    if (rc == PL_OK) {
        rc = pl_feed_count(r->ap, m->tenant, "privacy", "aged", r->err);
    }

    return rc == PL_OK ? pl_erase_blank(r, id, m) : rc;
}


/*
 * What has left is as old as that, and what is still to leave, or to be
 * fetched, is needed. The next pass looks at them again.
 */

static bool
aged_stays(pl_erase_rows_t *r, const Pl__Message *m, uint64_t id)
{
    int64_t           ms;
    const Pl__Media  *media;

    ms = m->has_at_ms && m->at_ms > m->time_ms ? m->at_ms : m->time_ms;
    media = pl_media_of(m->content, NULL);

    if (ms <= aged_before(r, m->tenant) && !aged_waits(r, m)
        && (media == NULL
            || media->state != PL__MEDIA_STATE__MEDIA_STATE_WANTED))
    {
        return false;
    }

    aged_again(r, id);

    return true;
}


/* The next pass begins with the first of them. */

static void
aged_again(pl_erase_rows_t *r, uint64_t id)
{
    if (!r->e->has_stays) {
        r->e->has_stays = 1;
        r->e->stays = id;
    }
}


/* In a queue, for its time, or to be sent once more by policy. */

static bool
aged_waits(const pl_erase_rows_t *r, const Pl__Message *m)
{
    const pl_channel_conf_t  *conf;

    if (m->direction != PL__DIRECTION__DIRECTION_OUT) {
        return false;
    }

    conf = pl_settings_channel(r->ap->settings, m->channel);

    return m->state == PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED
           || m->state == PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED
           || (m->state == PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN
               && conf != NULL && conf->row->has_unknown_resend_ms);
}


static bool
aged_full(pl_erase_rows_t *r, const Pl__Message *m)
{
    size_t  n;

    for (n = 0; pl_erase_file(m->content, n) != NULL; n++) {
        /* void */
    }

    return n != 0 && r->e->n_files + n > PL_ERASE_FILES_MAX;
}


static pl_status_t
aged_note(pl_erase_rows_t *r, bool *gone)
{
    pl_arena_t        *ar;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    party.tenant = pl_be32(r->key.data);
    party.kind = r->key.data[4];
    party.party = pl_be64(r->key.data + 5);

    if (!aged_has(r, party.tenant)
        || ((const Pl__Note *) r->msg)->time_ms
           > aged_before(r, party.tenant))
    {
        return PL_OK;
    }

    *gone = true;
    ar = r->ap->ar;
    r->ap->ar = r->ar;                  /* which is reset with each row */

    rc = pl_conversation_get(r->ap, &party, &conv, r->err);

    if (rc == PL_OK) {
        conv->notes -= conv->notes > 0;
        conv->has_notes = conv->notes > 0;
        rc = pl_conversation_put(r->ap, &party, conv, r->err);
    }

    if (rc == PL_OK) {
        rc = pl_feed_part(r->ap, &party,
                          PL__CONVERSATION_PART__CONVERSATION_PART_NOTES,
                          r->err);
    }

    r->ap->ar = ar;

    return rc;
}


/* What flows, and colleagues, wrote down of who has said nothing since. */

static pl_status_t
aged_answers(pl_erase_rows_t *r, bool *gone)
{
    int64_t            ms;
    uint32_t           tenant;
    Pl__Conversation  *conv = (Pl__Conversation *) r->msg;

    (void) gone;
    tenant = pl_be32(r->key.data);
    ms = aged_spoke(NULL, conv);

    if ((conv->n_variables == 0 && conv->close_reason == NULL
         && conv->owner_reason == NULL)
        || conv->run != NULL || !aged_has(r, tenant)
        || ms > aged_before(r, tenant))
    {
        return PL_OK;
    }

    conv->n_variables = 0;
    conv->close_reason = NULL;
    conv->owner_reason = NULL;

    return pl_record_put(r->ap->txn, PL_TABLE_CONVERSATIONS,
                         pl_key_str(&r->key), &conv->base, false, r->err);
}


static pl_status_t
aged_unknown(pl_erase_rows_t *r, bool *gone)
{
    pl_status_t             rc;
    const Pl__UnknownSend  *row = (const Pl__UnknownSend *) r->msg;

    rc = aged_effect(r, row->effect, gone);

    return rc == PL_OK && *gone ? pl_unknown_disarm(r->ap, row, r->err) : rc;
}


static pl_status_t
aged_dead(pl_erase_rows_t *r, bool *gone)
{
    return aged_effect(r, ((const Pl__DeadLetter *) r->msg)->effect, gone);
}


/* It cannot be sent any more: its message says nothing. */

static pl_status_t
aged_effect(pl_erase_rows_t *r, const Pl__Effect *effect, bool *gone)
{
    uint64_t           id;
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    switch (effect->of_case) {

    case PL__EFFECT__OF_SEND_MESSAGE:
        id = effect->send_message->message;
        break;

    case PL__EFFECT__OF_FETCH_MEDIA:
        id = effect->fetch_media->message;
        break;

    default:
        return PL_OK;
    }

    pl_key_seq(&key, id);

    rc = pl_record_get(r->ap->txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                       &pl__message__descriptor, r->ar, &msg, r->err);

    *gone = rc == PL_OK && ((const Pl__Message *) msg)->has_erased;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Not who waits for something, or is waited for. */

static pl_status_t
aged_contact(pl_erase_rows_t *r, bool *gone)
{
    bool                     waits;
    uint32_t                 tenant;
    pl_key_t                 key;
    pl_party_t               party;
    pl_status_t              rc;
    ProtobufCMessage        *msg;
    const Pl__Contact       *c = (const Pl__Contact *) r->msg;
    const Pl__Conversation  *conv;

    (void) gone;
    tenant = pl_be32(r->key.data);

    if (c->has_erased_ms || c->has_joined_to || !aged_has(r, tenant)) {
        return PL_OK;
    }

    party.tenant = tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = c->id;
    pl_key_party(&key, &party);

    rc = pl_record_get(r->ap->txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                       &pl__conversation__descriptor, r->ar, &msg, r->err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    conv = (const Pl__Conversation *) msg;

    if (aged_spoke(c, conv) > aged_before(r, tenant)) {
        return PL_OK;
    }

    rc = aged_queued(r, conv, &waits);
    if (rc != PL_OK || waits) {
        return rc;
    }

    if (r->n_silent == AGED_SILENT_MAX
        || (r->n_silent != 0 && r->tenant != tenant))
    {
        r->full = true;
        return PL_OK;
    }

    r->tenant = tenant;
    r->silent[r->n_silent++] = c->id;

    return PL_OK;
}


/* What a queue lists has ended where it has no row (lmdb-schema/README.md). */

static pl_status_t
aged_queued(pl_erase_rows_t *r, const Pl__Conversation *conv, bool *waits)
{
    size_t       i, n;
    pl_key_t     key;
    pl_str_t     value;
    pl_status_t  rc;

    *waits = conv != NULL && conv->n_tasks != 0;

    for (i = 0; conv != NULL && !*waits && i < conv->n_queues; i++) {
        for (n = 0; !*waits && n < conv->queues[i]->n_effects; n++) {
            pl_key_seq(&key, conv->queues[i]->effects[n]);

            rc = pl_store_get(r->ap->txn, PL_TABLE_OUTBOX, pl_key_str(&key),
                              &value, r->err);
            if (rc != PL_OK && rc != PL_NOTFOUND) {
                return rc;
            }

            *waits = rc == PL_OK;
        }
    }

    return PL_OK;
}


/* Or was spoken to, or of, last; either may be NULL. */

static int64_t
aged_spoke(const Pl__Contact *contact, const Pl__Conversation *conv)
{
    int64_t  ms = 0;

    if (contact != NULL) {
        ms = contact->created_ms;
        ms = contact->updated_ms > ms ? contact->updated_ms : ms;
        ms = contact->spoke_ms > ms ? contact->spoke_ms : ms;
    }

    if (conv != NULL) {
        ms = conv->last_in_ms > ms ? conv->last_in_ms : ms;
        ms = conv->last_out_ms > ms ? conv->last_out_ms : ms;
        ms = conv->waits_ms > ms ? conv->waits_ms : ms;
    }

    return ms;
}


/* By the tenant's clock. */

static int64_t
aged_before(const pl_erase_rows_t *r, uint32_t tenant)
{
    return r->e->before_ms + pl_settings_clock(r->ap->settings, tenant);
}


static bool
aged_has(const pl_erase_rows_t *r, uint32_t tenant)
{
    return pl_age_keep(r->ap->settings, tenant,
                       r->e->silent ? PL_AGE_CONTACTS : PL_AGE_MESSAGES)
           == r->e->keep_ms;
}
