/*
 * Searching: messages that have all of some words, newest first; contacts by
 * name or address. Any thread with a read transaction of the state.
 *
 * First the messages that are not indexed yet are looked at, then one segment
 * after the other (words.h). Each call looks at a bounded number of rows; cut:
 * that was not enough, and `next` goes on behind what was looked at.
 */

#ifndef PL_WORDS_FIND_H_INCLUDED
#define PL_WORDS_FIND_H_INCLUDED

#include "inbox_list.h"

#define PL_FIND_MAX         100     /* messages of a page */
#define PL_FIND_WORDS_MAX   8       /* words of a search */
#define PL_FIND_TEXT_MAX    256     /* bytes of it */
#define PL_FIND_TAIL_MAX    8192    /* messages that are not indexed */
#define PL_FIND_LOOKS_MAX   32768   /* rows of `words` */
#define PL_FIND_READS_MAX   2048    /* messages that have the words */
#define PL_FIND_PREFIX_MAX  4096    /* words that begin so, of a segment */
#define PL_FIND_PEOPLE_MAX  20      /* contacts of an answer */
#define PL_FIND_NAMES_MAX   1024    /* rows of `names` looked at */

typedef struct {
    uint32_t                 tenant;
    const char              *text;      /* words; one* is any that begins so */
    uint64_t                 before;    /* only lower numbers; 0: all */
    size_t                   limit;     /* 1 to PL_FIND_MAX */
    uint32_t                 channel;   /* the message's; 0: any */
    Pl__Direction            direction; /* 0: any */
    int64_t                  since_ms;  /* the message's; 0: any */
    int64_t                  until_ms;
    const pl_party_t        *party;     /* NULL: any */
    const pl_list_filter_t  *filter;    /* its conversation; NULL: any */
} pl_find_t;

typedef struct {
    uint64_t                 id;
    Pl__Message             *message;   /* in the caller's arena */
} pl_found_row_t;

typedef struct {
    pl_found_row_t           rows[PL_FIND_MAX];
    size_t                   n;
    uint64_t                 next;      /* 0: that was the end */
    bool                     cut;
    uint32_t                 tail;      /* messages that were not indexed */
    uint32_t                 looks;     /* rows of `words` */
    uint32_t                 reads;     /* messages that have the words */
} pl_found_t;

/*
 * PL_INVALID: the text has no word, or too many. PL_NOMEM, or a failure of
 * the store.
 */
pl_status_t pl_words_find(pl_txn_t *txn, pl_arena_t *ar,
    const Pl__StateMeta *meta, const pl_find_t *find, pl_found_t *found,
    pl_err_t *err);

/*
 * Contacts whose names have all of the words, each as a beginning; or, where
 * the text is a number or an address, whose address begins so. Joined ones
 * as those that they are since. Ids in no order.
 */
typedef struct {
    uint64_t                 ids[PL_FIND_PEOPLE_MAX];
    size_t                   n;
    bool                     cut;       /* there are more */
} pl_people_t;

pl_status_t pl_people_find(pl_txn_t *txn, pl_arena_t *ar, uint32_t tenant,
    const char *text, pl_people_t *people, pl_err_t *err);

#endif /* PL_WORDS_FIND_H_INCLUDED */
