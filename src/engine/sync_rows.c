/*
 * Rows of `templates` as a provider's list tells them. See sync.h.
 */

#include <string.h>

#include "../channel/template.h"
#include "../core/record.h"
#include "sync.h"

#define ROWS_SKEW_S  60         /* that the provider's clock may be ahead */

/* When the page was asked for, and what time it is now, in the provider's
   unit. What the page says is held to be a second older than the asking: a
   webhook of that very second may be newer than the page, and stands. */
typedef struct {
    int64_t  asked_s;
    int64_t  now_s;
} rows_time_t;

static pl_status_t rows_get(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const char *name, const char *language, pl_key_t *key,
    Pl__TemplateRecord **record, pl_err_t *err);
static void rows_merge(Pl__TemplateRecord *to,
    const Pl__TemplateRecord *from, const rows_time_t *t);
static void rows_components(Pl__TemplateRecord *to,
    const Pl__TemplateRecord *from, int64_t time_s);
static bool rows_newer(int64_t time_s, const rows_time_t *t);
static bool rows_past(const pl_apply_t *ap, const Pl__TemplateRecord *record,
    const Pl__TemplateRecord *whole);


pl_status_t
pl_sync_row(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__TemplateRecord *listed, uint64_t sync, int64_t asked_ms,
    pl_err_t *err)
{
    bool                 news;
    pl_key_t             key;
    rows_time_t          t;
    pl_status_t          rc;
    Pl__TemplateStatus   status;
    Pl__TemplateRecord   fresh = PL__TEMPLATE_RECORD__INIT, *record;

    if (listed->name[0] == '\0' || listed->language[0] == '\0') {
        return pl_err_set(err, PL_INVALID, "templates", 0,
                          "a template without a name");
    }

    rc = rows_get(ap, channel, listed->name, listed->language, &key, &record,
                  err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    news = (rc == PL_NOTFOUND);

    if (news) {
        record = &fresh;
        record->status = PL__TEMPLATE_STATUS__TEMPLATE_STATUS_UNTOLD;
        record->name = listed->name;
        record->language = listed->language;
    }

    t.asked_s = asked_ms / 1000;
    t.now_s = ap->now_ms / 1000;
    status = record->status;
    rows_merge(record, listed, &t);
    news = news || record->status != status;

    record->has_sync = 1;
    record->sync = sync;
    record->has_listed_ms = 1;
    record->listed_ms = ap->now_ms;
    record->has_updated_ms = 1;
    record->updated_ms = ap->now_ms;

    rc = pl_record_put(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                       &record->base, false, err);

    return rc == PL_OK && news
           ? pl_feed_template(ap, channel, record->name, record->language,
                              err)
           : rc;
}


pl_status_t
pl_sync_whole(pl_apply_t *ap, const pl_channel_conf_t *channel,
    Pl__TemplateRecord **whole, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    rc = rows_get(ap, channel, "", "", &key, whole, err);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_sync_whole_put(pl_apply_t *ap, const pl_channel_conf_t *channel,
    uint64_t sync, int64_t begun_ms, pl_err_t *err)
{
    pl_key_t             key;
    pl_status_t          rc;
    Pl__TemplateRecord   whole = PL__TEMPLATE_RECORD__INIT;

    pl_key_template(&key, channel->tenant, channel->row->id, "", "");

    if (sync == 0) {
        rc = pl_store_del(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                          err);
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    whole.name = (char *) "";
    whole.language = (char *) "";
    whole.status = PL__TEMPLATE_STATUS__TEMPLATE_STATUS_UNTOLD;
    whole.has_sync = 1;
    whole.sync = sync;
    whole.has_listed_ms = 1;
    whole.listed_ms = begun_ms;
    whole.has_updated_ms = 1;
    whole.updated_ms = ap->now_ms;

    return pl_record_put(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                         &whole.base, false, err);
}


pl_status_t
pl_sync_sweep(pl_apply_t *ap, const pl_channel_conf_t *channel,
    Pl__TemplateSync *sync, pl_err_t *err)
{
    unsigned             n;
    pl_key_t             from;
    pl_str_t             key, value;
    pl_scan_t           *scan;
    pl_status_t          rc;
    ProtobufCMessage    *msg;
    Pl__TemplateRecord  *whole, *record;

    rc = pl_sync_whole(ap, channel, &whole, err);
    if (rc != PL_OK || whole == NULL) {
        return rc;
    }

    pl_key_template(&from, channel->tenant, channel->row->id,
                    sync->swept_name != NULL ? sync->swept_name : "",
                    sync->swept_language != NULL ? sync->swept_language
                                                 : "");
    sync->swept_name = NULL;
    sync->swept_language = NULL;

    rc = pl_store_scan(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&from), false,
                       &scan, err);

    for (n = 0; rc == PL_OK; n++) {
        rc = pl_store_scan_next(scan, &key, &value, err);
        if (rc != PL_OK || key.len < 8
            || memcmp(key.data, pl_key_str(&from).data, 8) != 0)
        {
            break;
        }

        rc = pl_record_read(PL_TABLE_TEMPLATES, value,
                            &pl__template_record__descriptor, ap->ar, &msg,
                            err);
        if (rc != PL_OK) {
            break;
        }

        record = (Pl__TemplateRecord *) msg;

        if (n == PL_SYNC_SWEEP_ROWS) {          /* go on here next time */
            sync->swept_name = record->name;
            sync->swept_language = record->language;
            break;
        }

        if (rows_past(ap, record, whole)) {
            rc = pl_store_scan_del(scan, err);

            if (rc == PL_OK) {
                rc = pl_feed_template(ap, channel, record->name,
                                      record->language, err);
            }
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* PL_NOTFOUND, *record NULL: none. PL_INVALID: a key cannot be as long. */

static pl_status_t
rows_get(pl_apply_t *ap, const pl_channel_conf_t *channel, const char *name,
    const char *language, pl_key_t *key, Pl__TemplateRecord **record,
    pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *record = NULL;
    pl_key_template(key, channel->tenant, channel->row->id, name, language);

    if (!pl_key_ok(key)) {
        return pl_err_set(err, PL_INVALID, "templates", 0,
                          "name and language are too long");
    }

    rc = pl_record_get(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(key),
                       &pl__template_record__descriptor, ap->ar, &msg, err);
    if (rc == PL_OK) {
        *record = (Pl__TemplateRecord *) msg;
    }

    return rc;
}


/* Each group of fields by its own time, as a webhook's are. */

static void
rows_merge(Pl__TemplateRecord *to, const Pl__TemplateRecord *from,
    const rows_time_t *t)
{
    to->id = from->id != NULL ? from->id : to->id;
    to->has_ttl_s = from->has_ttl_s;
    to->ttl_s = from->ttl_s;

    if (!rows_newer(to->status_s, t)) {
        if (to->status != from->status) {
            to->title = NULL;
        }

        to->status = from->status;
        to->word = from->word;
        to->reason = from->reason;
        to->has_status_s = 1;
        to->status_s = t->asked_s - 1;
    }

    if (from->quality != NULL && !rows_newer(to->quality_s, t)) {
        to->quality = from->quality;
        to->has_quality_s = 1;
        to->quality_s = t->asked_s - 1;
    }

    if (from->has_category && !rows_newer(to->category_s, t)) {
        to->has_correct_from_s = to->has_correct_from_s
                                 && from->has_correct_category;
        to->has_category = 1;
        to->category = from->category;
        to->has_correct_category = from->has_correct_category;
        to->correct_category = from->correct_category;
        to->has_category_s = 1;
        to->category_s = t->asked_s - 1;
    }

    if (from->body != NULL && !rows_newer(to->components_s, t)) {
        rows_components(to, from, t->asked_s - 1);
    }
}


static void
rows_components(Pl__TemplateRecord *to, const Pl__TemplateRecord *from,
    int64_t time_s)
{
    to->has_named = from->has_named;
    to->named = from->named;
    to->header = from->header;
    to->body = from->body;
    to->footer = from->footer;
    to->n_buttons = from->n_buttons;
    to->buttons = from->buttons;
    to->n_others = from->n_others;
    to->others = from->others;
    to->has_components_s = 1;
    to->components_s = time_s;
}


/*
 * Was it told after the page was asked for? A time that is yet to come is a
 * wrong clock's, and would keep the list out for as long.
 */

static bool
rows_newer(int64_t time_s, const rows_time_t *t)
{
    return time_s >= t->asked_s && time_s <= t->now_s + ROWS_SKEW_S;
}


static bool
rows_past(const pl_apply_t *ap, const Pl__TemplateRecord *record,
    const Pl__TemplateRecord *whole)
{
    int64_t  last_ms;

    last_ms = record->listed_ms > record->updated_ms ? record->listed_ms
                                                     : record->updated_ms;

    return record->name[0] != '\0' && pl_template_gone(record, whole)
           && last_ms <= ap->now_ms - PL_SYNC_GONE_KEEP_MS;
}
