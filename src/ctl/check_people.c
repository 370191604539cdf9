/*
 * check: contacts and groups against their addresses, conversations against
 * their messages, and both ways.
 *
 * A conversation's messages are a chain from its newest backwards. Each
 * chain is walked to its end and counted; a message that no chain reaches
 * shows in the sum.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/media.h"
#include "check.h"


static pl_status_t people_contact(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t people_indexed(plctl_check_t *check,
    const plctl_checked_t *row, Pl__AddressKind kind, const char *value,
    uint64_t id, pl_err_t *err);
static pl_status_t people_group(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t people_address(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static bool people_lists(const Pl__Contact *contact, Pl__AddressKind kind,
    pl_str_t value);
static pl_status_t people_conversation(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t people_party(plctl_check_t *check,
    const plctl_checked_t *row, const pl_party_t *party, pl_err_t *err);
static pl_status_t people_newest(plctl_check_t *check,
    const plctl_checked_t *row, const pl_party_t *party, uint64_t id,
    pl_err_t *err);
static pl_status_t people_chain(plctl_check_t *check,
    const plctl_checked_t *row, const pl_party_t *party,
    const Pl__Conversation *conv, pl_err_t *err);
static pl_status_t people_link(plctl_check_t *check,
    const plctl_checked_t *row, const pl_party_t *party, uint64_t *id,
    pl_err_t *err);
static bool people_of(const Pl__Message *message, const pl_party_t *party);
static pl_status_t people_message(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t people_conversed(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Message *message, pl_err_t *err);
static void people_file(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Media *media);
static void people_state(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Message *message);


pl_status_t
plctl_check_people(plctl_check_t *check, pl_err_t *err)
{
    pl_status_t  rc;

    rc = plctl_check_walk(check, PL_TABLE_CONTACTS, 12,
                          &pl__contact__descriptor, people_contact, err);

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_GROUPS, 12,
                              &pl__group__descriptor, people_group, err);
    }

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_ADDRESSES, 0, NULL,
                              people_address, err);
    }

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_CONVERSATIONS,
                              PL_KEY_PARTY_LEN,
                              &pl__conversation__descriptor,
                              people_conversation, err);
    }

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_MESSAGES, 8,
                              &pl__message__descriptor, people_message, err);
    }

    if (rc == PL_OK
        && check->chained != check->counts[PL_TABLE_MESSAGES])
    {
        plctl_check_find(check, PL_TABLE_MESSAGES, PL_STR_NULL,
                         "%" PRIu64 " rows, %" PRIu64 " are reached from "
                         "their conversations",
                         check->counts[PL_TABLE_MESSAGES], check->chained);
    }

    return rc;
}


static pl_status_t
people_contact(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    size_t               i;
    pl_status_t          rc;
    const Pl__Contact   *contact;

    contact = (const Pl__Contact *) row->msg;
    plctl_check_id(check, row, contact->id);

    if (contact->id != pl_be64(row->key.data + 4)) {
        plctl_check_find(check, row->table, row->key,
                         "calls itself cnt_%" PRIu64, contact->id);
    }

    for (i = 0; i < contact->n_addresses; i++) {
        rc = people_indexed(check, row, contact->addresses[i]->kind,
                            contact->addresses[i]->value, contact->id, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    rc = plctl_check_paused(check, row, contact, err);

    return rc == PL_OK ? plctl_check_joins(check, row, err) : rc;
}


static pl_status_t
people_indexed(plctl_check_t *check, const plctl_checked_t *row,
    Pl__AddressKind kind, const char *value, uint64_t id, pl_err_t *err)
{
    uint64_t     found;
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_address(&key, pl_be32(row->key.data), kind, pl_str_c(value));

    rc = pl_record_get_u64(check->state, PL_TABLE_ADDRESSES,
                           pl_key_str(&key), &found, err);

    if (rc == PL_NOTFOUND) {
        plctl_check_find(check, row->table, row->key,
                         "an address of kind %d is not indexed", (int) kind);
        return PL_OK;
    }

    if (rc == PL_OK && found != id) {
        plctl_check_find(check, row->table, row->key,
                         "an address of kind %d is indexed to %" PRIu64,
                         (int) kind, found);
    }

    return rc == PL_FOREIGN || rc == PL_NEWER ? PL_OK : rc;
}


static pl_status_t
people_group(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    const Pl__Group  *group;

    group = (const Pl__Group *) row->msg;
    plctl_check_id(check, row, group->id);

    if (group->id != pl_be64(row->key.data + 4)) {
        plctl_check_find(check, row->table, row->key,
                         "calls itself grp_%" PRIu64, group->id);
    }

    return people_indexed(check, row, PL__ADDRESS_KIND__ADDRESS_KIND_GROUP,
                          group->group_id, group->id, err);
}


static pl_status_t
people_address(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    uint64_t           id;
    pl_key_t           key;
    pl_str_t           value;
    pl_status_t        rc;
    Pl__AddressKind    kind;
    ProtobufCMessage  *msg;

    if (row->key.len < 6
        || pl_record_read_u64(row->table, row->value, &id, err) != PL_OK)
    {
        plctl_check_find(check, row->table, row->key, "is no index row");
        return PL_OK;
    }

    kind = (Pl__AddressKind) row->key.data[4];
    value.data = row->key.data + 5;
    value.len = row->key.len - 5;
    pl_key_tenant_seq(&key, pl_be32(row->key.data), id);

    if (kind == PL__ADDRESS_KIND__ADDRESS_KIND_GROUP) {
        rc = plctl_check_get(check, PL_TABLE_GROUPS, pl_key_str(&key),
                             &pl__group__descriptor, check->ar, &msg, err);

        if (rc == PL_OK
            && (msg == NULL
                || !pl_str_eq(pl_str_c(((Pl__Group *) msg)->group_id),
                              value)))
        {
            plctl_check_find(check, row->table, row->key,
                             "leads to grp_%" PRIu64 ", which is not of "
                             "this address", id);
        }

        return rc;
    }

    rc = plctl_check_get(check, PL_TABLE_CONTACTS, pl_key_str(&key),
                         &pl__contact__descriptor, check->ar, &msg, err);

    if (rc == PL_OK
        && (msg == NULL
            || !people_lists((Pl__Contact *) msg, kind, value)))
    {
        plctl_check_find(check, row->table, row->key,
                         "leads to cnt_%" PRIu64 ", which does not list it",
                         id);
    }

    return rc;
}


static bool
people_lists(const Pl__Contact *contact, Pl__AddressKind kind,
    pl_str_t value)
{
    size_t              i;
    const Pl__Address  *address;

    for (i = 0; i < contact->n_addresses; i++) {
        address = contact->addresses[i];

        if (address->kind == kind
            && pl_str_eq(pl_str_c(address->value), value))
        {
            return true;
        }
    }

    return false;
}


static pl_status_t
people_conversation(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    size_t                   i;
    pl_party_t               party;
    pl_status_t              rc;
    const Pl__Conversation  *conv;

    conv = (const Pl__Conversation *) row->msg;
    party.tenant = pl_be32(row->key.data);
    party.kind = (Pl__PartyKind) row->key.data[4];
    party.party = pl_be64(row->key.data + 5);

    rc = people_party(check, row, &party, err);

    if (conv->n_newest > PL_NEWEST_MAX
        || conv->n_windows > PL_WINDOWS_MAX
        || conv->n_variables > PL_VARIABLES_MAX
        || conv->n_tasks > PL_TASKS_MAX + PL_TIMEOUTS_MAX
        || conv->n_tags > PL_TAGS_MAX)
    {
        plctl_check_find(check, row->table, row->key,
                         "keeps more than it may");
    }

    for (i = 0; rc == PL_OK && i < conv->n_newest; i++) {
        rc = people_newest(check, row, &party, conv->newest[i], err);

        if (i > 0 && conv->newest[i] <= conv->newest[i - 1]) {
            plctl_check_find(check, row->table, row->key,
                             "its newest messages are not in order");
        }
    }

    if (rc == PL_OK) {
        rc = plctl_check_tasks(check, row, conv, err);
    }

    return rc == PL_OK ? people_chain(check, row, &party, conv, err) : rc;
}


static pl_status_t
people_party(plctl_check_t *check, const plctl_checked_t *row,
    const pl_party_t *party, pl_err_t *err)
{
    bool         has;
    pl_key_t     key;
    pl_status_t  rc;

    if (party->kind == PL__PARTY_KIND__PARTY_KIND_ACCOUNT) {
        return PL_OK;           /* accounts have no table yet */
    }

    pl_key_tenant_seq(&key, party->tenant, party->party);

    rc = plctl_check_has(check,
                         party->kind == PL__PARTY_KIND__PARTY_KIND_GROUP
                             ? PL_TABLE_GROUPS : PL_TABLE_CONTACTS,
                         pl_key_str(&key), &has, err);

    if (rc == PL_OK && !has) {
        plctl_check_find(check, row->table, row->key,
                         "there is no such party");
    }

    return rc;
}


