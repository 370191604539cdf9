/*
 * Who wrote: contacts and groups, looked up by address, never identified by
 * one (design, section 4). A WhatsApp user can be known by a phone, by a
 * business-scoped user id, or by both (provider-facts 1.10).
 *
 * The user id leads: a phone may pass to another person, the user id cannot.
 * Where user id and phone lead to two contacts they become one, unless the
 * phone's has a user id of its own: then they may be two people, and stay
 * two. A phone that its person has left finds them for some days more, since
 * messages may be late; after that it is whoever writes from it.
 */

#include <string.h>

#include "../core/record.h"
#include "address.h"
#include "alias.h"
#include "phone.h"
#include "words.h"
#include "apply.h"
#include "tomb.h"

#define CONTACT_GRACE_MS  (7LL * 86400 * 1000)  /* a provider's retries */
#define CONTACT_PHONE     PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
#define CONTACT_USER_ID   PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID
#define CONTACT_EMAIL     PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL

/* One look for a sender. */
typedef struct {
    uint32_t           tenant;
    const Pl__Sender  *from;        /* its addresses in the normal form */
    const char        *given;       /* its phone, as it was said */
    Pl__Contact       *contact;
    Pl__Evidence       evidence;    /* of what is learned */
    bool               made;        /* just now */
    bool               changed;
} contact_look_t;

static pl_status_t contact_normal(pl_apply_t *ap, uint32_t tenant,
    const Pl__Sender *from, Pl__Sender *sender, pl_err_t *err);
static pl_status_t contact_look(pl_apply_t *ap, contact_look_t *look,
    pl_err_t *err);
static pl_status_t contact_phone(pl_apply_t *ap, uint32_t tenant,
    const char *phone, Pl__Contact **owner, pl_err_t *err);
static pl_status_t contact_owner(pl_apply_t *ap, uint32_t tenant,
    const char *phone, Pl__Contact **owner, bool *left, pl_err_t *err);
static pl_status_t contact_learn(pl_apply_t *ap, contact_look_t *look,
    pl_err_t *err);
static pl_status_t contact_other(pl_apply_t *ap, contact_look_t *look,
    uint64_t id, pl_err_t *err);
static void contact_seen(pl_apply_t *ap, contact_look_t *look);
static pl_status_t contact_create(pl_apply_t *ap, Pl__Contact **contact,
    pl_err_t *err);
static bool contact_has(const Pl__Contact *contact, Pl__AddressKind kind);
static bool contact_name(char **field, char *value);


