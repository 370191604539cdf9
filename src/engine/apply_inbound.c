/*
 * InboundMessage: a person wrote. Dedupe, contact, conversation, window,
 * message, what is a refusal, and what the tenant's flows answer.
 *
 * In a group the party is the group: its own window opens, which is that of
 * contact 0 there, not the person's (F25); and no flow answers there.
 */

#include <string.h>

#include "age.h"
#include "apply.h"
#include "bounce.h"
#include "dedupe.h"
#include "erase.h"
#include "mail_tag.h"
#include "media.h"
#include "quoted.h"
#include "refuse.h"
#include "run.h"
#include "tomb.h"

/* What the steps of one message share. */
typedef struct {
    const Pl__InboundMessage  *in;
    const pl_channel_conf_t   *channel;
    uint32_t                   id;          /* the channel's */
    pl_party_t                 party;
    Pl__Contact               *contact;
    Pl__Conversation          *conv;
    uint64_t                   message;
    bool                       proven;      /* its tag is of a mail to them */
    const char                *reply_to;
    bool                       first;       /* they had never written */
    int64_t                    last_in_ms;
} inbound_t;

static pl_status_t inbound_repeat(pl_apply_t *ap, const inbound_t *ib,
    uint64_t message, pl_err_t *err);
static pl_status_t inbound_party(pl_apply_t *ap, inbound_t *ib,
    pl_err_t *err);
static pl_status_t inbound_spoke(pl_apply_t *ap, inbound_t *ib,
    pl_err_t *err);
static pl_status_t inbound_store(pl_apply_t *ap, inbound_t *ib,
    pl_err_t *err);
static pl_status_t inbound_window(pl_apply_t *ap, inbound_t *ib,
    const Pl__Address *address, pl_err_t *err);
static const Pl__Address *inbound_from(const inbound_t *ib);
static pl_status_t inbound_heard(pl_apply_t *ap, inbound_t *ib,
    pl_err_t *err);
static pl_status_t inbound_answer(pl_apply_t *ap, inbound_t *ib,
    pl_err_t *err);


