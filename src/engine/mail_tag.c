/*
 * See mail_tag.h.
 */

#include <string.h>

#include "../channel/mail.h"
#include "../core/str.h"
#include "mail_tag.h"

static bool tag_proves(const Pl__Message *message,
    const Pl__InboundMessage *in);


pl_status_t
pl_mail_tag(pl_apply_t *ap, const pl_party_t *party,
    const Pl__InboundMessage *in, uint32_t channel, bool *proven,
    const char **reply_to, pl_err_t *err)
{
    pl_status_t   rc;
    Pl__Contact  *contact;
    Pl__Message  *message;

    *proven = false;
    *reply_to = in->reply_to;

    if (!in->has_tag || in->tag_proof == NULL) {
        return PL_OK;
    }

    rc = pl_message_get(ap, in->tag, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (message->direction != PL__DIRECTION__DIRECTION_OUT
        || message->tenant != party->tenant || message->channel != channel
        || message->party_kind != party->kind || !tag_proves(message, in))
    {
        return PL_OK;
    }

    /* whom it went to may be part of another contact by now */

    rc = pl_contact_root(ap, party->tenant, message->party, &contact, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    *proven = contact->id == party->party;

    if (*proven && *reply_to == NULL) {
        *reply_to = message->provider_id;
    }

    return PL_OK;
}


static bool
tag_proves(const Pl__Message *message, const Pl__InboundMessage *in)
{
    pl_mail_ours_t  ours;

    return message->provider_id != NULL
           && pl_mail_ours(pl_str_c(message->provider_id), &ours)
           && ours.message == in->tag
           && pl_crypto_equal(pl_str_c(ours.proof),
                              pl_str_c(in->tag_proof));
}
