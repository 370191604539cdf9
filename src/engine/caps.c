/*
 * See caps.h. A use is known by the time at which it was counted, which its
 * message remembers (Message.charged_ms): so giving it back looks for
 * nothing else, whatever the settings say by then.
 */

#include <string.h>

#include "../core/record.h"
#include "caps.h"

#define CAPS_TENANT  0          /* the kind, and party, of a tenant's row */

static bool caps_any(const pl_terms_t *terms, bool tenant,
    const Pl__Message *message, Pl__Category category);
static bool caps_full(const pl_cap_t *cap, const Pl__CapRecord *row,
    const pl_zone_t *zone, int64_t now_ms, int64_t *until_ms);
static bool caps_has(const pl_cap_t *cap, const Pl__CapUse *use);
static int64_t caps_from(const pl_cap_t *cap, const pl_zone_t *zone,
    int64_t now_ms);
static int64_t caps_next(const pl_cap_t *cap, const pl_zone_t *zone,
    int64_t now_ms);
static int64_t caps_edge(const pl_cap_t *cap, const pl_zone_t *zone,
    int64_t now_ms, int ahead);
static Pl__CapCount *caps_count(const Pl__CapRecord *row,
    const pl_cap_t *cap, int64_t from_ms);
static pl_status_t caps_use(pl_apply_t *ap, const Pl__Message *message,
    Pl__Category category, pl_err_t *err);
static void caps_drop(Pl__CapRecord *row, int64_t now_ms);
static pl_status_t caps_tenant(pl_apply_t *ap, const pl_terms_t *terms,
    const pl_zone_t *zone, const Pl__Message *message, Pl__Category category,
    pl_err_t *err);
static pl_status_t caps_add(pl_apply_t *ap, Pl__CapRecord *row,
    const pl_cap_t *cap, int64_t from_ms, pl_err_t *err);
static pl_status_t caps_party_back(pl_apply_t *ap,
    const Pl__Message *message, pl_err_t *err);
static pl_status_t caps_tenant_back(pl_apply_t *ap,
    const Pl__Message *message, pl_err_t *err);
static pl_status_t caps_get(pl_apply_t *ap, const Pl__Message *message,
    bool tenant, Pl__CapRecord **row, pl_err_t *err);
static pl_status_t caps_put(pl_apply_t *ap, const Pl__Message *message,
    bool tenant, const Pl__CapRecord *row, pl_err_t *err);
static void caps_key(pl_key_t *key, const Pl__Message *message, bool tenant);


pl_status_t
pl_caps_used(pl_apply_t *ap, const pl_terms_t *terms, const pl_zone_t *zone,
    const Pl__Message *message, Pl__Category category, const pl_cap_t **cap,
    int64_t *until_ms, pl_err_t *err)
{
    size_t           i;
    unsigned         of;
    pl_status_t      rc;
    Pl__CapRecord   *rows[2] = { NULL, NULL };

    *cap = NULL;

    if (terms == NULL || message->has_charged) {
        return PL_OK;
    }

    for (i = 0; i < terms->n_caps; i++) {

        if (!pl_policy_counts(&terms->caps[i], message, category)) {
            continue;
        }

        of = terms->caps[i].tenant;

        if (rows[of] == NULL) {
            rc = caps_get(ap, message, of, &rows[of], err);
            if (rc != PL_OK) {
                return rc;
            }
        }

        if (caps_full(&terms->caps[i], rows[of], zone, ap->now_ms, until_ms))
        {
            *cap = &terms->caps[i];
            return PL_OK;
        }
    }

    return PL_OK;
}


pl_status_t
pl_caps_charge(pl_apply_t *ap, const pl_terms_t *terms,
    const pl_zone_t *zone, Pl__Message *message, Pl__Category category,
    bool *changed, pl_err_t *err)
{
    bool         party, tenant;
    pl_status_t  rc = PL_OK;

    *changed = false;

    if (terms == NULL || message->has_charged) {
        return PL_OK;
    }

    party = caps_any(terms, false, message, category);
    tenant = caps_any(terms, true, message, category);

    if (party) {
        rc = caps_use(ap, message, category, err);
    }

    if (rc == PL_OK && tenant) {
        rc = caps_tenant(ap, terms, zone, message, category, err);
    }

    if (rc == PL_OK && (party || tenant)) {
        message->has_charged = 1;
        message->charged = category;
        message->has_charged_ms = 1;
        message->charged_ms = ap->now_ms;
        *changed = true;
    }

    return rc;
}


