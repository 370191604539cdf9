/*
 * audit: every accepted entry of a part of the journal is stored, in
 * quarantine or a duplicate. Each webhook is decoded once more, and each of
 * its items looked up (outcome.h).
 *
 * The hash is that of the lines
 *
 *     ENTRY TIME_MS KIND PROVIDER LOCATION BYTES SHA256\n
 *
 * one for each entry of the part, in order: decimal numbers; webhook or
 * command; "-" where there is no provider or location; the body's length;
 * and in hex the SHA-256 of the body, or of the command as it is stored
 * (packed). `parleyctl journal --raw --json` shows all of them, so that
 * anybody can make the lines, and who has a body can make its SHA-256.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../channel/channel.h"
#include "../core/crypto.h"
#include "../core/str.h"
#include "../engine/state.h"
#include "cmd.h"
#include "digest.h"
#include "outcome.h"
#include "range.h"


#define AUDIT_NAMED_MAX  1000           /* lines of what is missing */


typedef struct {
    plctl_t            *ctl;
    pl_txn_t           *journal;
    pl_txn_t           *state;
    pl_arena_t         *ar;             /* of one entry */
    pl_hash_t          *hash;           /* over the lines */
    pl_hash_t          *body;
    plctl_look_t       *look;
    plctl_range_t       range;
    uint32_t            tenant;         /* 0: all */
    uint64_t            folded;
    uint64_t            counts[PLCTL_VERDICTS];
    Pl__Ctl__AuditRow   row;
} audit_t;


static pl_status_t audit_run(audit_t *a, pl_err_t *err);
static pl_status_t audit_open(audit_t *a, pl_err_t *err);
static pl_status_t audit_entry(audit_t *a, uint64_t seq, pl_err_t *err);
static pl_status_t audit_webhook(audit_t *a, uint64_t seq, Pl__Entry *entry,
    pl_err_t *err);
static pl_status_t audit_items(audit_t *a, uint64_t seq,
    const pl_decoded_t *decoded, pl_err_t *err);
static pl_status_t audit_missing(audit_t *a, uint64_t seq, size_t item,
    const char *kind, const char *path, pl_err_t *err);
static int audit_report(audit_t *a);
static void audit_fill(audit_t *a);


int
plctl_cmd_audit(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    int          status;
    audit_t      a;
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    (void) words;
    (void) n_words;

    memset(&a, 0, sizeof(a));
    a.ctl = ctl;
    pl__ctl__audit_row__init(&a.row);

    rc = audit_run(&a, &err);
    status = rc == PL_OK ? audit_report(&a) : plctl_fail(ctl, &err);

    plctl_look_close(a.look);
    pl_store_abort(a.state);
    pl_store_abort(a.journal);
    pl_hash_destroy(a.body);
    pl_hash_destroy(a.hash);
    pl_arena_destroy(a.ar);

    return status;
}


static pl_status_t
audit_run(audit_t *a, pl_err_t *err)
{
    uint8_t      sum[PL_SHA256_LEN];
    uint64_t     seq;
    pl_status_t  rc;

    rc = audit_open(a, err);

    for (seq = a->range.first; rc == PL_OK && seq <= a->range.last; seq++) {
        rc = audit_entry(a, seq, err);
    }

    if (rc == PL_OK && pl_hash_end(a->hash, sum) != PL_OK) {
        rc = pl_err_set(err, PL_IO, "audit", 0, "cannot hash");
    }

    if (rc == PL_OK) {
        a->row.sha256 = (char *) plctl_hex(a->ctl->ar, sum, sizeof(sum));
    }

    return rc;
}


/* The journal first: then the state's snapshot is behind none of it. */

