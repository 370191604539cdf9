/*
 * Changes of the settings, noted and followed. See news.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "news.h"

#define NEWS_LEAD      "put/"
#define NEWS_AT        (sizeof(NEWS_LEAD) - 1 + 8 + 1)  /* of KEY in a key */
#define NEWS_KEY_MAX   (2 * PL_NAME_MAX + 64)
#define NEWS_BLOCK     4096
#define NEWS_ROOM      (4u * 1024 * 1024)   /* of PL_NEWS_ROWS_MAX rows */

/* Of one who follows. */
typedef struct {
    pl_settings_t   *settings;
    pl_txn_t        *txn;
    pl_arena_t      *ar;
    uint32_t         at;        /* generation of the last row seen */
    uint32_t         to;
    size_t           n;
    bool             anew;      /* it cannot be followed */
} news_walk_t;

static pl_status_t news_note(pl_apply_t *ap, const char *key, pl_err_t *err);
static pl_status_t news_forget(pl_apply_t *ap, pl_err_t *err);
static bool news_follows(const pl_apply_t *ap, const Pl__TenantSettings *row);
static pl_status_t news_walk(news_walk_t *walk, pl_err_t *err);
static pl_status_t news_row(news_walk_t *walk, pl_str_t key, pl_err_t *err);
static pl_status_t news_row_channel(news_walk_t *walk, pl_str_t key,
    const Pl__ChannelSettings *row, bool *anew, pl_err_t *err);
static uint32_t news_generation(pl_str_t key);


pl_status_t
pl_news_begin(pl_apply_t *ap, pl_err_t *err)
{
    pl_status_t          rc;
    ProtobufCMessage    *msg;
    Pl__GlobalSettings  *global;

    rc = pl_record_get(ap->txn, PL_TABLE_SETTINGS, PL_STR("global"),
                       &pl__global_settings__descriptor, ap->ar, &msg, err);

    if (rc == PL_NOTFOUND) {
        return pl_err_set(err, PL_INVALID, "settings", 0,
                          "no nginx.conf has been published yet");
    }

    if (rc != PL_OK) {
        return rc;
    }

    global = (Pl__GlobalSettings *) msg;
    global->generation = ++ap->meta->generation;

    rc = pl_record_put(ap->txn, PL_TABLE_SETTINGS, PL_STR("global"), msg,
                       false, err);

    return rc == PL_OK ? news_forget(ap, err) : rc;
}


pl_status_t
pl_news_tenant(pl_apply_t *ap, const Pl__TenantSettings *row, pl_err_t *err)
{
    bool         anew = false;
    char         key[NEWS_KEY_MAX];
    pl_status_t  rc;

    (void) snprintf(key, sizeof(key), "tenant/%s", row->name);

    rc = pl_record_put(ap->txn, PL_TABLE_SETTINGS, pl_str_c(key), &row->base,
                       false, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!news_follows(ap, row)) {
        ap->republished = true;
        return PL_OK;
    }

    rc = pl_settings_put_tenant(ap->snapshot, row, ap->meta->generation,
                                &anew, err);
    ap->republished |= anew;

    return rc == PL_OK ? news_note(ap, key, err) : rc;
}


