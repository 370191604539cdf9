/*
 * One message of a provider's list, held against what is known. See
 * reconcile.h.
 */

#include <string.h>

#include "dedupe.h"
#include "import.h"
#include "mark.h"
#include "reconcile.h"
#include "room.h"
#include "status.h"

#define ROW_SKEW_S   60         /* that two clocks may differ by; and that a
                                   request may be on its way for, behind the
                                   moment that we gave it up */
#define ROW_QUEUE_S  36000      /* that a message may wait at the provider:
                                   ValidityPeriod (provider-facts 7.4) */

static pl_status_t row_decoded(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const Pl__ListedMessage *row,
    int64_t since_ms, bool files, pl_reconcile_e *became, pl_err_t *err);
static pl_status_t row_came(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ListedMessage *row, Pl__InboundMessage *in, int64_t since_ms,
    bool files, pl_reconcile_e *became, pl_err_t *err);
static pl_status_t row_sent(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ListedMessage *row, Pl__DeliveryStatus *in,
    pl_reconcile_e *became, pl_err_t *err);
static pl_status_t row_unknown(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const Pl__ListedMessage *row,
    const Pl__DeliveryStatus *in, uint64_t *id, Pl__Message **message,
    pl_err_t *err);
static bool row_is(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ListedMessage *row, const Pl__Message *message);
static pl_status_t row_meant(pl_apply_t *ap, const Pl__ListedMessage *row,
    uint64_t id, const Pl__Message *message, pl_err_t *err);


/* A page has many, and each may look through a conversation's newest. */

