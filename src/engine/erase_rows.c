/*
 * What goes step by step when a person is erased: messages, and the rows of
 * tables that are walked for them. See erase.h.
 *
 * Each phase looks at a bounded number of rows; where it stopped is in the
 * erasure. A row is taken into an arena of its own, since one step's rows may
 * be more than an item's arena holds.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "erase_impl.h"
#include "task.h"
#include "words.h"

#define ROWS_ARENA      65536
#define ROWS_ARENA_MAX  (32u * 1024 * 1024)
#define ROWS_VALUE_MIN  5               /* digits of an address to look for */

#define PHASE(name)  PL__ERASE_PHASE__ERASE_PHASE_ ## name

/* A row at hand. */
typedef struct {
    pl_apply_t        *ap;
    Pl__Erasure       *e;
    pl_arena_t        *ar;
    pl_key_t           key;
    ProtobufCMessage  *msg;
    uint64_t           blanked[PL_ERASE_ROWS];
    size_t             n_blanked;
    pl_words_step_t    step;            /* segments that those are of */
    bool               full;            /* the next has to wait */
    pl_err_t          *err;
} rows_t;

typedef pl_status_t (*rows_pt)(rows_t *r, bool *gone);

typedef struct {
    pl_table_e                         table;
    bool                               all;     /* of every tenant */
    bool                               none;    /* of tenant 0 */
    const ProtobufCMessageDescriptor  *type;    /* NULL: its key says */
    rows_pt                            row;
} rows_phase_t;

_Static_assert(PL_ERASE_ROWS <= PL_WORDS_FORGET_MAX, "of one call");

static pl_status_t rows_words(rows_t *r);
static pl_status_t rows_room(rows_t *r, uint64_t id);
static int rows_compare(const void *a, const void *b);
static pl_status_t rows_messages(rows_t *r, uint32_t *left);
static pl_status_t rows_message(rows_t *r, uint64_t *place);
static pl_status_t rows_walk(rows_t *r, const rows_phase_t *phase,
    uint32_t *left);
static pl_status_t rows_stop(rows_t *r);
static bool rows_ends(const rows_t *r, const rows_phase_t *phase,
    pl_str_t key);
static pl_status_t rows_timer(rows_t *r, bool *gone);
static pl_status_t rows_unknown(rows_t *r, bool *gone);
static pl_status_t rows_dead(rows_t *r, bool *gone);
static pl_status_t rows_merge(rows_t *r, bool *gone);
static pl_status_t rows_member(rows_t *r, bool *gone);
static pl_status_t rows_audit(rows_t *r, bool *gone);
static pl_status_t rows_quarantine(rows_t *r, bool *gone);
static pl_status_t rows_parked(rows_t *r, bool *gone);
static pl_status_t rows_group(rows_t *r, bool *gone);
static pl_status_t rows_file(rows_t *r, bool *gone);
static bool rows_party(const rows_t *r, Pl__PartyKind kind, uint64_t party,
    uint64_t contact);
static bool rows_names(const rows_t *r, const char *value);
static pl_status_t rows_blank(rows_t *r, uint64_t id,
    const Pl__Message *message);


/* By phase; those without a table are rows_messages, or nobody's here. */
static const rows_phase_t  phases[] = {
    [PHASE(TIMERS)] = { PL_TABLE_TIMERS, true, false,
                        &pl__timer__descriptor, rows_timer },
    [PHASE(UNKNOWN)] = { PL_TABLE_UNKNOWN, false, false,
                         &pl__unknown_send__descriptor, rows_unknown },
    [PHASE(DEAD)] = { PL_TABLE_DEAD, false, false,
                      &pl__dead_letter__descriptor, rows_dead },
    [PHASE(MERGES)] = { PL_TABLE_MERGES, false, false,
                        &pl__contact_merge__descriptor, rows_merge },
    [PHASE(MEMBERS)] = { PL_TABLE_MEMBERS, false, false, NULL,
                         rows_member },
    [PHASE(AUDIT)] = { PL_TABLE_AUDIT, false, false,
                       &pl__audit_event__descriptor, rows_audit },
    [PHASE(QUARANTINE)] = { PL_TABLE_QUARANTINE, false, false,
                            &pl__quarantine__descriptor, rows_quarantine },
    [PHASE(UNCLAIMED)] = { PL_TABLE_QUARANTINE, false, true,
                           &pl__quarantine__descriptor, rows_quarantine },
    [PHASE(PARKED)] = { PL_TABLE_PARKED, true, false,
                        &pl__parked_status__descriptor, rows_parked },
    [PHASE(GROUPS)] = { PL_TABLE_MESSAGES, true, false,
                        &pl__message__descriptor, rows_group },
    [PHASE(FILES)] = { PL_TABLE_MESSAGES, true, false,
                       &pl__message__descriptor, rows_file },
};


