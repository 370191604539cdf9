/*
 * What the keeper's files share: keeper.c (the thread's loop), keeper_open.c
 * (opening, the first entry), keeper_round.c (what is appended),
 * keeper_collect.c (what became of it), keeper_build.c (from `attempts` to
 * requests), and keeper_pace.c (rates and shares).
 */

#ifndef PLS_KEEPER_IMPL_H_INCLUDED
#define PLS_KEEPER_IMPL_H_INCLUDED

#include <pthread.h>

#include "../engine/fold.h"
#include "../engine/holds.h"
#include "../engine/journal.h"
#include "../engine/keyring.h"
#include "../engine/outbox.h"
#include "../engine/state.h"
#include "gate.h"
#include "keeper.h"
#include "progress.h"
#include "tzdata.h"

#define KEEPER_TIMERS_MAX      512      /* fired at a time */
#define KEEPER_LANES_MAX       4096     /* lanes of channels looked into */
#define KEEPER_FETCHES_MAX     32       /* files being fetched, and of one */
#define KEEPER_FETCH_GATE      8        /* channel: a slow one has others */
#define KEEPER_PUTOFFS_MAX     256      /* heads put off at a time */
#define KEEPER_ENTRIES_MAX     (2 * PL_INFLIGHT_MAX + KEEPER_TIMERS_MAX      \
                                + KEEPER_PUTOFFS_MAX                          \
                                + PLS_TZDATA_PORTIONS_MAX + 4)
#define KEEPER_LOCK_TRY_MS     20
#define KEEPER_LOCK_MAX_MS     30000    /* a worker holds the fold's lock for
                                           moments only */
#define KEEPER_GATHER_US       10000    /* for more results, while at least */
#define KEEPER_GATHER_OUT      (PL_INFLIGHT_MAX / 2)    /* are out, until */
#define KEEPER_GATHER_MAX      (PL_INFLIGHT_MAX / 2)    /* have come */
#define KEEPER_REAP_US         2000000
#define KEEPER_HERE_US         1000000  /* is the store still at its path? */
#define KEEPER_GAUGE_US        250000
#define KEEPER_PRUNE_US        60000000
#define KEEPER_PRUNE_AGAIN_US  100000   /* while there is more to prune */
#define KEEPER_PRUNE_ROWS      1000
#define KEEPER_WORDS_US        1000000  /* between looks for messages that
                                           are not indexed */
#define KEEPER_WORDS_AGAIN_US  100000   /* while there are, and it is quiet */
#define KEEPER_WORDS_TRY_US    600000000    /* after one that did nothing */
#define KEEPER_WORDS_LAG       256      /* entries: more is not quiet, */
#define KEEPER_WORDS_BEHIND    2        /* unless so many segments wait */
#define KEEPER_ZONES_US        3600000000LL     /* is the system's tz database
                                           another one? */
#define KEEPER_ZONES_AGAIN_US  60000000 /* its append failed */
#define KEEPER_REZONE_ROWS     1000
#define KEEPER_BACKOFF_MS      100
#define KEEPER_BACKOFF_MAX_MS  1000
#define KEEPER_STOP_US         10000000 /* to journal and fold what is left */

typedef enum {
    KEEPER_LOCKING = 0,                 /* the fold's lock is another's */
    KEEPER_GREETING,                    /* SenderStart is to be appended */
    KEEPER_CATCHING_UP,                 /* the fold is behind SenderStart */
    KEEPER_RUNNING
} keeper_phase_e;

/* A lane of a channel with something due. */
typedef struct {
    pl_due_lane_t  at;
    pl_due_t       last;                /* taken of it */
    bool           begun;               /* something was */
    bool           done;                /* it has no more, or may not */
    unsigned       turn;                /* keeper_pick.c */
} keeper_lane_t;

/* The oldest reader of an environment, behind, as long as it is that. */
typedef struct {
    uint64_t    txn;                    /* that it reads; 0: none */
    int64_t     since_us;
} keeper_reader_t;

/* keeper_room.c's. */
typedef struct {
    int64_t          look_us;           /* not before */
    int64_t          figures_us;
    pl_fill_t        fill;
    keeper_reader_t  oldest[PL_ENV_COUNT];
} keeper_room_t;

struct pls_keeper_s {
    pls_sender_t      *sn;
    pthread_t          thread;
    pl_store_t        *st;
    pl_shared_t       *sh;
    pl_fold_t         *fold;
    keeper_phase_e     phase;
    int64_t            began_us;        /* of the phase LOCKING */

    /* what the last sender left, until SenderStart is appended */
    bool               known;
    uint8_t            boot[16];

    /* jobs: free, in the batch that waits for the fold, back with results */
    pls_job_t         *jobs;
    pls_jobs_t         idle;
    pls_jobs_t         batch;
    pls_jobs_t         results;
    size_t             n_out;           /* with the main thread */

