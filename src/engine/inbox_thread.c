/*
 * See inbox_thread.h.
 */

#include <string.h>

#include "../core/record.h"
#include "inbox.h"
#include "inbox_thread.h"

#define THREAD_ARENA      (16u * 1024)
#define THREAD_ARENA_MAX  (4u * 1024 * 1024)
#define THREAD_HOPS       4         /* more than a page needs */

typedef struct {
    pl_txn_t      *txn;
    pl_arena_t    *look;        /* of one message */
    pl_thread_t   *out;
} thread_t;

static pl_status_t thread_page(thread_t *th, pl_arena_t *ar,
    const Pl__Conversation *conv, const pl_thread_at_t *at, pl_err_t *err);
static pl_status_t thread_from(thread_t *th, const Pl__Conversation *conv,
    uint64_t above, size_t count, uint64_t *from, pl_err_t *err);
static pl_status_t thread_start(thread_t *th, const Pl__Conversation *conv,
    uint64_t above, size_t count, uint64_t *start, pl_err_t *err);
static pl_status_t thread_get(thread_t *th, uint64_t id, pl_arena_t *ar,
    Pl__Message **message, pl_err_t *err);
static pl_status_t thread_notes(thread_t *th, pl_arena_t *ar,
    const pl_party_t *party, const pl_thread_at_t *at, pl_err_t *err);
static void thread_between(const pl_thread_t *out, const pl_thread_at_t *at,
    uint64_t *low, uint64_t *high);
static bool thread_steps(thread_t *th);


pl_status_t
pl_inbox_thread(pl_txn_t *txn, pl_arena_t *ar, const pl_party_t *party,
    const Pl__Conversation *conv, const pl_thread_at_t *at,
    pl_thread_t *thread, pl_err_t *err)
{
    thread_t     th;
    pl_status_t  rc;

    memset(thread, 0, sizeof(*thread));

    th.txn = txn;
    th.out = thread;
    th.look = pl_arena_create(THREAD_ARENA, THREAD_ARENA_MAX);
    if (th.look == NULL) {
        return pl_err_set(err, PL_NOMEM, "thread", 0, "out of memory");
    }

    rc = thread_page(&th, ar, conv, at, err);

    if (rc == PL_OK && !at->no_notes) {
        rc = thread_notes(&th, ar, party, at, err);
    }

    pl_arena_destroy(th.look);

    return rc;
}


/* The page's newest message is found; from there it is a walk back. */

static pl_status_t
thread_page(thread_t *th, pl_arena_t *ar, const Pl__Conversation *conv,
    const pl_thread_at_t *at, pl_err_t *err)
{
    size_t         limit;
    uint64_t       id, newest, floor;
    pl_status_t    rc = PL_OK;
    Pl__Message   *message;
    pl_thread_t   *out = th->out;

    limit = at->limit < PL_THREAD_MAX ? at->limit : PL_THREAD_MAX;
    newest = conv->n_newest == 0 ? 0 : conv->newest[conv->n_newest - 1];
    floor = 0;
    id = newest;

    if (at->after != 0) {
        floor = at->after;
        rc = thread_from(th, conv, at->after, limit, &id, err);

    } else if (at->around != 0) {
        rc = thread_from(th, conv, at->around, limit / 2, &id, err);

    } else if (at->before != 0) {
        rc = thread_from(th, conv, at->before - 1, 0, &id, err);
    }

    out->newer = id != newest;

    while (rc == PL_OK && id > floor && out->n < limit && thread_steps(th)) {
        rc = thread_get(th, id, ar, &message, err);

        if (rc == PL_OK) {
            out->rows[out->n].id = id;
            out->rows[out->n++].message = message;
            id = message->previous;
        }
    }

    out->older = id != 0 && rc == PL_OK;

    return rc == PL_NOTFOUND ? PL_OK : rc;      /* erased below there */
}


/*
 * *from: the count-th message above this one, or the newest, where there are
 * not so many; count 0: the newest that is not above it.
 */

