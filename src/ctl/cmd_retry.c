/*
 * dead retry: asks that a dead letter be queued once more. What became of it
 * is read from the state.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/keys.h"
#include "cmd.h"
#include "filter.h"
#include "settle.h"


typedef struct {
    uint32_t     tenant;
    uint64_t     effect;
    uint64_t     entry;
    int64_t      died_ms;       /* of the letter that was retried */
    const char  *verdict;       /* a row of retry_words, or NULL */
} retry_t;


/* What became of it, and what people are told. */
static const char *const  retry_words[][2] = {
    { "queued", "queued again" },
    { "refused", "refused: still a dead letter" },
    { "dead", "was queued again, and is a dead letter once more" },
};

#define RETRY_QUEUED   retry_words[0][0]
#define RETRY_REFUSED  retry_words[1][0]
#define RETRY_DEAD     retry_words[2][0]


static pl_status_t retry_find(plctl_t *ctl, retry_t *retry, pl_err_t *err);
static pl_status_t retry_ask(plctl_t *ctl, retry_t *retry, pl_err_t *err);
static pl_status_t retry_letter(pl_txn_t *txn, const retry_t *retry,
    pl_arena_t *ar, Pl__DeadLetter **letter, pl_err_t *err);
static pl_status_t retry_look(plctl_t *ctl, retry_t *retry, pl_err_t *err);
static int retry_report(plctl_t *ctl, const retry_t *retry);


int
plctl_cmd_dead_retry(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    retry_t      retry;
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    if (n_words == 0 || (ctl->args->given & (PLCTL_OPT_FILTER
                                             | PLCTL_OPT_ALL
                                             | PLCTL_OPT_DRY_RUN)) != 0)
    {
        return plctl_cmd_settle(ctl, PLCTL_SETTLE_RETRY, words, n_words);
    }

    memset(&retry, 0, sizeof(retry_t));

    if (plctl_args_id(words[0], "eff", &retry.effect, &err) != PL_OK) {
        (void) plctl_fail(ctl, &err);
        return PLCTL_EXIT_USAGE;
    }

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = retry_find(ctl, &retry, &err);
    }

    if (rc == PL_OK) {
        rc = retry_ask(ctl, &retry, &err);
    }

    return rc == PL_OK ? retry_report(ctl, &retry) : plctl_fail(ctl, &err);
}


/* An effect's number is unique: the tenant that has it among its dead. */

static pl_status_t
retry_find(plctl_t *ctl, retry_t *retry, pl_err_t *err)
{
    size_t                   i;
    pl_txn_t                *txn;
    pl_status_t              rc;
    Pl__DeadLetter          *letter;
    const pl_tenant_conf_t  *tenant;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = PL_NOTFOUND;

    for (i = 0; rc == PL_NOTFOUND; i++) {
        tenant = pl_settings_tenant_at(ctl->settings, i);
        if (tenant == NULL) {
            break;
        }

        retry->tenant = tenant->id;
        rc = retry_letter(txn, retry, ctl->ar, &letter, err);
    }

    pl_store_abort(txn);

    if (rc == PL_OK) {
        retry->died_ms = letter->died_ms;
    }

    if (rc == PL_NOTFOUND) {
        return pl_err_set(err, PL_NOTFOUND, "", 0,
                          "eff_%" PRIu64 " is not among the dead letters",
                          retry->effect);
    }

    return rc;
}


static pl_status_t
retry_letter(pl_txn_t *txn, const retry_t *retry, pl_arena_t *ar,
    Pl__DeadLetter **letter, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, retry->tenant, retry->effect);

    rc = pl_record_get(txn, PL_TABLE_DEAD, pl_key_str(&key),
                       &pl__dead_letter__descriptor, ar, &msg, err);
    *letter = (Pl__DeadLetter *) msg;

    return rc;
}


static pl_status_t
retry_ask(plctl_t *ctl, retry_t *retry, pl_err_t *err)
{
    bool            folded;
    pl_status_t     rc;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__DeadRetry   dead = PL__DEAD_RETRY__INIT;
    pl_appended_t   appended;

    dead.tenant = retry->tenant;
    dead.effect = retry->effect;
    dead.actor = (char *) plctl_actor(ctl);
    dead.has_died_ms = 1;
    dead.died_ms = retry->died_ms;
    command.of_case = PL__COMMAND__OF_DEAD_RETRY;
    command.dead_retry = &dead;

    rc = plctl_ask(ctl, &command, &appended, &folded, err);
    if (rc != PL_OK) {
        return rc;
    }

    retry->entry = appended.first;

    return folded ? retry_look(ctl, retry, err) : PL_OK;
}


/* It is folded: what became of the letter. */

static pl_status_t
retry_look(plctl_t *ctl, retry_t *retry, pl_err_t *err)
{
    pl_txn_t        *txn;
    pl_status_t      rc;
    Pl__DeadLetter  *letter;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = retry_letter(txn, retry, ctl->ar, &letter, err);
    pl_store_abort(txn);

    if (rc == PL_NOTFOUND) {
        retry->verdict = RETRY_QUEUED;
        return PL_OK;
    }

    if (rc == PL_OK) {
        retry->verdict = letter->died_ms == retry->died_ms ? RETRY_REFUSED
                                                           : RETRY_DEAD;
    }

    return rc;
}


static int
retry_report(plctl_t *ctl, const retry_t *retry)
{
    size_t              i;
    pl_err_t            err = { 0 };
    const char         *id;
    Pl__Ctl__RetryRow   row;

    id = plctl_id(ctl->ar, "eff", retry->effect);

    if (ctl->json) {
        pl__ctl__retry_row__init(&row);
        row.id = (char *) id;
        row.entry = retry->entry;
        row.verdict = (char *) (retry->verdict == NULL ? "pending"
                                                       : retry->verdict);

        if (plctl_json(ctl, &row.base, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }

    } else if (retry->verdict == NULL) {
        plctl_pending(ctl, id, retry->entry);

    } else {
        for (i = 0; i < PL_COUNT(retry_words); i++) {
            if (retry->verdict == retry_words[i][0]) {
                fprintf(ctl->out, "%s: %s\n", id, retry_words[i][1]);
            }
        }
    }

    return retry->verdict == NULL || retry->verdict == RETRY_QUEUED
           ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}
