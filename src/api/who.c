/*
 * Who an Authorization header is. See who.h.
 */

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "../core/record.h"
#include "../core/str.h"
#include "jwks.h"
#include "who.h"

#define WHO_SCHEME  "Bearer "

static pl_status_t who_key(pl_txn_t *txn, pl_str_t token, int64_t now_ms,
    pl_arena_t *ar, pl_who_t *who, const char **text, pl_err_t *err);
static pl_status_t who_tenant(const pl_settings_t *settings,
    const pl_who_t *who, const char **text);


pl_status_t
pl_who_read(const pl_api_config_t *config, pl_txn_t *txn,
    const pl_settings_t *settings, pl_str_t authorization, int64_t now_ms,
    pl_arena_t *ar, pl_who_t *who, const char **text, pl_err_t *err)
{
    size_t        skip = sizeof(WHO_SCHEME) - 1;
    pl_str_t      token;
    pl_status_t   rc;

    memset(who, 0, sizeof(pl_who_t));

    if (authorization.len <= skip
        || strncasecmp((const char *) authorization.data, WHO_SCHEME, skip)
           != 0)
    {
        *text = "the header Authorization says \"Bearer\" and a key";
        return PL_DENIED;
    }

    while (skip < authorization.len && authorization.data[skip] == ' ') {
        skip++;
    }

    token.data = authorization.data + skip;
    token.len = authorization.len - skip;

    if (token.len == 0 || token.len > PL_WHO_TOKEN_MAX) {
        *text = "no key, or too long a one";
        return PL_DENIED;
    }

    rc = memchr(token.data, '.', token.len) != NULL
         ? pl_jwks_who(config, settings, token, now_ms, ar, who, text, err)
         : who_key(txn, token, now_ms, ar, who, text, err);

    return rc == PL_OK ? who_tenant(settings, who, text) : rc;
}


static pl_status_t
who_key(pl_txn_t *txn, pl_str_t token, int64_t now_ms, pl_arena_t *ar,
    pl_who_t *who, const char **text, pl_err_t *err)
{
    uint8_t             digest[PL_SHA256_LEN];
    pl_hash_t          *hash;
    pl_status_t         rc;
    const Pl__ApiKey   *row;
    ProtobufCMessage   *msg;

    hash = pl_hash_create();
    rc = hash == NULL ? PL_IO : pl_hash_sha256(hash, &token, 1, digest);
    pl_hash_destroy(hash);

    if (rc != PL_OK) {
        return pl_err_set(err, PL_IO, "who", 0, "cannot hash");
    }

    rc = pl_record_get(txn, PL_TABLE_KEYS,
                       (pl_str_t) { digest, sizeof(digest) },
                       &pl__api_key__descriptor, ar, &msg, err);

    if (rc == PL_NOTFOUND) {
        *text = "no such key";
        return PL_DENIED;
    }

    if (rc != PL_OK) {
        return rc;
    }

    row = (const Pl__ApiKey *) msg;

    if (row->has_revoked_ms
        || (row->has_expires_ms && row->expires_ms <= now_ms))
    {
        *text = "the key was revoked, or has expired";
        return PL_DENIED;
    }

    who->role = row->role;
    who->tenant = row->tenant;
    who->key = row->id;
    who->expires_ms = row->has_expires_ms ? row->expires_ms : 0;
    who->actor = pl_arena_printf(ar, "key_%" PRIu64, row->id);

    return who->actor != NULL ? PL_OK
                              : pl_err_set(err, PL_NOMEM, "who", 0,
                                           "out of memory");
}


bool
pl_who_gone(const pl_settings_t *settings, uint32_t tenant)
{
    const pl_tenant_conf_t  *conf;

    if (settings == NULL || tenant == 0) {
        return false;
    }

    conf = pl_settings_tenant(settings, tenant);

    return conf == NULL || conf->row->removed;
}


static pl_status_t
who_tenant(const pl_settings_t *settings, const pl_who_t *who,
    const char **text)
{
    if (pl_who_gone(settings, who->tenant)) {
        *text = "its tenant is no longer configured";
        return PL_DENIED;
    }

    return PL_OK;
}
