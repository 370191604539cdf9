/*
 * See terms.h. What nginx -t has checked is checked again: settings come
 * from a journal, and an older or newer version may have written them.
 */

#include <string.h>

#include "../core/str.h"
#include "terms.h"

#define TERMS_DAY_MS  86400000LL

static pl_status_t terms_hours(const Pl__PolicySettings *row,
    pl_terms_t *terms, pl_err_t *err);
static pl_status_t terms_range(const char *text, const char *field,
    pl_hours_t *hours, bool *has, pl_err_t *err);
static pl_status_t terms_quiet(const Pl__PolicySettings *row,
    pl_terms_t *terms, pl_err_t *err);
static pl_status_t terms_caps(pl_arena_t *ar, const Pl__PolicySettings *row,
    pl_terms_t *terms, pl_err_t *err);
static bool terms_cap(const Pl__CapSettings *row, pl_cap_t *cap);
static pl_status_t terms_forbids(pl_arena_t *ar,
    const Pl__PolicySettings *row, pl_terms_t *terms, pl_err_t *err);
static bool terms_known(const ProtobufCEnumDescriptor *type, int value);
static pl_status_t terms_nomem(pl_err_t *err);


pl_status_t
pl_terms_compile(pl_arena_t *ar, const Pl__PolicySettings *row,
    pl_terms_t **out, pl_err_t *err)
{
    size_t        i;
    pl_status_t   rc;
    pl_terms_t   *terms;

    *out = NULL;

    if (row == NULL) {
        return PL_OK;
    }

    terms = pl_arena_zalloc(ar, sizeof(*terms));
    if (terms == NULL) {
        return terms_nomem(err);
    }

    for (i = 0; i < PL_CATEGORIES; i++) {
        terms->quiet_do[i] = PL__QUIET_DO__QUIET_DO_SHIFT;
    }

    /* what is asked for by who waits for it, and what a person writes */

    terms->quiet_do[0] = PL__QUIET_DO__QUIET_DO_SEND;
    terms->quiet_do[PL__CATEGORY__CATEGORY_AUTHENTICATION] =
                                                 PL__QUIET_DO__QUIET_DO_SEND;

    terms->marketing_optional = row->marketing_optional;
    terms->zone = row->time_zone;

    rc = terms_hours(row, terms, err);

    if (rc == PL_OK) {
        rc = terms_quiet(row, terms, err);
    }

    if (rc == PL_OK) {
        rc = terms_caps(ar, row, terms, err);
    }

    if (rc == PL_OK) {
        rc = terms_forbids(ar, row, terms, err);
    }

    if (rc != PL_OK) {
        pl_terms_clear(terms);
        terms->unreadable = true;
    }

    *out = terms;

    return rc;
}


void
pl_terms_clear(pl_terms_t *terms)
{
    size_t  i;

    if (terms == NULL) {
        return;
    }

    for (i = 0; i < terms->n_forbids; i++) {
        pl_forbid_destroy(terms->forbids[i].rules);
    }

    terms->n_forbids = 0;
}


pl_status_t
pl_terms_channel(pl_arena_t *ar, const Pl__PolicySettings *row,
    const pl_terms_t *base, const pl_terms_t **out, pl_err_t *err)
{
    pl_terms_t                *terms;
    pl_status_t                rc;
    const Pl__PolicySettings   none = PL__POLICY_SETTINGS__INIT;

    *out = base;

    if (row == NULL) {
        return PL_OK;
    }

    if (base == NULL) {
        rc = pl_terms_compile(ar, &none, &terms, err);
        if (rc != PL_OK) {
            return rc;
        }

    } else {
        terms = (pl_terms_t *) pl_arena_dup(ar, base, sizeof(*base));
        if (terms == NULL) {
            return terms_nomem(err);
        }
    }

    terms->zone = row->time_zone;

    *out = terms;

    rc = terms_hours(row, terms, err);
    if (rc != PL_OK) {
        terms->unreadable = true;
    }

    return rc;
}


static pl_status_t
terms_hours(const Pl__PolicySettings *row, pl_terms_t *terms, pl_err_t *err)
{
    pl_status_t  rc;

    rc = terms_range(row->quiet_hours, "quiet_hours", &terms->quiet,
                     &terms->has_quiet, err);

    return rc == PL_OK ? terms_range(row->business_hours, "business_hours",
                                     &terms->business, &terms->has_business,
                                     err)
                       : rc;
}


/* Absent leaves what is there. */

