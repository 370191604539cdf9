/*
 * A command of an import goes to the journal, and what became of it comes
 * back. See import.h.
 */

#include <inttypes.h>
#include <time.h>

#include "../core/crypto.h"
#include "../core/record.h"
#include "../engine/request.h"
#include "import.h"

#define IMPORT_WAIT_TRIES  3000
#define IMPORT_WAIT_NS     20000000

static void import_key(pl_key_t *key, uint32_t tenant);
static pl_status_t import_folded(plctl_t *ctl, Pl__Asked *asked,
    pl_arena_t *ar, pl_err_t *err);
static pl_status_t import_verdict(plctl_t *ctl, const Pl__Asked *asked,
    int64_t now_ms, pl_arena_t *ar, pl_err_t *err);


pl_status_t
plctl_import_asked(plctl_t *ctl, uint32_t tenant, Pl__Command *command,
    pl_arena_t *ar, pl_err_t *err)
{
    uint8_t    key[PL_REQUEST_KEY_LEN];
    Pl__Asked  asked = PL__ASKED__INIT;

    if (pl_crypto_random(key, sizeof(key)) != PL_OK) {
        return pl_err_set(err, PL_IO, "import", 0, "no random bytes");
    }

    asked.tenant = tenant;
    asked.key.data = key;
    asked.key.len = sizeof(key);
    asked.digest = asked.key;           /* nobody says it twice */
    asked.actor = (char *) plctl_actor(ctl);
    asked.command = command;

    return import_folded(ctl, &asked, ar, err);
}


pl_status_t
plctl_import_row(plctl_t *ctl, uint32_t tenant, Pl__Import **row,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_txn_t          *txn;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    import_key(&key, tenant);

    rc = pl_record_get(txn, PL_TABLE_IMPORTS, pl_key_str(&key),
                       &pl__import__descriptor, ctl->ar, &msg, err);
    pl_store_abort(txn);
    *row = (Pl__Import *) msg;

    return rc;
}


pl_status_t
plctl_import_there(plctl_t *ctl, uint32_t tenant, pl_err_t *err)
{
    pl_key_t      key;
    pl_txn_t     *txn;
    pl_status_t   rc;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    import_key(&key, tenant);
    rc = pl_store_there(txn, PL_TABLE_IMPORTS, pl_key_str(&key), err);
    pl_store_abort(txn);

    return rc;
}


static void
import_key(pl_key_t *key, uint32_t tenant)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, tenant);
}


static pl_status_t
import_folded(plctl_t *ctl, Pl__Asked *asked, pl_arena_t *ar, pl_err_t *err)
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
