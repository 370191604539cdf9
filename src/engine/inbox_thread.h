/*
 * Reading one thread: a page of a conversation's messages, before or after
 * one of them or around it, and the notes that stand between. Any thread
 * with a read transaction of the state.
 *
 * Messages are a chain from the newest backwards (Message.previous); each
 * PL_CHECKPOINT-th names the one PL_CHECKPOINT before it (Message.far), so
 * that a page at the beginning of a long thread is a few hops away. A call
 * looks at PL_THREAD_STEPS_MAX messages at most; cut: that was not enough, as
 * it can be for threads from before there were hops; or there are more notes
 * than PL_THREAD_NOTES_MAX.
 *
 * A page has the notes up to `before`, and those behind `after`; where there
 * is more beyond its messages, none behind its first, which are of the page
 * after that, and none up to its last, of the page before.
 */

#ifndef PL_INBOX_THREAD_H_INCLUDED
#define PL_INBOX_THREAD_H_INCLUDED

#include "../core/arena.h"
#include "../core/store.h"
#include "keys.h"

#define PL_THREAD_MAX        100    /* messages of a page */
#define PL_THREAD_STEPS_MAX  8192
#define PL_THREAD_NOTES_MAX  200    /* notes of a page, the newest */

/* Where a page is: of none, the newest. Messages' numbers. */
typedef struct {
    uint64_t       before;          /* those below it; or */
    uint64_t       after;           /* those above it, its neighbours; or */
    uint64_t       around;          /* it, and half a page each way */
    size_t         limit;           /* 1 to PL_THREAD_MAX */
    bool           no_notes;        /* whoever asks may not read them */
} pl_thread_at_t;

typedef struct {
    uint64_t       id;
    Pl__Message   *message;
} pl_thread_row_t;

typedef struct {
    uint64_t       id;
    Pl__Note      *note;
} pl_thread_note_t;

typedef struct {
    pl_thread_row_t    rows[PL_THREAD_MAX];     /* newest first */
    size_t             n;
    pl_thread_note_t   notes[PL_THREAD_NOTES_MAX];      /* newest first */
    size_t             n_notes;
    bool               older;       /* than the last of rows there are more */
    bool               newer;       /* than the first */
    bool               cut;
    uint32_t           steps;
} pl_thread_t;

/* conv: the party's, as this transaction sees it. PL_NOMEM, or the store's. */
pl_status_t pl_inbox_thread(pl_txn_t *txn, pl_arena_t *ar,
    const pl_party_t *party, const Pl__Conversation *conv,
    const pl_thread_at_t *at, pl_thread_t *thread, pl_err_t *err);

#endif /* PL_INBOX_THREAD_H_INCLUDED */
