/*
 * check: what a provider told, and what was joined: merges, members,
 * templates, states of channels, parked statuses. See check.h.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "check.h"


static pl_status_t told_merge(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t told_joined(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t told_link(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Contact *contact, uint64_t id,
    bool up, pl_err_t *err);
static bool told_among(const uint64_t *list, size_t n, uint64_t id);
static pl_status_t told_contact(plctl_check_t *check,
    const plctl_checked_t *row, uint32_t tenant, uint64_t id, pl_err_t *err);
static pl_status_t told_member(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t told_template(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t told_channel(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t told_state(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t told_errand(plctl_check_t *check,
    const plctl_checked_t *row, uint64_t effect, pl_err_t *err);
static pl_status_t told_upload(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t told_parked(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t told_provider_id(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);


pl_status_t
plctl_check_told(plctl_check_t *check, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    static const struct {
        pl_table_e                         table;
        size_t                             key_len;
        const ProtobufCMessageDescriptor  *type;
        plctl_check_pt                     row;
    } walks[] = {
        { PL_TABLE_MERGES, 12, &pl__contact_merge__descriptor, told_merge },
        { PL_TABLE_MEMBERS, 20, &pl__membership__descriptor, told_member },
        { PL_TABLE_TEMPLATES, 0, &pl__template_record__descriptor,
          told_template },
        { PL_TABLE_CHANNEL_STATES, 8, &pl__channel_state__descriptor,
          told_state },
        { PL_TABLE_UPLOADS, 0, &pl__upload__descriptor, told_upload },
        { PL_TABLE_PARKED, 20, &pl__parked_status__descriptor,
          told_parked },
        { PL_TABLE_PROVIDER_IDS, 16, NULL, told_provider_id },
    };

    for (i = 0; i < PL_COUNT(walks); i++) {
        rc = plctl_check_walk(check, walks[i].table, walks[i].key_len,
                              walks[i].type, walks[i].row, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


/* Both ends of each join; called for every contact. */