static pl_status_t
terms_range(const char *text, const char *field, pl_hours_t *hours,
    bool *has, pl_err_t *err)
{
    pl_status_t  rc;

    if (text == NULL) {
        return PL_OK;
    }

    *has = strcmp(text, "off") != 0;

    rc = *has ? pl_hours_parse(pl_str_c(text), hours, err) : PL_OK;

    if (rc != PL_OK) {
        pl_err_path(err, "%s", field);
    }

    return rc;
}


static pl_status_t
terms_quiet(const Pl__PolicySettings *row, pl_terms_t *terms, pl_err_t *err)
{
    size_t                i;
    pl_status_t           rc;
    const Pl__QuietRule  *rule;

    for (i = 0; i < row->n_quiet; i++) {
        rule = row->quiet[i];

        if (!terms_known(&pl__quiet_do__descriptor, (int) rule->what)
            || (rule->has_category
                && !terms_known(&pl__category__descriptor,
                                (int) rule->category)))
        {
            rc = pl_err_set(err, PL_INVALID, "settings", 0,
                            "there is no such category, or no such thing "
                            "to do");
            pl_err_path(err, "quiet[%zu]", i);
            return rc;
        }

        terms->quiet_do[rule->has_category ? rule->category : 0] =
                                                                  rule->what;
    }

    return PL_OK;
}


static pl_status_t
terms_caps(pl_arena_t *ar, const Pl__PolicySettings *row, pl_terms_t *terms,
    pl_err_t *err)
{
    size_t        i;
    pl_cap_t     *caps;
    pl_status_t   rc;

    if (row->n_caps == 0) {
        return PL_OK;
    }

    if (row->n_caps > PL_CAPS_MAX) {
        rc = pl_err_set(err, PL_TOOBIG, "settings", 0, "at most %d",
                        PL_CAPS_MAX);
        pl_err_path(err, "caps");
        return rc;
    }

    caps = pl_arena_zalloc(ar, row->n_caps * sizeof(*caps));
    if (caps == NULL) {
        return terms_nomem(err);
    }

    for (i = 0; i < row->n_caps; i++) {
        if (!terms_cap(row->caps[i], &caps[i])) {
            rc = pl_err_set(err, PL_INVALID, "settings", 0,
                            "a cap that nobody can keep");
            pl_err_path(err, "caps[%zu]", i);
            return rc;
        }
    }

    terms->caps = caps;
    terms->n_caps = row->n_caps;

    return PL_OK;
}


static bool
terms_cap(const Pl__CapSettings *row, pl_cap_t *cap)
{
    bool  rolling;

    cap->subject = row->subject;
    cap->period = row->period;
    cap->most = row->most;
    cap->tenant = row->tenant;
    cap->block = row->block;

    rolling = row->period == PL__CAP_PERIOD__CAP_PERIOD_ROLLING;
    cap->span_ms = rolling ? (int64_t) row->days * TERMS_DAY_MS : 0;

    return terms_known(&pl__cap_subject__descriptor, (int) row->subject)
           && terms_known(&pl__cap_period__descriptor, (int) row->period)
           && row->most >= 1
           && row->most <= (row->tenant ? PL_CAP_TENANT_MAX
                                        : PL_CAP_CONTACT_MAX)
           && !(row->tenant && rolling)
           && (!rolling || (row->days >= 1 && row->days <= PL_CAP_DAYS_MAX));
}


static pl_status_t
terms_forbids(pl_arena_t *ar, const Pl__PolicySettings *row,
    pl_terms_t *terms, pl_err_t *err)
{
    size_t                      i;
    pl_str_t                    text;
    pl_status_t                 rc;
    pl_forbids_t               *list;
    const Pl__ForbidSettings   *forbid;

    if (row->n_forbids == 0) {
        return PL_OK;
    }

    if (row->n_forbids > PL_FORBIDS_MAX) {
        rc = pl_err_set(err, PL_TOOBIG, "settings", 0, "at most %d",
                        PL_FORBIDS_MAX);
        pl_err_path(err, "forbids");
        return rc;
    }

    list = pl_arena_zalloc(ar, row->n_forbids * sizeof(*list));
    if (list == NULL) {
        return terms_nomem(err);
    }

    terms->forbids = list;

    for (i = 0; i < row->n_forbids; i++) {
        forbid = row->forbids[i];
        text.data = forbid->text.data;
        text.len = forbid->text.len;
        list[i].scope = forbid->scope;

        rc = pl_forbid_compile(&list[i].rules, text, err);
        if (rc != PL_OK) {
            pl_err_path(err, "forbids[%zu]", i);
            return rc;
        }

        terms->n_forbids++;
    }

    return PL_OK;
}


static bool
terms_known(const ProtobufCEnumDescriptor *type, int value)
{
    return protobuf_c_enum_descriptor_get_value(type, value) != NULL;
}


static pl_status_t
terms_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "settings", 0, "out of memory");
}
