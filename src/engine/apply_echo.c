/*
 * What is known from a provider's own app: messages that a person sent there
 * (an echo), or that were exchanged before the number came to us (history);
 * names of its address book; and what a provider says of a channel.
 *
 * Such a message is stored where it belongs, and that is all: it opens no
 * window, is unread to nobody, and no flow answers it. But who writes there
 * now answers the conversation from now on (owner.h). It has a dedupe row
 * like any other, and keeps its own time; its place is the one in which it
 * came, since a conversation is in the order of arrival.
 */

#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "dedupe.h"
#include "media.h"
#include "owner.h"
#include "refuse.h"
#include "run.h"
#include "tomb.h"

#define ECHO_TEXT_MAX  512              /* of an error, for the audit */


static pl_status_t echo_store(pl_apply_t *ap, const Pl__EchoMessage *in,
    const pl_channel_conf_t *channel, uint64_t *id, pl_err_t *err);
static pl_status_t echo_refused(pl_apply_t *ap, const Pl__EchoMessage *in,
    const pl_channel_conf_t *channel, const pl_party_t *party,
    Pl__Contact *contact, uint64_t id, pl_err_t *err);
static pl_status_t echo_add(pl_apply_t *ap, const pl_party_t *party,
    const Pl__EchoMessage *in, Pl__Message *message, uint64_t *id,
    pl_err_t *err);
static Pl__Address *echo_address(const Pl__Contact *contact,
    const Pl__Sender *peer);


