/*
 * A snapshot's indexes, by a tenant's name and by a channel's account. See
 * settings_impl.h.
 */

#include <string.h>

#include "../core/str.h"
#include "settings_impl.h"

#define INDEX_FNV  2166136261u

static size_t index_size(size_t n);
static uint32_t index_hash(uint32_t h, pl_str_t text);
static size_t index_account(const pl_settings_t *s, pl_str_t provider,
    pl_str_t account);


const pl_tenant_conf_t *
pl_settings_tenant_named(const pl_settings_t *s, pl_str_t name)
{
    size_t                   i;
    const pl_tenant_conf_t  *t;

    if (s->n_names == 0) {
        return NULL;
    }

    for (i = index_hash(INDEX_FNV, name) & (s->n_names - 1);
         s->names[i] != 0;
         i = (i + 1) & (s->n_names - 1))
    {
        t = &s->tenants[s->names[i] - 1];

        if (pl_str_eq(pl_str_c(t->row->name), name)) {
            return t;
        }
    }

    return NULL;
}


const pl_channel_conf_t *
pl_settings_account(const pl_settings_t *s, pl_str_t provider,
    pl_str_t account)
{
    size_t                     i;
    const pl_channel_t        *p;
    const pl_channel_conf_t   *c;

    if (s->n_hash == 0) {
        return NULL;
    }

    p = pl_channel_find(provider);

    if (p != NULL && p->carries != NULL) {
        provider = pl_str_c(p->carries);
    }

    /* half full at most, so that a free place always ends the search */

    for (i = index_account(s, provider, account); s->hash[i] != 0;
         i = (i + 1) & (s->n_hash - 1))
    {
        c = &s->channels[s->hash[i] - 1];

        if (pl_str_eq(pl_str_c(c->row->account), account)
            && pl_str_eq(pl_str_c(c->row->provider), provider))
        {
            return c;
        }
    }

    return NULL;
}


pl_status_t
pl_settings_names(pl_settings_t *s, pl_err_t *err)
{
    size_t  i;

    s->n_names = index_size(s->n_tenants);
    s->names = pl_arena_zalloc(s->ar, s->n_names * sizeof(*s->names));
    if (s->names == NULL) {
        s->n_names = 0;
        return pl_err_set(err, PL_NOMEM, "settings", 0, "out of memory");
    }

    for (i = 0; i < s->n_tenants; i++) {
        pl_settings_name_add(s, &s->tenants[i]);
    }

    return PL_OK;
}


void
pl_settings_name_add(pl_settings_t *s, const pl_tenant_conf_t *tenant)
{
    size_t  i;

    i = index_hash(INDEX_FNV, pl_str_c(tenant->row->name))
        & (s->n_names - 1);

    while (s->names[i] != 0) {
        i = (i + 1) & (s->n_names - 1);
    }

    s->names[i] = tenant->id;
}


pl_status_t
pl_settings_accounts(pl_settings_t *s, pl_err_t *err)
{
    size_t  i;

    /* the room that is there already, where it is enough: a snapshot's arena
       keeps what is given up */

    if (s->hash != NULL && s->n_hash >= index_size(s->n_channels)) {
        memset(s->hash, 0, s->n_hash * sizeof(*s->hash));

    } else {
        s->n_hash = index_size(s->n_channels);
        s->hash = pl_arena_zalloc(s->ar, s->n_hash * sizeof(*s->hash));
    }

    if (s->hash == NULL) {
        s->n_hash = 0;
        return pl_err_set(err, PL_NOMEM, "settings", 0, "out of memory");
    }

    for (i = 0; i < s->n_channels; i++) {
        if (!s->channels[i].row->removed) {
            pl_settings_account_add(s, &s->channels[i]);
        }
    }

    return PL_OK;
}


void
pl_settings_account_add(pl_settings_t *s, const pl_channel_conf_t *channel)
{
    size_t  i;

    i = index_account(s, pl_str_c(channel->row->provider),
                         pl_str_c(channel->row->account));

    while (s->hash[i] != 0) {
        i = (i + 1) & (s->n_hash - 1);
    }

    s->hash[i] = channel->row->id;
}


/* Half full, and room for as many again. */

static size_t
index_size(size_t n)
{
    size_t  size;

    for (size = 8; size < n * 4; /* void */ ) {
        size *= 2;
    }

    return size;
}


static size_t
index_account(const pl_settings_t *s, pl_str_t provider,
    pl_str_t account)
{
    return index_hash(index_hash(INDEX_FNV, provider), account)
           & (s->n_hash - 1);
}


/*
 * FNV-1a: names and accounts are what an operator wrote, not what an
 * attacker sends.
 */

static uint32_t
index_hash(uint32_t h, pl_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        h = (h ^ text.data[i]) * 16777619u;
    }

    return h;
}