pl_status_t
pl_caps_return(pl_apply_t *ap, Pl__Message *message, bool *changed,
    pl_err_t *err)
{
    pl_status_t  rc;

    *changed = false;

    if (!message->has_charged) {
        return PL_OK;
    }

    rc = caps_party_back(ap, message, err);

    if (rc == PL_OK) {
        rc = caps_tenant_back(ap, message, err);
    }

    message->has_charged = 0;
    message->has_charged_ms = 0;
    message->charged_ms = 0;
    *changed = true;

    return rc;
}


pl_status_t
pl_caps_join(pl_apply_t *ap, const pl_party_t *into, const pl_party_t *from,
    pl_err_t *err)
{
    size_t            i, k, n;
    pl_status_t       rc;
    Pl__Message       a = PL__MESSAGE__INIT, b = PL__MESSAGE__INIT;
    Pl__CapUse      **uses;
    Pl__CapRecord    *one, *two;

    a.tenant = into->tenant;
    a.party_kind = into->kind;
    a.party = into->party;
    b.tenant = from->tenant;
    b.party_kind = from->kind;
    b.party = from->party;

    rc = caps_get(ap, &b, false, &two, err);
    if (rc != PL_OK || two->n_uses == 0) {
        return rc;
    }

    rc = caps_get(ap, &a, false, &one, err);
    if (rc != PL_OK) {
        return rc;
    }

    n = one->n_uses + two->n_uses;
    uses = pl_arena_alloc(ap->ar, n * sizeof(*uses));
    if (uses == NULL) {
        return pl_err_set(err, PL_NOMEM, "caps", 0, "out of memory");
    }

    for (i = 0, k = 0; i + k < n; /* void */ ) {
        if (k == two->n_uses
            || (i < one->n_uses
                && one->uses[i]->time_ms <= two->uses[k]->time_ms))
        {
            uses[i + k] = one->uses[i];
            i++;

        } else {
            uses[i + k] = two->uses[k];
            k++;
        }
    }

    one->uses = uses;
    one->n_uses = n;
    caps_drop(one, ap->now_ms);

    return caps_put(ap, &a, false, one, err);
}


static bool
caps_any(const pl_terms_t *terms, bool tenant, const Pl__Message *message,
    Pl__Category category)
{
    size_t  i;

    for (i = 0; i < terms->n_caps; i++) {
        if (terms->caps[i].tenant == tenant
            && pl_policy_counts(&terms->caps[i], message, category))
        {
            return true;
        }
    }

    return false;
}


/*
 * A rolling period is the last so many days up to now, its far end not in
 * it: a message is counted no more when it is exactly so old.
 */

static bool
caps_full(const pl_cap_t *cap, const Pl__CapRecord *row,
    const pl_zone_t *zone, int64_t now_ms, int64_t *until_ms)
{
    size_t              i;
    int64_t             from;
    uint64_t            n;
    const Pl__CapUse   *oldest = NULL;
    const Pl__CapCount *count;

    from = caps_from(cap, zone, now_ms);

    if (cap->tenant) {
        count = caps_count(row, cap, from);
        *until_ms = caps_next(cap, zone, now_ms);
        return count != NULL && count->count >= cap->most;
    }

    /* from the newest: the one that has to be over is the `most`th */

    for (n = 0, i = row->n_uses; i > 0 && n < cap->most; i--) {
        if (caps_has(cap, row->uses[i - 1])
            && row->uses[i - 1]->time_ms > from)
        {
            oldest = row->uses[i - 1];
            n++;
        }
    }

    if (n < cap->most) {
        return false;
    }

    *until_ms = cap->span_ms != 0 ? oldest->time_ms + cap->span_ms
                                  : caps_next(cap, zone, now_ms);

    return true;
}


static bool
caps_has(const pl_cap_t *cap, const Pl__CapUse *use)
{
    switch (cap->subject) {

    case PL__CAP_SUBJECT__CAP_SUBJECT_TEMPLATE:
        return use->template_;

    case PL__CAP_SUBJECT__CAP_SUBJECT_NUDGE:
        return use->nudge;

    default:
        return (int) cap->subject == (int) use->category;
    }
}


