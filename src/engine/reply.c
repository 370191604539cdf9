/*
 * What a flow answers: a message queued now, or a timer that will queue it.
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"
#include "reply.h"
#include "sandbox.h"

static pl_status_t reply_later(pl_apply_t *ap, const pl_reply_t *reply,
    uint32_t after_s, pl_err_t *err);


pl_status_t
pl_reply(pl_apply_t *ap, const pl_reply_t *reply, uint32_t after_s,
    pl_err_t *err)
{
    uint64_t             id;
    const char          *body;
    Pl__Text             text = PL__TEXT__INIT;
    Pl__Content          content = PL__CONTENT__INIT;
    Pl__Message          message = PL__MESSAGE__INIT;
    pl_queue_how_t       how = { PL__LANE__LANE_REPLY, 0, 0, 0, NULL };
    const Pl__Address   *address;
    pl_status_t          rc;

    if (after_s != 0) {
        return reply_later(ap, reply, after_s, err);
    }

    address = pl_contact_address(reply->contact,
                                 pl_settings_channel(ap->settings,
                                                     reply->channel));
    body = pl_flow_say(reply->flow, reply->step, reply->contact->name,
                       reply->variables, reply->n_variables, ap->ar);

    if (address == NULL || body == NULL) {
        return PL_OK;           /* a step that a newer flow has no more */
    }

    text.body = (char *) body;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;

    message.direction = PL__DIRECTION__DIRECTION_OUT;
    message.tenant = reply->party->tenant;
    message.channel = reply->channel;
    message.party_kind = reply->party->kind;
    message.party = reply->party->party;
    message.contact = reply->contact->id;
    message.content = &content;
    message.time_ms = ap->now_ms;
    message.has_state = 1;
    message.state = PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED;
    message.has_entry = 1;
    message.entry = ap->entry;
    message.address = (Pl__Address *) address;
    message.has_answers = message.answers = reply->answers;

    rc = pl_conversation_add(ap, reply->party, reply->conv, &message, &id,
                             err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_feed_count(ap, reply->party->tenant, "messages", "out", err);
    if (rc != PL_OK) {
        return rc;
    }

    return pl_queue_add(ap, reply->party, reply->conv, id, &message, &how,
                        err);
}


static pl_status_t
reply_later(pl_apply_t *ap, const pl_reply_t *reply, uint32_t after_s,
    pl_err_t *err)
{
    pl_key_t       key;
    Pl__Timer      timer = PL__TIMER__INIT;
    Pl__TimerSend  send = PL__TIMER_SEND__INIT;

    send.flow = (char *) pl_flow_name(reply->flow);
    send.step = (char *) reply->step;
    send.variables = (Pl__Variable **) reply->variables;
    send.n_variables = reply->n_variables;

    timer.id = pl_apply_id(ap);
    timer.due_ms = ap->now_ms + (int64_t) after_s * 1000;
    timer.tenant = reply->party->tenant;
    timer.channel = reply->channel;
    timer.party_kind = reply->party->kind;
    timer.party = reply->party->party;
    timer.contact = reply->contact->id;
    timer.of_case = PL__TIMER__OF_SEND;
    timer.send = &send;

    pl_sandbox_timer(ap, &key, timer.due_ms, timer.id);

    return pl_record_put(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                         &timer.base, false, err);
}