pl_status_t
pl_apply_echo_message(pl_apply_t *ap, const Pl__EchoMessage *in,
    pl_err_t *err)
{
    bool                      seen, late;
    uint64_t                  id;
    pl_sight_t                sight;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_account(ap->settings, ap->provider,
                                  pl_str_c(in->account));
    if (channel == NULL) {
        return pl_feed_unknown(ap, in->account, in->path, &in->raw, err);
    }

    rc = pl_dedupe_look(ap, channel->row->id, in->provider_id, in->time_s,
                        &sight, &seen, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (seen) {
        return pl_apply_echo_repeat(ap, channel->tenant, sight.record,
                                    in->content, err);
    }

    rc = pl_tomb_late(ap, channel->tenant, in->peer, in->time_s, &late, err);
    if (rc != PL_OK || late) {
        return rc == PL_OK ? pl_dedupe_note(ap, &sight, 0, err) : rc;
    }

    rc = echo_store(ap, in, channel, &id, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_dedupe_note(ap, &sight, id, err);
    if (rc != PL_OK) {
        return rc;
    }

    return pl_feed_count(ap, channel->tenant, "messages",
                         in->has_history && in->history ? "history" : "echo",
                         err);
}


/*
 * The history shows files as messages without content; what they are comes
 * later, under the same id.
 */

pl_status_t
pl_apply_echo_repeat(pl_apply_t *ap, uint32_t tenant, uint64_t id,
    Pl__Content *content, pl_err_t *err)
{
    bool                      want;
    pl_party_t                party;
    Pl__Message              *message;
    pl_status_t               rc = PL_NOTFOUND;
    const pl_channel_conf_t  *channel;

    if (content->of_case == PL__CONTENT__OF_MEDIA) {
        rc = pl_message_get(ap, id, &message, err);
    }

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    if (rc == PL_NOTFOUND || message->has_erased
        || !message->has_history || !message->history
        || message->content->of_case != PL__CONTENT__OF__NOT_SET)
    {
        return pl_feed_count(ap, tenant, "duplicates", "", err);
    }

    message->content = content;
    channel = pl_settings_channel(ap->settings, message->channel);
    want = pl_media_want(ap, channel, content);

    rc = pl_message_put(ap, id, message, false, err);

    if (rc == PL_OK && want) {
        rc = pl_media_queue(ap, channel, id, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    party.tenant = message->tenant;
    party.kind = message->party_kind;
    party.party = message->party;

    rc = pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_MESSAGE, &party, id,
                        message->state, err);

    return rc == PL_OK ? pl_feed_count(ap, tenant, "history", "completed",
                                       err) : rc;
}


pl_status_t
pl_apply_contact_sync(pl_apply_t *ap, const Pl__ContactSync *in,
    pl_err_t *err)
{
    bool                      late;
    pl_status_t               rc;
    Pl__Contact              *contact;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_account(ap->settings, ap->provider,
                                  pl_str_c(in->account));
    if (channel == NULL) {
        return pl_feed_unknown(ap, in->account, in->path, &in->raw, err);
    }

    if (in->has_removed && in->removed) {
        return pl_feed_count(ap, channel->tenant, "contacts", "removed",
                             err);
    }

    late = false;
    rc = in->has_time_s ? pl_tomb_late(ap, channel->tenant, in->contact,
                                       in->time_s, &late, err) : PL_OK;
    if (rc != PL_OK || late) {
        return rc;
    }

    rc = pl_contact_resolve(ap, channel->tenant, in->contact, &contact, err);

    return rc == PL_OK ? pl_feed_count(ap, channel->tenant, "contacts",
                                       "synced", err) : rc;
}


pl_status_t
pl_apply_channel_error(pl_apply_t *ap, const Pl__ChannelError *in,
    pl_err_t *err)
{
    char                       text[ECHO_TEXT_MAX];
    pl_status_t                rc;
    const Pl__MessageError    *error = in->error;
    const pl_channel_conf_t   *channel;

    channel = pl_settings_account(ap->settings, ap->provider,
                                  pl_str_c(in->account));
    if (channel == NULL) {
        return pl_feed_unknown(ap, in->account, in->path, &in->raw, err);
    }

    (void) snprintf(text, sizeof(text), "%d%s%s%s%s", (int) error->code,
                    error->title != NULL ? " " : "",
                    error->title != NULL ? error->title : "",
                    error->details != NULL ? ": " : "",
                    error->details != NULL ? error->details : "");

    rc = pl_feed_audit(ap, channel->tenant,
                       PL__AUDIT_KIND__AUDIT_KIND_CHANNEL, channel->row->id,
                       NULL, text, err);

    return rc == PL_OK ? pl_feed_count(ap, channel->tenant, "channel_errors",
                                       in->has_history && in->history
                                           ? "history" : "", err) : rc;
}


static pl_status_t
echo_store(pl_apply_t *ap, const Pl__EchoMessage *in,
    const pl_channel_conf_t *channel, uint64_t *id, pl_err_t *err)
{
    bool          is_in;
    pl_party_t    party;
    Pl__Contact  *contact;
    Pl__Message   message = PL__MESSAGE__INIT;
    pl_status_t   rc;

    rc = pl_contact_resolve(ap, channel->tenant, in->peer, &contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    is_in = in->direction == PL__DIRECTION__DIRECTION_IN;
    party.tenant = channel->tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = contact->id;

    message.direction = in->direction;
    message.tenant = party.tenant;
    message.channel = channel->row->id;
    message.party_kind = party.kind;
    message.party = party.party;
    message.contact = contact->id;
    message.content = in->content;
    message.time_ms = ap->now_ms;
    message.has_provider_time_s = 1;
    message.provider_time_s = in->time_s;
    message.provider_id = in->provider_id;
    message.reply_to = in->reply_to;
    message.context = in->context;
    message.has_entry = 1;
    message.entry = ap->entry;
    message.address = echo_address(contact, in->peer);
    message.has_by_person = !is_in;
    message.by_person = !is_in;
    message.has_history = in->has_history && in->history;
    message.history = message.has_history;

    message.has_state = 1;
    message.state = in->has_state ? in->state
                                  : PL__MESSAGE_STATE__MESSAGE_STATE_SENT;
    if (is_in) {
        message.state = PL__MESSAGE_STATE__MESSAGE_STATE_RECEIVED;
    }

    rc = echo_add(ap, &party, in, &message, id, err);

    return rc == PL_OK && is_in
           ? echo_refused(ap, in, channel, &party, contact, *id, err) : rc;
}


/*
 * Who refused before the number came to us has refused: the law knows of no
 * change of software.
 */

static pl_status_t
echo_refused(pl_apply_t *ap, const Pl__EchoMessage *in,
    const pl_channel_conf_t *channel, const pl_party_t *party,
    Pl__Contact *contact, uint64_t id, pl_err_t *err)
{
    pl_refuse_t          refuse;
    Pl__InboundMessage   said = PL__INBOUND_MESSAGE__INIT;

    if (in->content == NULL) {
        return PL_OK;
    }

    said.content = in->content;
    said.time_s = in->time_s;

    refuse.in = &said;
    refuse.channel = channel;
    refuse.party = party;
    refuse.contact = contact;
    refuse.conv = NULL;
    refuse.message = id;
    refuse.forged = false;
    refuse.proven = false;

    return pl_refuse_past(ap, &refuse, err);
}


/* What is history changes nothing of where the conversation stands. */

static pl_status_t
echo_add(pl_apply_t *ap, const pl_party_t *party, const Pl__EchoMessage *in,
    Pl__Message *message, uint64_t *id, pl_err_t *err)
{
    bool                      want;
    pl_status_t               rc;
    Pl__Conversation         *conv, before;
    const pl_channel_conf_t  *channel;

    rc = pl_conversation_get(ap, party, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    before = *conv;
    channel = pl_settings_channel(ap->settings, message->channel);
    want = pl_media_want(ap, channel, message->content);

    rc = pl_conversation_add(ap, party, conv, message, id, err);

    if (rc == PL_OK && want) {
        rc = pl_media_queue(ap, channel, *id, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (in->has_history && in->history) {
        conv->has_unread = before.has_unread;
        conv->unread = before.unread;
        conv->has_last_in_ms = before.has_last_in_ms;
        conv->last_in_ms = before.last_in_ms;
        conv->has_spoke_on = before.has_spoke_on;
        conv->spoke_on = before.spoke_on;
        conv->has_spoke_ms = before.has_spoke_ms;
        conv->spoke_ms = before.spoke_ms;
        conv->has_last_out_ms = before.has_last_out_ms;
        conv->last_out_ms = before.last_out_ms;

    } else if (message->by_person) {
        rc = pl_owner_is_person(conv) ? PL_OK : pl_run_taken(ap, conv, err);

        if (rc == PL_OK) {
            rc = pl_owner_app(ap, party, conv, err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    return pl_conversation_put(ap, party, conv, err);
}


static Pl__Address *
echo_address(const Pl__Contact *contact, const Pl__Sender *peer)
{
    size_t       i;
    const char  *value = peer->phone != NULL ? peer->phone : peer->user_id;

    for (i = 0; value != NULL && i < contact->n_addresses; i++) {
        if (strcmp(contact->addresses[i]->value, value) == 0) {
            return contact->addresses[i];
        }
    }

    return NULL;
}
