/*
 * A piece of an import goes to the journal, and what became of it comes back.
 * See import.h.
 */

#include <inttypes.h>
#include <time.h>

#include "../engine/request.h"
#include "import.h"

#define IMPORT_WAIT_TRIES  3000
#define IMPORT_WAIT_NS     20000000

static pl_status_t import_verdict(plctl_t *ctl, const Pl__Asked *asked,
    int64_t now_ms, pl_arena_t *ar, pl_err_t *err);


pl_status_t
plctl_import_asked(plctl_t *ctl, Pl__Asked *asked, pl_arena_t *ar,
    pl_err_t *err)
{
    bool             folded;
    unsigned         tries;
    uint64_t         at;
    pl_status_t      rc;
    Pl__Command      command = PL__COMMAND__INIT;
    pl_appended_t    appended;
    struct timespec  nap = { 0, IMPORT_WAIT_NS };

    command.of_case = PL__COMMAND__OF_ASKED;
    command.asked = asked;

    rc = plctl_ask(ctl, &command, &appended, &folded, err);

    for (tries = 0; rc == PL_OK && !folded && tries < IMPORT_WAIT_TRIES;
         tries++)
    {
        (void) nanosleep(&nap, NULL);
        rc = plctl_folded(ctl, &at, err);
        folded = rc == PL_OK && at >= appended.first;
    }

    if (rc != PL_OK) {
        return rc;
    }

    return folded
           ? import_verdict(ctl, asked, appended.time_ms, ar, err)
           : pl_err_set(err, PL_BUSY, "import", 0,
                        "the fold has not come to entry %" PRIu64 ": run it "
                        "again, and it goes on", appended.first);
}


static pl_status_t
import_verdict(plctl_t *ctl, const Pl__Asked *asked, int64_t now_ms,
    pl_arena_t *ar, pl_err_t *err)
{
    pl_txn_t      *txn;
    pl_status_t    rc;
    Pl__Verdict   *verdict;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_request_get(txn, asked->tenant, asked->key.data, now_ms, ar,
                        &verdict, err);
    pl_store_abort(txn);

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND
               ? pl_err_set(err, rc, "import", 0,
                            "it left no verdict: see quarantine") : rc;
    }

    return verdict->decision == PL__DECISION__DECISION_REFUSED
           ? pl_err_set(err, PL_DENIED, "import", 0, "%s: %s",
                        verdict->rule, verdict->text)
           : PL_OK;
}
