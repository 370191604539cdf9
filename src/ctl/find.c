/*
 * See find.h. Walks are cut into read transactions of PLCTL_CHUNK_ROWS rows,
 * as listings are: a message's number, party and predecessor never change.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/address.h"
#include "../engine/alias.h"
#include "../engine/phone.h"
#include "find.h"
#include "list.h"


static pl_status_t find_address(plctl_t *ctl, uint32_t tenant,
    const char *address, pl_party_t *party, pl_err_t *err);
static pl_status_t find_phone(plctl_t *ctl, pl_txn_t *txn,
    pl_party_t *party, const char *digits, pl_err_t *err);
static pl_status_t find_lookup(pl_txn_t *txn, pl_party_t *party,
    Pl__AddressKind kind, const char *value, pl_err_t *err);
static pl_status_t find_record(plctl_t *ctl, pl_table_e table, pl_str_t key,
    const ProtobufCMessageDescriptor *type, ProtobufCMessage **msg,
    pl_err_t *err);
static pl_status_t find_chain_part(plctl_t *ctl, pl_arena_t *ar,
    uint64_t *next, uint64_t limit, plctl_ids_t *ids, pl_err_t *err);
static pl_status_t find_newest_part(plctl_t *ctl, plctl_cursor_t *cursor,
    uint32_t tenant, uint64_t limit, plctl_ids_t *ids, pl_err_t *err);
static pl_status_t find_newest_row(plctl_cursor_t *cursor, pl_txn_t *txn,
    pl_arena_t *ar, uint32_t tenant, plctl_ids_t *ids, pl_err_t *err);
static pl_status_t find_add(plctl_ids_t *ids, uint64_t id, pl_err_t *err);
static void find_reverse(plctl_ids_t *ids);


void
plctl_ids_free(plctl_ids_t *ids)
{
    free(ids->ids);
    memset(ids, 0, sizeof(plctl_ids_t));
}


pl_status_t
plctl_find_party(plctl_t *ctl, uint32_t tenant, const char *address,
    pl_party_t *party, pl_err_t *err)
{
    party->tenant = tenant;

    if (strncmp(address, "cnt_", 4) == 0) {
        party->kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
        return plctl_args_id(address, "cnt", &party->party, err);
    }

    if (strncmp(address, "grp_", 4) == 0) {
        party->kind = PL__PARTY_KIND__PARTY_KIND_GROUP;
        return plctl_args_id(address, "grp", &party->party, err);
    }

    return find_address(ctl, tenant, address, party, err);
}


static pl_status_t
find_address(plctl_t *ctl, uint32_t tenant, const char *address,
    pl_party_t *party, pl_err_t *err)
{
    char          digits[PL_ADDRESS_MAX + 1];
    size_t        i;
    pl_txn_t     *txn;
    const char   *email;
    pl_status_t   rc;

    static const Pl__AddressKind  kinds[] = {
        PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID,
        PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL,
        PL__ADDRESS_KIND__ADDRESS_KIND_GROUP,
    };

    party->tenant = tenant;

    rc = pl_address_email(ctl->ar, address, &email, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = PL_NOTFOUND;

    if (pl_alias_digits(address, digits, sizeof(digits))) {
        rc = find_phone(ctl, txn, party, digits, err);
    }

    for (i = 0; rc == PL_NOTFOUND && i < PL_COUNT(kinds); i++) {
        rc = find_lookup(txn, party, kinds[i], address, err);
    }

    if (rc == PL_NOTFOUND && email != address) {
        rc = find_lookup(txn, party, PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL,
                         email, err);
    }

    pl_store_abort(txn);

    if (rc == PL_NOTFOUND) {
        return pl_err_set(err, PL_NOTFOUND, "", 0,
                          "the tenant knows nobody by this address");
    }

    return rc;
}


/* In its normal form, in that one's other, or as it was typed. */

