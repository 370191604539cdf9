/*
 * Erase and EraseStep. See erase.h.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "address.h"
#include "asked.h"
#include "erase_impl.h"
#include "import.h"
#include "request.h"
#include "tomb.h"

#define ERASE_SLACK_MS  3600000LL       /* a period, and its last append */
#define ERASE_JOINED    PL_ERASE_CONTACTS_MAX
#define ERASE_SILENT    "retention"     /* why, in the audit log */

/* One request. */
typedef struct {
    const Pl__Erase  *in;
    int64_t           said_ms;          /* what was said until then is gone */
    bool              silent;           /* nobody asked: retention */
    uint8_t           digest[PL_HASH128_LEN];
    Pl__Verdict       verdict;
    Pl__Contact      *contacts[ERASE_JOINED];
    bool              root[ERASE_JOINED];   /* a person; else joined to it */
    size_t            n;
} erase_t;

static pl_status_t erase_check(pl_apply_t *ap, const Pl__Erase *in,
    pl_err_t *err);
static pl_status_t erase_bad(pl_err_t *err, const char *path,
    const char *text);
static pl_status_t erase_whom(pl_apply_t *ap, erase_t *er, pl_err_t *err);
static pl_status_t erase_joined(pl_apply_t *ap, erase_t *er, size_t from,
    pl_err_t *err);
static void erase_refuse(pl_apply_t *ap, erase_t *er, const char *rule,
    const char *text);
static pl_status_t erase_begin(pl_apply_t *ap, erase_t *er, pl_err_t *err);
static pl_status_t erase_nobody(pl_apply_t *ap, const erase_t *er,
    Pl__Erasure *e, Pl__Tombstone *tomb, pl_err_t *err);
static pl_status_t erase_own(pl_apply_t *ap, Pl__Erasure *e, pl_err_t *err);
static pl_status_t erase_told(pl_apply_t *ap, const Pl__Erasure *e,
    pl_err_t *err);
static pl_status_t erase_audit(pl_apply_t *ap, const Pl__Erasure *e,
    uint64_t contact, pl_err_t *err);
static bool erase_passed(const Pl__Erasure *e);
static pl_status_t erase_end(pl_apply_t *ap, Pl__Erasure *e, pl_err_t *err);
static pl_status_t erase_done(pl_apply_t *ap, const Pl__Erasure *e,
    uint64_t contact, pl_err_t *err);
static pl_status_t erase_put(pl_apply_t *ap, pl_table_e table,
    const Pl__Erasure *e, bool plain, pl_err_t *err);


