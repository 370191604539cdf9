/*
 * Who wrote: contacts and groups, looked up by address, never identified by
 * one (design, section 4). A WhatsApp user can be known by a phone, by a
 * business-scoped user id, or by both (provider-facts 1.10).
 *
 * The user id leads: a phone may pass to another person, the user id cannot.
 * Where user id and phone lead to two contacts they stay two; joining them
 * is a command of its own, since it must be possible to undo it.
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"

#define CONTACT_ADDRESSES_MAX  32

static pl_status_t contact_find(pl_apply_t *ap, uint32_t tenant,
    Pl__AddressKind kind, const char *value, uint64_t *id, pl_err_t *err);
static pl_status_t contact_create(pl_apply_t *ap, Pl__Contact **contact,
    pl_err_t *err);
static pl_status_t contact_learn(pl_apply_t *ap, uint32_t tenant,
    Pl__Contact *contact, Pl__AddressKind kind, const char *value,
    bool *changed, pl_err_t *err);
static bool contact_name(char **field, char *value);
static pl_status_t contact_put(pl_apply_t *ap, uint32_t tenant,
    const Pl__Contact *contact, pl_err_t *err);


pl_status_t
pl_contact_resolve(pl_apply_t *ap, uint32_t tenant, const Pl__Sender *from,
    Pl__Contact **contact, pl_err_t *err)
{
    bool         changed;
    uint64_t     id;
    pl_status_t  rc;

    rc = contact_find(ap, tenant, PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID,
                      from->user_id, &id, err);
    if (rc == PL_NOTFOUND) {
        rc = contact_find(ap, tenant, PL__ADDRESS_KIND__ADDRESS_KIND_PHONE,
                          from->phone, &id, err);
    }

    if (rc == PL_OK) {
        rc = pl_contact_get(ap, tenant, id, contact, err);

    } else if (rc == PL_NOTFOUND) {
        rc = contact_create(ap, contact, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    changed = contact_name(&(*contact)->name, from->name);
    changed |= contact_name(&(*contact)->username, from->username);

    rc = contact_learn(ap, tenant, *contact,
                       PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID,
                       from->user_id, &changed, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = contact_learn(ap, tenant, *contact,
                       PL__ADDRESS_KIND__ADDRESS_KIND_PHONE, from->phone,
                       &changed, err);
    if (rc != PL_OK || !changed) {
        return rc;
    }

    (*contact)->has_updated_ms = 1;
    (*contact)->updated_ms = ap->now_ms;

    return contact_put(ap, tenant, *contact, err);
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


const Pl__Address *
pl_contact_address(const Pl__Contact *contact)
{
    size_t              i;
    const Pl__Address  *user_id;

    user_id = NULL;

    /* learned in order: the last one of a kind is the newest */

    for (i = contact->n_addresses; i > 0; i--) {
        switch (contact->addresses[i - 1]->kind) {

        case PL__ADDRESS_KIND__ADDRESS_KIND_PHONE:
            return contact->addresses[i - 1];

        case PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID:
            if (user_id == NULL) {
                user_id = contact->addresses[i - 1];
            }
            break;

        default:
            break;
        }
    }

    return user_id;
}


pl_status_t
pl_contact_group(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    const char *group_id, uint64_t *group, pl_err_t *err)
{
    pl_key_t     key;
    Pl__Group    row = PL__GROUP__INIT;
    pl_status_t  rc;

    rc = contact_find(ap, tenant, PL__ADDRESS_KIND__ADDRESS_KIND_GROUP,
                      group_id, group, err);
    if (rc != PL_NOTFOUND) {
        return rc;
    }

    row.id = pl_apply_id(ap);
    row.group_id = (char *) group_id;
    row.channel = channel;
    row.has_created_ms = 1;
    row.created_ms = ap->now_ms;

    *group = row.id;

    pl_key_tenant_seq(&key, tenant, row.id);
    rc = pl_record_put(ap->txn, PL_TABLE_GROUPS, pl_key_str(&key), &row.base,
                       false, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_address(&key, tenant, PL__ADDRESS_KIND__ADDRESS_KIND_GROUP,
                   pl_str_c(group_id));

    return pl_record_put_u64(ap->txn, PL_TABLE_ADDRESSES, pl_key_str(&key),
                             row.id, false, err);
}


static pl_status_t
contact_find(pl_apply_t *ap, uint32_t tenant, Pl__AddressKind kind,
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


/*
 * Adds an address that the contact does not have, unless it is somebody
 * else's already. Past the limit nothing is added: such a contact still is
 * found by the addresses that it has.
 */

static pl_status_t
contact_learn(pl_apply_t *ap, uint32_t tenant, Pl__Contact *contact,
    Pl__AddressKind kind, const char *value, bool *changed, pl_err_t *err)
{
    size_t         i;
    uint64_t       other;
    pl_key_t       key;
    Pl__Address   *address, **list;
    pl_status_t    rc;

    if (value == NULL || value[0] == '\0') {
        return PL_OK;
    }

    for (i = 0; i < contact->n_addresses; i++) {
        if (contact->addresses[i]->kind == kind
            && strcmp(contact->addresses[i]->value, value) == 0)
        {
            return PL_OK;
        }
    }

    rc = contact_find(ap, tenant, kind, value, &other, err);
    if (rc != PL_NOTFOUND || contact->n_addresses == CONTACT_ADDRESSES_MAX) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    list = pl_arena_alloc(ap->ar, (i + 1) * sizeof(*list));
    address = pl_arena_alloc(ap->ar, sizeof(*address));
    if (list == NULL || address == NULL) {
        return pl_err_set(err, PL_NOMEM, "contact", 0, "out of memory");
    }

    pl__address__init(address);
    address->kind = kind;
    address->value = (char *) value;
    address->has_seen_ms = 1;
    address->seen_ms = ap->now_ms;

    if (i != 0) {
        memcpy(list, contact->addresses, i * sizeof(*list));
    }

    list[i] = address;
    contact->addresses = list;
    contact->n_addresses = i + 1;
    *changed = true;

    pl_key_address(&key, tenant, kind, pl_str_c(value));

    return pl_record_put_u64(ap->txn, PL_TABLE_ADDRESSES, pl_key_str(&key),
                             contact->id, false, err);
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


static pl_status_t
contact_put(pl_apply_t *ap, uint32_t tenant, const Pl__Contact *contact,
    pl_err_t *err)
{
    pl_key_t  key;

    pl_key_tenant_seq(&key, tenant, contact->id);

    return pl_record_put(ap->txn, PL_TABLE_CONTACTS, pl_key_str(&key),
                         &contact->base, false, err);
}
