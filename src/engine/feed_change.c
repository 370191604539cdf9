/*
 * The rows of `changes`: what an inbox, a bot or a subscription is told of
 * (docs/events.md). A row names what changed and holds nothing that a person
 * wrote; src/api/api_event.h makes events of them.
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"
#include "hold.h"

static pl_status_t change_channel(pl_apply_t *ap, uint32_t tenant,
    Pl__Change *row, pl_err_t *err);


/*
 * Rows that are of no message name the newest before them that is: whoever
 * walks backwards for messages passes over a campaign's statuses at once.
 */

pl_status_t
pl_feed_change_row(pl_apply_t *ap, const pl_party_t *party, Pl__Change *row,
    pl_err_t *err)
{
    uint64_t  id;
    pl_key_t  key;

    id = pl_apply_id(ap);

    row->party_kind = party->kind;
    row->party = party->party;
    row->has_time_ms = 1;
    row->time_ms = ap->now_ms;

    if (row->kind == PL__CHANGE_KIND__CHANGE_KIND_MESSAGE) {
        ap->meta->has_spoke = 1;
        ap->meta->spoke = id;

    } else {
        row->has_spoke = ap->meta->has_spoke;
        row->spoke = ap->meta->spoke;
    }

    pl_key_tenant_seq(&key, party->tenant, id);

    return pl_record_put(ap->txn, PL_TABLE_CHANGES, pl_key_str(&key),
                         &row->base, false, err);
}


pl_status_t
pl_feed_change(pl_apply_t *ap, Pl__ChangeKind kind, const pl_party_t *party,
    uint64_t message, Pl__MessageState state, pl_err_t *err)
{
    Pl__Change  row = PL__CHANGE__INIT;

    row.kind = kind;
    row.has_message = (message != 0);
    row.message = message;
    row.has_state = (state != 0);
    row.state = state;

    return pl_feed_change_row(ap, party, &row, err);
}


pl_status_t
pl_feed_event(pl_apply_t *ap, const pl_party_t *party, const char *name,
    pl_err_t *err)
{
    Pl__Change  row = PL__CHANGE__INIT;

    row.kind = PL__CHANGE_KIND__CHANGE_KIND_CONVERSATION;
    row.event = (char *) name;

    return pl_feed_change_row(ap, party, &row, err);
}


pl_status_t
pl_feed_part(pl_apply_t *ap, const pl_party_t *party,
    Pl__ConversationPart part, pl_err_t *err)
{
    Pl__Change  row = PL__CHANGE__INIT;

    row.kind = PL__CHANGE_KIND__CHANGE_KIND_CONVERSATION;
    row.has_part = 1;
    row.part = part;

    return pl_feed_change_row(ap, party, &row, err);
}


pl_status_t
pl_feed_conversation(pl_apply_t *ap, const pl_party_t *party,
    const char *what, const char *actor, const char *reason, pl_err_t *err)
{
    char        *changed;
    Pl__Change   row = PL__CHANGE__INIT;

    changed = (char *) what;

    row.kind = PL__CHANGE_KIND__CHANGE_KIND_CONVERSATION;
    row.n_changed = 1;
    row.changed = &changed;
    row.actor = (char *) actor;
    row.reason = (char *) reason;

    return pl_feed_change_row(ap, party, &row, err);
}


pl_status_t
pl_feed_contact(pl_apply_t *ap, uint32_t tenant, uint64_t contact,
    pl_err_t *err)
{
    pl_party_t  party = {
        tenant, PL__PARTY_KIND__PARTY_KIND_CONTACT, contact
    };

    return pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_CONTACT, &party,
                          0, 0, err);
}


pl_status_t
pl_feed_content(pl_apply_t *ap, uint64_t id, const Pl__Message *message,
    pl_err_t *err)
{
    pl_party_t  party = {
        message->tenant, message->party_kind, message->party
    };

    return pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_CONTENT, &party,
                          id, 0, err);
}


pl_status_t
pl_feed_handover(pl_apply_t *ap, const pl_party_t *party, uint64_t audit,
    pl_err_t *err)
{
    Pl__Change  row = PL__CHANGE__INIT;

    row.kind = PL__CHANGE_KIND__CHANGE_KIND_HANDOVER;
    row.has_part = 1;
    row.part = PL__CONVERSATION_PART__CONVERSATION_PART_OWNER;
    row.has_audit = 1;
    row.audit = audit;

    return pl_feed_change_row(ap, party, &row, err);
}


