/*
 * check: what is keyed by a hash, the feeds, the quarantine, time zones, and
 * settings.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/age.h"
#include "../engine/dedupe.h"
#include "check.h"


static pl_status_t rest_dedupe(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_message(plctl_check_t *check,
    const plctl_checked_t *row, Pl__Message **message, pl_err_t *err);
static pl_status_t rest_quarantine(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_change(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_audit(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_counter(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_caps(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_zone(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_key(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_erasure(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_import(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_aging(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_tomb(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t rest_erased(plctl_check_t *check,
    const plctl_checked_t *row, uint32_t tenant, uint64_t contact,
    pl_err_t *err);
static void rest_settings(plctl_check_t *check);


pl_status_t
plctl_check_rest(plctl_check_t *check, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    static const struct {
        pl_table_e                         table;
        size_t                             key_len;
        const ProtobufCMessageDescriptor  *type;
        plctl_check_pt                     row;
    } walks[] = {
        { PL_TABLE_DEDUPE, 20, NULL, rest_dedupe },
        { PL_TABLE_QUARANTINE, 12, &pl__quarantine__descriptor,
          rest_quarantine },
        { PL_TABLE_CHANGES, 12, &pl__change__descriptor, rest_change },
        { PL_TABLE_AUDIT, 12, &pl__audit_event__descriptor, rest_audit },
        { PL_TABLE_COUNTERS, 0, NULL, rest_counter },
        { PL_TABLE_CAPS, 13, &pl__cap_record__descriptor, rest_caps },
        { PL_TABLE_ZONES, 0, NULL, rest_zone },
        { PL_TABLE_KEYS, PL_SHA256_LEN, &pl__api_key__descriptor, rest_key },
        { PL_TABLE_ERASING, 12, &pl__erasure__descriptor, rest_erasure },
        { PL_TABLE_ERASURES, 12, &pl__erasure__descriptor, rest_erasure },
        { PL_TABLE_TOMBSTONES, 21, &pl__tombstone__descriptor, rest_tomb },
        { PL_TABLE_AGING, 9, &pl__aging__descriptor, rest_aging },
        { PL_TABLE_IMPORTS, 4, &pl__import__descriptor, rest_import },
    };

    for (i = 0; i < PL_COUNT(walks); i++) {
        rc = plctl_check_walk(check, walks[i].table, walks[i].key_len,
                              walks[i].type, walks[i].row, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    rest_settings(check);

    return PL_OK;
}


/*
 * The row's hash is that of the message which it says was seen; 0: it was an
 * event of an account, or a change of a contact.
 */

static pl_status_t
rest_dedupe(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    uint8_t       hash[PL_HASH128_LEN];
    Pl__Message  *message;
    pl_status_t   rc;

    rc = rest_message(check, row, &message, err);
    if (rc != PL_OK || message == NULL || message->has_erased) {
        return rc;
    }

    rc = pl_dedupe_hash(check->hash, message->channel, message->provider_id,
                        hash, err);
    if (rc != PL_OK) {
        return rc;
    }

    /* what a person sent in the provider's app comes in by a webhook too */

    if ((message->direction != PL__DIRECTION__DIRECTION_IN
         && !(message->has_by_person && message->by_person))
        || memcmp(hash, row->key.data + 4, sizeof(hash)) != 0)
    {
        plctl_check_find(check, row->table, row->key,
                         "is not the dedupe row of its message");
    }

    return PL_OK;
}


/* The message that an index row names. NULL: there is none; reported. */

static pl_status_t
rest_message(plctl_check_t *check, const plctl_checked_t *row,
    Pl__Message **message, pl_err_t *err)
{
    uint64_t           id;
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *message = NULL;

    if (pl_record_read_u64(row->table, row->value, &id, err) != PL_OK) {
        plctl_check_find(check, row->table, row->key, "is no index row");
        return PL_OK;
    }

    if (id == 0) {
        return PL_OK;
    }

    pl_key_seq(&key, id);

    rc = plctl_check_get(check, PL_TABLE_MESSAGES, pl_key_str(&key),
                         &pl__message__descriptor, check->ar, &msg, err);

    if (rc == PL_OK && msg == NULL) {
        plctl_check_find(check, row->table, row->key,
                         "its message msg_%" PRIu64 " is not there", id);
    }

    *message = (Pl__Message *) msg;

    return rc;
}


static pl_status_t
rest_quarantine(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    (void) err;

    plctl_check_id(check, row, pl_be64(row->key.data + 4));
    plctl_check_entry(check, row,
                      ((const Pl__Quarantine *) row->msg)->entry);

    return PL_OK;
}