static pl_status_t
people_newest(plctl_check_t *check, const plctl_checked_t *row,
    const pl_party_t *party, uint64_t id, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_seq(&key, id);
    pl_arena_reset(check->step);

    rc = plctl_check_get(check, PL_TABLE_MESSAGES, pl_key_str(&key),
                         &pl__message__descriptor, check->step, &msg, err);

    if (rc == PL_OK
        && (msg == NULL || !people_of((Pl__Message *) msg, party)))
    {
        plctl_check_find(check, row->table, row->key,
                         "its message msg_%" PRIu64 " is not there, or of "
                         "another party", id);
    }

    return rc;
}


static pl_status_t
people_chain(plctl_check_t *check, const plctl_checked_t *row,
    const pl_party_t *party, const Pl__Conversation *conv, pl_err_t *err)
{
    uint64_t     id, n;
    pl_status_t  rc;

    id = conv->n_newest == 0 ? 0 : conv->newest[conv->n_newest - 1];

    for (n = 0; id != 0 && n < PLCTL_CHAIN_MAX; n++) {
        rc = people_link(check, row, party, &id, err);

        if (rc != PL_OK) {
            if (rc == PL_NOTFOUND) {
                break;          /* reported */
            }

            return rc;
        }
    }

    check->chained += n;

    if (n != conv->messages && n < PLCTL_CHAIN_MAX) {
        plctl_check_find(check, row->table, row->key,
                         "counts %" PRIu64 " messages, its chain has %"
                         PRIu64, conv->messages, n);
    }

    return PL_OK;
}


