/*
 * What is known of a person. See export.h. And what the audit log says of
 * that it was handed out.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "audited.h"
#include "erase.h"
#include "export.h"
#include "task.h"

#define EXPORT_ARENA      65536
#define EXPORT_ARENA_MAX  (32u * 1024 * 1024)
#define EXPORT_CONTACTS   PL_ERASE_CONTACTS_MAX

typedef struct {
    pl_txn_t       *txn;
    uint32_t        tenant;
    int64_t         clock_ms;
    uint64_t        contacts[EXPORT_CONTACTS];
    size_t          n;
    pl_arena_t     *ar;
    pl_export_pt    row;
    void           *data;
    pl_err_t       *err;
} export_t;

/* A table that is walked: of the tenant, or of each contact. */
typedef struct {
    pl_export_e                        part;
    pl_table_e                         table;
    bool                               by_contact;
    const ProtobufCMessageDescriptor  *type;
    uint64_t  (*whose)(pl_str_t key, const ProtobufCMessage *row);
} export_walk_t;

static pl_status_t export_root(export_t *ex);
static pl_status_t export_contacts(export_t *ex);
static pl_status_t export_get(export_t *ex, pl_table_e table, pl_str_t key,
    const ProtobufCMessageDescriptor *type, ProtobufCMessage **msg);
static pl_status_t export_each(export_t *ex, pl_export_e part);
static pl_status_t export_conversation(export_t *ex, Pl__PartyKind kind,
    uint64_t id, Pl__Conversation **conv);
static pl_status_t export_messages(export_t *ex, pl_export_e part,
    uint64_t party);
static pl_status_t export_groups(export_t *ex);
static pl_status_t export_tasks(export_t *ex, uint64_t contact);
static pl_status_t export_walk(export_t *ex, const export_walk_t *walk);
static pl_status_t export_rows(export_t *ex, const export_walk_t *walk,
    uint64_t contact);
static bool export_has(const export_t *ex, uint64_t contact);
static uint64_t export_merge(pl_str_t key, const ProtobufCMessage *row);
static uint64_t export_consent(pl_str_t key, const ProtobufCMessage *row);
static uint64_t export_member(pl_str_t key, const ProtobufCMessage *row);
static uint64_t export_audit(pl_str_t key, const ProtobufCMessage *row);
static uint64_t export_note(pl_str_t key, const ProtobufCMessage *row);
static uint64_t export_dead(pl_str_t key, const ProtobufCMessage *row);
static uint64_t export_unknown(pl_str_t key, const ProtobufCMessage *row);
static uint64_t export_effect(const Pl__Effect *effect);

const char *const  pl_export_names[PL_EXPORT_PARTS] = {
    "contacts", "merges", "consents", "conversations", "messages", "tasks",
    "memberships", "audit", "notes", "dead_letters", "unknown_sends",
    "group_messages"
};

static const export_walk_t  export_walks[] = {
    { PL_EXPORT_MERGES, PL_TABLE_MERGES, false,
      &pl__contact_merge__descriptor, export_merge },
    { PL_EXPORT_CONSENTS, PL_TABLE_CONSENTS, true,
      &pl__audit_event__descriptor, export_consent },
    { PL_EXPORT_MEMBERSHIPS, PL_TABLE_MEMBERS, false,
      &pl__membership__descriptor, export_member },
    { PL_EXPORT_AUDIT, PL_TABLE_AUDIT, false, &pl__audit_event__descriptor,
      export_audit },
    { PL_EXPORT_NOTES, PL_TABLE_NOTES, false, &pl__note__descriptor,
      export_note },
    { PL_EXPORT_DEAD, PL_TABLE_DEAD, false, &pl__dead_letter__descriptor,
      export_dead },
    { PL_EXPORT_UNKNOWN, PL_TABLE_UNKNOWN, false,
      &pl__unknown_send__descriptor, export_unknown },
};


