/*
 * The outbox as it is read. See outbox.h.
 */

#include <string.h>

#include "../core/record.h"
#include "keys.h"
#include "outbox.h"
#include "upload.h"

/* In the order of numbers, which is that of rows in `due`. */
static const Pl__Lane  outbox_lanes[] = {
    PL__LANE__LANE_REPLY,
    PL__LANE__LANE_REMINDER,
    PL__LANE__LANE_CAMPAIGN,
    PL__LANE__LANE_SYNC,
};

static pl_status_t outbox_lane(pl_txn_t *txn, Pl__Lane lane,
    const pl_due_t *after, int64_t now_ms, pl_due_t *due, size_t max,
    size_t *n, int64_t *next_ms, pl_err_t *err);
static pl_status_t outbox_row(pl_str_t key, pl_str_t value, pl_due_t *due,
    pl_err_t *err);


pl_status_t
pl_outbox_due(pl_txn_t *txn, int64_t now_ms, pl_due_t *due, size_t max,
    size_t *n, int64_t *next_ms, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    *n = 0;
    *next_ms = INT64_MAX;

    for (i = 0; i < PL_COUNT(outbox_lanes); i++) {
        rc = outbox_lane(txn, outbox_lanes[i], NULL, now_ms, due, max, n,
                         next_ms, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


pl_status_t
pl_outbox_due_after(pl_txn_t *txn, int64_t now_ms, const pl_due_t *after,
    pl_due_t *due, size_t max, size_t *n, pl_err_t *err)
{
    size_t       i;
    int64_t      next_ms = INT64_MAX;   /* the first page told it */
    pl_due_t     behind;
    pl_status_t  rc;

    *n = 0;
    behind = *after;                    /* it may stand in due itself */

    if (behind.attempt.lane == PL__LANE__LANE_MEDIA) {
        return outbox_lane(txn, PL__LANE__LANE_MEDIA, &behind, now_ms, due,
                           max, n, &next_ms, err);
    }

    for (i = 0; i < PL_COUNT(outbox_lanes); i++) {

        if (outbox_lanes[i] < behind.attempt.lane) {
            continue;
        }

        rc = outbox_lane(txn, outbox_lanes[i],
                         outbox_lanes[i] == behind.attempt.lane ? &behind
                                                                : NULL,
                         now_ms, due, max, n, &next_ms, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


pl_status_t
pl_outbox_due_media(pl_txn_t *txn, int64_t now_ms, pl_due_t *due, size_t max,
    size_t *n, int64_t *next_ms, pl_err_t *err)
{
    *n = 0;
    *next_ms = INT64_MAX;

    return outbox_lane(txn, PL__LANE__LANE_MEDIA, NULL, now_ms, due, max, n,
                       next_ms, err);
}


uint64_t
pl_outbox_message(const Pl__Effect *effect)
{
    switch (effect->of_case) {

    case PL__EFFECT__OF_SEND_MESSAGE:
        return effect->send_message->message;

    case PL__EFFECT__OF_FETCH_MEDIA:
        return effect->fetch_media->message;

    default:
        return 0;
    }
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

    return row->of_case == PL__EFFECT__OF_SEND_MESSAGE
           ? pl_upload_fill(txn, row, (Pl__Message *) msg, ar, err) : PL_OK;
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


static pl_status_t
outbox_lane(pl_txn_t *txn, Pl__Lane lane, const pl_due_t *after,
    int64_t now_ms, pl_due_t *due, size_t max, size_t *n, int64_t *next_ms,
    pl_err_t *err)
{
    int64_t      at;
    pl_key_t     from;
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    pl_key_due(&from, lane, after == NULL ? 0 : after->due_ms,
               after == NULL ? 0 : after->attempt.effect + 1);

    rc = pl_store_scan(txn, PL_TABLE_DUE, pl_key_str(&from), false, &scan,
                       err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);
        if (rc != PL_OK || key.data[0] != (uint8_t) lane) {
            break;
        }

        at = (int64_t) pl_be64(key.data + 1);

        if (at > now_ms || *n == max) {
            *next_ms = at < *next_ms ? at : *next_ms;
            break;
        }

        rc = outbox_row(key, value, &due[*n], err);
        if (rc == PL_OK) {
            due[(*n)++].due_ms = at;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
outbox_row(pl_str_t key, pl_str_t value, pl_due_t *due, pl_err_t *err)
{
    pl_str_t     place;
    uint64_t     effect;
    pl_party_t   party;
    pl_status_t  rc;

    rc = pl_record_read_bytes(PL_TABLE_DUE, value, &place, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl__attempt__init(&due->attempt);

    if (!pl_key_place_parse(place, &party, &due->attempt.channel,
                            &due->attempt.lane, &effect)
        || effect != pl_be64(key.data + 9))
    {
        return pl_err_set(err, PL_FOREIGN, "due", 0,
                          "a row names no place in a queue");
    }

    due->attempt.effect = effect;
    due->attempt.tenant = party.tenant;
    due->attempt.party_kind = party.kind;
    due->attempt.party = party.party;

    return PL_OK;
}
