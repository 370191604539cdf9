/*
 * To whom something is sent, as people write it.
 */

#ifndef PLCTL_RECIPIENT_H_INCLUDED
#define PLCTL_RECIPIENT_H_INCLUDED

#include "ctl.h"

/* A contact, or an address, whose value may stand in digits. */
typedef struct {
    uint64_t     contact;               /* 0: an address */
    Pl__Address  address;
    char         digits[PL_ADDRESS_MAX + 1];
} plctl_recipient_t;

/*
 * A contact by number (cnt_4), a phone number, which becomes digits, an email
 * address, or a user id. The word outlives the recipient. PL_INVALID: err
 * does not name it.
 */
pl_status_t plctl_recipient(plctl_recipient_t *to, const char *word,
    pl_err_t *err);

/*
 * What reads as a user id may be a group that is known, by number (grp_7) or
 * by the provider's id; otherwise it stays one. PL_NOTFOUND: no such group.
 */
pl_status_t plctl_recipient_group(plctl_t *ctl, uint32_t tenant,
    plctl_recipient_t *to, pl_err_t *err);

/* Into a request, which points into the recipient. */
void plctl_recipient_set(plctl_recipient_t *to, Pl__SendRequest *request);

/* The tenant's channel, both by name. PL_NOTFOUND. */
pl_status_t plctl_channel(plctl_t *ctl, const char *tenant,
    const char *channel, const pl_channel_conf_t **out, pl_err_t *err);

#endif /* PLCTL_RECIPIENT_H_INCLUDED */
