/*
 * See range.h. Entries are dense and their times never run back, so that a
 * time is found by halving.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "range.h"


#define RANGE_DAY_MS  86400000LL


static pl_status_t range_at(plctl_t *ctl, pl_txn_t *txn,
    const Pl__JournalMeta *meta, int64_t ms, uint64_t *seq, pl_err_t *err);
static int64_t range_days(int year, int month, int day);


pl_status_t
plctl_range(plctl_t *ctl, pl_txn_t *txn, plctl_range_t *range, pl_err_t *err)
{
    uint64_t             seq;
    pl_status_t          rc;
    Pl__JournalMeta     *meta;
    const plctl_args_t  *args;

    args = ctl->args;

    rc = pl_journal_meta(txn, ctl->ar, &meta, err);
    if (rc != PL_OK) {
        return rc;
    }

    range->first = meta->first;
    range->last = meta->next - 1;

    if (args->from_ms != 0) {
        rc = range_at(ctl, txn, meta, args->from_ms, &range->first, err);

    } else if ((args->given & PLCTL_OPT_FROM) && args->from != 0) {
        range->first = args->from;
    }

    if (rc == PL_OK && args->to_ms != 0) {
        rc = range_at(ctl, txn, meta, args->to_ms, &seq, err);
        range->last = seq - 1;

    } else if ((args->given & PLCTL_OPT_TO) && args->to < range->last) {
        range->last = args->to;
    }

    if (rc == PL_OK && range->first < meta->first) {
        return pl_err_set(err, PL_NOTFOUND, "journal", 0,
                          "entries %" PRIu64 " to %" PRIu64 " are no longer "
                          "kept", range->first, meta->first - 1);
    }

    return rc;
}


pl_status_t
plctl_range_time(const char *text, int64_t *ms)
{
    int       n, end, year, month, day, hour, minute, second, milli;
    size_t    len;
    int64_t   days;

    len = strlen(text);
    hour = minute = second = milli = end = 0;

    n = sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end);
    if (n != 3 || year < 1970 || month < 1 || month > 12 || day < 1
        || day > 31)
    {
        return PL_INVALID;
    }

    text += end;
    len -= (size_t) end;

    if (len > 0 && text[len - 1] == 'Z') {
        len--;
    }

    if (len > 0) {
        end = 0;
        n = sscanf(text, "T%2d:%2d%n:%2d%n.%3d%n", &hour, &minute, &end,
                   &second, &end, &milli, &end);

        if (n < 2 || (size_t) end != len || hour > 23 || minute > 59
            || second > 59 || hour < 0 || minute < 0 || second < 0
            || milli < 0)
        {
            return PL_INVALID;
        }
    }

    days = range_days(year, month, day);
    *ms = days * RANGE_DAY_MS
          + ((hour * 60 + minute) * 60 + second) * 1000LL + milli;

    return PL_OK;
}


/* The first entry that is not before this time; next where there is none. */

static pl_status_t
range_at(plctl_t *ctl, pl_txn_t *txn, const Pl__JournalMeta *meta,
    int64_t ms, uint64_t *seq, pl_err_t *err)
{
    uint64_t      low, high, mid;
    pl_arena_t   *ar;
    Pl__Entry    *entry;
    pl_status_t   rc;

    (void) ctl;

    ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "journal", 0, "out of memory");
    }

    rc = PL_OK;
    low = meta->first;
    high = meta->next;

    while (rc == PL_OK && low < high) {
        mid = low + (high - low) / 2;
        pl_arena_reset(ar);

        rc = pl_journal_get(txn, mid, ar, &entry, err);

        if (rc == PL_OK && entry->time_ms < ms) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    *seq = low;
    pl_arena_destroy(ar);

    return rc;
}


/* Since 1970, by the calendar's rules (years begin with March here). */

static int64_t
range_days(int year, int month, int day)
{
    int64_t  y, era, of_era, of_year;

    y = month <= 2 ? year - 1 : year;
    era = y / 400;
    of_era = y - era * 400;
    of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year
           - 719468;
}
