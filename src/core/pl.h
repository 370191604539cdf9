/*
 * What every part of libparley shares: byte strings, statuses, errors, and
 * the limits that promise 7 of docs/architecture.md asks for.
 *
 * Caveats
 *
 * - Nothing here logs, exits, or reads a clock. A function that fails
 *   returns a status other than PL_OK and, where it takes a pl_err_t, says
 *   there what it was doing. err may be NULL wherever it is taken.
 * - A pl_str_t never owns its bytes and is not NUL-terminated. Its owner and
 *   lifetime are named by the function that hands it out.
 * - An error's text may be logged: it names fields, paths, tables and system
 *   errors, and never holds message text, addresses, tokens or digests.
 */

#ifndef PL_H_INCLUDED
#define PL_H_INCLUDED

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PL_VERSION              "0.1.0"

/* The layout of both environments; changed layouts get a new number. */
#define PL_SCHEMA_VERSION       3

/* The rules of apply(); an older folder refuses a newer state (promise 6). */
#define PL_ENGINE_VERSION       11

/* ---- limits --------------------------------------------------------- */

#define PL_BODY_MAX             (3u * 1024 * 1024)  /* Meta's payload limit */
#define PL_JSON_DEPTH_MAX       32
#define PL_JSON_NEST_MAX        100     /* within an element that is unfit */
#define PL_NAME_MAX             64      /* tenant, channel, flow, step */
#define PL_KEY_MAX              511     /* LMDB's, for every table's key */
#define PL_PROVIDER_ID_MAX      256     /* wamid: about 128 are seen */
#define PL_PRICE_MAX            32      /* its decimal; its currency */
#define PL_ADDRESS_MAX          256
#define PL_TEXT_MAX             4096    /* provider-facts 2.1, text body */
#define PL_ITEMS_MAX            65536   /* items of one entry */
#define PL_DECODE_ARENA_MAX     (256u * 1024 * 1024)
#define PL_NEWEST_MAX           16      /* messages a conversation names */
#define PL_WINDOWS_MAX          16      /* windows a conversation keeps */
#define PL_QUEUE_MAX            1000    /* effects that wait in one queue */
#define PL_VARIABLES_MAX        64
#define PL_KEYWORD_MAX          256     /* bytes of a message that can be one */
#define PL_STEPS_MAX            64      /* of flows, that a command runs */
#define PL_TASKS_MAX            32      /* of a conversation; beside them: */
#define PL_TIMEOUTS_MAX         16      /* of a step that waits */
#define PL_TAGS_MAX             32      /* of a conversation */
#define PL_CALLS_MAX            8       /* flows that called one another */
#define PL_EVENTS_MAX           8       /* that flows tell in a command */
#define PL_FLOW_VERSIONS_MAX    8       /* of a flow, that are kept for runs */
#define PL_SAID_MAX             16      /* delayed answers, and nudges, that a
                                           conversation can take back */
#define PL_ANSWER_AFTER_MS      (15 * 60 * 1000)    /* what is said later
                                           than that answers nobody */
#define PL_PATTERN_MAX          1024    /* bytes of a PCRE2 pattern */
#define PL_MATCH_STEPS_MAX      100000  /* PCRE2 match limit */
#define PL_FOLD_WORK_MS         20      /* work of one fold transaction */
#define PL_FOLD_WORK_MAX_MS     400     /* while it is behind */
#define PL_FOLD_GATHER_MS       50      /* work waited for in a stream */
#define PL_FOLD_PAUSE_MAX_MS    100     /* and how long at most */
#define PL_FOLD_BURST_MS        5000    /* behind by less, answers go first */
#define PL_FOLD_PAGES_MAX       24576   /* dirty pages of one */
#define PL_ATTEMPTS_MAX         20      /* about 5 h with full jitter; those
                                           of which a byte may have left */
#define PL_AGE_MAX_MS           (24LL * 3600 * 1000)    /* of an effect */
#define PL_HELD_AGE_MAX_MS      (7LL * 86400 * 1000)    /* while its account is
                                           refused */
#define PL_MEDIA_MAX            (100u * 1024 * 1024)    /* Meta's, of a file */
#define PL_MEDIA_ATTEMPTS_MAX   100     /* about 2 days with full jitter */
#define PL_MEDIA_AGE_MAX_MS     (7LL * 86400 * 1000)    /* handles live so */
#define PL_UPLOAD_KEEP_MS       (29LL * 86400 * 1000)   /* of 30 days that
                                           provider-facts 1.9 promises */
