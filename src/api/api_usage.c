/*
 * What was counted in a month. A tenant's counters stand by metric, then by
 * day: of each metric the month's days alone are looked at.
 */

#include <string.h>

#include "../core/clock.h"
#include "../core/record.h"
#include "../core/str.h"
#include "place_impl.h"

#define USAGE_ROWS_MAX   500        /* metrics with their labels */
#define USAGE_LOOK_MAX   100000     /* counters */
#define USAGE_DAY_MS     86400000LL

/* A month, and where the walk stands. */
typedef struct {
    pl_api_call_t        *call;
    const char           *metric;       /* alone; NULL: all */
    uint32_t              from;         /* days since 1970 */
    uint32_t              until;        /* the next month's first */
    unsigned              looked;
    Pl__Api__UsageView    view;
} usage_t;

/* A counter's key. */
typedef struct {
    pl_str_t   metric;
    uint32_t   day;
    pl_str_t   label;
} usage_key_t;

static pl_status_t usage_month(usage_t *u, const char *month);
static pl_status_t usage_walk(usage_t *u, pl_err_t *err);
static pl_status_t usage_metric(usage_t *u, pl_str_t metric, pl_err_t *err);
static void usage_from(const usage_t *u, pl_key_t *key, pl_str_t metric,
    uint32_t day);
static bool usage_parse(const usage_t *u, pl_str_t key, usage_key_t *out);
static pl_status_t usage_add(usage_t *u, const usage_key_t *key,
    pl_str_t value, pl_err_t *err);


pl_status_t
pl_usage_ask(pl_api_call_t *call, pl_err_t *err)
{
    usage_t                      u;
    pl_status_t                  rc;
    const Pl__Api__UsageQuery   *query;

    query = (const Pl__Api__UsageQuery *) call->query;

    memset(&u, 0, sizeof(u));
    u.call = call;
    u.metric = query->metric;
    pl__api__usage_view__init(&u.view);

    rc = usage_month(&u, query->month);
    if (rc != PL_OK) {
        return rc;
    }

    u.view.tenant = call->tenant_conf->row->name;
    u.view.month = query->month;
    u.view.over = call->now_ms / USAGE_DAY_MS >= (int64_t) u.until;
    u.view.rows = (Pl__Api__UsageRow **) pl_rows_list(call, USAGE_ROWS_MAX);

    if (u.view.rows == NULL) {
        return pl_rows_nomem(err);
    }

    rc = u.metric != NULL ? usage_metric(&u, pl_str_c(u.metric), err)
                          : usage_walk(&u, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &u.view.base, err) : rc;
}


static pl_status_t
usage_month(usage_t *u, const char *month)
{
    int64_t      from_ms;
    int          year, number;
    const char  *text;

    text = pl_arena_printf(u->call->ar, "%s-01T00:00:00Z", month);

    if (text == NULL || strlen(month) != 7
        || pl_clock_parse(pl_str_c(text), &from_ms) != PL_OK)
    {
        return pl_api_problem(u->call, PL_API_BAD_QUERY, "month",
                              "a month is as in 2026-11");
    }

    year = (month[0] - '0') * 1000 + (month[1] - '0') * 100
           + (month[2] - '0') * 10 + (month[3] - '0');
    number = (month[5] - '0') * 10 + (month[6] - '0');

    u->from = (uint32_t) (from_ms / USAGE_DAY_MS);
    u->until = (uint32_t) pl_clock_days(number == 12 ? year + 1 : year,
                                        number == 12 ? 1 : number + 1, 1);

    return PL_OK;
}


/* From each metric to the next, past the days that nobody asked for. */

