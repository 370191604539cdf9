/*
 * Editable views, and their digests. See subject.h.
 */

#include "../core/record.h"
#include "keys.h"
#include "over.h"
#include "subject.h"
#include "subscription.h"

/* Where they are read. */
typedef struct {
    pl_txn_t             *txn;
    const pl_settings_t  *settings;
    pl_arena_t           *ar;
} subject_at_t;

typedef pl_status_t (*subject_view_pt)(const subject_at_t *at,
    uint32_t tenant, uint64_t id, ProtobufCMessage **view, pl_err_t *err);

typedef struct {
    Pl__SubjectKind   kind;
    subject_view_pt   view;
} subject_row_t;

static pl_status_t subject_contact(const subject_at_t *at, uint32_t tenant,
    uint64_t id, ProtobufCMessage **view, pl_err_t *err);
static pl_status_t subject_tenant(const subject_at_t *at, uint32_t tenant,
    uint64_t id, ProtobufCMessage **view, pl_err_t *err);
static pl_status_t subject_channel(const subject_at_t *at, uint32_t tenant,
    uint64_t id, ProtobufCMessage **view, pl_err_t *err);
static pl_status_t subject_subscription(const subject_at_t *at, uint32_t tenant,
    uint64_t id, ProtobufCMessage **view, pl_err_t *err);


static const subject_row_t  subject_rows[] = {
    { PL__SUBJECT_KIND__SUBJECT_KIND_CONTACT, subject_contact },
    { PL__SUBJECT_KIND__SUBJECT_KIND_SUBSCRIPTION, subject_subscription },
    { PL__SUBJECT_KIND__SUBJECT_KIND_TENANT, subject_tenant },
    { PL__SUBJECT_KIND__SUBJECT_KIND_CHANNEL, subject_channel },
};


pl_status_t
pl_subject_digest(pl_txn_t *txn, const pl_settings_t *settings,
    uint32_t tenant, Pl__SubjectKind kind, uint64_t id, pl_hash_t *hash,
    pl_arena_t *ar,
    uint8_t digest[PL_HASH128_LEN], pl_err_t *err)
{
    size_t             i;
    uint8_t           *bytes;
    pl_str_t           pieces[2];
    pl_status_t        rc;
    subject_at_t       at = { txn, settings, ar };
    ProtobufCMessage  *view = NULL;

    for (i = 0; i < PL_COUNT(subject_rows); i++) {
        if (subject_rows[i].kind == kind) {
            break;
        }
    }

    if (i == PL_COUNT(subject_rows)) {
        return pl_err_set(err, PL_INVALID, "subject", (int) kind,
                          "there is no such kind");
    }

    rc = subject_rows[i].view(&at, tenant, id, &view, err);
    if (rc != PL_OK) {
        return rc;
    }

    bytes = pl_arena_alloc(ar, protobuf_c_message_get_packed_size(view));
    if (bytes == NULL) {
        return pl_err_set(err, PL_NOMEM, "subject", 0, "out of memory");
    }

    pieces[0] = pl_str_c(view->descriptor->name);
    pieces[1].data = bytes;
    pieces[1].len = protobuf_c_message_pack(view, bytes);

    rc = pl_hash_128(hash, pieces, PL_COUNT(pieces), digest);

    return rc == PL_OK ? rc
                       : pl_err_set(err, rc, "subject", 0, "cannot hash");
}


/* What ContactSet changes. */

static pl_status_t
subject_contact(const subject_at_t *at, uint32_t tenant, uint64_t id,
    ProtobufCMessage **view, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    Pl__Contact       *card;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, tenant, id);

    rc = pl_record_get(at->txn, PL_TABLE_CONTACTS, pl_key_str(&key),
                       &pl__contact__descriptor, at->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    card = pl_arena_alloc(at->ar, sizeof(Pl__Contact));
    if (card == NULL) {
        return pl_err_set(err, PL_NOMEM, "subject", 0, "out of memory");
    }

    pl__contact__init(card);
    card->id = id;
    card->name = ((Pl__Contact *) msg)->name;
    card->time_zone = ((Pl__Contact *) msg)->time_zone;
    card->language = ((Pl__Contact *) msg)->language;

    *view = &card->base;

    return PL_OK;
}


/* What SubscriptionSet says of one that there is. */

static pl_status_t
subject_subscription(const subject_at_t *at, uint32_t tenant, uint64_t id,
    ProtobufCMessage **view, pl_err_t *err)
{
    pl_status_t        rc;
    Pl__Subscription  *sub;

    rc = pl_subscription_get(at->txn, tenant, id, at->ar, &sub, err);
    if (rc == PL_OK) {
        *view = &sub->terms->base;
    }

    return rc;
}


/* What SettingSet says; of a channel, whoever asks knows that it is theirs. */

static pl_status_t
subject_tenant(const subject_at_t *at, uint32_t tenant, uint64_t id,
    ProtobufCMessage **view, pl_err_t *err)
{
    pl_status_t       rc;
    Pl__SettingOver  *over;

    rc = id != tenant ? PL_NOTFOUND
                      : pl_over_get(at->settings, tenant, 0, at->ar, &over,
                                    err);
    if (rc == PL_OK) {
        *view = &over->base;
    }

    return rc;
}


static pl_status_t
subject_channel(const subject_at_t *at, uint32_t tenant, uint64_t id,
    ProtobufCMessage **view, pl_err_t *err)
{
    pl_status_t       rc;
    Pl__SettingOver  *over;

    rc = pl_over_get(at->settings, tenant, (uint32_t) id, at->ar, &over, err);
    if (rc == PL_OK) {
        *view = &over->base;
    }

    return rc;
}
