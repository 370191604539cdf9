/*
 * consent show, consent list-unclear: what people allowed and forbade, every
 * change of it, and what somebody should read.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/keys.h"
#include "cmd.h"
#include "find.h"
#include "list.h"

#define CONSENT_EVENT_KEY   20          /* of `consents` */
#define CONSENT_REVIEW_KEY  12


typedef struct {
    plctl_cursor_t      cursor;
    bool                one;            /* tenant alone */
    uint32_t            tenant;
    const Pl__Contact  *contact;
    size_t              at;             /* consents that were shown */
} consent_t;


static pl_status_t consent_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t consent_event(consent_t *c, pl_txn_t *txn, pl_arena_t *ar,
    Pl__Ctl__ConsentRow *json, pl_err_t *err);
static void consent_cells(plctl_t *ctl, pl_arena_t *ar, plctl_row_t *row,
    const Pl__Ctl__ConsentRow *json);
static pl_status_t unclear_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t unclear_read(pl_txn_t *txn, uint32_t tenant, uint64_t id,
    pl_arena_t *ar, const Pl__Consent **consent, pl_err_t *err);
static pl_status_t unclear_message(pl_txn_t *txn, uint64_t id,
    pl_arena_t *ar, Pl__Ctl__ConsentRow *json, pl_err_t *err);
static pl_status_t consent_row(pl_arena_t *ar, Pl__Ctl__ConsentRow **json,
    pl_err_t *err);
static void consent_pause(void *data);


static const char *const  consent_titles[] = {
    "WHEN", "CATEGORY", "STATE", "SAID", "SOURCE", "CHANNEL", "VERSION",
    "WHO", "MESSAGE"
};

static const char *const  unclear_titles[] = {
    "TENANT", "CONTACT", "SAID", "MESSAGE", "SAYS"
};


int
plctl_cmd_consent_show(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t      err = { 0 };
    pl_key_t      from;
    consent_t     c;
    pl_party_t    party;
    Pl__Contact  *contact;
    pl_status_t   rc;

    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = consent_titles,
        .n_titles = PL_COUNT(consent_titles),
        .next = consent_next,
        .pause = consent_pause,
    };

    (void) n_words;

    memset(&c, 0, sizeof(c));

    rc = plctl_open_tenant(ctl, words[0], &c.tenant, &err);

    if (rc == PL_OK) {
        rc = plctl_find_party(ctl, c.tenant, words[1], &party, &err);
    }

    if (rc == PL_OK) {
        rc = plctl_find_contact(ctl, &party, &contact, &err);

        if (rc == PL_NOTFOUND) {
            rc = pl_err_set(&err, rc, "", 0, "that is no contact");
        }
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    c.contact = contact;
    plctl_cursor_init(&c.cursor, PL_TABLE_CONSENTS, true);
    pl_key_tenant_seq(&from, c.tenant, contact->id);
    pl_key_u64(&from, UINT64_MAX);
    plctl_cursor_from(&c.cursor, pl_key_str(&from));

    return plctl_list(ctl, &listing, &c, ctl->args->limit);
}


int
plctl_cmd_consent_unclear(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t     err = { 0 };
    pl_key_t     from;
    consent_t    c;
    pl_status_t  rc;

    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = unclear_titles,
        .n_titles = PL_COUNT(unclear_titles),
        .next = unclear_next,
        .pause = consent_pause,
    };

    memset(&c, 0, sizeof(c));
    plctl_cursor_init(&c.cursor, PL_TABLE_REVIEWS, false);

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK && n_words != 0) {
        c.one = true;
        rc = plctl_tenant(ctl, words[0], &c.tenant, &err);

        pl_key_tenant_seq(&from, c.tenant, 0);
        plctl_cursor_from(&c.cursor, pl_key_str(&from));
    }

    return rc == PL_OK ? plctl_list(ctl, &listing, &c, ctl->args->limit)
                       : plctl_fail(ctl, &err);
}


/* What stands, then the changes. */