pl_status_t
pl_apply_erase(pl_apply_t *ap, const Pl__Erase *in, pl_err_t *err)
{
    erase_t       er;
    pl_status_t   rc;
    Pl__Verdict  *before;

    memset(&er, 0, sizeof(er));
    er.in = in;
    er.said_ms = ap->now_ms;

    rc = erase_check(ap, in, err);

    if (rc == PL_OK) {
        rc = pl_request_digest(ap, &in->base, er.digest, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_request_get(ap->txn, in->tenant, in->key.data, ap->now_ms,
                        ap->ar, &before, err);
    if (rc != PL_NOTFOUND) {
        return rc == PL_OK ? pl_request_again(ap, in->tenant, in->key.data,
                                              er.digest, before, err) : rc;
    }

    pl__verdict__init(&er.verdict);
    er.verdict.time_ms = ap->now_ms;
    er.verdict.decision = PL__DECISION__DECISION_ERASING;
    er.verdict.entry = ap->entry;
    er.verdict.digest.data = er.digest;
    er.verdict.digest.len = sizeof(er.digest);

    rc = PL_OK;

    if (ap->meta->importing_tenant == in->tenant) {

        /* more of them may come behind it */

        erase_refuse(ap, &er, "erase.importing",
                     "the tenant's import is not whole yet");

    } else {
        rc = erase_whom(ap, &er, err);
    }

    if (rc == PL_OK
        && er.verdict.decision == PL__DECISION__DECISION_ERASING)
    {
        er.verdict.has_id = 1;          /* by which it is asked about */
        er.verdict.id = ap->entry;
        rc = erase_begin(ap, &er, err);
    }

    return rc == PL_OK ? pl_request_put(ap, in->tenant, in->key.data,
                                        &er.verdict, err) : rc;
}


pl_status_t
pl_apply_erase_step(pl_apply_t *ap, const Pl__EraseStep *in, pl_err_t *err)
{
    size_t             n;
    pl_key_t           key;
    pl_status_t        rc;
    Pl__Erasure       *e;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, in->tenant, in->entry);

    rc = pl_record_get(ap->txn, PL_TABLE_ERASING, pl_key_str(&key),
                       &pl__erasure__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;  /* it is over */
    }

    e = (Pl__Erasure *) msg;

    if (in->has_retired) {
        n = in->retired < e->n_retired ? in->retired : e->n_retired;
        e->retired += n;
        e->n_retired -= n;
    }

    if (e->phase != PL__ERASE_PHASE__ERASE_PHASE_FORGET) {
        rc = pl_erase_go_on(ap, e, in->rows < PL_ERASE_ROWS
                                   ? in->rows : PL_ERASE_ROWS, err);

    } else if (in->has_forgotten && in->forgotten) {
        return erase_end(ap, e, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (e->has_keep_ms) {
        return erase_passed(e) ? erase_end(ap, e, err)
                               : pl_erase_pass(ap, e, err);
    }

    /* from then on its own key is about to go: it holds nothing of theirs */

    if (e->phase == PL__ERASE_PHASE__ERASE_PHASE_FORGET) {
        e->n_addresses = 0;
        rc = erase_own(ap, e, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return erase_put(ap, PL_TABLE_ERASING, e,
                     e->phase == PL__ERASE_PHASE__ERASE_PHASE_FORGET, err);
}


/* It names nobody, so that no key of a person's is above it. */

pl_status_t
pl_erase_pass(pl_apply_t *ap, const Pl__Erasure *pass, pl_err_t *err)
{
    return erase_put(ap, PL_TABLE_ERASING, pass, true, err);
}


pl_status_t
pl_erase_silent(pl_apply_t *ap, uint32_t tenant, const uint64_t *contacts,
    size_t n, int64_t before_ms, pl_err_t *err)
{
    size_t        i, before;
    erase_t       er;
    Pl__Erase     in = PL__ERASE__INIT;
    pl_status_t   rc = PL_OK;
    Pl__Contact  *c;

    memset(&er, 0, sizeof(er));
    er.in = &in;
    er.said_ms = before_ms;             /* who is back is no ghost */
    er.silent = true;
    in.tenant = tenant;
    in.basis = (char *) ERASE_SILENT;

    for (i = 0; rc == PL_OK && i < n; i++) {
        rc = pl_contact_get(ap, tenant, contacts[i], &c, err);

        if (rc == PL_OK && er.n < ERASE_JOINED) {
            before = er.n;
            er.root[er.n] = true;
            er.contacts[er.n++] = c;

            rc = erase_joined(ap, &er, before, err);

            if (rc == PL_NOTFOUND) {
                er.n = before;          /* no room: another day */
                rc = PL_OK;
            }
        }
    }

    return rc == PL_OK && er.n != 0 ? erase_begin(ap, &er, err) : rc;
}


pl_status_t
pl_erase_next(pl_txn_t *txn, pl_arena_t *ar, size_t over,
    Pl__Erasure **erasure, pl_err_t *err)
{
    size_t             i;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *erasure = NULL;

    rc = pl_store_scan(txn, PL_TABLE_ERASING, PL_STR_NULL, false, &scan,
                       err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; rc == PL_OK && i <= over; i++) {
        rc = pl_store_scan_next(scan, &key, &value, err);
    }

    if (rc == PL_OK) {
        rc = pl_record_read(PL_TABLE_ERASING, value,
                            &pl__erasure__descriptor, ar, &msg, err);
    }

    if (rc == PL_OK) {
        *erasure = (Pl__Erasure *) msg;
    }

    pl_store_scan_end(scan);

    return rc;
}


static pl_status_t
erase_check(pl_apply_t *ap, const Pl__Erase *in, pl_err_t *err)
{
    if (in->key.len != PL_REQUEST_KEY_LEN) {
        return erase_bad(err, "key", "is not 16 bytes");
    }

    if (pl_settings_tenant(ap->settings, in->tenant) == NULL) {
        return erase_bad(err, "tenant", "there is no such tenant");
    }

    if ((in->address != NULL) == (in->has_contact != 0)) {
        return erase_bad(err, "address",
                         "either an address or a contact is needed");
    }

    if (in->address != NULL
        && (in->address->value[0] == '\0'
            || strlen(in->address->value) > PL_ADDRESS_MAX
            || in->address->kind == PL__ADDRESS_KIND__ADDRESS_KIND_GROUP))
    {
        return erase_bad(err, "address", "is none of a person");
    }

    if (in->actor != NULL && strlen(in->actor) > PL_ERASE_TEXT_MAX) {
        return erase_bad(err, "actor", "is too long");
    }

    return in->basis != NULL && strlen(in->basis) > PL_ERASE_TEXT_MAX
           ? erase_bad(err, "basis", "is too long") : PL_OK;
}


static pl_status_t
erase_bad(pl_err_t *err, const char *path, const char *text)
{
    pl_status_t  rc;

    rc = pl_err_set(err, PL_INVALID, "erase", 0, "%s", text);
    pl_err_path(err, "%s", path);

    return rc;
}


/* Nobody, by an address, is somebody too: er->n is 0 then. */

static pl_status_t
erase_whom(pl_apply_t *ap, erase_t *er, pl_err_t *err)
{
    uint64_t          id;
    pl_status_t       rc;
    Pl__Contact      *known;
    const Pl__Erase  *in = er->in;

    id = in->contact;
    rc = PL_OK;

    if (in->address != NULL) {
        /* by its other form, too, as those who write are known by */

        rc = pl_contact_known(ap, in->tenant, in->address, &known, err);
        if (rc == PL_NOTFOUND) {
            return PL_OK;
        }

        id = rc == PL_OK ? known->id : 0;
    }

    if (rc == PL_OK) {
        rc = pl_contact_root(ap, in->tenant, id, &er->contacts[0], err);
    }

    if (rc == PL_NOTFOUND) {
        rc = pl_contact_get(ap, in->tenant, id, &er->contacts[0], err);

        if (rc == PL_OK) {
            erase_refuse(ap, er, "erase.done", "was erased before");

        } else if (rc == PL_NOTFOUND) {
            erase_refuse(ap, er, "erase.unknown",
                         "the tenant has no such contact");
        }

        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (rc != PL_OK) {
        return rc;
    }

    er->root[0] = true;
    er->n = 1;

    rc = erase_joined(ap, er, 0, err);

    if (rc == PL_NOTFOUND) {
        erase_refuse(ap, er, "erase.joined",
                     "too many contacts are joined to it");
        rc = PL_OK;
    }

    return rc;
}


/*
 * And all that were joined to those from this one on, or to one that was.
 * PL_NOTFOUND: there is no room for them.
 */

static pl_status_t
erase_joined(pl_apply_t *ap, erase_t *er, size_t from, pl_err_t *err)
{
    size_t              i, j;
    pl_status_t         rc;
    const Pl__Contact  *c;

    for (i = from; i < er->n; i++) {
        c = er->contacts[i];

        for (j = 0; j < c->n_joined; j++) {
            if (er->n == ERASE_JOINED) {
                return PL_NOTFOUND;
            }

            rc = pl_contact_get(ap, er->in->tenant, c->joined[j],
                                &er->contacts[er->n], err);
            if (rc == PL_OK) {
                er->root[er->n++] = false;

            } else if (rc != PL_NOTFOUND) {
                return rc;
            }
        }
    }

    return PL_OK;
}


static void
erase_refuse(pl_apply_t *ap, erase_t *er, const char *rule, const char *text)
{
    er->verdict.decision = PL__DECISION__DECISION_REFUSED;
    er->verdict.rule = (char *) rule;
    er->verdict.text = (char *) text;
    pl_asked_refuse(ap, rule, NULL, text);
}


static pl_status_t
erase_begin(pl_apply_t *ap, erase_t *er, pl_err_t *err)
{
    size_t         i;
    pl_status_t    rc;
    Pl__Erasure    e = PL__ERASURE__INIT;
    Pl__Tombstone  tomb = PL__TOMBSTONE__INIT;

    e.tenant = er->in->tenant;
    e.entry = ap->entry;
    e.began_ms = ap->now_ms;
    e.phase = PL__ERASE_PHASE__ERASE_PHASE_MESSAGES;
    e.actor = er->in->actor;
    e.basis = er->in->basis;
    tomb.erased_ms = er->said_ms;
    e.has_silent = er->silent;
    e.silent = er->silent;

    if (!ap->meta->has_erased_ms || ap->meta->erased_ms < ap->now_ms) {
        ap->meta->has_erased_ms = 1;
        ap->meta->erased_ms = ap->now_ms;
    }

    if (er->n == 0) {
        return erase_nobody(ap, er, &e, &tomb, err);
    }

    e.contact = er->contacts[0]->id;

    e.contacts = pl_arena_alloc(ap->ar, er->n * sizeof(*e.contacts));
    e.places = pl_arena_alloc(ap->ar, er->n * sizeof(*e.places));
    if (e.contacts == NULL || e.places == NULL) {
        return pl_err_set(err, PL_NOMEM, "erase", 0, "out of memory");
    }

    for (i = 0; i < er->n; i++) {
        e.contacts[e.n_contacts++] = er->contacts[i]->id;
    }

    for (i = 0, rc = PL_OK; rc == PL_OK && i < er->n; i++) {
        if (er->root[i]) {              /* each has consents of its own */
            tomb.contact = er->contacts[i]->id;
            tomb.n_consents = 0;
            tomb.consents = NULL;
            rc = pl_erase_consents(ap, er->contacts[i], &tomb, err);
        }

        if (rc == PL_OK) {
            rc = pl_erase_contact(ap, &e, er->contacts[i], &tomb, err);
        }
    }

    if (rc == PL_OK) {
        rc = erase_put(ap, PL_TABLE_ERASING, &e, false, err);
    }

    return rc == PL_OK ? erase_told(ap, &e, err) : rc;
}


/*
 * What is still to come of them meets a tombstone all the same; and what was
 * set aside, or parked, may be of them. Their address is sealed under a key
 * of the erasure's own.
 */

static pl_status_t
erase_nobody(pl_apply_t *ap, const erase_t *er, Pl__Erasure *e,
    Pl__Tombstone *tomb, pl_err_t *err)
{
    pl_status_t   rc;
    const char   *form;
    Pl__Address   address = *er->in->address, *list[1] = { &address };

    rc = pl_tomb_put(ap, e->tenant, er->in->address, tomb, err);

    if (rc == PL_OK) {
        rc = pl_address_of(ap, e->tenant, er->in->address, &form, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    address.value = (char *) form;
    e->addresses = list;
    e->n_addresses = 1;
    e->has_own = 1;
    e->own = pl_apply_id(ap);
    e->phase = PL__ERASE_PHASE__ERASE_PHASE_QUARANTINE;

    return erase_put(ap, PL_TABLE_ERASING, e, false, err);
}


/* Its key goes with the next step, from which on its row is plain. */

static pl_status_t
erase_own(pl_apply_t *ap, Pl__Erasure *e, pl_err_t *err)
{
    pl_words_retired_t  own = { .n = 1, .numbers = { e->own } };

    if (!e->has_own) {
        return PL_OK;
    }

    e->has_own = 0;

    return pl_erase_retire(ap, e, &own, err);
}


static pl_status_t
erase_told(pl_apply_t *ap, const Pl__Erasure *e, pl_err_t *err)
{
    size_t       i;
    pl_party_t   party;
    pl_status_t  rc = PL_OK;

    party.tenant = e->tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;

    for (i = 0; rc == PL_OK && i < e->n_contacts; i++) {
        rc = erase_audit(ap, e, e->contacts[i], err);

        if (rc == PL_OK) {
            party.party = e->contacts[i];
            rc = pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_ERASED,
                                &party, 0, 0, err);
        }
    }

    return rc == PL_OK ? pl_feed_count(ap, e->tenant, "privacy", "erased",
                                       err) : rc;
}


static pl_status_t
erase_audit(pl_apply_t *ap, const Pl__Erasure *e, uint64_t contact,
    pl_err_t *err)
{
    Pl__AuditEvent  row = PL__AUDIT_EVENT__INIT;

    row.kind = PL__AUDIT_KIND__AUDIT_KIND_ERASED;
    row.has_subject = 1;
    row.subject = contact;
    row.rule = (char *) "asked";
    row.text = e->basis;
    row.actor = e->actor;

    pl_store_plain(ap->txn);            /* it outlives the contact's key */

    return pl_feed_audit_row(ap, e->tenant, &row, err);
}


/* A pass that has nothing to be done outside of the state. */

static bool
erase_passed(const Pl__Erasure *e)
{
    return e->phase == PL__ERASE_PHASE__ERASE_PHASE_FORGET
           && e->n_files == 0 && e->n_retired == 0;
}


/* The journal's entries of before are dropped by `complete_ms`. */

static pl_status_t
erase_end(pl_apply_t *ap, Pl__Erasure *e, pl_err_t *err)
{
    size_t                     i;
    int64_t                    keep_ms;
    pl_key_t                   key;
    pl_status_t                rc;
    const Pl__GlobalSettings  *global;

    global = pl_settings_global(ap->settings);
    keep_ms = global == NULL ? PL_JOURNAL_KEEP_MS : global->journal_keep_ms;
    keep_ms = keep_ms < PL_PARKED_KEEP_MS ? PL_PARKED_KEEP_MS : keep_ms;

    e->phase = PL__ERASE_PHASE__ERASE_PHASE_DONE;
    e->has_ended_ms = 1;
    e->ended_ms = ap->now_ms;
    e->has_complete_ms = 1;
    e->complete_ms = ap->now_ms + keep_ms + ERASE_SLACK_MS;
    e->has_cursor = 0;
    e->n_addresses = 0;
    e->n_files = 0;
    e->n_places = 0;
    e->n_retired = 0;
    e->has_edge = 0;

    pl_key_tenant_seq(&key, e->tenant, e->entry);

    rc = pl_store_del(ap->txn, PL_TABLE_ERASING, pl_key_str(&key), err);

    if (e->has_keep_ms) {
        return rc;                      /* a pass is over: nobody asked */
    }

    if (rc == PL_OK || rc == PL_NOTFOUND) {
        rc = erase_put(ap, PL_TABLE_ERASURES, e, true, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; rc == PL_OK && i < (e->silent ? e->n_contacts : 1); i++) {
        rc = erase_done(ap, e, e->silent ? e->contacts[i] : e->contact, err);
    }

    return rc;
}


static pl_status_t
erase_done(pl_apply_t *ap, const Pl__Erasure *e, uint64_t contact,
    pl_err_t *err)
{
    Pl__AuditEvent  row = PL__AUDIT_EVENT__INIT;

    row.kind = PL__AUDIT_KIND__AUDIT_KIND_ERASED;
    row.has_subject = 1;
    row.subject = contact;
    row.rule = (char *) "done";
    row.text = contact == 0 ? e->basis : NULL;
    row.actor = contact == 0 ? e->actor : NULL;
    pl_store_plain(ap->txn);

    return pl_feed_audit_row(ap, e->tenant, &row, err);
}


static pl_status_t
erase_put(pl_apply_t *ap, pl_table_e table, const Pl__Erasure *e, bool plain,
    pl_err_t *err)
{
    pl_key_t  key;

    pl_key_tenant_seq(&key, e->tenant, e->entry);

    if (plain) {
        pl_store_plain(ap->txn);
    }

    return pl_record_put(ap->txn, table, pl_key_str(&key), &e->base, false,
                         err);
}
