/*
 * scheduled: what is to be sent later, and its cancelling. A delayed send is
 * a timer with its effect; it goes by the number of its message.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/keys.h"
#include "cmd.h"
#include "list.h"


/* What a listing goes on with. */
typedef struct {
    plctl_cursor_t  cursor;
    bool            one;                /* tenant alone */
    uint32_t        tenant;
} scheduled_t;

typedef struct {
    uint64_t      id;                   /* of the message */
    uint64_t      entry;
    bool          folded;
    Pl__Message  *message;              /* as it is since */
    bool          cancelled;            /* by us */
} cancel_t;


static pl_status_t scheduled_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t scheduled_rule(pl_txn_t *txn, pl_arena_t *ar,
    Pl__Ctl__ScheduledRow *row, pl_err_t *err);
static void scheduled_row(plctl_t *ctl, pl_arena_t *ar, plctl_row_t *row,
    Pl__Ctl__ScheduledRow *json);
static void scheduled_pause(void *data);
static pl_status_t cancel_read(plctl_t *ctl, cancel_t *cancel,
    pl_err_t *err);
static pl_status_t cancel_ask(plctl_t *ctl, cancel_t *cancel, pl_err_t *err);
static int cancel_report(plctl_t *ctl, const cancel_t *cancel);


static const char *const  scheduled_titles[] = {
    "ID", "TENANT", "CHANNEL", "PARTY", "LANE", "AT", "EXPIRES", "KEY",
    "RULE"
};


int
plctl_cmd_scheduled(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_err_t     err = { 0 };
    scheduled_t  scheduled;
    pl_status_t  rc;

    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = scheduled_titles,
        .n_titles = PL_COUNT(scheduled_titles),
        .next = scheduled_next,
        .pause = scheduled_pause,
    };

    memset(&scheduled, 0, sizeof(scheduled_t));
    plctl_cursor_init(&scheduled.cursor, PL_TABLE_TIMERS, false);

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK && n_words != 0) {
        scheduled.one = true;
        rc = plctl_tenant(ctl, words[0], &scheduled.tenant, &err);
    }

    return rc == PL_OK
           ? plctl_list(ctl, &listing, &scheduled, ctl->args->limit)
           : plctl_fail(ctl, &err);
}


