/*
 * Time zones: a tz database is published, and timers follow it. See zones.h
 * and wall.h.
 *
 * A publish names every zone of its database. Those whose bytes are what the
 * table has cost a look each; so the same database twice changes nothing.
 */

#include <stdio.h>
#include <string.h>

#include "../core/record.h"
#include "room.h"
#include "sandbox.h"
#include "wall.h"
#include "zones.h"

#define ZONES_ARENA_BLOCK  65536
#define ZONES_ARENA_MAX    (8u * PL_ZONE_BYTES_MAX)
#define ZONES_LOOK_MAX     4096         /* rows that one Rezone looks at */

/* One publish. */
typedef struct {
    pl_apply_t              *ap;
    const Pl__ZonesPublish  *in;
    pl_arena_t              *ar;        /* of one zone */
    size_t                   names;     /* that the table has */
    size_t                   changed;
    size_t                   unfit;
} zones_publish_t;

static pl_status_t zones_check(const Pl__ZonesPublish *in, pl_err_t *err);
static pl_status_t zones_file(zones_publish_t *zp, Pl__ZoneFile *file,
    pl_err_t *err);
static pl_status_t zones_name(zones_publish_t *zp, const char *name,
    const Pl__ZoneFile *file, pl_err_t *err);
static pl_status_t zones_database(zones_publish_t *zp, pl_err_t *err);
static pl_status_t zones_timers(zones_publish_t *zp, pl_err_t *err);
static pl_status_t zones_walk(pl_apply_t *ap, uint32_t *rows, bool *end,
    pl_err_t *err);


pl_status_t
pl_apply_zones_publish(pl_apply_t *ap, const Pl__ZonesPublish *in,
    pl_err_t *err)
{
    size_t            i;
    pl_status_t       rc;
    zones_publish_t   zp = { ap, in, NULL, 0, 0, 0 };

    rc = zones_check(in, err);
    if (rc != PL_OK) {
        return rc;
    }

    zp.names = pl_zones_count(pl_settings_zones(ap->settings));

    zp.ar = pl_arena_create(ZONES_ARENA_BLOCK, ZONES_ARENA_MAX);
    if (zp.ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "zones", 0, "out of memory");
    }

    for (i = 0; rc == PL_OK && i < in->n_zones; i++) {
        rc = zones_file(&zp, in->zones[i], err);
    }

    pl_arena_destroy(zp.ar);

    if (rc == PL_OK) {
        rc = zones_database(&zp, err);
    }

    return rc == PL_OK && zp.changed != 0 ? zones_timers(&zp, err) : rc;
}


/*
 * Each timer goes at most once, and one that went is right where it is: that
 * it may be met again does no harm.
 */

pl_status_t
pl_apply_rezone(pl_apply_t *ap, const Pl__Rezone *in, pl_err_t *err)
{
    bool         end;
    uint32_t     rows;
    pl_arena_t  *item;
    pl_status_t  rc;

    rows = in->rows < ZONES_LOOK_MAX ? in->rows : ZONES_LOOK_MAX;
    end = !ap->meta->has_rezone_ms;

    rc = pl_room_enter(ap, &item, err);
    if (rc != PL_OK) {
        return rc;
    }

    while (rc == PL_OK && !end && rows != 0) {
        rc = zones_walk(ap, &rows, &end, err);
    }

    pl_room_leave(ap, item);

    if (rc == PL_OK && end) {
        ap->meta->has_rezone_ms = 0;
        ap->meta->has_rezone_timer = 0;
        ap->meta->rezone_ms = 0;
        ap->meta->rezone_timer = 0;
    }

    return rc;
}


static pl_status_t
zones_check(const Pl__ZonesPublish *in, pl_err_t *err)
{
    size_t  i, n = 0, bytes = 0;

    for (i = 0; i < in->n_zones; i++) {
        n += in->zones[i]->n_names;
        bytes += in->zones[i]->tzif.len;
    }

    if (n > PL_ZONES_MAX || bytes > PL_ZONES_PORTION_BYTES
        || strlen(in->version) > PL_ZONES_VERSION_MAX
        || in->digest.len != PL_ZONES_DIGEST_LEN)
    {
        return pl_err_set(err, PL_INVALID, "zones", 0,
                          "no tz database, or too much of one");
    }

    return PL_OK;
}


/* What does not compile is left out, and what there was stays. */

static pl_status_t
zones_file(zones_publish_t *zp, Pl__ZoneFile *file, pl_err_t *err)
{
    size_t             i;
    pl_str_t           tzif = { file->tzif.data, file->tzif.len };
    pl_status_t        rc;
    const pl_zone_t   *zone;

    pl_arena_reset(zp->ar);

    rc = pl_zone_compile(zp->ar, tzif, &zone, err);
    if (rc != PL_OK) {
        zp->unfit += file->n_names;
        return rc == PL_NOMEM ? rc : PL_OK;
    }

    for (i = 0; rc == PL_OK && i < file->n_names; i++) {
        rc = zones_name(zp, file->names[i], file, err);
    }

    return rc;
}


