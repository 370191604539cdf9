/*
 * What a person at a desk does with a conversation: reads it, puts it away,
 * closes it, tags it. Notes are inbox_note.c's, owners apply_flow.c's.
 *
 * Whoever asked is told why something is refused (asked.h); what comes by
 * itself is counted. Nothing here is said to the contact.
 */

#include <string.h>

#include "../core/record.h"
#include "asked.h"
#include "inbox.h"
#include "owner.h"
#include "room.h"
#include "run.h"
#include "seen.h"

static pl_status_t read_up(pl_apply_t *ap, const Pl__MarkRead *in,
    Pl__Conversation *conv, bool *changed, bool *far, pl_err_t *err);
static pl_status_t inbox_done(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, Pl__ConversationPart part, pl_err_t *err);
static bool tag_fits(char *const *tags, size_t n);
static pl_status_t tag_contact(pl_apply_t *ap, const Pl__TagSet *in,
    pl_err_t *err);
static pl_status_t tag_list(pl_apply_t *ap, const Pl__TagSet *in,
    char ***tags, size_t *n_tags, bool *changed, pl_err_t *err);
static pl_status_t tag_views(pl_apply_t *ap, const Pl__TagSet *in,
    const pl_party_t *party, pl_err_t *err);


pl_status_t
pl_inbox_refuse(pl_apply_t *ap, uint32_t tenant, const char *rule,
    const char *path, const char *text, pl_err_t *err)
{
    pl_asked_refuse(ap, rule, path, text);

    return pl_feed_count(ap, tenant, "inbox_refused", rule, err);
}


pl_status_t
pl_inbox_conversation(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation **conv, bool *there, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    Pl__Contact       *contact;
    ProtobufCMessage  *msg;

    pl_key_party(&key, party);

    rc = pl_record_get(ap->txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                       &pl__conversation__descriptor, ap->ar, &msg, err);

    *conv = (Pl__Conversation *) msg;
    *there = rc == PL_OK && !(*conv)->has_joined_to;

    if (*there && party->kind == PL__PARTY_KIND__PARTY_KIND_CONTACT) {
        rc = pl_contact_root(ap, party->tenant, party->party, &contact, err);
        *there = rc == PL_OK;           /* or they were erased meanwhile */
    }

    if (*there || (rc != PL_OK && rc != PL_NOTFOUND)) {
        return rc;
    }

    return pl_inbox_refuse(ap, party->tenant, "conversation.unknown", NULL,
                           "there is no such conversation", err);
}


