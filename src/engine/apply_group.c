/*
 * GroupChange: what a provider tells of a group and of who is in it. Events
 * may come in any order; each fact, and each person's place, is that of the
 * newest event about it, so that any order of the same events gives the same
 * group. Of two about one person at the same second the later state stands
 * (record.proto): who joined and was removed is out.
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"
#include "tomb.h"
#include "dedupe.h"
#include "run.h"

#define GROUP_FACTS_MAX  32

static pl_status_t group_change(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const Pl__GroupChange *in,
    pl_err_t *err);
static pl_status_t group_facts(pl_apply_t *ap, uint32_t tenant, uint64_t id,
    const Pl__GroupChange *in, pl_err_t *err);
static pl_status_t group_fact(pl_apply_t *ap, Pl__Group *group,
    const Pl__GroupFact *fact, pl_err_t *err);
static pl_status_t group_member(pl_apply_t *ap, uint32_t tenant,
    uint32_t channel, uint64_t group, const Pl__GroupMember *member,
    const Pl__GroupChange *in, pl_err_t *err);


pl_status_t
pl_apply_group_change(pl_apply_t *ap, const Pl__GroupChange *in,
    pl_err_t *err)
{
    bool                      seen;
    pl_str_t                  raw;
    pl_sight_t                sight;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_account(ap->settings, ap->provider,
                                  pl_str_c(in->account));
    if (channel == NULL) {
        return pl_feed_unknown(ap, in->account, in->path, &in->raw,
                               err);
    }

    raw.data = in->raw.data;
    raw.len = in->raw.len;

    rc = pl_dedupe_event(ap, in->account, in->field, raw, in->time_s, &sight,
                         &seen, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (seen) {
        return pl_feed_count(ap, channel->tenant, "duplicates", "account",
                             err);
    }

    rc = group_change(ap, channel, in, err);

    return rc == PL_OK ? pl_dedupe_note(ap, &sight, 0, err) : rc;
}


static pl_status_t
group_change(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__GroupChange *in, pl_err_t *err)
{
    size_t       i;
    uint64_t     id;
    pl_party_t   party;
    pl_status_t  rc;

    if (in->group_id == NULL) {
        return pl_account_told(ap, channel->tenant, 0, in->field, in->type,
                               err);
    }

    rc = pl_contact_group(ap, channel->tenant, channel->row->id,
                          in->group_id, &id, err);

    if (rc == PL_OK && in->n_facts != 0) {
        rc = group_facts(ap, channel->tenant, id, in, err);
    }

    for (i = 0; rc == PL_OK && i < in->n_members; i++) {
        rc = group_member(ap, channel->tenant, channel->row->id, id,
                          in->members[i], in, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    party.tenant = channel->tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_GROUP;
    party.party = id;

    rc = pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_GROUP, &party, 0, 0,
                        err);

    return rc == PL_OK
           ? pl_account_told(ap, channel->tenant, id, in->field, in->type,
                             err)
           : rc;
}


static pl_status_t
group_facts(pl_apply_t *ap, uint32_t tenant, uint64_t id,
    const Pl__GroupChange *in, pl_err_t *err)
{
    size_t             i;
    pl_key_t           key;
    Pl__Group         *group;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, tenant, id);

    rc = pl_record_get(ap->txn, PL_TABLE_GROUPS, pl_key_str(&key),
                       &pl__group__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    group = (Pl__Group *) msg;

    for (i = 0; i < in->n_facts; i++) {
        rc = group_fact(ap, group, in->facts[i], err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return pl_record_put(ap->txn, PL_TABLE_GROUPS, pl_key_str(&key),
                         &group->base, false, err);
}


/* At the same second the greater value stands, whichever came first. */

static pl_status_t
group_fact(pl_apply_t *ap, Pl__Group *group, const Pl__GroupFact *fact,
    pl_err_t *err)
{
    size_t          i;
    Pl__GroupFact  *f;

    for (i = 0; i < group->n_facts; i++) {
        f = group->facts[i];

        if (strcmp(f->name, fact->name) != 0) {
            continue;
        }

        if (f->time_s < fact->time_s
            || (f->time_s == fact->time_s && f->value != NULL
                && fact->value != NULL && strcmp(f->value, fact->value) < 0))
        {
            *f = *fact;
        }

        return PL_OK;
    }

    if (i >= GROUP_FACTS_MAX) {
        return PL_OK;
    }

    f = pl_arena_alloc(ap->ar, sizeof(*f));
    group->facts = pl_apply_list(ap, group->facts, i, f);

    if (f == NULL || group->facts == NULL) {
        return pl_err_set(err, PL_NOMEM, "group", 0, "out of memory");
    }

    *f = *fact;
    group->n_facts = i + 1;

    return PL_OK;
}


static pl_status_t
group_member(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    uint64_t group, const Pl__GroupMember *member,
    const Pl__GroupChange *in, pl_err_t *err)
{
    bool               late;
    pl_key_t           key;
    pl_status_t        rc;
    Pl__Contact       *contact;
    Pl__Membership     row = PL__MEMBERSHIP__INIT, *was;
    ProtobufCMessage  *msg;

    rc = pl_tomb_late(ap, tenant, member->who, in->time_s, &late, err);
    if (rc != PL_OK || late) {
        return rc;
    }

    rc = pl_contact_resolve(ap, tenant, member->who, &contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    key.len = 0;
    key.overflow = false;
    pl_key_u32(&key, tenant);
    pl_key_u64(&key, group);
    pl_key_u64(&key, contact->id);

    rc = pl_record_get(ap->txn, PL_TABLE_MEMBERS, pl_key_str(&key),
                       &pl__membership__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    was = (Pl__Membership *) msg;

    if (rc == PL_OK
        && (was->time_s > in->time_s
            || (was->time_s == in->time_s && was->state >= member->state)))
    {
        return PL_OK;
    }

    row.state = member->state;
    row.time_s = in->time_s;
    row.by = in->by;
    row.request = in->request;

    rc = pl_record_put(ap->txn, PL_TABLE_MEMBERS, pl_key_str(&key),
                       &row.base, false, err);

    return rc == PL_OK
           && row.state == PL__MEMBER_STATE__MEMBER_STATE_JOINED
           && (was == NULL || was->state != row.state)
           ? pl_run_joined(ap, tenant, channel, contact->id, err) : rc;
}
