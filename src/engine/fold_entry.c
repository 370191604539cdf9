/*
 * One entry: decoded to commands once, applied item by item. What cannot be
 * decoded or applied goes to quarantine; only the store can fail the step.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/str.h"
#include "fold_impl.h"
#include "import.h"
#include "journal.h"
#include "reconcile.h"

#define FOLD_CRASH_MARK  "parley-crash-test"
#define FOLD_SKIPPED     "skipped: %s"

/* Of the shared note's crash_test. */
enum {
    CRASH_DECODING = 1,
    CRASH_APPLYING = 2,
    CRASH_NO_ROOM = 3
};

static pl_status_t entry_decode(pl_fold_t *fold, uint64_t seq,
    pl_err_t *err);
static pl_status_t entry_token(pl_fold_t *fold, uint32_t *n, pl_err_t *err);
static pl_status_t entry_webhook(pl_fold_t *fold, pl_err_t *err);
static void entry_unfit(pl_fold_t *fold, const char *reason,
    const char *path);
static pl_status_t entry_item(pl_fold_t *fold, uint32_t item,
    pl_err_t *err);
static pl_status_t entry_apply(pl_fold_t *fold, const Pl__Command *command,
    pl_err_t *why);
static bool entry_strange(const pl_fold_t *fold,
    const Pl__Command *command);
static pl_status_t entry_refused(pl_fold_t *fold, uint32_t item,
    const Pl__Command *command, const pl_err_t *why, pl_err_t *err);
static pl_status_t entry_republish(pl_fold_t *fold, pl_err_t *err);
static uint32_t entry_items(const pl_fold_t *fold);
static pl_status_t entry_forgotten(pl_fold_t *fold, uint64_t seq,
    pl_err_t *err);
static bool entry_skips(const pl_fold_t *fold, uint32_t item);
static void entry_note(const pl_fold_t *fold, uint32_t number);
static const void *entry_field(const Pl__Command *command, const char *name,
    ProtobufCType type);
static const char *entry_text(const Pl__Command *command, const char *name);
static pl_str_t entry_raw(const Pl__Command *command);
static void entry_crash(const pl_fold_t *fold, uint32_t when,
    pl_str_t bytes);
static bool entry_marked(const pl_fold_t *fold, uint32_t when,
    pl_str_t bytes);