static pl_status_t
consent_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    consent_t            *c = data;
    pl_status_t           rc;
    Pl__Ctl__ConsentRow  *json;

    rc = consent_row(ar, &json, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (c->at < c->contact->n_consents) {
        json->consent = c->contact->consents[c->at++];

    } else {
        rc = consent_event(c, txn, ar, json, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    json->tenant = (char *) plctl_tenant_name(ctl, ar, c->tenant);
    json->contact = (char *) plctl_id(ar, "cnt", c->contact->id);

    if (json->consent != NULL && json->consent->has_message) {
        json->message = (char *) plctl_id(ar, "msg", json->consent->message);
    }

    row->json = &json->base;
    consent_cells(ctl, ar, row, json);

    return PL_OK;
}


static pl_status_t
consent_event(consent_t *c, pl_txn_t *txn, pl_arena_t *ar,
    Pl__Ctl__ConsentRow *json, pl_err_t *err)
{
    pl_str_t           key, value;
    pl_status_t        rc;
    Pl__AuditEvent    *event;
    ProtobufCMessage  *msg;

    rc = plctl_cursor_next(&c->cursor, txn, &key, &value, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (key.len != CONSENT_EVENT_KEY || pl_be32(key.data) != c->tenant
        || pl_be64(key.data + 4) != c->contact->id)
    {
        return PL_NOTFOUND;
    }

    json->has_event = 1;
    json->event = pl_be64(key.data + 12);

    rc = pl_record_read(PL_TABLE_CONSENTS, value,
                        &pl__audit_event__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    event = (Pl__AuditEvent *) msg;
    json->has_time_ms = 1;
    json->time_ms = event->time_ms;
    json->has_entry = event->has_entry;
    json->entry = event->entry;
    json->consent = event->consent;

    return PL_OK;
}


static void
consent_cells(plctl_t *ctl, pl_arena_t *ar, plctl_row_t *row,
    const Pl__Ctl__ConsentRow *json)
{
    const Pl__Consent  *consent = json->consent;

    row->cells[0] = json->has_event ? plctl_time(ar, json->time_ms) : "now";

    if (consent == NULL) {
        return;                         /* of a newer version */
    }

    row->cells[1] = plctl_clean(ar, consent->category);
    row->cells[2] = plctl_enum(ar, &pl__consent_state__descriptor,
                               (int) consent->state);
    row->cells[3] = plctl_time(ar, consent->time_s * 1000);
    row->cells[4] = plctl_clean(ar, consent->source);

    if (consent->has_channel) {
        row->cells[5] = plctl_channel_name(ctl, ar, consent->channel);
    }

    row->cells[6] = plctl_clean(ar, consent->text_version);
    row->cells[7] = plctl_clean(ar, consent->actor);
    row->cells[8] = json->message;
}


static pl_status_t
unclear_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    consent_t            *c = data;
    pl_str_t              key, value;
    uint32_t              tenant;
    uint64_t              id, message;
    pl_status_t           rc;
    const Pl__Consent    *consent;
    Pl__Ctl__ConsentRow  *json;

    rc = plctl_cursor_next(&c->cursor, txn, &key, &value, err);

    if (rc == PL_OK) {
        rc = pl_record_read_u64(PL_TABLE_REVIEWS, value, &message, err);
    }

    if (rc == PL_OK && key.len != CONSENT_REVIEW_KEY) {
        rc = pl_err_set(err, PL_FOREIGN, "reviews", 0, "a key of %zu bytes",
                        key.len);
    }

    if (rc != PL_OK) {
        return rc;
    }

    tenant = pl_be32(key.data);
    id = pl_be64(key.data + 4);

    if (c->one && tenant != c->tenant) {
        return PL_NOTFOUND;
    }

    rc = consent_row(ar, &json, err);

    if (rc == PL_OK) {
        rc = unclear_read(txn, tenant, id, ar, &consent, err);
    }

    if (rc == PL_OK) {
        rc = unclear_message(txn, message, ar, json, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    json->tenant = (char *) plctl_tenant_name(ctl, ar, tenant);
    json->contact = (char *) plctl_id(ar, "cnt", id);
    json->consent = (Pl__Consent *) consent;

    row->json = &json->base;
    row->cells[0] = json->tenant;
    row->cells[1] = json->contact;
    row->cells[2] = consent != NULL ? plctl_time(ar, consent->time_s * 1000)
                                    : NULL;
    row->cells[3] = json->message;
    row->cells[4] = plctl_clean(ar, json->text);

    return PL_OK;
}


/* The consent that is paused; NULL: there is none (any more). */

static pl_status_t
unclear_read(pl_txn_t *txn, uint32_t tenant, uint64_t id, pl_arena_t *ar,
    const Pl__Consent **consent, pl_err_t *err)
{
    size_t              i;
    pl_key_t            key;
    pl_status_t         rc;
    ProtobufCMessage   *msg;
    const Pl__Contact  *contact;

    *consent = NULL;
    pl_key_tenant_seq(&key, tenant, id);

    rc = pl_record_get(txn, PL_TABLE_CONTACTS, pl_key_str(&key),
                       &pl__contact__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    contact = (const Pl__Contact *) msg;

    for (i = 0; i < contact->n_consents; i++) {
        if (contact->consents[i]->state
            == PL__CONSENT_STATE__CONSENT_STATE_PAUSED)
        {
            *consent = contact->consents[i];
            break;
        }
    }

    return PL_OK;
}


static pl_status_t
unclear_message(pl_txn_t *txn, uint64_t id, pl_arena_t *ar,
    Pl__Ctl__ConsentRow *json, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (id == 0) {
        return PL_OK;
    }

    json->message = (char *) plctl_id(ar, "msg", id);
    pl_key_seq(&key, id);

    rc = pl_record_get(txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                       &pl__message__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    json->text = (char *) plctl_content(ar, ((Pl__Message *) msg)->content);

    return PL_OK;
}


static pl_status_t
consent_row(pl_arena_t *ar, Pl__Ctl__ConsentRow **json, pl_err_t *err)
{
    *json = pl_arena_alloc(ar, sizeof(**json));
    if (*json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    pl__ctl__consent_row__init(*json);

    return PL_OK;
}


static void
consent_pause(void *data)
{
    plctl_cursor_pause(&((consent_t *) data)->cursor);
}