static pl_status_t
find_phone(plctl_t *ctl, pl_txn_t *txn, pl_party_t *party,
    const char *digits, pl_err_t *err)
{
    char                     normal[PL_PHONE_MAX + 1], other[PL_ALIAS_MAX];
    size_t                   i;
    pl_status_t              rc = PL_NOTFOUND;
    const char              *forms[3] = { NULL, NULL, digits };
    const pl_tenant_conf_t  *conf;

    conf = pl_settings_tenant(ctl->settings, party->tenant);

    if (pl_phone_normal(digits, conf == NULL ? NULL : conf->row->calling_code,
                        normal))
    {
        forms[0] = normal;
        forms[1] = pl_alias_other(normal, other) ? other : NULL;
    }

    for (i = 0; rc == PL_NOTFOUND && i < PL_COUNT(forms); i++) {
        if (forms[i] != NULL) {
            rc = find_lookup(txn, party,
                             PL__ADDRESS_KIND__ADDRESS_KIND_PHONE, forms[i],
                             err);
        }
    }

    return rc;
}


static pl_status_t
find_lookup(pl_txn_t *txn, pl_party_t *party, Pl__AddressKind kind,
    const char *value, pl_err_t *err)
{
    pl_key_t  key;

    if (strlen(value) > PL_ADDRESS_MAX) {
        return PL_NOTFOUND;
    }

    pl_key_address(&key, party->tenant, kind, pl_str_c(value));

    party->kind = kind == PL__ADDRESS_KIND__ADDRESS_KIND_GROUP
                  ? PL__PARTY_KIND__PARTY_KIND_GROUP
                  : PL__PARTY_KIND__PARTY_KIND_CONTACT;

    return pl_record_get_u64(txn, PL_TABLE_ADDRESSES, pl_key_str(&key),
                             &party->party, err);
}


pl_status_t
plctl_find_conversation(plctl_t *ctl, const pl_party_t *party,
    Pl__Conversation **conv, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_party(&key, party);

    rc = find_record(ctl, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                     &pl__conversation__descriptor, &msg, err);
    *conv = (Pl__Conversation *) msg;

    return rc;
}


pl_status_t
plctl_find_contact(plctl_t *ctl, const pl_party_t *party,
    Pl__Contact **contact, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *contact = NULL;

    if (party->kind != PL__PARTY_KIND__PARTY_KIND_CONTACT) {
        return PL_NOTFOUND;
    }

    pl_key_tenant_seq(&key, party->tenant, party->party);

    rc = find_record(ctl, PL_TABLE_CONTACTS, pl_key_str(&key),
                     &pl__contact__descriptor, &msg, err);
    *contact = (Pl__Contact *) msg;

    return rc;
}


pl_status_t
plctl_find_group(plctl_t *ctl, const pl_party_t *party, Pl__Group **group,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, party->tenant, party->party);

    rc = find_record(ctl, PL_TABLE_GROUPS, pl_key_str(&key),
                     &pl__group__descriptor, &msg, err);
    *group = (Pl__Group *) msg;

    return rc;
}


static pl_status_t
find_record(plctl_t *ctl, pl_table_e table, pl_str_t key,
    const ProtobufCMessageDescriptor *type, ProtobufCMessage **msg,
    pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    *msg = NULL;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_record_get(txn, table, key, type, ctl->ar, msg, err);
    pl_store_abort(txn);

    return rc;
}


pl_status_t
plctl_find_chain(plctl_t *ctl, const Pl__Conversation *conv, uint64_t limit,
    plctl_ids_t *ids, pl_err_t *err)
{
    uint64_t      next;
    pl_arena_t   *ar;
    pl_status_t   rc;

    next = conv->n_newest == 0 ? 0 : conv->newest[conv->n_newest - 1];
    rc = PL_OK;

    ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "find", 0, "out of memory");
    }

    while (rc == PL_OK && next != 0 && (limit == 0 || ids->n < limit)) {
        rc = find_chain_part(ctl, ar, &next, limit, ids, err);
    }

    pl_arena_destroy(ar);
    find_reverse(ids);

    return rc;
}


/*
 * A predecessor is older, so its number is smaller: a chain that says
 * otherwise ends there (check reports it).
 */

