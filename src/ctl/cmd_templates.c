/*
 * templates: those of a tenant's channels as they are known, and how each
 * channel's list of them is read.
 */

#include <inttypes.h>
#include <string.h>

#include "../channel/template.h"
#include "../core/record.h"
#include "../engine/keys.h"
#include "cmd.h"
#include "list.h"
#include "sync.h"


#define TEMPLATES_KEY_LEN  8            /* tenant and channel; names follow */


/* Where the listing stands: whole is the row of the list itself, which comes
   before those of its templates. */
typedef struct {
    plctl_cursor_t       cursor;
    uint8_t              prefix[TEMPLATES_KEY_LEN];
    size_t               prefix_len;
    uint32_t             channel;
    Pl__TemplateRecord   whole;
} templates_t;


static int templates_readings(plctl_t *ctl, uint32_t tenant,
    const char *channel, pl_err_t *err);
static void templates_reading(plctl_t *ctl, const Pl__Ctl__SyncRow *row);
static void templates_under_way(plctl_t *ctl, const Pl__TemplateSync *sync);
static pl_status_t templates_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static void templates_pause(void *data);
static void templates_whole(templates_t *at, uint32_t channel,
    const Pl__TemplateRecord *record);
static void templates_cells(plctl_row_t *row, pl_arena_t *ar,
    const Pl__Ctl__TemplateRow *json);


static const char *const  templates_titles[] = {
    "CHANNEL", "NAME", "LANGUAGE", "CATEGORY", "STATUS", "QUALITY", "LISTED",
    "REASON", "ID"
};


