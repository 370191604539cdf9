/*
 * A step of erasing: one phase after the other, each a walk over the rows of
 * a table, bounded in rows, and in bytes of bodies that anybody may have sent;
 * where it stopped is in the erasure. See erase.h.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "age.h"
#include "erase_impl.h"

#define WALK_ARENA      65536
#define WALK_ARENA_MAX  (32u * 1024 * 1024)

/* rows of a step for one of others: they are read, and nothing is written but
   the erasure, with all the names that it still has */
#define WALK_FILES_TIMES  10

#define PHASE(name)  PL__ERASE_PHASE__ERASE_PHASE_ ## name

_Static_assert(PL_ERASE_ROWS <= PL_WORDS_FORGET_MAX, "of one call");

static pl_status_t walk_phase(pl_erase_rows_t *r, uint32_t *left);
static pl_status_t walk_over(pl_erase_rows_t *r);
static void walk_next(Pl__Erasure *e);
static pl_status_t walk_words(pl_erase_rows_t *r);
static pl_status_t walk_forget(pl_erase_rows_t *r, size_t from, size_t to);
static int walk_compare(const void *a, const void *b);
static pl_status_t walk_rows(pl_erase_rows_t *r,
    const pl_erase_phase_t *phase, uint32_t *left);
static void walk_from(const pl_erase_rows_t *r,
    const pl_erase_phase_t *phase, pl_key_t *from);
static void walk_charge(pl_erase_rows_t *r, const pl_erase_phase_t *phase);
static pl_status_t walk_stop(pl_erase_rows_t *r);
static bool walk_ends(const pl_erase_rows_t *r,
    const pl_erase_phase_t *phase, pl_str_t key);


pl_status_t
pl_erase_go_on(pl_apply_t *ap, Pl__Erasure *e, uint32_t rows, pl_err_t *err)
{
    uint32_t         left;
    uint64_t         groups;
    pl_status_t      rc;
    pl_erase_rows_t  r;

    rows = rows < PL_ERASE_ROWS ? rows : PL_ERASE_ROWS;
    memset(&r, 0, sizeof(r));
    r.ap = ap;
    r.e = e;
    r.err = err;
    left = rows;

    r.ar = pl_arena_create(WALK_ARENA, WALK_ARENA_MAX);
    if (r.ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "erase", 0, "out of memory");
    }

    rc = pl_store_count(ap->txn, PL_TABLE_GROUPS, &groups, err);

    while (rc == PL_OK && left != 0 && !r.full && r.bytes < PL_ERASE_BYTES
           && e->phase != PHASE(FORGET))
    {
        if ((e->phase == PHASE(GROUPS) && groups == 0 && !e->has_again
             && !e->has_cursor)
            || (e->phase == PHASE(QUOTES) && e->n_quoted == 0)
            || ((e->phase == PHASE(FILES) || e->phase == PHASE(ASIDE))
                && e->n_files == 0))
        {
            walk_next(e);
            continue;
        }

        if (!e->has_cursor) {
            e->has_edge = 1;            /* what is newer is not of before */
            e->edge = ap->meta->next_id;
        }

        rc = walk_phase(&r, &left);

        if (rc == PL_NOTFOUND) {        /* the phase is over */
            rc = walk_over(&r);
        }
    }

    pl_arena_destroy(r.ar);

    if (rc == PL_OK && r.n_silent != 0) {
        rc = pl_erase_silent(ap, r.tenant, r.silent, r.n_silent,
                             e->before_ms
                             + pl_settings_clock(ap->settings, r.tenant),
                             err);
    }

    return rc == PL_OK ? walk_words(&r) : rc;
}


pl_status_t
pl_erase_room(pl_erase_rows_t *r, uint64_t id)
{
    bool         room;
    pl_status_t  rc;

    rc = pl_words_step(r->ap, id, &r->step, &room, r->err);
    r->full = rc == PL_OK && !room;

    return rc;
}