static pl_status_t
audit_open(audit_t *a, pl_err_t *err)
{
    plctl_t        *ctl = a->ctl;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    rc = plctl_open(ctl, err);

    if (rc == PL_OK && ctl->args->tenant != NULL) {
        rc = plctl_tenant(ctl, ctl->args->tenant, &a->tenant, err);
    }

    if (rc == PL_OK) {
        rc = pl_store_begin(ctl->st, PL_ENV_JOURNAL, false, &a->journal,
                            err);
    }

    if (rc == PL_OK) {
        rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &a->state, err);
    }

    if (rc == PL_OK) {
        rc = plctl_range(ctl, a->journal, &a->range, err);
    }

    if (rc == PL_OK) {
        rc = plctl_look_open(&a->look, ctl, a->state, ctl->settings,
                             a->range.first, a->range.last, err);
    }

    if (rc == PL_OK) {
        rc = pl_state_meta(a->state, ctl->ar, &meta, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    a->folded = meta->folded;
    a->ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    a->hash = pl_hash_create();
    a->body = pl_hash_create();

    if (a->ar == NULL || a->hash == NULL || a->body == NULL
        || pl_hash_begin(a->hash) != PL_OK)
    {
        return pl_err_set(err, PL_NOMEM, "audit", 0, "out of memory");
    }

    return PL_OK;
}


static pl_status_t
audit_entry(audit_t *a, uint64_t seq, pl_err_t *err)
{
    Pl__Entry     *entry;
    pl_status_t    rc;
    pl_decoded_t   decoded;

    pl_arena_reset(a->ar);

    rc = pl_journal_get(a->journal, seq, a->ar, &entry, err);
    if (rc == PL_OK) {
        rc = plctl_digest_line(a->hash, a->body, seq, entry, a->ar, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (a->row.entries++ == 0) {
        a->row.has_first_ms = 1;
        a->row.first_ms = entry->time_ms;
    }

    a->row.has_last_ms = 1;
    a->row.last_ms = entry->time_ms;

    if (seq > a->folded) {
        a->row.waiting++;
        return PL_OK;
    }

    plctl_look_entry(a->look, seq, entry);

    if (entry->kind == PL__ENTRY_KIND__ENTRY_KIND_WEBHOOK) {
        a->row.webhooks++;
        return audit_webhook(a, seq, entry, err);
    }

    a->row.commands++;
    memset(&decoded, 0, sizeof(decoded));
    decoded.commands = &entry->command;
    decoded.n_commands = entry->command != NULL;

    return audit_items(a, seq, &decoded, err);
}


/* What cannot be decoded must be in quarantine, all of it. */

static pl_status_t
audit_webhook(audit_t *a, uint64_t seq, Pl__Entry *entry, pl_err_t *err)
{
    pl_err_t             why;
    pl_status_t          rc;
    pl_decoded_t         decoded;
    const pl_channel_t  *provider;

    memset(&decoded, 0, sizeof(decoded));
    provider = pl_channel_find(pl_str_c(entry->provider));

    rc = provider == NULL ? PL_INVALID
                          : pl_channel_decode(provider, a->ctl->shapes, entry,
                                              a->ar, &decoded, &why);

    if (rc == PL_OK && decoded.n_commands <= PL_ITEMS_MAX) {
        a->row.ignored += decoded.n_ignored;
        plctl_look_decoded(a->look, &decoded);
        return audit_items(a, seq, &decoded, err);
    }

    if (a->tenant != 0) {
        return PL_OK;                   /* belongs to none */
    }

    a->row.items++;

    if (plctl_look_whole(a->look, entry)) {
        a->counts[PLCTL_QUARANTINED]++;
        return PL_OK;
    }

    if (plctl_look_pruned(a->look)) {
        a->counts[PLCTL_PAST]++;
        return PL_OK;
    }

    a->counts[PLCTL_MISSING]++;

    return audit_missing(a, seq, 0, "entry", "-", err);
}


static pl_status_t
audit_items(audit_t *a, uint64_t seq, const pl_decoded_t *decoded,
    pl_err_t *err)
{
    size_t            i;
    pl_status_t       rc;
    plctl_outcome_t   out;

    for (i = 0; i < decoded->n_commands; i++) {

        rc = plctl_look_item(a->look, (uint32_t) i, decoded->commands[i],
                             a->ar, &out, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (a->tenant != 0 && out.tenant != a->tenant) {
            continue;
        }

        a->row.items++;
        a->counts[out.verdict]++;

        if (out.verdict == PLCTL_MISSING) {
            rc = audit_missing(a, seq, i,
                               plctl_command_name(decoded->commands[i]),
                               plctl_command_path(decoded->commands[i]),
                               err);
            if (rc != PL_OK) {
                return rc;
            }
        }
    }

    return PL_OK;
}


static pl_status_t
audit_missing(audit_t *a, uint64_t seq, size_t item, const char *kind,
    const char *path, pl_err_t *err)
{
    Pl__Ctl__MissingRow  row;

    if (a->counts[PLCTL_MISSING] > AUDIT_NAMED_MAX) {
        return PL_OK;                   /* counted all the same */
    }

    if (!a->ctl->json) {
        fprintf(a->ctl->out, "entry %" PRIu64 ", item %zu: %s: %s: NOT "
                "FOUND\n", seq, item, kind, plctl_clean(a->ar, path));
        return PL_OK;
    }

    pl__ctl__missing_row__init(&row);
    row.entry = seq;
    row.item = (uint32_t) item;
    row.kind = (char *) kind;
    row.path = (char *) path;

    return plctl_json(a->ctl, &row.base, err);
}


static int
audit_report(audit_t *a)
{
    int        i;
    plctl_t   *ctl = a->ctl;
    pl_err_t   err = { 0 };

    audit_fill(a);

    if (ctl->json) {
        if (plctl_json(ctl, &a->row.base, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }

    } else if (a->row.entries == 0) {
        fprintf(ctl->out, "no entries\n");

    } else {
        fprintf(ctl->out, "entries    %" PRIu64 " to %" PRIu64 ", %s to %s\n",
                a->range.first, a->range.last,
                plctl_time(ctl->ar, a->row.first_ms),
                plctl_time(ctl->ar, a->row.last_ms));
        fprintf(ctl->out, "           %" PRIu64 " webhooks, %" PRIu64
                " commands, %" PRIu64 " not yet folded\n", a->row.webhooks,
                a->row.commands, a->row.waiting);
        fprintf(ctl->out, "items      %" PRIu64 "\n", a->row.items);

        for (i = 0; i < PLCTL_VERDICTS; i++) {
            if (a->counts[i] != 0) {
                fprintf(ctl->out, "%-10s %" PRIu64 "\n",
                        i == PLCTL_MISSING ? "NOT FOUND" : plctl_verdicts[i],
                        a->counts[i]);
            }
        }

        fprintf(ctl->out, "sha256     %s\n", a->row.sha256);
    }

    return a->counts[PLCTL_MISSING] == 0 ? PLCTL_EXIT_OK
                                         : PLCTL_EXIT_FAILED;
}


static void
audit_fill(audit_t *a)
{
    Pl__Ctl__AuditRow  *row = &a->row;

    row->first = a->range.first;
    row->last = a->range.last;
    row->stored = a->counts[PLCTL_STORED];
    row->duplicate = a->counts[PLCTL_DUPLICATE];
    row->quarantined = a->counts[PLCTL_QUARANTINED];
    row->applied = a->counts[PLCTL_APPLIED];
    row->parked = a->counts[PLCTL_PARKED];
    row->told = a->counts[PLCTL_TOLD];
    row->answered = a->counts[PLCTL_ANSWERED];
    row->untraced = a->counts[PLCTL_UNTRACED];
    row->past = a->counts[PLCTL_PAST];
    row->missing = a->counts[PLCTL_MISSING];
    a->counts[PLCTL_IGNORED] += row->ignored;
    row->ignored = a->counts[PLCTL_IGNORED];
}
