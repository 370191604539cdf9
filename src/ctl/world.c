/*
 * A world: made, turned, and taken away. See world.h.
 */

#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/str.h"
#include "world_impl.h"

#define WORLD_REMOVE_FDS   16

static int64_t world_wall(void *data);
static int64_t world_mono(void *data);
static pl_status_t world_settle(plctl_world_t *world, pl_err_t *err);
static pl_status_t world_step(plctl_world_t *world, bool *rest,
    pl_err_t *err);
static pl_status_t world_head(plctl_world_t *world, pl_txn_t *txn,
    pl_due_t *first, bool *found, int64_t *next_ms, pl_err_t *err);
static void world_catch(void);
static void world_caught(int signo);
static int world_remove(const char *path, const struct stat *sb, int type,
    struct FTW *walk);


/* The signal that came; a handler has no other place for it. */
static volatile sig_atomic_t  world_signo;


pl_status_t
plctl_world_open(plctl_world_t **out, plctl_t *ctl,
    const plctl_world_conf_t *conf, pl_err_t *err)
{
    pl_status_t     rc;
    plctl_world_t  *world;

    world = calloc(1, sizeof(*world));
    if (world == NULL) {
        return pl_err_set(err, PL_NOMEM, "start", 0, "out of memory");
    }

    world->ctl = ctl;
    world->conf = *conf;
    world->now_ms = conf->now_ms;
    world->clock.wall_ms = world_wall;
    world->clock.mono_us = world_mono;
    world->clock.data = world;
    world->outer = ctl->clock;
    ctl->clock = &world->clock;

    world_catch();

    rc = plctl_world_begin(world, err);

    if (rc != PL_OK) {
        plctl_world_close(world);
        return rc;
    }

    *out = world;

    return PL_OK;
}


void
plctl_world_close(plctl_world_t *world)
{
    plctl_t  *ctl;

    if (world == NULL) {
        return;
    }

    ctl = world->ctl;

    pl_fold_destroy(world->fold);
    pl_settings_destroy(ctl->settings);
    ctl->settings = NULL;

    if (ctl->st != NULL) {
        pl_store_close(ctl->st);
        ctl->st = NULL;
    }

    if (world->temporary) {
        (void) nftw(world->dir, world_remove, WORLD_REMOVE_FDS,
                    FTW_DEPTH | FTW_PHYS);
    }

    ctl->clock = world->outer;
    pl_arena_destroy(world->ar);
    free(world);

    if (world_signo != 0) {
        (void) signal(world_signo, SIG_DFL);
        (void) raise(world_signo);
    }
}


int64_t
plctl_world_now(const plctl_world_t *world)
{
    return world->now_ms;
}


const char *
plctl_world_dir(const plctl_world_t *world)
{
    return world->dir;
}


plctl_t *
plctl_world_ctl(const plctl_world_t *world)
{
    return world->ctl;
}


int
plctl_world_signal(void)
{
    return world_signo;
}


uint32_t
plctl_world_tenant(const plctl_world_t *world)
{
    return world->tenant;
}


uint32_t
plctl_world_channel(const plctl_world_t *world)
{
    return world->channel;
}


uint64_t
plctl_world_draw(plctl_world_t *world)
{
    return ++world->drawn;
}


size_t
plctl_world_events(const plctl_world_t *world, plctl_event_t **events)
{
    *events = world->events;

    return world->n_events;
}


const Pl__TemplateRecord *
plctl_world_template(const plctl_world_t *world, const char *name,
    const char *language)
{
    size_t  i;

    for (i = 0; i < world->conf.n_templates; i++) {
        if (strcmp(world->conf.templates[i]->name, name) == 0
            && strcmp(world->conf.templates[i]->language, language) == 0)
        {
            return world->conf.templates[i];
        }
    }

    return NULL;
}


pl_status_t
plctl_world_do(plctl_world_t *world, const Pl__Command *command, bool told,
    pl_err_t *err)
{
    uint64_t     entry;
    pl_status_t  rc;

    rc = plctl_world_append(world, command, told, &entry, err);

    return rc == PL_OK ? world_settle(world, err) : rc;
}


