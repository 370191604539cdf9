/*
 * What nginx.conf said, and what was made beside it over the API (place.h), as
 * the state knows it: a snapshot of the settings table, with flows and time
 * zones compiled, for apply, the sender and ctl. It changes only where
 * its own thread has it follow what was put (news.h).
 */

#ifndef PL_SETTINGS_H_INCLUDED
#define PL_SETTINGS_H_INCLUDED

#include "../channel/channel.h"
#include "../core/store.h"
#include "flow.h"
#include "journal.pb-c.h"
#include "stop.h"
#include "terms.h"
#include "zones.h"

typedef struct pl_settings_s  pl_settings_t;

typedef struct {
    uint32_t                    tenant;
    const Pl__ChannelSettings  *row;        /* token: sealed */
    const Pl__ChannelSettings  *base;       /* as nginx.conf has it (over.h) */
    const pl_channel_t         *provider;   /* NULL: one we do not know */
    const pl_terms_t           *terms;      /* NULL: none are said */
} pl_channel_conf_t;

typedef struct {
    uint32_t                     id;
    const Pl__TenantSettings    *row;
    const Pl__TenantSettings    *base;      /* as nginx.conf has it (over.h) */
    pl_flow_t                  **flows;     /* compiled; those that failed
                                               are left out and audited */
    size_t                       n_flows;
    pl_terms_t                  *own;       /* compiled of its own policy */
    const pl_terms_t            *terms;     /* what holds; NULL: none are
                                               said */
    uint32_t                     like;      /* whose flows, and whose terms
                                               if it has none; 0: its own */
    const pl_stop_t             *stop;      /* its own words; NULL: none */
} pl_tenant_conf_t;

/*
 * Reads the snapshot of this transaction. An empty store gives a snapshot
 * without tenants. The snapshot owns its memory; pl_settings_destroy ends it.
 */
pl_status_t pl_settings_load(pl_settings_t **settings, pl_txn_t *txn,
    const pl_codec_t *codec, pl_err_t *err);
void pl_settings_destroy(pl_settings_t *settings);

uint32_t pl_settings_generation(const pl_settings_t *settings);

/* NULL: nothing was published; or settings are NULL: nobody has read any. */
const Pl__GlobalSettings *pl_settings_global(const pl_settings_t *settings);

/* The marks of fullness; the built-in ones where nobody set any. settings
   may be NULL. */
void pl_settings_marks(const pl_settings_t *settings, pl_marks_t *marks);

/* NULL where there is none. Removed ones are found by id alone. */
const pl_tenant_conf_t *pl_settings_tenant(const pl_settings_t *settings,
    uint32_t id);
const pl_tenant_conf_t *pl_settings_tenant_named(
    const pl_settings_t *settings, pl_str_t name);
const pl_channel_conf_t *pl_settings_channel(const pl_settings_t *settings,
    uint32_t id);

/*
 * How far a tenant's own clock is ahead (sandbox.h); and has any tenant such
 * a clock? settings may be NULL.
 */
int64_t pl_settings_clock(const pl_settings_t *settings, uint32_t tenant);
bool pl_settings_turned(const pl_settings_t *settings);

/* May the tenant's clock be turned? settings may be NULL. */
bool pl_settings_sandbox(const pl_settings_t *settings, uint32_t tenant);

/* By the provider's id of the channel (phone_number_id). */
const pl_channel_conf_t *pl_settings_account(const pl_settings_t *settings,
    pl_str_t provider, pl_str_t account);

/*
 * For the one thread whose snapshot it is: a row that was put since it was
 * loaded (news.h). What it says is copied; a tenant or a channel is changed
 * in its place, or is the next one. *anew: the snapshot has grown enough by
 * such puts to be loaded anew. A failed one leaves a snapshot that must be.
 */
pl_status_t pl_settings_put_tenant(pl_settings_t *settings,
    const Pl__TenantSettings *row, uint32_t generation, bool *anew,
    pl_err_t *err);
pl_status_t pl_settings_put_channel(pl_settings_t *settings, uint32_t tenant,
    const Pl__ChannelSettings *row, uint32_t generation, bool *anew,
    pl_err_t *err);

/* It is of no generation any more, so that it is loaded anew. */
void pl_settings_stale(pl_settings_t *settings);

/* i from 0; NULL past the last. In order of id, removed ones included. */
const pl_tenant_conf_t *pl_settings_tenant_at(const pl_settings_t *settings,
    size_t i);
const pl_channel_conf_t *pl_settings_channel_at(
    const pl_settings_t *settings, size_t i);

/*
 * Flows of other versions than the configured ones, which runs go on with
 * (flow_keep.h): compiled when they are first asked for; past PL_KEPT_MAX the
 * one that was used least recently is forgotten. So it is never one that the
 * command at hand points into: a run and the calls that it stands in are of
 * PL_CALLS_MAX + 1 versions at most. The one part of a snapshot that changes;
 * the folding thread alone looks at it.
 */
#define PL_KEPT_MAX  64

typedef struct {
    uint32_t     tenant;
    pl_flow_t   *flow;          /* NULL: the place is free */
    uint64_t     used;          /* of the list's uses, the last of it */
} pl_kept_t;

typedef struct {
    uint64_t     uses;
    pl_kept_t    rows[PL_KEPT_MAX];
} pl_kept_list_t;

pl_kept_list_t *pl_settings_kept(const pl_settings_t *settings);

/*
 * A time zone by its name ("Europe/Berlin"), compiled; as long as the
 * snapshot lives. NULL: the state knows none of that name; whoever asks then
 * falls back, and says so. settings may be NULL.
 */
const pl_zone_t *pl_settings_zone(const pl_settings_t *settings,
    pl_str_t name);

/* All of them. */
const pl_zones_t *pl_settings_zones(const pl_settings_t *settings);

/*
 * The associated data under which a channel's token is sealed:
 * "channel/TENANT/CHANNEL/token". Written into buf, cut never: names are
 * bounded. Whoever makes a SettingsPublish seals with it; the sender opens.
 */
#define PL_TOKEN_MAC_LEN     16     /* of ChannelSettings.token_mac */
#define PL_SETTINGS_AAD_MAX  (2 * PL_NAME_MAX + 24)
pl_str_t pl_settings_token_aad(char *buf, const char *tenant,
    const char *channel);

/*
 * SHA-256 over what a publish says (cycle, digest and the sealed bytes'
 * randomness left out: token_digest stands for them), 32 bytes. Two loads of
 * the same configuration have the same digest, and the second changes
 * nothing. tokens: for each channel in order of the tree, a MAC of its
 * token under the key, or empty.
 */
pl_status_t pl_settings_digest(const Pl__SettingsPublish *publish,
    const pl_str_t *tokens, size_t n_tokens, uint8_t out[32]);

#endif /* PL_SETTINGS_H_INCLUDED */
