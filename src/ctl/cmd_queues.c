/*
 * outbox, unknown, dead and quarantine: what is still to be done, and what
 * could not be.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/outbox.h"
#include "../engine/keys.h"
#include "cmd.h"
#include "filter.h"
#include "list.h"


#define QUEUES_KEY_LEN  8       /* a sequence, behind a tenant or alone */


#define QUEUES_BELOW  "    "  /* each attempt, under its row */

/* Where a listing stands, and what it shows. */
typedef struct {
    plctl_cursor_t  cursor;
    plctl_filter_t  filter;
} queues_t;

/* What is queued, and behind it what will be. */
typedef struct {
    plctl_cursor_t  cursor;
    plctl_cursor_t  timers;
    bool            timed;      /* it is at the timers */
} outbox_t;


static pl_status_t outbox_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t outbox_later(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t outbox_row(plctl_t *ctl, pl_arena_t *ar,
    Pl__Effect *effect, Pl__Ctl__OutboxRow **json, pl_err_t *err);
static void outbox_pause(void *data);
static pl_status_t outbox_place(pl_txn_t *txn, pl_arena_t *ar,
    Pl__Ctl__OutboxRow *json, pl_err_t *err);
static void outbox_cells(plctl_row_t *row, pl_arena_t *ar,
    const Pl__Ctl__OutboxRow *json);
static pl_status_t unknown_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t dead_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t quarantine_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t queues_read(pl_txn_t *txn, void *data,
    const ProtobufCMessageDescriptor *type, pl_arena_t *ar, pl_str_t *key,
    ProtobufCMessage **msg, pl_err_t *err);
static int queues_list(plctl_t *ctl, const plctl_listing_t *listing,
    pl_table_e table);
static pl_status_t queues_fits(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, const plctl_ended_t *ended, plctl_row_t *row,
    pl_err_t *err);
static void queues_pause(void *data);
static const char *queues_message(pl_arena_t *ar, const Pl__Effect *effect);
static const char *queues_code(pl_arena_t *ar, bool has_code, int32_t code);


static const char *const  outbox_titles[] = {
    "ID", "TENANT", "CHANNEL", "PARTY", "LANE", "PLACE", "DUE", ">TRIES",
    "MESSAGE", "LAST FAILURE"
};

static const char *const  unknown_titles[] = {
    "ID", "TENANT", "CHANNEL", "PARTY", "SINCE", "STAGE", "MESSAGE",
    ">TRIES", "RESEND", "REASON"
};

static const char *const  dead_titles[] = {
    "ID", "TENANT", "CHANNEL", "PARTY", "DIED", ">TRIES", "MESSAGE", "CODE",
    "RULE", "REASON"
};

static const char *const  quarantine_titles[] = {
    "ID", "TIME", ">ENTRY", ">ITEM", "TENANT", "PROVIDER", "ACCOUNT",
    ">BYTES", "PATH", "REASON"
};


int
plctl_cmd_outbox(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = outbox_titles,
        .n_titles = PL_COUNT(outbox_titles),
        .next = outbox_next,
        .pause = outbox_pause,
    };

    pl_err_t  err = { 0 };
    outbox_t  outbox;

    (void) words;
    (void) n_words;

    if (plctl_open(ctl, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    outbox.timed = false;
    plctl_cursor_init(&outbox.cursor, PL_TABLE_OUTBOX, false);
    plctl_cursor_init(&outbox.timers, PL_TABLE_TIMERS, false);

    return plctl_list(ctl, &listing, &outbox, ctl->args->limit);
}


int
plctl_cmd_unknown(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = unknown_titles,
        .n_titles = PL_COUNT(unknown_titles),
        .next = unknown_next,
        .pause = queues_pause,
    };

    (void) words;
    (void) n_words;

    return queues_list(ctl, &listing, PL_TABLE_UNKNOWN);
}


int
plctl_cmd_dead(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = dead_titles,
        .n_titles = PL_COUNT(dead_titles),
        .next = dead_next,
        .pause = queues_pause,
    };

    (void) words;
    (void) n_words;

    return queues_list(ctl, &listing, PL_TABLE_DEAD);
}


int
plctl_cmd_quarantine(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = quarantine_titles,
        .n_titles = PL_COUNT(quarantine_titles),
        .next = quarantine_next,
        .pause = queues_pause,
    };

    (void) words;
    (void) n_words;

    return queues_list(ctl, &listing, PL_TABLE_QUARANTINE);
}