pl_status_t
pl_erase_blank(pl_erase_rows_t *r, uint64_t id, const Pl__Message *message)
{
    pl_key_t      key;
    Pl__Content   content = PL__CONTENT__INIT;
    Pl__Message   stub;

    stub = *message;
    content.type = (char *) "erased";
    stub.content = &content;
    stub.provider_id = NULL;
    stub.error = NULL;
    stub.n_errors = 0;
    stub.reply_to = NULL;
    stub.address = NULL;
    stub.conversation = NULL;
    stub.n_participants = 0;
    stub.actor = NULL;
    stub.context = NULL;
    stub.traceparent = NULL;
    stub.thread = NULL;
    stub.otherwise = NULL;
    if (stub.direction == PL__DIRECTION__DIRECTION_OUT
        && (stub.state <= PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN))
    {
        stub.has_state = 1;             /* it left no queue, and never will */
        stub.state = PL__MESSAGE_STATE__MESSAGE_STATE_FAILED;
        stub.rule = (char *) (r->e->has_keep_ms ? "retention" : "erased");
    }

    stub.has_erased = 1;
    stub.erased = 1;

    r->e->has_messages = 1;
    r->e->messages++;
    r->blanked[r->n_blanked].tenant = message->tenant;
    r->blanked[r->n_blanked++].message = id;
    pl_key_seq(&key, id);
    pl_store_plain(r->ap->txn);

    return pl_record_put(r->ap->txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                         &stub.base, false, r->err);
}


pl_status_t
pl_erase_retire(pl_apply_t *ap, Pl__Erasure *e,
    const pl_words_retired_t *retired, pl_err_t *err)
{
    uint64_t  *all;

    if (retired->n == 0) {
        return PL_OK;
    }

    all = pl_arena_alloc(ap->ar, (e->n_retired + retired->n) * sizeof(*all));
    if (all == NULL) {
        return pl_err_set(err, PL_NOMEM, "erase", 0, "out of memory");
    }

    if (e->n_retired != 0) {
        memcpy(all, e->retired, e->n_retired * sizeof(*all));
    }

    memcpy(all + e->n_retired, retired->numbers, retired->n * sizeof(*all));
    e->retired = all;
    e->n_retired += retired->n;

    return PL_OK;
}


bool
pl_erase_has(const Pl__Erasure *e, uint64_t contact)
{
    size_t  i;

    for (i = 0; i < e->n_contacts; i++) {
        if (e->contacts[i] == contact) {
            return true;
        }
    }

    return false;
}


static pl_status_t
walk_phase(pl_erase_rows_t *r, uint32_t *left)
{
    uint32_t                 many;
    pl_status_t              rc;
    const pl_erase_phase_t  *phase;

    phase = r->e->has_keep_ms ? pl_erase_aged(r->e)
                              : &pl_erase_phases[r->e->phase];

    if (phase->row == NULL) {
        return pl_erase_messages(r, left);
    }

    if (r->e->phase == PHASE(FILES)) {
        many = *left * WALK_FILES_TIMES;
        rc = walk_rows(r, phase, &many);
        *left = many / WALK_FILES_TIMES;
        return rc;
    }

    return walk_rows(r, phase, left);
}


/*
 * A pass's first walk says where that of the next one begins; and ids that
 * were noted are looked for sorted.
 */

static pl_status_t
walk_over(pl_erase_rows_t *r)
{
    uint64_t      place;
    pl_status_t   rc = PL_OK;
    Pl__Erasure  *e = r->e;

    if (e->has_keep_ms && e->phase == PHASE(MESSAGES)) {
        place = r->over ? pl_be64(r->key.data) : e->edge;
        place = e->has_stays && e->stays < place ? e->stays : place;
        rc = pl_age_walked(r->ap, e, e->silent ? 0 : place, r->err);
    }

    if (!e->has_keep_ms && e->phase == PHASE(GROUPS)) {
        e->has_again = r->over;
        pl_erase_quote_sort(e);

    } else if (!e->has_keep_ms && e->phase == PHASE(QUOTES)) {
        e->n_quoted = 0;
    }

    r->over = false;
    walk_next(e);
    e->has_cursor = 0;

    return rc;
}


static void
walk_next(Pl__Erasure *e)
{
    if (e->has_keep_ms) {
        e->phase = pl_erase_aged_next(e);
        return;
    }

    switch (e->phase) {

    case PHASE(GROUPS):
        e->phase = PHASE(QUOTES);
        return;

    case PHASE(QUOTES):
        e->phase = e->has_again ? PHASE(GROUPS) : PHASE(FILES);
        return;

    case PHASE(FILES):
        e->phase = PHASE(ASIDE);
        return;

    case PHASE(ASIDE):
        e->phase = PHASE(FORGET);
        return;

    default:
        e->phase++;
    }
}


/* What was blanked leaves the search; the sender forgets what it was under. */

static pl_status_t
walk_words(pl_erase_rows_t *r)
{
    size_t       i, from;
    pl_status_t  rc = PL_OK;

    qsort(r->blanked, r->n_blanked, sizeof(r->blanked[0]), walk_compare);

    for (from = 0, i = 0; rc == PL_OK && i < r->n_blanked; i++) {
        if (i + 1 == r->n_blanked
            || r->blanked[i + 1].tenant != r->blanked[i].tenant)
        {
            rc = walk_forget(r, from, i + 1);
            from = i + 1;
        }
    }

    return rc;
}


