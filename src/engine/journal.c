/*
 * The journal (see journal.h). One record, `journal` in the journal's meta,
 * is read and written by every append in the append's own transaction; so
 * sequence, time and the cycles known are decided under the writer's lock
 * and nowhere else.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/crypto.h"
#include "../core/record.h"
#include "../core/str.h"
#include "journal_impl.h"
#include "keys.h"
#include "state.h"

#define JOURNAL_DROP_FACTOR  2      /* dropped for each one added, at most */
#define JOURNAL_DROP_PUBLISH 64     /* and for settings, which are large and
                                       seldom; in a full journal they fit
                                       only if as much leaves as comes */

static const uint8_t  journal_key[] = "journal";

typedef struct {
    const pl_entry_t  *entries;
    size_t             n;
} journal_list_t;

static size_t journal_list(void *data, const pl_entry_t **entries);
static pl_status_t journal_check(pl_store_t *st, const pl_clock_t *clock,
    pl_txn_t *txn, pl_arena_t *ar, pl_err_t *err);
static pl_status_t journal_create(pl_txn_t *txn, int64_t now_ms,
    pl_err_t *err);
static pl_status_t journal_against(pl_store_t *st, Pl__JournalMeta *meta,
    pl_arena_t *ar, bool *behind, pl_err_t *err);
static pl_status_t journal_add_all(journal_append_t *ja,
    const pl_entry_t *entries, size_t n, const Pl__SettingsPublish *publish,
    pl_appended_t *out);
static pl_status_t journal_publish(journal_append_t *ja,
    const Pl__SettingsPublish *publish, pl_appended_t *out);
static pl_status_t journal_forget(journal_append_t *ja);
static void journal_settle(const pl_entry_t *entries, size_t n);
static pl_status_t journal_add(journal_append_t *ja,
    const pl_entry_t *entry);
static pl_status_t journal_names(journal_append_t *ja,
    const pl_entry_t *entry, Pl__Entry *row);
static pl_status_t journal_sifted(journal_append_t *ja,
    const pl_sifted_t *sifted, Pl__Entry *row);


pl_status_t
pl_journal_open(pl_store_t *st, const pl_clock_t *clock, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_arena_t   *ar;
    pl_status_t   rc;

    ar = pl_arena_create(JOURNAL_ARENA_BLOCK, JOURNAL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "journal", 0, "out of memory");
    }

    rc = pl_store_begin(st, PL_ENV_JOURNAL, true, &txn, err);
    if (rc == PL_OK) {
        rc = journal_check(st, clock, txn, ar, err);
        if (rc == PL_OK) {
            rc = pl_store_commit(txn, err);

        } else {
            pl_store_abort(txn);
            if (rc == PL_EXISTS) {
                rc = PL_OK;             /* sound as it is: nothing written */
            }
        }
    }

    pl_arena_destroy(ar);

    return rc;
}


pl_status_t
pl_journal_append(pl_store_t *st, const pl_clock_t *clock,
    const pl_entry_t *entries, size_t n, const Pl__SettingsPublish *publish,
    pl_appended_t *out, pl_err_t *err)
{
    journal_list_t  list;

    list.entries = entries;
    list.n = n;

    return pl_journal_append_late(st, clock, journal_list, &list, publish,
                                  out, err);
}


pl_status_t
pl_journal_append_late(pl_store_t *st, const pl_clock_t *clock,
    pl_journal_take_pt take, void *data, const Pl__SettingsPublish *publish,
    pl_appended_t *out, pl_err_t *err)
{
    size_t             n;
    pl_status_t        rc;
    journal_append_t   ja;
    const pl_entry_t  *entries;

    memset(&ja, 0, sizeof(ja));
    ja.st = st;
    ja.err = err;

    ja.ar = pl_arena_create(JOURNAL_ARENA_BLOCK, JOURNAL_ARENA_MAX);
    if (ja.ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "append", 0, "out of memory");
    }

    rc = pl_store_begin(st, PL_ENV_JOURNAL, true, &ja.txn, err);
    if (rc == PL_OK) {
        ja.wall_ms = pl_clock_wall_ms(clock);
        ja.mono_ms = pl_clock_mono_us(clock) / 1000;
        n = take(data, &entries);

        rc = journal_add_all(&ja, entries, n, publish, out);
        if (rc == PL_OK) {
            rc = pl_store_commit(ja.txn, err);

            if (rc == PL_OK) {
                journal_settle(entries, n);
            }

        } else {
            pl_store_abort(ja.txn);
        }
    }

    pl_arena_destroy(ja.ar);

    return rc;
}


/* Their files are named now. */

static void
journal_settle(const pl_entry_t *entries, size_t n)
{
    size_t  i, k;

    for (i = 0; i < n; i++) {
        for (k = 0; k < entries[i].n_claims; k++) {
            pl_shelf_settle(entries[i].claims[k]);
        }
    }
}


