/*
 * What a snapshot of the settings is made of; for settings*.c alone.
 */

#ifndef PL_SETTINGS_IMPL_H_INCLUDED
#define PL_SETTINGS_IMPL_H_INCLUDED

#include "settings.h"

struct pl_settings_s {
    pl_arena_t                *ar;
    Pl__GlobalSettings        *global;
    pl_tenant_conf_t          *tenants;     /* in order of id */
    size_t                     n_tenants;
    size_t                     room_tenants;
    uint32_t                  *names;       /* ids, by the hash of a name */
    size_t                     n_names;     /* a power of two */
    bool                       turned;      /* one has a clock of its own */
    pl_channel_conf_t         *channels;    /* in order of id */
    size_t                     n_channels;
    size_t                     room_channels;
    uint32_t                  *hash;        /* ids, by account */
    size_t                     n_hash;      /* a power of two */
    size_t                     puts;        /* since it was loaded */
    bool                       stale;       /* of no generation any more */
    pl_kept_list_t            *kept;
    pl_zones_t                *zones;
};

/* The two indexes, made anew: open addressing, half full at most. */
pl_status_t pl_settings_names(pl_settings_t *s, pl_err_t *err);
pl_status_t pl_settings_accounts(pl_settings_t *s, pl_err_t *err);

/* One more in an index that has room for it. */
void pl_settings_name_add(pl_settings_t *s, const pl_tenant_conf_t *tenant);
void pl_settings_account_add(pl_settings_t *s,
    const pl_channel_conf_t *channel);

/* A channel's row as it holds: over.h, and what the settings of all say.
   NULL: no memory. */
const Pl__ChannelSettings *pl_settings_channel_row(pl_settings_t *s,
    const Pl__ChannelSettings *base);

/* What is compiled of a tenant's row, and of a channel's. PL_NOMEM alone is
   an error; what cannot be read lets nothing leave, visibly (terms.h). */
pl_status_t pl_settings_tenant_terms(pl_settings_t *s,
    pl_tenant_conf_t *tenant, pl_err_t *err);
pl_status_t pl_settings_channel_terms(pl_settings_t *s,
    pl_channel_conf_t *channel, pl_err_t *err);

#endif /* PL_SETTINGS_IMPL_H_INCLUDED */
