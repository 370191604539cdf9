/*
 * Who calls, and what they may: roles, permissions, API keys, and tokens
 * that somebody else signed (JWT). docs/api.md has the table.
 *
 * A secret is never kept: a key is known by the SHA-256 of its text, and
 * what is compared is compared in constant time, or by a lookup under that
 * hash, which tells a stranger nothing of the text.
 */

#ifndef PL_WHO_H_INCLUDED
#define PL_WHO_H_INCLUDED

#include "../core/crypto.h"
#include "../core/numbering.h"
#include "../engine/keyring.h"
#include "../engine/settings.h"
#include "record.pb-c.h"

#define PL_WHO_TOKEN_MAX   8192     /* bytes of a Bearer token */
#define PL_WHO_LEEWAY_S    60       /* of a JWT's times */

typedef struct pl_jwks_s  pl_jwks_t;    /* jwks.h */

/* A row each in who_may.c. A new one: here, there, and in docs/api.md. */
typedef enum {
    PL_MAY_ANYTHING = 0,            /* whoever is known */
    PL_MAY_MESSAGES_READ,
    PL_MAY_MESSAGES_SEND,
    PL_MAY_CONTACTS_READ,
    PL_MAY_CONTACTS_WRITE,
    PL_MAY_CONTACTS_MERGE,
    PL_MAY_CONSENT_WRITE,
    PL_MAY_INBOX_READ,              /* conversations, search */
    PL_MAY_INBOX_WRITE,             /* reply, assign, close, tag, read */
    PL_MAY_NOTES_READ,              /* what people write for colleagues */
    PL_MAY_TEMPLATES_READ,
    PL_MAY_TEMPLATES_WRITE,
    PL_MAY_FLOWS_READ,
    PL_MAY_FLOWS_START,
    PL_MAY_TASKS_READ,
    PL_MAY_TASKS_WRITE,
    PL_MAY_CHANNELS_READ,
    PL_MAY_CHANNELS_WRITE,          /* pause, resume, sync */
    PL_MAY_TENANTS_READ,
    PL_MAY_TENANTS_WRITE,
    PL_MAY_QUEUES_READ,             /* dead, unknown, quarantine */
    PL_MAY_QUEUES_WRITE,
    PL_MAY_PRIVACY_READ,            /* export */
    PL_MAY_PRIVACY_WRITE,           /* delete, retention */
    PL_MAY_AUDIT_READ,
    PL_MAY_EVENTS_READ,             /* the live feed */
    PL_MAY_SUBSCRIPTIONS_READ,
    PL_MAY_SUBSCRIPTIONS_WRITE,
    PL_MAY_SETTINGS_READ,
    PL_MAY_SETTINGS_WRITE,
    PL_MAYS
} pl_api_may_e;

typedef struct {
    Pl__ApiRole         role;
    uint32_t            tenant;     /* 0: all */
    uint64_t            key;        /* number of the API key; 0: a token */
    const char         *actor;      /* "key_3", or the token's sub */
    int64_t             expires_ms; /* 0: never */
} pl_who_t;

/* Who signs tokens. All of it is the caller's, who keeps it. */
typedef struct {
    const pl_jwks_t       *jwks;        /* NULL: tokens are not taken */
    const char            *issuer;      /* NULL: any */
    const char            *audience;    /* NULL: any */
    const pl_keyring_t    *seal;        /* to seal secrets with; NULL: */
    const char            *seal_file;   /* it is read from there; NULL: from
                                           the settings' key file */
    const pl_numbering_t  *numbering;   /* NULL: numbers are not explained */
} pl_api_config_t;

/* "messages:read"; never NULL. */
const char *pl_may_name(pl_api_may_e may);
bool pl_may(Pl__ApiRole role, pl_api_may_e may);

/* "agent"; and the other way: false where it is none. */
const char *pl_role_name(Pl__ApiRole role);
bool pl_role_read(pl_str_t name, Pl__ApiRole *role);

/* Was the tenant of a key or a token removed? 0, an operator's, never is; no
   settings: nothing is known. */
bool pl_who_gone(const pl_settings_t *settings, uint32_t tenant);

/*
 * Who an Authorization header is. PL_OK; PL_DENIED: nobody, or no longer,
 * whatever the reason (text, which is static, says it for people, and
 * nothing of the secret); else a failure of the store. Any thread.
 */
pl_status_t pl_who_read(const pl_api_config_t *config, pl_txn_t *txn,
    const pl_settings_t *settings, pl_str_t authorization, int64_t now_ms,
    pl_arena_t *ar, pl_who_t *who, const char **text, pl_err_t *err);

#endif /* PL_WHO_H_INCLUDED */