static pl_status_t
usage_walk(usage_t *u, pl_err_t *err)
{
    pl_key_t       from = { .len = 0 };
    pl_str_t       key, value, metric;
    pl_scan_t     *scan;
    usage_key_t    at;
    pl_status_t    rc;

    pl_key_u32(&from, u->call->tenant);

    for ( ;; ) {
        rc = pl_store_scan(u->call->txn, PL_TABLE_COUNTERS,
                           pl_key_str(&from), false, &scan, err);

        if (rc == PL_OK) {
            rc = pl_store_scan_next(scan, &key, &value, err);
        }

        if (rc != PL_OK || !usage_parse(u, key, &at)) {
            pl_store_scan_end(scan);
            return rc == PL_NOTFOUND ? PL_OK : rc;
        }

        metric.data = pl_arena_dup(u->call->ar, at.metric.data,
                                   at.metric.len);
        metric.len = at.metric.len;
        pl_store_scan_end(scan);

        if (metric.data == NULL) {
            return pl_rows_nomem(err);
        }

        rc = usage_metric(u, metric, err);
        if (rc != PL_OK) {
            return rc;
        }

        from.len = 0;
        pl_key_u32(&from, u->call->tenant);
        pl_key_bytes(&from, metric.data, metric.len);
        pl_key_u8(&from, 1);            /* behind all of its days */
    }
}


static pl_status_t
usage_metric(usage_t *u, pl_str_t metric, pl_err_t *err)
{
    pl_key_t       from;
    pl_str_t       key, value;
    pl_scan_t     *scan;
    usage_key_t    at;
    pl_status_t    rc;

    usage_from(u, &from, metric, u->from);

    if (!pl_key_ok(&from)) {
        return PL_OK;
    }

    rc = pl_store_scan(u->call->txn, PL_TABLE_COUNTERS, pl_key_str(&from),
                       false, &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || !usage_parse(u, key, &at)
            || !pl_str_eq(at.metric, metric) || at.day >= u->until)
        {
            break;
        }

        if (++u->looked > USAGE_LOOK_MAX) {
            rc = pl_api_problem(u->call, PL_API_TOO_LARGE, NULL,
                                "too many counters: ask for one metric");
            break;
        }

        rc = usage_add(u, &at, value, err);
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static void
usage_from(const usage_t *u, pl_key_t *key, pl_str_t metric, uint32_t day)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, u->call->tenant);
    pl_key_bytes(key, metric.data, metric.len);
    pl_key_u8(key, 0);
    pl_key_u32(key, day);
}


static bool
usage_parse(const usage_t *u, pl_str_t key, usage_key_t *out)
{
    const uint8_t  *end;

    if (key.len < 9 || pl_be32(key.data) != u->call->tenant) {
        return false;
    }

    out->metric.data = key.data + 4;
    end = memchr(out->metric.data, 0, key.len - 4);

    if (end == NULL || (size_t) (key.data + key.len - end) < 5) {
        return false;
    }

    out->metric.len = (size_t) (end - out->metric.data);
    out->day = pl_be32(end + 1);
    out->label.data = end + 5;
    out->label.len = (size_t) (key.data + key.len - out->label.data);

    return true;
}


static pl_status_t
usage_add(usage_t *u, const usage_key_t *key, pl_str_t value, pl_err_t *err)
{
    size_t               i;
    uint64_t             n;
    pl_status_t          rc;
    Pl__Api__UsageRow   *row;

    rc = pl_record_read_u64(PL_TABLE_COUNTERS, value, &n, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = u->view.n_rows; i > 0; i--) {
        row = u->view.rows[i - 1];

        if (!pl_str_eq(pl_str_c(row->metric), key->metric)) {
            break;                      /* metrics stand together */
        }

        if (pl_str_eq(pl_str_c(row->label), key->label)) {
            row->count += n;
            return PL_OK;
        }
    }

    row = pl_arena_alloc(u->call->ar, sizeof(*row));

    if (row == NULL || u->view.n_rows == USAGE_ROWS_MAX) {
        return row == NULL ? pl_rows_nomem(err)
               : pl_api_problem(u->call, PL_API_TOO_LARGE, NULL,
                                "too many counters: ask for one metric");
    }

    pl__api__usage_row__init(row);
    row->metric = pl_arena_str(u->call->ar, key->metric);
    row->label = pl_arena_str(u->call->ar, key->label);
    row->count = n;

    if (row->metric == NULL || row->label == NULL) {
        return pl_rows_nomem(err);
    }

    u->view.rows[u->view.n_rows++] = row;

    return PL_OK;
}
