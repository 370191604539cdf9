/*
 * What the two halves of the load tool share: load_body.c makes requests,
 * load.c puts them on the wire and counts.
 */

#ifndef LOAD_H_INCLUDED
#define LOAD_H_INCLUDED

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One-shot EVP costs more than the hash itself at this size. */
#define OPENSSL_API_COMPAT  0x10100000L
#include <openssl/sha.h>

#define REQUESTS_MAX      100000000ULL
#define FILE_MAX          (8u * 1024 * 1024)
#define SLOTS_MAX         16
#define RECENT            4096          /* bodies that --dup may repeat */
#define PREBUILT_RATE     20000         /* prebuilt bodies of one second */
#define ANSWER_MAX        16384
#define BUCKETS           (40 * 64)
#define TALK_MAX          16            /* messages of a conversation */

typedef enum {
    KIND_MESSAGE = 0,
    KIND_STATUS,
    KIND_FILE,
    KINDS
} kind_e;

typedef struct {
    size_t  offset;
    size_t  len;
    char    what;
} slot_t;

typedef struct {
    char    *bytes;                     /* head and body */
    size_t   len;
    size_t   body;                      /* offset of the body */
    slot_t   slots[SLOTS_MAX];
    size_t   n_slots;
} template_t;

typedef struct {
    uint64_t  counter;
    int64_t   time_s;
    kind_e    kind;
} job_t;

typedef struct {
    int          port;
    const char  *path;
    unsigned     connections;
    uint64_t     requests;              /* 0: until the seconds are over */
    double       seconds;
    uint64_t     contacts;
    const char  *phone_number_id;
    uint64_t     accounts;              /* so many, counted up from that */
    const char  *secret_file;
    uint64_t     seed;
    const char  *ack_file;
    unsigned     dup;                   /* percent */
    unsigned     statuses;              /* percent */
    const char  *body_file;
    const char  *text;
    const char  *talk_file;
    uint64_t     rate;                  /* requests a second; 0: no limit */
    bool         prebuild;
    bool         bare;                  /* no signature */
} options_t;

typedef enum {
    CONN_DOWN = 0,                      /* to be opened at `since` */
    CONN_OPENING,
    CONN_IDLE,
    CONN_BUSY
} conn_e;

typedef struct {
    int          fd;
    conn_e       state;
    bool         pending;               /* has a request to send (again) */
    bool         kept;                  /* has answered before */
    job_t        job;
    char        *own;                   /* room for a request */
    const char  *out;
    size_t       out_len;
    size_t       sent;
    int64_t      first;                 /* when the request was begun */
    int64_t      since;                 /* of the state; DOWN: until when */
    size_t       in_len;
    char         in[ANSWER_MAX + 1];
} conn_t;

typedef struct {
    options_t    opt;
    template_t   templates[KINDS];
    template_t   talk[TALK_MAX];
    uint64_t     n_talk;
    SHA256_CTX   inner;                 /* the MAC's two halves, keyed */
    SHA256_CTX   outer;
    job_t        recent[RECENT];
    uint64_t     n_recent;
    uint64_t     counter;
    int64_t      began_s;               /* of the first prebuilt body */
    uint64_t     began_counter;
    uint64_t     random;
    char        *pool;                  /* --prebuild */
    size_t       pool_len;
    job_t       *jobs;
    conn_t      *conns;
    int          ep;
    int          sig;
    bool         over;
    int64_t      began;
    double       cpu;                   /* used before that */
    uint64_t     begun;                 /* requests taken up */
    uint64_t     done;                  /* answered or failed */
    uint64_t     ok;
    uint64_t     errors;
    uint64_t     refused;
    uint64_t     reconnects;
    uint64_t     codes[1000];
    uint64_t     histogram[BUCKETS];
    uint64_t     max_us;
    char        *acks;
    size_t       acks_len;
    size_t       acks_room;
} load_t;

/* Ends the program with a message. */
void load_die(const char *what);

/* calloc that ends the program where there is no memory. */
void *load_take(size_t size);

/* The whole file, FILE_MAX at most; the caller frees it. */
char *load_read(const char *name, size_t *len);

/* Reads the secret, makes the templates and, with --prebuild, the pool. */
void load_body_init(load_t *ld);

/* What to send next, and its bytes: out has room for load_body_max. */
job_t load_body_next(load_t *ld);
size_t load_body_render(const load_t *ld, job_t job, char *out);
size_t load_body_len(const load_t *ld, job_t job);
size_t load_body_max(const load_t *ld);

#endif /* LOAD_H_INCLUDED */
