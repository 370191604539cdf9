/*
 * The outbox as it is read. See outbox.h.
 */

#include <string.h>

#include "../core/record.h"
#include "keys.h"
#include "outbox.h"
#include "outgoing.h"
#include "upload.h"

static void outbox_from(pl_key_t *key, const pl_due_lane_t *at,
    const pl_due_t *after);
static pl_status_t outbox_first(pl_txn_t *txn, pl_table_e table,
    const pl_key_t *from, uint64_t id, pl_arena_t *ar, Pl__Effect **effect,
    pl_err_t *err);
static pl_status_t outbox_template(pl_txn_t *txn, pl_arena_t *ar,
    pl_outgoing_t *out, pl_err_t *err);
static pl_status_t outbox_row(pl_str_t key, pl_str_t value,
    pl_due_lane_t *at, pl_due_t *due, pl_err_t *err);


pl_status_t
pl_outbox_lane(pl_txn_t *txn, pl_due_lane_t *at, int64_t *first_ms,
    pl_err_t *err)
{
    pl_due_t      due;
    pl_key_t      from;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    outbox_from(&from, at, NULL);

    rc = pl_store_scan(txn, PL_TABLE_DUE, pl_key_str(&from), false, &scan,
                       err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &key, &value, err);
    if (rc == PL_OK) {
        rc = outbox_row(key, value, at, &due, err);
    }

    pl_store_scan_end(scan);

    if (rc == PL_OK) {
        *first_ms = due.due_ms;
    }

    return rc;
}