/* Those of one tenant. */

static pl_status_t
walk_forget(pl_erase_rows_t *r, size_t from, size_t to)
{
    size_t              i, n;
    uint64_t            ids[PL_ERASE_ROWS];
    pl_status_t         rc;
    pl_words_retired_t  retired;

    for (i = from, n = 0; i < to; i++) {
        ids[n++] = r->blanked[i].message;
    }

    rc = pl_words_forget(r->ap, r->blanked[from].tenant, ids, n, &retired,
                         r->err);

    return rc == PL_OK ? pl_erase_retire(r->ap, r->e, &retired, r->err) : rc;
}


static int
walk_compare(const void *a, const void *b)
{
    const pl_erase_blanked_t  *x = a, *y = b;

    if (x->tenant != y->tenant) {
        return x->tenant < y->tenant ? -1 : 1;
    }

    return x->message < y->message ? -1 : x->message > y->message;
}


/* From behind the cursor; PL_NOTFOUND: to the end. */

static pl_status_t
walk_rows(pl_erase_rows_t *r, const pl_erase_phase_t *phase, uint32_t *left)
{
    bool          gone;
    pl_key_t      from, before;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    before.len = 0;
    walk_from(r, phase, &from);

    rc = pl_store_scan(r->ap->txn, phase->table, pl_key_str(&from), false,
                       &scan, r->err);

    r->key.len = 0;

    while (rc == PL_OK && *left != 0 && r->bytes < PL_ERASE_BYTES) {
        rc = pl_store_scan_next(scan, &key, &value, r->err);
        if (rc != PL_OK || walk_ends(r, phase, key)) {
            rc = rc == PL_OK ? PL_NOTFOUND : rc;
            break;
        }

        (*left)--;
        pl_arena_reset(r->ar);
        r->key.len = 0;
        r->key.overflow = false;
        pl_key_bytes(&r->key, key.data, key.len);

        if (phase->type != NULL) {
            rc = pl_record_read(phase->table, value, phase->type, r->ar,
                                &r->msg, r->err);
            walk_charge(r, phase);
        }

        gone = false;
        rc = rc == PL_OK ? phase->row(r, &gone) : rc;

        if (rc == PL_OK && r->over) {
            rc = PL_NOTFOUND;
            break;
        }

        if (rc == PL_OK && r->full) {
            r->key = before;
            break;
        }

        before = r->key;

        if (rc == PL_OK && gone) {
            r->e->has_rows = 1;
            r->e->rows++;
            rc = pl_store_scan_del(scan, r->err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_OK && r->key.len != 0 ? walk_stop(r) : rc;
}


static void
walk_from(const pl_erase_rows_t *r, const pl_erase_phase_t *phase,
    pl_key_t *from)
{
    from->len = 0;
    from->overflow = false;

    if (r->e->has_cursor) {
        pl_key_bytes(from, r->e->cursor.data, r->e->cursor.len);
        pl_key_u8(from, 0);

    } else if (r->e->phase == PHASE(GROUPS) && r->e->has_again) {
        pl_key_seq(from, r->e->again);

    } else if (!phase->all) {
        pl_key_u32(from, phase->none ? 0 : r->e->tenant);
    }
}


/* By what it holds, never by the time that it took: it is folded again. */

static void
walk_charge(pl_erase_rows_t *r, const pl_erase_phase_t *phase)
{
    const Pl__Quarantine  *row;

    if (phase->type == &pl__quarantine__descriptor && r->msg != NULL) {
        row = (const Pl__Quarantine *) r->msg;
        r->bytes += row->has_raw ? row->raw.len : 0;
        r->bytes += row->has_command ? row->command.len : 0;
    }
}


/* Behind the row at hand the next step goes on. */

static pl_status_t
walk_stop(pl_erase_rows_t *r)
{
    r->e->has_cursor = 1;
    r->e->cursor.len = r->key.len;
    r->e->cursor.data = pl_arena_dup(r->ap->ar, r->key.data, r->key.len);

    return r->e->cursor.data == NULL
           ? pl_err_set(r->err, PL_NOMEM, "erase", 0, "out of memory")
           : PL_OK;
}


static bool
walk_ends(const pl_erase_rows_t *r, const pl_erase_phase_t *phase, pl_str_t key)
{
    if (phase->table == PL_TABLE_MESSAGES && key.len == 8
        && pl_be64(key.data) >= r->e->edge)
    {
        return true;
    }

    return !phase->all
           && (key.len < 4 || pl_be32(key.data)
                              != (phase->none ? 0 : r->e->tenant));
}