pl_status_t
pl_feed_task(pl_apply_t *ap, const pl_party_t *party, const char *told,
    uint64_t timer, int64_t due_ms, pl_err_t *err)
{
    Pl__Change  row = PL__CHANGE__INIT;

    row.kind = PL__CHANGE_KIND__CHANGE_KIND_TASK;
    row.event = (char *) told;
    row.has_timer = 1;
    row.timer = timer;
    row.has_due_ms = 1;
    row.due_ms = due_ms;

    return pl_feed_change_row(ap, party, &row, err);
}


pl_status_t
pl_feed_consent(pl_apply_t *ap, uint32_t tenant, uint64_t contact,
    const Pl__Consent *consent, uint64_t audit, pl_err_t *err)
{
    Pl__Change  row = PL__CHANGE__INIT;
    pl_party_t  party = {
        tenant, PL__PARTY_KIND__PARTY_KIND_CONTACT, contact
    };

    row.kind = PL__CHANGE_KIND__CHANGE_KIND_CONSENT;
    row.subject = consent->category;
    row.has_consent = 1;
    row.consent = consent->state;
    row.has_audit = 1;
    row.audit = audit;

    return pl_feed_change_row(ap, &party, &row, err);
}


pl_status_t
pl_feed_template(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const char *name, const char *language, pl_err_t *err)
{
    Pl__Change  row = PL__CHANGE__INIT;

    row.kind = PL__CHANGE_KIND__CHANGE_KIND_TEMPLATE;
    row.channel = channel->row->id;
    row.subject = (char *) name;
    row.language = (char *) language;

    return change_channel(ap, channel->tenant, &row, err);
}


pl_status_t
pl_feed_fact(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ChannelFact *fact, pl_err_t *err)
{
    Pl__Change  row = PL__CHANGE__INIT;

    row.kind = PL__CHANGE_KIND__CHANGE_KIND_CHANNEL;
    row.channel = channel->row->id;
    row.fact = (Pl__ChannelFact *) fact;

    return change_channel(ap, channel->tenant, &row, err);
}


/* What a provider's bucket stops for some seconds is no news to people. */

pl_status_t
pl_feed_hold(pl_apply_t *ap, Pl__AuditKind kind,
    const pl_hold_place_t *place, const char *actor, const char *reason,
    pl_err_t *err)
{
    bool             placed;
    pl_status_t      rc;
    Pl__Change       row = PL__CHANGE__INIT;
    Pl__HoldCause    cause;
    Pl__HoldRecord  *hold;

    placed = kind == PL__AUDIT_KIND__AUDIT_KIND_PAUSED
             || kind == PL__AUDIT_KIND__AUDIT_KIND_HELD;
    cause = kind == PL__AUDIT_KIND__AUDIT_KIND_HELD
            || kind == PL__AUDIT_KIND__AUDIT_KIND_LIFTED
            ? PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT
            : PL__HOLD_CAUSE__HOLD_CAUSE_PERSON;

    row.kind = PL__CHANGE_KIND__CHANGE_KIND_HOLD;
    row.channel = place->channel;
    row.event = placed ? (char *) "placed" : (char *) "lifted";
    row.has_hold_kind = 1;
    row.hold_kind = place->kind;
    row.has_hold_cause = 1;
    row.hold_cause = cause;
    row.actor = (char *) actor;
    row.reason = (char *) reason;

    if (place->subject.len != 0) {
        row.subject = pl_arena_str(ap->ar, place->subject);
        if (row.subject == NULL) {
            return pl_err_set(err, PL_NOMEM, "hold", 0, "out of memory");
        }
    }

    rc = pl_hold_get(ap, place, cause, &hold, err);

    if (rc == PL_OK) {
        row.has_until_ms = hold->has_until_ms;
        row.until_ms = hold->until_ms;
        row.has_code = hold->has_code;
        row.code = hold->code;

    } else if (rc != PL_NOTFOUND) {
        return rc;
    }

    return change_channel(ap, place->tenant, &row, err);
}


/* Of nobody: its party is the channel, or 0 where it is the tenant's. */

static pl_status_t
change_channel(pl_apply_t *ap, uint32_t tenant, Pl__Change *row,
    pl_err_t *err)
{
    pl_party_t  party = {
        tenant, PL__PARTY_KIND__PARTY_KIND_CHANNEL, row->channel
    };

    row->has_channel = (row->channel != 0);

    return pl_feed_change_row(ap, &party, row, err);
}