int
plctl_cmd_scheduled_cancel(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    cancel_t     cancel;
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    (void) n_words;

    memset(&cancel, 0, sizeof(cancel_t));

    if (plctl_args_id(words[0], "msg", &cancel.id, &err) != PL_OK) {
        (void) plctl_fail(ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = cancel_read(ctl, &cancel, &err);
    }

    /* what is not scheduled now will not be later: nothing is asked for */

    if (rc == PL_OK && cancel.message->has_at_ms
        && cancel.message->state
           == PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED)
    {
        rc = cancel_ask(ctl, &cancel, &err);

    } else {
        cancel.folded = true;
    }

    return rc == PL_OK ? cancel_report(ctl, &cancel) : plctl_fail(ctl, &err);
}


pl_status_t
plctl_scheduled_next(plctl_cursor_t *cursor, pl_txn_t *txn, pl_arena_t *ar,
    Pl__Timer **timer, pl_err_t *err)
{
    pl_str_t           key, value;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *timer = NULL;

    rc = plctl_cursor_next(cursor, txn, &key, &value, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (key.len < 8 || (pl_be64(key.data) & PL_TIMER_ENDED) != 0) {
        return PL_NOTFOUND;             /* all that follow have ended */
    }

    rc = pl_record_read(PL_TABLE_TIMERS, value, &pl__timer__descriptor, ar,
                        &msg, err);

    if (rc == PL_OK
        && ((Pl__Timer *) msg)->of_case == PL__TIMER__OF_EFFECT)
    {
        *timer = (Pl__Timer *) msg;
    }

    return rc;
}


static pl_status_t
scheduled_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    Pl__Timer              *timer;
    scheduled_t            *scheduled = data;
    pl_status_t             rc;
    Pl__Ctl__ScheduledRow  *json;

    rc = plctl_scheduled_next(&scheduled->cursor, txn, ar, &timer, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (timer == NULL
        || (scheduled->one && timer->tenant != scheduled->tenant))
    {
        row->skip = true;
        return PL_OK;
    }

    json = pl_arena_alloc(ar, sizeof(*json));
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    pl__ctl__scheduled_row__init(json);
    json->has_at_ms = 1;
    json->at_ms = timer->due_ms;
    json->effect = timer->effect;

    rc = scheduled_rule(txn, ar, json, err);
    if (rc == PL_OK) {
        scheduled_row(ctl, ar, row, json);
    }

    return rc;
}


/* What a person asked to be sent later has none. */

static pl_status_t
scheduled_rule(pl_txn_t *txn, pl_arena_t *ar, Pl__Ctl__ScheduledRow *row,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_seq(&key, row->effect->send_message->message);

    rc = pl_record_get(txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                       &pl__message__descriptor, ar, &msg, err);
    if (rc == PL_OK) {
        row->rule = ((Pl__Message *) msg)->rule;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static void
scheduled_row(plctl_t *ctl, pl_arena_t *ar, plctl_row_t *row,
    Pl__Ctl__ScheduledRow *json)
{
    const Pl__Effect  *effect = json->effect;

    json->id = (char *) plctl_id(ar, "msg", effect->send_message->message);
    json->tenant = (char *) plctl_tenant_name(ctl, ar, effect->tenant);
    json->channel = (char *) plctl_channel_name(ctl, ar, effect->channel);

    row->json = &json->base;
    row->cells[0] = json->id;
    row->cells[1] = json->tenant;
    row->cells[2] = json->channel;
    row->cells[3] = plctl_party_name(ar, effect->party_kind, effect->party);
    row->cells[4] = plctl_enum(ar, &pl__lane__descriptor,
                               (int) effect->lane);
    row->cells[5] = plctl_time(ar, json->at_ms);
    row->cells[6] = effect->has_expires_ms ? plctl_time(ar,
                                                        effect->expires_ms)
                                           : NULL;
    row->cells[7] = plctl_clean(ar, effect->collapse_key);
    row->cells[8] = plctl_clean(ar, json->rule);
}


static void
scheduled_pause(void *data)
{
    scheduled_t  *scheduled = data;

    plctl_cursor_pause(&scheduled->cursor);
}


static pl_status_t
cancel_read(plctl_t *ctl, cancel_t *cancel, pl_err_t *err)
{
    pl_key_t           key;
    pl_txn_t          *txn;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_seq(&key, cancel->id);

    rc = pl_record_get(txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                       &pl__message__descriptor, ctl->ar, &msg, err);
    pl_store_abort(txn);

    cancel->message = (Pl__Message *) msg;

    return rc == PL_NOTFOUND
           ? pl_err_set(err, rc, "", 0, "there is no message %s",
                        plctl_id(ctl->ar, "msg", cancel->id))
           : rc;
}


static pl_status_t
cancel_ask(plctl_t *ctl, cancel_t *cancel, pl_err_t *err)
{
    pl_status_t      rc;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__CancelSend   in = PL__CANCEL_SEND__INIT;
    pl_appended_t    appended;

    in.tenant = cancel->message->tenant;
    in.message = cancel->id;
    in.actor = (char *) plctl_actor(ctl);
    command.of_case = PL__COMMAND__OF_CANCEL_SEND;
    command.cancel_send = &in;

    rc = plctl_ask(ctl, &command, &appended, &cancel->folded, err);
    if (rc != PL_OK) {
        return rc;
    }

    cancel->entry = appended.first;

    if (!cancel->folded) {
        return PL_OK;
    }

    rc = cancel_read(ctl, cancel, err);

    cancel->cancelled = rc == PL_OK && cancel->message->rule != NULL
                        && strcmp(cancel->message->rule, "cancelled") == 0;

    return rc;
}


static int
cancel_report(plctl_t *ctl, const cancel_t *cancel)
{
    pl_err_t                err = { 0 };
    const char             *state;
    Pl__Ctl__ScheduledRow   row = PL__CTL__SCHEDULED_ROW__INIT;

    state = plctl_enum(ctl->ar, &pl__message_state__descriptor,
                       (int) cancel->message->state);

    row.id = (char *) plctl_id(ctl->ar, "msg", cancel->id);
    row.has_entry = (cancel->entry != 0);
    row.entry = cancel->entry;
    row.verdict = (char *) (!cancel->folded ? "pending"
                            : cancel->cancelled ? "cancelled" : "late");
    row.has_state = cancel->folded;
    row.state = cancel->message->state;

    if (ctl->json) {
        if (plctl_json(ctl, &row.base, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }

    } else if (!cancel->folded) {
        plctl_pending(ctl, row.id, row.entry);

    } else if (cancel->cancelled) {
        fprintf(ctl->out, "%s: cancelled\n", row.id);

    } else if (cancel->message->has_at_ms) {
        fprintf(ctl->out, "%s: too late: it is %s", row.id, state);

        if (cancel->message->rule != NULL) {
            fprintf(ctl->out, ", %s",
                    plctl_clean(ctl->ar, cancel->message->rule));
        }

        fprintf(ctl->out, "\n");

    } else {
        fprintf(ctl->out, "%s: was not to be sent later: it is %s\n", row.id,
                state);
    }

    return cancel->folded && !cancel->cancelled ? PLCTL_EXIT_FAILED
                                                : PLCTL_EXIT_OK;
}