pl_status_t
pl_erase_go_on(pl_apply_t *ap, Pl__Erasure *e, uint32_t rows, pl_err_t *err)
{
    rows_t       r;
    uint32_t     left;
    uint64_t     groups;
    pl_status_t  rc;

    rows = rows < PL_ERASE_ROWS ? rows : PL_ERASE_ROWS;
    memset(&r, 0, sizeof(r));
    r.ap = ap;
    r.e = e;
    r.err = err;
    left = rows;

    r.ar = pl_arena_create(ROWS_ARENA, ROWS_ARENA_MAX);
    if (r.ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "erase", 0, "out of memory");
    }

    rc = pl_store_count(ap->txn, PL_TABLE_GROUPS, &groups, err);

    while (rc == PL_OK && left != 0 && !r.full && e->phase < PHASE(FORGET)) {
        if ((e->phase == PHASE(GROUPS) && groups == 0)
            || (e->phase == PHASE(FILES) && e->n_files == 0))
        {
            e->phase++;
            continue;
        }

        if (!e->has_cursor) {
            e->has_edge = 1;            /* what is newer is not of before */
            e->edge = ap->meta->next_id;
        }

        rc = e->phase == PHASE(MESSAGES)
             ? rows_messages(&r, &left)
             : rows_walk(&r, &phases[e->phase], &left);

        if (rc == PL_NOTFOUND) {        /* the phase is over */
            e->phase++;
            e->has_cursor = 0;
            rc = PL_OK;
        }
    }

    pl_arena_destroy(r.ar);

    return rc == PL_OK ? rows_words(&r) : rc;
}


/* What was blanked leaves the search; the sender forgets what it was under. */

static pl_status_t
rows_words(rows_t *r)
{
    pl_status_t         rc;
    pl_words_retired_t  retired;

    if (r->n_blanked == 0) {
        return PL_OK;
    }

    qsort(r->blanked, r->n_blanked, sizeof(r->blanked[0]), rows_compare);

    rc = pl_words_forget(r->ap, r->e->tenant, r->blanked, r->n_blanked,
                         &retired, r->err);

    return rc == PL_OK ? pl_erase_retire(r->ap, r->e, &retired, r->err) : rc;
}


/* A step takes messages out of so many segments, which are written anew. */

static pl_status_t
rows_room(rows_t *r, uint64_t id)
{
    bool         room;
    pl_status_t  rc;

    rc = pl_words_step(r->ap, id, &r->step, &room, r->err);
    r->full = rc == PL_OK && !room;

    return rc;
}


static int
rows_compare(const void *a, const void *b)
{
    const uint64_t  *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}


/* Down each conversation; PL_NOTFOUND: at the ends of all. */

static pl_status_t
rows_messages(rows_t *r, uint32_t *left)
{
    size_t       i;
    pl_status_t  rc;

    for (i = 0; i < r->e->n_places; i++) {
        while (r->e->places[i] != 0) {
            if (*left == 0) {
                return PL_OK;
            }

            (*left)--;

            rc = rows_message(r, &r->e->places[i]);
            if (rc != PL_OK || r->full) {
                return rc;
            }
        }
    }

    return PL_NOTFOUND;
}


