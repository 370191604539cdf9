/*
 * A snapshot that follows what was put, so that ten thousand tenants can be
 * made without ten thousand loads. See settings.h.
 */

#include <string.h>

#include "../core/str.h"
#include "over.h"
#include "settings_impl.h"

/* The arena keeps what was replaced, until all is loaded anew. */
#define PUT_PUTS_MAX  4096

static pl_status_t put_tenant_room(pl_settings_t *s, pl_err_t *err);
static pl_status_t put_channel_room(pl_settings_t *s, pl_err_t *err);
static void *put_grown(pl_settings_t *s, const void *from, size_t n,
    size_t size, size_t *room);
static pl_status_t put_tenant_row(pl_settings_t *s, pl_tenant_conf_t *t,
    const Pl__TenantSettings *row, bool fresh, pl_err_t *err);
static void put_like(pl_settings_t *s, pl_tenant_conf_t *t);
static void put_turned(pl_settings_t *s);
static pl_status_t put_followers(pl_settings_t *s, uint32_t tenant,
    pl_err_t *err);
static bool put_account(const Pl__ChannelSettings *a,
    const Pl__ChannelSettings *b);
static ProtobufCMessage *put_copy(pl_settings_t *s,
    const ProtobufCMessage *row);
static void put_begun(pl_settings_t *s, uint32_t generation);
static pl_status_t put_nomem(pl_err_t *err);


pl_status_t
pl_settings_put_tenant(pl_settings_t *s, const Pl__TenantSettings *row,
    uint32_t generation, bool *anew, pl_err_t *err)
{
    bool                     fresh;
    pl_status_t              rc;
    pl_tenant_conf_t        *t;

    put_begun(s, generation);
    fresh = row->id == s->n_tenants + 1;

    if (row->id == 0 || row->id > s->n_tenants + 1) {
        return pl_err_set(err, PL_INVALID, "settings", 0,
                          "tenant ids have a gap at %u", row->id);
    }

    rc = fresh ? put_tenant_room(s, err) : PL_OK;
    if (rc != PL_OK) {
        return rc;
    }

    t = &s->tenants[row->id - 1];

    rc = put_tenant_row(s, t, row, fresh, err);

    if (rc == PL_OK && !fresh) {
        rc = put_followers(s, t->id, err);
    }

    *anew = ++s->puts >= PUT_PUTS_MAX;

    return rc;
}


pl_status_t
pl_settings_put_channel(pl_settings_t *s, uint32_t tenant,
    const Pl__ChannelSettings *row, uint32_t generation, bool *anew,
    pl_err_t *err)
{
    bool                fresh, moved;
    pl_status_t         rc;
    pl_channel_conf_t  *c;

    put_begun(s, generation);
    fresh = row->id == s->n_channels + 1;

    if (row->id == 0 || row->id > s->n_channels + 1 || tenant == 0
        || tenant > s->n_tenants)
    {
        return pl_err_set(err, PL_INVALID, "settings", 0,
                          "channel ids have a gap at %u", row->id);
    }

    rc = fresh ? put_channel_room(s, err) : PL_OK;
    if (rc != PL_OK) {
        return rc;
    }

    c = &s->channels[row->id - 1];

    moved = !fresh && !put_account(c->row, row);

    c->tenant = tenant;
    c->base = (Pl__ChannelSettings *) put_copy(s, &row->base);
    c->row = c->base == NULL ? NULL : pl_settings_channel_row(s, c->base);
    if (c->row == NULL) {
        return put_nomem(err);
    }

    s->n_channels += fresh;
    c->provider = pl_channel_find(pl_str_c(c->row->provider));

    rc = pl_settings_channel_terms(s, c, err);

    /* another account, or none: what stood in the index cannot be taken out
       of it */

    if (rc == PL_OK && moved) {
        rc = pl_settings_accounts(s, err);

    } else if (rc == PL_OK && fresh && !c->row->removed) {
        pl_settings_account_add(s, c);
    }

    *anew = ++s->puts >= PUT_PUTS_MAX;

    return rc;
}


void
pl_settings_stale(pl_settings_t *s)
{
    s->stale = true;
}


/* For one more, in the list and in the index. */

static pl_status_t
put_tenant_room(pl_settings_t *s, pl_err_t *err)
{
    pl_tenant_conf_t  *grown;

    if (s->n_tenants == s->room_tenants) {
        grown = put_grown(s, s->tenants, s->n_tenants, sizeof(*grown),
                          &s->room_tenants);
        if (grown == NULL) {
            return put_nomem(err);
        }

        s->tenants = grown;
    }

    return (s->n_tenants + 1) * 2 > s->n_names ? pl_settings_names(s, err)
                                               : PL_OK;
}


