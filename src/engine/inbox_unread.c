/*
 * How much is unread: a row for each tenant, and for each owner. Increments
 * are gathered in memory while a transaction lasts, as counters are, so that
 * a message costs no row. See inbox.h.
 *
 * Each conversation notes how much of it the rows hold (`counted`), so that
 * one of before there were counts is counted when it changes next, and none
 * twice.
 */

#include <string.h>

#include "../core/record.h"
#include "inbox.h"

#define UNREAD_ARENA  4096

static pl_status_t unread_tally(pl_apply_t *ap, uint32_t tenant,
    const char *owner, int64_t conversations, int64_t messages,
    pl_err_t *err);
static pl_status_t unread_write(pl_apply_t *ap, const pl_unread_t *tally,
    const char *owner, pl_err_t *err);
static uint64_t unread_sum(uint64_t n, int64_t change);


void
pl_key_unread(pl_key_t *key, uint32_t tenant, const char *owner)
{
    key->len = 0;
    key->overflow = false;

    pl_key_u32(key, tenant);
    pl_key_u8(key, owner != NULL);

    if (owner != NULL) {
        pl_key_bytes(key, owner, strlen(owner));
    }
}


pl_status_t
pl_unread_get(pl_txn_t *txn, uint32_t tenant, const char *owner,
    uint64_t *conversations, uint64_t *messages, pl_err_t *err)
{
    pl_key_t           key;
    pl_arena_t        *ar;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *conversations = 0;
    *messages = 0;

    ar = pl_arena_create(UNREAD_ARENA, UNREAD_ARENA);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "unread", 0, "out of memory");
    }

    pl_key_unread(&key, tenant, owner);

    rc = pl_record_get(txn, PL_TABLE_UNREAD, pl_key_str(&key),
                       &pl__unread__descriptor, ar, &msg, err);

    if (rc == PL_OK) {
        *conversations = ((Pl__Unread *) msg)->conversations;
        *messages = ((Pl__Unread *) msg)->messages;
    }

    pl_arena_destroy(ar);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_unread_settle(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, bool gone, pl_err_t *err)
{
    uint32_t      had, has;
    const char   *owner;

    had = conv->counted;
    has = gone || conv->has_joined_to ? 0 : conv->unread;

    if (had == has) {
        return PL_OK;
    }

    conv->has_counted = has != 0;
    conv->counted = has;

    owner = conv->owner == NULL ? "" : conv->owner;

    return unread_tally(ap, party->tenant, owner,
                        (has != 0) - (had != 0),
                        (int64_t) has - (int64_t) had, err);
}


pl_status_t
pl_unread_flush(pl_apply_t *ap, pl_err_t *err)
{
    size_t        i;
    pl_status_t   rc;

    for (i = 0; i < ap->n_unread; i++) {
        rc = unread_write(ap, &ap->unread[i], NULL, err);

        if (rc == PL_OK) {
            rc = unread_write(ap, &ap->unread[i], ap->unread[i].owner, err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    ap->n_unread = 0;

    return PL_OK;
}


static pl_status_t
unread_tally(pl_apply_t *ap, uint32_t tenant, const char *owner,
    int64_t conversations, int64_t messages, pl_err_t *err)
{
    size_t        i;
    pl_status_t   rc;
    pl_unread_t  *tally;

    if (strlen(owner) > PL_UNREAD_OWNER_MAX) {
        return PL_OK;                   /* no command lets one be so long */
    }

    for (i = 0; i < ap->n_unread; i++) {
        tally = &ap->unread[i];

        if (tally->tenant == tenant && strcmp(tally->owner, owner) == 0) {
            tally->conversations += conversations;
            tally->messages += messages;
            return PL_OK;
        }
    }

    if (ap->n_unread == PL_UNREADS_MAX) {
        rc = pl_unread_flush(ap, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    tally = &ap->unread[ap->n_unread++];
    tally->tenant = tenant;
    tally->conversations = conversations;
    tally->messages = messages;
    memcpy(tally->owner, owner, strlen(owner) + 1);

    return PL_OK;
}


static pl_status_t
unread_write(pl_apply_t *ap, const pl_unread_t *tally, const char *owner,
    pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;
    Pl__Unread   row = PL__UNREAD__INIT;

    if (tally->conversations == 0 && tally->messages == 0) {
        return PL_OK;
    }

    rc = pl_unread_get(ap->txn, tally->tenant, owner, &row.conversations,
                       &row.messages, err);
    if (rc != PL_OK) {
        return rc;
    }

    row.conversations = unread_sum(row.conversations, tally->conversations);
    row.messages = unread_sum(row.messages, tally->messages);

    pl_key_unread(&key, tally->tenant, owner);

    if (row.conversations == 0 && row.messages == 0) {
        rc = pl_store_del(ap->txn, PL_TABLE_UNREAD, pl_key_str(&key), err);
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    return pl_record_put(ap->txn, PL_TABLE_UNREAD, pl_key_str(&key),
                         &row.base, false, err);
}


static uint64_t
unread_sum(uint64_t n, int64_t change)
{
    return change < 0 && (uint64_t) -change > n ? 0 : n + (uint64_t) change;
}
