/*
 * check: what the inbox keeps beside conversations, against them: quiet ones,
 * views, counts of what is unread, notes, the index of words, names.
 *
 * A segment of words is held against its messages one way: each number leads
 * to a message of the tenant. The other way, words may have been changed in a
 * message since.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/inbox.h"
#include "../engine/words_impl.h"
#include "check.h"

static pl_status_t inbox_quiet(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t inbox_view(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static bool inbox_views(const Pl__Conversation *conv, pl_view_e view,
    const char *name);
static pl_status_t inbox_unread(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t inbox_sum(plctl_check_t *check, uint32_t tenant,
    const char *owner, Pl__Unread *sum, pl_err_t *err);
static pl_status_t inbox_note(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t inbox_words(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t inbox_word(plctl_check_t *check,
    const plctl_checked_t *row, const pl_words_entry_t *entry,
    pl_err_t *err);
static pl_status_t inbox_segment(plctl_check_t *check,
    const plctl_checked_t *row, pl_str_t bytes, pl_err_t *err);
static pl_status_t inbox_name(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static bool inbox_named(plctl_check_t *check, const plctl_checked_t *row,
    const pl_word_list_t *list, uint64_t id);
static bool inbox_hashed(plctl_check_t *check, const plctl_checked_t *row,
    pl_str_t word, uint64_t id);
static pl_status_t inbox_conversation(plctl_check_t *check,
    const pl_party_t *party, Pl__Conversation **conv, pl_err_t *err);


pl_status_t
plctl_check_inbox(plctl_check_t *check, pl_err_t *err)
{
    pl_status_t  rc;

    rc = plctl_check_walk(check, PL_TABLE_QUIET, 12, NULL, inbox_quiet, err);

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_VIEWS, 0, NULL, inbox_view,
                              err);
    }

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_UNREAD, 0,
                              &pl__unread__descriptor, inbox_unread, err);
    }

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_NOTES, PL_KEY_PARTY_LEN + 8,
                              &pl__note__descriptor, inbox_note, err);
    }

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_WORDS, 0, NULL, inbox_words,
                              err);
    }

    return rc == PL_OK
           ? plctl_check_walk(check, PL_TABLE_NAMES, 0, NULL, inbox_name,
                              err)
           : rc;
}


static pl_status_t
inbox_quiet(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    pl_str_t           place;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    party.tenant = pl_be32(row->key.data);

    if (pl_record_read_bytes(row->table, row->value, &place, err) != PL_OK
        || !pl_key_place_parse(place, &party.kind, &party.party))
    {
        plctl_check_find(check, row->table, row->key, "names no party");
        return PL_OK;
    }

    rc = inbox_conversation(check, &party, &conv, err);

    if (rc == PL_OK
        && (conv == NULL || conv->n_newest == 0
            || conv->newest[conv->n_newest - 1]
               != pl_be64(row->key.data + 4)))
    {
        plctl_check_find(check, row->table, row->key,
                         "is not of its conversation's newest message");
    }

    return rc;
}


static pl_status_t
inbox_view(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    char               name[512];
    pl_str_t           text;
    pl_view_e          view;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    if (!pl_key_view_parse(row->key, &view, &text, &party)
        || text.len >= sizeof(name))
    {
        plctl_check_find(check, row->table, row->key, "is no view's row");
        return PL_OK;
    }

    memcpy(name, text.data, text.len);
    name[text.len] = '\0';

    rc = inbox_conversation(check, &party, &conv, err);

    if (rc == PL_OK && (conv == NULL || conv->has_joined_to
                        || !inbox_views(conv, view, name)))
    {
        plctl_check_find(check, row->table, row->key,
                         "its conversation does not say so");
    }

    return rc;
}


static bool
inbox_views(const Pl__Conversation *conv, pl_view_e view, const char *name)
{
    size_t  i;

    switch (view) {

    case PL_VIEW_OWNER:
        return conv->owner != NULL && strcmp(conv->owner, name) == 0;

    case PL_VIEW_ARCHIVED:
        return conv->archived && name[0] == '\0';

    default:
        for (i = 0; i < conv->n_tags; i++) {
            if (strcmp(conv->tags[i], name) == 0) {
                return true;
            }
        }

        return false;
    }
}


/* The sum of what conversations say that they have put there. */

