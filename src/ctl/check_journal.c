/*
 * check: the journal, and how the state stands to it.
 */

#include <inttypes.h>
#include <string.h>

#include "check.h"


static void journal_metas(plctl_check_t *check);
static pl_status_t journal_entry(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t journal_skip(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t journal_cycle(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static void journal_ends(plctl_check_t *check);


pl_status_t
plctl_check_journal(plctl_check_t *check, pl_err_t *err)
{
    pl_status_t  rc;

    journal_metas(check);

    check->seq = check->jmeta->first;
    check->time_ms = 0;
    check->bytes = 0;

    rc = plctl_check_walk(check, PL_TABLE_ENTRIES, 8,
                          &pl__entry__descriptor, journal_entry, err);
    if (rc != PL_OK) {
        return rc;
    }

    journal_ends(check);

    rc = plctl_check_walk(check, PL_TABLE_SKIPS, 8,
                          &pl__skip_row__descriptor, journal_skip, err);
    if (rc != PL_OK) {
        return rc;
    }

    return plctl_check_walk(check, PL_TABLE_CYCLES, 0,
                            &pl__cycle_row__descriptor, journal_cycle, err);
}


static void
journal_metas(plctl_check_t *check)
{
    const Pl__StateMeta    *meta;
    const Pl__JournalMeta  *jmeta;

    meta = check->meta;
    jmeta = check->jmeta;

    if (meta == NULL) {
        return;
    }

    if (meta->journal.len != jmeta->uuid.len
        || memcmp(meta->journal.data, jmeta->uuid.data, jmeta->uuid.len)
           != 0)
    {
        plctl_check_find(check, PL_TABLE_META, PL_STR_NULL,
                         "the state is the fold of another journal");
    }

    if (meta->folded + 1 < jmeta->first) {
        plctl_check_find(check, PL_TABLE_META, PL_STR_NULL,
                         "entries %" PRIu64 " to %" PRIu64
                         " were dropped unfolded", meta->folded + 1,
                         jmeta->first - 1);
    }

    if (meta->folded >= jmeta->next
        || (meta->items != 0 && meta->folded + 1 >= jmeta->next))
    {
        plctl_check_find(check, PL_TABLE_META, PL_STR_NULL,
                         "entry %" PRIu64 " is folded, the journal ends at "
                         "%" PRIu64, meta->folded + (meta->items != 0),
                         jmeta->next - 1);
    }

    if (meta->folded_ms > jmeta->last_ms) {
        plctl_check_find(check, PL_TABLE_META, PL_STR_NULL,
                         "the state is younger than the journal");
    }
}


/* After a gap the walk goes on from where the journal does. */

static pl_status_t
journal_entry(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    uint64_t          seq;
    const Pl__Entry  *entry;

    (void) err;

    seq = pl_be64(row->key.data);
    entry = (const Pl__Entry *) row->msg;

    if (seq != check->seq) {
        plctl_check_find(check, row->table, row->key,
                         "follows where %" PRIu64 " is expected",
                         check->seq);
    }

    if (entry->time_ms < check->time_ms) {
        plctl_check_find(check, row->table, row->key,
                         "is %" PRId64 " ms older than the entry before it",
                         check->time_ms - entry->time_ms);
    }

    if (entry->time_ms > check->jmeta->last_ms) {
        plctl_check_find(check, row->table, row->key,
                         "is younger than the journal");
    }

    if ((entry->kind == PL__ENTRY_KIND__ENTRY_KIND_COMMAND)
        != (entry->command != NULL))
    {
        plctl_check_find(check, row->table, row->key,
                         "is not of the kind that it says");
    }

    check->seq = seq + 1;
    check->time_ms = entry->time_ms;
    check->bytes += entry->body.len + entry->mail.len;

    return PL_OK;
}


static void
journal_ends(plctl_check_t *check)
{
    if (check->seq != check->jmeta->next) {
        plctl_check_find(check, PL_TABLE_JOURNAL_META, PL_STR_NULL,
                         "the next entry is %" PRIu64 ", the journal ends "
                         "before %" PRIu64, check->jmeta->next, check->seq);
    }

    if (check->bytes != check->jmeta->live_bytes) {
        plctl_check_find(check, PL_TABLE_JOURNAL_META, PL_STR_NULL,
                         "bodies are %" PRIu64 " bytes, %" PRIu64
                         " are counted", check->bytes,
                         check->jmeta->live_bytes);
    }
}


static pl_status_t
journal_skip(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    uint64_t  seq;

    (void) err;

    seq = pl_be64(row->key.data);

    if (seq == 0 || seq >= check->jmeta->next) {
        plctl_check_find(check, row->table, row->key,
                         "skips an entry that there is not");
    }

    return PL_OK;
}


/* The SettingsPublish itself may have been dropped since. */

static pl_status_t
journal_cycle(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    pl_key_t             key;
    uint64_t             seq;
    pl_status_t          rc;
    const Pl__Entry     *entry;
    ProtobufCMessage    *msg;

    seq = ((const Pl__CycleRow *) row->msg)->entry;

    if (seq >= check->jmeta->first && seq < check->jmeta->next) {
        pl_key_seq(&key, seq);

        rc = plctl_check_get(check, PL_TABLE_ENTRIES, pl_key_str(&key),
                             &pl__entry__descriptor, check->ar, &msg, err);
        if (rc != PL_OK) {
            return rc;
        }

        entry = (const Pl__Entry *) msg;

        if (entry != NULL && entry->command != NULL
            && entry->command->of_case
               == PL__COMMAND__OF_SETTINGS_PUBLISH)
        {
            return PL_OK;
        }
    }

    if (seq == 0 || seq >= check->jmeta->first) {
        plctl_check_find(check, row->table, row->key,
                         "entry %" PRIu64 " publishes no settings", seq);
    }

    return PL_OK;
}
