/*
 * clock: a tenant's own clock (engine/sandbox.h), shown, and turned ahead
 * where the tenant is a sandbox.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/crypto.h"
#include "../core/str.h"
#include "../engine/request.h"
#include "../engine/sandbox.h"
#include "cmd.h"
#include "moment.h"

typedef struct {
    uint32_t           tenant;
    int64_t            now_ms;          /* the journal's */
    int64_t            offset_ms;       /* as it is; then as asked for */
    Pl__Verdict       *verdict;         /* NULL: not folded yet */
    Pl__Ctl__ClockRow  row;
} turn_t;

static pl_status_t clock_read(plctl_t *ctl, const char *name, turn_t *clock,
    pl_err_t *err);
static bool clock_time(turn_t *clock, const char *text);
static pl_status_t clock_ask(plctl_t *ctl, turn_t *clock, pl_err_t *err);
static pl_status_t clock_verdict(plctl_t *ctl, turn_t *clock,
    const uint8_t *key, pl_err_t *err);
static int clock_report(plctl_t *ctl, turn_t *clock);


int
plctl_cmd_clock(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    turn_t     clock;
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    memset(&clock, 0, sizeof(clock));
    pl__ctl__clock_row__init(&clock.row);

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK) {
        rc = clock_read(ctl, words[0], &clock, &err);
    }

    if (rc == PL_OK && n_words == 2) {

        if (!clock_time(&clock, words[1])) {
            plctl_note(ctl, "clock: is no time: +24h, 2027-03-28T02:30:00Z");
            return PLCTL_EXIT_USAGE;
        }

        rc = clock_ask(ctl, &clock, &err);
    }

    return rc == PL_OK ? clock_report(ctl, &clock) : plctl_fail(ctl, &err);
}


static pl_status_t
clock_read(plctl_t *ctl, const char *name, turn_t *clock, pl_err_t *err)
{
    pl_status_t              rc;
    const pl_tenant_conf_t  *conf;

    rc = plctl_tenant(ctl, name, &clock->tenant, err);

    if (rc == PL_OK) {
        rc = pl_journal_now(ctl->st, ctl->clock, &clock->now_ms, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    conf = pl_settings_tenant(ctl->settings, clock->tenant);
    clock->offset_ms = pl_settings_clock(ctl->settings, clock->tenant);
    clock->row.tenant = (char *) name;
    clock->row.sandbox = conf != NULL && conf->row->sandbox;

    return PL_OK;
}


/* A time that it is to show, or how far it goes on from what it shows. */

static bool
clock_time(turn_t *clock, const char *text)
{
    int64_t  ms;

    if (text[0] == '+') {
        if (!plctl_span(text + 1, PL_SANDBOX_AHEAD_MAX_MS, &ms)) {
            return false;
        }

        clock->offset_ms += ms;
        return true;
    }

    if (!plctl_moment(text, &ms)) {
        return false;
    }

    clock->offset_ms = ms - clock->now_ms;

    return true;
}


static pl_status_t
clock_ask(plctl_t *ctl, turn_t *clock, pl_err_t *err)
{
    bool                folded;
    uint8_t             key[PL_REQUEST_KEY_LEN];
    pl_status_t         rc;
    Pl__Command         command = PL__COMMAND__INIT;
    pl_appended_t       appended;
    Pl__SandboxClock    in = PL__SANDBOX_CLOCK__INIT;

    if (pl_crypto_random(key, sizeof(key)) != PL_OK) {
        return pl_err_set(err, PL_IO, "clock", 0, "no random bytes");
    }

    in.tenant = clock->tenant;
    in.key.data = key;
    in.key.len = sizeof(key);
    in.offset_ms = clock->offset_ms;
    in.actor = (char *) plctl_actor(ctl);
    command.of_case = PL__COMMAND__OF_SANDBOX_CLOCK;
    command.sandbox_clock = &in;

    rc = plctl_ask(ctl, &command, &appended, &folded, err);
    if (rc != PL_OK) {
        return rc;
    }

    clock->row.has_entry = 1;
    clock->row.entry = appended.first;
    clock->row.verdict = (char *) "pending";

    return folded ? clock_verdict(ctl, clock, key, err) : PL_OK;
}


static pl_status_t
clock_verdict(plctl_t *ctl, turn_t *clock, const uint8_t *key,
    pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_request_get(txn, clock->tenant, key, clock->now_ms, ctl->ar,
                        &clock->verdict, err);
    pl_store_abort(txn);

    if (rc == PL_NOTFOUND) {
        return pl_err_set(err, rc, "clock", 0, "there is no verdict");
    }

    if (rc == PL_OK) {
        clock->row.verdict = (char *)
            (clock->verdict->decision == PL__DECISION__DECISION_TURNED
             ? "turned" : "refused");
        clock->row.rule = clock->verdict->rule;
        clock->row.reason = clock->verdict->text;
    }

    return rc;
}


static int
clock_report(plctl_t *ctl, turn_t *clock)
{
    bool                 refused;
    pl_err_t             err = { 0 };
    Pl__Ctl__ClockRow   *row = &clock->row;

    refused = row->verdict != NULL && strcmp(row->verdict, "refused") == 0;

    if (refused || (row->verdict != NULL && clock->verdict == NULL)) {
        clock->offset_ms = pl_settings_clock(ctl->settings, clock->tenant);
    }

    row->offset_ms = clock->offset_ms;
    row->time_ms = clock->now_ms + clock->offset_ms;

    if (ctl->json) {
        if (plctl_json(ctl, &row->base, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }

    } else if (refused) {
        fprintf(ctl->out, "%s: refused: %s: %s\n", row->tenant, row->rule,
                row->reason);

    } else if (row->verdict != NULL && clock->verdict == NULL) {
        plctl_pending(ctl, row->tenant, row->entry);

    } else {
        fprintf(ctl->out, "%s: %s, %s%" PRId64 ".%03" PRId64 " s ahead\n",
                row->tenant, plctl_time(ctl->ar, row->time_ms),
                row->sandbox ? "a sandbox, " : "", row->offset_ms / 1000,
                row->offset_ms % 1000);
    }

    return refused ? PLCTL_EXIT_FAILED : PLCTL_EXIT_OK;
}
