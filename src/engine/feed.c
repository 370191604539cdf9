/*
 * What apply leaves beside the records: audit events, counters, and the
 * quarantine. Changes for live updates: feed_change.c.
 */

#include <stdio.h>
#include <string.h>

#include "../core/record.h"
#include "feed_pack.h"
#include "inbox.h"

#define FEED_DAY_MS   86400000
#define FEED_ROW_MAX  1024      /* bytes; longer ones are packed as others */

static bool feed_same(const char *a, const char *b);
static pl_status_t feed_files(pl_apply_t *ap, Pl__Quarantine *row);
static void feed_aside(pl_apply_t *ap, const pl_unfit_t *unfit);
static pl_status_t feed_write(pl_apply_t *ap, const pl_tally_t *tally,
    pl_err_t *err);


pl_status_t
pl_feed_audit(pl_apply_t *ap, uint32_t tenant, Pl__AuditKind kind,
    uint64_t subject, const char *rule, const char *text, pl_err_t *err)
{
    Pl__AuditEvent  row = PL__AUDIT_EVENT__INIT;

    row.kind = kind;
    row.subject = subject;
    row.rule = (char *) rule;
    row.text = (char *) text;

    return pl_feed_audit_row(ap, tenant, &row, err);
}


pl_status_t
pl_feed_audit_by(pl_apply_t *ap, uint32_t tenant, Pl__AuditKind kind,
    uint64_t subject, const char *rule, const char *actor, pl_err_t *err)
{
    Pl__AuditEvent  row = PL__AUDIT_EVENT__INIT;

    row.kind = kind;
    row.subject = subject;
    row.rule = (char *) rule;
    row.actor = (char *) actor;

    return pl_feed_audit_row(ap, tenant, &row, err);
}


pl_status_t
pl_feed_audit_row(pl_apply_t *ap, uint32_t tenant, Pl__AuditEvent *row,
    pl_err_t *err)
{
    uint8_t   buf[FEED_ROW_MAX];
    pl_key_t  key;
    pl_str_t  packed;

    row->time_ms = ap->now_ms;
    row->has_subject = (row->subject != 0);
    row->has_entry = 1;
    row->entry = ap->entry;

    pl_key_tenant_seq(&key, tenant, pl_apply_id(ap));
    packed = pl_feed_pack(row, buf, sizeof(buf));

    return packed.data != NULL
           ? pl_record_put_bytes(ap->txn, PL_TABLE_AUDIT, pl_key_str(&key),
                                 packed, false, err)
           : pl_record_put(ap->txn, PL_TABLE_AUDIT, pl_key_str(&key),
                           &row->base, false, err);
}


