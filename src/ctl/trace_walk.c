/*
 * What the journal still has of a message: a walk from the entry that made
 * it, cut into read transactions as listings are. Most entries are passed
 * over: a webhook is decoded only where its bytes hold the message's id.
 *
 * A provider may write "/" as "\/", so that of its id the part before the
 * first "/" is looked for; what that finds too much, decoding sorts out.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "list.h"
#include "trace.h"


#define WALK_ENTRIES_MAX  1000000
#define WALK_NEEDLE_MIN   8         /* bytes: shorter is found everywhere */


typedef struct {
    plctl_trace_t      *trace;
    pl_txn_t           *txn;
    pl_arena_t         *ar;         /* of one entry */
    uint64_t            seq;
    const Pl__Entry    *entry;
    pl_str_t            needle;     /* of the provider's id */
    char                tag[32];    /* of ours, as it is echoed */
    bool                found;      /* this entry brought the message */
    bool                asked;      /* by a request, of this key */
    uint8_t             key[PL_REQUEST_KEY_LEN];
} walk_t;


static pl_status_t walk_range(plctl_t *ctl, walk_t *walk, uint64_t *last,
    pl_err_t *err);
static pl_status_t walk_part(plctl_t *ctl, walk_t *walk, uint64_t last,
    pl_err_t *err);
static pl_status_t walk_entry(plctl_t *ctl, walk_t *walk, pl_err_t *err);
static bool walk_holds(const walk_t *walk);
static pl_status_t walk_webhook(plctl_t *ctl, walk_t *walk, pl_err_t *err);
static pl_status_t walk_command(plctl_t *ctl, walk_t *walk,
    const Pl__Command *command, pl_err_t *err);
static bool walk_same(plctl_t *ctl, const walk_t *walk, const char *account,
    const char *provider_id);
static pl_status_t walk_arrival(plctl_t *ctl, walk_t *walk, const char *path,
    const char *verdict, pl_err_t *err);
static pl_status_t walk_status(plctl_t *ctl, walk_t *walk,
    Pl__DeliveryStatus *status, pl_err_t *err);
static bool walk_mine(const walk_t *walk, uint64_t effect);
static pl_status_t walk_attempt(plctl_t *ctl, walk_t *walk,
    const Pl__Attempt *attempt, pl_err_t *err);
static pl_status_t walk_answer(plctl_t *ctl, walk_t *walk,
    const Pl__SendResult *result, pl_err_t *err);
static pl_status_t walk_add(plctl_t *ctl, walk_t *walk, uint64_t effect,
    Pl__Ctl__TraceAttempt **out, pl_err_t *err);
static pl_status_t walk_request(plctl_t *ctl, walk_t *walk,
    const Pl__SendRequest *in, pl_err_t *err);
static pl_status_t walk_keep(plctl_t *ctl, walk_t *walk,
    const ProtobufCMessage *msg, ProtobufCMessage **out, pl_err_t *err);


pl_status_t
plctl_trace_walk(plctl_t *ctl, plctl_trace_t *trace, pl_err_t *err)
{
    walk_t        walk;
    uint64_t      last;
    pl_status_t   rc;
    const char   *id = trace->message->provider_id;

    memset(&walk, 0, sizeof(walk_t));
    walk.trace = trace;
    (void) snprintf(walk.tag, sizeof(walk.tag), "m:%" PRIu64, trace->id);

    if (id != NULL) {
        walk.needle.data = (const uint8_t *) id;
        walk.needle.len = strcspn(id, "/");
    }

    rc = walk_range(ctl, &walk, &last, err);
    if (rc != PL_OK) {
        return rc;
    }

    walk.ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (walk.ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "trace", 0, "out of memory");
    }

    while (rc == PL_OK && walk.seq <= last) {
        rc = walk_part(ctl, &walk, last, err);
    }

    pl_arena_destroy(walk.ar);

    return rc;
}


/* From the entry that made it, or the first that is kept. */

