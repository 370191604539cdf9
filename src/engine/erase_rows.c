/*
 * What goes step by step when a person is erased: messages, and the rows of
 * tables that are walked for them. See erase.h.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "audited.h"
#include "erase_impl.h"
#include "mention.h"
#include "task.h"

#define PHASE(name)  PL__ERASE_PHASE__ERASE_PHASE_ ## name

static pl_status_t rows_message(pl_erase_rows_t *r, uint64_t *place);
static pl_status_t rows_timer(pl_erase_rows_t *r, bool *gone);
static pl_status_t rows_unknown(pl_erase_rows_t *r, bool *gone);
static pl_status_t rows_dead(pl_erase_rows_t *r, bool *gone);
static pl_status_t rows_merge(pl_erase_rows_t *r, bool *gone);
static pl_status_t rows_member(pl_erase_rows_t *r, bool *gone);
static pl_status_t rows_audit(pl_erase_rows_t *r, bool *gone);
static pl_status_t rows_quarantine(pl_erase_rows_t *r, bool *gone);
static pl_status_t rows_parked(pl_erase_rows_t *r, bool *gone);
static pl_status_t rows_group(pl_erase_rows_t *r, bool *gone);
static bool rows_party(const pl_erase_rows_t *r, Pl__PartyKind kind,
    uint64_t party, uint64_t contact);
static bool rows_names(const pl_erase_rows_t *r, const char *value);


const pl_erase_phase_t  pl_erase_phases[] = {
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
    [PHASE(QUOTES)] = { PL_TABLE_MESSAGES, true, false,
                        &pl__message__descriptor, pl_erase_row_quote },
    [PHASE(FILES)] = { PL_TABLE_MESSAGES, true, false,
                       &pl__message__descriptor, pl_erase_row_file },
    [PHASE(ASIDE)] = { PL_TABLE_QUARANTINE, true, false,
                       &pl__quarantine__descriptor, pl_erase_row_aside },
};


pl_status_t
pl_erase_messages(pl_erase_rows_t *r, uint32_t *left)
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


pl_status_t
pl_erase_row_file(pl_erase_rows_t *r, bool *gone)
{
    size_t              i;
    const char         *file;
    const Pl__Message  *m = (const Pl__Message *) r->msg;

    (void) gone;

    for (i = 0; (file = pl_erase_file(m->content, i)) != NULL; i++) {
        pl_erase_keep_file(r->e, file);
    }

    return PL_OK;
}


pl_status_t
pl_erase_row_aside(pl_erase_rows_t *r, bool *gone)
{
    size_t                 i;
    const Pl__Quarantine  *row = (const Pl__Quarantine *) r->msg;

    (void) gone;

    for (i = 0; i < row->n_files; i++) {
        pl_erase_keep_file(r->e, row->files[i]);
    }

    return PL_OK;
}


void
pl_erase_mention(const pl_erase_rows_t *r, bool shared, pl_mention_t *of)
{
    const pl_tenant_conf_t  *conf;

    conf = pl_settings_tenant(r->ap->settings, r->e->tenant);
    of->addresses = r->e->addresses;
    of->n = r->e->n_addresses;
    of->code = conf == NULL ? NULL : conf->row->calling_code;
    of->shared = shared;
}


static pl_status_t
rows_message(pl_erase_rows_t *r, uint64_t *place)
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

    rc = pl_erase_room(r, id);

    if (rc == PL_OK && r->full) {
        *place = id;
        return PL_OK;
    }

    rc = rc == PL_OK ? pl_erase_note_file(r->ap, r->e, message, r->err) : rc;

    return rc == PL_OK ? pl_erase_blank(r, id, message) : rc;
}


static pl_status_t
rows_timer(pl_erase_rows_t *r, bool *gone)
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
rows_unknown(pl_erase_rows_t *r, bool *gone)
{
    const Pl__Effect  *effect;

    effect = ((const Pl__UnknownSend *) r->msg)->effect;
    *gone = rows_party(r, effect->party_kind, effect->party,
                       effect->contact);

    return PL_OK;
}


static pl_status_t
rows_dead(pl_erase_rows_t *r, bool *gone)
{
    const Pl__Effect  *effect;

    effect = ((const Pl__DeadLetter *) r->msg)->effect;
    *gone = rows_party(r, effect->party_kind, effect->party,
                       effect->contact);

    return PL_OK;
}


static pl_status_t
rows_merge(pl_erase_rows_t *r, bool *gone)
{
    const Pl__ContactMerge  *merge = (const Pl__ContactMerge *) r->msg;

    *gone = pl_erase_has(r->e, merge->into);

    return PL_OK;
}


static pl_status_t
rows_member(pl_erase_rows_t *r, bool *gone)
{
    *gone = r->key.len == 20 && pl_erase_has(r->e, pl_be64(r->key.data + 12));

    return PL_OK;
}


/* That something was, and when, stays; not what it was. */

