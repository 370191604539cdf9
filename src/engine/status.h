/*
 * Which message a status is about (status_find.c), and what it adds to that
 * (status.c): facts, price, errors, and in a group each member's own.
 */

#ifndef PL_STATUS_H_INCLUDED
#define PL_STATUS_H_INCLUDED

#include "apply.h"

#define PL_ERRORS_MAX        8      /* of a message */
#define PL_PARTICIPANTS_MAX  64     /* of a group: WhatsApp's hold 8 */

typedef struct {
    Pl__MessageState  state;        /* in: what the status says */
    bool              any;          /* the message is to be put */
    bool              fact;         /* it was not said before */
} pl_status_news_t;

/*
 * The message, sent on this channel, that a status is about; in the arena.
 * PL_NOTFOUND: it is not known to be ours.
 */
pl_status_t pl_status_find(pl_apply_t *ap, const Pl__DeliveryStatus *in,
    uint32_t tenant, uint32_t channel, uint64_t *id, Pl__Message **message,
    pl_err_t *err);

/* Whom it was sent to; party->tenant is set. PL_NOTFOUND: nobody known. */
pl_status_t pl_status_party(pl_apply_t *ap, const Pl__DeliveryStatus *in,
    pl_party_t *party, pl_err_t *err);

/* Notes it on the message, which the caller puts if there is any news. */
pl_status_t pl_status_note(pl_apply_t *ap, Pl__Message *message,
    const Pl__DeliveryStatus *in, pl_status_news_t *news, pl_err_t *err);

#endif /* PL_STATUS_H_INCLUDED */