pl_status_t
pl_outbox_heads(pl_txn_t *txn, const pl_due_lane_t *at,
    const pl_due_t *after, int64_t now_ms, pl_due_t *due, size_t max,
    size_t *n, int64_t *next_ms, pl_err_t *err)
{
    pl_due_t        row;
    pl_key_t        from;
    pl_str_t        key, value;
    pl_scan_t      *scan;
    pl_status_t     rc;
    pl_due_lane_t   lane;

    *n = 0;
    *next_ms = INT64_MAX;

    outbox_from(&from, at, after);

    rc = pl_store_scan(txn, PL_TABLE_DUE, pl_key_str(&from), false, &scan,
                       err);
    if (rc != PL_OK) {
        return rc;
    }

    for ( ;; ) {
        rc = pl_store_scan_next(scan, &key, &value, err);
        if (rc == PL_OK) {
            rc = outbox_row(key, value, &lane, &row, err);
        }

        if (rc != PL_OK || lane.tenant != at->tenant
            || lane.channel != at->channel || lane.lane != at->lane)
        {
            break;
        }

        if (row.due_ms > now_ms || *n == max) {
            *next_ms = row.due_ms;
            break;
        }

        due[(*n)++] = row;
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


uint64_t
pl_outbox_message(const Pl__Effect *effect)
{
    switch (effect->of_case) {

    case PL__EFFECT__OF_SEND_MESSAGE:
        return effect->send_message->message;

    case PL__EFFECT__OF_FETCH_MEDIA:
        return effect->fetch_media->message;

    case PL__EFFECT__OF_MARK_SEEN:
        return effect->mark_seen->message;

    default:
        return 0;
    }
}


/*
 * An effect is drawn right behind its message (pl_queue_add), so its row is
 * the first at or after the message's number.
 */

pl_status_t
pl_outbox_waiting(pl_txn_t *txn, uint64_t id, const Pl__Message *message,
    int64_t clock_ms, pl_arena_t *ar, Pl__Effect **effect, pl_err_t *err)
{
    pl_key_t  from;

    if (message->state != PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED) {
        return pl_outbox_queued(txn, id, ar, effect, err);
    }

    pl_key_timer(&from, message->at_ms > clock_ms ? message->at_ms - clock_ms
                                                  : 0, id);

    return outbox_first(txn, PL_TABLE_TIMERS, &from, id, ar, effect, err);
}


pl_status_t
pl_outbox_queued(pl_txn_t *txn, uint64_t id, pl_arena_t *ar,
    Pl__Effect **effect, pl_err_t *err)
{
    pl_key_t  from;

    pl_key_seq(&from, id);

    return outbox_first(txn, PL_TABLE_OUTBOX, &from, id, ar, effect, err);
}


pl_status_t
pl_outbox_attempt(pl_txn_t *txn, uint64_t effect, pl_arena_t *ar,
    pl_outgoing_t *out, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    const Pl__Effect  *row;
    ProtobufCMessage  *msg;

    memset(out, 0, sizeof(*out));
    pl_key_seq(&key, effect);

    rc = pl_record_get(txn, PL_TABLE_ATTEMPTS, pl_key_str(&key),
                       &pl__attempt_record__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    out->attempt = (Pl__AttemptRecord *) msg;
    row = out->attempt->effect;

    if (pl_outbox_message(row) == 0) {
        return PL_OK;
    }

    pl_key_seq(&key, pl_outbox_message(row));

    rc = pl_record_get(txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                       &pl__message__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    out->message = (Pl__Message *) msg;

    rc = outbox_template(txn, ar, out, err);

    return rc == PL_OK && row->of_case == PL__EFFECT__OF_SEND_MESSAGE
           ? pl_upload_fill(txn, row, (Pl__Message *) msg, ar, err) : rc;
}


/* What may be more than a send of it says: what its provider calls it. */

static pl_status_t
outbox_template(pl_txn_t *txn, pl_arena_t *ar, pl_outgoing_t *out,
    pl_err_t *err)
{
    pl_status_t          rc;
    Pl__TemplateRecord  *record;

    if (!pl_policy_template(out->message->content)) {
        return PL_OK;
    }

    rc = pl_outgoing_record(txn, ar, out->message,
                            out->message->content->template_->name,
                            out->message->content->template_->language,
                            &record, err);
    out->template = record;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_outbox_attempt_next(pl_txn_t *txn, uint64_t after, pl_arena_t *ar,
    uint64_t *effect, Pl__AttemptRecord **attempt, pl_err_t *err)
{
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (after == UINT64_MAX) {
        return PL_NOTFOUND;
    }

    pl_key_seq(&from, after + 1);

    rc = pl_store_scan(txn, PL_TABLE_ATTEMPTS, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &key, &value, err);

    if (rc == PL_OK) {
        *effect = pl_be64(key.data);
        rc = pl_record_read(PL_TABLE_ATTEMPTS, value,
                            &pl__attempt_record__descriptor, ar, &msg, err);
        *attempt = (Pl__AttemptRecord *) msg;
    }

    pl_store_scan_end(scan);

    return rc;
}


/* Ended timers stand behind all that run (keys.h), so the first tells. */

pl_status_t
pl_timers_due(pl_txn_t *txn, int64_t now_ms, Pl__TimerDue *due, size_t max,
    size_t *n, int64_t *next_ms, pl_err_t *err)
{
    int64_t      at;
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    *n = 0;
    *next_ms = INT64_MAX;

    rc = pl_store_scan(txn, PL_TABLE_TIMERS, PL_STR_NULL, false, &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);
        if (rc != PL_OK || (pl_be64(key.data) & PL_TIMER_ENDED) != 0) {
            break;
        }

        at = (int64_t) pl_be64(key.data);

        if (at > now_ms || *n == max) {
            *next_ms = at;
            break;
        }

        pl__timer_due__init(&due[*n]);
        due[*n].due_ms = at;
        due[*n].timer = pl_be64(key.data + 8);
        (*n)++;
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* The lane's first, or the key behind a head of it. */

static void
outbox_from(pl_key_t *key, const pl_due_lane_t *at, const pl_due_t *after)
{
    pl_key_due_at(key, at->tenant, at->channel, at->lane);

    if (after != NULL) {
        pl_key_u64(key, (uint64_t) after->due_ms);
        pl_key_u64(key, after->attempt.effect + 1);
    }
}


/*
 * An effect is drawn right behind its message (queue_add), and a timer that
 * keeps it has its number: the row is the first at or after the message's
 * number, or it is not there.
 */

static pl_status_t
outbox_first(pl_txn_t *txn, pl_table_e table, const pl_key_t *from,
    uint64_t id, pl_arena_t *ar, Pl__Effect **effect, pl_err_t *err)
{
    bool               timed = table == PL_TABLE_TIMERS;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_store_scan(txn, table, pl_key_str(from), false, &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &key, &value, err);

    if (rc == PL_OK) {
        rc = pl_record_read(table, value,
                            timed ? &pl__timer__descriptor
                                  : &pl__effect__descriptor, ar, &msg, err);
    }

    pl_store_scan_end(scan);

    if (rc != PL_OK) {
        return rc;
    }

    *effect = !timed ? (Pl__Effect *) msg
              : ((Pl__Timer *) msg)->of_case == PL__TIMER__OF_EFFECT
              ? ((Pl__Timer *) msg)->effect : NULL;

    return *effect != NULL
           && (*effect)->of_case == PL__EFFECT__OF_SEND_MESSAGE
           && (*effect)->send_message->message == id ? PL_OK : PL_NOTFOUND;
}


static pl_status_t
outbox_row(pl_str_t key, pl_str_t value, pl_due_lane_t *at, pl_due_t *due,
    pl_err_t *err)
{
    pl_str_t      place;
    pl_status_t   rc;
    Pl__Attempt  *attempt = &due->attempt;

    rc = pl_record_read_bytes(PL_TABLE_DUE, value, &place, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl__attempt__init(attempt);

    if (key.len == PL_KEY_DUE_LEN && place.len > PL_KEY_PLACE_LEN
        && (key.data[PL_KEY_DUE_LANE] & PL_KEY_DUE_ASIDE) != 0)
    {
        place.len = PL_KEY_PLACE_LEN;   /* then: what it is set aside for */
    }

    if (!pl_key_due_parse(key, &at->tenant, &at->channel, &at->lane,
                          &due->due_ms, &attempt->effect)
        || !pl_key_place_parse(place, &attempt->party_kind, &attempt->party))
    {
        return pl_err_set(err, PL_FOREIGN, "due", 0,
                          "a row names no head of a queue");
    }

    attempt->tenant = at->tenant;
    attempt->channel = at->channel;
    attempt->lane = (Pl__Lane) at->lane;

    return PL_OK;
}