pl_status_t
plctl_check_joins(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    bool                 has;
    size_t               i;
    pl_key_t             key;
    pl_status_t          rc;
    const Pl__Contact   *contact;

    contact = (const Pl__Contact *) row->msg;

    if (contact->has_joined_to) {
        if (contact->n_addresses != 0) {
            plctl_check_find(check, row->table, row->key,
                             "is joined to cnt_%" PRIu64
                             ", and has addresses", contact->joined_to);
        }

        rc = told_link(check, row, contact, contact->joined_to, true, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    for (i = 0; i < contact->n_joined; i++) {
        rc = told_link(check, row, contact, contact->joined[i], false, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    for (i = 0; i < contact->n_addresses; i++) {

        if (!contact->addresses[i]->has_merge) {
            continue;
        }

        pl_key_tenant_seq(&key, pl_be32(row->key.data),
                          contact->addresses[i]->merge);

        rc = plctl_check_has(check, PL_TABLE_MERGES, pl_key_str(&key), &has,
                             err);
        if (rc != PL_OK) {
            return rc;
        }

        if (!has) {
            plctl_check_find(check, row->table, row->key,
                             "an address came by the merge %" PRIu64
                             ", which is not there",
                             contact->addresses[i]->merge);
        }
    }

    return PL_OK;
}


static pl_status_t
told_link(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Contact *contact, uint64_t id, bool up, pl_err_t *err)
{
    bool                fits;
    pl_key_t            key;
    pl_status_t         rc;
    ProtobufCMessage   *msg;
    const Pl__Contact  *other;

    pl_key_tenant_seq(&key, pl_be32(row->key.data), id);
    pl_arena_reset(check->step);

    rc = plctl_check_get(check, PL_TABLE_CONTACTS, pl_key_str(&key),
                         &pl__contact__descriptor, check->step, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    other = (const Pl__Contact *) msg;

    fits = other != NULL
           && (up ? told_among(other->joined, other->n_joined, contact->id)
                  : other->has_joined_to && other->joined_to == contact->id);

    if (!fits) {
        plctl_check_find(check, row->table, row->key,
                         "%s cnt_%" PRIu64 ", which does not say so",
                         up ? "is joined to" : "was joined by", id);
    }

    return PL_OK;
}


static bool
told_among(const uint64_t *list, size_t n, uint64_t id)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (list[i] == id) {
            return true;
        }
    }

    return false;
}


static pl_status_t
told_merge(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    pl_status_t              rc;
    const Pl__ContactMerge  *merge;

    merge = (const Pl__ContactMerge *) row->msg;
    plctl_check_id(check, row, merge->id);
    plctl_check_entry(check, row, merge->entry);

    if (merge->id != pl_be64(row->key.data + 4)) {
        plctl_check_find(check, row->table, row->key,
                         "calls itself %" PRIu64, merge->id);
    }

    rc = told_contact(check, row, pl_be32(row->key.data), merge->into, err);

    if (rc == PL_OK && merge->has_from) {
        rc = told_contact(check, row, pl_be32(row->key.data), merge->from,
                          err);
    }

    return rc == PL_OK ? told_joined(check, row, err) : rc;
}


/* A merge of two contacts that stands: the one says that it is the other. */

static pl_status_t
told_joined(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    pl_key_t                 key;
    pl_status_t              rc;
    Pl__Contact             *from;
    ProtobufCMessage        *msg;
    const Pl__ContactMerge  *merge;

    merge = (const Pl__ContactMerge *) row->msg;

    if (!merge->has_from || merge->has_undone_ms) {
        return PL_OK;
    }

    pl_key_tenant_seq(&key, pl_be32(row->key.data), merge->from);

    rc = plctl_check_get(check, PL_TABLE_CONTACTS, pl_key_str(&key),
                         &pl__contact__descriptor, check->ar, &msg, err);
    from = (Pl__Contact *) msg;

    if (rc == PL_OK && from != NULL && from->joined_to != merge->into) {
        plctl_check_find(check, row->table, row->key,
                         "cnt_%" PRIu64 " is not joined by it", merge->from);
    }

    return rc;
}


static pl_status_t
told_contact(plctl_check_t *check, const plctl_checked_t *row,
    uint32_t tenant, uint64_t id, pl_err_t *err)
{
    bool         has;
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_tenant_seq(&key, tenant, id);

    rc = plctl_check_has(check, PL_TABLE_CONTACTS, pl_key_str(&key), &has,
                         err);

    if (rc == PL_OK && !has) {
        plctl_check_find(check, row->table, row->key,
                         "its contact cnt_%" PRIu64 " is not there", id);
    }

    return rc;
}


static pl_status_t
told_member(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    bool         has;
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_tenant_seq(&key, pl_be32(row->key.data),
                      pl_be64(row->key.data + 4));

    rc = plctl_check_has(check, PL_TABLE_GROUPS, pl_key_str(&key), &has,
                         err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!has) {
        plctl_check_find(check, row->table, row->key,
                         "its group grp_%" PRIu64 " is not there",
                         pl_be64(row->key.data + 4));
    }

    return told_contact(check, row, pl_be32(row->key.data),
                        pl_be64(row->key.data + 12), err);
}


static pl_status_t
told_template(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    pl_key_t                   key;
    const Pl__TemplateRecord  *t;

    t = (const Pl__TemplateRecord *) row->msg;
    key.len = 0;
    key.overflow = false;

    if (row->key.len >= 8) {
        pl_key_bytes(&key, row->key.data, 8);
    }

    pl_key_bytes(&key, t->name, strlen(t->name) + 1);
    pl_key_bytes(&key, t->language, strlen(t->language));

    if (!pl_key_ok(&key) || !pl_str_eq(pl_key_str(&key), row->key)) {
        plctl_check_find(check, row->table, row->key,
                         "is of another name or language");
        return PL_OK;
    }

    return told_channel(check, row, err);
}


/* Keys that begin with tenant and channel. */

static pl_status_t
told_channel(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    uint32_t                  id;
    const pl_channel_conf_t  *channel;

    (void) err;

    if (check->ctl->settings == NULL) {
        return PL_OK;
    }

    id = pl_be32(row->key.data + 4);
    channel = pl_settings_channel(check->ctl->settings, id);

    if (channel == NULL || channel->tenant != pl_be32(row->key.data)) {
        plctl_check_find(check, row->table, row->key,
                         "its channel %" PRIu32 " is not there, or of "
                         "another tenant", id);
    }

    return PL_OK;
}


/* The pages of its lists that are next are in the outbox. */

static pl_status_t
told_state(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    pl_status_t              rc = PL_OK;
    const Pl__ChannelState  *state = (const Pl__ChannelState *) row->msg;

    if (state->templates != NULL && state->templates->has_effect) {
        rc = told_errand(check, row, state->templates->effect, err);
    }

    if (rc == PL_OK && state->reconcile != NULL
        && state->reconcile->has_effect)
    {
        rc = told_errand(check, row, state->reconcile->effect, err);
    }

    if (rc == PL_OK && state->subaccount != NULL) {
        return state->subaccount->has_effect
               ? told_errand(check, row, state->subaccount->effect, err)
               : PL_OK;                 /* the tenant's, of no channel */
    }

    return rc == PL_OK ? told_channel(check, row, err) : rc;
}


static pl_status_t
told_errand(plctl_check_t *check, const plctl_checked_t *row,
    uint64_t effect, pl_err_t *err)
{
    bool         has;
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_seq(&key, effect);

    rc = plctl_check_has(check, PL_TABLE_OUTBOX, pl_key_str(&key), &has,
                         err);

    if (rc == PL_OK && !has) {
        plctl_check_find(check, row->table, row->key, "waits for eff_%"
                         PRIu64 ", which is not in the outbox", effect);
    }

    return rc;
}


/* One that has not ended is an errand in the outbox. */

static pl_status_t
told_upload(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    bool                has;
    pl_key_t            key;
    pl_status_t         rc;
    const Pl__Upload   *upload;

    upload = (const Pl__Upload *) row->msg;
    key.len = 0;
    key.overflow = false;

    if (row->key.len >= 8) {
        pl_key_bytes(&key, row->key.data, 8);
    }

    pl_key_bytes(&key, upload->file, strlen(upload->file) + 1);
    pl_key_bytes(&key, upload->mime_type, strlen(upload->mime_type));

    if (!pl_key_ok(&key) || !pl_str_eq(pl_key_str(&key), row->key)) {
        plctl_check_find(check, row->table, row->key,
                         "is of another file or type");
        return PL_OK;
    }

    if (upload->id == NULL && upload->error == NULL) {
        pl_key_seq(&key, upload->upload);

        rc = plctl_check_has(check, PL_TABLE_OUTBOX, pl_key_str(&key), &has,
                             err);
        if (rc != PL_OK) {
            return rc;
        }

        if (!has) {
            plctl_check_find(check, row->table, row->key,
                             "waits for eff_%" PRIu64 ", which is not in "
                             "the outbox", upload->upload);
        }
    }

    return told_channel(check, row, err);
}


static pl_status_t
told_parked(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    uint64_t     since;
    pl_str_t     key;
    pl_status_t  rc;

    key.data = row->key.data + 4;
    key.len = 16;

    rc = pl_record_get_u64(check->state, PL_TABLE_PROVIDER_IDS, key, &since,
                           err);

    if (rc == PL_NOTFOUND
        || (rc == PL_OK && since != pl_be32(row->key.data)))
    {
        plctl_check_find(check, row->table, row->key, "is not indexed");
        return PL_OK;
    }

    return rc == PL_FOREIGN || rc == PL_NEWER ? PL_OK : rc;
}


static pl_status_t
told_provider_id(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    bool         has;
    pl_key_t     key;
    uint64_t     since;
    pl_status_t  rc;

    if (pl_record_read_u64(row->table, row->value, &since, err) != PL_OK) {
        plctl_check_find(check, row->table, row->key, "is no index row");
        return PL_OK;
    }

    pl_key_dedupe(&key, (uint32_t) since, row->key.data);

    rc = plctl_check_has(check, PL_TABLE_PARKED, pl_key_str(&key), &has,
                         err);

    if (rc == PL_OK && !has) {
        plctl_check_find(check, row->table, row->key,
                         "leads to nothing that is parked");
    }

    return rc;
}