pl_status_t
pl_news_channel(pl_apply_t *ap, uint32_t tenant, const char *tenant_name,
    const Pl__ChannelSettings *row, pl_err_t *err)
{
    bool         anew = false;
    char         key[NEWS_KEY_MAX];
    pl_status_t  rc;

    (void) snprintf(key, sizeof(key), "channel/%s/%s", tenant_name,
                    row->name);

    rc = pl_record_put(ap->txn, PL_TABLE_SETTINGS, pl_str_c(key), &row->base,
                       false, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (ap->snapshot == NULL) {
        ap->republished = true;

    } else {
        rc = pl_settings_put_channel(ap->snapshot, tenant, row,
                                     ap->meta->generation, &anew, err);
        ap->republished |= anew;
    }

    return rc == PL_OK ? news_note(ap, key, err) : rc;
}


pl_status_t
pl_news_follow(pl_settings_t **settings, pl_txn_t *txn,
    const pl_codec_t *codec, uint32_t generation, pl_err_t *err)
{
    bool            stale = true;   /* with its zones */
    pl_status_t     rc;
    news_walk_t     walk = { 0 };
    pl_settings_t  *fresh;

    if (*settings != NULL && pl_settings_generation(*settings) == generation)
    {
        return PL_OK;
    }

    if (*settings != NULL) {
        rc = pl_zones_stale(pl_settings_zones(*settings), txn, &stale, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (!stale && pl_settings_generation(*settings) < generation) {
        walk.settings = *settings;
        walk.txn = txn;
        walk.at = pl_settings_generation(*settings);
        walk.to = generation;

        rc = news_walk(&walk, err);

        if (rc == PL_OK && !walk.anew) {
            return PL_OK;
        }
    }

    /* half of what there is may have been followed: it is of no generation
       until all has been read */

    if (*settings != NULL) {
        pl_settings_stale(*settings);
    }

    rc = pl_settings_load(&fresh, txn, codec, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_settings_destroy(*settings);
    *settings = fresh;

    return PL_OK;
}


static pl_status_t
news_note(pl_apply_t *ap, const char *key, pl_err_t *err)
{
    char              at[NEWS_AT + NEWS_KEY_MAX];
    Pl__SettingsPut   put = PL__SETTINGS_PUT__INIT;

    put.generation = ap->meta->generation;
    (void) snprintf(at, sizeof(at), NEWS_LEAD "%08" PRIx32 "/%s",
                    put.generation, key);

    return pl_record_put(ap->txn, PL_TABLE_SETTINGS, pl_str_c(at), &put.base,
                         false, err);
}


/* What is too old: as many rows as one change put, when the next begins. */

static pl_status_t
news_forget(pl_apply_t *ap, pl_err_t *err)
{
    pl_key_t      at;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    do {
        rc = pl_store_scan(ap->txn, PL_TABLE_SETTINGS, PL_STR(NEWS_LEAD),
                           false, &scan, err);
        if (rc != PL_OK) {
            return rc;
        }

        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK
            && (news_generation(key) == 0
                || news_generation(key) + PL_NEWS_KEPT
                   > ap->meta->generation))
        {
            rc = PL_NOTFOUND;
        }

        if (rc == PL_OK) {
            at.len = 0;
            at.overflow = false;
            pl_key_bytes(&at, key.data, key.len);
        }

        /* a delete ends what a scan hands out */

        pl_store_scan_end(scan);

        if (rc == PL_OK) {
            rc = pl_store_del(ap->txn, PL_TABLE_SETTINGS, pl_key_str(&at),
                              err);
        }

    } while (rc == PL_OK);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Others may be like one that nginx.conf had: then all is loaded anew. */

static bool
news_follows(const pl_apply_t *ap, const Pl__TenantSettings *row)
{
    const pl_tenant_conf_t  *old;

    old = ap->snapshot == NULL ? NULL
                               : pl_settings_tenant(ap->snapshot, row->id);

    return ap->snapshot != NULL
           && (old == NULL || old->row->runtime == row->runtime);
}


/* Each generation from the one that is known has to be there. */

static pl_status_t
news_walk(news_walk_t *walk, pl_err_t *err)
{
    char          from[NEWS_AT + 1];
    uint32_t      generation;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    walk->ar = pl_arena_create(NEWS_BLOCK, NEWS_ROOM);
    if (walk->ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "settings", 0, "out of memory");
    }

    (void) snprintf(from, sizeof(from), NEWS_LEAD "%08" PRIx32 "/",
                    walk->at + 1);

    rc = pl_store_scan(walk->txn, PL_TABLE_SETTINGS, pl_str_c(from), false,
                       &scan, err);

    while (rc == PL_OK && !walk->anew) {
        rc = pl_store_scan_next(scan, &key, &value, err);
        if (rc != PL_OK) {
            break;
        }

        generation = news_generation(key);

        if (generation == 0 || generation > walk->to) {
            rc = PL_NOTFOUND;
            break;
        }

        walk->anew = generation > walk->at + 1
                     || ++walk->n > PL_NEWS_ROWS_MAX;
        walk->at = generation;

        if (!walk->anew) {
            key.data += NEWS_AT;
            key.len -= NEWS_AT;
            rc = news_row(walk, key, err);
        }
    }

    pl_store_scan_end(scan);
    pl_arena_destroy(walk->ar);

    walk->anew |= walk->at != walk->to;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* The row as it is now: a later change may have put it once more. */

static pl_status_t
news_row(news_walk_t *walk, pl_str_t key, pl_err_t *err)
{
    bool               anew = false, tenant;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    tenant = key.len != 0 && key.data[0] == 't';

    rc = pl_record_get(walk->txn, PL_TABLE_SETTINGS, key,
                       tenant ? &pl__tenant_settings__descriptor
                              : &pl__channel_settings__descriptor,
                       walk->ar, &msg, err);

    if (rc == PL_OK && tenant) {
        rc = pl_settings_put_tenant(walk->settings,
                                    (Pl__TenantSettings *) msg, walk->to,
                                    &anew, err);

    } else if (rc == PL_OK) {
        rc = news_row_channel(walk, key, (Pl__ChannelSettings *) msg, &anew,
                              err);
    }

    walk->anew |= anew;

    return rc;
}


/* "channel/TENANT/CHANNEL"; its tenant's row came before it. */

static pl_status_t
news_row_channel(news_walk_t *walk, pl_str_t key,
    const Pl__ChannelSettings *row, bool *anew, pl_err_t *err)
{
    pl_str_t                 name;
    const uint8_t           *slash;
    const pl_tenant_conf_t  *tenant;

    if (key.len <= sizeof("channel/") - 1) {
        return PL_NOTFOUND;
    }

    name.data = key.data + sizeof("channel/") - 1;
    name.len = key.len - (sizeof("channel/") - 1);

    slash = memchr(name.data, '/', name.len);
    name.len = slash == NULL ? name.len : (size_t) (slash - name.data);

    tenant = pl_settings_tenant_named(walk->settings, name);

    if (tenant == NULL) {
        *anew = true;
        return PL_OK;
    }

    return pl_settings_put_channel(walk->settings, tenant->id, row, walk->to,
                                   anew, err);
}


/* 0: it is no such key. */

static uint32_t
news_generation(pl_str_t key)
{
    size_t    i;
    uint32_t  n = 0;

    if (key.len <= NEWS_AT
        || memcmp(key.data, NEWS_LEAD, sizeof(NEWS_LEAD) - 1) != 0)
    {
        return 0;
    }

    for (i = sizeof(NEWS_LEAD) - 1; i < NEWS_AT - 1; i++) {
        if (strchr("0123456789abcdef", key.data[i]) == NULL) {
            return 0;
        }

        n = n << 4 | (uint32_t) (key.data[i] <= '9' ? key.data[i] - '0'
                                                    : key.data[i] - 'a' + 10);
    }

    return n;
}
