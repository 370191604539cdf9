/*
 * See metrics_store.h. Rows and one renderer; figures of an environment have
 * its name as their label.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "metrics_store.h"

typedef struct {
    const char  *name;
    const char  *type;
    const char  *help;
    size_t       offset;
    bool         env;                   /* of pls_metrics_env_t */
    unsigned     scale;                 /* divide by; 1: as it is */
} store_row_t;

typedef struct {
    char    *buf;
    size_t   size;
    size_t   len;
} store_out_t;

static void store_row(store_out_t *out, pls_metrics_store_t *metrics,
    const store_row_t *row);
static void store_value(store_out_t *out, const store_row_t *row,
    const char *label, uint64_t value);
static void store_commits(store_out_t *out, const pl_store_t *st);
static void store_put(store_out_t *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

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
    store_out_t  out;

    out.buf = buf;
    out.size = size;
    out.len = 0;

    for (i = 0; i < PL_COUNT(store_rows); i++) {
        store_row(&out, metrics, &store_rows[i]);
    }

    if (st != NULL) {
        store_commits(&out, st);
    }

    return out.len;
}


static void
store_row(store_out_t *out, pls_metrics_store_t *metrics,
    const store_row_t *row)
{
    int                i;
    char              *base;
    char               label[32];
    _Atomic uint64_t  *value;

    store_put(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help,
              row->name, row->type);

    for (i = 0; i < (row->env ? PL_ENV_COUNT : 1); i++) {
        base = row->env ? (char *) &metrics->env[i] : (char *) metrics;
        value = (_Atomic uint64_t *) (void *) (base + row->offset);

        (void) snprintf(label, sizeof(label), "{env=\"%s\"}",
                        store_envs[i]);
        store_value(out, row, row->env ? label : "",
                    atomic_load_explicit(value, memory_order_relaxed));
    }
}


static void
store_value(store_out_t *out, const store_row_t *row, const char *label,
    uint64_t value)
{
    if (row->scale == 1) {
        store_put(out, "%s%s %" PRIu64 "\n", row->name, label, value);

    } else {
        store_put(out, "%s%s %.3f\n", row->name, label,
                  (double) value / (double) row->scale);
    }
}


static void
store_commits(store_out_t *out, const pl_store_t *st)
{
    int           i, env;
    uint64_t      n;
    pl_commits_t  commits;

    static const char  name[] = "parley_sender_commit_seconds";

    store_put(out, "# HELP %s Time of each commit of the sender's.\n"
              "# TYPE %s histogram\n", name, name);

    for (env = 0; env < PL_ENV_COUNT; env++) {
        pl_store_commits(st, (pl_env_e) env, &commits);
        n = 0;

        for (i = 0; i < PL_COMMIT_BOUNDS; i++) {
            n += commits.n[i];
            store_put(out, "%s_bucket{env=\"%s\",le=\"%g\"} %" PRIu64
                      "\n", name, store_envs[env],
                      (double) pl_store_commit_bounds_us[i] / 1000000, n);
        }

        n += commits.n[PL_COMMIT_BOUNDS];
        store_put(out, "%s_bucket{env=\"%s\",le=\"+Inf\"} %" PRIu64 "\n",
                  name, store_envs[env], n);
        store_put(out, "%s_sum{env=\"%s\"} %.6f\n", name, store_envs[env],
                  (double) commits.us / 1000000);
        store_put(out, "%s_count{env=\"%s\"} %" PRIu64 "\n", name,
                  store_envs[env], n);
    }
}


static void
store_put(store_out_t *out, const char *fmt, ...)
{
    int      n;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(out->buf + out->len, out->size - out->len, fmt, args);
    va_end(args);

    if (n > 0 && (size_t) n < out->size - out->len) {
        out->len += (size_t) n;
    }
}
