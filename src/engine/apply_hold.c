/*
 * The commands about holds: a person pauses and resumes, and what was set
 * aside comes back. See hold.h.
 */

#include <string.h>

#include "../core/record.h"
#include "hold.h"

#define HOLD_SWEEP_ROWS       65536 /* of `holds`, looked at by a Release */
#define HOLD_SWEEP_ARENA      8192
#define HOLD_SWEEP_ARENA_MAX  (1024 * 1024)

/* A row that has been found, copied out of its scan. */
typedef struct {
    pl_key_t  key;
    pl_key_t  place;            /* of a row of `due`: its value there */
} hold_found_t;

static pl_status_t hold_place(pl_apply_t *ap, uint32_t tenant,
    Pl__HoldKind kind, uint32_t channel, const char *subject,
    pl_hold_place_t *place, pl_err_t *err);
static pl_status_t hold_invalid(pl_err_t *err, const char *why);
static uint32_t hold_rows(const Pl__Release *in);
static pl_status_t hold_sweep(pl_apply_t *ap, uint32_t rows, pl_err_t *err);
static pl_status_t hold_find_past(pl_apply_t *ap, pl_arena_t *ar,
    pl_key_t *found, uint32_t rows, uint32_t *n, pl_err_t *err);
static pl_status_t hold_past(int64_t now_ms, pl_arena_t *ar, pl_str_t key,
    pl_str_t value, bool *past, pl_err_t *err);
static pl_status_t hold_expire(pl_apply_t *ap, const pl_key_t *key,
    pl_err_t *err);
static pl_status_t hold_return(pl_apply_t *ap, const Pl__Release *in,
    pl_err_t *err);
static void hold_from(pl_key_t *key, const Pl__Release *in);
static pl_status_t hold_free(pl_apply_t *ap, pl_str_t key, pl_str_t value,
    hold_found_t *found, bool *is_free, pl_err_t *err);