static pl_status_t
walk_range(plctl_t *ctl, walk_t *walk, uint64_t *last, pl_err_t *err)
{
    pl_txn_t             *txn;
    pl_status_t           rc;
    Pl__JournalMeta      *meta;
    Pl__Ctl__TraceRow    *row = &walk->trace->row;
    const Pl__Message    *message = walk->trace->message;

    rc = pl_store_begin(ctl->st, PL_ENV_JOURNAL, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_journal_meta(txn, ctl->ar, &meta, err);
    pl_store_abort(txn);

    if (rc != PL_OK) {
        return rc;
    }

    walk->seq = message->has_entry ? message->entry : meta->first;
    *last = meta->next - 1;

    if (walk->seq < meta->first) {
        walk->seq = meta->first;
        row->has_partial = 1;
        row->partial = 1;
    }

    if (*last >= walk->seq + WALK_ENTRIES_MAX) {
        *last = walk->seq + WALK_ENTRIES_MAX - 1;
        row->has_partial = 1;
        row->partial = 1;
    }

    row->has_walked_from = 1;
    row->walked_from = walk->seq;
    row->has_walked_to = 1;
    row->walked_to = *last;

    return PL_OK;
}


static pl_status_t
walk_part(plctl_t *ctl, walk_t *walk, uint64_t last, pl_err_t *err)
{
    unsigned      i;
    Pl__Entry    *entry;
    pl_status_t   rc;

    rc = pl_store_begin(ctl->st, PL_ENV_JOURNAL, false, &walk->txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; rc == PL_OK && i < PLCTL_CHUNK_ROWS; i++) {
        if (walk->seq > last) {
            break;
        }

        pl_arena_reset(walk->ar);

        rc = pl_journal_get(walk->txn, walk->seq, walk->ar, &entry, err);

        if (rc == PL_OK) {
            walk->entry = entry;
            walk->found = false;
            rc = walk_entry(ctl, walk, err);

        } else if (rc == PL_NOTFOUND) {
            rc = PL_OK;                 /* dropped meanwhile */
        }

        walk->seq++;
    }

    pl_store_abort(walk->txn);

    return rc;
}


static pl_status_t
walk_entry(plctl_t *ctl, walk_t *walk, pl_err_t *err)
{
    pl_status_t         rc = PL_OK;
    const Pl__Message  *message = walk->trace->message;

    if (walk->entry->kind != PL__ENTRY_KIND__ENTRY_KIND_WEBHOOK) {
        if (walk->entry->command != NULL) {
            rc = walk_command(ctl, walk, walk->entry->command, err);
        }

    } else if (walk_holds(walk)) {
        rc = walk_webhook(ctl, walk, err);
    }

    if (rc == PL_OK && !walk->found && message->has_entry
        && message->entry == walk->seq)
    {
        rc = walk_arrival(ctl, walk, NULL, "cause", err);
    }

    return rc;
}


static bool
walk_holds(const walk_t *walk)
{
    const ProtobufCBinaryData  *body = &walk->entry->body;

    if (walk->needle.len != 0
        && (walk->needle.len < WALK_NEEDLE_MIN
            || memmem(body->data, body->len, walk->needle.data,
                      walk->needle.len) != NULL))
    {
        return true;
    }

    return memmem(body->data, body->len, walk->tag, strlen(walk->tag))
           != NULL;
}


/* What cannot be decoded is in quarantine, and no part of this story. */

static pl_status_t
walk_webhook(plctl_t *ctl, walk_t *walk, pl_err_t *err)
{
    size_t               i;
    pl_err_t             why;
    pl_status_t          rc;
    pl_decoded_t         decoded;
    const pl_channel_t  *provider;

    provider = pl_channel_find(pl_str_c(walk->entry->provider));
    if (provider == NULL) {
        return PL_OK;
    }

    memset(&decoded, 0, sizeof(decoded));

    rc = pl_channel_decode(provider, ctl->shapes, walk->entry, walk->ar,
                           &decoded, &why);
    if (rc != PL_OK) {
        return PL_OK;
    }

    for (i = 0; rc == PL_OK && i < decoded.n_commands; i++) {
        rc = walk_command(ctl, walk, decoded.commands[i], err);
    }

    return rc;
}


static pl_status_t
walk_command(plctl_t *ctl, walk_t *walk, const Pl__Command *command,
    pl_err_t *err)
{
    const Pl__EchoMessage      *echo;
    const Pl__InboundMessage   *in;

    switch (command->of_case) {

    case PL__COMMAND__OF_INBOUND_MESSAGE:
        in = command->inbound_message;
        return walk_same(ctl, walk, in->account, in->provider_id)
               ? walk_arrival(ctl, walk, in->path, "new", err) : PL_OK;

    case PL__COMMAND__OF_ECHO_MESSAGE:
        echo = command->echo_message;
        return walk_same(ctl, walk, echo->account, echo->provider_id)
               ? walk_arrival(ctl, walk, echo->path, "new", err) : PL_OK;

    case PL__COMMAND__OF_DELIVERY_STATUS:
        return walk_status(ctl, walk, command->delivery_status, err);

    case PL__COMMAND__OF_ATTEMPT:
        return walk_attempt(ctl, walk, command->attempt, err);

    case PL__COMMAND__OF_SEND_RESULT:
        return walk_answer(ctl, walk, command->send_result, err);

    case PL__COMMAND__OF_SEND_REQUEST:
        return walk_request(ctl, walk, command->send_request, err);

    case PL__COMMAND__OF_ASKED:
        return command->asked->command->of_case == PL__COMMAND__OF_ASKED
               ? PL_OK : walk_command(ctl, walk, command->asked->command,
                                      err);

    default:
        return PL_OK;
    }
}


/* Is this the message, on its own channel? */

static bool
walk_same(plctl_t *ctl, const walk_t *walk, const char *account,
    const char *provider_id)
{
    const Pl__Message          *message = walk->trace->message;
    const pl_channel_conf_t    *channel;

    if (message->provider_id == NULL
        || strcmp(message->provider_id, provider_id) != 0)
    {
        return false;
    }

    channel = pl_settings_account(ctl->settings,
                                  pl_str_c(walk->entry->provider),
                                  pl_str_c(account));

    /* a channel that is no longer configured is found by number alone */

    return channel == NULL || channel->row->id == message->channel;
}


/* The first time that it came in the entry that made it was it new. */

static pl_status_t
walk_arrival(plctl_t *ctl, walk_t *walk, const char *path,
    const char *verdict, pl_err_t *err)
{
    Pl__Ctl__TraceRow      *row = &walk->trace->row;
    const Pl__Message      *message = walk->trace->message;
    Pl__Ctl__TraceArrival  *out;

    if (strcmp(verdict, "new") == 0
        && (walk->found || !message->has_entry
            || message->entry != walk->seq))
    {
        verdict = "duplicate";
    }

    walk->found = true;

    if (!plctl_trace_room(ctl, walk->trace, (void ***) &row->arrivals,
                          row->n_arrivals))
    {
        return PL_OK;
    }

    out = pl_arena_alloc(ctl->ar, sizeof(*out));
    if (out == NULL) {
        return pl_err_set(err, PL_NOMEM, "trace", 0, "out of memory");
    }

    pl__ctl__trace_arrival__init(out);
    out->entry = walk->seq;
    out->time_ms = walk->entry->time_ms;
    out->verdict = (char *) verdict;
    out->provider = (char *) plctl_clean(ctl->ar, walk->entry->provider);
    out->location = (char *) plctl_clean(ctl->ar, walk->entry->location);
    out->path = (char *) plctl_clean(ctl->ar, path);
    row->arrivals[row->n_arrivals++] = out;

    return PL_OK;
}


static pl_status_t
walk_status(plctl_t *ctl, walk_t *walk, Pl__DeliveryStatus *status,
    pl_err_t *err)
{
    pl_status_t            rc;
    ProtobufCMessage      *copy;
    Pl__Ctl__TraceRow     *row = &walk->trace->row;
    Pl__Ctl__TraceStatus  *out;

    /* our id, where it is echoed, has the last word */

    if (status->has_message
        ? status->message != walk->trace->id
        : !walk_same(ctl, walk, status->account, status->provider_id))
    {
        return PL_OK;
    }

    if (!plctl_trace_room(ctl, walk->trace, (void ***) &row->statuses,
                          row->n_statuses))
    {
        return PL_OK;
    }

    status->has_raw = 0;

    rc = walk_keep(ctl, walk, &status->base, &copy, err);
    if (rc != PL_OK) {
        return rc;
    }

    out = pl_arena_alloc(ctl->ar, sizeof(*out));
    if (out == NULL) {
        return pl_err_set(err, PL_NOMEM, "trace", 0, "out of memory");
    }

    pl__ctl__trace_status__init(out);
    out->entry = walk->seq;
    out->time_ms = walk->entry->time_ms;
    out->status = (Pl__DeliveryStatus *) copy;
    row->statuses[row->n_statuses++] = out;

    return PL_OK;
}


static bool
walk_mine(const walk_t *walk, uint64_t effect)
{
    return effect > walk->trace->id && effect < walk->trace->next;
}


static pl_status_t
walk_attempt(plctl_t *ctl, walk_t *walk, const Pl__Attempt *attempt,
    pl_err_t *err)
{
    pl_status_t             rc;
    Pl__Ctl__TraceAttempt  *out;

    if (!walk_mine(walk, attempt->effect)) {
        return PL_OK;
    }

    rc = walk_add(ctl, walk, attempt->effect, &out, err);
    if (rc != PL_OK || out == NULL) {
        return rc;
    }

    out->has_entry = 1;
    out->entry = walk->seq;
    out->has_time_ms = 1;
    out->time_ms = walk->entry->time_ms;
    out->has_epoch = 1;
    out->epoch = attempt->epoch;

    return PL_OK;
}


/* To the newest attempt of its sender that has none. */

static pl_status_t
walk_answer(plctl_t *ctl, walk_t *walk, const Pl__SendResult *result,
    pl_err_t *err)
{
    size_t                  i;
    const char             *id;
    pl_status_t             rc;
    ProtobufCMessage       *copy;
    Pl__Ctl__TraceRow      *row = &walk->trace->row;
    Pl__Ctl__TraceAttempt  *out = NULL;

    if (!walk_mine(walk, result->effect)) {
        return PL_OK;
    }

    id = plctl_id(ctl->ar, "eff", result->effect);

    for (i = row->n_attempts; i > 0 && out == NULL; i--) {
        if (row->attempts[i - 1]->answer == NULL
            && row->attempts[i - 1]->epoch == result->epoch
            && strcmp(row->attempts[i - 1]->effect, id) == 0)
        {
            out = row->attempts[i - 1];
        }
    }

    if (out == NULL) {
        rc = walk_add(ctl, walk, result->effect, &out, err);
        if (rc != PL_OK || out == NULL) {
            return rc;
        }
    }

    rc = walk_keep(ctl, walk, &result->base, &copy, err);
    if (rc != PL_OK) {
        return rc;
    }

    out->has_answer_entry = 1;
    out->answer_entry = walk->seq;
    out->has_answer_ms = 1;
    out->answer_ms = walk->entry->time_ms;
    out->answer = (Pl__SendResult *) copy;

    return PL_OK;
}


/* *out NULL: there are too many. */

static pl_status_t
walk_add(plctl_t *ctl, walk_t *walk, uint64_t effect,
    Pl__Ctl__TraceAttempt **out, pl_err_t *err)
{
    Pl__Ctl__TraceRow  *row = &walk->trace->row;

    *out = NULL;

    if (!plctl_trace_room(ctl, walk->trace, (void ***) &row->attempts,
                          row->n_attempts))
    {
        return PL_OK;
    }

    *out = pl_arena_alloc(ctl->ar, sizeof(**out));
    if (*out == NULL) {
        return pl_err_set(err, PL_NOMEM, "trace", 0, "out of memory");
    }

    pl__ctl__trace_attempt__init(*out);
    (*out)->effect = (char *) plctl_id(ctl->ar, "eff", effect);
    row->attempts[row->n_attempts++] = *out;

    return PL_OK;
}


static pl_status_t
walk_request(plctl_t *ctl, walk_t *walk, const Pl__SendRequest *in,
    pl_err_t *err)
{
    const Pl__Message  *message = walk->trace->message;

    if (in->tenant != message->tenant
        || in->key.len != PL_REQUEST_KEY_LEN)
    {
        return PL_OK;
    }

    if (message->has_entry && message->entry == walk->seq) {
        walk->asked = true;
        memcpy(walk->key, in->key.data, PL_REQUEST_KEY_LEN);

    } else if (!walk->asked
               || memcmp(walk->key, in->key.data, PL_REQUEST_KEY_LEN) != 0)
    {
        return PL_OK;
    }

    return walk_arrival(ctl, walk, NULL, "new", err);
}


/* A copy that outlives its entry. */

static pl_status_t
walk_keep(plctl_t *ctl, walk_t *walk, const ProtobufCMessage *msg,
    ProtobufCMessage **out, pl_err_t *err)
{
    size_t    len;
    uint8_t  *bytes;

    len = protobuf_c_message_get_packed_size(msg);
    bytes = pl_arena_alloc(walk->ar, len);

    *out = bytes == NULL ? NULL
           : protobuf_c_message_unpack(msg->descriptor,
                                       pl_arena_protobuf(ctl->ar),
                                       protobuf_c_message_pack(msg, bytes),
                                       bytes);

    return *out != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "trace", 0, "out of memory");
}
