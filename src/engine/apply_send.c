/*
 * SendRequest: a message that somebody asks for, be it at a console or over
 * an API. What became of it is a verdict under the key that the asker drew.
 *
 * What cannot be sent for what it is (its channel, its recipient, its
 * content) is refused before anything of it is stored; the verdict names the
 * field. What may not be sent now (policy), or finds its queue full, is a
 * message that failed, with its dead letter, as any other. What is to be sent
 * later is stored now, and policy is asked when its time has come.
 *
 * The same request under the same key changes nothing; another request under
 * a key that is taken is refused, and the first one's verdict stays.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "apply.h"
#include "errand.h"
#include "outgoing.h"
#include "quota.h"
#include "reach.h"
#include "reissue.h"
#include "request.h"

typedef struct {
    const Pl__SendRequest      *in;
    const pl_channel_conf_t    *channel;
    Pl__Contact                *contact;    /* NULL: found by address later */
    Pl__Message                 message;
    Pl__Verdict                 verdict;
    uint8_t                     digest[PL_HASH128_LEN];
} send_t;


static const char *send_word(Pl__Decision decision);
static pl_status_t send_check(pl_apply_t *ap, send_t *send, pl_err_t *err);
static pl_status_t send_fit(pl_apply_t *ap, send_t *send,
    const Pl__Message *message, const char *lead, pl_err_t *err);
static bool send_channel(pl_apply_t *ap, send_t *send);
static pl_status_t send_reach(pl_apply_t *ap, send_t *send, pl_err_t *err);
static bool send_asked(send_t *send);
static bool send_terms(pl_apply_t *ap, send_t *send);
static bool send_later(const pl_apply_t *ap, const Pl__SendRequest *in);
static pl_status_t send_address(pl_apply_t *ap, send_t *send, pl_err_t *err);
static pl_status_t send_contact(pl_apply_t *ap, send_t *send, pl_err_t *err);
static void send_message(pl_apply_t *ap, send_t *send);
static pl_status_t send_queue(pl_apply_t *ap, send_t *send, pl_err_t *err);
static bool send_groups(const send_t *send);
static pl_status_t send_resolve(pl_apply_t *ap, send_t *send,
    uint64_t *party, pl_err_t *err);
static pl_status_t send_known(pl_apply_t *ap, send_t *send, uint64_t *party,
    pl_err_t *err);
static pl_status_t send_outcome(pl_apply_t *ap, send_t *send, pl_err_t *err);
static bool send_refuse(send_t *send, const char *rule, const char *path,
    const char *text);