pl_status_t
pl_fold_entry(pl_fold_t *fold, uint64_t seq, int64_t began_us, bool *whole,
    pl_folded_t *out, pl_err_t *err)
{
    uint32_t     item, n;
    pl_status_t  rc;

    entry_note(fold, 0);
    fold->failing = 0;

    if (fold->sh != NULL) {
        atomic_store(&pl_shared_note(fold->sh)->working, seq + 1);
    }

    if (fold->decoded_seq != seq) {
        rc = entry_decode(fold, seq, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    fold->ap.entry = seq;
    fold->ap.now_ms = fold->entry->time_ms;
    fold->ap.provider = pl_str_c(fold->entry->provider);
    fold->ap.traceparent = fold->entry->traceparent;
    fold->ap.came = fold->entry->kind == PL__ENTRY_KIND__ENTRY_KIND_WEBHOOK
                    ? fold->entry : NULL;
    fold->ap.token = fold->decoded.token;
    fold->ap.ar = fold->item_ar;
    *whole = true;
    n = entry_items(fold);

    rc = entry_token(fold, &n, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (item = fold->meta.items; item < n; item++) {

        if (item != fold->meta.items && pl_fold_spent(fold, began_us)) {
            *whole = false;
            break;
        }

        rc = entry_item(fold, item, err);
        if (rc != PL_OK) {
            return rc;
        }

        out->items++;
    }

    fold->meta.folded_ms = fold->entry->time_ms;

    if (*whole) {
        fold->meta.folded = seq;
        fold->meta.items = 0;
        fold->decoded_seq = 0;

    } else {
        fold->meta.items = item;
    }

    return PL_OK;
}


/*
 * Where it is spent there are no items. Once an entry: what goes on with one in
 * another transaction has noted it in the first.
 */

static pl_status_t
entry_token(pl_fold_t *fold, uint32_t *n, pl_err_t *err)
{
    bool         spent;
    pl_status_t  rc;

    if (fold->ap.token == NULL || fold->meta.items != 0) {
        return PL_OK;
    }

    pl_arena_reset(fold->item_ar);

    rc = pl_apply_token(&fold->ap, &spent, err);

    if (rc == PL_OK && spent) {
        *n = 0;
    }

    return rc;
}


void
pl_fold_failed(pl_fold_t *fold, uint32_t generation)
{
    fold->ap.n_tallies = 0;
    fold->ap.n_unread = 0;
    fold->ap.n_aside = 0;
    fold->ap.told.n = 0;
    fold->ap.told.n_heard = 0;
    fold->ap.republished = false;
    fold->decoded_seq = 0;
    fold->stale = true;

    if (fold->settings != NULL
        && pl_settings_generation(fold->settings) != generation)
    {
        pl_settings_stale(fold->settings);
    }
}


static pl_status_t
entry_decode(pl_fold_t *fold, uint64_t seq, pl_err_t *err)
{
    pl_err_t     why;
    pl_status_t  rc;

    pl_arena_reset(fold->entry_ar);
    memset(&fold->decoded, 0, sizeof(fold->decoded));
    fold->skip = NULL;

    rc = pl_journal_get(fold->jtxn, seq, fold->entry_ar, &fold->entry, err);

    if (rc == PL_NOTFOUND) {
        return entry_forgotten(fold, seq, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (fold->skipping) {
        rc = pl_journal_skipped(fold->jtxn, seq, fold->entry_ar,
                                &fold->skip, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (fold->skip != NULL && fold->skip->n_items == 0
        && fold->skip->from == 0)
    {
        (void) pl_err_set(&why, PL_INVALID, "fold", 0, FOLD_SKIPPED,
                          fold->skip->reason);
        entry_unfit(fold, why.text, "");
        fold->skip = NULL;

    } else if (fold->entry->kind == PL__ENTRY_KIND__ENTRY_KIND_WEBHOOK) {
        rc = entry_webhook(fold, err);
        if (rc != PL_OK) {
            return rc;
        }

    } else if (fold->entry->command != NULL) {
        fold->decoded.commands = &fold->entry->command;
        fold->decoded.n_commands = 1;
    }

    fold->decoded_seq = seq;

    return PL_OK;
}


/*
 * PL_NOTFOUND: there is none yet. Else its key is not there: the journal of a
 * backup, older than what its store has forgotten. It says nothing.
 */

static pl_status_t
entry_forgotten(pl_fold_t *fold, uint64_t seq, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_seq(&key, seq);

    rc = pl_store_there(fold->jtxn, PL_TABLE_ENTRIES, pl_key_str(&key), err);
    if (rc != PL_OK) {
        return rc;
    }

    fold->entry = pl_arena_alloc(fold->entry_ar, sizeof(*fold->entry));
    if (fold->entry == NULL) {
        return pl_err_set(err, PL_NOMEM, "fold", 0, "out of memory");
    }

    pl__entry__init(fold->entry);
    fold->entry->kind = PL__ENTRY_KIND__ENTRY_KIND_COMMAND;
    fold->entry->time_ms = fold->meta.folded_ms;
    fold->decoded_seq = seq;

    return PL_OK;
}


/*
 * A body that needs more than the arena's limit is the body's fault, and the
 * same in every fold; a system without memory is not.
 */

static pl_status_t
entry_webhook(pl_fold_t *fold, pl_err_t *err)
{
    pl_err_t             why;
    pl_status_t          rc;
    const pl_channel_t  *provider;

    entry_crash(fold, CRASH_DECODING,
                (pl_str_t) { fold->entry->body.data, fold->entry->body.len });

    provider = pl_channel_find(pl_str_c(fold->entry->provider));
    if (provider == NULL) {
        entry_unfit(fold, "no such provider", "");
        return PL_OK;
    }

    rc = pl_channel_decode(provider, fold->codec, fold->entry,
                           fold->entry_ar, &fold->decoded, &why);

    if (rc == PL_NOMEM
        && pl_arena_used(fold->entry_ar) < PL_DECODE_ARENA_MAX / 2)
    {
        if (err != NULL) {
            *err = why;
        }

        return rc;
    }

    if (rc != PL_OK) {
        entry_unfit(fold, why.text, why.path);

    } else if (fold->decoded.n_commands > PL_ITEMS_MAX) {
        entry_unfit(fold, "too many items", "");
    }

    return PL_OK;
}


/* The whole entry becomes one item for the quarantine, raw. */

static void
entry_unfit(pl_fold_t *fold, const char *reason, const char *path)
{
    Pl__UnreadableItem  *item;

    item = &fold->unfit_item;

    pl__command__init(&fold->unfit);
    pl__unreadable_item__init(item);

    (void) snprintf(fold->unfit_reason, sizeof(fold->unfit_reason), "%s",
                    reason);
    (void) snprintf(fold->unfit_path, sizeof(fold->unfit_path), "%s", path);

    item->reason = fold->unfit_reason;
    item->path = fold->unfit_path[0] == '\0' ? NULL : fold->unfit_path;
    item->has_raw = 1;
    item->raw = fold->entry->body;

    fold->unfit.of_case = PL__COMMAND__OF_UNREADABLE_ITEM;
    fold->unfit.unreadable_item = item;
    fold->unfit_list[0] = &fold->unfit;

    fold->decoded.commands = fold->unfit_list;
    fold->decoded.n_commands = 1;
}


/*
 * What is skipped has its turn as the others have: an item in its own place;
 * the rest of an entry as one more item, where it was folded to.
 */

static uint32_t
entry_items(const pl_fold_t *fold)
{
    const Pl__SkipRow  *skip = fold->skip;

    if (skip != NULL && skip->n_items == 0
        && skip->from < fold->decoded.n_commands)
    {
        return skip->from + 1;
    }

    return (uint32_t) fold->decoded.n_commands;
}


static bool
entry_skips(const pl_fold_t *fold, uint32_t item)
{
    size_t              i;
    const Pl__SkipRow  *skip = fold->skip;

    if (skip == NULL) {
        return false;
    }

    if (skip->n_items == 0) {
        return item >= skip->from;
    }

    for (i = 0; i < skip->n_items; i++) {
        if (skip->items[i] == item) {
            return true;
        }
    }

    return false;
}


/* Which item is being applied; 0: none yet. */

static void
entry_note(const pl_fold_t *fold, uint32_t number)
{
    if (fold->sh != NULL) {
        atomic_store_explicit(&pl_shared_note(fold->sh)->item, number,
                              memory_order_release);
    }
}


static pl_status_t
entry_item(pl_fold_t *fold, uint32_t item, pl_err_t *err)
{
    bool                published = false;
    pl_err_t            why;
    pl_status_t         rc;
    const Pl__Command  *command;

    pl_arena_reset(fold->item_ar);
    entry_note(fold, item + 1);

    command = fold->decoded.commands[item];
    memset(&why, 0, sizeof(why));

    if (entry_skips(fold, item)) {
        (void) pl_err_set(&why, PL_INVALID, "fold", 0, FOLD_SKIPPED,
                          fold->skip->reason);
        return entry_refused(fold, item, command, &why, err);
    }

    entry_crash(fold, CRASH_APPLYING, entry_raw(command));

    if (entry_strange(fold, command)) {
        (void) pl_err_set(&why, PL_INVALID, "fold", 0,
                          "it came with another tenant's secret");
        return entry_refused(fold, item, command, &why, err);
    }

    rc = entry_apply(fold, command, &why);

    if (rc == PL_INVALID) {
        return entry_refused(fold, item, command, &why, err);
    }

    if (rc != PL_OK) {
        fold->failing = item + 1;

        if (err != NULL) {
            *err = why;
        }

        return rc;
    }

    if (fold->ap.republished) {
        fold->ap.republished = false;
        published = command->of_case == PL__COMMAND__OF_SETTINGS_PUBLISH;

        rc = entry_republish(fold, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return published ? pl_reconcile_arm_all(&fold->ap, err)
                     : pl_reconcile_follow(&fold->ap, command, err);
}


/* What apply misses and should not is no end of the journal. */

static pl_status_t
entry_apply(pl_fold_t *fold, const Pl__Command *command, pl_err_t *why)
{
    pl_status_t  rc;

    if (entry_marked(fold, CRASH_NO_ROOM, entry_raw(command))) {
        return pl_err_set(why, PL_NOMEM, "fold", 0, "a test's");
    }

    rc = pl_apply(&fold->ap, command, why);

    return rc == PL_NOTFOUND
           ? pl_err_set(why, PL_MISUSE, "fold", 0,
                        "entry %" PRIu64 " needs a row that is not there",
                        fold->ap.entry)
           : rc;
}


/* A tenant's secret speaks for its own channels, and for nobody else's. */

static bool
entry_strange(const pl_fold_t *fold, const Pl__Command *command)
{
    const char               *account;
    const pl_tenant_conf_t   *tenant;
    const pl_channel_conf_t  *channel;

    if (fold->entry->tenant == NULL) {
        return false;
    }

    account = entry_text(command, "account");
    channel = account == NULL
              ? NULL : pl_settings_account(fold->ap.settings,
                                           fold->ap.provider,
                                           pl_str_c(account));
    tenant = channel == NULL
             ? NULL : pl_settings_tenant(fold->ap.settings, channel->tenant);

    return tenant != NULL
           && strcmp(tenant->row->name, fold->entry->tenant) != 0;
}


/*
 * An item for the quarantine, raw. The rest of a skipped entry is kept with
 * all of the body: what of it was folded before does not show there.
 */

static pl_status_t
entry_refused(pl_fold_t *fold, uint32_t item, const Pl__Command *command,
    const pl_err_t *why, pl_err_t *err)
{
    pl_unfit_t                unfit;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    memset(&unfit, 0, sizeof(unfit));
    unfit.item = item;
    unfit.reason = why->text;
    unfit.raw = entry_raw(command);
    unfit.account = entry_text(command, "account");
    unfit.path = entry_text(command, "path");

    if (fold->skip != NULL && fold->skip->n_items == 0) {
        unfit.account = NULL;
        unfit.path = NULL;
        unfit.raw.data = fold->entry->body.data;
        unfit.raw.len = fold->entry->body.len;
    }

    channel = unfit.account == NULL
              ? NULL : pl_settings_account(fold->ap.settings,
                                           fold->ap.provider,
                                           pl_str_c(unfit.account));
    unfit.tenant = channel == NULL || entry_strange(fold, command)
                   ? 0 : channel->tenant;

    if (!entry_strange(fold, command) && !entry_skips(fold, item)
        && pl_import_closed(&fold->ap, command))
    {
        unfit.tenant = fold->meta.importing_tenant;
        rc = pl_import_aside(&fold->ap, command, &unfit, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return pl_feed_quarantine(&fold->ap, &unfit, err);
}


/* A field that commands have under one name, whichever they are. */

static const void *
entry_field(const Pl__Command *command, const char *name,
    ProtobufCType type)
{
    const void                      *of;
    const ProtobufCFieldDescriptor  *field;

    field = protobuf_c_message_descriptor_get_field(
        &pl__command__descriptor, (unsigned) command->of_case);

    if (field == NULL) {
        return NULL;
    }

    of = *(const void *const *) ((const char *) command + field->offset);

    field = protobuf_c_message_descriptor_get_field_by_name(
        field->descriptor, name);

    return field == NULL || field->type != type
           ? NULL : (const char *) of + field->offset;
}


static const char *
entry_text(const Pl__Command *command, const char *name)
{
    const char *const  *text;

    text = entry_field(command, name, PROTOBUF_C_TYPE_STRING);

    return text == NULL ? NULL : *text;
}


static pl_str_t
entry_raw(const Pl__Command *command)
{
    const ProtobufCBinaryData  *raw;

    raw = entry_field(command, "raw", PROTOBUF_C_TYPE_BYTES);

    return raw == NULL ? PL_STR_NULL : (pl_str_t) { raw->data, raw->len };
}


/* The rest of this transaction goes by the new settings. */

static pl_status_t
entry_republish(pl_fold_t *fold, pl_err_t *err)
{
    pl_status_t     rc;
    pl_settings_t  *settings;

    rc = pl_settings_load(&settings, fold->ap.txn, fold->codec, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_settings_destroy(fold->settings);
    fold->settings = settings;
    fold->ap.settings = settings;
    fold->ap.snapshot = settings;

    return PL_OK;
}


/* The test hook of the fuse: off unless the shared note says so. */

static void
entry_crash(const pl_fold_t *fold, uint32_t when, pl_str_t bytes)
{
    if (entry_marked(fold, when, bytes)) {
        abort();
    }
}


static bool
entry_marked(const pl_fold_t *fold, uint32_t when, pl_str_t bytes)
{
    return fold->sh != NULL && bytes.len != 0
           && atomic_load(&pl_shared_note(fold->sh)->crash_test) == when
           && memmem(bytes.data, bytes.len, FOLD_CRASH_MARK,
                     sizeof(FOLD_CRASH_MARK) - 1)
              != NULL;
}