static pl_status_t
find_chain_part(plctl_t *ctl, pl_arena_t *ar, uint64_t *next,
    uint64_t limit, plctl_ids_t *ids, pl_err_t *err)
{
    uint64_t           id, i;
    pl_key_t           key;
    pl_txn_t          *txn;
    Pl__Message       *message;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);

    for (i = 0; rc == PL_OK && i < PLCTL_CHUNK_ROWS && *next != 0; i++) {

        if (limit != 0 && ids->n == limit) {
            break;
        }

        id = *next;
        pl_key_seq(&key, id);
        pl_arena_reset(ar);

        rc = pl_record_get(txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                           &pl__message__descriptor, ar, &msg, err);
        if (rc != PL_OK) {
            *next = 0;
            rc = rc == PL_NOTFOUND ? PL_OK : rc;    /* pruned, or check's */
            break;
        }

        message = (Pl__Message *) msg;
        *next = message->has_previous && message->previous < id
                ? message->previous : 0;

        rc = find_add(ids, id, err);
    }

    pl_store_abort(txn);

    return rc;
}


pl_status_t
plctl_find_newest(plctl_t *ctl, uint32_t tenant, uint64_t limit,
    plctl_ids_t *ids, bool *cut, pl_err_t *err)
{
    uint64_t         passed;
    pl_status_t      rc;
    plctl_cursor_t   cursor;

    plctl_cursor_init(&cursor, PL_TABLE_MESSAGES, true);
    rc = PL_OK;

    for (passed = 0; passed < PLCTL_SCAN_MAX && ids->n < limit; /* void */ ) {

        rc = find_newest_part(ctl, &cursor, tenant, limit, ids, err);
        if (rc != PL_OK) {
            break;
        }

        passed += PLCTL_CHUNK_ROWS;
    }

    *cut = rc == PL_OK && ids->n < limit;
    find_reverse(ids);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* PL_NOTFOUND: the table's end. */

static pl_status_t
find_newest_part(plctl_t *ctl, plctl_cursor_t *cursor, uint32_t tenant,
    uint64_t limit, plctl_ids_t *ids, pl_err_t *err)
{
    uint64_t      i;
    pl_txn_t     *txn;
    pl_arena_t   *ar;
    pl_status_t   rc;

    ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "find", 0, "out of memory");
    }

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        pl_arena_destroy(ar);
        return rc;
    }

    for (i = 0; rc == PL_OK && i < PLCTL_CHUNK_ROWS; i++) {
        if (ids->n == limit) {
            break;
        }

        pl_arena_reset(ar);
        rc = find_newest_row(cursor, txn, ar, tenant, ids, err);
    }

    plctl_cursor_pause(cursor);
    pl_store_abort(txn);
    pl_arena_destroy(ar);

    return rc;
}


static pl_status_t
find_newest_row(plctl_cursor_t *cursor, pl_txn_t *txn, pl_arena_t *ar,
    uint32_t tenant, plctl_ids_t *ids, pl_err_t *err)
{
    pl_str_t           key, value;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = plctl_cursor_next(cursor, txn, &key, &value, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_record_read(PL_TABLE_MESSAGES, value, &pl__message__descriptor,
                        ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (((Pl__Message *) msg)->tenant != tenant || key.len != 8) {
        return PL_OK;
    }

    return find_add(ids, pl_be64(key.data), err);
}


static pl_status_t
find_add(plctl_ids_t *ids, uint64_t id, pl_err_t *err)
{
    size_t     room;
    uint64_t  *more;

    if (ids->n == ids->room) {
        room = ids->room == 0 ? PLCTL_CHUNK_ROWS : ids->room * 2;

        more = realloc(ids->ids, room * sizeof(uint64_t));
        if (more == NULL) {
            return pl_err_set(err, PL_NOMEM, "find", 0, "out of memory");
        }

        ids->ids = more;
        ids->room = room;
    }

    ids->ids[ids->n++] = id;

    return PL_OK;
}


static void
find_reverse(plctl_ids_t *ids)
{
    size_t    i;
    uint64_t  id;

    for (i = 0; i < ids->n / 2; i++) {
        id = ids->ids[i];
        ids->ids[i] = ids->ids[ids->n - 1 - i];
        ids->ids[ids->n - 1 - i] = id;
    }
}
