/*
 * What the consumers' files share: consumer.c (the thread and its turns),
 * consumer_load.c (subscriptions as they are in the state), consumer_fill.c
 * (events to be delivered), consumer_send.c (one delivery after the other),
 * consumer_tell.c (what is journalled), consumer_gauge.c (metrics).
 */

#ifndef PLS_CONSUMER_IMPL_H_INCLUDED
#define PLS_CONSUMER_IMPL_H_INCLUDED

#include <pthread.h>

#include "../api/api_event.h"
#include "../engine/signing.h"
#include "consumer.h"
#include "loop.h"
#include "transfer.h"

#define CONSUMER_SLOTS          128     /* deliveries that are out */
#define CONSUMER_SLOW_MAX       64      /* of these, to who is slow or fails */
#define CONSUMER_TENANT_MAX     32      /* of these, one tenant's, */
#define CONSUMER_TENANT_SLOW    16      /* and of its own slow ones */
#define CONSUMER_SLOW_US        1000000 /* a delivery that took so long */
#define CONSUMER_ITEMS_MAX      64      /* events read at a time, */
#define CONSUMER_BYTES_MAX      (256u * 1024)   /* their bytes, */
#define CONSUMER_ROWS_MAX       1024    /* and rows looked at for them */
#define CONSUMER_AGAIN_MAX      16      /* outcomes untold of a subscription */
#define CONSUMER_AHEAD          256     /* delivered, and not told: tell; */
#define CONSUMER_AHEAD_MAX      1024    /* wait until it was */
#define CONSUMER_TELL_US        1000000 /* after the first of them */
#define CONSUMER_TELL_MIN_US    100000  /* between two tellings */
#define CONSUMER_TELL_TENANT    32      /* of a tenant, in one of them */
#define CONSUMER_SCAN_US        20000
#define CONSUMER_PASSED_US      60000000    /* events passed over alone */
#define CONSUMER_TICK_MS        100
#define CONSUMER_LOOK_REST      3       /* between two looks, so many times
                                           what one took; a tick at most */
#define CONSUMER_GAUGE_US       2000000
#define CONSUMER_STOP_US        5000000 /* to tell what was done */
#define CONSUMER_CONNECT_MS     5000
#define CONSUMER_ANSWER_MAX     (64u * 1024)    /* read, and not kept */
#define CONSUMER_ARENA_BLOCK    16384
#define CONSUMER_ARENA_MAX      (16u * 1024 * 1024)

typedef enum {
    CONSUMER_EVENT = 0,                 /* behind the cursor */
    CONSUMER_AGAIN,                     /* of `undelivered` */
    CONSUMER_PING
} consumer_what_e;

typedef struct {
    consumer_what_e   what;
    uint64_t          sequence;
    pl_str_t          json;             /* empty: it cannot be rendered */
} consumer_item_t;

typedef struct {
    uint64_t               sequence;
    bool                   failed;
    Pl__SubscriptionFault  fault;
    uint32_t               attempts;
} consumer_outcome_t;

typedef struct {
    size_t              n;
    consumer_outcome_t  rows[CONSUMER_AGAIN_MAX];
} consumer_outcomes_t;

typedef struct consumer_sub_s   consumer_sub_t;
typedef struct consumer_slot_s  consumer_slot_t;

/* A subscription. */
struct consumer_sub_s {
    consumer_sub_t           *next;     /* of those that are ready */
    uint32_t                  tenant;
    uint64_t                  id;
    pl_arena_t               *ar;       /* of the row */
    const Pl__Subscription   *row;      /* as it was read */
    pl_api_event_filter_t     filter;
    bool                      active;   /* is to be delivered to */
    bool                      listed;   /* is in the state */
    bool                      ready;    /* waits for a slot */
    bool                      slow;     /* was at last; before the first, too:
                                           nobody knows it yet */
    bool                      gone;     /* by its last answer */
    consumer_slot_t          *slot;     /* a delivery is out; or NULL */

    uint64_t                  position; /* all up to it is done */
    uint64_t                  seen;     /* the tenant's last row, at a look */
    uint32_t                  attempts; /* of what is behind it, in a row */
    uint32_t                  rejected; /* of these, for what it is */
    int64_t                   retry_us; /* not before; 0: now */
    uint32_t                  undelivered;
    uint32_t                  again;    /* of these, to be tried once more */
    uint64_t                  again_from;
    uint64_t                  pinged;

    /* to be told */
    uint64_t                  told;     /* up to where it was */
    uint32_t                  delivered;
    uint32_t                  telling;  /* given away, not known to be told */
    int64_t                   since_us; /* of the first; 0: nothing is */
    bool                      urgent;   /* something else than progress */
    bool                      failed;
    int64_t                   retry_ms;
    Pl__SubscriptionFault     fault;
    bool                      has_ping;
    consumer_outcome_t        ping;
    consumer_outcomes_t       skipped;
    consumer_outcomes_t       tried;
};

