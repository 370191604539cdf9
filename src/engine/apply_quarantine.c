/*
 * What somebody does about an item of the quarantine: it is given up, or read
 * once more, by the decoders and the channels of today. What can be read then
 * is applied as if it came now, by its own time and its provider's id, and
 * leaves the quarantine; else it stays, and who asked is told. Now is that of
 * the tenant whose channel it is of, which an item that no tenant had finds
 * only then.
 */

#include <string.h>

#include "../channel/channel.h"
#include "../core/record.h"
#include "../core/str.h"
#include "asked.h"
#include "erase.h"
#include "import.h"
#include "sandbox.h"

static pl_status_t quarantine_again(pl_apply_t *ap,
    const Pl__Quarantine *row, uint32_t tenant, bool *read, pl_err_t *err);
static pl_status_t quarantine_kept(pl_apply_t *ap, const Pl__Quarantine *row,
    uint32_t tenant, bool *read, pl_err_t *err);
static bool quarantine_fits(const pl_apply_t *ap, const Pl__Command *command,
    uint32_t tenant, pl_str_t provider);
static pl_status_t quarantine_apply(pl_apply_t *ap,
    const pl_decoded_t *decoded, pl_str_t provider, pl_err_t *err);


pl_status_t
pl_apply_quarantine_act(pl_apply_t *ap, const Pl__QuarantineAct *in,
    pl_err_t *err)
{
    bool               read = true;
    pl_key_t           key;
    Pl__Erasure        files = PL__ERASURE__INIT;
    pl_status_t        rc;
    Pl__Quarantine    *row;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, in->tenant, in->item);

    rc = pl_record_get(ap->txn, PL_TABLE_QUARANTINE, pl_key_str(&key),
                       &pl__quarantine__descriptor, ap->ar, &msg, err);
    row = (Pl__Quarantine *) msg;

    if (rc == PL_NOTFOUND) {
        pl_asked_refuse(ap, "quarantine.unknown", NULL,
                        "there is no such item");
        return PL_OK;
    }

    if (rc == PL_OK && in->again) {
        rc = quarantine_again(ap, row, in->tenant, &read, err);
    }

    if (rc == PL_OK && !read && row->waits) {
        row->has_waits = 0;             /* nobody waits for it any more */
        row->waits = 0;
        rc = pl_record_put(ap->txn, PL_TABLE_QUARANTINE, pl_key_str(&key),
                           &row->base, false, err);
    }

    if (rc == PL_OK && !read) {
        pl_asked_refuse(ap, "quarantine.unread", NULL,
                        "it cannot be read now either");
        return PL_OK;
    }

    if (rc == PL_OK) {
        rc = pl_store_del(ap->txn, PL_TABLE_QUARANTINE, pl_key_str(&key),
                          err);
    }

    /* of what was read, messages name those that are theirs */

    if (rc == PL_OK) {
        rc = pl_erase_note_aside(ap, &files, row, err);
    }

    if (rc == PL_OK) {
        rc = pl_erase_unnamed(ap, &files, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    pl_asked_made(ap, in->item);

    return pl_feed_audit_by(ap, in->tenant,
                            PL__AUDIT_KIND__AUDIT_KIND_QUARANTINE, in->item,
                            in->again ? "read" : "dropped", in->actor, err);
}


/* All of its commands are looked at before one is applied. */

static pl_status_t
quarantine_again(pl_apply_t *ap, const Pl__Quarantine *row, uint32_t tenant,
    bool *read, pl_err_t *err)
{
    size_t               i;
    pl_err_t             why;
    pl_str_t             raw, name;
    pl_status_t          rc;
    pl_decoded_t         decoded;
    const pl_channel_t  *provider;

    *read = false;
    memset(&decoded, 0, sizeof(decoded));
    memset(&why, 0, sizeof(why));

    name = row->provider == NULL ? PL_STR_NULL : pl_str_c(row->provider);
    provider = pl_channel_find(name);

    if (row->has_command) {
        rc = quarantine_kept(ap, row, tenant, read, err);
        pl_sandbox_enter(ap, tenant);
        return rc;
    }

    if (provider == NULL || provider->again == NULL || ap->codec == NULL
        || !row->has_raw || row->path == NULL || row->account == NULL)
    {
        return PL_OK;
    }

    raw.data = row->raw.data;
    raw.len = row->raw.len;

    rc = provider->again(ap->codec, row->account, row->path, raw, ap->ar,
                         &decoded, &why);
    if (rc != PL_OK) {
        return rc == PL_INVALID ? PL_OK
                                : pl_err_set(err, rc, "quarantine", 0, "%s",
                                             why.text);
    }

    for (i = 0; i < decoded.n_commands; i++) {
        if (!quarantine_fits(ap, decoded.commands[i], tenant, name)) {
            return PL_OK;
        }
    }

    *read = decoded.n_commands != 0;

    rc = quarantine_apply(ap, &decoded, name, err);

    pl_sandbox_enter(ap, tenant);

    return rc;
}


/* What waited for an import was decoded then. */

static pl_status_t
quarantine_kept(pl_apply_t *ap, const Pl__Quarantine *row, uint32_t tenant,
    bool *read, pl_err_t *err)
{
    bool           fits;
    pl_err_t       why;
    pl_str_t       provider;
    pl_status_t    rc;
    Pl__Command   *command;
    pl_decoded_t   decoded;

    command = pl_import_kept(row, ap->ar);
    if (command == NULL) {
        return PL_OK;
    }

    memset(&decoded, 0, sizeof(decoded));
    decoded.commands = &command;
    decoded.n_commands = 1;

    provider = ap->provider;
    ap->provider = row->provider == NULL ? PL_STR_NULL
                                         : pl_str_c(row->provider);
    fits = pl_sandbox_tenant(ap, command) == tenant;

    rc = fits ? quarantine_apply(ap, &decoded, ap->provider, &why)
              : PL_INVALID;
    ap->provider = provider;
    *read = rc == PL_OK;

    if (rc != PL_OK && rc != PL_INVALID && err != NULL) {
        *err = why;
    }

    return rc == PL_INVALID ? PL_OK : rc;
}


/* A message or a status, of a channel of the tenant's; 0: it had none. */

static bool
quarantine_fits(const pl_apply_t *ap, const Pl__Command *command,
    uint32_t tenant, pl_str_t provider)
{
    const char               *account;
    const pl_channel_conf_t  *channel;

    switch (command->of_case) {

    case PL__COMMAND__OF_INBOUND_MESSAGE:
        account = command->inbound_message->account;
        break;

    case PL__COMMAND__OF_DELIVERY_STATUS:
        account = command->delivery_status->account;
        break;

    default:
        return false;
    }

    channel = pl_settings_account(ap->settings, provider, pl_str_c(account));

    return channel != NULL && (tenant == 0 || channel->tenant == tenant)
           && channel->tenant != ap->meta->importing_tenant;
}


static pl_status_t
quarantine_apply(pl_apply_t *ap, const pl_decoded_t *decoded,
    pl_str_t provider, pl_err_t *err)
{
    size_t        i;
    pl_str_t      before = ap->provider;
    pl_status_t   rc = PL_OK;
    Pl__Verdict  *asked = ap->asked;

    ap->provider = provider;
    ap->asked = NULL;                   /* nobody asked for what it does */

    for (i = 0; rc == PL_OK && i < decoded->n_commands; i++) {
        pl_sandbox_enter(ap, pl_sandbox_tenant(ap, decoded->commands[i]));
        rc = pl_apply_command(ap, decoded->commands[i], err);
    }

    ap->provider = before;
    ap->asked = asked;

    return rc;
}
