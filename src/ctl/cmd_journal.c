/*
 * journal: the entries, in the order in which everything happened. Bodies
 * and raw items only with --raw; tokens and digests never.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/str.h"
#include "../engine/journal.h"
#include "cmd.h"
#include "digest.h"
#include "list.h"
#include "outcome.h"
#include "range.h"


typedef struct {
    uint64_t  next;             /* to be shown */
    uint64_t  last;
    uint64_t  first;            /* that the journal holds */
} journal_t;


static pl_status_t journal_range(plctl_t *ctl, journal_t *list,
    pl_err_t *err);
static pl_status_t journal_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t journal_row(plctl_t *ctl, pl_txn_t *txn, uint64_t seq,
    Pl__Entry *entry, pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t journal_digest(const Pl__Entry *entry, pl_arena_t *ar,
    Pl__Ctl__EntryRow *json, pl_err_t *err);
static void journal_raw(plctl_t *ctl, const Pl__Entry *entry,
    pl_arena_t *ar, Pl__Ctl__EntryRow *json, plctl_row_t *row);
static void journal_strip(Pl__Command *command, bool raw);
static void journal_strip_settings(Pl__SettingsPublish *publish);
static void journal_strip_zones(Pl__ZonesPublish *publish);


static const char *const  journal_titles[] = {
    ">ENTRY", "TIME", "KIND", "PROVIDER", "LOCATION", ">BYTES", "COMMAND"
};


int
plctl_cmd_journal(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_err_t     err = { 0 };
    journal_t    list;
    pl_status_t  rc;

    static const plctl_listing_t  listing = {
        .env = PL_ENV_JOURNAL,
        .titles = journal_titles,
        .n_titles = PL_COUNT(journal_titles),
        .next = journal_next,
    };

    (void) words;
    (void) n_words;

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = journal_range(ctl, &list, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return plctl_list(ctl, &listing, &list, ctl->args->limit);
}


/* Without --from: so that the last one shown is the newest, or --to. */

static pl_status_t
journal_range(plctl_t *ctl, journal_t *list, pl_err_t *err)
{
    uint64_t          limit;
    pl_txn_t         *txn;
    pl_status_t       rc;
    plctl_range_t     range;
    Pl__JournalMeta  *meta;

    rc = pl_store_begin(ctl->st, PL_ENV_JOURNAL, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_journal_meta(txn, ctl->ar, &meta, err);

    if (rc == PL_OK) {
        rc = plctl_range(ctl, txn, &range, err);
        rc = rc == PL_NOTFOUND ? PL_OK : rc;    /* what is kept of it */
    }

    pl_store_abort(txn);

    if (rc != PL_OK) {
        return rc;
    }

    list->first = meta->first;
    list->last = range.last;
    list->next = range.first;
    limit = ctl->args->limit;

    if ((ctl->args->given & PLCTL_OPT_FROM) == 0) {
        list->next = limit != 0 && list->last > limit
                     ? list->last - limit + 1 : 0;
    }

    if (list->next < list->first) {
        list->next = list->first;
    }

    return PL_OK;
}


static pl_status_t
journal_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    uint64_t      seq;
    journal_t    *list;
    Pl__Entry    *entry;
    pl_status_t   rc;

    list = data;

    if (list->next > list->last) {
        return PL_NOTFOUND;
    }

    seq = list->next++;

    rc = pl_journal_get(txn, seq, ar, &entry, err);

    if (rc == PL_NOTFOUND) {
        row->skip = true;               /* dropped meanwhile */
        return PL_OK;
    }

    return rc == PL_OK ? journal_row(ctl, txn, seq, entry, ar, row, err)
                       : rc;
}


static pl_status_t
journal_row(plctl_t *ctl, pl_txn_t *txn, uint64_t seq, Pl__Entry *entry,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err)
{
    bool                 raw;
    pl_status_t          rc;
    Pl__SkipRow         *skip;
    Pl__Ctl__EntryRow   *json;

    rc = pl_journal_skipped(txn, seq, ar, &skip, err);
    if (rc != PL_OK) {
        return rc;
    }

    json = pl_arena_alloc(ar, sizeof(Pl__Ctl__EntryRow));
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    raw = (ctl->args->given & PLCTL_OPT_RAW) != 0;

    pl__ctl__entry_row__init(json);
    json->entry = seq;
    json->time_ms = entry->time_ms;
    json->kind = entry->kind;
    json->provider = entry->provider;
    json->location = entry->location;
    json->bytes = entry->body.len;
    json->traceparent = entry->traceparent;
    json->has_skipped = (skip != NULL);
    json->skipped = (skip != NULL);

    if (raw) {
        rc = journal_digest(entry, ar, json, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (entry->command != NULL) {
        journal_strip(entry->command, raw);
        json->name = (char *) plctl_command_name(entry->command);
        json->command = entry->command;
    }

    row->json = &json->base;
    row->cells[0] = plctl_print(ar, "%" PRIu64, seq);
    row->cells[1] = plctl_time(ar, entry->time_ms);
    row->cells[2] = plctl_enum(ar, &pl__entry_kind__descriptor,
                               (int) entry->kind);
    row->cells[3] = plctl_clean(ar, entry->provider);
    row->cells[4] = plctl_clean(ar, entry->location);
    row->cells[5] = plctl_print(ar, "%zu", entry->body.len);
    row->cells[6] = skip != NULL ? "(skipped)" : json->name;

    if (raw && entry->has_body) {
        journal_raw(ctl, entry, ar, json, row);
    }

    return PL_OK;
}


/* Before anything is stripped. */

static pl_status_t
journal_digest(const Pl__Entry *entry, pl_arena_t *ar,
    Pl__Ctl__EntryRow *json, pl_err_t *err)
{
    uint8_t       sum[PL_SHA256_LEN];
    pl_hash_t    *hash;
    pl_status_t   rc;

    hash = pl_hash_create();
    rc = hash == NULL ? pl_err_set(err, PL_NOMEM, "list", 0, "out of memory")
                      : plctl_digest(hash, entry, ar, sum, err);
    pl_hash_destroy(hash);

    if (rc == PL_OK) {
        json->sha256 = (char *) plctl_hex(ar, sum, sizeof(sum));
    }

    return rc;
}


static void
journal_raw(plctl_t *ctl, const Pl__Entry *entry, pl_arena_t *ar,
    Pl__Ctl__EntryRow *json, plctl_row_t *row)
{
    pl_str_t  body;

    body.data = entry->body.data;
    body.len = entry->body.len;

    if (ctl->json) {
        json->body = pl_utf8_clean(ar, body);

    } else {
        row->below = plctl_clean_bytes(ar, body.data, body.len);
    }
}


static void
journal_strip(Pl__Command *command, bool raw)
{
    if (command->of_case == PL__COMMAND__OF_ASKED) {
        command = command->asked->command;
    }

    switch (command->of_case) {

    case PL__COMMAND__OF_SETTINGS_PUBLISH:
        journal_strip_settings(command->settings_publish);
        break;

    case PL__COMMAND__OF_ZONES_PUBLISH:
        journal_strip_zones(command->zones_publish);
        break;

    case PL__COMMAND__OF_INBOUND_MESSAGE:
        if (!raw) {
            command->inbound_message->has_raw = 0;
            plctl_content_bare(command->inbound_message->content);
        }

        break;

    case PL__COMMAND__OF_DELIVERY_STATUS:
        command->delivery_status->has_raw &= raw;
        break;

    case PL__COMMAND__OF_ECHO_MESSAGE:
        if (!raw) {
            command->echo_message->has_raw = 0;
            plctl_content_bare(command->echo_message->content);
        }

        break;

    case PL__COMMAND__OF_SEND_REQUEST:
        if (!raw) {
            plctl_content_bare(command->send_request->content);
        }

        break;

    case PL__COMMAND__OF_CONTACT_SYNC:
        command->contact_sync->has_raw &= raw;
        break;

    case PL__COMMAND__OF_CHANNEL_ERROR:
        command->channel_error->has_raw &= raw;
        break;

    case PL__COMMAND__OF_UNREADABLE_ITEM:
        command->unreadable_item->has_raw &= raw;
        break;

    default:
        break;
    }
}


/* Half a megabyte that says nothing to anybody. */

static void
journal_strip_zones(Pl__ZonesPublish *publish)
{
    size_t  i;

    for (i = 0; i < publish->n_zones; i++) {
        publish->zones[i]->tzif.len = 0;
    }
}


/*
 * Tokens are sealed there and stay unseen even so; flows are files that
 * whoever asks can read where they stand.
 */

static void
journal_strip_settings(Pl__SettingsPublish *publish)
{
    size_t               i, j;
    Pl__TenantSettings  *tenant;

    publish->digest.len = 0;

    for (i = 0; i < publish->n_tenants; i++) {
        tenant = publish->tenants[i];

        for (j = 0; j < tenant->n_channels; j++) {
            tenant->channels[j]->has_token = 0;
            tenant->channels[j]->has_token_mac = 0;
        }

        for (j = 0; j < tenant->n_flows; j++) {
            tenant->flows[j]->json.len = 0;
        }
    }
}