pl_status_t
pl_contact_resolve(pl_apply_t *ap, uint32_t tenant, const Pl__Sender *from,
    Pl__Contact **contact, pl_err_t *err)
{
    pl_names_t      before, after;
    Pl__Sender      sender;
    pl_status_t     rc;
    contact_look_t  look;

    rc = contact_normal(ap, tenant, from, &sender, err);
    if (rc != PL_OK) {
        return rc;
    }

    memset(&look, 0, sizeof(look));
    look.tenant = tenant;
    look.from = &sender;
    look.given = from->phone;
    look.evidence = PL__EVIDENCE__EVIDENCE_MESSAGE;

    rc = contact_look(ap, &look, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = contact_learn(ap, &look, err);
    if (rc != PL_OK) {
        return rc;
    }

    contact_seen(ap, &look);

    before.name = look.contact->name;
    before.username = look.contact->username;

    look.changed |= contact_name(&look.contact->name, from->name);
    look.changed |= contact_name(&look.contact->username, from->username);
    *contact = look.contact;

    if (!look.changed) {
        return PL_OK;
    }

    after.name = look.contact->name;
    after.username = look.contact->username;

    rc = pl_names_change(ap, tenant, look.contact->id, &before, &after, err);
    if (rc != PL_OK) {
        return rc;
    }

    look.contact->has_updated_ms = 1;
    look.contact->updated_ms = ap->now_ms;

    rc = pl_contact_put(ap, tenant, look.contact, err);

    return rc == PL_OK ? pl_feed_contact(ap, tenant, look.contact->id, err)
                       : rc;
}


pl_status_t
pl_contact_add(pl_apply_t *ap, uint32_t tenant, Pl__Contact *contact,
    const Pl__Sender *also, bool *changed, pl_err_t *err)
{
    Pl__Sender      sender;
    pl_status_t     rc;
    contact_look_t  look;

    rc = contact_normal(ap, tenant, also, &sender, err);
    if (rc != PL_OK) {
        return rc;
    }

    memset(&look, 0, sizeof(look));
    look.tenant = tenant;
    look.from = &sender;
    look.given = also->phone;
    look.contact = contact;
    look.evidence = PL__EVIDENCE__EVIDENCE_OPERATOR;

    rc = contact_learn(ap, &look, err);
    *changed = look.changed;

    return rc;
}


pl_status_t
pl_contact_known(pl_apply_t *ap, uint32_t tenant, const Pl__Address *address,
    Pl__Contact **contact, pl_err_t *err)
{
    bool          left = false;
    char          other[PL_ALIAS_MAX];
    uint64_t      id;
    const char   *value;
    pl_status_t   rc;

    rc = pl_address_of(ap, tenant, address, &value, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (address->kind != CONTACT_PHONE) {
        rc = pl_contact_find(ap, tenant, address->kind, value, &id, err);

        if (rc == PL_NOTFOUND && value != address->value) {
            rc = pl_contact_find(ap, tenant, address->kind, address->value,
                                 &id, err);
        }

    } else {
        rc = contact_owner(ap, tenant, value, contact, &left, err);

        if ((rc == PL_NOTFOUND || left) && pl_alias_other(value, other)) {
            rc = contact_owner(ap, tenant, other, contact, &left, err);
        }

        if ((rc == PL_NOTFOUND || left) && value != address->value) {
            rc = contact_owner(ap, tenant, address->value, contact, &left,
                               err);
        }

        rc = rc == PL_OK && left ? PL_NOTFOUND : rc;
        id = rc == PL_OK ? (*contact)->id : 0;
    }

    return rc == PL_OK ? pl_contact_root(ap, tenant, id, contact, err) : rc;
}


pl_status_t
pl_contact_get(pl_apply_t *ap, uint32_t tenant, uint64_t id,
    Pl__Contact **contact, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, tenant, id);

    rc = pl_record_get(ap->txn, PL_TABLE_CONTACTS, pl_key_str(&key),
                       &pl__contact__descriptor, ap->ar, &msg, err);
    *contact = (Pl__Contact *) msg;

    return rc;
}


pl_status_t
pl_contact_root(pl_apply_t *ap, uint32_t tenant, uint64_t id,
    Pl__Contact **contact, pl_err_t *err)
{
    unsigned      i;
    pl_status_t   rc;
    Pl__Contact  *next;

    for (i = 0; /* void */ ; i++) {
        rc = pl_contact_get(ap, tenant, id, &next, err);
        rc = rc == PL_OK && next->has_erased_ms ? PL_NOTFOUND : rc;

        if (rc == PL_NOTFOUND && i != 0) {
            return PL_OK;
        }

        *contact = next;

        if (rc != PL_OK || !next->has_joined_to || i == PL_JOINED_MAX) {
            return rc;
        }

        id = next->joined_to;
    }
}


pl_status_t
pl_contact_put(pl_apply_t *ap, uint32_t tenant, const Pl__Contact *contact,
    pl_err_t *err)
{
    pl_key_t  key;

    pl_key_tenant_seq(&key, tenant, contact->id);

    if (contact->has_erased_ms) {
        pl_store_plain(ap->txn);        /* its key may be gone */
    }

    return pl_record_put(ap->txn, PL_TABLE_CONTACTS, pl_key_str(&key),
                         &contact->base, false, err);
}


pl_status_t
pl_contact_find(pl_apply_t *ap, uint32_t tenant, Pl__AddressKind kind,
    const char *value, uint64_t *id, pl_err_t *err)
{
    pl_key_t  key;

    if (value == NULL || value[0] == '\0') {
        return PL_NOTFOUND;
    }

    pl_key_address(&key, tenant, kind, pl_str_c(value));

    return pl_record_get_u64(ap->txn, PL_TABLE_ADDRESSES, pl_key_str(&key),
                             id, err);
}


Pl__Address *
pl_contact_lists(const Pl__Contact *contact, Pl__AddressKind kind,
    const char *value)
{
    size_t  i;

    for (i = 0; i < contact->n_addresses; i++) {
        if (contact->addresses[i]->kind == kind
            && strcmp(contact->addresses[i]->value, value) == 0)
        {
            return contact->addresses[i];
        }
    }

    return NULL;
}


pl_status_t
pl_contact_taught(pl_apply_t *ap, const Pl__Message *sent,
    const char *recipient, pl_err_t *err)
{
    uint64_t       id;
    Pl__Address   *address;
    Pl__Contact   *contact;
    pl_learned_t   learned;
    pl_status_t    rc;

    if (recipient == NULL || sent->address == NULL
        || sent->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT
        || sent->address->kind != CONTACT_PHONE
        || recipient[0] == '\0'
        || strspn(recipient, "0123456789") != strlen(recipient)
        || strcmp(recipient, sent->address->value) == 0)
    {
        return PL_OK;
    }

    rc = pl_contact_root(ap, sent->tenant, sent->contact, &contact, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    learned.kind = CONTACT_PHONE;
    learned.value = recipient;
    learned.given = NULL;

    rc = pl_contact_find(ap, sent->tenant, CONTACT_PHONE, recipient, &id,
                         err);
    if (rc == PL_NOTFOUND) {
        rc = pl_contact_learn(ap, sent->tenant, contact, &learned, 1,
                              PL__EVIDENCE__EVIDENCE_ANSWER, true, err);

    } else if (rc == PL_OK && id != contact->id) {
        return pl_feed_count(ap, sent->tenant, "contacts", "conflict", err);
    }

    address = pl_contact_lists(contact, CONTACT_PHONE, recipient);

    if (rc != PL_OK || address == NULL) {
        return rc;
    }

    address->has_taught_ms = 1;
    address->taught_ms = ap->now_ms;

    rc = pl_contact_put(ap, sent->tenant, contact, err);

    return rc == PL_OK ? pl_feed_contact(ap, sent->tenant, contact->id, err)
                       : rc;
}


pl_status_t
pl_contact_release(pl_apply_t *ap, uint32_t tenant, uint64_t id,
    const char *phone, pl_err_t *err)
{
    size_t        i, n;
    pl_key_t      key;
    Pl__Contact  *contact;
    pl_status_t   rc;

    rc = pl_contact_get(ap, tenant, id, &contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0, n = 0; i < contact->n_addresses; i++) {
        if (contact->addresses[i]->kind != CONTACT_PHONE
            || strcmp(contact->addresses[i]->value, phone) != 0)
        {
            contact->addresses[n++] = contact->addresses[i];
        }
    }

    contact->n_addresses = n;
    pl_key_address(&key, tenant, CONTACT_PHONE, pl_str_c(phone));

    rc = pl_store_del(ap->txn, PL_TABLE_ADDRESSES, pl_key_str(&key), err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_feed_count(ap, tenant, "contacts", "released", err);

    if (rc == PL_OK) {
        rc = pl_contact_put(ap, tenant, contact, err);
    }

    return rc == PL_OK ? pl_feed_contact(ap, tenant, id, err) : rc;
}


/* With its addresses in the forms that rows stand under. */

static pl_status_t
contact_normal(pl_apply_t *ap, uint32_t tenant, const Pl__Sender *from,
    Pl__Sender *sender, pl_err_t *err)
{
    const char   *phone, *email;
    pl_status_t   rc;

    rc = pl_phone_of(ap, tenant, from->phone, &phone, err);

    if (rc == PL_OK) {
        rc = pl_address_email(ap->ar, from->email, &email, err);
    }

    if (rc == PL_OK) {
        *sender = *from;
        sender->phone = (char *) phone;
        sender->email = (char *) email;
    }

    return rc;
}


/* By user id, by phone, by the phone's other form; or a new one. */

static pl_status_t
contact_look(pl_apply_t *ap, contact_look_t *look, pl_err_t *err)
{
    char          other[PL_ALIAS_MAX];
    uint64_t      id;
    Pl__Contact  *owner;
    pl_status_t   rc;

    rc = pl_contact_find(ap, look->tenant, CONTACT_USER_ID,
                         look->from->user_id, &id, err);

    if (rc == PL_OK) {
        return pl_contact_root(ap, look->tenant, id, &look->contact, err);
    }

    if (rc == PL_NOTFOUND) {
        rc = contact_phone(ap, look->tenant, look->from->phone, &owner, err);
    }

    if (rc == PL_NOTFOUND && pl_alias_other(look->from->phone, other)) {
        rc = contact_phone(ap, look->tenant, other, &owner, err);
        look->evidence = PL__EVIDENCE__EVIDENCE_FORM;
    }

    if (rc == PL_NOTFOUND && look->given != look->from->phone) {

        /* known by it since before the calling code was */

        rc = contact_phone(ap, look->tenant, look->given, &owner, err);
        look->evidence = PL__EVIDENCE__EVIDENCE_FORM;
    }

    if (rc == PL_OK && owner->has_joined_to) {
        return pl_contact_root(ap, look->tenant, owner->id, &look->contact,
                               err);
    }

    if (rc == PL_NOTFOUND) {
        rc = pl_contact_find(ap, look->tenant, CONTACT_EMAIL,
                             look->from->email, &id, err);

        if (rc == PL_OK) {
            return pl_contact_root(ap, look->tenant, id, &look->contact,
                                   err);
        }
    }

    if (rc == PL_OK) {
        look->contact = owner;
        return PL_OK;
    }

    if (rc != PL_NOTFOUND) {
        return rc;
    }

    look->made = true;
    look->changed = true;

    rc = contact_create(ap, &look->contact, err);

    return rc == PL_OK ? pl_tomb_consents(ap, look->tenant, look->from,
                                          look->contact, err) : rc;
}


/* Whose phone is this, now? */

static pl_status_t
contact_phone(pl_apply_t *ap, uint32_t tenant, const char *phone,
    Pl__Contact **owner, pl_err_t *err)
{
    bool         left;
    pl_status_t  rc;

    rc = contact_owner(ap, tenant, phone, owner, &left, err);

    if (rc != PL_OK || !left) {
        return rc;
    }

    rc = pl_contact_release(ap, tenant, (*owner)->id, phone, err);

    return rc == PL_OK ? PL_NOTFOUND : rc;
}


/* *left: they have had another one for so long that it is theirs no more. */

static pl_status_t
contact_owner(pl_apply_t *ap, uint32_t tenant, const char *phone,
    Pl__Contact **owner, bool *left, pl_err_t *err)
{
    uint64_t      id;
    Pl__Address  *address;
    pl_status_t   rc;

    *left = false;

    rc = pl_contact_find(ap, tenant, CONTACT_PHONE, phone, &id, err);

    if (rc == PL_OK) {
        rc = pl_contact_get(ap, tenant, id, owner, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    address = pl_contact_lists(*owner, CONTACT_PHONE, phone);
    *left = address != NULL && address->has_left_ms
            && ap->now_ms >= address->left_ms + CONTACT_GRACE_MS;

    return PL_OK;
}


/* What the sender is called by and the contact does not list. */

static pl_status_t
contact_learn(pl_apply_t *ap, contact_look_t *look, pl_err_t *err)
{
    size_t        i, n;
    uint64_t      id;
    Pl__Contact  *owner;
    pl_learned_t  all[3], learned[3];
    pl_status_t   rc;

    all[0].kind = CONTACT_USER_ID;
    all[0].value = look->from->user_id;
    all[1].kind = CONTACT_PHONE;
    all[1].value = look->from->phone;
    all[1].given = look->given != look->from->phone ? look->given : NULL;
    all[2].kind = CONTACT_EMAIL;
    all[2].value = look->from->email;

    all[0].given = all[2].given = NULL;

    for (i = 0, n = 0; i < PL_COUNT(all); i++) {

        if (all[i].value == NULL || all[i].value[0] == '\0'
            || pl_contact_lists(look->contact, all[i].kind, all[i].value)
               != NULL)
        {
            continue;
        }

        if (all[i].kind == CONTACT_PHONE) {
            rc = contact_phone(ap, look->tenant, all[i].value, &owner, err);
            id = rc == PL_OK ? owner->id : 0;

        } else {
            rc = pl_contact_find(ap, look->tenant, all[i].kind,
                                 all[i].value, &id, err);
        }

        if (rc == PL_NOTFOUND) {
            learned[n++] = all[i];
            continue;
        }

        if (rc == PL_OK) {
            rc = contact_other(ap, look, id, err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    if (n == 0) {
        return PL_OK;
    }

    look->changed = true;

    return pl_contact_learn(ap, look->tenant, look->contact, learned, n,
                            look->evidence, !look->made, err);
}


/* The user id leads to one contact and the phone to another. */

static pl_status_t
contact_other(pl_apply_t *ap, contact_look_t *look, uint64_t id,
    pl_err_t *err)
{
    Pl__Contact  *other;
    pl_status_t   rc;

    rc = pl_contact_root(ap, look->tenant, id, &other, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (other->id == look->contact->id) {
        return PL_OK;
    }

    if (contact_has(other, CONTACT_USER_ID)) {
        return pl_feed_count(ap, look->tenant, "contacts", "conflict", err);
    }

    return pl_contact_join(ap, look->tenant, look->contact, other,
                           PL__EVIDENCE__EVIDENCE_MESSAGE, NULL,
                           &look->contact, err);
}


/*
 * Answers go to the phone that was used last. It is noted only when that is
 * another one than before, or one that was held to be left; two forms of one
 * number are the same here, since a provider may show one and want the other.
 */

static void
contact_seen(pl_apply_t *ap, contact_look_t *look)
{
    Pl__Address        *address;
    const Pl__Address  *best;

    if (look->from->phone == NULL) {
        look->changed |= pl_contact_mailed(ap, look->contact,
                                           look->from->email);
        return;
    }

    address = pl_contact_lists(look->contact, CONTACT_PHONE,
                               look->from->phone);
    best = pl_contact_address(look->contact, NULL);

    if (address == NULL || address == best || address->has_left_ms
        || (best != NULL && best->kind == CONTACT_PHONE
            && pl_alias_same(address->value, best->value)))
    {
        return;
    }

    address->has_seen_ms = 1;
    address->seen_ms = ap->now_ms;
    look->changed = true;
}


static pl_status_t
contact_create(pl_apply_t *ap, Pl__Contact **contact, pl_err_t *err)
{
    Pl__Contact  *c;

    c = pl_arena_alloc(ap->ar, sizeof(*c));
    if (c == NULL) {
        return pl_err_set(err, PL_NOMEM, "contact", 0, "out of memory");
    }

    pl__contact__init(c);
    c->id = pl_apply_id(ap);
    c->has_created_ms = 1;
    c->created_ms = ap->now_ms;

    *contact = c;

    return PL_OK;
}


static bool
contact_has(const Pl__Contact *contact, Pl__AddressKind kind)
{
    size_t  i;

    for (i = 0; i < contact->n_addresses; i++) {
        if (contact->addresses[i]->kind == kind) {
            return true;
        }
    }

    return false;
}


static bool
contact_name(char **field, char *value)
{
    if (value == NULL || value[0] == '\0'
        || (*field != NULL && strcmp(*field, value) == 0))
    {
        return false;
    }

    *field = value;

    return true;
}