/* A delivery, and what is to follow it. */
struct consumer_slot_s {
    pls_job_t         job;              /* its number is the slot's */
    consumer_slot_t  *next;             /* of those that are free */
    consumer_sub_t   *sub;
    bool              slow;             /* counts among these */
    bool              once;             /* its connection had died: once more */
    uint32_t          course;           /* as it was filled */
    uint32_t          revision;
    pl_signer_t       signer;
    const char       *url;              /* in the job's arena: the row that it
                                           is of may be read anew meanwhile */
    uint64_t          upto;             /* done with the last item */
    size_t            n;
    size_t            at;
    int64_t           began_us;
    const char       *headers[5];
    consumer_item_t   items[CONSUMER_ITEMS_MAX];
};

/* Beside a slot, so that a walk over all of them is over one page. */
typedef struct {
    uint32_t          tenant;           /* 0: it is free */
    bool              slow;
} consumer_out_t;

struct pls_consumer_s {
    pls_sender_t      *sn;
    pthread_t          thread;
    bool               started;
    _Atomic bool       over;
    pls_loop_t        *loop;
    pls_watch_t       *watch;           /* of sn->to_consume */
    pls_timer_t       *timer;
    pls_transfers_t   *transfers;
    bool               running;         /* the store thread is */
    bool               stopped;
    int64_t            stop_us;

    pl_codec_t        *codec;           /* of events */
    pl_arena_t        *scratch;         /* of one row */
    pl_arena_t        *tell_ar;
    pl_settings_t     *settings;
    bool               has_key;
    pl_keyring_t       keys;
    size_t             n_nets;
    pls_net_t          nets[PL_SUBSCRIPTIONS_ALLOW_MAX];

    int64_t            look_us;         /* no look before that */
    uint64_t           seen;            /* state's transaction, at a look */
    uint64_t           changed;         /* StateMeta's, as loaded */
    bool               loaded;
    bool               failing;         /* the store; it is in the log */
    size_t             n_subs;
    size_t             n_sorted;        /* the first of them are listed */
    consumer_sub_t   **subs;            /* by tenant, then id */
    consumer_sub_t    *head;            /* those that are ready */
    consumer_sub_t    *tail;

    int64_t            told_us;
    int64_t            scan_us;         /* when it is asked again who has
                                           something to tell */
    size_t             tell_from;       /* in subs: who is asked first */
    int64_t            gauge_us;
    size_t             n_slow;
    consumer_out_t     out[CONSUMER_SLOTS];
    consumer_slot_t   *idle;
    consumer_slot_t    slots[CONSUMER_SLOTS];
};

/* ---- consumer.c */

/* Puts it at the end of those that are ready, if something may be done. */
void pls_consumer_ready(pls_consumer_t *c, consumer_sub_t *sub);

int64_t pls_consumer_now_us(const pls_consumer_t *c);

/* ---- consumer_load.c */

/*
 * Looks whether the state has something new, and reads what has changed.
 * Subscriptions that have something to deliver are ready afterwards. Not before
 * c->look_us, which leaves time for deliveries: somebody who edits one
 * subscription all the time has all of them read.
 */
pl_status_t pls_consumer_look(pls_consumer_t *c, pl_err_t *err);

/* Reads the key that secrets are sealed under, if it is to be had. */
void pls_consumer_key(pls_consumer_t *c);

/* Frees those that are no more, where nothing is out or untold. */
void pls_consumer_sweep(pls_consumer_t *c, bool all);

/* ---- consumer_fill.c */

/* Reads the next items of slot->sub. None: it was all passed over. */
pl_status_t pls_consumer_fill(pls_consumer_t *c, consumer_slot_t *slot,
    pl_err_t *err);

/* ---- consumer_send.c */

/* Gives free slots to those that are ready. */
void pls_consumer_run(pls_consumer_t *c);

/* pls_transfer_done_pt; data is the consumers. */
void pls_consumer_done(void *data, pls_job_t *job);

/* ---- consumer_tell.c */

/* Something is to be told; urgent: soon. */
void pls_consumer_note(pls_consumer_t *c, consumer_sub_t *sub, bool urgent);

/* Tells what is due; all: whatever there is. False: there was nothing. */
bool pls_consumer_tell(pls_consumer_t *c, bool all);

/* May no more be delivered before it was told? */
bool pls_consumer_full(const consumer_sub_t *sub);

/* ---- consumer_gauge.c */

void pls_consumer_gauge(pls_consumer_t *c);

#endif /* PLS_CONSUMER_IMPL_H_INCLUDED */
