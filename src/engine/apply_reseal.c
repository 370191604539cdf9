/*
 * Reseal: a secret that was sealed under one key is sealed under another. Who
 * asks holds both; here no key is known, and what is told is put where the
 * old form stands, and nowhere else.
 */

#include <string.h>

#include "news.h"
#include "place.h"
#include "subaccount.h"
#include "subscription.h"

static pl_status_t reseal_channel(pl_apply_t *ap, const Pl__Reseal *in,
    pl_err_t *err);
static pl_status_t reseal_subscription(pl_apply_t *ap, const Pl__Reseal *in,
    pl_err_t *err);
static pl_status_t reseal_subaccount(pl_apply_t *ap, const Pl__Reseal *in,
    pl_err_t *err);
static bool reseal_is(const Pl__Reseal *in, ProtobufCBinaryData sealed);
static pl_status_t reseal_told(pl_apply_t *ap, const Pl__Reseal *in,
    uint64_t id, const char *name, pl_err_t *err);


pl_status_t
pl_apply_reseal(pl_apply_t *ap, const Pl__Reseal *in, pl_err_t *err)
{
    pl_status_t  rc;

    if (in->sealed.len == 0 || in->sealed.len > PL_PLACE_TOKEN_MAX
        || (in->has_channel != 0) + (in->has_subscription != 0)
           + (in->subaccount != 0) != 1
        || (in->actor != NULL && strlen(in->actor) > PL_ACTOR_MAX))
    {
        rc = pl_err_set(err, PL_INVALID, "settings", 0,
                        "a channel's token, an account's, or a "
                        "subscription's secret");
        pl_err_path(err, "sealed");
        return rc;
    }

    return in->has_channel ? reseal_channel(ap, in, err)
           : in->subaccount ? reseal_subaccount(ap, in, err)
           : reseal_subscription(ap, in, err);
}


/* What became another one meanwhile was sealed under the new key then. */

static pl_status_t
reseal_channel(pl_apply_t *ap, const Pl__Reseal *in, pl_err_t *err)
{
    pl_status_t                 rc;
    Pl__ChannelSettings         row;
    const pl_tenant_conf_t     *tenant;
    const pl_channel_conf_t    *channel;

    tenant = pl_settings_tenant(ap->settings, in->tenant);
    channel = pl_settings_channel(ap->settings, in->channel);

    if (tenant == NULL || channel == NULL || channel->tenant != in->tenant
        || !channel->base->has_token || !reseal_is(in, channel->base->token))
    {
        return PL_OK;
    }

    row = *channel->base;
    row.token = in->sealed;

    rc = pl_news_begin(ap, err);

    if (rc == PL_OK) {
        rc = pl_news_channel(ap, in->tenant, tenant->row->name, &row, err);
    }

    return rc == PL_OK ? reseal_told(ap, in, row.id, row.name, err) : rc;
}


static pl_status_t
reseal_subscription(pl_apply_t *ap, const Pl__Reseal *in, pl_err_t *err)
{
    size_t             i;
    pl_status_t        rc;
    Pl__Subscription  *row;

    rc = pl_subscription_get(ap->txn, in->tenant, in->subscription, ap->ar,
                             &row, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    for (i = 0; i < row->n_secrets; i++) {
        if (row->secrets[i]->place == in->place
            && reseal_is(in, row->secrets[i]->sealed))
        {
            break;
        }
    }

    if (i == row->n_secrets) {
        return PL_OK;
    }

    row->secrets[i]->sealed = in->sealed;
    pl_subscription_changed(ap);

    rc = pl_subscription_put(ap, in->tenant, row, err);

    return rc == PL_OK ? reseal_told(ap, in, in->subscription, NULL, err)
                       : rc;
}


static pl_status_t
reseal_subaccount(pl_apply_t *ap, const Pl__Reseal *in, pl_err_t *err)
{
    pl_status_t      rc;
    Pl__Subaccount  *row;

    rc = pl_subaccount_get(ap->txn, in->tenant, ap->ar, &row, err);

    if (rc != PL_OK || row == NULL || !row->has_token
        || !reseal_is(in, row->token))
    {
        return rc;
    }

    row->token = in->sealed;

    rc = pl_subaccount_put(ap, in->tenant, row, err);

    return rc == PL_OK ? reseal_told(ap, in, row->channel, row->sid, err)
                       : rc;
}


static bool
reseal_is(const Pl__Reseal *in, ProtobufCBinaryData sealed)
{
    return sealed.len == in->was.len && sealed.len != 0
           && memcmp(sealed.data, in->was.data, sealed.len) == 0;
}


static pl_status_t
reseal_told(pl_apply_t *ap, const Pl__Reseal *in, uint64_t id,
    const char *name, pl_err_t *err)
{
    Pl__AuditEvent  event = PL__AUDIT_EVENT__INIT;

    event.kind = PL__AUDIT_KIND__AUDIT_KIND_SETTINGS;
    event.has_subject = 1;
    event.subject = id;
    event.rule = (char *) "secret sealed anew";
    event.text = (char *) name;
    event.actor = in->actor;

    return pl_feed_audit_row(ap, in->tenant, &event, err);
}
