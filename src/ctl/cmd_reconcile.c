/*
 * twilio reconcile: asks that a channel's messages be held against the
 * provider's list of them, and waits for what comes of it. See reconcile.h of
 * the engine: a run is known by the entry that asked for it.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/keys.h"
#include "../engine/reconcile.h"
#include "cmd.h"
#include "sync.h"


/* What was asked for, and what is known of it. */
typedef struct {
    const pl_channel_conf_t   *conf;
    uint64_t                   entry;
    int64_t                    time_ms;
    const char                *verdict;     /* NULL: not yet */
    Pl__ReconcileState        *state;
} reconcile_t;


/* What came of it, as --json says it. */
static const char  reconcile_read[] = "read";
static const char  reconcile_failed[] = "failed";
static const char  reconcile_trouble[] = "trouble"; /* is tried again */
static const char  reconcile_pending[] = "pending";


static pl_status_t reconcile_channel(plctl_t *ctl, const char *const *words,
    reconcile_t *r, pl_err_t *err);
static pl_status_t reconcile_ask(plctl_t *ctl, reconcile_t *r,
    pl_err_t *err);
static pl_status_t reconcile_look(plctl_t *ctl, void *data,
    const char **verdict, pl_err_t *err);
static pl_status_t reconcile_report(plctl_t *ctl, const reconcile_t *r,
    pl_err_t *err);
static void reconcile_print(plctl_t *ctl, const reconcile_t *r);


int
plctl_cmd_reconcile(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_err_t      err = { 0 };
    pl_status_t   rc;
    reconcile_t   r = { 0 };

    (void) n_words;

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK) {
        rc = reconcile_channel(ctl, words, &r, &err);
    }

    if (rc == PL_OK) {
        rc = reconcile_ask(ctl, &r, &err);
    }

    if (rc == PL_OK) {
        rc = plctl_await(ctl, reconcile_look, &r, reconcile_pending, &r.verdict,
                         &err);
    }

    if (rc == PL_OK) {
        rc = reconcile_report(ctl, &r, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return r.verdict == reconcile_read || r.verdict == reconcile_pending
           ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}


static pl_status_t
reconcile_channel(plctl_t *ctl, const char *const *words, reconcile_t *r,
    pl_err_t *err)
{
    uint32_t     tenant, channel;
    pl_status_t  rc;

    rc = plctl_tenant(ctl, words[0], &tenant, err);

    if (rc == PL_OK) {
        rc = plctl_sync_channel(ctl, tenant, words[1], &channel, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    r->conf = pl_settings_channel(ctl->settings, channel);

    return pl_reconcile_can(r->conf) ? PL_OK
           : pl_err_set(err, PL_NOTFOUND, "", 0, "the provider of channel "
                        "\"%s\" has no list of messages", words[1]);
}


static pl_status_t
reconcile_ask(plctl_t *ctl, reconcile_t *r, pl_err_t *err)
{
    bool                    folded;
    pl_status_t             rc;
    Pl__Command             command = PL__COMMAND__INIT;
    pl_appended_t           appended;
    Pl__ReconcileRequest    request = PL__RECONCILE_REQUEST__INIT;

    request.tenant = r->conf->tenant;
    request.channel = r->conf->row->id;
    request.actor = (char *) plctl_actor(ctl);
    command.of_case = PL__COMMAND__OF_RECONCILE_REQUEST;
    command.reconcile_request = &request;

    rc = plctl_ask(ctl, &command, &appended, &folded, err);

    r->entry = appended.first;
    r->time_ms = appended.time_ms;

    return rc;
}


/* A run that follows one that was under way begins by itself. */

static pl_status_t
reconcile_look(plctl_t *ctl, void *data, const char **verdict,
    pl_err_t *err)
{
    pl_status_t        rc;
    reconcile_t       *r = data;
    Pl__ChannelState  *all;

    rc = plctl_sync_all(ctl, r->conf->tenant, r->conf->row->id, &all, err);
    r->state = all == NULL ? NULL : all->reconcile;

    if (rc != PL_OK || r->state == NULL) {
        return rc;
    }

    if (r->state->has_whole && r->state->whole >= r->entry) {
        *verdict = reconcile_read;

    } else if (r->state->has_ended && r->state->ended >= r->entry) {
        *verdict = reconcile_failed;

    } else if (r->state->error != NULL
               && r->state->error_ms >= r->time_ms)
    {
        *verdict = reconcile_trouble;
    }

    return PL_OK;
}


static pl_status_t
reconcile_report(plctl_t *ctl, const reconcile_t *r, pl_err_t *err)
{
    Pl__Ctl__ReconcileRow  row = PL__CTL__RECONCILE_ROW__INIT;

    if (!ctl->json) {
        reconcile_print(ctl, r);
        return PL_OK;
    }

    row.tenant = (char *) plctl_tenant_name(ctl, ctl->ar, r->conf->tenant);
    row.channel = r->conf->row->name;
    row.reconcile = r->state;
    row.entry = r->entry;
    row.verdict = (char *) r->verdict;

    return plctl_json(ctl, &row.base, err);
}


static void
reconcile_print(plctl_t *ctl, const reconcile_t *r)
{
    const char                *name, *why;
    const Pl__ReconcileState  *state = r->state;

    name = plctl_clean(ctl->ar, r->conf->row->name);
    why = state == NULL || state->error == NULL
          ? "" : plctl_clean(ctl->ar, state->error);

    if (r->verdict == reconcile_read) {
        fprintf(ctl->out, "%s: %" PRIu32 " messages read, %" PRIu32
                " missed, %" PRIu32 " settled", name, state->last_read,
                state->last_missed, state->last_settled);

        if (state->last_unreadable != 0) {
            fprintf(ctl->out, ", %" PRIu32 " could not be read",
                    state->last_unreadable);
        }

        fprintf(ctl->out, "\n");

    } else if (r->verdict == reconcile_failed) {
        fprintf(ctl->out, "%s: failed: %s\n", name, why);

    } else if (r->verdict == reconcile_trouble) {
        fprintf(ctl->out, "%s: not read: %s; it is tried again\n", name,
                why);

    } else {
        fprintf(ctl->out, "%s: asked for as entry %" PRIu64 "; %s\n", name,
                r->entry, pl_shared_locked(ctl->sh, PL_LOCK_SENDER)
                          ? "it is being read" : "no sender runs now");
    }
}
