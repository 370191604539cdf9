/*
 * The keeper: the store thread, which alone touches LMDB once it runs. It
 * folds the journal, fires timers, appends attempts and results, and builds
 * the requests of what `attempts` holds under its epoch.
 *
 * One turn:
 *
 *     results come in -> one append: results, due timers, due heads as
 *     Attempts -> a fold step -> where the batch is folded, what stands in
 *     `attempts` is built and handed to the main thread
 *
 * Promise 5 rests on these orders:
 *
 * - A slot of the progress file is taken before its Attempt is appended and
 *   freed after its result is (progress.h).
 * - Nothing is handed over that was not read back from `attempts` under our
 *   epoch, after the fold had passed our Attempt.
 * - A result that cannot be appended is kept and appended again: before
 *   anything else, so that apply sees it twice at worst with nothing of the
 *   same effect in between.
 */

#ifndef PLS_KEEPER_H_INCLUDED
#define PLS_KEEPER_H_INCLUDED

#include "sender.h"

typedef struct pls_keeper_s  pls_keeper_t;

/*
 * Opens the store, takes the sender's lock, maps the progress file, makes
 * codec and fold; fills sn->note, sn->progress, sn->codec. In the main
 * thread, before any other runs. err says what to do about it.
 */
pl_status_t pls_keeper_open(pls_keeper_t **keeper, pls_sender_t *sn,
    pl_err_t *err);

/*
 * Starts the thread: it waits for the fold's lock, appends SenderStart,
 * folds to the journal's end as found, then begins attempts. When it ends,
 * sn->exit_code and sn->ended are set and sn->to_wire rung.
 */
pl_status_t pls_keeper_start(pls_keeper_t *keeper, pl_err_t *err);

/* Waits for the thread. */
void pls_keeper_join(pls_keeper_t *keeper);

/*
 * Frees what the keeper made, jobs, codec and locks included; no thread of
 * it may run. The store stays open, as store.h asks: the process is about to
 * end. NULL is fine.
 */
void pls_keeper_destroy(pls_keeper_t *keeper);

#endif /* PLS_KEEPER_H_INCLUDED */