pl_status_t
pl_apply_hold(pl_apply_t *ap, const Pl__Hold *in, pl_err_t *err)
{
    bool              fresh;
    pl_status_t       rc;
    Pl__HoldRecord    none = PL__HOLD_RECORD__INIT, *row;
    pl_hold_place_t   place;

    rc = hold_place(ap, in->tenant, in->kind,
                    in->has_channel ? in->channel : 0, in->subject, &place,
                    err);
    if (rc != PL_OK) {
        return rc;
    }

    if (in->reason != NULL && strlen(in->reason) > PL_HOLD_REASON_MAX) {
        return hold_invalid(err, "the reason is too long");
    }

    if (in->actor != NULL && strlen(in->actor) > PL_ACTOR_MAX) {
        return hold_invalid(err, "the actor is too long");
    }

    if (in->has_until_ms && in->until_ms <= ap->now_ms) {
        return PL_OK;                   /* over before it began */
    }

    rc = pl_hold_get(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_PERSON, &row,
                     err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    fresh = (rc == PL_NOTFOUND);

    if (fresh) {
        row = &none;
        row->since_ms = ap->now_ms;
    }

    row->has_until_ms = in->has_until_ms;
    row->until_ms = in->until_ms;
    row->actor = in->actor;
    row->reason = in->reason;

    rc = pl_hold_put(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_PERSON, row,
                     fresh, err);

    return rc == PL_OK
           ? pl_hold_audit(ap, PL__AUDIT_KIND__AUDIT_KIND_PAUSED, &place,
                           in->actor, in->reason, err)
           : rc;
}


pl_status_t
pl_apply_hold_end(pl_apply_t *ap, const Pl__HoldEnd *in, pl_err_t *err)
{
    pl_status_t       rc;
    Pl__HoldRecord   *row;
    pl_hold_place_t   place;

    rc = hold_place(ap, in->tenant, in->kind,
                    in->has_channel ? in->channel : 0, in->subject, &place,
                    err);
    if (rc != PL_OK) {
        return rc;
    }

    if (in->actor != NULL && strlen(in->actor) > PL_ACTOR_MAX) {
        return hold_invalid(err, "the actor is too long");
    }

    rc = pl_hold_get(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_PERSON, &row,
                     err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    rc = pl_hold_drop(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_PERSON, err);

    return rc == PL_OK
           ? pl_hold_audit(ap, PL__AUDIT_KIND__AUDIT_KIND_RESUMED, &place,
                           in->actor, NULL, err)
           : rc;
}


pl_status_t
pl_apply_release(pl_apply_t *ap, const Pl__Release *in, pl_err_t *err)
{
    pl_status_t  rc;

    rc = ap->meta->holds == 0 ? PL_OK : hold_sweep(ap, hold_rows(in), err);

    return rc == PL_OK && in->has_channel && ap->meta->aside != 0
           ? hold_return(ap, in, err) : rc;
}


/* A place that a person may hold: one that is there. */

static pl_status_t
hold_place(pl_apply_t *ap, uint32_t tenant, Pl__HoldKind kind,
    uint32_t channel, const char *subject, pl_hold_place_t *place,
    pl_err_t *err)
{
    const pl_channel_conf_t  *conf;

    place->tenant = tenant;
    place->kind = kind;
    place->channel = channel;
    place->subject = pl_str_c(subject);

    switch (kind) {

    case PL__HOLD_KIND__HOLD_KIND_TENANT:
    case PL__HOLD_KIND__HOLD_KIND_CHANNEL:
    case PL__HOLD_KIND__HOLD_KIND_TEMPLATE:
    case PL__HOLD_KIND__HOLD_KIND_CAMPAIGN:
    case PL__HOLD_KIND__HOLD_KIND_GROUPS:
        break;

    default:
        return hold_invalid(err, "nobody can hold such a place");
    }

    if (!pl_hold_fits(place) || place->subject.len > PL_HOLD_SUBJECT_MAX) {
        return hold_invalid(err, "not a place of this kind");
    }

    if (pl_settings_tenant(ap->settings, tenant) == NULL) {
        return hold_invalid(err, "no such tenant");
    }

    conf = channel == 0 ? NULL : pl_settings_channel(ap->settings, channel);

    if (channel != 0 && (conf == NULL || conf->tenant != tenant)) {
        return hold_invalid(err, "the tenant has no such channel");
    }

    return PL_OK;
}


static pl_status_t
hold_invalid(pl_err_t *err, const char *why)
{
    return pl_err_set(err, PL_INVALID, "hold", 0, "%s", why);
}


static uint32_t
hold_rows(const Pl__Release *in)
{
    return in->rows < PL_HOLD_LOOK_ROWS ? in->rows : PL_HOLD_LOOK_ROWS;
}


/* Drops rows that are over, of which a person's were told for a time. */

static pl_status_t
hold_sweep(pl_apply_t *ap, uint32_t rows, pl_err_t *err)
{
    uint32_t      n = 0, i;
    pl_key_t     *found;
    pl_arena_t   *ar;
    pl_status_t   rc;

    found = pl_arena_alloc(ap->ar, (size_t) (rows + 1) * sizeof(*found));
    ar = pl_arena_create(HOLD_SWEEP_ARENA, HOLD_SWEEP_ARENA_MAX);

    rc = found == NULL || ar == NULL
         ? pl_err_set(err, PL_NOMEM, "hold", 0, "out of memory")
         : hold_find_past(ap, ar, found, rows, &n, err);

    pl_arena_destroy(ar);

    for (i = 0; rc == PL_OK && i < n; i++) {
        rc = hold_expire(ap, &found[i], err);
    }

    return rc;
}


/* ar: of one row, since there may be more than an item's arena holds. */

static pl_status_t
hold_find_past(pl_apply_t *ap, pl_arena_t *ar, pl_key_t *found,
    uint32_t rows, uint32_t *n, pl_err_t *err)
{
    bool           past;
    uint32_t       looked;
    pl_str_t       key, value;
    pl_scan_t     *scan;
    pl_status_t    rc;

    rc = pl_store_scan(ap->txn, PL_TABLE_HOLDS, PL_STR_NULL, false, &scan,
                       err);

    for (looked = 0; rc == PL_OK && *n < rows && looked < HOLD_SWEEP_ROWS;
         looked++)
    {
        pl_arena_reset(ar);

        rc = pl_store_scan_next(scan, &key, &value, err);
        if (rc == PL_OK) {
            rc = hold_past(ap->now_ms, ar, key, value, &past, err);
        }

        if (rc == PL_OK && past) {
            found[*n].len = 0;
            found[*n].overflow = false;
            pl_key_bytes(&found[(*n)++], key.data, key.len);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
hold_past(int64_t now_ms, pl_arena_t *ar, pl_str_t key, pl_str_t value,
    bool *past, pl_err_t *err)
{
    pl_status_t        rc;
    Pl__HoldCause      cause;
    pl_hold_place_t    place;
    ProtobufCMessage  *msg;

    *past = false;

    if (!pl_hold_key_parse(key, &place, &cause)) {
        return pl_err_set(err, PL_FOREIGN, "holds", 0,
                          "a row's key is none");
    }

    rc = pl_record_read(PL_TABLE_HOLDS, value, &pl__hold_record__descriptor,
                        ar, &msg, err);
    if (rc == PL_OK) {
        *past = pl_hold_over((Pl__HoldRecord *) msg, cause, now_ms);
    }

    return rc;
}


static pl_status_t
hold_expire(pl_apply_t *ap, const pl_key_t *key, pl_err_t *err)
{
    pl_status_t      rc;
    Pl__HoldCause    cause;
    pl_hold_place_t  place;

    if (!pl_hold_key_parse(pl_key_str(key), &place, &cause)) {
        return PL_OK;                   /* it was found by this */
    }

    rc = pl_hold_drop(ap, &place, cause, err);

    return rc == PL_OK && cause == PL__HOLD_CAUSE__HOLD_CAUSE_PERSON
           ? pl_hold_audit(ap, PL__AUDIT_KIND__AUDIT_KIND_RESUMED, &place,
                           NULL, "its time was over", err)
           : rc;
}


/* Puts what nothing holds any more back to its place, its time kept. */

static pl_status_t
hold_return(pl_apply_t *ap, const Pl__Release *in, pl_err_t *err)
{
    bool           is_free;
    uint32_t       n, i, looked, rows;
    pl_key_t       from;
    pl_str_t       key, value;
    pl_scan_t     *scan;
    pl_status_t    rc;
    hold_found_t  *found;

    rows = hold_rows(in);
    found = pl_arena_alloc(ap->ar, (size_t) (rows + 1) * sizeof(*found));
    if (found == NULL) {
        return pl_err_set(err, PL_NOMEM, "hold", 0, "out of memory");
    }

    hold_from(&from, in);

    rc = pl_store_scan(ap->txn, PL_TABLE_DUE, pl_key_str(&from), false,
                       &scan, err);

    for (n = 0, looked = 0; rc == PL_OK && looked < rows; looked++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || memcmp(key.data, from.data, PL_KEY_DUE_LANE) != 0
            || (key.data[PL_KEY_DUE_LANE] & PL_KEY_DUE_ASIDE) == 0)
        {
            break;
        }

        rc = hold_free(ap, key, value, &found[n], &is_free, err);
        n += rc == PL_OK && is_free;
    }

    pl_store_scan_end(scan);
    rc = rc == PL_NOTFOUND ? PL_OK : rc;

    for (i = 0; rc == PL_OK && i < n; i++) {
        rc = pl_queue_return(ap, pl_key_str(&found[i].key),
                             pl_key_str(&found[i].place), err);
    }

    return rc;
}


static void
hold_from(pl_key_t *key, const Pl__Release *in)
{
    pl_key_due_at(key, in->tenant, in->channel,
                  (uint8_t) ((in->has_lane ? (unsigned) in->lane : 0)
                             | PL_KEY_DUE_ASIDE));
    pl_key_u64(key, (uint64_t) in->due_ms);
    pl_key_u64(key, in->effect);
}


static pl_status_t
hold_free(pl_apply_t *ap, pl_str_t key, pl_str_t value, hold_found_t *found,
    bool *is_free, pl_err_t *err)
{
    bool             held;
    pl_str_t         bytes, at;
    pl_status_t      rc;
    pl_hold_place_t  place;

    *is_free = false;

    rc = pl_record_read_bytes(PL_TABLE_DUE, value, &bytes, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (key.len != PL_KEY_DUE_LEN
        || !pl_hold_aside_parse(bytes, pl_be32(key.data),
                                pl_be32(key.data + 4), &at, &place))
    {
        return pl_err_set(err, PL_FOREIGN, "due", 0,
                          "a row that is set aside says not for what");
    }

    rc = pl_hold_held(ap, &place, &held, err);

    found->key.len = 0;
    found->key.overflow = false;
    pl_key_bytes(&found->key, key.data, key.len);
    found->place.len = 0;
    found->place.overflow = false;
    pl_key_bytes(&found->place, at.data, at.len);

    *is_free = rc == PL_OK && !held;

    return rc;
}