static pl_status_t
rest_change(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    pl_key_t            key;
    pl_status_t         rc;
    const Pl__Change   *change;
    ProtobufCMessage   *msg;
    const Pl__Message  *message;

    change = (const Pl__Change *) row->msg;
    plctl_check_id(check, row, pl_be64(row->key.data + 4));

    if (!change->has_message) {
        return PL_OK;
    }

    pl_key_seq(&key, change->message);

    rc = plctl_check_get(check, PL_TABLE_MESSAGES, pl_key_str(&key),
                         &pl__message__descriptor, check->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    message = (const Pl__Message *) msg;

    if (message == NULL || message->tenant != pl_be32(row->key.data)
        || message->party_kind != change->party_kind
        || message->party != change->party)
    {
        plctl_check_find(check, row->table, row->key,
                         "its message msg_%" PRIu64 " is not there, or of "
                         "another party", change->message);
    }

    return PL_OK;
}


static pl_status_t
rest_audit(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    bool                   has;
    pl_key_t               key;
    pl_status_t            rc;
    const Pl__AuditEvent  *event;

    event = (const Pl__AuditEvent *) row->msg;
    plctl_check_id(check, row, pl_be64(row->key.data + 4));

    switch (event->kind) {

    case PL__AUDIT_KIND__AUDIT_KIND_BLOCKED:
    case PL__AUDIT_KIND__AUDIT_KIND_DEFERRED:
    case PL__AUDIT_KIND__AUDIT_KIND_REPLACED:
    case PL__AUDIT_KIND__AUDIT_KIND_RETRIED:
        break;

    default:
        return PL_OK;
    }

    pl_key_seq(&key, event->subject);

    rc = plctl_check_has(check, PL_TABLE_MESSAGES, pl_key_str(&key), &has,
                         err);

    if (rc == PL_OK && !has) {
        plctl_check_find(check, row->table, row->key,
                         "its message msg_%" PRIu64 " is not there",
                         event->subject);
    }

    return rc;
}


/* tenant, metric, 0, day, label */

static pl_status_t
rest_counter(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    uint64_t        n;
    const uint8_t  *end;

    end = row->key.len < 5 ? NULL
          : memchr(row->key.data + 4, 0, row->key.len - 4);

    if (end == NULL || end + 5 > row->key.data + row->key.len
        || pl_record_read_u64(row->table, row->value, &n, err) != PL_OK)
    {
        plctl_check_find(check, row->table, row->key, "is no counter");
    }

    return PL_OK;
}


/* A party's has uses, in the order of their time; a tenant's has counts. */

static pl_status_t
rest_caps(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    bool                  tenant;
    size_t                i;
    const Pl__CapRecord  *caps = (const Pl__CapRecord *) row->msg;

    (void) err;

    tenant = row->key.data[4] == 0;

    for (i = 1; i < caps->n_uses; i++) {
        if (caps->uses[i]->time_ms < caps->uses[i - 1]->time_ms) {
            plctl_check_find(check, row->table, row->key,
                             "its uses are in no order");
            break;
        }
    }

    if ((caps->n_uses != 0 && tenant) || (caps->n_counts != 0 && !tenant)
        || caps->n_uses + caps->n_counts == 0)
    {
        plctl_check_find(check, row->table, row->key,
                         "is none of a %s", tenant ? "tenant" : "party");
    }

    return PL_OK;
}


/* Two kinds of rows; a zone that does not compile is nobody's. */

static pl_status_t
rest_zone(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    bool               one;
    pl_str_t           tzif;
    pl_arena_t        *ar;
    pl_status_t        rc;
    const pl_zone_t   *zone;
    ProtobufCMessage  *msg;

    ar = pl_arena_create(PL_ZONE_BYTES_MAX, 8 * PL_ZONE_BYTES_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "check", 0, "out of memory");
    }

    one = pl_str_eq(row->key, PL_ZONES_DATABASE_KEY);

    rc = pl_record_read(row->table, row->value,
                        one ? &pl__zone_database__descriptor
                            : &pl__zone_record__descriptor, ar, &msg, err);

    if (rc == PL_OK && !one) {
        tzif.data = ((Pl__ZoneRecord *) msg)->tzif.data;
        tzif.len = ((Pl__ZoneRecord *) msg)->tzif.len;
        rc = pl_zone_name_valid(row->key)
             ? pl_zone_compile(ar, tzif, &zone, err) : PL_INVALID;
    }

    if (rc != PL_OK && rc != PL_NOMEM) {
        plctl_check_find(check, row->table, row->key,
                         one ? "is no pl.ZoneDatabase" : "is no time zone");
        rc = PL_OK;
    }

    pl_arena_destroy(ar);

    return rc;
}