pl_status_t
pl_reconcile_row(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ListedMessage *row, int64_t since_ms, bool files,
    pl_reconcile_e *became, pl_err_t *err)
{
    pl_arena_t   *item;
    pl_status_t   rc;

    rc = pl_room_enter(ap, &item, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = row_decoded(ap, channel, row, since_ms, files, became, err);
    pl_room_leave(ap, item);

    return rc;
}


/* The webhook's own decoder says what it is; a row of another channel of the
   account, or what it cannot read, is none of this one's. */

static pl_status_t
row_decoded(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ListedMessage *row, int64_t since_ms, bool files,
    pl_reconcile_e *became, pl_err_t *err)
{
    size_t         i;
    pl_err_t       why;
    pl_status_t    rc;
    const char    *account;
    Pl__Command   *command;
    pl_decoded_t   decoded;

    *became = PL_RECONCILE_UNREADABLE;

    rc = channel->provider->decode(ap->codec, (pl_str_t) { row->form.data,
                                   row->form.len }, ap->ar, &decoded, &why);
    if (rc != PL_OK) {
        return rc == PL_NOMEM ? pl_err_set(err, rc, "reconcile", 0,
                                           "out of memory") : PL_OK;
    }

    for (i = 0, rc = PL_OK; rc == PL_OK && i < decoded.n_commands; i++) {
        command = decoded.commands[i];

        account = command->of_case == PL__COMMAND__OF_INBOUND_MESSAGE
                  ? command->inbound_message->account
                  : command->of_case == PL__COMMAND__OF_DELIVERY_STATUS
                  ? command->delivery_status->account : NULL;

        if (account == NULL || strcmp(account, channel->row->account) != 0) {
            return PL_OK;
        }

        rc = command->of_case == PL__COMMAND__OF_INBOUND_MESSAGE
             ? row_came(ap, channel, row, command->inbound_message, since_ms,
                        files, became, err)
             : row_sent(ap, channel, row, command->delivery_status, became,
                        err);

        if (*became == PL_RECONCILE_FILES) {
            break;
        }
    }

    return rc;
}


static pl_status_t
row_came(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ListedMessage *row, Pl__InboundMessage *in, int64_t since_ms,
    bool files, pl_reconcile_e *became, pl_err_t *err)
{
    bool          closed, seen;
    pl_err_t      why;
    pl_sight_t    sight;
    pl_status_t   rc;
    pl_unfit_t    unfit = { 0 };
    Pl__Command   command = PL__COMMAND__INIT;

    in->time_s = row->time_s > 0 && row->time_s * 1000 < ap->now_ms
                 ? row->time_s : ap->now_ms / 1000;
    *became = PL_RECONCILE_KNOWN;

    /* past the age its row of `dedupe` may be gone */

    if (in->time_s * 1000 + ROW_SKEW_S * 1000LL < since_ms
        || in->time_s * 1000 < ap->now_ms - PL_RECONCILE_AGE_MS)
    {
        return PL_OK;
    }

    rc = pl_dedupe_look(ap, channel->row->id, in->provider_id,
                        in->has_untimed && in->untimed ? 0 : in->time_s,
                        &sight, &seen, err);
    if (rc != PL_OK || seen) {
        return rc;
    }

    if (files && row->files) {
        *became = PL_RECONCILE_FILES;
        return PL_OK;
    }

    *became = PL_RECONCILE_MISSED;

    command.of_case = PL__COMMAND__OF_INBOUND_MESSAGE;
    command.inbound_message = in;

    closed = pl_import_closed(ap, &command);

    rc = closed ? pl_err_set(&why, PL_INVALID, "import", 0, PL_IMPORT_OPEN
                             ": its tenant is being read in")
                : pl_apply_inbound_message(ap, in, &why);
    if (rc != PL_INVALID) {
        if (rc != PL_OK && err != NULL) {
            *err = why;
        }

        return rc;
    }

    unfit.tenant = channel->tenant;
    unfit.account = in->account;
    unfit.path = in->path;
    unfit.reason = why.text;
    unfit.raw.data = in->raw.data;
    unfit.raw.len = in->raw.len;

    rc = closed ? pl_import_aside(ap, &command, &unfit, err) : PL_OK;

    return rc == PL_OK ? pl_feed_quarantine(ap, &unfit, err) : rc;
}


/* What another system sent from the same address is not ours to keep. */

static pl_status_t
row_sent(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ListedMessage *row, Pl__DeliveryStatus *in,
    pl_reconcile_e *became, pl_err_t *err)
{
    uint64_t           id;
    pl_status_t        rc;
    Pl__Message       *message;
    Pl__MessageState   state, was;

    *became = PL_RECONCILE_KNOWN;
    in->time_s = row->time_s > 0 && row->time_s * 1000 < ap->now_ms
                 ? row->time_s : ap->now_ms / 1000;

    if (!channel->provider->state(in->status, &state)) {
        return PL_OK;
    }

    rc = pl_status_find(ap, in, channel->tenant, channel->row->id, &id,
                        &message, err);

    if (rc == PL_NOTFOUND) {
        rc = row_unknown(ap, channel, row, in, &id, &message, err);
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    was = message->state;

    rc = pl_status_apply(ap, id, in, err);

    if (rc == PL_OK) {
        rc = pl_message_get(ap, id, &message, err);
    }

    if (rc == PL_OK && message->state != was) {
        *became = PL_RECONCILE_SETTLED;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* The oldest of the newest: two that say the same are taken in their order. */

static pl_status_t
row_unknown(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ListedMessage *row, const Pl__DeliveryStatus *in, uint64_t *id,
    Pl__Message **message, pl_err_t *err)
{
    size_t             i;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    if (row->text == NULL) {
        return PL_NOTFOUND;
    }

    party.tenant = channel->tenant;

    rc = pl_status_party(ap, in, &party, err);

    if (rc == PL_OK) {
        rc = pl_conversation_get(ap, &party, &conv, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < conv->n_newest; i++) {
        *id = conv->newest[i];

        rc = pl_message_get(ap, *id, message, err);

        if (rc == PL_OK) {
            rc = row_is(ap, channel, row, *message)
                 ? row_meant(ap, row, *id, *message, err) : PL_NOTFOUND;
        }

        if (rc == PL_OK) {
            return rc;
        }

        if (rc != PL_OK && rc != PL_NOTFOUND) {
            return rc;
        }
    }

    return PL_NOTFOUND;
}


static bool
row_is(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ListedMessage *row, const Pl__Message *message)
{
    const char  *says;

    if (message->direction != PL__DIRECTION__DIRECTION_OUT
        || message->channel != channel->row->id
        || message->state != PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN
        || message->provider_id != NULL || message->has_erased)
    {
        return false;
    }

    says = channel->provider->reconcile->says(channel->row, message, ap->ar);

    return says != NULL && strcmp(says, row->text) == 0;
}


/*
 * The provider took it between the moment that it was asked for and the one
 * that we gave it up: a later one, which says the same, is somebody else's.
 * Where the list says only when it left, it may have waited there.
 */

static pl_status_t
row_meant(pl_apply_t *ap, const Pl__ListedMessage *row, uint64_t id,
    const Pl__Message *message, pl_err_t *err)
{
    int64_t           at_s, late_s;
    pl_status_t       rc;
    Pl__UnknownSend  *unknown;

    rc = pl_unknown_of(ap, message->tenant, id, &unknown, err);
    if (rc != PL_OK) {
        return rc;
    }

    at_s = row->has_made_s ? row->made_s : row->time_s;
    late_s = ROW_SKEW_S + (row->has_made_s ? 0 : ROW_QUEUE_S);

    return at_s + ROW_SKEW_S >= message->time_ms / 1000
           && at_s - late_s <= unknown->since_ms / 1000 ? PL_OK : PL_NOTFOUND;
}