/* What is later than this is in the period; of a calendar's, its begin. */

static int64_t
caps_from(const pl_cap_t *cap, const pl_zone_t *zone, int64_t now_ms)
{
    if (cap->period == PL__CAP_PERIOD__CAP_PERIOD_ROLLING) {
        return now_ms - cap->span_ms;
    }

    /* a use at the very begin is in it */

    return caps_edge(cap, zone, now_ms, 0) - !cap->tenant;
}


static int64_t
caps_next(const pl_cap_t *cap, const pl_zone_t *zone, int64_t now_ms)
{
    return caps_edge(cap, zone, now_ms, 1);
}


/* The begin of the day or month, so many ahead, by the clock on the wall. */

static int64_t
caps_edge(const pl_cap_t *cap, const pl_zone_t *zone, int64_t now_ms,
    int ahead)
{
    pl_civil_t  civil;

    pl_zone_local(zone, now_ms, &civil);

    civil.hour = civil.minute = civil.second = civil.ms = 0;

    if (cap->period == PL__CAP_PERIOD__CAP_PERIOD_MONTH) {
        civil.day = 1;
        civil.month += ahead;

        if (civil.month > 12) {
            civil.month = 1;
            civil.year++;
        }

    } else {
        civil.day += ahead;
    }

    return pl_zone_instant(zone, &civil);
}


static Pl__CapCount *
caps_count(const Pl__CapRecord *row, const pl_cap_t *cap, int64_t from_ms)
{
    size_t  i;

    for (i = 0; i < row->n_counts; i++) {
        if (row->counts[i]->subject == cap->subject
            && row->counts[i]->period == cap->period
            && row->counts[i]->from_ms == from_ms)
        {
            return row->counts[i];
        }
    }

    return NULL;
}


static pl_status_t
caps_use(pl_apply_t *ap, const Pl__Message *message, Pl__Category category,
    pl_err_t *err)
{
    pl_status_t     rc;
    Pl__CapUse     *use;
    Pl__CapRecord  *row;

    rc = caps_get(ap, message, false, &row, err);
    if (rc != PL_OK) {
        return rc;
    }

    caps_drop(row, ap->now_ms);

    use = pl_arena_alloc(ap->ar, sizeof(*use));
    row->uses = pl_apply_list(ap, row->uses, row->n_uses, use);
    if (use == NULL || row->uses == NULL) {
        return pl_err_set(err, PL_NOMEM, "caps", 0, "out of memory");
    }

    pl__cap_use__init(use);
    use->time_ms = ap->now_ms;
    use->category = category;
    use->has_template_ = use->template_ =
                                        pl_policy_template(message->content);
    use->has_nudge = use->nudge = pl_policy_nudge(message, category);
    row->n_uses++;

    return caps_put(ap, message, false, row, err);
}


/*
 * What no cap can ask for any more: older than the longest period, and, past
 * the list's end, the oldest, which happens only where caps became smaller.
 */

static void
caps_drop(Pl__CapRecord *row, int64_t now_ms)
{
    size_t   n;
    int64_t  before;

    before = now_ms - (int64_t) PL_CAP_DAYS_MAX * 86400000;

    for (n = 0; n < row->n_uses; n++) {
        if (row->uses[n]->time_ms > before
            && row->n_uses - n < PL_CAP_USES_MAX)
        {
            break;
        }
    }

    if (n != 0) {
        memmove(row->uses, row->uses + n,
                (row->n_uses - n) * sizeof(*row->uses));
        row->n_uses -= n;
    }
}


/* Periods that are over leave the row with the first use of a new one. */

static pl_status_t
caps_tenant(pl_apply_t *ap, const pl_terms_t *terms, const pl_zone_t *zone,
    const Pl__Message *message, Pl__Category category, pl_err_t *err)
{
    size_t           i;
    pl_status_t      rc;
    const pl_cap_t  *cap;
    Pl__CapRecord   *row;

    rc = caps_get(ap, message, true, &row, err);

    for (i = 0; rc == PL_OK && i < terms->n_caps; i++) {
        cap = &terms->caps[i];

        if (cap->tenant && pl_policy_counts(cap, message, category)) {
            rc = caps_add(ap, row, cap, caps_from(cap, zone, ap->now_ms),
                          err);
        }
    }

    return rc == PL_OK ? caps_put(ap, message, true, row, err) : rc;
}