pl_status_t
pl_apply_inbound_message(pl_apply_t *ap, const Pl__InboundMessage *in,
    pl_err_t *err)
{
    bool         seen, late;
    inbound_t    ib;
    pl_sight_t   sight;
    pl_status_t  rc;

    memset(&ib, 0, sizeof(ib));
    ib.in = in;
    ib.channel = pl_settings_account(ap->settings, ap->provider,
                                     pl_str_c(in->account));
    if (ib.channel == NULL) {
        return pl_feed_unknown(ap, in->account, in->path, &in->raw,
                               err);
    }

    ib.id = ib.channel->row->id;
    ib.party.tenant = ib.channel->tenant;
    pl_feed_heard(ap, ib.id);

    rc = pl_dedupe_look(ap, ib.id, in->provider_id,
                        in->has_untimed && in->untimed ? 0 : in->time_s,
                        &sight, &seen, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (seen) {
        return inbound_repeat(ap, &ib, sight.record, err);
    }

    rc = pl_tomb_late(ap, ib.party.tenant, in->from, in->time_s, &late, err);

    if (rc == PL_OK && late) {
        rc = pl_erase_late_came(ap, err);
    }

    if (rc != PL_OK || late) {
        return rc == PL_OK ? pl_dedupe_note(ap, &sight, 0, err) : rc;
    }

    rc = inbound_party(ap, &ib, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_mail_tag(ap, &ib.party, in, ib.id, &ib.proven, &ib.reply_to,
                     err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = inbound_store(ap, &ib, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_dedupe_note(ap, &sight, ib.message, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (in->group_id == NULL) {
        rc = inbound_heard(ap, &ib, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return pl_conversation_put(ap, &ib.party, ib.conv, err);
}


/* Files that came with it once more have nobody, where that was erased. */

static pl_status_t
inbound_repeat(pl_apply_t *ap, const inbound_t *ib, uint64_t message,
    pl_err_t *err)
{
    Pl__Message  *first;
    pl_status_t   rc = PL_OK;

    if (ap->came != NULL && ap->came->n_taken != 0) {
        rc = pl_message_get(ap, message, &first, err);

        if (rc == PL_NOTFOUND || (rc == PL_OK && first->has_erased)) {
            rc = pl_erase_late_came(ap, err);
        }
    }

    return rc == PL_OK
           ? pl_apply_echo_repeat(ap, ib->party.tenant, message,
                                  ib->in->content, err)
           : rc;
}


static pl_status_t
inbound_party(pl_apply_t *ap, inbound_t *ib, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_contact_resolve(ap, ib->party.tenant, ib->in->from,
                            &ib->contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_bounce_heard(ap, ib->party.tenant, ib->contact,
                         ib->in->from->email, err);
    if (rc != PL_OK) {
        return rc;
    }

    ib->party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    ib->party.party = ib->contact->id;

    if (ib->in->group_id != NULL) {
        ib->party.kind = PL__PARTY_KIND__PARTY_KIND_GROUP;

        rc = pl_contact_group(ap, ib->party.tenant, ib->id,
                              ib->in->group_id, &ib->party.party, err);
        if (rc == PL_OK) {
            rc = inbound_spoke(ap, ib, err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    return pl_conversation_get(ap, &ib->party, &ib->conv, err);
}


/*
 * Who writes in groups alone is not silent (age.h); a day's precision is what
 * that needs, and one put a day what it costs.
 */

static pl_status_t
inbound_spoke(pl_apply_t *ap, inbound_t *ib, pl_err_t *err)
{
    if (ap->now_ms - ib->contact->spoke_ms < PL_AGE_DAY_MS) {
        return PL_OK;
    }

    ib->contact->has_spoke_ms = 1;
    ib->contact->spoke_ms = ap->now_ms;

    return pl_contact_put(ap, ib->party.tenant, ib->contact, err);
}


static pl_status_t
inbound_store(pl_apply_t *ap, inbound_t *ib, pl_err_t *err)
{
    bool                       want;
    pl_status_t                rc;
    Pl__Message                message = PL__MESSAGE__INIT;
    const Pl__InboundMessage  *in;

    in = ib->in;
    want = pl_media_want(ap, ib->channel, in->content);

    message.direction = PL__DIRECTION__DIRECTION_IN;
    message.tenant = ib->party.tenant;
    message.channel = ib->id;
    message.party_kind = ib->party.kind;
    message.party = ib->party.party;
    message.contact = ib->contact->id;
    message.content = in->content;
    message.time_ms = ap->now_ms;
    message.has_provider_time_s = 1;
    message.provider_time_s = in->time_s;
    message.provider_id = in->provider_id;
    message.has_state = 1;
    message.state = PL__MESSAGE_STATE__MESSAGE_STATE_RECEIVED;
    message.reply_to = (char *) (uintptr_t) ib->reply_to;
    message.context = in->context;
    message.has_entry = 1;
    message.entry = ap->entry;
    message.has_segments = in->has_segments;
    message.segments = in->segments;
    message.address = (Pl__Address *) inbound_from(ib);

    ib->first = !ib->conv->has_last_in_ms;
    ib->last_in_ms = ib->conv->last_in_ms;

    rc = pl_quoted_late(ap, &message, err);

    if (rc == PL_OK) {
        rc = pl_conversation_add(ap, &ib->party, ib->conv, &message,
                                 &ib->message, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (want) {
        rc = pl_media_queue(ap, ib->channel, ib->message, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    rc = pl_feed_count(ap, ib->party.tenant, "messages", "in", err);

    return rc == PL_OK ? inbound_window(ap, ib, message.address, err) : rc;
}


static pl_status_t
inbound_window(pl_apply_t *ap, inbound_t *ib, const Pl__Address *address,
    pl_err_t *err)
{
    pl_window_e     from;
    pl_window_in_t  in;

    from = ib->in->group_id != NULL ? PL_WINDOW_GROUP : PL_WINDOW_LIVE;

    if (!pl_window_opens(from, ib->in->content)) {
        return PL_OK;
    }

    in.channel = ib->id;
    in.contact = from == PL_WINDOW_GROUP ? 0 : ib->contact->id;
    in.merge = from == PL_WINDOW_GROUP || address == NULL ? 0
                                                          : address->merge;
    in.provider_ms = ib->in->time_s * 1000 + ap->offset_ms;
    in.entry_point = (ib->in->context != NULL
                      && ib->in->context->referral != NULL);

    return pl_window_open(ap, ib->conv, &in, err);
}


/* The contact's own address row that this message came from. */

static const Pl__Address *
inbound_from(const inbound_t *ib)
{
    size_t              i;
    const Pl__Sender   *from;
    const Pl__Address  *a;

    from = ib->in->from;

    for (i = 0; i < ib->contact->n_addresses; i++) {
        a = ib->contact->addresses[i];

        if ((from->phone != NULL
             && (strcmp(a->value, from->phone) == 0
                 || (a->given != NULL && strcmp(a->given, from->phone) == 0)))
            || (from->phone == NULL && from->user_id != NULL
                && strcmp(a->value, from->user_id) == 0)
            || (from->email != NULL && strcmp(a->value, from->email) == 0))
        {
            return a;
        }
    }

    return NULL;
}


/* A refusal is heard before any flow is asked, and whoever answers. */

static pl_status_t
inbound_heard(pl_apply_t *ap, inbound_t *ib, pl_err_t *err)
{
    bool          heard;
    pl_refuse_t   refuse;
    pl_status_t   rc;

    refuse.in = ib->in;
    refuse.forged = ib->in->has_tag && !ib->proven;
    refuse.proven = ib->proven;
    refuse.channel = ib->channel;
    refuse.party = &ib->party;
    refuse.contact = ib->contact;
    refuse.conv = ib->conv;
    refuse.message = ib->message;

    rc = pl_refuse_inbound(ap, &refuse, &heard, err);

    return rc == PL_OK && !heard ? inbound_answer(ap, ib, err) : rc;
}


static pl_status_t
inbound_answer(pl_apply_t *ap, inbound_t *ib, pl_err_t *err)
{
    pl_run_at_t   at = { &ib->party, ib->conv, ib->contact, ib->id };
    pl_run_in_t   in = {
        ib->in->content, ib->in->context, ib->message, ib->first,
        ib->last_in_ms, ib->in->time_s * 1000 + ap->offset_ms
    };

    return pl_run_inbound(ap, &at, &in, err);
}
