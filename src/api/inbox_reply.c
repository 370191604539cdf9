/*
 * A reply is a message to whom the conversation is with: POST /v1/messages,
 * with its recipient filled in, and a group's channel. So
 * what policy says of it, and how a refusal is answered, is the same.
 */

#include <string.h>

#include "../core/str.h"
#include "inbox_impl.h"
#include "message_impl.h"

static pl_status_t reply_body(pl_api_call_t *call, Pl__Api__SendBody **out,
    pl_err_t *err);
static pl_status_t reply_channel(pl_api_call_t *call,
    const Pl__Conversation *conv, Pl__Api__SendBody *send, pl_err_t *err);
static void reply_said(const Pl__Api__ReplyBody *body,
    Pl__Api__SendBody *send);


pl_status_t
pl_inbox_reply_ask(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t         rc;
    ProtobufCMessage   *body;
    Pl__Api__SendBody  *send;

    rc = reply_body(call, &send, err);
    if (rc != PL_OK) {
        return rc;
    }

    body = call->body;
    call->body = &send->base;
    rc = pl_message_send_ask(call, err);
    call->body = body;

    return rc;
}


pl_status_t
pl_inbox_reply_told(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t         rc;
    ProtobufCMessage   *body;
    Pl__Api__SendBody  *send;

    rc = reply_body(call, &send, err);
    if (rc != PL_OK) {
        return rc;
    }

    body = call->body;
    call->body = &send->base;
    rc = pl_message_send_told(call, err);
    call->body = body;

    return rc;
}


static pl_status_t
reply_body(pl_api_call_t *call, Pl__Api__SendBody **out, pl_err_t *err)
{
    pl_party_t          party;
    pl_status_t         rc;
    Pl__Conversation   *conv;
    Pl__Api__SendTo    *to;
    Pl__Api__SendBody  *send;

    rc = pl_inbox_param(call, &party, &conv, err);
    to = pl_arena_alloc(call->ar, sizeof(*to));
    send = pl_arena_alloc(call->ar, sizeof(*send));

    if (rc != PL_OK || to == NULL || send == NULL) {
        return rc != PL_OK ? rc : pl_rows_nomem(err);
    }

    pl__api__send_to__init(to);
    pl__api__send_body__init(send);
    pl_rows_party(call, party.kind, party.party, &to->contact, &to->group);

    send->to = to;
    reply_said((const Pl__Api__ReplyBody *) call->body, send);
    *out = send;

    return send->channel != NULL || to->contact != NULL
           ? PL_OK : reply_channel(call, conv, send, err);
}


/* A group's: that of its last message. A person is reached (reach.h). */

static pl_status_t
reply_channel(pl_api_call_t *call, const Pl__Conversation *conv,
    Pl__Api__SendBody *send, pl_err_t *err)
{
    pl_apply_t    ap;
    pl_status_t   rc;
    Pl__Message  *message;

    if (conv->n_newest == 0) {
        return PL_OK;                   /* the only one that there is */
    }

    pl_rows_reader(call, &ap);

    rc = pl_message_get(&ap, conv->newest[conv->n_newest - 1], &message,
                        err);
    if (rc == PL_OK) {
        send->channel = (char *) pl_rows_channel_name(call,
                                                      message->channel);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static void
reply_said(const Pl__Api__ReplyBody *body, Pl__Api__SendBody *send)
{
    send->channel = body->channel;
    send->text = body->text;
    send->template_ = body->template_;
    send->email = body->email;
    send->media = body->media;
    send->interactive = body->interactive;
    send->has_preview_url = body->has_preview_url;
    send->preview_url = body->preview_url;
    send->reply_to = body->reply_to;
    send->send_at = body->send_at;
    send->expires_at = body->expires_at;
    send->has_category = body->has_category;
    send->category = body->category;
    send->otherwise = body->otherwise;
    send->has_otherwise_category = body->has_otherwise_category;
    send->otherwise_category = body->otherwise_category;
    send->has_business_hours = body->has_business_hours;
    send->business_hours = body->business_hours;
    send->has_author = body->has_author;
    send->author = body->author;
    send->variables = body->variables;
    send->n_variables = body->n_variables;
}