static pl_status_t
rows_audit(pl_erase_rows_t *r, bool *gone)
{
    uint64_t         contact;
    Pl__AuditEvent  *event = (Pl__AuditEvent *) r->msg;

    (void) gone;

    if (!pl_audited_of(event, &contact) || !pl_erase_has(r->e, contact)
        || event->kind == PL__AUDIT_KIND__AUDIT_KIND_ERASED
        || event->kind == PL__AUDIT_KIND__AUDIT_KIND_EXPORTED)
    {
        return PL_OK;
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
        event->rule = NULL;             /* its source */
        event->actor = NULL;
        event->consent->source = NULL;
        event->consent->word = NULL;
        event->consent->actor = NULL;
    }

    pl_store_plain(r->ap->txn);

    return pl_record_put(r->ap->txn, PL_TABLE_AUDIT, pl_key_str(&r->key),
                         &event->base, false, r->err);
}


/* Of the tenant's, and of those that no tenant had. */

static pl_status_t
rows_quarantine(pl_erase_rows_t *r, bool *gone)
{
    pl_mention_t     of;
    Pl__Quarantine  *row = (Pl__Quarantine *) r->msg;

    pl_erase_mention(r, r->e->phase == PHASE(UNCLAIMED), &of);

    *gone = pl_mention_aside(&of, row, r->ar);

    return *gone ? pl_erase_note_aside(r->ap, r->e, row, r->err) : PL_OK;
}


/* With the row that leads to it, whose key is the rest of its own. */

static pl_status_t
rows_parked(pl_erase_rows_t *r, bool *gone)
{
    size_t                    i;
    pl_str_t                  index;
    pl_status_t               rc;
    pl_mention_t              of;
    const Pl__ParkedStatus   *row = (const Pl__ParkedStatus *) r->msg;

    if (row->tenant != r->e->tenant) {
        return PL_OK;
    }

    pl_erase_mention(r, false, &of);

    for (i = 0; i < row->n_statuses && !*gone; i++) {
        *gone = pl_mention_status(&of, row->statuses[i]);
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
rows_group(pl_erase_rows_t *r, bool *gone)
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
        rc = pl_erase_room(r, pl_be64(r->key.data));

        if (rc == PL_OK && !r->full) {
            rc = pl_erase_quote_note(r, pl_be64(r->key.data),
                                     m->provider_id);
        }

        if (rc != PL_OK || r->full || r->over) {
            return rc;
        }

        rc = pl_erase_note_file(r->ap, r->e, m, r->err);
        m->contact = 0;
        return rc == PL_OK ? pl_erase_blank(r, pl_be64(r->key.data), m) : rc;
    }

    named = pl_erase_quotes(r, m);

    if (m->context != NULL && rows_names(r, m->context->from)) {
        named = true;
        m->context->from = NULL;
        m->reply_to = NULL;             /* the id of what they said */
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


static bool
rows_party(const pl_erase_rows_t *r, Pl__PartyKind kind, uint64_t party,
    uint64_t contact)
{
    return pl_erase_has(r->e, contact)
           || (kind == PL__PARTY_KIND__PARTY_KIND_CONTACT
               && pl_erase_has(r->e, party));
}


static bool
rows_names(const pl_erase_rows_t *r, const char *value)
{
    pl_mention_t  of;

    pl_erase_mention(r, false, &of);

    return pl_mention_is(&of, value);
}