static pl_status_t
inbox_unread(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    char               owner[PL_UNREAD_OWNER_MAX + 1];
    size_t             len;
    pl_status_t        rc;
    Pl__Unread         sum = PL__UNREAD__INIT;
    const Pl__Unread  *said;

    said = (const Pl__Unread *) row->msg;
    len = row->key.len < 5 ? 0 : row->key.len - 5;

    if (row->key.len < 5 || len > PL_UNREAD_OWNER_MAX
        || row->key.data[4] > 1)
    {
        plctl_check_find(check, row->table, row->key, "is no count's row");
        return PL_OK;
    }

    memcpy(owner, row->key.data + 5, len);
    owner[len] = '\0';

    rc = inbox_sum(check, pl_be32(row->key.data),
                   row->key.data[4] == 0 ? NULL : owner, &sum, err);

    if (rc == PL_OK && (sum.conversations != said->conversations
                        || sum.messages != said->messages))
    {
        plctl_check_find(check, row->table, row->key,
                         "counts %" PRIu64 " and %" PRIu64 ", there are %"
                         PRIu64 " and %" PRIu64, said->conversations,
                         said->messages, sum.conversations, sum.messages);
    }

    return rc;
}


static pl_status_t
inbox_sum(plctl_check_t *check, uint32_t tenant, const char *owner,
    Pl__Unread *sum, pl_err_t *err)
{
    pl_key_t                 from;
    pl_str_t                 key, value;
    pl_scan_t               *scan;
    pl_status_t              rc;
    ProtobufCMessage        *msg;
    const Pl__Conversation  *conv;

    from.len = 0;
    from.overflow = false;
    pl_key_u32(&from, tenant);

    rc = pl_store_scan(check->state, PL_TABLE_CONVERSATIONS,
                       pl_key_str(&from), false, &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || pl_be32(key.data) != tenant) {
            break;
        }

        pl_arena_reset(check->step);

        if (pl_record_read(PL_TABLE_CONVERSATIONS, value,
                           &pl__conversation__descriptor, check->step, &msg,
                           err) != PL_OK)
        {
            continue;                   /* its own walk reports it */
        }

        conv = (const Pl__Conversation *) msg;

        if (conv->counted != 0
            && (owner == NULL
                || strcmp(conv->owner == NULL ? "" : conv->owner, owner)
                   == 0))
        {
            sum->conversations++;
            sum->messages += conv->counted;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
inbox_note(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    plctl_check_id(check, row, pl_be64(row->key.data + PL_KEY_PARTY_LEN));

    party.tenant = pl_be32(row->key.data);
    party.kind = (Pl__PartyKind) row->key.data[4];
    party.party = pl_be64(row->key.data + 5);

    rc = inbox_conversation(check, &party, &conv, err);

    if (rc == PL_OK && (conv == NULL || conv->notes == 0)) {
        plctl_check_find(check, row->table, row->key,
                         "its conversation has none");
    }

    return rc;
}


static pl_status_t
inbox_words(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    uint64_t          number;
    pl_str_t          bytes, rest;
    pl_status_t       rc;
    pl_words_kind_e   kind;
    pl_words_entry_t  entry;

    if (check->meta != NULL && check->meta->words_form != PL_WORDS_FORM) {
        return PL_OK;                   /* of before, and about to go */
    }

    if (row->key.len < 8
        || pl_record_read_bytes(row->table, row->value, &bytes, err)
           != PL_OK
        || pl_be32(row->key.data) >= (check->meta == NULL
                                      ? 0 : check->meta->words_segment))
    {
        plctl_check_find(check, row->table, row->key, "is of no segment");
        return PL_OK;
    }

    if (row->key.len == 8) {
        return inbox_segment(check, row, bytes, err);
    }

    rc = pl_words_number(check->state, pl_be32(row->key.data),
                         pl_be32(row->key.data + 4), &number, err);

    if (rc != PL_OK || row->key.len <= 16
        || pl_be64(row->key.data + 8) != number)
    {
        plctl_check_find(check, row->table, row->key,
                         "is of no number of its tenant's");
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    rest = bytes;
    kind = pl_words_kind(&rest);
    rc = kind == PL_WORDS_ALL ? PL_FOREIGN : PL_OK;

    while (rc == PL_OK) {
        rc = pl_words_next(&rest, &entry, err);

        if (rc == PL_OK && kind == PL_WORDS_BUCKET) {
            rc = inbox_word(check, row, &entry, err);
        }
    }

    if (rc == PL_FOREIGN) {
        plctl_check_find(check, row->table, row->key, "is cut");
    }

    return rc == PL_NOTFOUND || rc == PL_FOREIGN ? PL_OK : rc;
}


static pl_status_t
inbox_word(plctl_check_t *check, const plctl_checked_t *row,
    const pl_words_entry_t *entry, pl_err_t *err)
{
    size_t             i, n;
    uint64_t          *ids;
    pl_key_t           key;
    pl_status_t        rc = PL_OK;
    ProtobufCMessage  *msg;

    if (pl_words_read(check->ar, entry->ids, &ids, &n, err) != PL_OK
        || n == 0)
    {
        plctl_check_find(check, row->table, row->key, "leads nowhere");
        return PL_OK;
    }

    for (i = 0; rc == PL_OK && i < n; i++) {
        pl_arena_reset(check->step);
        pl_key_seq(&key, ids[i]);

        rc = plctl_check_get(check, PL_TABLE_MESSAGES, pl_key_str(&key),
                             &pl__message__descriptor, check->step, &msg,
                             err);

        if (rc == PL_OK
            && (msg == NULL || ((Pl__Message *) msg)->tenant
                               != pl_be32(row->key.data + 4)))
        {
            plctl_check_find(check, row->table, row->key,
                             "leads to msg_%" PRIu64 ", which is not there",
                             ids[i]);
        }
    }

    return rc;
}


static pl_status_t
inbox_segment(plctl_check_t *check, const plctl_checked_t *row,
    pl_str_t bytes, pl_err_t *err)
{
    uint32_t     segment;
    uint64_t     first, last, before;
    pl_status_t  rc;

    segment = pl_be32(row->key.data);

    if (bytes.len == 8 && pl_be32(row->key.data + 4) != 0) {
        return PL_OK;                   /* a tenant's number */
    }

    if (bytes.len != 16 || pl_be32(row->key.data + 4) != 0) {
        plctl_check_find(check, row->table, row->key, "is of no segment");
        return PL_OK;
    }

    first = pl_be64(bytes.data);
    last = pl_be64(bytes.data + 8);
    before = 0;

    rc = segment == 0 ? PL_OK
                      : pl_words_segment(check->state, segment - 1, &before,
                                         &before, err);

    if (rc == PL_NOTFOUND || first > last || first <= before
        || last > check->meta->words_to)
    {
        plctl_check_find(check, row->table, row->key,
                         "covers %" PRIu64 " to %" PRIu64 " behind %" PRIu64,
                         first, last, before);
    }

    return rc == PL_NOTFOUND || rc == PL_FOREIGN ? PL_OK : rc;
}


static pl_status_t
inbox_name(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    char              *text;
    uint64_t           id;
    pl_key_t           key;
    pl_status_t        rc;
    Pl__Contact       *contact;
    pl_word_list_t     list;
    ProtobufCMessage  *msg;

    if (row->key.len < 4 + 1 + 9) {
        plctl_check_find(check, row->table, row->key, "is no name's row");
        return PL_OK;
    }

    id = pl_be64(row->key.data + row->key.len - 8);
    pl_key_tenant_seq(&key, pl_be32(row->key.data), id);

    rc = plctl_check_get(check, PL_TABLE_CONTACTS, pl_key_str(&key),
                         &pl__contact__descriptor, check->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    contact = (Pl__Contact *) msg;
    text = contact == NULL
           ? NULL : pl_arena_printf(check->ar, "%s %s",
                                    contact->name == NULL ? ""
                                    : contact->name,
                                    contact->username == NULL ? ""
                                    : contact->username);

    if (text == NULL
        || pl_names_words(check->ar, text, &list, err) != PL_OK
        || !inbox_named(check, row, &list, id))
    {
        plctl_check_find(check, row->table, row->key,
                         "leads to cnt_%" PRIu64 ", who has another name",
                         id);
    }

    return PL_OK;
}


/* By the word; or by the hash of one of theirs. */

static bool
inbox_named(plctl_check_t *check, const plctl_checked_t *row,
    const pl_word_list_t *list, uint64_t id)
{
    size_t    i;
    pl_str_t  word;

    word.data = row->key.data + 4;
    word.len = row->key.len - 4 - 9;

    if (row->key.data[row->key.len - 9] == 0 && pl_names_row(list, word)) {
        return true;
    }

    for (i = 0; i < list->n; i++) {
        if (inbox_hashed(check, row, list->words[i], id)
            || inbox_hashed(check, row, pl_words_begin(list->words[i]), id))
        {
            return true;
        }
    }

    return false;
}


static bool
inbox_hashed(plctl_check_t *check, const plctl_checked_t *row,
    pl_str_t word, uint64_t id)
{
    uint8_t   out[PL_HASHED_MAX];
    pl_key_t  key;
    pl_str_t  real;
    pl_err_t  err;

    pl_key_name(&key, pl_be32(row->key.data), word, id);

    return pl_store_hashed(check->state, PL_TABLE_NAMES, pl_key_str(&key),
                           out, &real, &err) == PL_OK
           && pl_str_eq(real, row->key);
}


static pl_status_t
inbox_conversation(plctl_check_t *check, const pl_party_t *party,
    Pl__Conversation **conv, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_party(&key, party);

    rc = plctl_check_get(check, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                         &pl__conversation__descriptor, check->ar, &msg,
                         err);
    *conv = rc == PL_OK ? (Pl__Conversation *) msg : NULL;

    return rc;
}