static pl_status_t
rows_message(rows_t *r, uint64_t *place)
{
    uint64_t              id;
    pl_status_t           rc;
    const Pl__Message    *message;
    ProtobufCMessage     *msg;

    id = *place;
    *place = 0;
    pl_arena_reset(r->ar);
    pl_key_seq(&r->key, id);

    rc = pl_record_get(r->ap->txn, PL_TABLE_MESSAGES, pl_key_str(&r->key),
                       &pl__message__descriptor, r->ar, &msg, r->err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    message = (const Pl__Message *) msg;

    if (message->has_previous && message->previous < id) {
        *place = message->previous;
    }

    if (message->has_erased) {
        return PL_OK;
    }

    rc = rows_room(r, id);

    if (rc == PL_OK && r->full) {
        *place = id;
        return PL_OK;
    }

    rc = rc == PL_OK ? pl_erase_note_file(r->ap, r->e, message, r->err) : rc;

    return rc == PL_OK ? rows_blank(r, id, message) : rc;
}


/* From behind the cursor; PL_NOTFOUND: to the end. */

static pl_status_t
rows_walk(rows_t *r, const rows_phase_t *phase, uint32_t *left)
{
    bool          gone;
    pl_key_t      from, before;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    before.len = 0;
    from.len = 0;
    from.overflow = false;

    if (r->e->has_cursor) {
        pl_key_bytes(&from, r->e->cursor.data, r->e->cursor.len);
        pl_key_u8(&from, 0);

    } else if (!phase->all) {
        pl_key_u32(&from, phase->none ? 0 : r->e->tenant);
    }

    rc = pl_store_scan(r->ap->txn, phase->table, pl_key_str(&from), false,
                       &scan, r->err);

    r->key.len = 0;

    while (rc == PL_OK && *left != 0) {
        rc = pl_store_scan_next(scan, &key, &value, r->err);
        if (rc != PL_OK || rows_ends(r, phase, key)) {
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
        }

        gone = false;
        rc = rc == PL_OK ? phase->row(r, &gone) : rc;

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

    return rc == PL_OK && r->key.len != 0 ? rows_stop(r) : rc;
}


/* Behind the row at hand the next step goes on. */

static pl_status_t
rows_stop(rows_t *r)
{
    r->e->has_cursor = 1;
    r->e->cursor.len = r->key.len;
    r->e->cursor.data = pl_arena_dup(r->ap->ar, r->key.data, r->key.len);

    return r->e->cursor.data == NULL
           ? pl_err_set(r->err, PL_NOMEM, "erase", 0, "out of memory")
           : PL_OK;
}


static bool
rows_ends(const rows_t *r, const rows_phase_t *phase, pl_str_t key)
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


static pl_status_t
rows_timer(rows_t *r, bool *gone)
{
    const Pl__Timer  *timer = (const Pl__Timer *) r->msg;

    *gone = timer->tenant == r->e->tenant
            && rows_party(r, timer->party_kind, timer->party,
                          timer->contact);

    return *gone ? pl_task_unlist(r->ap, timer, timer->has_ended_ms != 0,
                                  r->err)
                 : PL_OK;
}


static pl_status_t
rows_unknown(rows_t *r, bool *gone)
{
    const Pl__Effect  *effect;

    effect = ((const Pl__UnknownSend *) r->msg)->effect;
    *gone = rows_party(r, effect->party_kind, effect->party,
                       effect->contact);

    return PL_OK;
}


static pl_status_t
rows_dead(rows_t *r, bool *gone)
{
    const Pl__Effect  *effect;

    effect = ((const Pl__DeadLetter *) r->msg)->effect;
    *gone = rows_party(r, effect->party_kind, effect->party,
                       effect->contact);

    return PL_OK;
}


static pl_status_t
rows_merge(rows_t *r, bool *gone)
{
    const Pl__ContactMerge  *merge = (const Pl__ContactMerge *) r->msg;

    *gone = pl_erase_has(r->e, merge->into);

    return PL_OK;
}


static pl_status_t
rows_member(rows_t *r, bool *gone)
{
    *gone = r->key.len == 20 && pl_erase_has(r->e, pl_be64(r->key.data + 12));

    return PL_OK;
}


/* That something was, and when, stays; not what it was. */

static pl_status_t
rows_audit(rows_t *r, bool *gone)
{
    Pl__AuditEvent  *event = (Pl__AuditEvent *) r->msg;

    (void) gone;

    if (!event->has_subject || !pl_erase_has(r->e, event->subject)
        || event->kind == PL__AUDIT_KIND__AUDIT_KIND_ERASED
        || event->kind == PL__AUDIT_KIND__AUDIT_KIND_EXPORTED
        || event->kind == PL__AUDIT_KIND__AUDIT_KIND_SETTINGS)
    {
        return PL_OK;                   /* settings have numbers of their own */
    }

    event->text = NULL;

    if (event->kind == PL__AUDIT_KIND__AUDIT_KIND_ANSWER
        || event->kind == PL__AUDIT_KIND__AUDIT_KIND_HANDOVER)
    {
        event->rule = NULL;
    }

    if (event->kind == PL__AUDIT_KIND__AUDIT_KIND_HANDOVER) {
        event->actor = NULL;
    }

    if (event->consent != NULL) {
        event->consent->word = NULL;
        event->consent->actor = NULL;
    }

    pl_store_plain(r->ap->txn);

    return pl_record_put(r->ap->txn, PL_TABLE_AUDIT, pl_key_str(&r->key),
                         &event->base, false, r->err);
}


static pl_status_t
rows_quarantine(rows_t *r, bool *gone)
{
    size_t                 i;
    pl_str_t               value;
    const Pl__Quarantine  *row = (const Pl__Quarantine *) r->msg;

    for (i = 0; i < r->e->n_addresses && !*gone; i++) {
        value = pl_str_c(r->e->addresses[i]->value);

        *gone = row->has_raw && value.len >= ROWS_VALUE_MIN
                && memmem(row->raw.data, row->raw.len, value.data,
                          value.len) != NULL;
    }

    return PL_OK;
}


/* With the row that leads to it, whose key is the rest of its own. */

static pl_status_t
rows_parked(rows_t *r, bool *gone)
{
    size_t                    i;
    pl_str_t                  index;
    pl_status_t               rc;
    const Pl__ParkedStatus   *row = (const Pl__ParkedStatus *) r->msg;
    const Pl__DeliveryStatus *s;

    if (row->tenant != r->e->tenant) {
        return PL_OK;
    }

    for (i = 0; i < row->n_statuses && !*gone; i++) {
        s = row->statuses[i];
        *gone = rows_names(r, s->recipient)
                || rows_names(r, s->recipient_user_id)
                || rows_names(r, s->participant)
                || rows_names(r, s->participant_user_id);
    }

    if (!*gone || r->key.len <= 4) {
        return PL_OK;
    }

    index.data = r->key.data + 4;
    index.len = r->key.len - 4;

    rc = pl_store_del(r->ap->txn, PL_TABLE_PROVIDER_IDS, index, r->err);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* What they said in a group; and where others' messages there name them. */

static pl_status_t
rows_group(rows_t *r, bool *gone)
{
    bool          named;
    size_t        i, n;
    pl_status_t   rc;
    Pl__Message  *m = (Pl__Message *) r->msg;

    (void) gone;

    if (m->tenant != r->e->tenant || m->has_erased
        || m->party_kind != PL__PARTY_KIND__PARTY_KIND_GROUP)
    {
        return PL_OK;
    }

    if (pl_erase_has(r->e, m->contact)) {
        rc = rows_room(r, pl_be64(r->key.data));
        if (rc != PL_OK || r->full) {
            return rc;
        }

        rc = pl_erase_note_file(r->ap, r->e, m, r->err);
        m->contact = 0;
        return rc == PL_OK ? rows_blank(r, pl_be64(r->key.data), m) : rc;
    }

    named = m->context != NULL && rows_names(r, m->context->from);
    if (named) {
        m->context->from = NULL;
    }

    for (i = 0, n = 0; i < m->n_participants; i++) {
        if (rows_names(r, m->participants[i]->phone)
            || rows_names(r, m->participants[i]->user_id))
        {
            named = true;
            continue;
        }

        m->participants[n++] = m->participants[i];
    }

    m->n_participants = n;

    return named ? pl_record_put(r->ap->txn, PL_TABLE_MESSAGES,
                                 pl_key_str(&r->key), &m->base, false,
                                 r->err) : PL_OK;
}


/* Files that somebody else sent, or was sent, as well stay. */

static pl_status_t
rows_file(rows_t *r, bool *gone)
{
    size_t              i, k, n;
    const char         *file;
    const Pl__Message  *m = (const Pl__Message *) r->msg;

    (void) gone;

    for (k = 0; (file = pl_erase_file(m->content, k)) != NULL; k++) {

        for (i = 0, n = 0; i < r->e->n_files; i++) {
            if (strcmp(r->e->files[i], file) != 0) {
                r->e->files[n++] = r->e->files[i];
            }
        }

        r->e->n_files = n;
    }

    return PL_OK;
}


static bool
rows_party(const rows_t *r, Pl__PartyKind kind, uint64_t party,
    uint64_t contact)
{
    return pl_erase_has(r->e, contact)
           || (kind == PL__PARTY_KIND__PARTY_KIND_CONTACT
               && pl_erase_has(r->e, party));
}


static bool
rows_names(const rows_t *r, const char *value)
{
    size_t  i;

    for (i = 0; value != NULL && i < r->e->n_addresses; i++) {
        if (strcmp(r->e->addresses[i]->value, value) == 0) {
            return true;
        }
    }

    return false;
}


/* What it was, when, and what it cost; not what it said, or to whom. */

static pl_status_t
rows_blank(rows_t *r, uint64_t id, const Pl__Message *message)
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
    stub.otherwise = NULL;
    if (stub.direction == PL__DIRECTION__DIRECTION_OUT
        && (stub.state <= PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN))
    {
        stub.has_state = 1;             /* it left no queue, and never will */
        stub.state = PL__MESSAGE_STATE__MESSAGE_STATE_FAILED;
        stub.rule = (char *) "erased";
    }

    stub.has_erased = 1;
    stub.erased = 1;

    r->e->has_messages = 1;
    r->e->messages++;
    r->blanked[r->n_blanked++] = id;
    pl_key_seq(&key, id);
    pl_store_plain(r->ap->txn);

    return pl_record_put(r->ap->txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                         &stub.base, false, r->err);
}