pl_status_t
pl_apply_mark_read(pl_apply_t *ap, const Pl__MarkRead *in, pl_err_t *err)
{
    bool               there, changed, far;
    pl_party_t         party = { in->tenant, in->party_kind, in->party };
    pl_status_t        rc;
    Pl__Message       *message;
    Pl__Conversation  *conv;

    rc = pl_inbox_conversation(ap, &party, &conv, &there, err);
    if (rc != PL_OK || !there) {
        return rc;
    }

    rc = pl_message_get(ap, in->message, &message, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    if (rc == PL_NOTFOUND || message->tenant != in->tenant
        || message->party_kind != in->party_kind
        || message->party != in->party)
    {
        return pl_inbox_refuse(ap, in->tenant, "message.other", "message",
                               "the message is not of this conversation",
                               err);
    }

    rc = read_up(ap, in, conv, &changed, &far, err);

    if (rc == PL_OK && far) {
        return pl_inbox_refuse(ap, in->tenant, "read.far", "message",
                               "more than 4096 messages came after it", err);
    }

    if (rc == PL_OK && in->receipt) {
        rc = pl_seen_ask(ap, in->message, message, err);
    }

    if (rc != PL_OK || !changed) {
        return rc;
    }

    rc = pl_unread_settle(ap, &party, conv, false, err);

    if (rc == PL_OK) {
        rc = pl_feed_audit_by(ap, in->tenant,
                              PL__AUDIT_KIND__AUDIT_KIND_READ, in->party,
                              NULL, in->actor, err);
    }

    return rc == PL_OK
           ? inbox_done(ap, &party, conv,
                        PL__CONVERSATION_PART__CONVERSATION_PART_UNREAD, err)
           : rc;
}


/*
 * What stays unread is what came in behind the message, which is counted
 * from the newest back: most often nothing.
 */

static pl_status_t
read_up(pl_apply_t *ap, const Pl__MarkRead *in, Pl__Conversation *conv,
    bool *changed, bool *far, pl_err_t *err)
{
    size_t         steps;
    uint32_t       unread;
    uint64_t       id;
    pl_arena_t    *item;
    pl_status_t    rc;
    Pl__Message   *message;

    *changed = false;
    *far = false;

    if (in->message <= conv->read_to) {
        return PL_OK;
    }

    rc = pl_room_enter(ap, &item, err);     /* a mail has megabytes */
    if (rc != PL_OK) {
        return rc;
    }

    unread = 0;
    id = conv->n_newest == 0 ? 0 : conv->newest[conv->n_newest - 1];

    for (steps = 0; id > in->message && steps < PL_READ_WALK_MAX; steps++) {
        pl_room_empty(ap);

        rc = pl_message_get(ap, id, &message, err);
        if (rc != PL_OK) {
            break;
        }

        unread += message->direction == PL__DIRECTION__DIRECTION_IN
                  && !message->history;
        id = message->previous;
    }

    pl_room_leave(ap, item);

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    *far = id > in->message && rc == PL_OK;

    if (!*far) {
        *changed = true;
        conv->has_read_to = 1;
        conv->read_to = in->message;
        conv->has_unread = unread != 0;
        conv->unread = unread;
    }

    return PL_OK;
}


pl_status_t
pl_apply_archive(pl_apply_t *ap, const Pl__Archive *in, pl_err_t *err)
{
    bool               there;
    pl_party_t         party = { in->tenant, in->party_kind, in->party };
    pl_status_t        rc;
    Pl__Conversation  *conv;

    rc = pl_inbox_conversation(ap, &party, &conv, &there, err);
    if (rc != PL_OK || !there || !conv->archived == !in->archived) {
        return rc;
    }

    conv->has_archived = in->archived;
    conv->archived = in->archived;

    rc = in->archived
         ? pl_view_put(ap, &party, PL_VIEW_ARCHIVED, NULL, err)
         : pl_view_del(ap, &party, PL_VIEW_ARCHIVED, NULL, err);

    if (rc == PL_OK) {
        rc = pl_feed_audit_by(ap, in->tenant,
                              PL__AUDIT_KIND__AUDIT_KIND_ARCHIVED, in->party,
                              in->archived ? "put away" : "taken out",
                              in->actor, err);
    }

    return rc == PL_OK
           ? inbox_done(ap, &party, conv,
                        PL__CONVERSATION_PART__CONVERSATION_PART_ARCHIVED,
                        err)
           : rc;
}


pl_status_t
pl_apply_status_set(pl_apply_t *ap, const Pl__StatusSet *in, pl_err_t *err)
{
    bool               there, closes, changed = false;
    pl_party_t         party = { in->tenant, in->party_kind, in->party };
    pl_status_t        rc;
    Pl__Conversation  *conv;

    rc = pl_inbox_conversation(ap, &party, &conv, &there, err);
    if (rc != PL_OK || !there) {
        return rc;
    }

    closes = in->status == PL__CONVERSATION_STATUS__CONVERSATION_STATUS_CLOSED;

    if (in->reason != NULL
        && (!closes || strlen(in->reason) > PL_REASON_MAX))
    {
        return pl_inbox_refuse(ap, in->tenant, "status.reason", "reason",
                               "a reason is for closing, and has at most "
                               "128 bytes", err);
    }

    if (in->status
        == PL__CONVERSATION_STATUS__CONVERSATION_STATUS_HANDOVER)
    {
        return pl_inbox_refuse(ap, in->tenant, "status.refused", "status",
                               "somebody has to take it over", err);
    }

    if (!pl_owner_legal(conv, in->status)) {
        return pl_inbox_refuse(ap, in->tenant, "status.refused", "status",
                               "no conversation goes there from where this "
                               "one stands", err);
    }

    rc = closes ? pl_run_taken(ap, conv, err) : PL_OK;

    if (rc == PL_OK) {
        rc = pl_owner_status_by(ap, &party, conv, in->status, in->actor,
                                in->reason, &changed, err);
    }

    if (rc != PL_OK || !changed) {
        return rc;
    }

    conv->close_reason = closes ? in->reason : NULL;

    return pl_conversation_put(ap, &party, conv, err);
}


pl_status_t
pl_apply_tag_set(pl_apply_t *ap, const Pl__TagSet *in, pl_err_t *err)
{
    bool               there, changed = false;
    pl_party_t         party = { in->tenant, in->party_kind, in->party };
    pl_status_t        rc;
    Pl__Conversation  *conv;

    if (in->n_add + in->n_remove > PL_TAGS_ASKED_MAX
        || !tag_fits(in->add, in->n_add)
        || !tag_fits(in->remove, in->n_remove))
    {
        return pl_inbox_refuse(ap, in->tenant, "tag.refused", "add",
                               "a tag has 1 to 64 bytes; at most 64 at once",
                               err);
    }

    if (in->contact) {
        return tag_contact(ap, in, err);
    }

    rc = pl_inbox_conversation(ap, &party, &conv, &there, err);
    if (rc != PL_OK || !there) {
        return rc;
    }

    rc = tag_list(ap, in, &conv->tags, &conv->n_tags, &changed, err);

    if (rc == PL_OK && conv->n_tags > PL_TAGS_MAX) {
        return pl_inbox_refuse(ap, in->tenant, "tag.full", "add",
                               "a conversation has at most 32 tags", err);
    }

    if (rc == PL_OK && changed) {
        rc = tag_views(ap, in, &party, err);
    }

    if (rc != PL_OK || !changed) {
        return rc;
    }

    rc = pl_feed_audit_by(ap, in->tenant, PL__AUDIT_KIND__AUDIT_KIND_TAGS,
                          in->party, NULL, in->actor, err);

    return rc == PL_OK
           ? inbox_done(ap, &party, conv,
                        PL__CONVERSATION_PART__CONVERSATION_PART_TAGS, err)
           : rc;
}


static pl_status_t
tag_contact(pl_apply_t *ap, const Pl__TagSet *in, pl_err_t *err)
{
    bool          changed = false;
    pl_party_t    party;
    pl_status_t   rc;
    Pl__Contact  *contact;

    rc = pl_contact_root(ap, in->tenant, in->party, &contact, err);
    if (rc == PL_NOTFOUND
        || in->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT)
    {
        return pl_inbox_refuse(ap, in->tenant, "contact.unknown", NULL,
                               "there is no such contact", err);
    }

    if (rc == PL_OK) {
        rc = tag_list(ap, in, &contact->tags, &contact->n_tags, &changed,
                      err);
    }

    if (rc != PL_OK || !changed) {
        return rc;
    }

    if (contact->n_tags > PL_TAGS_MAX) {
        return pl_inbox_refuse(ap, in->tenant, "tag.full", "add",
                               "a contact has at most 32 tags", err);
    }

    contact->has_updated_ms = 1;
    contact->updated_ms = ap->now_ms;
    party.tenant = in->tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = contact->id;

    rc = pl_contact_put(ap, in->tenant, contact, err);

    if (rc == PL_OK) {
        rc = pl_feed_audit_by(ap, in->tenant,
                              PL__AUDIT_KIND__AUDIT_KIND_TAGS, contact->id,
                              "contact", in->actor, err);
    }

    return rc == PL_OK
           ? pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_CONTACT, &party,
                            0, 0, err)
           : rc;
}


