/*
 * tenant list, channel list: of nginx.conf and made since.
 */

#include "../engine/place.h"
#include "api_places.pb-c.h"
#include "cmd.h"
#include "list.h"

/* Of a listing of channels. */
typedef struct {
    size_t     at;
    uint32_t   tenant;          /* 0: all */
} place_list_t;

static pl_status_t place_tenant_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t place_channel_next(plctl_t *ctl, pl_txn_t *txn,
    void *data, pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);


static const char *const  place_tenant_titles[] = {
    "TENANT", "FROM", "LIKE", "STATE", "ZONE", ">RATE"
};

static const char *const  place_channel_titles[] = {
    "TENANT", "CHANNEL", "PROVIDER", "FROM", "STATE", "TOKEN", "ACCOUNT"
};


int
plctl_cmd_tenant_list(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t                err = { 0 };
    place_list_t            list = { 0, 0 };
    const plctl_listing_t   listing = {
        PL_ENV_STATE, place_tenant_titles, PL_COUNT(place_tenant_titles),
        place_tenant_next, NULL
    };

    (void) words;
    (void) n_words;

    if (plctl_open(ctl, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return plctl_list(ctl, &listing, &list, ctl->args->limit);
}


int
plctl_cmd_channel_list(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t                err = { 0 };
    pl_status_t             rc;
    place_list_t            list = { 0, 0 };
    const plctl_listing_t   listing = {
        PL_ENV_STATE, place_channel_titles, PL_COUNT(place_channel_titles),
        place_channel_next, NULL
    };

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK && n_words != 0) {
        rc = plctl_tenant(ctl, words[0], &list.tenant, &err);
    }

    return rc == PL_OK ? plctl_list(ctl, &listing, &list, ctl->args->limit)
                       : plctl_fail(ctl, &err);
}


static pl_status_t
place_tenant_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    place_list_t             *list = data;
    Pl__Api__TenantView      *view;
    const pl_tenant_conf_t   *tenant;

    (void) txn;

    tenant = pl_settings_tenant_at(ctl->settings, list->at++);
    if (tenant == NULL) {
        return PL_NOTFOUND;
    }

    view = pl_arena_alloc(ar, sizeof(*view));
    if (view == NULL) {
        return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    pl__api__tenant_view__init(view);
    view->name = tenant->row->name;
    view->time_zone = tenant->row->time_zone;
    view->language = tenant->row->language;
    view->has_removed = view->removed = tenant->row->removed;
    view->has_runtime = view->runtime = tenant->row->runtime;
    view->like = tenant->row->like;
    view->has_rate_per_s = tenant->row->has_rate_per_s;
    view->rate_per_s = tenant->row->rate_per_s;

    row->json = &view->base;
    row->cells[0] = view->name;
    row->cells[1] = view->runtime ? "run time" : "nginx.conf";
    row->cells[2] = view->like;
    row->cells[3] = view->removed ? "removed" : "there";
    row->cells[4] = view->time_zone;
    row->cells[5] = view->has_rate_per_s
                    ? pl_arena_printf(ar, "%u", (unsigned) view->rate_per_s)
                    : NULL;

    return PL_OK;
}


static pl_status_t
place_channel_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    place_list_t               *list = data;
    Pl__Api__ChannelView       *view;
    const pl_channel_conf_t    *channel;
    const Pl__ChannelSettings  *of;

    (void) txn;

    do {
        channel = pl_settings_channel_at(ctl->settings, list->at++);
    } while (channel != NULL && list->tenant != 0
             && channel->tenant != list->tenant);

    if (channel == NULL) {
        return PL_NOTFOUND;
    }

    view = pl_arena_alloc(ar, sizeof(*view));
    if (view == NULL) {
        return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    of = channel->row;

    pl__api__channel_view__init(view);
    view->name = of->name;
    view->provider = of->provider;
    view->account = of->account;
    view->waba_id = of->waba_id;
    view->has_removed = view->removed = of->removed;
    view->has_runtime = view->runtime = of->runtime;
    view->has_rate_per_s = 1;
    view->rate_per_s = of->rate_per_s;

    row->json = &view->base;
    row->cells[0] = plctl_tenant_name(ctl, ar, channel->tenant);
    row->cells[1] = view->name;
    row->cells[2] = view->provider;
    row->cells[3] = view->runtime ? "run time" : "nginx.conf";
    row->cells[4] = view->removed ? "removed" : "there";
    row->cells[5] = of->has_token ? "set" : NULL;
    row->cells[6] = plctl_clean(ar, view->account);

    return PL_OK;
}
