/*
 * dead retry, dead drop, unknown resend, unknown sent.
 *
 * What matches is counted first, and nothing is done without --yes. Then the
 * table is walked once more: a command for each row that still matches, up
 * to PLCTL_ASK_MAX in one append. A command names the death, or the doubt,
 * that was seen, so that a row is settled once however many people ask at
 * the same time. Who did it, the audit knows: an event names the entry that
 * brought it, and entries of ours without one found their row gone, or
 * expired.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/state.h"
#include "../engine/keys.h"
#include "cmd.h"
#include "filter.h"
#include "list.h"
#include "settle.h"


/* A row that is asked for. */
typedef struct {
    uint32_t     tenant;
    uint64_t     effect;
    int64_t      at_ms;         /* of its death, or since when it is unknown */
} settle_item_t;

typedef struct {
    const char      *name;      /* in JSON */
    const char      *one;       /* what it is about */
    const char      *many;
    const char      *table_of;  /* "among the …" */
    const char      *done;      /* what became of them */
    pl_table_e       table;
    Pl__AuditKind    kind;
} settle_verb_t;

typedef struct {
    plctl_t              *ctl;
    plctl_settle_e        which;
    const settle_verb_t  *verb;
    const char           *actor;
    plctl_filter_t        filter;
    plctl_cursor_t        cursor;
    int64_t               until_ms;     /* what ended later is not meant */
    bool                  one;          /* by its id */
    bool                  patient;      /* somebody folds: wait for it */

    uint64_t              matched;
    uint64_t              done;
    uint64_t              skipped;
    uint64_t              pending;
    uint64_t              entry;        /* of the last append */

    size_t                n;
    settle_item_t         items[PLCTL_ASK_MAX];
    Pl__Command           commands[PLCTL_ASK_MAX];
    Pl__DeadRetry         retries[PLCTL_ASK_MAX];
    Pl__DeadDrop          drops[PLCTL_ASK_MAX];
    Pl__UnknownSettle     settles[PLCTL_ASK_MAX];
} settle_t;

static int settle_one(settle_t *settle, const char *word);
static int settle_all(settle_t *settle);
static pl_status_t settle_find(settle_t *settle, uint64_t effect,
    pl_err_t *err);
static pl_status_t settle_count(settle_t *settle, pl_err_t *err);
static pl_status_t settle_walk(settle_t *settle, size_t max, pl_err_t *err);
static pl_status_t settle_next(settle_t *settle, pl_txn_t *txn,
    pl_arena_t *ar, bool *fits, settle_item_t *item, pl_err_t *err);
static pl_status_t settle_read(settle_t *settle, pl_str_t value,
    pl_arena_t *ar, plctl_ended_t *row, pl_err_t *err);
static pl_status_t settle_ask(settle_t *settle, pl_err_t *err);
static void settle_command(settle_t *settle, size_t i);
static pl_status_t settle_meta(settle_t *settle, uint64_t *next_id,
    int64_t *folded_ms, pl_err_t *err);
static pl_status_t settle_audit(settle_t *settle, uint64_t from,
    uint64_t first, pl_err_t *err);
static pl_status_t settle_events(settle_t *settle, pl_txn_t *txn,
    uint32_t tenant, uint64_t from, uint64_t first, uint64_t *events,
    pl_err_t *err);
static int settle_report(settle_t *settle, bool asked);


static const settle_verb_t  settle_verbs[PLCTL_SETTLE_VERBS] = {
    { "retry", "dead letter", "dead letters", "the dead letters",
      "queued again", PL_TABLE_DEAD, PL__AUDIT_KIND__AUDIT_KIND_RETRIED },
    { "drop", "dead letter", "dead letters", "the dead letters",
      "dropped for good", PL_TABLE_DEAD,
      PL__AUDIT_KIND__AUDIT_KIND_DROPPED },
    { "resend", "unknown send", "unknown sends", "what is unknown",
      "queued again", PL_TABLE_UNKNOWN,
      PL__AUDIT_KIND__AUDIT_KIND_RESENT },
    { "sent", "unknown send", "unknown sends", "what is unknown",
      "settled as sent", PL_TABLE_UNKNOWN,
      PL__AUDIT_KIND__AUDIT_KIND_SETTLED },
};


