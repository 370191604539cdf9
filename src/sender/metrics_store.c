/*
 * See metrics_store.h. Rows and one renderer; figures of an environment have
 * its name as their label.
 */

#include <stdio.h>

#include "metrics_store.h"
#include "page.h"

#define STORE_LABEL_MAX  32

typedef struct {
    const char  *name;
    const char  *type;
    const char  *help;
    size_t       offset;
    bool         env;                   /* of pls_metrics_env_t */
    unsigned     scale;                 /* divide by; 1: as it is */
} store_row_t;

static void store_row(pls_page_t *page, pls_metrics_store_t *metrics,
    const store_row_t *row);
static void store_commits(pls_page_t *page, const pl_store_t *st);

#define STORE_ENV(field)  offsetof(pls_metrics_env_t, field), true
#define STORE_ALL(field)  offsetof(pls_metrics_store_t, field), false

static const char *const  store_envs[PL_ENV_COUNT] = { "journal", "state" };

static const store_row_t  store_rows[] = {
    { "parley_sender_store_map_bytes", "gauge",
      "Size of the map.", STORE_ENV(map_bytes), 1 },
    { "parley_sender_store_file_bytes", "gauge",
      "What pages of the file reach.", STORE_ENV(file_bytes), 1 },
    { "parley_sender_store_live_bytes", "gauge",
      "Pages in use.", STORE_ENV(live_bytes), 1 },
    { "parley_sender_store_free_bytes", "gauge",
      "Pages free inside the file.", STORE_ENV(free_bytes), 1 },
    { "parley_sender_store_disk_bytes", "gauge",
      "Free on its file system.", STORE_ENV(disk_bytes), 1 },
    { "parley_sender_store_readers", "gauge",
      "Readers with a transaction.", STORE_ENV(readers), 1 },
    { "parley_sender_store_oldest_reader_transactions", "gauge",
      "How many transactions the oldest reader is behind.",
      STORE_ENV(behind), 1 },
    { "parley_sender_store_oldest_reader_seconds", "gauge",
      "For how long it has been the oldest reader, behind.",
      STORE_ENV(age_ms), 1000 },
    { "parley_sender_store_used_percent", "gauge",
      "In use of the room there is, map or disk, whichever is fuller.",
      STORE_ALL(percent), 1 },
    { "parley_sender_store_mark", "gauge",
      "Mark passed: 1 warns, 2 holds bulk and statuses, 3 refuses all.",
      STORE_ALL(mark), 1 },
    { "parley_sender_journal_entries", "gauge",
      "Entries that the journal keeps.", STORE_ALL(entries), 1 },
    { "parley_sender_journal_entries_bytes", "gauge",
      "Bytes of their pages.", STORE_ALL(entries_bytes), 1 },
    { "parley_sender_journal_trimmed_total", "counter",
      "Entries dropped by the sender, where nobody appended.",
      STORE_ALL(trimmed), 1 },
};


size_t
pls_metrics_store_print(pls_metrics_store_t *metrics, const pl_store_t *st,
    char *buf, size_t size)
{
    size_t       i;
    pls_page_t   page;

    pls_page_begin(&page, buf, size);

    for (i = 0; i < PL_COUNT(store_rows); i++) {
        store_row(&page, metrics, &store_rows[i]);
    }

    if (st != NULL) {
        store_commits(&page, st);
    }

    return pls_page_end(&page);
}


static void
store_row(pls_page_t *page, pls_metrics_store_t *metrics,
    const store_row_t *row)
{
    int                i;
    char              *base;
    _Atomic uint64_t  *value;

    pls_page_family(page, row->name, row->type, row->help);

    for (i = 0; i < (row->env ? PL_ENV_COUNT : 1); i++) {
        base = row->env ? (char *) &metrics->env[i] : (char *) metrics;
        value = (_Atomic uint64_t *) (void *) (base + row->offset);

        pls_page_put(page, "%s", row->name);

        if (row->env) {
            pls_page_put(page, "{env=\"%s\"}", store_envs[i]);
        }

        pls_page_number(page, atomic_load_explicit(value,
                                                   memory_order_relaxed),
                        row->scale);
    }
}


static void
store_commits(pls_page_t *page, const pl_store_t *st)
{
    int                   env;
    char                  label[STORE_LABEL_MAX];
    pl_commits_t          commits;
    pls_page_histogram_t  shown = {
        pl_store_commit_bounds_us, PL_COMMIT_BOUNDS, commits.n, 0
    };

    static const char  name[] = "parley_sender_commit_seconds";

    pls_page_family(page, name, "histogram",
                    "Time of each commit of the sender's.");

    for (env = 0; env < PL_ENV_COUNT; env++) {
        pl_store_commits(st, (pl_env_e) env, &commits);
        shown.sum = commits.us;

        (void) snprintf(label, sizeof(label), "env=\"%s\"",
                        store_envs[env]);
        pls_page_histogram(page, name, label, &shown, 1000000);
    }
}