static pl_status_t
outbox_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    outbox_t            *outbox = data;
    pl_str_t             key;
    pl_status_t          rc;
    ProtobufCMessage    *msg;
    Pl__Ctl__OutboxRow  *json;

    rc = outbox->timed ? PL_NOTFOUND
                       : queues_read(txn, &outbox->cursor,
                                     &pl__effect__descriptor, ar, &key, &msg,
                                     err);
    if (rc == PL_NOTFOUND) {
        outbox->timed = true;
        return outbox_later(ctl, txn, outbox, ar, row, err);
    }

    if (rc == PL_OK) {
        rc = outbox_row(ctl, ar, (Pl__Effect *) msg, &json, err);
    }

    if (rc == PL_OK) {
        rc = outbox_place(txn, ar, json, err);
    }

    if (rc == PL_OK) {
        row->json = &json->base;
        outbox_cells(row, ar, json);
    }

    return rc;
}


static pl_status_t
outbox_later(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    outbox_t            *outbox = data;
    Pl__Timer           *timer;
    pl_status_t          rc;
    Pl__Ctl__OutboxRow  *json;

    rc = plctl_scheduled_next(&outbox->timers, txn, ar, &timer, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (timer == NULL) {
        row->skip = true;
        return PL_OK;
    }

    rc = outbox_row(ctl, ar, timer->effect, &json, err);

    if (rc == PL_OK) {
        json->place = PL__CTL__QUEUE_PLACE__QUEUE_PLACE_SCHEDULED;
        row->json = &json->base;
        outbox_cells(row, ar, json);
    }

    return rc;
}


static pl_status_t
outbox_row(plctl_t *ctl, pl_arena_t *ar, Pl__Effect *effect,
    Pl__Ctl__OutboxRow **json, pl_err_t *err)
{
    Pl__Ctl__OutboxRow  *row;

    row = pl_arena_alloc(ar, sizeof(Pl__Ctl__OutboxRow));
    if (row == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    pl__ctl__outbox_row__init(row);
    row->id = (char *) plctl_id(ar, "eff", effect->id);
    row->tenant = (char *) plctl_tenant_name(ctl, ar, effect->tenant);
    row->channel = (char *) plctl_channel_name(ctl, ar, effect->channel);
    row->effect = effect;
    *json = row;

    return PL_OK;
}


static void
outbox_pause(void *data)
{
    outbox_t  *outbox = data;

    plctl_cursor_pause(&outbox->cursor);
    plctl_cursor_pause(&outbox->timers);
}


/* On the wire, else in `due`, else behind another. */

static pl_status_t
outbox_place(pl_txn_t *txn, pl_arena_t *ar, Pl__Ctl__OutboxRow *json,
    pl_err_t *err)
{
    pl_key_t            key;
    pl_str_t            value;
    pl_status_t         rc;
    ProtobufCMessage   *msg;
    Pl__AttemptRecord  *attempt;

    pl_key_seq(&key, json->effect->id);

    rc = pl_record_get(txn, PL_TABLE_ATTEMPTS, pl_key_str(&key),
                       &pl__attempt_record__descriptor, ar, &msg, err);

    if (rc == PL_OK) {
        attempt = (Pl__AttemptRecord *) msg;
        json->place = PL__CTL__QUEUE_PLACE__QUEUE_PLACE_IN_FLIGHT;
        json->has_epoch = 1;
        json->epoch = attempt->epoch;
        json->has_began_ms = 1;
        json->began_ms = attempt->began_ms;
        return PL_OK;
    }

    if (rc != PL_NOTFOUND) {
        return rc;
    }

    pl_key_due(&key, json->effect);

    rc = pl_store_get(txn, PL_TABLE_DUE, pl_key_str(&key), &value, err);
    json->place = PL__CTL__QUEUE_PLACE__QUEUE_PLACE_HEAD;

    if (rc == PL_NOTFOUND) {
        key.data[PL_KEY_DUE_LANE] |= PL_KEY_DUE_ASIDE;
        rc = pl_store_get(txn, PL_TABLE_DUE, pl_key_str(&key), &value, err);
        json->place = rc == PL_OK ? PL__CTL__QUEUE_PLACE__QUEUE_PLACE_ASIDE
                      : PL__CTL__QUEUE_PLACE__QUEUE_PLACE_WAITING;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static void
outbox_cells(plctl_row_t *row, pl_arena_t *ar,
    const Pl__Ctl__OutboxRow *json)
{
    const Pl__Effect  *effect;

    effect = json->effect;

    row->cells[0] = json->id;
    row->cells[1] = json->tenant;
    row->cells[2] = json->channel;
    row->cells[3] = plctl_party_name(ar, effect->party_kind, effect->party);
    row->cells[4] = plctl_enum(ar, &pl__lane__descriptor,
                               (int) effect->lane);
    row->cells[5] = plctl_enum(ar, &pl__ctl__queue_place__descriptor,
                               (int) json->place);
    row->cells[6] = plctl_time(ar, effect->due_ms);
    row->cells[7] = plctl_print(ar, "%" PRIu32, effect->attempts);
    row->cells[8] = queues_message(ar, effect);
    row->cells[9] = plctl_clean(ar, effect->reason);

    if (effect->reason == NULL
        && effect->of_case == PL__EFFECT__OF_SEND_MESSAGE
        && effect->send_message->has_upload)
    {
        row->cells[9] = "its file comes first";
    }
}


static pl_status_t
unknown_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    pl_str_t              key;
    Pl__Effect           *effect;
    pl_status_t           rc;
    plctl_ended_t         ended;
    Pl__UnknownSend      *unknown;
    ProtobufCMessage     *msg;
    Pl__Ctl__UnknownRow  *json;

    rc = queues_read(txn, data, &pl__unknown_send__descriptor, ar, &key,
                     &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    plctl_ended_unknown(&ended, (const Pl__UnknownSend *) msg);

    rc = queues_fits(ctl, txn, data, ar, &ended, row, err);
    if (rc != PL_OK || row->skip) {
        return rc;
    }

    json = pl_arena_alloc(ar, sizeof(Pl__Ctl__UnknownRow));
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    unknown = (Pl__UnknownSend *) msg;
    effect = unknown->effect;
    pl__ctl__unknown_row__init(json);
    json->id = (char *) plctl_id(ar, "eff", effect->id);
    json->tenant = (char *) plctl_tenant_name(ctl, ar, effect->tenant);
    json->channel = (char *) plctl_channel_name(ctl, ar, effect->channel);
    json->unknown = unknown;

    row->json = &json->base;
    row->cells[0] = json->id;
    row->cells[1] = json->tenant;
    row->cells[2] = json->channel;
    row->cells[3] = plctl_party_name(ar, effect->party_kind, effect->party);
    row->cells[4] = plctl_time(ar, unknown->since_ms);
    row->cells[5] = plctl_enum(ar, &pl__wire_stage__descriptor,
                               (int) unknown->stage);
    row->cells[6] = queues_message(ar, effect);
    row->cells[7] = plctl_print(ar, "%" PRIu32, effect->attempts);
    row->cells[8] = plctl_time(ar, unknown->resend_ms);
    row->cells[9] = plctl_clean(ar, unknown->reason);
    row->below = plctl_tried(ar, effect, QUEUES_BELOW);

    return PL_OK;
}


static pl_status_t
dead_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    pl_str_t           key;
    Pl__Effect        *effect;
    pl_status_t        rc;
    plctl_ended_t      ended;
    Pl__DeadLetter    *dead;
    ProtobufCMessage  *msg;
    Pl__Ctl__DeadRow  *json;

    rc = queues_read(txn, data, &pl__dead_letter__descriptor, ar, &key, &msg,
                     err);
    if (rc != PL_OK) {
        return rc;
    }

    plctl_ended_dead(&ended, (const Pl__DeadLetter *) msg);

    rc = queues_fits(ctl, txn, data, ar, &ended, row, err);
    if (rc != PL_OK || row->skip) {
        return rc;
    }

    json = pl_arena_alloc(ar, sizeof(Pl__Ctl__DeadRow));
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    dead = (Pl__DeadLetter *) msg;
    effect = dead->effect;
    pl__ctl__dead_row__init(json);
    json->id = (char *) plctl_id(ar, "eff", effect->id);
    json->tenant = (char *) plctl_tenant_name(ctl, ar, effect->tenant);
    json->channel = (char *) plctl_channel_name(ctl, ar, effect->channel);
    json->dead = dead;

    row->json = &json->base;
    row->cells[0] = json->id;
    row->cells[1] = json->tenant;
    row->cells[2] = json->channel;
    row->cells[3] = plctl_party_name(ar, effect->party_kind, effect->party);
    row->cells[4] = plctl_time(ar, dead->died_ms);
    row->cells[5] = plctl_print(ar, "%" PRIu32, effect->attempts);
    row->cells[6] = queues_message(ar, effect);
    row->cells[7] = queues_code(ar, dead->has_code, dead->code);
    row->cells[8] = plctl_clean(ar, dead->rule);
    row->cells[9] = plctl_clean(ar, dead->reason);
    row->below = plctl_tried(ar, effect, QUEUES_BELOW);

    return PL_OK;
}


static pl_status_t
quarantine_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    uint32_t                 tenant;
    pl_str_t                 key, raw;
    pl_status_t              rc;
    Pl__Quarantine          *item;
    ProtobufCMessage        *msg;
    Pl__Ctl__QuarantineRow  *json;

    rc = queues_read(txn, data, &pl__quarantine__descriptor, ar, &key, &msg,
                     err);
    if (rc != PL_OK) {
        return rc;
    }

    json = pl_arena_alloc(ar, sizeof(Pl__Ctl__QuarantineRow));
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    item = (Pl__Quarantine *) msg;
    tenant = pl_be32(key.data);
    pl__ctl__quarantine_row__init(json);
    json->id = (char *) plctl_id(ar, "qrt", pl_be64(key.data + 4));
    json->tenant = tenant == 0 ? NULL
                               : (char *) plctl_tenant_name(ctl, ar, tenant);
    json->entry = item->entry;
    json->item = item->item;
    json->time_ms = item->time_ms;
    json->provider = item->provider;
    json->account = item->account;
    json->path = item->path;
    json->reason = item->reason;
    json->bytes = item->raw.len;

    row->json = &json->base;
    row->cells[0] = json->id;
    row->cells[1] = plctl_time(ar, item->time_ms);
    row->cells[2] = plctl_print(ar, "%" PRIu64, item->entry);
    row->cells[3] = plctl_print(ar, "%" PRIu32, item->item);
    row->cells[4] = json->tenant;
    row->cells[5] = plctl_clean(ar, item->provider);
    row->cells[6] = plctl_clean(ar, item->account);
    row->cells[7] = plctl_print(ar, "%zu", item->raw.len);
    row->cells[8] = plctl_clean(ar, item->path);
    row->cells[9] = plctl_clean(ar, item->reason);

    if ((ctl->args->given & PLCTL_OPT_RAW) && item->has_raw) {
        raw.data = item->raw.data;
        raw.len = item->raw.len;
        json->raw = pl_utf8_clean(ar, raw);
        row->below = plctl_clean_bytes(ar, raw.data, raw.len);
    }

    return PL_OK;
}


/* The next record of the cursor that data is. */

static pl_status_t
queues_read(pl_txn_t *txn, void *data,
    const ProtobufCMessageDescriptor *type, pl_arena_t *ar, pl_str_t *key,
    ProtobufCMessage **msg, pl_err_t *err)
{
    pl_str_t         value;
    pl_status_t      rc;
    plctl_cursor_t  *cursor;

    cursor = &((queues_t *) data)->cursor;

    rc = plctl_cursor_next(cursor, txn, key, &value, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (key->len < QUEUES_KEY_LEN) {
        rc = pl_err_set(err, PL_FOREIGN, "list", 0, "a key of %zu bytes",
                        key->len);
        pl_err_path(err, "%s", pl_store_tables[cursor->table].name);
        return rc;
    }

    return pl_record_read(cursor->table, value, type, ar, msg, err);
}


static int
queues_list(plctl_t *ctl, const plctl_listing_t *listing, pl_table_e table)
{
    pl_err_t  err = { 0 };
    queues_t  queues;

    memset(&queues, 0, sizeof(queues));

    if (plctl_open(ctl, &err) != PL_OK
        || plctl_filter_read(ctl, &queues.filter, &err) != PL_OK)
    {
        return plctl_fail(ctl, &err);
    }

    plctl_cursor_init(&queues.cursor, table, false);

    return plctl_list(ctl, listing, &queues, ctl->args->limit);
}


static pl_status_t
queues_fits(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    const plctl_ended_t *ended, plctl_row_t *row, pl_err_t *err)
{
    bool         fits;
    pl_status_t  rc;

    rc = plctl_filter_fits(ctl, txn, ar, &((queues_t *) data)->filter,
                           ended, &fits, err);
    row->skip = !fits;

    return rc;
}


static void
queues_pause(void *data)
{
    plctl_cursor_pause(&((queues_t *) data)->cursor);
}


static const char *
queues_message(pl_arena_t *ar, const Pl__Effect *effect)
{
    uint64_t  message;

    message = pl_outbox_message(effect);

    return message != 0 ? plctl_id(ar, "msg", message) : NULL;
}


static const char *
queues_code(pl_arena_t *ar, bool has_code, int32_t code)
{
    return has_code ? plctl_print(ar, "%" PRId32, code) : NULL;
}