pl_status_t
pl_export(pl_txn_t *txn, uint32_t tenant, int64_t clock_ms, uint64_t contact,
    pl_export_pt row, void *data, pl_err_t *err)
{
    int          part;
    size_t       i;
    export_t     ex;
    pl_status_t  rc;

    memset(&ex, 0, sizeof(ex));
    ex.txn = txn;
    ex.tenant = tenant;
    ex.clock_ms = clock_ms;
    ex.contacts[0] = contact;
    ex.n = 1;
    ex.row = row;
    ex.data = data;
    ex.err = err;

    ex.ar = pl_arena_create(EXPORT_ARENA, EXPORT_ARENA_MAX);
    if (ex.ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "export", 0, "out of memory");
    }

    rc = export_root(&ex);

    if (rc == PL_OK) {
        rc = export_contacts(&ex);
    }

    for (part = PL_EXPORT_MERGES; rc == PL_OK && part < PL_EXPORT_PARTS;
         part++)
    {
        for (i = 0; i < PL_COUNT(export_walks)
                    && export_walks[i].part != (pl_export_e) part; i++)
        {
            /* void */
        }

        rc = i < PL_COUNT(export_walks)
             ? export_walk(&ex, &export_walks[i])
             : export_each(&ex, (pl_export_e) part);
    }

    pl_arena_destroy(ex.ar);

    return rc;
}