pl_status_t
pl_apply_send_request(pl_apply_t *ap, const Pl__SendRequest *in,
    pl_err_t *err)
{
    send_t        send;
    pl_status_t   rc;
    Pl__Verdict  *before;

    if (in->key.len != PL_REQUEST_KEY_LEN) {
        rc = pl_err_set(err, PL_INVALID, "send", 0,
                        "a request's key has 16 bytes");
        pl_err_path(err, "key");
        return rc;
    }

    memset(&send, 0, sizeof(send));
    send.in = in;
    pl__verdict__init(&send.verdict);
    pl__message__init(&send.message);

    rc = pl_request_digest(ap, &in->base, send.digest, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_request_get(ap->txn, in->tenant, in->key.data, ap->now_ms,
                        ap->ar, &before, err);
    if (rc != PL_NOTFOUND) {
        return rc == PL_OK ? pl_request_again(ap, in->tenant, in->key.data,
                                              send.digest, before, err)
                           : rc;
    }

    send.verdict.time_ms = ap->now_ms;
    send.verdict.decision = send_later(ap, in)
                            ? PL__DECISION__DECISION_SCHEDULED
                            : PL__DECISION__DECISION_QUEUED;
    send.verdict.entry = ap->entry;
    send.verdict.digest.data = send.digest;
    send.verdict.digest.len = sizeof(send.digest);

    rc = send_check(ap, &send, err);

    if (rc == PL_OK
        && send.verdict.decision != PL__DECISION__DECISION_REFUSED)
    {
        rc = send_queue(ap, &send, err);
    }

    if (rc == PL_OK) {
        rc = pl_request_put(ap, in->tenant, in->key.data, &send.verdict,
                            err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    return pl_feed_count(ap, in->tenant, "requests",
                         send_word(send.verdict.decision), err);
}


pl_status_t
pl_apply_send_check(pl_apply_t *ap, const Pl__SendRequest *in,
    Pl__Message *message, Pl__Verdict *verdict, pl_err_t *err)
{
    send_t       send;
    pl_status_t  rc;

    memset(&send, 0, sizeof(send));
    send.in = in;
    pl__verdict__init(&send.verdict);
    pl__message__init(&send.message);
    send.verdict.decision = PL__DECISION__DECISION_QUEUED;

    rc = send_check(ap, &send, err);
    *message = send.message;
    *verdict = send.verdict;

    if (rc != PL_OK || verdict->decision != PL__DECISION__DECISION_QUEUED) {
        return rc;
    }

    rc = send_known(ap, &send, &message->party, err);

    message->contact = send_groups(&send) ? 0 : message->party;

    return rc;
}


static const char *
send_word(Pl__Decision decision)
{
    switch (decision) {
    case PL__DECISION__DECISION_QUEUED:
        return "queued";
    case PL__DECISION__DECISION_SCHEDULED:
        return "scheduled";
    default:
        return "refused";
    }
}


/* Reads alone. Whether it is refused, and why, the verdict says. */

static pl_status_t
send_check(pl_apply_t *ap, send_t *send, pl_err_t *err)
{
    const char  *limit;
    pl_status_t  rc;
    Pl__Message  other;

    if (!send_asked(send) || !send_terms(ap, send)) {
        return PL_OK;
    }

    if (!send_channel(ap, send)) {
        return PL_OK;
    }

    rc = pl_quota_messages(ap, send->in->tenant, &limit, err);

    if (rc != PL_OK || limit != NULL) {
        (void) (rc == PL_OK && send_refuse(send, PL_QUOTA_RULE, NULL, limit));
        return rc;
    }

    rc = send_reach(ap, send, err);
    if (rc != PL_OK || send->channel == NULL) {
        return rc;
    }

    rc = send->in->has_contact ? send_contact(ap, send, err)
                               : send_address(ap, send, err);

    if (rc != PL_OK || send->message.address == NULL) {
        return rc;
    }

    send_message(ap, send);

    rc = send_fit(ap, send, &send->message, "", err);

    if (rc == PL_OK && send->in->otherwise != NULL
        && send->verdict.decision != PL__DECISION__DECISION_REFUSED)
    {
        other = send->message;
        other.content = send->in->otherwise;
        rc = send_fit(ap, send, &other, "otherwise, ", err);
    }

    return rc;
}


/* lead: before the field's path. */

static pl_status_t
send_fit(pl_apply_t *ap, send_t *send, const Pl__Message *message,
    const char *lead, pl_err_t *err)
{
    pl_err_t      why;
    const char   *rule, *path, *text;
    pl_status_t   rc;

    rc = pl_outgoing_fit(ap, send->channel, message, &rule, &why, err);
    if (rc != PL_OK || rule == NULL) {
        return rc;
    }

    path = pl_arena_printf(ap->ar, "%s%s", lead, why.path);
    text = pl_arena_printf(ap->ar, "%s", why.text);
    if (path == NULL || text == NULL) {
        return pl_err_set(err, PL_NOMEM, "send", 0, "out of memory");
    }

    (void) send_refuse(send, rule, path, text);     /* as it returns */

    return PL_OK;
}


static bool
send_channel(pl_apply_t *ap, send_t *send)
{
    const pl_tenant_conf_t  *tenant;

    tenant = pl_settings_tenant(ap->settings, send->in->tenant);
    if (tenant == NULL) {
        return send_refuse(send, "tenant.unknown", "tenant",
                           "there is no such tenant");
    }

    if (send->in->channel == 0) {
        return true;                    /* reach.h finds one */
    }

    send->channel = pl_settings_channel(ap->settings, send->in->channel);

    if (send->channel == NULL || send->channel->tenant != tenant->id) {
        return send_refuse(send, "channel.unknown", "channel",
                           "the tenant has no such channel");
    }

    if (send->channel->row->has_removed && send->channel->row->removed) {
        return send_refuse(send, "channel.removed", "channel",
                           "the channel is no longer configured");
    }

    return true;
}


static pl_status_t
send_reach(pl_apply_t *ap, send_t *send, pl_err_t *err)
{
    bool         several;
    pl_status_t  rc;

    if (send->channel != NULL) {
        return PL_OK;
    }

    rc = pl_reach_request(ap, send->in, &send->channel, &several, err);

    if (rc == PL_OK && send->channel == NULL) {
        (void) send_refuse(send, "channel.unknown", "channel",
                           several ? "several reach them: say which"
                           : "no channel reaches them");
    }

    return rc;
}


/* What needs no look at the store. */

static bool
send_asked(send_t *send)
{
    const Pl__SendRequest  *in = send->in;

    if ((in->address != NULL) == (in->has_contact != 0)) {
        return send_refuse(send, "recipient.refused", "address",
                           "either an address or a contact is needed");
    }

    if (in->has_lane
        && (protobuf_c_enum_descriptor_get_value(&pl__lane__descriptor,
                                                 (int) in->lane) == NULL
            || pl_errand_lane(in->lane)))
    {
        return send_refuse(send, "request.refused", "lane",
                           "there is no such lane");
    }

    if (in->has_author
        && protobuf_c_enum_descriptor_get_value(&pl__author__descriptor,
                                                (int) in->author) == NULL)
    {
        return send_refuse(send, "request.refused", "author",
                           "there is no such kind of author");
    }

    if (in->actor != NULL && strlen(in->actor) > PL_ACTOR_MAX) {
        return send_refuse(send, "request.refused", "actor", "too long");
    }

    if (in->has_category
        && protobuf_c_enum_descriptor_get_value(&pl__category__descriptor,
                                                (int) in->category) == NULL)
    {
        return send_refuse(send, "request.refused", "category",
                           "there is no such category");
    }

    if (in->otherwise != NULL
        && (!pl_policy_template(in->otherwise)
            || pl_policy_template(in->content)))
    {
        return send_refuse(send, "request.refused", "otherwise",
                           "a template that stands in for what is none");
    }

    if (in->has_otherwise_category
        && (in->otherwise == NULL
            || protobuf_c_enum_descriptor_get_value(
                   &pl__category__descriptor,
                   (int) in->otherwise_category) == NULL))
    {
        return send_refuse(send, "request.refused", "otherwise_category",
                           "a category, of what is otherwise sent");
    }

    return true;
}


/*
 * What has expired already is no mistake of the request's: it was made in
 * time, and ends as what policy blocks. What never could be sent is one.
 */

static bool
send_terms(pl_apply_t *ap, send_t *send)
{
    const Pl__SendRequest  *in = send->in;

    if (send_later(ap, in) && in->at_ms - ap->now_ms > PL_AT_MAX_MS) {
        return send_refuse(send, "request.refused", "at_ms",
                           "more than a year ahead");
    }

    if (in->has_expires_ms
        && (in->expires_ms <= 0
            || (send_later(ap, in) && in->expires_ms <= in->at_ms)))
    {
        return send_refuse(send, "request.refused", "expires_ms",
                           "it expires before it could be sent");
    }

    if (in->collapse_key != NULL
        && (in->collapse_key[0] == '\0'
            || strlen(in->collapse_key) > PL_COLLAPSE_KEY_MAX))
    {
        return send_refuse(send, "request.refused", "collapse_key",
                           "a collapse key has 1 to 128 bytes");
    }

    return true;
}


/* A time that has come, or is long past, is now. */

static bool
send_later(const pl_apply_t *ap, const Pl__SendRequest *in)
{
    return in->has_at_ms && in->at_ms > ap->now_ms;
}


static pl_status_t
send_address(pl_apply_t *ap, send_t *send, pl_err_t *err)
{
    pl_err_t     why;
    pl_status_t  rc;

    rc = pl_reach_address(ap, send->channel, send->in->address,
                          &send->message.address, &why);

    if (rc == PL_NOMEM) {
        return pl_err_set(err, PL_NOMEM, "send", 0, "out of memory");
    }

    if (rc != PL_OK) {
        (void) send_refuse(send, "recipient.refused",
                           pl_arena_str(ap->ar, pl_str_c(why.path)),
                           pl_arena_str(ap->ar, pl_str_c(why.text)));
    }

    return PL_OK;
}


static pl_status_t
send_contact(pl_apply_t *ap, send_t *send, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_contact_get(ap, send->in->tenant, send->in->contact,
                        &send->contact, err);

    if (rc == PL_NOTFOUND) {
        (void) send_refuse(send, "recipient.refused", "contact",
                           "there is no such contact");
        return PL_OK;
    }

    if (rc != PL_OK) {
        return rc;
    }

    send->message.address = (Pl__Address *)
                            pl_contact_address(send->contact,
                                               send->channel);

    if (send->message.address == NULL) {
        (void) send_refuse(send, "recipient.refused", "contact",
                           "the contact has no address of this channel");
    }

    return PL_OK;
}


static void
send_message(pl_apply_t *ap, send_t *send)
{
    Pl__Message            *message = &send->message;
    const Pl__SendRequest  *in = send->in;

    message->direction = PL__DIRECTION__DIRECTION_OUT;
    message->tenant = in->tenant;
    message->channel = send->channel->row->id;
    message->party_kind = send_groups(send)
                          ? PL__PARTY_KIND__PARTY_KIND_GROUP
                          : PL__PARTY_KIND__PARTY_KIND_CONTACT;
    message->content = in->content;
    message->reply_to = in->reply_to;
    message->time_ms = ap->now_ms;
    message->has_state = 1;
    message->state = PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED;

    if (send_later(ap, in)) {
        message->state = PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED;
        message->has_at_ms = 1;
        message->at_ms = in->at_ms;
    }

    message->has_entry = 1;
    message->entry = ap->entry;
    message->has_author = 1;
    message->author = in->has_author ? in->author
                                     : PL__AUTHOR__AUTHOR_PROGRAM;
    message->actor = in->actor;
    message->has_category = in->has_category;
    message->category = in->category;
    message->otherwise = in->otherwise;
    message->has_template_category = in->has_otherwise_category;
    message->template_category = in->otherwise_category;
    message->campaign = pl_policy_campaign(in);
    message->has_campaign = message->campaign;
    message->has_business_hours = in->has_business_hours;
    message->business_hours = in->business_hours;
}


static pl_status_t
send_queue(pl_apply_t *ap, send_t *send, pl_err_t *err)
{
    uint64_t           id;
    pl_party_t         party;
    pl_status_t        rc;
    pl_queue_how_t     how;
    Pl__Conversation  *conv;

    party.tenant = send->in->tenant;
    party.kind = send->message.party_kind;

    rc = send_resolve(ap, send, &party.party, err);
    if (rc != PL_OK) {
        return rc;
    }

    send->message.party = party.party;
    send->message.contact = send_groups(send) ? 0 : party.party;

    how.lane = send->in->has_lane ? send->in->lane : PL__LANE__LANE_REPLY;
    how.at_ms = send->in->has_at_ms ? send->in->at_ms : 0;
    how.expires_ms = send->in->has_expires_ms ? send->in->expires_ms : 0;
    how.campaign = send->in->campaign;
    how.collapse_key = send->in->collapse_key;

    rc = pl_conversation_get(ap, &party, &conv, err);

    if (rc == PL_OK) {
        rc = pl_reissue_terms(ap, &send->message, &how, err);
    }

    if (rc == PL_OK) {
        rc = pl_conversation_add(ap, &party, conv, &send->message, &id, err);
    }

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, party.tenant, "messages", "out", err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    send->verdict.has_message = 1;
    send->verdict.message = id;
    send->verdict.has_effect = 1;
    send->verdict.effect = ap->meta->next_id;

    rc = pl_queue_add(ap, &party, conv, id, &send->message, &how, err);

    if (rc == PL_OK) {
        rc = pl_conversation_put(ap, &party, conv, err);
    }

    return rc == PL_OK ? send_outcome(ap, send, err) : rc;
}


static bool
send_groups(const send_t *send)
{
    return send->in->address != NULL
           && send->in->address->kind
              == PL__ADDRESS_KIND__ADDRESS_KIND_GROUP;
}


/* The contact or the group that it goes to, made where there is none. */

static pl_status_t
send_resolve(pl_apply_t *ap, send_t *send, uint64_t *party, pl_err_t *err)
{
    pl_status_t         rc;
    Pl__Sender          who = PL__SENDER__INIT;
    const Pl__Address  *address = send->in->address;

    if (send_groups(send)) {
        return pl_contact_group(ap, send->in->tenant, send->message.channel,
                                address->value, party, err);
    }

    if (send->contact != NULL) {
        *party = send->contact->id;
        return PL_OK;
    }

    if (address->kind == PL__ADDRESS_KIND__ADDRESS_KIND_PHONE) {
        who.phone = address->value;

    } else if (address->kind == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL) {
        who.email = address->value;

    } else {
        who.user_id = address->value;
    }

    rc = pl_contact_resolve(ap, send->in->tenant, &who, &send->contact, err);
    *party = rc == PL_OK ? send->contact->id : 0;

    return rc;
}


/* The same, of those that there are; 0: none is it. Reads alone. */

static pl_status_t
send_known(pl_apply_t *ap, send_t *send, uint64_t *party, pl_err_t *err)
{
    pl_status_t         rc;
    Pl__Contact        *contact;
    const Pl__Address  *address = send->in->address;

    *party = 0;

    if (send_groups(send)) {
        rc = pl_contact_find(ap, send->in->tenant, address->kind,
                             address->value, party, err);

    } else if (send->contact != NULL) {
        *party = send->contact->id;
        return PL_OK;

    } else {
        rc = pl_contact_known(ap, send->in->tenant, address, &contact, err);
        *party = rc == PL_OK ? contact->id : 0;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/*
 * Policy, and a queue that is full, leave a dead letter; what policy puts
 * off is scheduled, and the verdict says by which rule and until when.
 */

static pl_status_t
send_outcome(pl_apply_t *ap, send_t *send, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    Pl__DeadLetter    *dead;
    ProtobufCMessage  *msg;

    if (send->message.rule != NULL
        && send->message.state == PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED)
    {
        send->verdict.decision = PL__DECISION__DECISION_SCHEDULED;
        send->verdict.rule = send->message.rule;
        send->verdict.has_until_ms = 1;
        send->verdict.until_ms = send->message.at_ms;
        return PL_OK;
    }

    pl_key_tenant_seq(&key, send->in->tenant, send->verdict.effect);

    rc = pl_record_get(ap->txn, PL_TABLE_DEAD, pl_key_str(&key),
                       &pl__dead_letter__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    dead = (Pl__DeadLetter *) msg;

    (void) send_refuse(send, dead->rule != NULL ? dead->rule : "queue.full",
                       NULL, dead->reason);     /* as it returns */

    return PL_OK;
}


/* False, so that a check ends with it. */

static bool
send_refuse(send_t *send, const char *rule, const char *path,
    const char *text)
{
    send->verdict.decision = PL__DECISION__DECISION_REFUSED;
    send->verdict.rule = (char *) rule;
    send->verdict.path = (char *) path;
    send->verdict.text = (char *) text;

    return false;
}
