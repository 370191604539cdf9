/*
 * Asking for something. A request goes to the journal, as everything does;
 * whoever folds the store applies it, and what became of it is read from the
 * state.
 */

#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../core/str.h"
#include "../core/traceparent.h"
#include "../engine/import.h"
#include "../engine/state.h"
#include "ctl.h"


#define WAIT_US       5000000
#define WAIT_POLL_NS  20000000


static pl_status_t wait_shut(plctl_t *ctl, const Pl__Command *commands,
    size_t n, pl_err_t *err);
static pl_status_t wait_folded(plctl_t *ctl, uint64_t entry, bool *folded,
    pl_err_t *err);
static pl_status_t wait_look(plctl_t *ctl, uint64_t entry, bool *folded,
    pl_err_t *err);


const char *
plctl_actor(plctl_t *ctl)
{
    uid_t           uid;
    struct passwd  *pw;

    uid = getuid();
    pw = getpwuid(uid);

    return pw != NULL ? plctl_clean(ctl->ar, pw->pw_name)
                      : plctl_print(ctl->ar, "uid %u", (unsigned) uid);
}


pl_status_t
plctl_ask(plctl_t *ctl, const Pl__Command *command, pl_appended_t *appended,
    bool *folded, pl_err_t *err)
{
    return plctl_ask_all(ctl, command, 1, true, appended, folded, err);
}


pl_status_t
plctl_ask_all(plctl_t *ctl, const Pl__Command *commands, size_t n, bool wait,
    pl_appended_t *appended, bool *folded, pl_err_t *err)
{
    size_t       i;
    char         trace[PL_TRACEPARENT_LEN + 1];
    uint64_t     last;
    pl_str_t     parent = PL_STR_NULL;
    pl_entry_t   entries[PLCTL_ASK_MAX];
    pl_status_t  rc;

    if (n == 0 || n > PLCTL_ASK_MAX) {
        return pl_err_set(err, PL_INVALID, "ask", 0, "%zu commands", n);
    }

    memset(entries, 0, n * sizeof(pl_entry_t));

    if (ctl->args->traceparent != NULL
        && pl_traceparent_read(pl_str_c(ctl->args->traceparent), trace))
    {
        parent = pl_str_c(trace);
    }

    for (i = 0; i < n; i++) {
        entries[i].traceparent = parent;
        entries[i].location = PL_STR("parleyctl");
        entries[i].command = &commands[i];
    }

    rc = wait_shut(ctl, commands, n, err);
    if (rc != PL_OK) {
        return rc;
    }

    /* a ClockStep may stand before them: `first` is that of ours */

    rc = pl_journal_append(ctl->st, ctl->clock, entries, n, NULL, appended,
                           err);
    if (rc != PL_OK) {
        return rc;
    }

    last = appended->first + n - 1;

    return wait ? wait_folded(ctl, last, folded, err)
                : wait_look(ctl, last, folded, err);
}


/*
 * A tenant that is being read in takes nothing: said before it is asked for,
 * since not every command leaves a verdict. What slips through is set aside.
 */

static pl_status_t
wait_shut(plctl_t *ctl, const Pl__Command *commands, size_t n, pl_err_t *err)
{
    size_t          i;
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_state_meta(txn, ctl->ar, &meta, err);
    pl_store_abort(txn);

    for (i = 0; rc == PL_OK && i < n; i++) {
        if (pl_import_shuts(meta, ctl->settings, &commands[i])) {
            return pl_err_set(err, PL_DENIED, "", 0, PL_IMPORT_OPEN
                              ": " PL_IMPORT_TEXT);
        }
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


void
plctl_pending(plctl_t *ctl, const char *what, uint64_t entry)
{
    fprintf(ctl->out, "%s: asked for as entry %" PRIu64 "; %s, it takes "
            "effect when the journal is folded\n", what, entry,
            pl_shared_locked(ctl->sh, PL_LOCK_FOLD)
                ? "the fold has not come to it"
                : "nothing folds this store now");
}


pl_status_t
plctl_folded(plctl_t *ctl, uint64_t *entry, pl_err_t *err)
{
    pl_txn_t       *txn;
    pl_arena_t     *ar;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "wait", 0, "out of memory");
    }

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);

    if (rc == PL_OK) {
        rc = pl_state_meta(txn, ar, &meta, err);
        *entry = rc == PL_OK ? meta->folded : 0;
        pl_store_abort(txn);
    }

    pl_arena_destroy(ar);

    return rc;
}


static pl_status_t
wait_folded(plctl_t *ctl, uint64_t entry, bool *folded, pl_err_t *err)
{
    int64_t          until;
    pl_status_t      rc;
    struct timespec  pause = { 0, WAIT_POLL_NS };

    until = pl_clock_mono_us(ctl->clock) + WAIT_US;

    for ( ;; ) {
        rc = wait_look(ctl, entry, folded, err);

        if (rc != PL_OK || *folded
            || pl_clock_mono_us(ctl->clock) >= until)
        {
            return rc;
        }

        (void) nanosleep(&pause, NULL);     /* sooner is fine */
    }
}


static pl_status_t
wait_look(plctl_t *ctl, uint64_t entry, bool *folded, pl_err_t *err)
{
    uint64_t     at;
    pl_status_t  rc;

    rc = plctl_folded(ctl, &at, err);
    *folded = rc == PL_OK && at >= entry;

    return rc;
}