pl_status_t
pl_apply_exported(pl_apply_t *ap, const Pl__Exported *in, pl_err_t *err)
{
    char             hex[2 * PL_SHA256_LEN + 1];
    Pl__Contact     *contact;
    pl_status_t      rc;
    Pl__AuditEvent   row = PL__AUDIT_EVENT__INIT;

    if (in->digest.len != PL_SHA256_LEN
        || pl_settings_tenant(ap->settings, in->tenant) == NULL)
    {
        return pl_err_set(err, PL_INVALID, "exported", 0,
                          "no such tenant, or no digest");
    }

    rc = in->contact == 0
         ? PL_OK : pl_contact_get(ap, in->tenant, in->contact, &contact, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    pl_hex_encode(in->digest.data, PL_SHA256_LEN, hex);
    row.kind = PL__AUDIT_KIND__AUDIT_KIND_EXPORTED;
    row.has_subject = in->contact != 0;
    row.subject = in->contact;
    row.rule = (char *) "sha256";
    row.text = hex;
    row.actor = in->actor;

    pl_store_plain(ap->txn);            /* it outlives the contact's key */
    rc = pl_feed_audit_row(ap, in->tenant, &row, err);

    return rc == PL_OK ? pl_feed_count(ap, in->tenant, "privacy", "exported",
                                       err) : rc;
}


/* Whoever was joined to another is part of that one. */

static pl_status_t
export_root(export_t *ex)
{
    pl_apply_t    ap;
    pl_status_t   rc;
    Pl__Contact  *contact;

    memset(&ap, 0, sizeof(ap));
    ap.txn = ex->txn;
    ap.ar = ex->ar;

    rc = pl_contact_root(&ap, ex->tenant, ex->contacts[0], &contact,
                         ex->err);
    if (rc == PL_OK) {
        ex->contacts[0] = contact->id;
    }

    return rc;
}


static pl_status_t
export_contacts(export_t *ex)
{
    size_t             i, j;
    pl_key_t           key;
    pl_status_t        rc;
    Pl__Contact       *c;
    ProtobufCMessage  *msg;

    for (i = 0; i < ex->n; i++) {
        pl_key_tenant_seq(&key, ex->tenant, ex->contacts[i]);

        rc = export_get(ex, PL_TABLE_CONTACTS, pl_key_str(&key),
                        &pl__contact__descriptor, &msg);

        if (rc == PL_OK) {
            rc = ex->row(ex->data, PL_EXPORT_CONTACTS, ex->contacts[i], msg,
                         ex->err);
        }

        if (rc != PL_OK) {
            return rc;
        }

        c = (Pl__Contact *) msg;

        for (j = 0; j < c->n_joined && ex->n < EXPORT_CONTACTS; j++) {
            ex->contacts[ex->n++] = c->joined[j];
        }
    }

    return PL_OK;
}


static pl_status_t
export_get(export_t *ex, pl_table_e table, pl_str_t key,
    const ProtobufCMessageDescriptor *type, ProtobufCMessage **msg)
{
    pl_arena_reset(ex->ar);

    return pl_record_get(ex->txn, table, key, type, ex->ar, msg, ex->err);
}


static pl_status_t
export_each(export_t *ex, pl_export_e part)
{
    size_t             i;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    if (part == PL_EXPORT_GROUPS) {
        return export_groups(ex);
    }

    for (i = 0, rc = PL_OK; rc == PL_OK && i < ex->n; i++) {
        switch (part) {

        case PL_EXPORT_CONVERSATIONS:
            rc = export_conversation(ex,
                                     PL__PARTY_KIND__PARTY_KIND_CONTACT,
                                     ex->contacts[i], &conv);
            if (rc == PL_OK) {
                rc = ex->row(ex->data, part, ex->contacts[i], &conv->base,
                             ex->err);
            }
            break;

        case PL_EXPORT_MESSAGES:
            rc = export_messages(ex, part, ex->contacts[i]);
            break;

        default: /* PL_EXPORT_TASKS */
            rc = export_tasks(ex, ex->contacts[i]);
            break;
        }

        rc = rc == PL_NOTFOUND ? PL_OK : rc;
    }

    return rc;
}


static pl_status_t
export_conversation(export_t *ex, Pl__PartyKind kind, uint64_t id,
    Pl__Conversation **conv)
{
    pl_key_t           key;
    pl_party_t         party;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    party.tenant = ex->tenant;
    party.kind = kind;
    party.party = id;
    pl_key_party(&key, &party);

    rc = export_get(ex, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                    &pl__conversation__descriptor, &msg);
    *conv = (Pl__Conversation *) msg;

    return rc;
}


/* Of a contact's own conversation; or of a group's, what they said. */

static pl_status_t
export_messages(export_t *ex, pl_export_e part, uint64_t party)
{
    uint64_t            id;
    pl_key_t            key;
    pl_status_t         rc;
    Pl__Message        *message;
    Pl__Conversation   *conv;
    ProtobufCMessage   *msg;

    rc = export_conversation(ex, part == PL_EXPORT_GROUPS
                                 ? PL__PARTY_KIND__PARTY_KIND_GROUP
                                 : PL__PARTY_KIND__PARTY_KIND_CONTACT,
                             party, &conv);
    if (rc != PL_OK || conv->n_newest == 0) {
        return rc;
    }

    for (id = conv->newest[conv->n_newest - 1]; id != 0; /* void */ ) {
        pl_key_seq(&key, id);

        rc = export_get(ex, PL_TABLE_MESSAGES, pl_key_str(&key),
                        &pl__message__descriptor, &msg);
        message = (Pl__Message *) msg;

        if (rc == PL_OK && (part == PL_EXPORT_MESSAGES
                            || export_has(ex, message->contact)))
        {
            rc = ex->row(ex->data, part, id, msg, ex->err);
        }

        if (rc != PL_OK) {
            return rc;
        }

        id = message->has_previous && message->previous < id
             ? message->previous : 0;
    }

    return PL_OK;
}


/* Who writes in a group need be in no list of its members. */

static pl_status_t
export_groups(export_t *ex)
{
    pl_key_t      prefix;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    prefix.len = 0;
    prefix.overflow = false;
    pl_key_u32(&prefix, ex->tenant);

    rc = pl_store_scan(ex->txn, PL_TABLE_GROUPS, pl_key_str(&prefix), false,
                       &scan, ex->err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, ex->err);

        if (rc != PL_OK || key.len < prefix.len + 8
            || memcmp(key.data, prefix.data, prefix.len) != 0)
        {
            break;
        }

        rc = export_messages(ex, PL_EXPORT_GROUPS,
                             pl_be64(key.data + prefix.len));
        rc = rc == PL_NOTFOUND ? PL_OK : rc;
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
export_tasks(export_t *ex, uint64_t contact)
{
    size_t              i, n;
    int64_t             due_ms;
    uint64_t            ids[64];
    pl_key_t            keys[64];
    pl_status_t         rc;
    Pl__Conversation   *conv;
    ProtobufCMessage   *msg;

    rc = export_conversation(ex, PL__PARTY_KIND__PARTY_KIND_CONTACT, contact,
                             &conv);
    if (rc != PL_OK) {
        return rc;
    }

    for (n = 0; n < conv->n_tasks && n < PL_COUNT(ids); n++) {
        ids[n] = conv->tasks[n]->timer;
        due_ms = pl_task_stands(conv->tasks[n]) - ex->clock_ms;
        pl_key_timer(&keys[n], due_ms > 0 ? due_ms : 0, ids[n]);
    }

    for (i = 0; rc == PL_OK && i < n; i++) {
        rc = export_get(ex, PL_TABLE_TIMERS, pl_key_str(&keys[i]),
                        &pl__timer__descriptor, &msg);
        rc = rc == PL_OK ? ex->row(ex->data, PL_EXPORT_TASKS, ids[i], msg,
                                   ex->err)
             : rc == PL_NOTFOUND
             ? pl_err_set(ex->err, PL_FOREIGN, "export", 0,
                          "a task without its timer: the clock was turned, "
                          "or parleyctl check") : rc;
    }

    return rc;
}


static pl_status_t
export_walk(export_t *ex, const export_walk_t *walk)
{
    size_t       i;
    pl_status_t  rc;

    if (!walk->by_contact) {
        return export_rows(ex, walk, 0);
    }

    for (i = 0, rc = PL_OK; rc == PL_OK && i < ex->n; i++) {
        rc = export_rows(ex, walk, ex->contacts[i]);
    }

    return rc;
}


static pl_status_t
export_rows(export_t *ex, const export_walk_t *walk, uint64_t contact)
{
    uint64_t           id;
    pl_key_t           prefix;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    prefix.len = 0;
    prefix.overflow = false;
    pl_key_u32(&prefix, ex->tenant);
    if (walk->by_contact) {
        pl_key_u64(&prefix, contact);
    }

    rc = pl_store_scan(ex->txn, walk->table, pl_key_str(&prefix), false,
                       &scan, ex->err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, ex->err);

        if (rc != PL_OK || key.len < prefix.len + 8
            || memcmp(key.data, prefix.data, prefix.len) != 0)
        {
            break;
        }

        pl_arena_reset(ex->ar);
        id = pl_be64(walk->part == PL_EXPORT_NOTES
                     ? key.data + key.len - 8 : key.data + prefix.len);

        rc = pl_record_read(walk->table, value, walk->type, ex->ar, &msg,
                            ex->err);

        if (rc == PL_OK && export_has(ex, walk->whose(key, msg))) {
            rc = ex->row(ex->data, walk->part, id, msg, ex->err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static bool
export_has(const export_t *ex, uint64_t contact)
{
    size_t  i;

    for (i = 0; i < ex->n; i++) {
        if (ex->contacts[i] == contact) {
            return true;
        }
    }

    return false;
}


static uint64_t
export_merge(pl_str_t key, const ProtobufCMessage *row)
{
    (void) key;

    return ((const Pl__ContactMerge *) row)->into;
}


static uint64_t
export_consent(pl_str_t key, const ProtobufCMessage *row)
{
    (void) row;

    return pl_be64(key.data + 4);
}


static uint64_t
export_member(pl_str_t key, const ProtobufCMessage *row)
{
    (void) row;

    return key.len == 20 ? pl_be64(key.data + 12) : 0;
}


static uint64_t
export_audit(pl_str_t key, const ProtobufCMessage *row)
{
    uint64_t  contact;

    (void) key;

    return pl_audited_of((const Pl__AuditEvent *) row, &contact) ? contact
                                                                 : 0;
}


/* By tenant, kind and number of the party, and the note's own. */

static uint64_t
export_note(pl_str_t key, const ProtobufCMessage *row)
{
    (void) row;

    return key.len == 21
           && key.data[4] == PL__PARTY_KIND__PARTY_KIND_CONTACT
           ? pl_be64(key.data + 5) : 0;
}


static uint64_t
export_dead(pl_str_t key, const ProtobufCMessage *row)
{
    (void) key;

    return export_effect(((const Pl__DeadLetter *) row)->effect);
}


static uint64_t
export_unknown(pl_str_t key, const ProtobufCMessage *row)
{
    (void) key;

    return export_effect(((const Pl__UnknownSend *) row)->effect);
}


static uint64_t
export_effect(const Pl__Effect *effect)
{
    return effect->contact != 0 ? effect->contact
           : effect->party_kind == PL__PARTY_KIND__PARTY_KIND_CONTACT
           ? effect->party : 0;
}
