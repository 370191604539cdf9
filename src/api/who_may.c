/*
 * Roles and permissions: one table. docs/api.md shows it, and t/90-api.t
 * holds each operation against it.
 */

#include <string.h>

#include "../core/str.h"
#include "who.h"

#define O  (1u << PL__API_ROLE__API_ROLE_OPERATOR)
#define A  (1u << PL__API_ROLE__API_ROLE_ADMIN)
#define G  (1u << PL__API_ROLE__API_ROLE_AGENT)
#define B  (1u << PL__API_ROLE__API_ROLE_BOT)
#define R  (1u << PL__API_ROLE__API_ROLE_READONLY)

typedef struct {
    const char   *name;
    unsigned      roles;
} may_row_t;


static const may_row_t  may_rows[PL_MAYS] = {
    [PL_MAY_ANYTHING] =            { "any",                 O|A|G|B|R },
    [PL_MAY_MESSAGES_READ] =       { "messages:read",       O|A|G|B|R },
    [PL_MAY_MESSAGES_SEND] =       { "messages:send",       O|A|G|B },
    [PL_MAY_CONTACTS_READ] =       { "contacts:read",       O|A|G|B|R },
    [PL_MAY_CONTACTS_WRITE] =      { "contacts:write",      O|A|G|B },
    [PL_MAY_CONTACTS_MERGE] =      { "contacts:merge",      O|A|G },
    [PL_MAY_CONSENT_WRITE] =       { "consent:write",       O|A|G|B },
    [PL_MAY_INBOX_READ] =          { "inbox:read",          O|A|G|B|R },
    [PL_MAY_INBOX_WRITE] =         { "inbox:write",         O|A|G|B },
    [PL_MAY_NOTES_READ] =          { "notes:read",          O|A|G },
    [PL_MAY_TEMPLATES_READ] =      { "templates:read",      O|A|G|B|R },
    [PL_MAY_TEMPLATES_WRITE] =     { "templates:write",     O|A },
    [PL_MAY_FLOWS_READ] =          { "flows:read",          O|A|G|B|R },
    [PL_MAY_FLOWS_START] =         { "flows:start",         O|A|G|B },
    [PL_MAY_TASKS_READ] =          { "tasks:read",          O|A|G|B|R },
    [PL_MAY_TASKS_WRITE] =         { "tasks:write",         O|A|G|B },
    [PL_MAY_CHANNELS_READ] =       { "channels:read",       O|A|G|B|R },
    [PL_MAY_CHANNELS_WRITE] =      { "channels:write",      O|A },
    [PL_MAY_TENANTS_READ] =        { "tenants:read",        O|A },
    [PL_MAY_TENANTS_WRITE] =       { "tenants:write",       O },
    [PL_MAY_QUEUES_READ] =         { "queues:read",         O|A|R },
    [PL_MAY_QUEUES_WRITE] =        { "queues:write",        O|A },
    [PL_MAY_PRIVACY_READ] =        { "privacy:read",        O|A },
    [PL_MAY_PRIVACY_WRITE] =       { "privacy:write",       O|A },
    [PL_MAY_AUDIT_READ] =          { "audit:read",          O|A },
    [PL_MAY_EVENTS_READ] =         { "events:read",         O|A|G|B|R },
    [PL_MAY_SUBSCRIPTIONS_READ] =  { "subscriptions:read",  O|A },
    [PL_MAY_SUBSCRIPTIONS_WRITE] = { "subscriptions:write", O|A },
    [PL_MAY_SETTINGS_READ] =       { "settings:read",       O|A },
    [PL_MAY_SETTINGS_WRITE] =      { "settings:write",      O|A },
};

static const char *const  may_roles[] = {
    [PL__API_ROLE__API_ROLE_OPERATOR] = "operator",
    [PL__API_ROLE__API_ROLE_ADMIN] = "admin",
    [PL__API_ROLE__API_ROLE_AGENT] = "agent",
    [PL__API_ROLE__API_ROLE_BOT] = "bot",
    [PL__API_ROLE__API_ROLE_READONLY] = "readonly",
};


const char *
pl_may_name(pl_api_may_e may)
{
    return may < PL_MAYS ? may_rows[may].name : "";
}


bool
pl_may(Pl__ApiRole role, pl_api_may_e may)
{
    return may < PL_MAYS && (unsigned) role < PL_COUNT(may_roles)
           && (may_rows[may].roles & (1u << role)) != 0;
}


const char *
pl_role_name(Pl__ApiRole role)
{
    return (unsigned) role < PL_COUNT(may_roles)
           && may_roles[role] != NULL ? may_roles[role] : "nobody";
}


bool
pl_role_read(pl_str_t name, Pl__ApiRole *role)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(may_roles); i++) {
        if (may_roles[i] != NULL && pl_str_eq(name, pl_str_c(may_roles[i]))) {
            *role = (Pl__ApiRole) i;
            return true;
        }
    }

    return false;
}