int
plctl_cmd_settle(plctl_t *ctl, plctl_settle_e verb,
    const char *const *words, unsigned n_words)
{
    bool       filtered;
    pl_err_t   err = { 0 };
    settle_t  *settle;

    filtered = (ctl->args->given & (PLCTL_OPT_FILTER | PLCTL_OPT_ALL)) != 0;

    if ((n_words != 0) == filtered) {
        (void) pl_err_set(&err, PL_INVALID, "", 0, filtered
                          ? "an ID, or a filter: not both"
                          : "say which: an ID, a filter, or --all");
        (void) plctl_fail(ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    settle = pl_arena_zalloc(ctl->ar, sizeof(*settle));
    if (settle == NULL) {
        (void) pl_err_set(&err, PL_NOMEM, "settle", 0, "out of memory");
        return plctl_fail(ctl, &err);
    }

    settle->ctl = ctl;
    settle->which = verb;
    settle->verb = &settle_verbs[verb];
    settle->actor = plctl_actor(ctl);
    settle->until_ms = INT64_MAX;
    settle->patient = true;
    settle->one = n_words != 0;

    return n_words != 0 ? settle_one(settle, words[0]) : settle_all(settle);
}


int
plctl_cmd_dead_drop(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    return plctl_cmd_settle(ctl, PLCTL_SETTLE_DROP, words, n_words);
}


int
plctl_cmd_unknown_resend(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    return plctl_cmd_settle(ctl, PLCTL_SETTLE_RESEND, words, n_words);
}


int
plctl_cmd_unknown_sent(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    return plctl_cmd_settle(ctl, PLCTL_SETTLE_SENT, words, n_words);
}


static int
settle_one(settle_t *settle, const char *word)
{
    uint64_t     effect;
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    if (plctl_args_id(word, "eff", &effect, &err) != PL_OK) {
        (void) plctl_fail(settle->ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_open(settle->ctl, &err);
    if (rc == PL_OK) {
        rc = settle_find(settle, effect, &err);
    }

    if (rc == PL_OK && (settle->ctl->args->given & PLCTL_OPT_DRY_RUN)) {
        return settle_report(settle, false);
    }

    if (rc == PL_OK) {
        rc = settle_ask(settle, &err);
    }

    return rc == PL_OK ? settle_report(settle, true)
                       : plctl_fail(settle->ctl, &err);
}


static int
settle_all(settle_t *settle)
{
    bool         asked;
    uint64_t     given = settle->ctl->args->given;
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    rc = plctl_open(settle->ctl, &err);
    if (rc == PL_OK) {
        rc = plctl_filter_read(settle->ctl, &settle->filter, &err);
    }

    if (rc == PL_OK) {
        rc = settle_count(settle, &err);
    }

    asked = (given & PLCTL_OPT_YES) != 0 && !(given & PLCTL_OPT_DRY_RUN);

    if (rc == PL_OK && asked) {
        plctl_cursor_init(&settle->cursor, settle->verb->table, false);

        do {
            rc = settle_walk(settle, PLCTL_ASK_MAX, &err);
            if (rc == PL_OK && settle->n != 0) {
                rc = settle_ask(settle, &err);
            }

        } while (rc == PL_OK && settle->n == PLCTL_ASK_MAX);
    }

    return rc == PL_OK ? settle_report(settle, asked)
                       : plctl_fail(settle->ctl, &err);
}


/* An effect's number is unique: the tenant that has it in the table. */

static pl_status_t
settle_find(settle_t *settle, uint64_t effect, pl_err_t *err)
{
    size_t                   i;
    pl_key_t                 key;
    pl_str_t                 value;
    pl_txn_t                *txn;
    pl_status_t              rc;
    plctl_ended_t            row;
    const pl_tenant_conf_t  *tenant;

    rc = pl_store_begin(settle->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = PL_NOTFOUND;

    for (i = 0; rc == PL_NOTFOUND; i++) {
        tenant = pl_settings_tenant_at(settle->ctl->settings, i);
        if (tenant == NULL) {
            (void) pl_err_set(err, PL_NOTFOUND, "", 0,
                              "eff_%" PRIu64 " is not among %s", effect,
                              settle->verb->table_of);
            break;
        }

        pl_key_tenant_seq(&key, tenant->id, effect);

        rc = pl_store_get(txn, settle->verb->table, pl_key_str(&key), &value,
                          err);
        if (rc == PL_OK) {
            rc = settle_read(settle, value, settle->ctl->ar, &row, err);
        }
    }

    pl_store_abort(txn);

    if (rc == PL_OK) {
        settle->items[0].tenant = row.effect->tenant;
        settle->items[0].effect = effect;
        settle->items[0].at_ms = row.at_ms;
        settle->n = 1;
        settle->matched = 1;
    }

    return rc;
}


/* Those that there are now: what ends meanwhile was not looked at. */

static pl_status_t
settle_count(settle_t *settle, pl_err_t *err)
{
    uint64_t     next_id;
    pl_status_t  rc;

    rc = settle_meta(settle, &next_id, &settle->until_ms, err);
    plctl_cursor_init(&settle->cursor, settle->verb->table, false);

    while (rc == PL_OK) {
        rc = settle_walk(settle, PLCTL_ASK_MAX, err);
        settle->matched += settle->n;

        if (settle->n < PLCTL_ASK_MAX) {
            break;
        }
    }

    settle->n = 0;

    return rc;
}


/* The next rows that fit, at most max: fewer, and it is the table's end. */

static pl_status_t
settle_walk(settle_t *settle, size_t max, pl_err_t *err)
{
    bool         fits;
    uint64_t     seen;
    pl_txn_t    *txn;
    pl_arena_t  *ar;
    pl_status_t  rc;

    settle->n = 0;

    ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "settle", 0, "out of memory");
    }

    do {
        rc = pl_store_begin(settle->ctl->st, PL_ENV_STATE, false, &txn, err);
        if (rc != PL_OK) {
            break;
        }

        for (seen = 0; rc == PL_OK && settle->n < max
                       && seen < PLCTL_CHUNK_ROWS; seen++)
        {
            pl_arena_reset(ar);
            rc = settle_next(settle, txn, ar, &fits,
                             &settle->items[settle->n], err);
            settle->n += rc == PL_OK && fits;
        }

        plctl_cursor_pause(&settle->cursor);
        pl_store_abort(txn);

    } while (rc == PL_OK && settle->n < max);

    pl_arena_destroy(ar);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
settle_next(settle_t *settle, pl_txn_t *txn, pl_arena_t *ar, bool *fits,
    settle_item_t *item, pl_err_t *err)
{
    pl_str_t       key, value;
    pl_status_t    rc;
    plctl_ended_t  row;

    *fits = false;

    rc = plctl_cursor_next(&settle->cursor, txn, &key, &value, err);
    if (rc == PL_OK) {
        rc = settle_read(settle, value, ar, &row, err);
    }

    if (rc == PL_OK) {
        rc = plctl_filter_fits(settle->ctl, txn, ar, &settle->filter, &row,
                               fits, err);
    }

    if (rc == PL_OK && *fits) {
        *fits = row.at_ms <= settle->until_ms;
        item->tenant = row.effect->tenant;
        item->effect = row.effect->id;
        item->at_ms = row.at_ms;
    }

    return rc;
}


static pl_status_t
settle_read(settle_t *settle, pl_str_t value, pl_arena_t *ar,
    plctl_ended_t *row, pl_err_t *err)
{
    bool               dead = settle->verb->table == PL_TABLE_DEAD;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_record_read(settle->verb->table, value,
                        dead ? &pl__dead_letter__descriptor
                             : &pl__unknown_send__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (dead) {
        plctl_ended_dead(row, (const Pl__DeadLetter *) msg);
    } else {
        plctl_ended_unknown(row, (const Pl__UnknownSend *) msg);
    }

    return PL_OK;
}


/*
 * Appends a command for each item. Once nobody has come to fold them in
 * time, the rest is not waited for.
 */

static pl_status_t
settle_ask(settle_t *settle, pl_err_t *err)
{
    bool           folded;
    size_t         i;
    int64_t        folded_ms;
    uint64_t       from;
    pl_status_t    rc;
    pl_appended_t  appended;

    rc = settle_meta(settle, &from, &folded_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < settle->n; i++) {
        settle_command(settle, i);
    }

    rc = plctl_ask_all(settle->ctl, settle->commands, settle->n,
                       settle->patient, &appended, &folded, err);
    if (rc != PL_OK) {
        return rc;
    }

    settle->entry = appended.first + settle->n - 1;
    settle->patient = folded;

    if (!folded) {
        settle->pending += settle->n;
        return PL_OK;
    }

    return settle_audit(settle, from, appended.first, err);
}


static void
settle_command(settle_t *settle, size_t i)
{
    Pl__Command          *command = &settle->commands[i];
    Pl__DeadDrop         *drop = &settle->drops[i];
    Pl__DeadRetry        *retry = &settle->retries[i];
    Pl__UnknownSettle    *unknown = &settle->settles[i];
    const settle_item_t  *item = &settle->items[i];

    pl__command__init(command);
    pl__dead_drop__init(drop);
    pl__dead_retry__init(retry);
    pl__unknown_settle__init(unknown);

    drop->tenant = retry->tenant = unknown->tenant = item->tenant;
    drop->effect = retry->effect = unknown->effect = item->effect;
    drop->has_died_ms = retry->has_died_ms = unknown->has_since_ms = 1;
    drop->died_ms = retry->died_ms = unknown->since_ms = item->at_ms;
    drop->actor = retry->actor = unknown->actor = (char *) settle->actor;

    switch (settle->which) {

    case PLCTL_SETTLE_RETRY:
        command->of_case = PL__COMMAND__OF_DEAD_RETRY;
        command->dead_retry = retry;
        break;

    case PLCTL_SETTLE_DROP:
        command->of_case = PL__COMMAND__OF_DEAD_DROP;
        command->dead_drop = drop;
        break;

    default:
        unknown->word = settle->which == PLCTL_SETTLE_RESEND
                        ? PL__UNKNOWN_WORD__UNKNOWN_WORD_RESEND
                        : PL__UNKNOWN_WORD__UNKNOWN_WORD_SENT;
        command->of_case = PL__COMMAND__OF_UNKNOWN_SETTLE;
        command->unknown_settle = unknown;
        break;
    }
}


static pl_status_t
settle_meta(settle_t *settle, uint64_t *next_id, int64_t *folded_ms,
    pl_err_t *err)
{
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    rc = pl_store_begin(settle->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_state_meta(txn, settle->ctl->ar, &meta, err);
    if (rc == PL_OK) {
        *next_id = meta->next_id;
        *folded_ms = meta->folded_ms;
    }

    pl_store_abort(txn);

    return rc;
}


/* How many of our entries, from `first` on, have done what they asked. */

static pl_status_t
settle_audit(settle_t *settle, uint64_t from, uint64_t first, pl_err_t *err)
{
    size_t       i;
    uint64_t     events;
    pl_txn_t    *txn;
    pl_status_t  rc;

    rc = pl_store_begin(settle->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    events = 0;

    /* items stand in the order of their tenants */

    for (i = 0; rc == PL_OK && i < settle->n; i++) {
        if (i == 0
            || settle->items[i].tenant != settle->items[i - 1].tenant)
        {
            rc = settle_events(settle, txn, settle->items[i].tenant, from,
                               first, &events, err);
        }
    }

    pl_store_abort(txn);

    settle->done += events;
    settle->skipped += settle->n - events;

    return rc;
}


static pl_status_t
settle_events(settle_t *settle, pl_txn_t *txn, uint32_t tenant,
    uint64_t from, uint64_t first, uint64_t *events, pl_err_t *err)
{
    pl_key_t           at;
    pl_str_t           key, value;
    pl_arena_t        *ar;
    pl_scan_t         *scan;
    pl_status_t        rc;
    Pl__AuditEvent    *event;
    ProtobufCMessage  *msg;

    ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "audit", 0, "out of memory");
    }

    pl_key_tenant_seq(&at, tenant, from);
    rc = pl_store_scan(txn, PL_TABLE_AUDIT, pl_key_str(&at), false, &scan,
                       err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);
        if (rc != PL_OK || pl_be32(key.data) != tenant) {
            break;
        }

        pl_arena_reset(ar);
        rc = pl_record_read(PL_TABLE_AUDIT, value,
                            &pl__audit_event__descriptor, ar, &msg, err);
        event = (Pl__AuditEvent *) msg;

        *events += rc == PL_OK && event->kind == settle->verb->kind
                   && event->entry >= first && event->entry <= settle->entry;
    }

    pl_store_scan_end(scan);
    pl_arena_destroy(ar);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static int
settle_report(settle_t *settle, bool asked)
{
    FILE                  *out = settle->ctl->out;
    pl_err_t               err = { 0 };
    const settle_verb_t   *verb = settle->verb;
    Pl__Ctl__SettleRow     row = PL__CTL__SETTLE_ROW__INIT;

    if (settle->ctl->json) {
        row.verb = (char *) verb->name;
        row.matched = settle->matched;
        row.asked = asked;
        row.has_done = row.has_skipped = row.has_pending = asked;
        row.done = settle->done;
        row.skipped = settle->skipped;
        row.pending = settle->pending;

        if (plctl_json(settle->ctl, &row.base, &err) != PL_OK) {
            return plctl_fail(settle->ctl, &err);
        }

    } else {
        fprintf(out, "%" PRIu64 " %s", settle->matched,
                settle->matched == 1 ? verb->one : verb->many);

        if (asked) {
            fprintf(out, ": %" PRIu64 " %s, %" PRIu64 " skipped",
                    settle->done, verb->done, settle->skipped);
        }

        fprintf(out, "\n");

        if (settle->pending != 0) {
            plctl_pending(settle->ctl,
                          plctl_print(settle->ctl->ar, "%" PRIu64 " of them",
                                      settle->pending), settle->entry);
        }
    }

    if (!asked && !(settle->ctl->args->given & PLCTL_OPT_DRY_RUN)
        && settle->matched != 0)
    {
        plctl_note(settle->ctl, "nothing was done: --yes does it");
        return PLCTL_EXIT_FAILED;
    }

    return settle->one && settle->skipped != 0 ? PLCTL_EXIT_FAILED
                                               : PLCTL_EXIT_OK;
}