    uint64_t           epoch;
    uint64_t           folded;          /* last entry wholly folded */
    uint64_t           appended;        /* last entry of ours */
    uint64_t           unfolded;        /* entries of ours, about */
    uint64_t           batch_end;       /* last entry of the batch; 0: none */
    uint64_t           seen;            /* journal's transaction when the fold
                                           had reached its end */
    bool               more;            /* the journal goes on */
    bool               look;            /* state may hold something due */
    bool               looking;         /* the look that goes on is of that,
                                           and not of a time */
    bool               adopt;           /* an append failed: it may have
                                           landed all the same */
    int64_t            next_ms;         /* when something is due, or a gate
                                           opens */
    pl_pace_t         *pace;            /* where the file could not be had */
    int64_t            fold_after_us;   /* the fold asked for a pause */
    int64_t            reap_us;
    int64_t            here_us;
    keeper_room_t      room;
    uint64_t           lag_journal;     /* transactions that the lag is of */
    uint64_t           lag_state;
    int64_t            gauge_us;        /* when rows are counted again */
    int64_t            prune_us;
    int64_t            words_us;
    uint64_t           words_asked;     /* where the index stood when it was
                                           asked for last, plus 1; 0: never */
    uint32_t           words_rows;      /* fewer after it did nothing, */
    bool               words_wait;      /* and that was a while ago */
    int64_t            stop_us;         /* give up after; 0: not stopping */

    /* what goes next */
    pl_due_lane_t      pick_at;         /* where the next visit begins */
    size_t             pick_turn;       /* who is asked first */
    bool               pick_rest;       /* a visit has not come to its end */
    int64_t            pick_ms;         /* as next_ms, of what it has seen */
    size_t             n_lanes;
    keeper_lane_t      lanes[KEEPER_LANES_MAX];

    /* what is held (keeper_hold.c) */
    pl_holds_t        *holds;           /* NULL: nothing */
    bool               holds_known;     /* it was looked at */
    uint64_t           holds_changed;   /* as StateMeta said then */
    uint64_t           holds_looked;    /* the same, at the last look */
    bool               hold_over;       /* rows can go */
    int64_t            hold_ms;         /* when some end by time */
    uint64_t           aside;           /* heads, at the last look */
    bool               hold_walking;
    int64_t            hold_walk_ms;    /* when the next walk begins */
    pl_holds_walk_t    hold_walk;
    pl_arena_t        *hold_ar;         /* for a look at StateMeta */
    Pl__Release        release;

    pls_gates_t        gates;
    pls_gates_t        fetch_gates;
    size_t             n_fetches;       /* jobs with a file */

    /* time zones (keeper_zones.c) */
    int64_t            zones_us;        /* not before */
    pl_status_t        zones_status;    /* of the last reading; logged */
    pls_tzdata_t      *tzdata;          /* that is being appended; or NULL */
    bool               rezone;          /* timers have to follow a publish */

    int64_t            claims_us;       /* a look at them, not before
                                           (keeper_claims.c) */

    /* people who are being forgotten (keeper_erase.c) */
    int64_t            erase_us;        /* those that failed, not before */
    size_t             erase_failed;    /* that stand in front */
    int64_t            tidy_us;         /* nor the look at keys */
    Pl__EraseStep      erase;

    /* trouble */
    unsigned           backoff_ms;      /* 0: all is well */
    pl_status_t        reopen_rc;       /* of the last try; logged */
    int64_t            retry_us;

    /* the keys that tokens are sealed under */
    bool               has_key;
    uint32_t           key_generation;
    pl_keyring_t       keys;

    /* one append */
    size_t             n_entries;
    pl_entry_t         entries[KEEPER_ENTRIES_MAX];
    Pl__Command        commands[KEEPER_ENTRIES_MAX];
    Pl__TimerDue       timers[KEEPER_TIMERS_MAX];
    Pl__Prune          prune;
    Pl__IndexWords     index_words;
    Pl__Rezone         rezone_rows;
    size_t             n_put_offs;
    Pl__PutOff         put_offs[KEEPER_PUTOFFS_MAX];
    Pl__Attempt        attempts[PL_INFLIGHT_MAX];
};

/*
 * keeper_erase.c: the next step of erasing somebody, in k->erase; *step: there
 * is one. Forgets keys and removes files where it is their turn, and, now and
 * then, keys that nothing needs any more.
 */
pl_status_t pls_keeper_erase(pls_keeper_t *k, pl_txn_t *txn, bool *step,
    pl_err_t *err);

/* keeper_open.c */

/* One step towards RUNNING: takes the lock, or appends SenderStart. */
pl_status_t pls_keeper_greet(pls_keeper_t *k, pl_err_t *err);

/* keeper_round.c */

/*
 * Looks for what is due, and appends it behind the results that came back:
 * one transaction. *wrote: it was not empty. On failure nothing is lost.
 */
pl_status_t pls_keeper_write(pls_keeper_t *k, bool *wrote, pl_err_t *err);

/* keeper_pick.c: gives jobs of k->idle to what may go now, in k->batch. */
pl_status_t pls_keeper_pick(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms,
    pl_err_t *err);

/* Frees slot and job. */
void pls_keeper_release(pls_keeper_t *k, pls_job_t *job);

/* keeper_collect.c */

/* The batch is folded: builds what may be sent, and hands it over. */
pl_status_t pls_keeper_collect(pls_keeper_t *k, pl_err_t *err);

