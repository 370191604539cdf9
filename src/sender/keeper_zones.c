/*
 * The tz database as the keeper sees it: what the system has is held against
 * what the state has, at the start and once an hour, and published where it
 * is another (engine/zones.h). While timers have to follow a publish, a
 * Rezone goes with each batch.
 */

#include <inttypes.h>
#include <string.h>

#include "keeper_impl.h"

#define ZONES_ARENA      1024
#define ZONES_ARENA_MAX  65536

static pl_status_t zones_differ(pls_keeper_t *k, pl_txn_t *txn, bool *differ,
    pl_err_t *err);
static void zones_missing(pls_keeper_t *k, const pl_err_t *why);


/*
 * A database that was published is not looked at again for an hour, whatever
 * became of it: what the fold does not take would be appended for ever.
 */

pl_status_t
pls_keeper_zones(pls_keeper_t *k, pl_txn_t *txn, pl_err_t *err)
{
    bool         differ = false;
    int64_t      now_us;
    pl_err_t     why;
    pl_status_t  rc;

    now_us = pl_clock_mono_us(k->sn->clock);

    if (k->sn->options.zoneinfo == NULL || now_us < k->zones_us) {
        return PL_OK;
    }

    pls_keeper_zones_done(k);
    k->zones_us = now_us + KEEPER_ZONES_US;

    memset(&why, 0, sizeof(why));
    rc = pls_tzdata_read(&k->tzdata, k->sn->options.zoneinfo, &why);
    if (rc != PL_OK) {
        zones_missing(k, &why);
        return PL_OK;
    }

    k->zones_status = PL_OK;

    rc = zones_differ(k, txn, &differ, err);

    if (rc == PL_OK) {
        pls_log(&k->sn->log, differ ? PLS_LOG_INFO : PLS_LOG_DEBUG,
                differ ? "the tz database is published"
                       : "the tz database is known",
                "version=%s zones=%zu", k->tzdata->version[0] == '\0'
                                        ? "-" : k->tzdata->version,
                k->tzdata->names);
    }

    if (rc != PL_OK || !differ) {
        pls_keeper_zones_done(k);
    }

    return rc;
}


void
pls_keeper_zones_done(pls_keeper_t *k)
{
    pls_tzdata_free(k->tzdata);
    k->tzdata = NULL;
}


static pl_status_t
zones_differ(pls_keeper_t *k, pl_txn_t *txn, bool *differ, pl_err_t *err)
{
    pl_arena_t         *ar;
    pl_status_t         rc;
    Pl__ZoneDatabase   *known;

    ar = pl_arena_create(ZONES_ARENA, ZONES_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "zones", 0, "out of memory");
    }

    rc = pl_zones_database(txn, ar, &known, err);

    *differ = rc != PL_OK || known->digest.len != PL_ZONES_DIGEST_LEN
              || memcmp(known->digest.data, k->tzdata->publish[0].digest.data,
                        PL_ZONES_DIGEST_LEN) != 0;

    pl_arena_destroy(ar);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Once, and not each hour; and again when something else is wrong. */

static void
zones_missing(pls_keeper_t *k, const pl_err_t *why)
{
    if (k->zones_status != why->status) {
        pls_log_err(&k->sn->log, PLS_LOG_WARN,
                    "the tz database cannot be read", why);
    }

    k->zones_status = why->status;
}