int
plctl_cmd_templates(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    int           status;
    uint32_t      tenant, channel;
    pl_err_t      err = { 0 };
    pl_key_t      key = { .len = 0 };
    pl_status_t   rc;
    templates_t   at;

    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = templates_titles,
        .n_titles = PL_COUNT(templates_titles),
        .next = templates_next,
        .pause = templates_pause,
    };

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, words[0], &tenant, &err);
    }

    if (rc == PL_OK && n_words > 1) {
        rc = plctl_sync_channel(ctl, tenant, words[1], &channel, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    status = templates_readings(ctl, tenant, n_words > 1 ? words[1] : NULL,
                                &err);
    if (status != PLCTL_EXIT_OK) {
        return status;
    }

    pl_key_u32(&key, tenant);
    if (n_words > 1) {
        pl_key_u32(&key, channel);
    }

    memset(&at, 0, sizeof(at));
    pl__template_record__init(&at.whole);
    plctl_cursor_init(&at.cursor, PL_TABLE_TEMPLATES, false);
    plctl_cursor_from(&at.cursor, pl_key_str(&key));
    at.prefix_len = pl_key_str(&key).len;
    memcpy(at.prefix, pl_key_str(&key).data, at.prefix_len);

    return plctl_list(ctl, &listing, &at, ctl->args->limit);
}


/* A line for each channel: how its list is read. */

static int
templates_readings(plctl_t *ctl, uint32_t tenant, const char *channel,
    pl_err_t *err)
{
    size_t                    i;
    Pl__Ctl__SyncRow          row = PL__CTL__SYNC_ROW__INIT;
    const pl_channel_conf_t  *conf;

    for (i = 0; ; i++) {
        conf = pl_settings_channel_at(ctl->settings, i);
        if (conf == NULL) {
            return PLCTL_EXIT_OK;
        }

        if (conf->tenant != tenant
            || (channel != NULL && strcmp(conf->row->name, channel) != 0))
        {
            continue;
        }

        row.tenant = (char *) plctl_tenant_name(ctl, ctl->ar, tenant);
        row.channel = conf->row->name;

        if (plctl_sync_state(ctl, tenant, conf->row->id, &row.sync, err)
            != PL_OK)
        {
            return plctl_fail(ctl, err);
        }

        if (!ctl->json) {
            templates_reading(ctl, &row);

        } else if (plctl_json(ctl, &row.base, err) != PL_OK) {
            return plctl_fail(ctl, err);
        }
    }
}


static void
templates_reading(plctl_t *ctl, const Pl__Ctl__SyncRow *row)
{
    const Pl__TemplateSync  *sync = row->sync;

    fprintf(ctl->out, "%s: ", plctl_clean(ctl->ar, row->channel));

    if (sync == NULL || !sync->has_synced_ms) {
        fprintf(ctl->out, "the list was never read to its end");

    } else {
        fprintf(ctl->out, "the list was read %s, %" PRIu32 " templates",
                plctl_time(ctl->ar, sync->synced_ms), sync->templates);

        if (sync->unread != 0) {
            fprintf(ctl->out, ", and %" PRIu32 " that could not be read",
                    sync->unread);
        }
    }

    if (sync != NULL && sync->error != NULL) {
        fprintf(ctl->out, "; trouble %s: %s",
                plctl_time(ctl->ar, sync->error_ms),
                plctl_clean(ctl->ar, sync->error));
    }

    if (sync != NULL) {
        templates_under_way(ctl, sync);
    }

    fprintf(ctl->out, "\n");
}


static void
templates_under_way(plctl_t *ctl, const Pl__TemplateSync *sync)
{
    if (sync->has_effect && sync->pages != 0) {
        fprintf(ctl->out, "; being read: %" PRIu32 " pages, %" PRIu32
                " templates", sync->pages, sync->seen);

    } else if (sync->has_effect) {
        fprintf(ctl->out, "; next: %s",
                plctl_id(ctl->ar, "eff", sync->effect));
    }
}


static pl_status_t
templates_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    pl_str_t               key, value;
    uint32_t               channel;
    pl_status_t            rc;
    templates_t           *at = data;
    ProtobufCMessage      *msg;
    Pl__Ctl__TemplateRow  *json;

    rc = plctl_cursor_next(&at->cursor, txn, &key, &value, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (key.len < TEMPLATES_KEY_LEN
        || memcmp(key.data, at->prefix, at->prefix_len) != 0)
    {
        return PL_NOTFOUND;
    }

    channel = pl_be32(key.data + 4);

    rc = pl_record_read(PL_TABLE_TEMPLATES, value,
                        &pl__template_record__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    templates_whole(at, channel, (Pl__TemplateRecord *) msg);

    json = pl_arena_alloc(ar, sizeof(*json));
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    pl__ctl__template_row__init(json);
    json->channel = (char *) plctl_channel_name(ctl, ar, channel);
    json->template_ = (Pl__TemplateRecord *) msg;
    json->gone = pl_template_gone(json->template_, &at->whole);
    json->has_gone = json->gone;

    row->json = &json->base;
    row->skip = json->template_->name[0] == '\0';
    templates_cells(row, ar, json);

    return PL_OK;
}


static void
templates_pause(void *data)
{
    plctl_cursor_pause(&((templates_t *) data)->cursor);
}


/* Numbers alone: its texts live as long as a chunk of the listing. */

static void
templates_whole(templates_t *at, uint32_t channel,
    const Pl__TemplateRecord *record)
{
    if (channel != at->channel) {
        at->channel = channel;
        at->whole.has_sync = 0;
    }

    if (record->name[0] == '\0') {
        at->whole.has_sync = record->has_sync;
        at->whole.sync = record->sync;
        at->whole.listed_ms = record->listed_ms;
    }
}


static void
templates_cells(plctl_row_t *row, pl_arena_t *ar,
    const Pl__Ctl__TemplateRow *json)
{
    const Pl__TemplateRecord  *t = json->template_;

    row->cells[0] = plctl_clean(ar, json->channel);
    row->cells[1] = plctl_clean(ar, t->name);
    row->cells[2] = plctl_clean(ar, t->language);
    row->cells[3] = t->has_category
                    ? plctl_enum(ar, &pl__template_category__descriptor,
                                 (int) t->category) : NULL;
    row->cells[4] = json->gone ? "gone"
                    : plctl_enum(ar, &pl__template_status__descriptor,
                                 (int) t->status);
    row->cells[5] = plctl_clean(ar, t->quality);
    row->cells[6] = plctl_time(ar, t->listed_ms);
    row->cells[7] = plctl_clean(ar, t->reason);
    row->cells[8] = plctl_clean(ar, t->id);
}
