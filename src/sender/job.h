/*
 * A job: one attempt on its way from the outbox to the provider and back.
 *
 * There are PL_INFLIGHT_MAX of them, made once; a job's index is its slot in
 * the progress file. A job belongs to one thread at a time and changes hands
 * through a queue (queue.h) alone:
 *
 *     store thread   takes a free job, notes its slot, appends the Attempt,
 *                    folds it, builds the request
 *     main thread    holds it until its time (pacer.h), puts it on the wire,
 *                    classifies the answer; of a file to be fetched the
 *                    fetcher's thread does so (fetch.h); a mail is a thread's
 *                    of its own while it is on the wire (transfer.h)
 *     store thread   appends the result, clears the slot, frees the job
 *
 * Everything that a job points to is in its arena, which is reset when the
 * job is freed; what outlives it (provider) is const.
 */

#ifndef PLS_JOB_H_INCLUDED
#define PLS_JOB_H_INCLUDED

#include "../channel/channel.h"
#include "../core/arena.h"
#include "../engine/retry.h"
#include "address.h"

#define PLS_JOB_ARENA_BLOCK  8192
#define PLS_JOB_ARENA_MAX    (16u * 1024 * 1024)    /* of an errand's page;
                                           a message takes few KiB */
#define PLS_ANSWER_MAX       (64u * 1024)   /* of an answer's body */
#define PLS_ANSWER_HEAD_MAX  (256u * 1024)  /* of all its headers, and those
                                           of the 1xx before it */
#define PLS_ANSWER_LIST_MAX  (1024u * 1024) /* of a page of a list: 20 KiB
                                           for each of PL_TEMPLATES_PAGE */
#define PLS_RETRY_AFTER_MAX  64             /* of that header's value */
#define PLS_LOCATION_MAX     4096           /* of that one's */
#define PLS_TYPE_MAX         128            /* of a media type */

#define PLS_PAUSES           256            /* counters of pauses; tenants
                                           that share one give each other's
                                           jobs back, to be asked anew */
#define PLS_FAILURES          7             /* Pl__Bucket, and: */
#define PLS_FAILURES_ACCOUNT  0             /* in the place of none */

/* How a transfer ended, libcurl's many codes in the few that matter. */
typedef enum {
    PLS_END_NONE = 0,                   /* not yet */
    PLS_END_ANSWERED,                   /* the whole answer is here */
    PLS_END_RESOLVE,                    /* no address for the host */
    PLS_END_CONNECT,                    /* nobody there */
    PLS_END_TLS,                        /* no trust, or no common ground */
    PLS_END_TIMEOUT,
    PLS_END_CUT,                        /* connection died under it */
    PLS_END_REPEAT,                     /* libcurl was about to repeat it */
    PLS_END_TOOBIG,                     /* answer past job->answer_max or
                                           PLS_ANSWER_HEAD_MAX, or more than
                                           its sink takes */
    PLS_END_ADDRESS,                    /* no address that may be reached */
    PLS_END_STOPPED,                    /* the sender ends */
    PLS_END_WAITED,                     /* its time did not come (pacer.h), nor
                                           room for it, or somebody paused
                                           something meanwhile */
    PLS_END_EXPIRED,                    /* it was too late before it left */
    PLS_END_OTHER
} pls_end_e;

/* What the wire said. Written by transfer.c, read by result.c. */
typedef struct {
    pls_end_e        end;
    Pl__WireStage    stage;             /* how far it got */
    int              status;            /* HTTP; 0: no answer began */
    uint8_t         *body;
    size_t           body_len;
    size_t           body_size;
    int64_t          began_us;          /* by the system's clock */
    int64_t          ended_ms;          /* by the wall's, which a header that is
                                           a date is of; 0: not known */
    int64_t          left_us;           /* when its first byte may have left;
                                           0: none did */
    char             retry_after[PLS_RETRY_AFTER_MAX];
    char             location[PLS_LOCATION_MAX];    /* or empty */
    char             type[PLS_TYPE_MAX];    /* Content-Type, or empty */
} pls_wire_t;

typedef struct pls_job_s    pls_job_t;
typedef struct pls_fetch_s  pls_fetch_t;
typedef struct pls_upload_s  pls_upload_t;

/*
 * Takes the body of an answer 200, piece by piece, instead of memory. False
 * ends the transfer (PLS_END_TOOBIG): why, the sink knows.
 */
typedef bool (*pls_sink_pt)(void *data, const uint8_t *bytes, size_t n);

