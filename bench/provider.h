/*
 * What the two halves of the provider share: provider_answer.c reads a
 * request and says what is answered, provider.c puts it on the wire.
 */

#ifndef PROVIDER_H_INCLUDED
#define PROVIDER_H_INCLUDED

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONNS_MAX      16384            /* by descriptor */
#define IN_MAX         16384            /* head and body of a request */
#define OUT_MAX        16384
#define CHANNELS_MAX   1024
#define WORD_MAX       64               /* of an id, an account, an address */

/* How a request ends. In the order of fault_names. */
typedef enum {
    FAULT_NONE = 0,
    FAULT_500,                          /* the API's own error, to be retried */
    FAULT_PAIR,                         /* too many to this person */
    FAULT_429,                          /* the channel is throttled: rare */
    FAULT_HANG,                         /* taken, never answered */
    FAULT_CUT,                          /* taken, half of the answer */
    FAULT_CLOSE,                        /* taken, closed without a byte */
    FAULTS
} fault_e;

typedef struct {
    size_t  len;
    char    in[IN_MAX];
} conn_t;

typedef struct {
    char      account[WORD_MAX];
    uint64_t  requests;
} channel_t;

typedef struct {
    char  account[WORD_MAX];
    char  opaque[WORD_MAX];
    char  to[WORD_MAX];
    char  id[WORD_MAX];
} request_t;

typedef struct {
    int        epoll;
    int        listener;
    conn_t    *conns[CONNS_MAX];
    channel_t  channels[CHANNELS_MAX];
    uint64_t   requests;
    uint64_t   taken[FAULTS];
    uint64_t   repeats;
    uint64_t   accepts;
    int64_t    first_us;
    int64_t    last_us;
    const char *mark;                   /* NULL: none */
    int64_t    mark_us;
    uint64_t   marks;
    bool       ids;
    uint64_t  *seen;                    /* hashes, open addressing; 0: free */
    size_t     n_seen;
    size_t     seen_size;
    unsigned   faults;
    uint64_t   random;
    FILE      *log;
} provider_t;

/* Ends the program; errno says why. */
void provider_die(const char *what);

/* CLOCK_MONOTONIC. */
int64_t provider_us(void);

/* Bytes of the body that this head announces; end: behind the empty line. */
size_t provider_length(const char *head, const char *end);

/*
 * A whole POST: counts it, and prints what is answered. False: the connection
 * is to be closed behind that.
 */
bool provider_take(provider_t *p, const char *head, const char *body,
    const char *end, char *out, int *n);

/* The counts, as an answer. */
int provider_counts(provider_t *p, char *out);

#endif /* PROVIDER_H_INCLUDED */
