/*
 * Who answers, and where a conversation stands. See owner.h.
 */

#include <string.h>

#include "inbox.h"
#include "owner.h"

#define OWNER_BIT(status)  (1u << (PL__CONVERSATION_STATUS__                  \
                                   ## CONVERSATION_STATUS_ ## status))

/*
 * From each status to which. A closed one is opened before it is anything
 * else; one that is qualified is not merely open again, but by a person.
 */
static const unsigned  owner_legal[] = {
    [PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN] =
        OWNER_BIT(QUALIFIED) | OWNER_BIT(DISQUALIFIED) | OWNER_BIT(HANDOVER)
        | OWNER_BIT(CLOSED),
    [PL__CONVERSATION_STATUS__CONVERSATION_STATUS_QUALIFIED] =
        OWNER_BIT(DISQUALIFIED) | OWNER_BIT(HANDOVER) | OWNER_BIT(CLOSED),
    [PL__CONVERSATION_STATUS__CONVERSATION_STATUS_DISQUALIFIED] =
        OWNER_BIT(OPEN) | OWNER_BIT(QUALIFIED) | OWNER_BIT(HANDOVER)
        | OWNER_BIT(CLOSED),
    [PL__CONVERSATION_STATUS__CONVERSATION_STATUS_HANDOVER] =
        OWNER_BIT(OPEN) | OWNER_BIT(QUALIFIED) | OWNER_BIT(DISQUALIFIED)
        | OWNER_BIT(CLOSED),
    [PL__CONVERSATION_STATUS__CONVERSATION_STATUS_CLOSED] =
        OWNER_BIT(OPEN),
};

/* A change of the status. */
typedef struct {
    Pl__ConversationStatus   to;
    const char              *who;       /* a flow's name, handover, person */
    const char              *actor;
    const char              *reason;
} owner_moves_t;

static pl_status_t owner_move(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, const owner_moves_t *moves, bool *changed,
    pl_err_t *err);
static pl_status_t owner_view(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, bool gone, pl_err_t *err);
static pl_status_t owner_over(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err);
static pl_status_t owner_back(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err);
static Pl__ConversationStatus owner_stands(const Pl__Conversation *conv);
static const char *owner_word(Pl__ConversationStatus status);


bool
pl_owner_reserved(const char *name)
{
    return name != NULL
           && (strcmp(name, "bot") == 0 || strcmp(name, "none") == 0);
}


bool
pl_owner_is_person(const Pl__Conversation *conv)
{
    return conv->owner != NULL && conv->owner[0] != '\0';
}


pl_status_t
pl_owner_change(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, const pl_owner_t *to, pl_err_t *err)
{
    bool         was, is;
    pl_status_t  rc;

    was = pl_owner_is_person(conv);
    is = to->owner != NULL && to->owner[0] != '\0';

    if (was == is && (!is || strcmp(conv->owner, to->owner) == 0)) {
        return PL_OK;
    }

    rc = owner_view(ap, party, conv, true, err);
    if (rc != PL_OK) {
        return rc;
    }

    conv->owner = is ? (char *) to->owner : NULL;
    conv->owner_reason = is ? (char *) to->reason : NULL;
    conv->has_owner_epoch = 1;
    conv->owner_epoch++;
    conv->has_owner_ms = is;
    conv->owner_ms = is ? ap->now_ms : 0;

    rc = owner_view(ap, party, conv, false, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (is && !was) {
        rc = owner_over(ap, party, conv, err);

    } else if (!is) {
        rc = owner_back(ap, party, conv, err);
    }

    return rc == PL_OK ? pl_owner_told(ap, party, to, err) : rc;
}


pl_status_t
pl_owner_told(pl_apply_t *ap, const pl_party_t *party, const pl_owner_t *to,
    pl_err_t *err)
{
    bool             is;
    uint64_t         audit;
    const char      *text;
    pl_status_t      rc;
    Pl__AuditEvent   row = PL__AUDIT_EVENT__INIT;

    is = to->owner != NULL && to->owner[0] != '\0';
    text = pl_arena_printf(ap->ar, "to %s%s%s", is ? to->owner : "the bot",
                           to->text != NULL ? "; " : "",
                           to->text != NULL ? to->text : "");
    if (text == NULL) {
        return pl_err_set(err, PL_NOMEM, "owner", 0, "out of memory");
    }

    row.kind = PL__AUDIT_KIND__AUDIT_KIND_HANDOVER;
    row.has_subject = 1;
    row.subject = party->party;
    row.rule = (char *) to->reason;
    row.text = (char *) text;
    row.actor = (char *) to->actor;

    rc = pl_feed_audit_row(ap, party->tenant, &row, err);
    audit = ap->meta->next_id - 1;

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, party->tenant, "handovers",
                           is ? "person" : "bot", err);
    }

    return rc == PL_OK
           ? pl_feed_handover(ap, party, audit, err) : rc;
}


pl_status_t
pl_owner_app(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err)
{
    pl_owner_t  to = { PL_OWNER_APP, "app", NULL, NULL };

    if (pl_owner_is_person(conv)) {
        if (strcmp(conv->owner, PL_OWNER_APP) == 0) {
            conv->has_owner_ms = 1;
            conv->owner_ms = ap->now_ms;
        }

        return PL_OK;                   /* somebody else has it: they both do */
    }

    return pl_owner_change(ap, party, conv, &to, err);
}