static pl_status_t
caps_add(pl_apply_t *ap, Pl__CapRecord *row, const pl_cap_t *cap,
    int64_t from_ms, pl_err_t *err)
{
    size_t         i, n;
    Pl__CapCount  *count;

    count = caps_count(row, cap, from_ms);
    if (count != NULL) {
        count->count++;
        return PL_OK;
    }

    for (i = 0, n = 0; i < row->n_counts; i++) {
        if (row->counts[i]->subject != cap->subject
            || row->counts[i]->period != cap->period)
        {
            row->counts[n++] = row->counts[i];
        }
    }

    row->n_counts = n;

    count = pl_arena_alloc(ap->ar, sizeof(*count));
    row->counts = pl_apply_list(ap, row->counts, n, count);
    if (count == NULL || row->counts == NULL) {
        return pl_err_set(err, PL_NOMEM, "caps", 0, "out of memory");
    }

    pl__cap_count__init(count);
    count->subject = cap->subject;
    count->period = cap->period;
    count->from_ms = from_ms;
    count->count = 1;
    row->n_counts = n + 1;

    return PL_OK;
}


static pl_status_t
caps_party_back(pl_apply_t *ap, const Pl__Message *message, pl_err_t *err)
{
    size_t          i;
    pl_status_t     rc;
    Pl__CapRecord  *row;

    rc = caps_get(ap, message, false, &row, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < row->n_uses; i++) {
        if (row->uses[i]->time_ms == message->charged_ms
            && row->uses[i]->category == message->charged)
        {
            memmove(row->uses + i, row->uses + i + 1,
                    (row->n_uses - i - 1) * sizeof(*row->uses));
            row->n_uses--;

            return caps_put(ap, message, false, row, err);
        }
    }

    return PL_OK;
}


/* Of a period that is over nothing is given back. */

static pl_status_t
caps_tenant_back(pl_apply_t *ap, const Pl__Message *message, pl_err_t *err)
{
    bool            any;
    size_t          i;
    pl_cap_t        as;
    pl_status_t     rc;
    Pl__CapCount   *count;
    Pl__CapRecord  *row;

    rc = caps_get(ap, message, true, &row, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0, any = false; i < row->n_counts; i++) {
        count = row->counts[i];
        as.subject = count->subject;

        if (count->count != 0 && count->from_ms <= message->charged_ms
            && pl_policy_counts(&as, message, message->charged))
        {
            count->count--;
            any = true;
        }
    }

    return any ? caps_put(ap, message, true, row, err) : PL_OK;
}


/* An empty one where there is none. */

static pl_status_t
caps_get(pl_apply_t *ap, const Pl__Message *message, bool tenant,
    Pl__CapRecord **row, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    caps_key(&key, message, tenant);

    rc = pl_record_get(ap->txn, PL_TABLE_CAPS, pl_key_str(&key),
                       &pl__cap_record__descriptor, ap->ar, &msg, err);
    *row = (Pl__CapRecord *) msg;

    if (rc != PL_NOTFOUND) {
        return rc;
    }

    *row = pl_arena_alloc(ap->ar, sizeof(**row));
    if (*row == NULL) {
        return pl_err_set(err, PL_NOMEM, "caps", 0, "out of memory");
    }

    pl__cap_record__init(*row);

    return PL_OK;
}


static pl_status_t
caps_put(pl_apply_t *ap, const Pl__Message *message, bool tenant,
    const Pl__CapRecord *row, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    caps_key(&key, message, tenant);

    if (row->n_uses == 0 && row->n_counts == 0) {
        rc = pl_store_del(ap->txn, PL_TABLE_CAPS, pl_key_str(&key), err);
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    return pl_record_put(ap->txn, PL_TABLE_CAPS, pl_key_str(&key),
                         &row->base, false, err);
}


static void
caps_key(pl_key_t *key, const Pl__Message *message, bool tenant)
{
    pl_party_t  party;

    party.tenant = message->tenant;
    party.kind = tenant ? CAPS_TENANT : message->party_kind;
    party.party = tenant ? CAPS_TENANT : message->party;

    pl_key_party(key, &party);
}