pl_status_t
plctl_world_turn(plctl_world_t *world, int64_t to_ms, pl_err_t *err)
{
    int64_t      next;
    pl_status_t  rc;

    if (to_ms < world->now_ms) {
        return pl_err_set(err, PL_INVALID, "", 0,
                          "the clock does not run back");
    }

    for ( ;; ) {
        rc = plctl_world_next(world, &next, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (next > to_ms) {
            break;
        }

        if (next > world->now_ms) {
            world->now_ms = next;
        }

        rc = world_settle(world, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    world->now_ms = to_ms;

    return PL_OK;
}


pl_status_t
plctl_world_next(plctl_world_t *world, int64_t *next_ms, pl_err_t *err)
{
    bool           found;
    size_t         n;
    int64_t        timer;
    pl_due_t       head;
    pl_txn_t      *txn;
    pl_status_t    rc;
    Pl__TimerDue   due;

    rc = pl_store_begin(world->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = world_head(world, txn, &head, &found, next_ms, err);

    if (rc == PL_OK && found) {
        *next_ms = world->now_ms;

    } else if (rc == PL_OK) {
        rc = pl_timers_due(txn, world->now_ms, &due, 1, &n, &timer, err);

        if (rc == PL_OK && n != 0) {
            *next_ms = world->now_ms;

        } else if (rc == PL_OK && timer < *next_ms) {
            *next_ms = timer;
        }
    }

    pl_store_abort(txn);

    return rc;
}


pl_status_t
plctl_world_append(plctl_world_t *world, const Pl__Command *command,
    bool told, uint64_t *seq, pl_err_t *err)
{
    pl_entry_t     entry;
    pl_status_t    rc;
    pl_appended_t  appended;

    if (world_signo != 0) {
        return pl_err_set(err, PL_BUSY, "", 0, "interrupted");
    }

    memset(&entry, 0, sizeof(entry));
    entry.command = command;
    entry.provider = told ? PL_STR("whatsapp") : PL_STR_NULL;
    entry.location = PL_STR("parleyctl");

    rc = pl_journal_append(world->ctl->st, &world->clock, &entry, 1, NULL,
                           &appended, err);
    if (rc != PL_OK) {
        return rc;
    }

    *seq = appended.first;

    return plctl_world_fold(world, err);
}


static int64_t
world_wall(void *data)
{
    return ((plctl_world_t *) data)->now_ms;
}


/* Both clocks go alike, so that a turn is no step of one. */

static int64_t
world_mono(void *data)
{
    return ((plctl_world_t *) data)->now_ms * 1000;
}


pl_status_t
plctl_world_fold(plctl_world_t *world, pl_err_t *err)
{
    pl_folded_t         done;
    pl_status_t         rc;
    const pl_aside_t   *aside;

    rc = pl_fold_take(world->fold, err);
    if (rc != PL_OK) {
        return rc;
    }

    do {
        rc = pl_fold_step(world->fold, 0, &done, err);

        if (rc == PL_OK && pl_fold_aside(world->fold, &aside) != 0) {
            rc = pl_err_set(err, PL_INVALID, "", 0, "%s", aside[0].reason);
            pl_err_path(err, "%s", aside[0].path);
        }
    } while (rc == PL_OK && done.more);

    pl_fold_give(world->fold);

    return rc == PL_OK ? plctl_world_see(world, err) : rc;
}


static pl_status_t
world_settle(plctl_world_t *world, pl_err_t *err)
{
    bool         rest;
    unsigned     i;
    pl_status_t  rc;

    for (i = 0; i < PLCTL_WORLD_STEPS_MAX; i++) {
        rc = world_step(world, &rest, err);
        if (rc != PL_OK || rest) {
            return rc;
        }
    }

    return pl_err_set(err, PL_TOOBIG, "", 0,
                      "it does not come to rest: something has been due %d "
                      "times at this instant", PLCTL_WORLD_STEPS_MAX);
}


/* The next thing that is due: a message first, then a timer. */

static pl_status_t
world_step(plctl_world_t *world, bool *rest, pl_err_t *err)
{
    bool           found;
    size_t         n;
    int64_t        next;
    uint64_t       entry;
    pl_due_t       head;
    pl_txn_t      *txn;
    pl_status_t    rc;
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__TimerDue   due;

    pl_arena_reset(world->ar);
    *rest = false;

    rc = pl_store_begin(world->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    n = 0;
    rc = world_head(world, txn, &head, &found, &next, err);

    if (rc == PL_OK && !found) {
        rc = pl_timers_due(txn, world->now_ms, &due, 1, &n, &next, err);
    }

    pl_store_abort(txn);

    if (rc != PL_OK) {
        return rc;
    }

    if (found) {
        return plctl_world_attempt(world, &head, err);
    }

    if (n == 0) {
        *rest = true;
        return PL_OK;
    }

    command.of_case = PL__COMMAND__OF_TIMER_DUE;
    command.timer_due = &due;

    return plctl_world_append(world, &command, false, &entry, err);
}


/*
 * The head that is due longest, of all channels and lanes; and where none is,
 * when the next one will be.
 */

static pl_status_t
world_head(plctl_world_t *world, pl_txn_t *txn, pl_due_t *first, bool *found,
    int64_t *next_ms, pl_err_t *err)
{
    size_t         n;
    int64_t        next;
    pl_due_t       head;
    pl_status_t    rc;
    pl_due_lane_t  at;

    memset(&at, 0, sizeof(at));
    *found = false;
    *next_ms = INT64_MAX;

    for ( ;; at.lane++) {
        rc = pl_outbox_lane(txn, &at, &next, err);

        if (rc != PL_OK) {
            return rc == PL_NOTFOUND ? PL_OK : rc;
        }

        if (at.lane & PL_KEY_DUE_ASIDE) {
            continue;
        }

        rc = pl_outbox_heads(txn, &at, NULL, world->now_ms, &head, 1, &n,
                             &next, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (n == 0) {
            *next_ms = next < *next_ms ? next : *next_ms;

        } else if (!*found || head.due_ms < first->due_ms
                   || (head.due_ms == first->due_ms
                       && head.attempt.effect < first->attempt.effect))
        {
            *found = true;
            *first = head;
        }
    }
}


static void
world_catch(void)
{
    size_t            i;
    struct sigaction  sa;
    static const int  signals[] = { SIGINT, SIGTERM, SIGHUP };

    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = world_caught;       /* no SA_RESTART: a read ends too */
    (void) sigemptyset(&sa.sa_mask);

    for (i = 0; i < PL_COUNT(signals); i++) {
        (void) sigaction(signals[i], &sa, NULL);
    }
}


static void
world_caught(int signo)
{
    world_signo = signo;
}


static int
world_remove(const char *path, const struct stat *sb, int type,
    struct FTW *walk)
{
    (void) sb;
    (void) type;
    (void) walk;

    (void) remove(path);        /* what cannot go stays: nobody else's */

    return 0;
}