bool
pl_owner_lapsed(const Pl__Conversation *conv, int64_t now_ms)
{
    return conv->owner != NULL && strcmp(conv->owner, PL_OWNER_APP) == 0
           && now_ms - conv->owner_ms >= PL_OWNER_IDLE_MS;
}


pl_status_t
pl_owner_status(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, Pl__ConversationStatus to, const char *who,
    bool *done, pl_err_t *err)
{
    bool            legal, changed;
    owner_moves_t   moves = { to, who, NULL, NULL };

    legal = pl_owner_legal(conv, to);

    if (done != NULL) {
        *done = legal;
    }

    return owner_move(ap, party, conv, &moves, &changed, err);
}


pl_status_t
pl_owner_status_by(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, Pl__ConversationStatus to, const char *actor,
    const char *reason, bool *changed, pl_err_t *err)
{
    owner_moves_t  moves = { to, PL_OWNER_PERSON, actor, reason };

    return owner_move(ap, party, conv, &moves, changed, err);
}


bool
pl_owner_legal(const Pl__Conversation *conv, Pl__ConversationStatus to)
{
    Pl__ConversationStatus  from;

    from = owner_stands(conv);

    return from == to || (owner_legal[from] & (1u << to)) != 0;
}


static pl_status_t
owner_move(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    const owner_moves_t *moves, bool *changed, pl_err_t *err)
{
    bool                     legal;
    pl_status_t              rc;
    Pl__AuditEvent           row = PL__AUDIT_EVENT__INIT;
    Pl__ConversationStatus   from;

    from = owner_stands(conv);
    legal = pl_owner_legal(conv, moves->to);
    *changed = legal && from != moves->to;

    if (from == moves->to) {
        return PL_OK;
    }

    row.kind = PL__AUDIT_KIND__AUDIT_KIND_STATUS;
    row.subject = party->party;
    row.rule = (char *) moves->who;
    row.actor = (char *) moves->actor;
    row.text = pl_arena_printf(ap->ar, "%s to %s%s%s%s", owner_word(from),
                               owner_word(moves->to),
                               legal ? "" : ": refused",
                               moves->reason == NULL ? "" : ": ",
                               moves->reason == NULL ? "" : moves->reason);
    if (row.text == NULL) {
        return pl_err_set(err, PL_NOMEM, "status", 0, "out of memory");
    }

    rc = pl_feed_audit_row(ap, party->tenant, &row, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!legal) {
        return pl_feed_count(ap, party->tenant, "conversation_status",
                             "refused", err);
    }

    conv->has_status = 1;
    conv->status = moves->to;
    conv->close_reason = NULL;

    rc = pl_feed_count(ap, party->tenant, "conversation_status",
                       owner_word(moves->to), err);

    return rc == PL_OK
           ? pl_feed_part(ap, party,
                          PL__CONVERSATION_PART__CONVERSATION_PART_STATUS,
                          err)
           : rc;
}


/* What is listed and counted by owner: gone before the change, then there. */

static pl_status_t
owner_view(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    bool gone, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_unread_settle(ap, party, conv, gone, err);

    if (rc != PL_OK || !pl_owner_is_person(conv)) {
        return rc;
    }

    return gone ? pl_view_del(ap, party, PL_VIEW_OWNER, conv->owner, err)
                : pl_view_put(ap, party, PL_VIEW_OWNER, conv->owner, err);
}


/* From the bot: where it stood is remembered, for the way back. */

static pl_status_t
owner_over(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    pl_err_t *err)
{
    pl_status_t  rc;

    rc = PL_OK;

    if (owner_stands(conv)
        == PL__CONVERSATION_STATUS__CONVERSATION_STATUS_CLOSED)
    {
        rc = pl_owner_status(ap, party, conv,
                             PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN,
                             "handover", NULL, err);
    }

    conv->has_before = 1;
    conv->before = owner_stands(conv);

    return rc == PL_OK
           ? pl_owner_status(ap, party, conv,
                     PL__CONVERSATION_STATUS__CONVERSATION_STATUS_HANDOVER,
                     "handover", NULL, err)
           : rc;
}


/* To the bot; a person may have said by then where it stands. */

static pl_status_t
owner_back(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    pl_err_t *err)
{
    Pl__ConversationStatus  before;

    before = conv->has_before
             ? conv->before
             : PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN;

    conv->has_before = 0;
    conv->before = 0;

    if (owner_stands(conv)
        != PL__CONVERSATION_STATUS__CONVERSATION_STATUS_HANDOVER)
    {
        return PL_OK;
    }

    return pl_owner_status(ap, party, conv, before, "handover", NULL, err);
}


static Pl__ConversationStatus
owner_stands(const Pl__Conversation *conv)
{
    return conv->has_status
           ? conv->status
           : PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN;
}


static const char *
owner_word(Pl__ConversationStatus status)
{
    switch (status) {
    case PL__CONVERSATION_STATUS__CONVERSATION_STATUS_QUALIFIED:
        return "qualified";
    case PL__CONVERSATION_STATUS__CONVERSATION_STATUS_DISQUALIFIED:
        return "disqualified";
    case PL__CONVERSATION_STATUS__CONVERSATION_STATUS_HANDOVER:
        return "handover";
    case PL__CONVERSATION_STATUS__CONVERSATION_STATUS_CLOSED:
        return "closed";
    default:
        return "open";
    }
}
