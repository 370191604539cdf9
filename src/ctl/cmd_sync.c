/*
 * templates sync: asks that a provider's list of templates be read, and
 * waits for what comes of it. See sync.h of the engine: a reading is known
 * by the entry that asked for it, and one that ended under a later number
 * began later, and will do as well.
 */

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "../core/record.h"
#include "../engine/holds.h"
#include "../engine/keys.h"
#include "../engine/sync.h"
#include "cmd.h"
#include "sync.h"


#define SYNC_WAIT_MS  30000
#define SYNC_POLL_NS  50000000


/* A channel that was asked for. */
typedef struct {
    const pl_channel_conf_t  *conf;
    uint64_t                  entry;
    int64_t                   time_ms;
    const char               *verdict;
    Pl__TemplateSync         *sync;
} sync_t;


/* What came of it, as --json says it. */
static const char  sync_read[] = "read";
static const char  sync_failed[] = "failed";
static const char  sync_trouble[] = "trouble";  /* and tried again later */
static const char  sync_pending[] = "pending";


static pl_status_t sync_all(plctl_t *ctl, uint32_t tenant, const char *name,
    sync_t *asked, size_t *n, pl_err_t *err);
static pl_status_t sync_ask(plctl_t *ctl, sync_t *asked, pl_err_t *err);
static pl_status_t sync_wait(plctl_t *ctl, sync_t *asked, int64_t until_us,
    pl_err_t *err);
static pl_status_t sync_look(plctl_t *ctl, sync_t *asked, int64_t left_ms,
    pl_err_t *err);
static pl_status_t sync_held(plctl_t *ctl, const pl_channel_conf_t *conf,
    int64_t *due_ms, pl_err_t *err);
static pl_status_t sync_due(plctl_t *ctl, uint64_t effect, int64_t *due_ms,
    pl_err_t *err);
static int sync_report(plctl_t *ctl, const sync_t *asked);
static void sync_print(plctl_t *ctl, const sync_t *asked);


int
plctl_cmd_templates_sync(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    int           status, one;
    size_t        i, n;
    sync_t       *asked;
    int64_t       until_us;
    uint32_t      tenant;
    pl_err_t      err = { 0 };
    pl_status_t   rc;

    rc = plctl_open(ctl, &err);
    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, words[0], &tenant, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    for (n = 0; pl_settings_channel_at(ctl->settings, n) != NULL; n++) {
        /* void */
    }

    asked = pl_arena_zalloc(ctl->ar, n * sizeof(*asked));
    rc = asked == NULL
         ? pl_err_set(&err, PL_NOMEM, "sync", 0, "out of memory")
         : sync_all(ctl, tenant, n_words > 1 ? words[1] : NULL, asked, &n,
                    &err);

    until_us = pl_clock_mono_us(ctl->clock) + SYNC_WAIT_MS * 1000LL;

    for (i = 0, status = PLCTL_EXIT_OK; rc == PL_OK && i < n; i++) {
        rc = sync_wait(ctl, &asked[i], until_us, &err);
        if (rc == PL_OK) {
            one = sync_report(ctl, &asked[i]);
            status = one != PLCTL_EXIT_OK ? one : status;
        }
    }

    return rc == PL_OK ? status : plctl_fail(ctl, &err);
}


pl_status_t
plctl_sync_channel(plctl_t *ctl, uint32_t tenant, const char *name,
    uint32_t *channel, pl_err_t *err)
{
    size_t                    i;
    const pl_channel_conf_t  *conf;

    for (i = 0; (conf = pl_settings_channel_at(ctl->settings, i)) != NULL;
         i++)
    {
        if (conf->tenant == tenant && strcmp(conf->row->name, name) == 0) {
            *channel = conf->row->id;
            return PL_OK;
        }
    }

    return pl_err_set(err, PL_NOTFOUND, "", 0,
                      "the tenant has no channel \"%s\"", name);
}


