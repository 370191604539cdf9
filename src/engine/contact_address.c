/*
 * Which of a contact's addresses is written to: the one of the channel's kind
 * that was used last.
 */

#include <string.h>

#include "apply.h"

#define ADDRESS_PHONE    PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
#define ADDRESS_USER_ID  PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID
#define ADDRESS_EMAIL    PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL

static bool address_before(const Pl__Address *a, const Pl__Address *best);
static int64_t address_when(const Pl__Address *address);


const Pl__Address *
pl_contact_address(const Pl__Contact *contact,
    const pl_channel_conf_t *channel)
{
    bool                mail;
    size_t              i;
    const Pl__Address  *a, *best;

    best = NULL;
    mail = channel != NULL && channel->provider != NULL
           && channel->provider->address == ADDRESS_EMAIL;

    for (i = 0; i < contact->n_addresses; i++) {
        a = contact->addresses[i];

        if (mail != (a->kind == ADDRESS_EMAIL)
            || (!mail && a->kind != ADDRESS_PHONE
                && a->kind != ADDRESS_USER_ID)
            || a->has_left_ms)
        {
            continue;
        }

        if (best == NULL
            || (a->kind == ADDRESS_PHONE && best->kind != ADDRESS_PHONE)
            || (a->kind == best->kind && address_before(a, best)))
        {
            best = a;
        }
    }

    return best;
}


/* One that takes mail, before one that does not. */

static bool
address_before(const Pl__Address *a, const Pl__Address *best)
{
    return a->has_bounced_ms != best->has_bounced_ms
           ? !a->has_bounced_ms : address_when(a) >= address_when(best);
}


bool
pl_contact_mailed(const pl_apply_t *ap, Pl__Contact *contact,
    const char *email)
{
    bool          changed = false;
    size_t        i;
    Pl__Address  *a, *address;

    address = email == NULL ? NULL
              : pl_contact_lists(contact, ADDRESS_EMAIL, email);

    for (i = 0; address != NULL && i < contact->n_addresses; i++) {
        a = contact->addresses[i];

        if (a != address && a->kind == ADDRESS_EMAIL && !a->has_left_ms
            && address_when(a) >= address_when(address))
        {
            address->has_seen_ms = 1;
            address->seen_ms = ap->now_ms;
            changed = true;
        }
    }

    return changed;
}


static int64_t
address_when(const Pl__Address *address)
{
    return address->taught_ms > address->seen_ms ? address->taught_ms
                                                 : address->seen_ms;
}