#define PL_PATH_MAX             4096    /* of a file, with its NUL */
#define PL_INFLIGHT_MAX         1024    /* attempts on the wire */
#define PL_TEMPLATES_MAX        12000   /* of a channel: Meta allows 6,000 */
#define PL_TEMPLATES_PAGE       50      /* asked for at once */
#define PL_TEMPLATES_PAGES_MAX  1000    /* of one reading of their list */
#define PL_DEDUPE_DAYS          11      /* days that dedupe rows are kept */
#define PL_PARKED_KEEP_MS       (24LL * 3600 * 1000)    /* strange statuses */
#define PL_TIMER_KEEP_MS        (90LL * 86400 * 1000)
#define PL_JOURNAL_KEEP_MS      (24LL * 3600 * 1000)
#define PL_AT_MAX_MS            (366LL * 86400 * 1000)  /* a delayed send lies
                                           ahead: a year, and a leap day */
#define PL_COLLAPSE_KEY_MAX     128     /* bytes of a collapse key */
#define PL_JOURNAL_TRIM_MAX     1024    /* entries, where nobody appends */
#define PL_MARK_WARN_PERCENT    70      /* of room: a warning */
#define PL_MARK_HOLD_PERCENT    85      /* bulk waits, statuses are refused */
#define PL_MARK_REFUSE_PERCENT  95      /* every webhook is */
#define PL_CHANGES_KEEP_MS      (7LL * 86400 * 1000)
#define PL_REQUEST_KEEP_MS      (24LL * 3600 * 1000)    /* of a verdict */
#define PL_REQUEST_KEY_LEN      16
#define PL_ACTOR_MAX            128     /* who asked for something */
#define PL_API_KEYS_MAX         10000   /* of a store */
#define PL_API_KEY_GONE_MS      (90LL * 86400 * 1000)   /* a key that is
                                           revoked, or expired, is kept so */
#define PL_PHONE_MAX            20      /* digits; E.164 has 15 */
#define PL_CYCLES_MAX           1024    /* configuration cycles remembered */
#define PL_CLOCK_STEP_MS        5000    /* a larger step is an entry */
#define PL_STORE_SIZE           (64ULL * 1024 * 1024 * 1024)

/* ---- strings -------------------------------------------------------- */

typedef struct {
    const uint8_t  *data;
    size_t          len;
} pl_str_t;

#define PL_STR(literal)                                                       \
    ((pl_str_t) { (const uint8_t *) (literal), sizeof(literal) - 1 })
#define PL_STR_NULL             ((pl_str_t) { NULL, 0 })

#define PL_COUNT(array)         (sizeof(array) / sizeof((array)[0]))

/* ---- statuses ------------------------------------------------------- */

typedef enum {
    PL_OK = 0,
    PL_NOTFOUND,                /* no such key, record, or file */
    PL_EXISTS,                  /* there is one already */
    PL_INVALID,                 /* input breaks a rule; err->path says where */
    PL_TOOBIG,                  /* past a limit */
    PL_DENIED,                  /* signature, permission, owner */
    PL_BUSY,                    /* somebody else holds it */
    PL_FULL,                    /* map or disk: room may come back */
    PL_IO,                      /* the system said no; err->sys says why */
    PL_BROKEN,                  /* unusable in this process until reopened */
    PL_FOREIGN,                 /* not Parley's, or of another store */
    PL_NEWER,                   /* written by a newer version */
    PL_NOMEM,                   /* arena or allocator exhausted */
    PL_MISUSE                   /* wrong thread, process, or order of calls */
} pl_status_t;

#define PL_ERR_OP_MAX           48
#define PL_ERR_PATH_MAX         192
#define PL_ERR_TEXT_MAX         256

typedef struct {
    pl_status_t     status;
    int             sys;                    /* errno or the library's code */
    unsigned        line;                   /* of a text input, from 1; or 0 */
    unsigned        column;                 /* bytes, from 1; or 0 */
    char            op[PL_ERR_OP_MAX];      /* what was being done */
    char            path[PL_ERR_PATH_MAX];  /* JSON path, file, or table */
    char            text[PL_ERR_TEXT_MAX];  /* for people */
} pl_err_t;

/*
 * Fills *err (unless NULL) and returns status, so that a failure is one
 * line: return pl_err_set(err, PL_IO, "open", errno, "cannot open store");
 * op, path and text are cut to fit; path, line and column are cleared.
 * Any thread.
 */
pl_status_t pl_err_set(pl_err_t *err, pl_status_t status, const char *op,
    int sys, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Sets err->path (cut to fit); err may be NULL. */
void pl_err_path(pl_err_t *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Writes "op: path: text (system error)" into buf, cut to size and always
 * NUL-terminated; parts that are empty are left out. Returns buf.
 */
const char *pl_err_print(const pl_err_t *err, char *buf, size_t size);

/* "ok", "not found", etc. : never NULL. */
const char *pl_status_name(pl_status_t status);

#endif /* PL_H_INCLUDED */