pl_status_t
pl_journal_meta(pl_txn_t *txn, pl_arena_t *ar, Pl__JournalMeta **meta,
    pl_err_t *err)
{
    pl_str_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *meta = NULL;
    key.data = journal_key;
    key.len = sizeof(journal_key) - 1;

    rc = pl_record_get(txn, PL_TABLE_JOURNAL_META, key,
                       &pl__journal_meta__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    *meta = (Pl__JournalMeta *) msg;

    return PL_OK;
}


pl_status_t
pl_journal_get(pl_txn_t *txn, uint64_t seq, pl_arena_t *ar,
    Pl__Entry **entry, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *entry = NULL;
    pl_key_seq(&key, seq);

    rc = pl_record_get(txn, PL_TABLE_ENTRIES, pl_key_str(&key),
                       &pl__entry__descriptor, ar, &msg, err);
    if (rc == PL_OK) {
        *entry = (Pl__Entry *) msg;
    }

    return rc;
}


static size_t
journal_list(void *data, const pl_entry_t **entries)
{
    const journal_list_t  *list = data;

    *entries = list->entries;

    return list->n;
}


/* PL_EXISTS: there is a journal and nothing about it needs writing. */

static pl_status_t
journal_check(pl_store_t *st, const pl_clock_t *clock, pl_txn_t *txn,
    pl_arena_t *ar, pl_err_t *err)
{
    bool              behind;
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    rc = pl_journal_meta(txn, ar, &meta, err);

    if (rc == PL_NOTFOUND) {
        rc = journal_against(st, NULL, ar, &behind, err);
        return rc == PL_OK ? journal_create(txn, pl_clock_wall_ms(clock), err)
                           : rc;
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (meta->schema > PL_SCHEMA_VERSION) {
        return pl_err_set(err, PL_NEWER, "journal", 0,
                          "schema %" PRIu32 " was written by a newer "
                          "version; this one knows %d",
                          meta->schema, PL_SCHEMA_VERSION);
    }

    if (meta->uuid.len != PL_UUID_LEN) {
        return pl_err_set(err, PL_FOREIGN, "journal", 0,
                          "the journal's meta is none of Parley's");
    }

    rc = journal_against(st, meta, ar, &behind, err);
    if (rc != PL_OK) {
        return rc;
    }

    return behind ? pl_journal_put_meta(txn, meta, err) : PL_EXISTS;
}


static pl_status_t
journal_create(pl_txn_t *txn, int64_t now_ms, pl_err_t *err)
{
    uint8_t          uuid[PL_UUID_LEN];
    Pl__JournalMeta  meta = PL__JOURNAL_META__INIT;

    if (pl_crypto_random(uuid, sizeof(uuid)) != PL_OK) {
        return pl_err_set(err, PL_IO, "journal", 0, "no random bytes");
    }

    meta.schema = PL_SCHEMA_VERSION;
    meta.uuid.data = uuid;
    meta.uuid.len = sizeof(uuid);
    meta.next = 1;
    meta.first = 1;
    meta.last_ms = now_ms;

    return pl_journal_put_meta(txn, &meta, err);
}


/*
 * Holds the journal against the state that folds it. meta NULL: there is no
 * journal, so there must be no state. *behind: the state has folded further
 * than the journal reaches (an older journal was put back); sequences go on
 * behind what was folded, so that none is given twice.
 */

static pl_status_t
journal_against(pl_store_t *st, Pl__JournalMeta *meta, pl_arena_t *ar,
    bool *behind, pl_err_t *err)
{
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__StateMeta  *state;

    *behind = false;

    rc = pl_store_begin(st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_state_meta(txn, ar, &state, err);
    pl_store_abort(txn);

    if (rc == PL_NOTFOUND) {
        if (meta == NULL || meta->first == 1) {
            return PL_OK;
        }

        return pl_err_set(err, PL_FOREIGN, "journal", 0,
                          "entries 1 to %" PRIu64 " are missing: the state "
                          "is empty and the journal begins later",
                          meta->first - 1);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (meta == NULL
        || state->journal.len != PL_UUID_LEN
        || memcmp(state->journal.data, meta->uuid.data, PL_UUID_LEN) != 0)
    {
        return pl_err_set(err, PL_FOREIGN, "journal", 0,
                          "the state is the fold of another journal");
    }

    if (state->folded + 1 < meta->first) {
        return pl_err_set(err, PL_FOREIGN, "journal", 0,
                          "entries %" PRIu64 " to %" PRIu64 " are missing "
                          "between state and journal", state->folded + 1,
                          meta->first - 1);
    }

    if (meta->next <= state->folded) {
        meta->next = state->folded + 1;
        *behind = true;
    }

    return PL_OK;
}


static pl_status_t
journal_add_all(journal_append_t *ja, const pl_entry_t *entries, size_t n,
    const Pl__SettingsPublish *publish, pl_appended_t *out)
{
    size_t       i;
    uint64_t     before, drop;
    pl_status_t  rc;

    memset(out, 0, sizeof(*out));

    rc = pl_journal_meta(ja->txn, ja->ar, &ja->meta, ja->err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND
               ? pl_err_set(ja->err, PL_MISUSE, "append", 0,
                            "the journal has not been opened")
               : rc;
    }

    before = ja->meta->next;

    rc = pl_journal_clock(ja);
    if (rc != PL_OK) {
        return rc;
    }

    if (publish != NULL) {
        rc = journal_publish(ja, publish, out);
        if (rc != PL_OK) {
            return rc;
        }
    }

    out->first = ja->meta->next;
    out->time_ms = ja->meta->last_ms;

    for (i = 0; i < n; i++) {
        rc = journal_add(ja, &entries[i]);
        if (rc != PL_OK) {
            return rc;
        }
    }

    drop = (ja->meta->next - before) * JOURNAL_DROP_FACTOR
           + (out->published ? JOURNAL_DROP_PUBLISH : 0);

    rc = pl_journal_drop(ja, drop);
    if (rc != PL_OK) {
        return rc;
    }

    return pl_journal_put_meta(ja->txn, ja->meta, ja->err);
}


static pl_status_t
journal_publish(journal_append_t *ja, const Pl__SettingsPublish *publish,
    pl_appended_t *out)
{
    pl_str_t           key;
    uint64_t           generation;
    Pl__CycleRow       row = PL__CYCLE_ROW__INIT;
    Pl__Command        command = PL__COMMAND__INIT;
    pl_status_t        rc;
    ProtobufCMessage  *known;

    if (publish->cycle.len != PL_CYCLE_LEN) {
        return pl_err_set(ja->err, PL_MISUSE, "append", 0,
                          "a cycle is %d bytes", PL_CYCLE_LEN);
    }

    key.data = publish->cycle.data;
    key.len = 8;
    generation = pl_be64(publish->cycle.data + 8);

    rc = pl_record_get(ja->txn, PL_TABLE_CYCLES, key,
                       &pl__cycle_row__descriptor, ja->ar, &known, ja->err);
    if (rc == PL_OK
        && generation <= ((Pl__CycleRow *) known)->generation)
    {
        return PL_OK;
    }

    if (rc == PL_NOTFOUND) {
        rc = journal_forget(ja);
    }

    if (rc != PL_OK) {
        return rc;
    }

    row.time_ms = ja->meta->last_ms;
    row.entry = ja->meta->next;
    row.has_generation = 1;
    row.generation = generation;

    rc = pl_record_put(ja->txn, PL_TABLE_CYCLES, key, &row.base, false,
                       ja->err);
    if (rc != PL_OK) {
        return rc;
    }

    ja->meta->has_keep_ms = 1;
    ja->meta->keep_ms = publish->journal_keep_ms;
    ja->meta->has_keep_bytes = publish->has_journal_keep_bytes;
    ja->meta->keep_bytes = publish->journal_keep_bytes;

    command.of_case = PL__COMMAND__OF_SETTINGS_PUBLISH;
    command.settings_publish = (Pl__SettingsPublish *) publish;
    out->published = true;

    return pl_journal_add_command(ja, &command, "nginx.conf");
}


/*
 * Makes room for another master among those remembered: the one that was
 * silent longest goes. A master that runs publishes with each load.
 */

static pl_status_t
journal_forget(journal_append_t *ja)
{
    uint8_t            oldest[8];
    uint64_t           rows, entry;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_store_count(ja->txn, PL_TABLE_CYCLES, &rows, ja->err);
    if (rc != PL_OK || rows < PL_CYCLES_MAX) {
        return rc;
    }

    rc = pl_store_scan(ja->txn, PL_TABLE_CYCLES, PL_STR_NULL, false, &scan,
                       ja->err);
    if (rc != PL_OK) {
        return rc;
    }

    memset(oldest, 0, sizeof(oldest));

    for (entry = UINT64_MAX; rc == PL_OK; /* void */ ) {
        rc = pl_store_scan_next(scan, &key, &value, ja->err);

        if (rc == PL_OK) {
            rc = pl_record_read(PL_TABLE_CYCLES, value,
                                &pl__cycle_row__descriptor, ja->ar, &msg,
                                ja->err);
        }

        if (rc == PL_OK && key.len == sizeof(oldest)
            && ((Pl__CycleRow *) msg)->entry < entry)
        {
            entry = ((Pl__CycleRow *) msg)->entry;
            memcpy(oldest, key.data, sizeof(oldest));
        }
    }

    pl_store_scan_end(scan);

    if (rc != PL_NOTFOUND || entry == UINT64_MAX) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    key.data = oldest;
    key.len = sizeof(oldest);

    return pl_store_del(ja->txn, PL_TABLE_CYCLES, key, ja->err);
}


pl_status_t
pl_journal_add_command(journal_append_t *ja, Pl__Command *command,
    const char *location)
{
    pl_entry_t  entry;

    memset(&entry, 0, sizeof(entry));
    entry.command = command;
    entry.location = pl_str_c(location);

    return journal_add(ja, &entry);
}


static pl_status_t
journal_add(journal_append_t *ja, const pl_entry_t *entry)
{
    pl_key_t     key;
    Pl__Entry    row = PL__ENTRY__INIT;
    pl_status_t  rc;

    if (entry->body.len > PL_BODY_MAX) {
        return pl_err_set(ja->err, PL_TOOBIG, "append", 0,
                          "a body of %zu bytes is past the limit of %u",
                          entry->body.len, PL_BODY_MAX);
    }

    row.time_ms = ja->meta->last_ms;
    row.kind = PL__ENTRY_KIND__ENTRY_KIND_COMMAND;
    row.command = (Pl__Command *) entry->command;

    if (entry->command == NULL) {
        row.kind = PL__ENTRY_KIND__ENTRY_KIND_WEBHOOK;
        row.has_body = 1;
        row.body.data = (uint8_t *) entry->body.data;
        row.body.len = entry->body.len;
    }

    rc = journal_names(ja, entry, &row);

    if (rc == PL_OK && entry->sifted != NULL) {
        rc = journal_sifted(ja, entry->sifted, &row);
    }

    if (rc != PL_OK) {
        return rc;
    }

    pl_key_seq(&key, ja->meta->next);

    rc = pl_record_put(ja->txn, PL_TABLE_ENTRIES, pl_key_str(&key),
                       &row.base, true, ja->err);
    if (rc != PL_OK) {
        return rc;
    }

    ja->meta->next++;
    ja->meta->live_bytes += entry->body.len
                            + row.mail.len;

    return PL_OK;
}


/* What is empty is not said. */

static pl_status_t
journal_names(journal_append_t *ja, const pl_entry_t *entry, Pl__Entry *row)
{
    size_t    i;
    const struct {
        pl_str_t     from;
        char       **to;
    } names[] = {
        { entry->provider, &row->provider },
        { entry->location, &row->location },
        { entry->traceparent, &row->traceparent },
        { entry->query, &row->query },
        { entry->tenant, &row->tenant },
    };

    for (i = 0; i < PL_COUNT(names); i++) {
        if (names[i].from.len == 0) {
            continue;
        }

        *names[i].to = pl_arena_str(ja->ar, names[i].from);

        if (*names[i].to == NULL) {
            return pl_err_set(ja->err, PL_NOMEM, "append", 0,
                              "out of memory");
        }
    }

    return PL_OK;
}


static pl_status_t
journal_sifted(journal_append_t *ja, const pl_sifted_t *sifted,
    Pl__Entry *row)
{
    size_t             i;
    Pl__Taken         *taken;
    const pl_taken_t  *from;

    taken = pl_arena_alloc(ja->ar, (sifted->n_taken + 1) * sizeof(*taken));
    row->taken = pl_arena_alloc(ja->ar, (sifted->n_taken + 1)
                                        * sizeof(*row->taken));
    if (taken == NULL || row->taken == NULL) {
        return pl_err_set(ja->err, PL_NOMEM, "append", 0, "out of memory");
    }

    for (i = 0; i < sifted->n_taken; i++) {
        from = &sifted->taken[i];
        pl__taken__init(&taken[i]);
        taken[i].file = (char *) (uintptr_t) from->name;
        taken[i].bytes = from->bytes;
        taken[i].type = (char *) (uintptr_t) from->type;
        taken[i].has_at = from->type == NULL && !sifted->whole;
        taken[i].at = from->at;
        taken[i].has_in_mail = taken[i].in_mail = from->in_mail;
        row->taken[i] = &taken[i];
    }

    row->n_taken = sifted->n_taken;
    row->has_sifted = row->sifted = true;
    row->has_whole = row->whole = sifted->whole;
    row->has_mail = sifted->has_mail;
    row->mail.data = (uint8_t *) (uintptr_t) sifted->mail.data;
    row->mail.len = sifted->mail.len;

    return PL_OK;
}


pl_status_t
pl_journal_put_meta(pl_txn_t *txn, const Pl__JournalMeta *meta,
    pl_err_t *err)
{
    pl_str_t  key;

    key.data = journal_key;
    key.len = sizeof(journal_key) - 1;

    return pl_record_put(txn, PL_TABLE_JOURNAL_META, key, &meta->base, false,
                         err);
}