pl_status_t
pl_feed_audit_consent(pl_apply_t *ap, uint32_t tenant, uint64_t contact,
    const Pl__Consent *consent, const char *text, pl_err_t *err)
{
    pl_key_t        key;
    pl_status_t     rc;
    Pl__AuditEvent  row = PL__AUDIT_EVENT__INIT;

    row.kind = PL__AUDIT_KIND__AUDIT_KIND_CONSENT;
    row.subject = contact;
    row.rule = consent->source;
    row.text = (char *) text;
    row.actor = consent->actor;
    row.consent = (Pl__Consent *) consent;

    rc = pl_feed_audit_row(ap, tenant, &row, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_tenant_seq(&key, tenant, contact);
    pl_key_u64(&key, ap->meta->next_id - 1);    /* of the event */

    rc = pl_record_put(ap->txn, PL_TABLE_CONSENTS, pl_key_str(&key),
                       &row.base, false, err);

    return rc == PL_OK ? pl_feed_consent(ap, tenant, contact, consent,
                                         ap->meta->next_id - 1, err) : rc;
}


pl_status_t
pl_feed_count(pl_apply_t *ap, uint32_t tenant, const char *metric,
    const char *label, pl_err_t *err)
{
    size_t        i;
    uint32_t      day;
    pl_tally_t   *tally;
    pl_status_t   rc;

    day = (uint32_t) (ap->now_ms / FEED_DAY_MS);

    for (i = 0; i < ap->n_tallies; i++) {
        tally = &ap->tallies[i];

        if (tally->tenant == tenant && tally->day == day
            && feed_same(tally->metric, metric)
            && feed_same(tally->label, label))
        {
            tally->n++;
            return PL_OK;
        }
    }

    if (ap->n_tallies == PL_TALLIES_MAX) {
        rc = pl_feed_flush(ap, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    ap->tallies[ap->n_tallies++] = (pl_tally_t) {
        tenant, day, metric, label, 1
    };

    return PL_OK;
}


/* Names are mostly the same constant, or begin otherwise. */

static bool
feed_same(const char *a, const char *b)
{
    return a == b || (a[0] == b[0] && strcmp(a, b) == 0);
}


pl_status_t
pl_feed_flush(pl_apply_t *ap, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    for (i = 0; i < ap->n_tallies; i++) {
        rc = feed_write(ap, &ap->tallies[i], err);
        if (rc != PL_OK) {
            return rc;
        }

        pl_feed_tell(ap, ap->tallies[i].metric, ap->tallies[i].label,
                     ap->tallies[i].n);
    }

    ap->n_tallies = 0;

    return pl_unread_flush(ap, err);
}


void
pl_feed_tell(pl_apply_t *ap, const char *metric, const char *label,
    uint64_t n)
{
    size_t      i;
    pl_told_t  *told;

    told = &ap->told;

    for (i = 0; i < told->n; i++) {
        if (strcmp(told->rows[i].metric, metric) == 0
            && strcmp(told->rows[i].label, label) == 0)
        {
            told->rows[i].n += n;
            return;
        }
    }

    if (told->n < PL_TOLD_MAX) {
        told->rows[told->n++] = (pl_told_row_t) { metric, label, n };
    }
}


void
pl_feed_heard(pl_apply_t *ap, uint32_t channel)
{
    size_t      i;
    pl_told_t  *told;

    told = &ap->told;

    for (i = 0; i < told->n_heard; i++) {
        if (told->heard[i].channel == channel) {
            told->heard[i].time_ms = ap->now_ms;
            return;
        }
    }

    if (told->n_heard < PL_HEARD_MAX) {
        told->heard[told->n_heard++] = (pl_heard_t) { channel, ap->now_ms };
    }
}


pl_status_t
pl_feed_quarantine(pl_apply_t *ap, const pl_unfit_t *unfit, pl_err_t *err)
{
    pl_key_t        key;
    pl_status_t     rc;
    Pl__Quarantine  row = PL__QUARANTINE__INIT;

    row.entry = ap->entry;
    row.item = unfit->item;
    row.time_ms = ap->now_ms;
    row.account = (char *) unfit->account;
    row.path = (char *) unfit->path;
    row.reason = (char *) unfit->reason;
    row.has_raw = (unfit->raw.len != 0);
    row.raw.data = (uint8_t *) unfit->raw.data;
    row.raw.len = unfit->raw.len;
    row.has_command = (unfit->command.len != 0);
    row.has_waits = row.has_command;
    row.waits = row.has_command;
    row.command.data = (uint8_t *) unfit->command.data;
    row.command.len = unfit->command.len;

    if (feed_files(ap, &row) != PL_OK) {
        return pl_err_set(err, PL_NOMEM, "quarantine", 0, "out of memory");
    }

    if (ap->provider.len != 0) {
        row.provider = pl_arena_str(ap->ar, ap->provider);
        if (row.provider == NULL) {
            return pl_err_set(err, PL_NOMEM, "quarantine", 0,
                              "out of memory");
        }
    }

    pl_key_tenant_seq(&key, unfit->tenant, pl_apply_id(ap));

    rc = pl_record_put(ap->txn, PL_TABLE_QUARANTINE, pl_key_str(&key),
                       &row.base, false, err);
    if (rc != PL_OK) {
        return rc;
    }

    feed_aside(ap, unfit);

    return pl_feed_count(ap, unfit->tenant, "quarantined", "", err);
}


/* Whoever looks at what is aside may want them. */

static pl_status_t
feed_files(pl_apply_t *ap, Pl__Quarantine *row)
{
    size_t  i;

    if (ap->came == NULL || ap->came->n_taken == 0) {
        return PL_OK;
    }

    row->files = pl_arena_alloc(ap->ar, ap->came->n_taken * sizeof(char *));
    if (row->files == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < ap->came->n_taken; i++) {
        row->files[row->n_files++] = ap->came->taken[i]->file;
    }

    return PL_OK;
}


pl_status_t
pl_feed_unknown(pl_apply_t *ap, const char *account, const char *path,
    const ProtobufCBinaryData *raw, pl_err_t *err)
{
    pl_unfit_t  unfit;

    memset(&unfit, 0, sizeof(unfit));
    unfit.account = account;
    unfit.path = path;
    unfit.reason = "no such channel";
    unfit.raw.data = raw->data;
    unfit.raw.len = raw->len;

    return pl_feed_quarantine(ap, &unfit, err);
}


/* For the log of whoever folds; out of the state. */

static void
feed_aside(pl_apply_t *ap, const pl_unfit_t *unfit)
{
    pl_aside_t  *aside;

    if (ap->n_aside < PL_ASIDE_MAX) {
        aside = &ap->aside[ap->n_aside];

        aside->entry = ap->entry;
        aside->item = unfit->item;

        (void) snprintf(aside->path, sizeof(aside->path), "%s",
                        unfit->path == NULL ? "" : unfit->path);
        (void) snprintf(aside->reason, sizeof(aside->reason), "%s",
                        unfit->reason);
    }

    ap->n_aside++;
}


static pl_status_t
feed_write(pl_apply_t *ap, const pl_tally_t *tally, pl_err_t *err)
{
    uint64_t     n;
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_counter(&key, tally->tenant, tally->metric, tally->day,
                   tally->label);

    rc = pl_record_get_u64(ap->txn, PL_TABLE_COUNTERS, pl_key_str(&key), &n,
                           err);
    if (rc == PL_NOTFOUND) {
        n = 0;

    } else if (rc != PL_OK) {
        return rc;
    }

    return pl_record_put_u64(ap->txn, PL_TABLE_COUNTERS, pl_key_str(&key),
                             n + tally->n, false, err);
}
