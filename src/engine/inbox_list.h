/*
 * Reading the inbox: conversations by their newest message, newest first,
 * with filters. Any thread with a read transaction of the state.
 *
 * A list is a walk of `changes` backwards, in which a row counts where it is
 * of its conversation's newest message, and then of `quiet`. What few
 * conversations have (an owner, a tag, the archive) is read from `views`
 * instead, as long as there are not more than PL_LIST_VIEW_MAX.
 *
 * Each call looks at a bounded number of rows. A page that ended at that
 * bound says so (cut), holds what was found, and its `next` goes on behind
 * what was looked at: it may be empty while there is more.
 *
 * The place of a page is a message's number, so that new messages move
 * nothing: a conversation that speaks meanwhile is found anew at the top, and
 * is missing further down.
 */

#ifndef PL_INBOX_LIST_H_INCLUDED
#define PL_INBOX_LIST_H_INCLUDED

#include "../core/arena.h"
#include "../core/store.h"
#include "keys.h"

#define PL_LIST_MAX        100      /* conversations of a page */
#define PL_LIST_ROWS_MAX   16384    /* rows of changes looked at by a call */
#define PL_LIST_LOOKS_MAX  2048     /* conversations read by a call */
#define PL_LIST_VIEW_MAX   1024     /* rows of a view that are sorted */

/* What is wanted; zeroes and NULL: anything. */
typedef struct {
    uint32_t                 channel;
    Pl__ConversationStatus   status;
    const char              *owner;         /* "": the bot */
    const char              *tag;
    bool                     unread;        /* only those with some */
    bool                     archived;      /* those; else the others */
    bool                     any_archived;  /* both */
    int64_t                  since_ms;      /* their newest message, */
    int64_t                  until_ms;      /* before this */
} pl_list_filter_t;

typedef struct {
    pl_party_t               party;
    uint64_t                 message;       /* its newest */
    Pl__Conversation        *conv;          /* in the caller's arena */
} pl_list_row_t;

typedef struct {
    pl_list_row_t            rows[PL_LIST_MAX];
    size_t                   n;
    uint64_t                 next;          /* 0: that was the end */
    bool                     cut;
    uint32_t                 walked;        /* rows of changes, quiet, views */
    uint32_t                 looks;         /* conversations */
} pl_list_t;

/*
 * before: only conversations whose newest message has a lower number; 0: all.
 * limit: 1 to PL_LIST_MAX. PL_NOMEM, or a failure of the store.
 */
pl_status_t pl_inbox_list(pl_txn_t *txn, pl_arena_t *ar, uint32_t tenant,
    const pl_list_filter_t *filter, uint64_t before, size_t limit,
    pl_list_t *list, pl_err_t *err);

/* Is it one that is wanted? Pure. */
bool pl_inbox_fits(const Pl__Conversation *conv,
    const pl_list_filter_t *filter);

/* When its newest message was said. */
int64_t pl_inbox_time(const Pl__Conversation *conv);

#endif /* PL_INBOX_LIST_H_INCLUDED */