/* One step back. *id 0: the chain's end. PL_NOTFOUND: it is broken. */

static pl_status_t
people_link(plctl_check_t *check, const plctl_checked_t *row,
    const pl_party_t *party, uint64_t *id, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    Pl__Message       *message;
    ProtobufCMessage  *msg;

    pl_key_seq(&key, *id);
    pl_arena_reset(check->step);

    rc = plctl_check_get(check, PL_TABLE_MESSAGES, pl_key_str(&key),
                         &pl__message__descriptor, check->step, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    message = (Pl__Message *) msg;

    if (message == NULL || !people_of(message, party)
        || (message->has_previous && message->previous >= *id))
    {
        plctl_check_find(check, row->table, row->key,
                         "its chain breaks at msg_%" PRIu64, *id);
        return PL_NOTFOUND;
    }

    *id = message->has_previous ? message->previous : 0;

    return PL_OK;
}


static bool
people_of(const Pl__Message *message, const pl_party_t *party)
{
    return message->tenant == party->tenant
           && message->party_kind == party->kind
           && message->party == party->party;
}


static pl_status_t
people_message(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    bool                has;
    pl_key_t            key;
    pl_status_t         rc;
    const Pl__Message  *message;

    message = (const Pl__Message *) row->msg;
    plctl_check_id(check, row, pl_be64(row->key.data));

    if (message->has_entry) {
        plctl_check_entry(check, row, message->entry);
    }

    pl_key_tenant_seq(&key, message->tenant, message->contact);

    rc = plctl_check_has(check, PL_TABLE_CONTACTS, pl_key_str(&key), &has,
                         err);
    if (rc != PL_OK) {
        return rc;
    }

    /* what we say in a group is for all of it, and for no contact; and who
       said something there may have been erased */

    has = has || (message->contact == 0
                  && message->party_kind == PL__PARTY_KIND__PARTY_KIND_GROUP
                  && (message->direction == PL__DIRECTION__DIRECTION_OUT
                      || message->has_erased));

    if (!has) {
        plctl_check_find(check, row->table, row->key,
                         "its contact cnt_%" PRIu64 " is not there",
                         message->contact);
    }

    if (check->ctl->settings != NULL
        && pl_settings_channel(check->ctl->settings, message->channel)
           == NULL)
    {
        plctl_check_find(check, row->table, row->key,
                         "its channel %" PRIu32 " is not there",
                         message->channel);
    }

    people_state(check, row, message);

    return people_conversed(check, row, message, err);
}


static pl_status_t
people_conversed(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Message *message, pl_err_t *err)
{
    bool         has;
    pl_key_t     key;
    pl_party_t   party;
    pl_status_t  rc;

    party.tenant = message->tenant;
    party.kind = message->party_kind;
    party.party = message->party;
    pl_key_party(&key, &party);

    rc = plctl_check_has(check, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                         &has, err);

    if (rc == PL_OK && !has) {
        plctl_check_find(check, row->table, row->key,
                         "its conversation is not there");
    }

    return rc;
}


static void
people_state(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Message *message)
{
    bool  received;

    received = message->state == PL__MESSAGE_STATE__MESSAGE_STATE_RECEIVED;

    if (!message->has_state
        || received != (message->direction == PL__DIRECTION__DIRECTION_IN))
    {
        plctl_check_find(check, row->table, row->key,
                         "its state does not fit its direction");
    }

    check->queued += message->state
                     == PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED;
    check->scheduled += message->state
                        == PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED;
    check->doubtful += message->state
                       == PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN;

    people_file(check, row, pl_media_of(message->content, NULL));
}


/* A file that is there is named by its digest, and nothing else. */

static void
people_file(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Media *media)
{
    if (media == NULL || !media->has_state) {
        return;
    }

    check->wanted += media->state == PL__MEDIA_STATE__MEDIA_STATE_WANTED;

    if (media->state == PL__MEDIA_STATE__MEDIA_STATE_STORED
        && (media->file == NULL || !media->has_bytes
            || strlen(media->file) != 2 * PL_SHA256_LEN
            || strspn(media->file, "0123456789abcdef")
               != 2 * PL_SHA256_LEN))
    {
        plctl_check_find(check, row->table, row->key,
                         "its file is stored, and has no name");
    }
}
