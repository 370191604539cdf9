/*
 * What the inbox costs in a large store: a million conversations and ten
 * million messages, unless told otherwise.
 *
 *     inbox --dir DIR [--conversations N] [--messages N] [--seed N]
 *           [--calls N] [--ingest N]
 *
 * Filling goes past the journal: the rows that the fold would write are put
 * as it would, in the same order and with the same records, since ten million
 * webhooks would take an hour. The index of words is not: IndexWords entries
 * make it, through the journal and the fold. Then each operation is called
 * --calls times through the API's own layer, answer and JSON included, while
 * another process appends and folds --ingest webhooks a second. The folder
 * must be empty or missing. Prints one JSON object a line.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "inbox.h"

#define INBOX_SAMPLES_MAX  100000

/* Of one call, in microseconds: by the clock, and of its thread's own CPU. */
typedef struct {
    int64_t  wall;
    int64_t  cpu;
} inbox_cost_t;


static int64_t
inbox_cpu(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


static void
inbox_usage(void)
{
    fprintf(stderr, "usage: inbox --dir DIR [--conversations N]"
            " [--messages N] [--seed N]\n             [--calls N]"
            " [--ingest N]\n\nFills a new store and times what an inbox"
            " asks of it.\n");
    exit(2);
}


static void
inbox_options(inbox_bench_t *b, int argc, char **argv)
{
    size_t  n;
    const struct {
        const char  *name;
        uint64_t    *value;
    } rows[] = {
        { "--conversations", &b->conversations },
        { "--messages", &b->messages }, { "--seed", &b->random },
        { "--calls", &b->calls },       { "--ingest", &b->ingest },
        { "--seal", &b->seal },
    };

    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) {
            inbox_usage();
        }
        if (strcmp(argv[i], "--dir") == 0) {
            b->dir = argv[i + 1];
            continue;
        }
        for (n = 0; n < PL_COUNT(rows); n++) {
            if (strcmp(argv[i], rows[n].name) == 0) {
                *rows[n].value = strtoull(argv[i + 1], NULL, 10);
                break;
            }
        }
        if (n == PL_COUNT(rows)) {
            inbox_usage();
        }
    }

    if (b->dir == NULL || b->dir[0] != '/' || b->conversations == 0
        || b->messages < b->conversations || b->calls == 0
        || b->calls > INBOX_SAMPLES_MAX)
    {
        inbox_usage();
    }
}


static int
inbox_order(const void *a, const void *b)
{
    int64_t  x = *(const int64_t *) a, y = *(const int64_t *) b;

    return (x > y) - (x < y);
}


static inbox_cost_t
inbox_call(inbox_bench_t *b, pl_arena_t *ar, const char *path,
    const char *query, size_t *bytes)
{
    int64_t          since, cpu;
    pl_err_t         err;
    pl_txn_t        *txn;
    pl_api_call_t    call;
    Pl__StateMeta   *meta;

    pl_arena_reset(ar);
    since = pl_clock_mono_us(b->clock);
    cpu = inbox_cpu();

    if (pl_store_begin(b->st, PL_ENV_STATE, false, &txn, &err) != PL_OK
        || pl_state_meta(txn, ar, &meta, &err) != PL_OK)
    {
        inbox_fail("begin", &err);
    }

    pl_api_call_init(&call, b->api, ar);
    call.in.method = PL_API_GET;
    call.in.path = pl_str_c(path);
    call.in.query = pl_str_c(query);
    call.in.authorization = PL_STR("Bearer " INBOX_KEY);

    if (pl_api_ask(&call, txn, b->settings, meta, meta->folded_ms, &err)
        != PL_OK || call.out.status != 200)
    {
        fprintf(stderr, "%.*s\n", (int) call.out.body.len,
                (const char *) call.out.body.data);
        inbox_fail(path, NULL);
    }

    pl_store_abort(txn);
    *bytes = call.out.body.len;

    return (inbox_cost_t) { pl_clock_mono_us(b->clock) - since,
                            inbox_cpu() - cpu };
}