static pl_status_t
zones_name(zones_publish_t *zp, const char *name, const Pl__ZoneFile *file,
    pl_err_t *err)
{
    pl_str_t           key = pl_str_c(name);
    pl_status_t        rc;
    Pl__ZoneRecord    *old, row = PL__ZONE_RECORD__INIT;
    ProtobufCMessage  *msg;

    if (!pl_zone_name_valid(key)) {
        zp->unfit++;
        return PL_OK;
    }

    rc = pl_record_get(zp->ap->txn, PL_TABLE_ZONES, key,
                       &pl__zone_record__descriptor, zp->ar, &msg, err);

    if (rc == PL_OK) {
        old = (Pl__ZoneRecord *) msg;
        if (old->tzif.len == file->tzif.len
            && memcmp(old->tzif.data, file->tzif.data, old->tzif.len) == 0)
        {
            return PL_OK;
        }

    } else if (rc != PL_NOTFOUND) {
        return rc;

    } else if (zp->names == PL_ZONES_MAX) {
        zp->unfit++;
        return PL_OK;

    } else {
        zp->names++;
    }

    zp->changed++;
    row.tzif = file->tzif;
    row.version = zp->in->version;

    return pl_record_put(zp->ap->txn, PL_TABLE_ZONES, key, &row.base, false,
                         err);
}


/* The digest of a database of which more follows is nobody's. */

static pl_status_t
zones_database(zones_publish_t *zp, pl_err_t *err)
{
    char               text[PL_ZONES_VERSION_MAX + 96];
    uint64_t           changed;
    pl_apply_t        *ap = zp->ap;
    pl_status_t        rc;
    Pl__ZoneDatabase  *old, row = PL__ZONE_DATABASE__INIT;

    rc = pl_zones_database(ap->txn, ap->ar, &old, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    changed = rc == PL_OK ? old->changed : 0;

    row.version = zp->in->version;
    row.changed = changed + (zp->changed != 0);
    row.time_ms = ap->now_ms;

    if (!(zp->in->has_more && zp->in->more)) {
        row.digest = zp->in->digest;
    }

    rc = pl_record_put(ap->txn, PL_TABLE_ZONES, PL_ZONES_DATABASE_KEY,
                       &row.base, false, err);

    if (rc != PL_OK || (zp->changed == 0 && zp->unfit == 0)) {
        return rc;
    }

    ap->republished = ap->republished || zp->changed != 0;

    (void) snprintf(text, sizeof(text), "%s: %zu zones have changed, "
                    "%zu cannot be used", zp->in->version, zp->changed,
                    zp->unfit);

    return pl_feed_audit(ap, 0, PL__AUDIT_KIND__AUDIT_KIND_ZONES, ap->entry,
                         NULL, text, err);
}


/* Where no timer runs there is nothing to go through. */

static pl_status_t
zones_timers(zones_publish_t *zp, pl_err_t *err)
{
    pl_str_t         key, value;
    pl_scan_t       *scan;
    pl_status_t      rc;
    Pl__StateMeta   *meta = zp->ap->meta;

    rc = pl_store_scan(zp->ap->txn, PL_TABLE_TIMERS, PL_STR_NULL, false,
                       &scan, err);
    if (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);
    }

    if (rc == PL_OK && (pl_be64(key.data) & PL_TIMER_ENDED) == 0) {
        meta->has_rezone_ms = 1;
        meta->rezone_ms = 0;
        meta->has_rezone_timer = 1;
        meta->rezone_timer = 0;
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/*
 * To the next timer that goes elsewhere, and past it: a put ends what a scan
 * hands out.
 */

static pl_status_t
zones_walk(pl_apply_t *ap, uint32_t *rows, bool *end, pl_err_t *err)
{
    bool               moved = false;
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_timer(&from, (int64_t) ap->meta->rezone_ms,
                 ap->meta->rezone_timer);

    rc = pl_store_scan(ap->txn, PL_TABLE_TIMERS, pl_key_str(&from), false,
                       &scan, err);

    for ( ; rc == PL_OK && !moved && *rows != 0; (*rows)--) {
        pl_room_empty(ap);

        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || (pl_be64(key.data) & PL_TIMER_ENDED) != 0) {
            *end = rc == PL_OK || rc == PL_NOTFOUND;
            break;
        }

        ap->meta->rezone_ms = pl_be64(key.data);
        ap->meta->rezone_timer = pl_be64(key.data + 8) + 1;

        rc = pl_record_read(PL_TABLE_TIMERS, value, &pl__timer__descriptor,
                            ap->ar, &msg, err);
        if (rc == PL_OK) {
            pl_sandbox_enter(ap, ((Pl__Timer *) msg)->tenant);
            rc = pl_wall_move(ap, (Pl__Timer *) msg, &moved, err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
