/*
 * Finding people and their messages: an address as a person types it, and
 * the chain of messages of a conversation.
 */

#ifndef PLCTL_FIND_H_INCLUDED
#define PLCTL_FIND_H_INCLUDED

#include "../engine/keys.h"
#include "ctl.h"

/* Numbers of messages, oldest first. The caller's; zeroed is empty. */
typedef struct {
    uint64_t  *ids;
    size_t     n;
    size_t     room;
} plctl_ids_t;

void plctl_ids_free(plctl_ids_t *ids);

/*
 * Whose address this is: a phone with or without "+", spaces and dashes; a
 * user id; an email address; a provider's group id; or our own id (cnt_4,
 * grp_4). PL_NOTFOUND: err says so without naming the address.
 */
pl_status_t plctl_find_party(plctl_t *ctl, uint32_t tenant,
    const char *address, pl_party_t *party, pl_err_t *err);

/* The conversation with a party, in ctl's arena. PL_NOTFOUND: err untouched. */
pl_status_t plctl_find_conversation(plctl_t *ctl, const pl_party_t *party,
    Pl__Conversation **conv, pl_err_t *err);

/* The contact of a party, in ctl's arena. PL_NOTFOUND: err untouched. */
pl_status_t plctl_find_contact(plctl_t *ctl, const pl_party_t *party,
    Pl__Contact **contact, pl_err_t *err);

/* The group of a party, in ctl's arena. PL_NOTFOUND: err untouched. */
pl_status_t plctl_find_group(plctl_t *ctl, const pl_party_t *party,
    Pl__Group **group, pl_err_t *err);

/* The newest messages of a conversation, at most limit (0: all). */
pl_status_t plctl_find_chain(plctl_t *ctl, const Pl__Conversation *conv,
    uint64_t limit, plctl_ids_t *ids, pl_err_t *err);

/*
 * The newest messages of a tenant, at most limit (above 0). *cut: it gave up
 * after PLCTL_SCAN_MAX messages of others.
 */
pl_status_t plctl_find_newest(plctl_t *ctl, uint32_t tenant, uint64_t limit,
    plctl_ids_t *ids, bool *cut, pl_err_t *err);

#endif /* PLCTL_FIND_H_INCLUDED */