static pl_status_t
tag_list(pl_apply_t *ap, const Pl__TagSet *in, char ***tags, size_t *n_tags,
    bool *changed, pl_err_t *err)
{
    size_t  i, k, n;

    for (i = 0; i < in->n_remove; i++) {
        for (k = 0, n = 0; k < *n_tags; k++) {
            if (strcmp((*tags)[k], in->remove[i]) != 0) {
                (*tags)[n++] = (*tags)[k];
            }
        }

        *changed |= n != *n_tags;
        *n_tags = n;
    }

    for (i = 0; i < in->n_add; i++) {
        for (k = 0; k < *n_tags && strcmp((*tags)[k], in->add[i]) != 0; k++) {
            /* void */
        }

        if (k < *n_tags) {
            continue;
        }

        *tags = pl_apply_list(ap, *tags, *n_tags, in->add[i]);
        if (*tags == NULL) {
            return pl_err_set(err, PL_NOMEM, "tags", 0, "out of memory");
        }

        (*n_tags)++;
        *changed = true;
    }

    return PL_OK;
}


/* In the command's order, so that what is in both is there. */

static pl_status_t
tag_views(pl_apply_t *ap, const Pl__TagSet *in, const pl_party_t *party,
    pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < in->n_remove; i++) {
        rc = pl_view_del(ap, party, PL_VIEW_TAG, in->remove[i], err);
    }

    for (i = 0; rc == PL_OK && i < in->n_add; i++) {
        rc = pl_view_put(ap, party, PL_VIEW_TAG, in->add[i], err);
    }

    return rc;
}


static bool
tag_fits(char *const *tags, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (tags[i][0] == '\0' || strlen(tags[i]) > PL_TAG_MAX) {
            return false;
        }
    }

    return true;
}


static pl_status_t
inbox_done(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    Pl__ConversationPart part, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_conversation_put(ap, party, conv, err);

    return rc == PL_OK ? pl_feed_part(ap, party, part, err) : rc;
}
