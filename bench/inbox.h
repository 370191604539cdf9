/*
 * The benchmark of the inbox: what its files share. inbox.c has the calls,
 * inbox_fill.c the store that they are made on.
 */

#ifndef B_INBOX_H_INCLUDED
#define B_INBOX_H_INCLUDED

#include <sys/types.h>

#include "../src/api/api.h"
#include "../src/core/clock.h"
#include "../src/core/record.h"
#include "../src/core/str.h"
#include "../src/engine/apply.h"
#include "../src/engine/fold.h"
#include "../src/engine/inbox.h"
#include "../src/engine/journal.h"
#include "../src/engine/shapes.h"
#include "../src/engine/state.h"
#include "../src/engine/words.h"

#define INBOX_KEY     "a-key-of-the-benchmark-alone"
#define INBOX_NUMBER  "106540352242922"

typedef struct inbox_conv_s  inbox_conv_t;

typedef struct {
    const char        *dir;
    uint64_t           conversations;
    uint64_t           messages;
    uint64_t           calls;
    uint64_t     seal;          /* 1: values are sealed */
    uint64_t           ingest;      /* webhooks a second, meanwhile */
    uint64_t           random;
    const pl_clock_t  *clock;
    pl_codec_t        *codec;
    pl_store_t        *st;
    pl_fold_t         *fold;        /* NULL: reads alone */
    pl_settings_t     *settings;
    pl_api_t          *api;
    uint64_t           first_contact;
    uint64_t           said;        /* messages so far */
    int64_t            now_ms;
    uint64_t           next_id;
    inbox_conv_t      *convs;
} inbox_bench_t;

void inbox_fail(const char *what, const pl_err_t *err)
    __attribute__((noreturn));
uint64_t inbox_random(inbox_bench_t *b);
void inbox_wait(pid_t child);

/* fresh: a new store, with settings and a key. */
void inbox_open(inbox_bench_t *b, bool fresh);
void inbox_close(inbox_bench_t *b);

/* What calls need: settings, and where contacts begin. */
void inbox_ready(inbox_bench_t *b);

void inbox_fill(inbox_bench_t *b);

/* Appends and folds until it is ended. */
void inbox_ingest(inbox_bench_t *b);

#endif /* B_INBOX_H_INCLUDED */