/* Takes up what stands in `attempts` under our epoch without a job. */
pl_status_t pls_keeper_adopt(pls_keeper_t *k, pl_err_t *err);

/* keeper_pace.c: what the gates ask of an attempt, by today's settings. */
void pls_keeper_ask(pls_keeper_t *k, uint32_t tenant, uint32_t channel,
    pls_gate_ask_t *ask);

/*
 * May this go to whom it is for, by the provider's rate for pairs? Charges
 * the pair and names it, or 0 where it has none. Else notes a PutOff for the
 * round to append: ask while n_put_offs is below KEEPER_PUTOFFS_MAX.
 */
bool pls_keeper_pair(pls_keeper_t *k, const Pl__Attempt *attempt,
    int64_t now_ms, uint64_t *pair);

/* A result: what the provider says of the job's pair holds from now on. */
void pls_keeper_paired(pls_keeper_t *k, const pls_job_t *job,
    int64_t now_ms);

/* The job ends: one that did not leave was not sent to its pair. */
void pls_keeper_unpair(pls_keeper_t *k, pls_job_t *job);

/* The rates that the pacer keeps for a job, likewise. */
void pls_keeper_rates(pls_keeper_t *k, pls_job_t *job);

/* keeper_hold.c */

/*
 * Brings the snapshot of holds up to date and tells the log what has changed.
 * *release: k->release is to be appended.
 */
pl_status_t pls_keeper_holds(pls_keeper_t *k, pl_txn_t *txn, int64_t now_ms,
    bool *release, pl_err_t *err);

/*
 * A step of the fold is done, and StateMeta has this: where the snapshot is
 * behind it, it is taken anew at once, and not with the next look, which may
 * be far: what was paused is to stop now, with all that is out already.
 */
pl_status_t pls_keeper_folded(pls_keeper_t *k, uint64_t holds_changed,
    pl_err_t *err);

/* How many attempts of a channel may begin by its holds. */
size_t pls_keeper_may(pls_keeper_t *k, uint32_t channel, bool files,
    int64_t now_ms);

/* Is the account refused, and which lane was tried last? */
bool pls_keeper_refused(const pls_keeper_t *k, uint32_t tenant,
    uint32_t channel, Pl__Lane *lane);

/* Has the state other holds, or other heads aside, than at the last look? */
bool pls_keeper_held(pls_keeper_t *k, pl_txn_t *txn);

/* What the job's result has to know of failures in a row before it. */
void pls_keeper_failures(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out);

/* keeper_zones.c */

/*
 * Looks, where its time has come, whether the system's tz database is another
 * one than the state's: k->tzdata is to be appended then, and freed by the
 * next call, or by _done.
 */
pl_status_t pls_keeper_zones(pls_keeper_t *k, pl_txn_t *txn, pl_err_t *err);
void pls_keeper_zones_done(pls_keeper_t *k);

/* keeper_lag.c: notes it in the metrics, where it has changed. */
void pls_keeper_lag(pls_keeper_t *k);

/* keeper_room.c */

/* Looks at the store's room, once a second; drops where nobody appends. */
void pls_keeper_room(pls_keeper_t *k);

/*
 * May bulk (LANE_CAMPAIGN) begin, as far as room goes? If not, k->next_ms
 * says when to ask again.
 */
bool pls_room_bulk(pls_keeper_t *k, int64_t now_ms);

/* keeper_gauge.c */

/* Notes what a step of the fold counted, and what it took. */
void pls_keeper_told(pls_keeper_t *k, const pl_folded_t *done,
    int64_t took_us);

/* Notes rows and holds, a few times a second at most. */
void pls_keeper_gauge(pls_keeper_t *k);

/*
 * keeper_claims.c: now and then, files that came within webhooks whose entry
 * never came (core/shelf.h) go.
 */
void pls_keeper_claims(pls_keeper_t *k);

/* What metrics and the send log say of an attempt; of its wire, nothing. */
void pls_keeper_label(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out);

/* keeper_build.c */

/*
 * Is there anything for a Prune: dedupe rows before before_ms, verdicts
 * past their time, rows that parley_keep lets go? (keeper_prune.c)
 */
pl_status_t pls_keeper_prune(pl_txn_t *txn, const pl_settings_t *settings,
    int64_t before_ms, int64_t now_ms, bool *worth, pl_err_t *err);

/*
 * The request of one attempt, in job->arena; PL_OK and job->request, or
 * PL_INVALID with *outcome and *why (a literal) for a result instead.
 */
pl_status_t pls_keeper_build(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out, Pl__Outcome *outcome, const char **why,
    pl_err_t *err);

/*
 * Messages that are not in the index of words, where they are worth a
 * segment: *worth (keeper_words.c). Looked for now and then.
 */
pl_status_t pls_keeper_words(pls_keeper_t *k, pl_txn_t *txn, bool *worth,
    pl_err_t *err);

/* Tokens that came with an answer, before it is journalled; once (keeper_
   build.c). */
void pls_keeper_seal(pls_keeper_t *k, pls_job_t *job);

#endif /* PLS_KEEPER_IMPL_H_INCLUDED */