static void
inbox_row(inbox_bench_t *b, const char *what, const char *path,
    const char *query)
{
    char           where[128];
    size_t         bytes = 0;
    uint64_t       i, mid = b->calls / 2, high = b->calls * 99 / 100;
    pl_arena_t    *ar;
    inbox_cost_t   cost;
    int64_t       *wall = calloc(b->calls, sizeof(int64_t));
    int64_t       *cpu = calloc(b->calls, sizeof(int64_t));

    ar = pl_arena_create(PL_API_ARENA_BLOCK, PL_API_ARENA_MAX);
    if (ar == NULL || wall == NULL || cpu == NULL) {
        inbox_fail("no memory", NULL);
    }

    for (i = 0; i < b->calls; i++) {
        (void) snprintf(where, sizeof(where), path,
                        b->first_contact
                        + inbox_random(b) % b->conversations);
        cost = inbox_call(b, ar, where, query, &bytes);
        wall[i] = cost.wall;
        cpu[i] = cost.cpu;
    }

    qsort(wall, b->calls, sizeof(int64_t), inbox_order);
    qsort(cpu, b->calls, sizeof(int64_t), inbox_order);
    printf("{\"row\":\"%s\",\"calls\":%" PRIu64 ",\"p50_us\":%" PRId64
           ",\"p99_us\":%" PRId64 ",\"max_us\":%" PRId64
           ",\"cpu_p50_us\":%" PRId64 ",\"cpu_p99_us\":%" PRId64
           ",\"cpu_max_us\":%" PRId64 ",\"bytes\":%zu}\n", what, b->calls,
           wall[mid], wall[high], wall[b->calls - 1], cpu[mid], cpu[high],
           cpu[b->calls - 1], bytes);
    fflush(stdout);

    free(wall);
    free(cpu);
    pl_arena_destroy(ar);
}


static void
inbox_rows(inbox_bench_t *b)
{
    inbox_row(b, "newest 50", "/v1/conversations", "");
    inbox_row(b, "newest 50 unread", "/v1/conversations", "unread=true");
    inbox_row(b, "of an owner", "/v1/conversations", "owner=ana");
    inbox_row(b, "of a tag", "/v1/conversations", "tag=vip");
    inbox_row(b, "a page of a thread",
              "/v1/conversations/cnt_%" PRIu64 "/messages", "");
    inbox_row(b, "one conversation", "/v1/conversations/cnt_%" PRIu64, "");
    inbox_row(b, "unread counts", "/v1/unread", "");
    inbox_row(b, "search, frequent word", "/v1/search", "q=word3");
    inbox_row(b, "search, rare word", "/v1/search", "q=word19990");
    inbox_row(b, "search, no such word", "/v1/search", "q=absent");
    inbox_row(b, "search, two words", "/v1/search", "q=word40+word900");
    inbox_row(b, "search, a beginning", "/v1/search", "q=word1999%2A");
    inbox_row(b, "search, a name", "/v1/search", "q=person777");
}


int
main(int argc, char **argv)
{
    pid_t           child;
    inbox_bench_t  *b = calloc(1, sizeof(inbox_bench_t));

    if (b == NULL) {
        inbox_fail("no memory", NULL);
    }

    b->conversations = 1000000;
    b->messages = 10000000;
    b->calls = 500;
    b->ingest = 2000;
    b->random = 1;
    inbox_options(b, argc, argv);
    b->random = b->random * 0x9e3779b97f4a7c15ull | 1;
    b->clock = pl_clock_system();

    /* each process opens the store itself, behind the fork */

    child = fork();
    if (child == 0) {
        inbox_open(b, true);
        inbox_fill(b);
        inbox_close(b);
        exit(0);
    }
    inbox_wait(child);

    child = fork();
    if (child == 0) {
        inbox_open(b, false);
        inbox_ingest(b);
        exit(0);
    }

    inbox_open(b, false);
    inbox_ready(b);
    inbox_rows(b);

    (void) kill(child, SIGTERM);
    (void) waitpid(child, NULL, 0);

    return 0;
}