/* An operator's is for all tenants, and no other is. */

static pl_status_t
rest_key(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    const Pl__ApiKey  *key = (const Pl__ApiKey *) row->msg;

    (void) err;

    if ((key->tenant == 0)
        != (key->role == PL__API_ROLE__API_ROLE_OPERATOR))
    {
        plctl_check_find(check, row->table, PL_STR_NULL,
                         "is of a role that its tenant cannot have");
    }

    return PL_OK;
}


static void
rest_settings(plctl_check_t *check)
{
    size_t                     i;
    const pl_tenant_conf_t    *tenant;
    const pl_channel_conf_t   *channel;
    const Pl__GlobalSettings  *global;

    if (check->ctl->settings == NULL || check->meta == NULL) {
        return;
    }

    global = pl_settings_global(check->ctl->settings);

    if (global != NULL && global->generation > check->meta->generation) {
        plctl_check_find(check, PL_TABLE_SETTINGS, PL_STR_NULL,
                         "generation %" PRIu32 " is past the state's %"
                         PRIu32, global->generation,
                         check->meta->generation);
    }

    for (i = 0; ; i++) {
        tenant = pl_settings_tenant_at(check->ctl->settings, i);
        if (tenant == NULL) {
            break;
        }

        if (tenant->id == 0 || tenant->id >= check->meta->next_tenant) {
            plctl_check_find(check, PL_TABLE_SETTINGS, PL_STR_NULL,
                             "tenant number %" PRIu32
                             " was never given out", tenant->id);
        }
    }

    for (i = 0; ; i++) {
        channel = pl_settings_channel_at(check->ctl->settings, i);
        if (channel == NULL) {
            break;
        }

        if (channel->row->id == 0
            || channel->row->id >= check->meta->next_channel
            || pl_settings_tenant(check->ctl->settings, channel->tenant)
               == NULL)
        {
            plctl_check_find(check, PL_TABLE_SETTINGS, PL_STR_NULL,
                             "channel number %" PRIu32
                             " was never given out, or has no tenant",
                             channel->row->id);
        }
    }
}


/* Who it is of is a number, and erased. */

static pl_status_t
rest_erasure(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    const Pl__Erasure  *e = (const Pl__Erasure *) row->msg;

    plctl_check_entry(check, row, e->entry);

    if ((e->phase == PL__ERASE_PHASE__ERASE_PHASE_DONE)
        != (row->table == PL_TABLE_ERASURES))
    {
        plctl_check_find(check, row->table, row->key,
                         "is in the table of another phase");
    }

    if ((e->tenant >= PL_AGE_FILES) != e->has_keep_ms) {
        plctl_check_find(check, row->table, row->key,
                         "is a pass of a tenant, or a person of none");
    }

    return rest_erased(check, row, e->tenant, e->contact, err);
}


/* Whole days, and a place that a message has been at, or will be. */

static pl_status_t
rest_aging(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    const Pl__Aging  *aging = (const Pl__Aging *) row->msg;

    (void) err;

    if (pl_be64(row->key.data + 1) % PL_AGE_DAY_MS != 0
        || (check->meta != NULL && aging->place > check->meta->next_id))
    {
        plctl_check_find(check, row->table, row->key,
                         "is of no period, or ahead of all messages");
    }

    return PL_OK;
}


/* One at a time is not whole yet, and the state says which. */

static pl_status_t
rest_import(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    const Pl__Import  *import = (const Pl__Import *) row->msg;

    (void) err;

    if (check->meta != NULL
        && (import->shift + import->span > check->meta->next_id
            || (!import->has_ended_ms
                && check->meta->importing != import->shift)))
    {
        plctl_check_find(check, row->table, row->key,
                         "is ahead of all numbers, or goes on unnoticed");
    }

    return PL_OK;
}


static pl_status_t
rest_tomb(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    return rest_erased(check, row, pl_be32(row->key.data),
                       ((const Pl__Tombstone *) row->msg)->contact, err);
}


static pl_status_t
rest_erased(plctl_check_t *check, const plctl_checked_t *row,
    uint32_t tenant, uint64_t contact, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (contact == 0) {
        return PL_OK;
    }

    pl_key_tenant_seq(&key, tenant, contact);

    rc = plctl_check_get(check, PL_TABLE_CONTACTS, pl_key_str(&key),
                         &pl__contact__descriptor, check->ar, &msg, err);

    if (rc == PL_OK
        && (msg == NULL || !((Pl__Contact *) msg)->has_erased_ms))
    {
        plctl_check_find(check, row->table, row->key,
                         "cnt_%" PRIu64 " is not there, or not erased",
                         contact);
    }

    return rc;
}
