/*
 * twilio subaccount: asks that a tenant get an account of its own at Twilio,
 * made by the account of a channel that may do so, and waits for it. See
 * subaccount.h of the engine. Its token is not shown, here or anywhere.
 */

#include <inttypes.h>

#include "../core/record.h"
#include "../engine/subaccount.h"
#include "cmd.h"
#include "sync.h"


/* What was asked for, and what is known of it. */
typedef struct {
    uint32_t          tenant;
    uint32_t          channel;
    uint64_t          entry;
    int64_t           time_ms;
    const char       *verdict;      /* NULL: not yet */
    Pl__Subaccount   *row;
} subaccount_t;


/* What came of it, as --json says it. */
static const char  subaccount_made[] = "made";
static const char  subaccount_failed[] = "failed";
static const char  subaccount_trouble[] = "trouble";    /* is tried again */
static const char  subaccount_pending[] = "pending";


static pl_status_t subaccount_who(plctl_t *ctl, const char *const *words,
    subaccount_t *s, pl_err_t *err);
static pl_status_t subaccount_ask(plctl_t *ctl, subaccount_t *s,
    pl_err_t *err);
static pl_status_t subaccount_look(plctl_t *ctl, void *data,
    const char **verdict, pl_err_t *err);
static pl_status_t subaccount_report(plctl_t *ctl, const subaccount_t *s,
    pl_err_t *err);


int
plctl_cmd_subaccount(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t       err = { 0 };
    pl_status_t    rc;
    subaccount_t   s = { 0 };

    (void) n_words;

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK) {
        rc = subaccount_who(ctl, words, &s, &err);
    }

    if (rc == PL_OK) {
        rc = subaccount_ask(ctl, &s, &err);
    }

    if (rc == PL_OK) {
        rc = plctl_await(ctl, subaccount_look, &s, subaccount_pending,
                         &s.verdict, &err);
    }

    if (rc == PL_OK) {
        rc = subaccount_report(ctl, &s, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return s.verdict == subaccount_made || s.verdict == subaccount_pending
           ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}


static pl_status_t
subaccount_who(plctl_t *ctl, const char *const *words, subaccount_t *s,
    pl_err_t *err)
{
    uint32_t     owner;
    pl_status_t  rc;

    rc = plctl_tenant(ctl, words[0], &s->tenant, err);

    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, words[1], &owner, err);
    }

    if (rc == PL_OK) {
        rc = plctl_sync_channel(ctl, owner, words[2], &s->channel, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    return pl_subaccount_can(pl_settings_channel(ctl->settings, s->channel))
           ? PL_OK
           : pl_err_set(err, PL_NOTFOUND, "", 0, "the account of channel "
                        "\"%s\" makes no others: it has no \"subaccounts "
                        "on\"", words[2]);
}


static pl_status_t
subaccount_ask(plctl_t *ctl, subaccount_t *s, pl_err_t *err)
{
    bool                     folded;
    pl_status_t              rc;
    Pl__Command              command = PL__COMMAND__INIT;
    pl_appended_t            appended;
    Pl__SubaccountRequest    request = PL__SUBACCOUNT_REQUEST__INIT;

    request.tenant = s->tenant;
    request.channel = s->channel;
    request.actor = (char *) plctl_actor(ctl);
    command.of_case = PL__COMMAND__OF_SUBACCOUNT_REQUEST;
    command.subaccount_request = &request;

    rc = plctl_ask(ctl, &command, &appended, &folded, err);

    s->entry = appended.first;
    s->time_ms = appended.time_ms;

    return rc;
}


static pl_status_t
subaccount_look(plctl_t *ctl, void *data, const char **verdict,
    pl_err_t *err)
{
    pl_txn_t      *txn;
    pl_status_t    rc;
    subaccount_t  *s = data;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_subaccount_get(txn, s->tenant, ctl->ar, &s->row, err);
    pl_store_abort(txn);

    if (rc != PL_OK || s->row == NULL) {
        return rc;
    }

    if (s->row->sid != NULL) {
        *verdict = subaccount_made;

    } else if (s->row->error != NULL && s->row->error_ms >= s->time_ms) {
        *verdict = s->row->has_effect ? subaccount_trouble
                                      : subaccount_failed;
    }

    return PL_OK;
}


static pl_status_t
subaccount_report(plctl_t *ctl, const subaccount_t *s, pl_err_t *err)
{
    const char               *name, *why;
    Pl__Ctl__SubaccountRow    row = PL__CTL__SUBACCOUNT_ROW__INIT;

    name = plctl_tenant_name(ctl, ctl->ar, s->tenant);
    why = s->row == NULL || s->row->error == NULL
          ? NULL : plctl_clean(ctl->ar, s->row->error);

    if (ctl->json) {
        row.tenant = (char *) name;
        row.verdict = (char *) s->verdict;
        row.sid = s->row == NULL ? NULL : s->row->sid;
        row.error = (char *) why;

        return plctl_json(ctl, &row.base, err);
    }

    if (s->verdict == subaccount_made) {
        fprintf(ctl->out, "%s: %s\n", name,
                plctl_clean(ctl->ar, s->row->sid));

    } else if (s->verdict == subaccount_pending) {
        fprintf(ctl->out, "%s: asked for as entry %" PRIu64 "; %s\n", name,
                s->entry, pl_shared_locked(ctl->sh, PL_LOCK_SENDER)
                          ? "it is being made" : "no sender runs now");

    } else {
        fprintf(ctl->out, "%s: %s: %s%s\n", name, s->verdict, why,
                s->verdict == subaccount_trouble ? "; it is tried again"
                                                 : "");
    }

    return PL_OK;
}