static pl_status_t
thread_from(thread_t *th, const Pl__Conversation *conv, uint64_t above,
    size_t count, uint64_t *from, pl_err_t *err)
{
    size_t         n;
    uint64_t       id, start, ring[PL_THREAD_MAX];
    pl_status_t    rc;
    Pl__Message   *message;

    rc = thread_start(th, conv, above, count, &start, err);

    for (n = 0, id = start; rc == PL_OK && id > above && thread_steps(th);
         n++)
    {
        ring[n % PL_THREAD_MAX] = id;

        rc = thread_get(th, id, th->look, &message, err);
        id = rc == PL_OK ? message->previous : 0;
    }

    if (count == 0 || n == 0) {
        *from = id;

    } else {
        *from = n < count ? start : ring[(n - count) % PL_THREAD_MAX];
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/*
 * A message with at least count others between it and `above`, and not many
 * more: hops go from checkpoint to checkpoint, PL_CHECKPOINT messages each.
 */

static pl_status_t
thread_start(thread_t *th, const Pl__Conversation *conv, uint64_t above,
    size_t count, uint64_t *start, pl_err_t *err)
{
    size_t        n, back;
    uint64_t      id, ring[THREAD_HOPS];
    pl_status_t   rc;
    Pl__Message  *message;

    *start = conv->n_newest == 0 ? 0 : conv->newest[conv->n_newest - 1];
    back = (count + PL_CHECKPOINT - 1) / PL_CHECKPOINT;

    for (n = 0, id = conv->checkpoint; id > above && thread_steps(th); n++) {
        ring[n % THREAD_HOPS] = id;

        rc = thread_get(th, id, th->look, &message, err);
        if (rc != PL_OK) {
            return rc;
        }

        id = message->has_far ? message->far : 0;
    }

    if (n > back) {
        *start = ring[(n - 1 - back) % THREAD_HOPS];
    }

    return PL_OK;
}


static pl_status_t
thread_get(thread_t *th, uint64_t id, pl_arena_t *ar, Pl__Message **message,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (ar == th->look) {
        pl_arena_reset(ar);
    }

    th->out->steps++;
    pl_key_seq(&key, id);

    rc = pl_record_get(th->txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                       &pl__message__descriptor, ar, &msg, err);
    *message = (Pl__Message *) msg;

    return rc;
}


static pl_status_t
thread_notes(thread_t *th, pl_arena_t *ar, const pl_party_t *party,
    const pl_thread_at_t *at, pl_err_t *err)
{
    uint64_t           id, low, high;
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    pl_thread_t       *out = th->out;
    ProtobufCMessage  *msg;

    thread_between(out, at, &low, &high);
    pl_key_note(&from, party, high);

    rc = pl_store_scan(th->txn, PL_TABLE_NOTES, pl_key_str(&from), true,
                       &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len != PL_KEY_PARTY_LEN + 8
            || memcmp(key.data, from.data, PL_KEY_PARTY_LEN) != 0)
        {
            break;
        }

        id = pl_be64(key.data + PL_KEY_PARTY_LEN);
        if (id <= low) {
            break;
        }

        if (out->n_notes == PL_THREAD_NOTES_MAX) {
            out->cut = true;
            break;
        }

        rc = pl_record_read(PL_TABLE_NOTES, value, &pl__note__descriptor, ar,
                            &msg, err);

        if (rc == PL_OK) {
            out->notes[out->n_notes].id = id;
            out->notes[out->n_notes++].note = (Pl__Note *) msg;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/*
 * Notes above *low, up to *high. Each is of one page whichever way pages are
 * turned, and of none that a page left behind: what stands above the newest
 * message of a page is of the page after it, for it may be written later.
 */

static void
thread_between(const pl_thread_t *out, const pl_thread_at_t *at,
    uint64_t *low, uint64_t *high)
{
    *low = at->after;
    *high = UINT64_MAX;

    if (*low == 0 && out->older && out->n != 0) {
        *low = out->rows[out->n - 1].id;
    }

    if (at->before != 0) {
        *high = at->before - 1;

    } else if (out->newer) {
        *high = out->n != 0 ? out->rows[0].id : at->around;
    }
}


static bool
thread_steps(thread_t *th)
{
    if (th->out->steps < PL_THREAD_STEPS_MAX) {
        return true;
    }

    th->out->cut = true;

    return false;
}