/*
 * Gives up to n bytes of a request's body from the one at `at` on; never
 * asked past the body's end. How many; 0 ends the transfer: why, the source
 * knows.
 */
typedef size_t (*pls_source_pt)(void *data, uint64_t at, uint8_t *buf,
    size_t n);

/* What an answer means: classify of channel.h, or that of an errand. */
typedef pl_status_t (*pls_classify_pt)(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);

struct pls_job_s {
    pls_job_t            *next;         /* in the queue or list that it is in */
    uint32_t              slot;

    uint64_t              effect;
    uint32_t              channel;
    uint32_t              attempts;     /* begun so far, this one included */
    uint32_t              free;         /* the last in a row that cost none */
    Pl__Effect__OfCase    kind;
    pl_retries_t          retries;      /* of its channel, as it began */
    uint32_t              tenant;
    uint32_t              lane;         /* Pl__Lane */
    uint32_t              rate;         /* the channel's, a second; 0: none */
    uint32_t              tenant_rate;  /* likewise */
    uint64_t              pair;         /* charged (pace.h); 0: none */
    bool                  entered;      /* counts in its gates */
    int64_t               expires_ms;   /* at this and later it never leaves; 0:
                                           it may at any time */
    int64_t               over_us;      /* the same, of pl_clock_mono_us, from
                                           when it came to the pacer */
    uint32_t              pauses;       /* its tenant's, when it was decided
                                           (pls_pauses_of) */
    int64_t               came_us;      /* to the pacer */
    int64_t               left_us;      /* when it left (pacer.h): was handed
                                           on, then went on the wire, of
                                           pl_clock_mono_us; 0: it did not */
    bool                  handed;       /* and is not on the wire yet */
    uint32_t              failures[PLS_FAILURES];   /* in a row, before it, of
                                           what its result may name */

    /* what metrics and the send log say of it */
    size_t                row;          /* pls_metrics_channel's */
    const char           *tenant_name;  /* in the arena, or NULL */
    const char           *channel_name;
    uint64_t              message;      /* 0: it is an errand */
    int64_t               due_ms;
    const char           *traceparent;  /* in the arena; NULL: none */
    int64_t               said_ms;      /* the entry that made the message; 0:
                                           there is none */

    pls_classify_pt       classify;     /* NULL until it is built */
    bool                  sealed;       /* tokens that came with its answer */
    size_t                answer_max;   /* of the answer's body */
    uint32_t              connect_timeout_ms;
    uint32_t              timeout_ms;
    pl_request_t          request;

    bool                  fetching;     /* a file: of the fetcher's gates */
    pls_fetch_t          *fetch;        /* of such; NULL until it is built */
    pls_upload_t         *upload;       /* likewise, of one that goes out */

    /* of one request: */
    pls_sink_pt           sink;         /* NULL: the answer into memory */
    void                 *sink_data;
    pls_source_pt         source;       /* NULL: the body is the request's */
    void                 *source_data;
    uint64_t              source_bytes; /* that it has */
    bool                  public_only;  /* no private address, no proxy */
    const pls_net_t      *nets;         /* but those of these networks, */
    size_t                n_nets;
    bool                  nets_only;    /* or no others */
    bool                  discard;      /* the answer's body is not kept */
    bool                  patient;      /* ends when it gets slow, instead */

    pls_wire_t            wire;
    Pl__SendResult        result;
    pl_arena_t           *arena;
};

/* Jobs in order. */
typedef struct {
    pls_job_t   *head;
    pls_job_t   *tail;
    size_t       n;
} pls_jobs_t;

/* Is it too late for it to leave, at now of pl_clock_mono_us? */
bool pls_job_over(const pls_job_t *job, int64_t now_us);

/*
 * Pauses of a tenant so far, in an array of PLS_PAUSES; and has it paused
 * something since job->pauses was taken? Any thread.
 */
uint32_t pls_pauses_of(const _Atomic uint32_t *pauses, uint32_t tenant);
bool pls_job_paused(const pls_job_t *job, const _Atomic uint32_t *pauses);

void pls_jobs_add(pls_jobs_t *jobs, pls_job_t *job);    /* at the end */
void pls_jobs_put(pls_jobs_t *jobs, pls_job_t *job);    /* in front */
pls_job_t *pls_jobs_take(pls_jobs_t *jobs);     /* the first, or NULL */
void pls_jobs_move(pls_jobs_t *to, pls_jobs_t *from);   /* all, at the end */

#endif /* PLS_JOB_H_INCLUDED */