pl_status_t
plctl_sync_state(plctl_t *ctl, uint32_t tenant, uint32_t channel,
    Pl__TemplateSync **sync, pl_err_t *err)
{
    pl_status_t        rc;
    Pl__ChannelState  *all;

    rc = plctl_sync_all(ctl, tenant, channel, &all, err);
    *sync = all == NULL ? NULL : all->templates;

    return rc;
}


pl_status_t
plctl_sync_all(plctl_t *ctl, uint32_t tenant, uint32_t channel,
    Pl__ChannelState **state, pl_err_t *err)
{
    pl_key_t           key = { .len = 0 };
    pl_txn_t          *txn;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *state = NULL;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_u32(&key, tenant);
    pl_key_u32(&key, channel);

    rc = pl_record_get(txn, PL_TABLE_CHANNEL_STATES, pl_key_str(&key),
                       &pl__channel_state__descriptor, ctl->ar, &msg, err);
    pl_store_abort(txn);

    if (rc == PL_OK) {
        *state = (Pl__ChannelState *) msg;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Asks for each; *n: how many there were. */

static pl_status_t
sync_all(plctl_t *ctl, uint32_t tenant, const char *name, sync_t *asked,
    size_t *n, pl_err_t *err)
{
    bool                      any = false;
    size_t                    i;
    pl_status_t               rc;
    const pl_channel_conf_t  *conf;

    *n = 0;

    for (i = 0; (conf = pl_settings_channel_at(ctl->settings, i)) != NULL;
         i++)
    {
        if (conf->tenant != tenant
            || (name != NULL && strcmp(conf->row->name, name) != 0))
        {
            continue;
        }

        any = true;

        if (!pl_sync_can(conf)) {
            continue;
        }

        asked[*n].conf = conf;

        rc = sync_ask(ctl, &asked[(*n)++], err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (*n != 0) {
        return PL_OK;
    }

    return any ? pl_err_set(err, PL_NOTFOUND, "", 0,
                            "no channel with a waba_id: there is no list of "
                            "templates to read")
               : pl_err_set(err, PL_NOTFOUND, "", 0, "the tenant has no "
                            "channel \"%s\"", name != NULL ? name : "");
}


static pl_status_t
sync_ask(plctl_t *ctl, sync_t *asked, pl_err_t *err)
{
    bool               folded;
    pl_status_t        rc;
    Pl__Command        command = PL__COMMAND__INIT;
    pl_appended_t      appended;
    Pl__SyncRequest    request = PL__SYNC_REQUEST__INIT;

    request.tenant = asked->conf->tenant;
    request.channel = asked->conf->row->id;
    request.actor = (char *) plctl_actor(ctl);
    command.of_case = PL__COMMAND__OF_SYNC_REQUEST;
    command.sync_request = &request;

    rc = plctl_ask(ctl, &command, &appended, &folded, err);

    asked->entry = appended.first;
    asked->time_ms = appended.time_ms;

    return rc;
}


static pl_status_t
sync_wait(plctl_t *ctl, sync_t *asked, int64_t until_us, pl_err_t *err)
{
    int64_t          left_ms;
    pl_status_t      rc;
    struct timespec  pause = { 0, SYNC_POLL_NS };

    for ( ;; ) {
        left_ms = (until_us - pl_clock_mono_us(ctl->clock)) / 1000;

        rc = sync_look(ctl, asked, left_ms, err);

        if (rc != PL_OK || asked->verdict != NULL) {
            return rc;
        }

        if (left_ms <= 0 || !pl_shared_locked(ctl->sh, PL_LOCK_SENDER)) {
            asked->verdict = sync_pending;
            return PL_OK;
        }

        (void) nanosleep(&pause, NULL);         /* sooner is fine */
    }
}


/*
 * No verdict: not yet. In trouble: it failed, and is not tried again before
 * we are gone.
 */

static pl_status_t
sync_look(plctl_t *ctl, sync_t *asked, int64_t left_ms, pl_err_t *err)
{
    int64_t             due_ms;
    pl_status_t         rc;
    Pl__TemplateSync   *sync;

    rc = plctl_sync_state(ctl, asked->conf->tenant, asked->conf->row->id,
                          &sync, err);
    asked->sync = sync;
    asked->verdict = NULL;

    if (rc != PL_OK || sync == NULL) {
        return rc;
    }

    if (sync->has_synced && sync->synced >= asked->entry) {
        asked->verdict = sync_read;
        return PL_OK;
    }

    if (sync->has_ended && sync->ended >= asked->entry) {
        asked->verdict = sync_failed;
        return PL_OK;
    }

    if (sync->error == NULL || sync->error_ms < asked->time_ms
        || !sync->has_effect)
    {
        return PL_OK;
    }

    rc = sync_due(ctl, sync->effect, &due_ms, err);

    if (rc == PL_OK) {
        rc = sync_held(ctl, asked->conf, &due_ms, err);
    }

    if (rc == PL_OK
        && due_ms > pl_clock_wall_ms(ctl->clock) + left_ms)
    {
        asked->verdict = sync_trouble;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* What holds the channel holds its list too. */

static pl_status_t
sync_held(plctl_t *ctl, const pl_channel_conf_t *conf, int64_t *due_ms,
    pl_err_t *err)
{
    int64_t       until_ms;
    pl_txn_t     *txn;
    pl_holds_t   *holds;
    pl_status_t   rc;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_holds_load(&holds, txn, err);
    pl_store_abort(txn);

    if (rc == PL_OK
        && pl_holds_may(holds, conf, false, pl_clock_wall_ms(ctl->clock),
                        &until_ms) == PL_HOLDS_WAIT)
    {
        *due_ms = until_ms > *due_ms ? until_ms : *due_ms;
    }

    pl_holds_free(holds);

    return rc;
}


static pl_status_t
sync_due(plctl_t *ctl, uint64_t effect, int64_t *due_ms, pl_err_t *err)
{
    pl_key_t           key;
    pl_txn_t          *txn;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_seq(&key, effect);
    rc = pl_record_get(txn, PL_TABLE_OUTBOX, pl_key_str(&key),
                       &pl__effect__descriptor, ctl->ar, &msg, err);
    pl_store_abort(txn);

    if (rc == PL_OK) {
        *due_ms = ((Pl__Effect *) msg)->due_ms;
    }

    return rc;
}


static int
sync_report(plctl_t *ctl, const sync_t *asked)
{
    pl_err_t          err = { 0 };
    Pl__Ctl__SyncRow  row = PL__CTL__SYNC_ROW__INIT;

    row.tenant = (char *) plctl_tenant_name(ctl, ctl->ar,
                                            asked->conf->tenant);
    row.channel = asked->conf->row->name;
    row.sync = asked->sync;
    row.has_entry = 1;
    row.entry = asked->entry;
    row.verdict = (char *) asked->verdict;

    if (!ctl->json) {
        sync_print(ctl, asked);

    } else if (plctl_json(ctl, &row.base, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return asked->verdict == sync_read || asked->verdict == sync_pending
           ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}


static void
sync_print(plctl_t *ctl, const sync_t *asked)
{
    const char              *name, *why;
    const Pl__TemplateSync  *sync = asked->sync;

    name = plctl_clean(ctl->ar, asked->conf->row->name);
    why = sync == NULL || sync->error == NULL
          ? "" : plctl_clean(ctl->ar, sync->error);

    if (asked->verdict == sync_read) {
        fprintf(ctl->out, "%s: %" PRIu32 " templates read", name,
                sync->templates);

        if (sync->unread != 0) {
            fprintf(ctl->out, "; %" PRIu32 " could not be read: see "
                    "quarantine", sync->unread);
        }

        fprintf(ctl->out, "\n");

    } else if (asked->verdict == sync_failed) {
        fprintf(ctl->out, "%s: failed: %s\n", name, why);

    } else if (asked->verdict == sync_trouble) {
        fprintf(ctl->out, "%s: not read: %s; it is tried again\n", name,
                why);

    } else {
        fprintf(ctl->out, "%s: asked for as entry %" PRIu64 "; %s\n", name,
                asked->entry, pl_shared_locked(ctl->sh, PL_LOCK_SENDER)
                              ? "it is being read" : "no sender runs now");
    }
}