static pl_status_t
put_channel_room(pl_settings_t *s, pl_err_t *err)
{
    pl_channel_conf_t  *grown;

    if (s->n_channels == s->room_channels) {
        grown = put_grown(s, s->channels, s->n_channels, sizeof(*grown),
                          &s->room_channels);
        if (grown == NULL) {
            return put_nomem(err);
        }

        s->channels = grown;
    }

    return (s->n_channels + 1) * 2 > s->n_hash
           ? pl_settings_accounts(s, err) : PL_OK;
}


/* Twice the room, what is there copied. */

static void *
put_grown(pl_settings_t *s, const void *from, size_t n, size_t size,
    size_t *room)
{
    void  *to;

    to = pl_arena_zalloc(s->ar, 2 * (n + 1) * size);

    if (to != NULL && n != 0) {
        memcpy(to, from, n * size);
    }

    *room = to == NULL ? *room : 2 * (n + 1);

    return to;
}


static pl_status_t
put_tenant_row(pl_settings_t *s, pl_tenant_conf_t *t,
    const Pl__TenantSettings *row, bool fresh, pl_err_t *err)
{
    pl_status_t  rc;

    pl_terms_clear(t->own);
    t->own = NULL;
    t->terms = NULL;
    t->stop = NULL;

    t->id = row->id;
    t->base = (Pl__TenantSettings *) put_copy(s, &row->base);
    t->row = t->base == NULL ? NULL : pl_over_tenant(s->ar, t->base);
    if (t->row == NULL) {
        return put_nomem(err);
    }

    s->n_tenants += fresh;

    put_like(s, t);
    put_turned(s);

    if (fresh) {
        pl_settings_name_add(s, t);
    }

    rc = pl_stop_settings(s->ar, t->row, &t->stop, err);

    return rc == PL_OK ? pl_settings_tenant_terms(s, t, err) : rc;
}


/* Flows of its own come from nginx.conf, and stay what they are. */

static void
put_like(pl_settings_t *s, pl_tenant_conf_t *t)
{
    const pl_tenant_conf_t  *base;

    if (!t->row->runtime) {
        return;
    }

    t->like = 0;
    t->flows = NULL;
    t->n_flows = 0;

    base = t->row->like == NULL
           ? NULL : pl_settings_tenant_named(s, pl_str_c(t->row->like));

    if (base != NULL && !base->row->runtime) {
        t->like = base->id;
        t->flows = base->flows;
        t->n_flows = base->n_flows;
    }
}


static void
put_turned(pl_settings_t *s)
{
    size_t  i;

    s->turned = false;

    for (i = 0; i < s->n_tenants && !s->turned; i++) {
        s->turned = s->tenants[i].row->clock_ms != 0;
    }
}


/* A tenant's policy may be another: that of those that are like it, and of
   all their channels, goes by it. */

static pl_status_t
put_followers(pl_settings_t *s, uint32_t tenant, pl_err_t *err)
{
    size_t              i;
    pl_status_t         rc = PL_OK;
    pl_channel_conf_t  *c;

    for (i = 0; rc == PL_OK && i < s->n_tenants; i++) {
        if (s->tenants[i].like == tenant) {
            rc = pl_settings_tenant_terms(s, &s->tenants[i], err);
        }
    }

    for (i = 0; rc == PL_OK && i < s->n_channels; i++) {
        c = &s->channels[i];

        if (c->tenant == tenant || s->tenants[c->tenant - 1].like == tenant) {
            rc = pl_settings_channel_terms(s, c, err);
        }
    }

    return rc;
}


/* Do they stand in the same place of the index? */

static bool
put_account(const Pl__ChannelSettings *a, const Pl__ChannelSettings *b)
{
    return a->removed == b->removed && strcmp(a->account, b->account) == 0
           && strcmp(a->provider, b->provider) == 0;
}


/* In the snapshot's own memory: the caller's ends with its entry. */

static ProtobufCMessage *
put_copy(pl_settings_t *s, const ProtobufCMessage *row)
{
    size_t    len;
    uint8_t  *bytes;

    len = protobuf_c_message_get_packed_size(row);

    bytes = pl_arena_alloc(s->ar, len + 1);
    if (bytes == NULL) {
        return NULL;
    }

    (void) protobuf_c_message_pack(row, bytes);     /* len */

    return protobuf_c_message_unpack(row->descriptor,
                                     pl_arena_protobuf(s->ar), len, bytes);
}


/*
 * Before anything can fail: the store that is gone back to has another
 * generation, so that a snapshot that was left half done is loaded anew.
 */

static void
put_begun(pl_settings_t *s, uint32_t generation)
{
    if (s->global != NULL) {
        s->global->generation = generation;
    }
}


static pl_status_t
put_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "settings", 0, "out of memory");
}
