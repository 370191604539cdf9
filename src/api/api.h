/*
 * The API but for its transport: operations, who may, decoding, problems,
 * verdicts. Knows no nginx; the glue, parleyctl, tests and fuzzers call it.
 *
 * How to add a resource
 *
 *  1. Shapes: lmdb-schema/api_NAME.proto, package pl.api. One message for a
 *     query (flat: strings, numbers, enums, repeated ones), one for a body,
 *     one for an answer. Ids and times are strings. A list's query has
 *     `cursor` and `limit`, its answer `next`. A line for lmdb-schema/
 *     README.md's table of files.
 *  2. Rows of rules for them (json.h: LEN_MAX, MIN, MAX, ...), and words: a
 *     sentence for each field that does not explain itself.
 *  3. src/api/api_NAME.c: a table of pl_api_op_t, each with ask and, for
 *     writes, told; below it one const pl_api_resource_t pl_api_NAME.
 *  4. A row in registry.c, and its extern in registry.h.
 *  5. `parleyctl openapi > docs/openapi.yaml`, which t/90-openapi.t compares.
 *  6. A write needs a command (lmdb-schema/journal.proto). It is wrapped in
 *     Asked by pl_api_command; its apply checks all before it writes, and
 *     refuses by PL_INVALID with err's path and text, or by
 *     pl_asked_refuse(ap, rule, path, text) and PL_OK (engine/asked.h). What
 *     it made it tells by pl_asked_made(ap, id).
 *  7. What can be edited has a row in engine/subject.c: which of its fields
 *     are its editable view. GET says pl_api_etag, a write pl_api_match.
 *  8. Tests: t/9N-*.t. Those of t/90-api.t walk docs/openapi.yaml, and so
 *     find a new operation by themselves: permissions, methods, bad JSON.
 *
 * A call's two steps
 *
 *     ask     a read fills `answer` (pl_api_answer) and is done. A write
 *             checks what it can see, resolves ids inside call->tenant, and
 *             adds commands (pl_api_command). PL_OK; anything else is what
 *             pl_api_problem returned, or a failure of the store (5xx).
 *     told    the commands were folded: call->verdicts has one for each, in
 *             order. Without PL_API_BULK none of them is a refusal: those
 *             have been answered. Fills the answer. NULL: answered without a
 *             body.
 *
 * A repeated Idempotency-Key goes straight to told, without ask (unless the
 * row says PL_API_AFRESH): told must
 * find all it needs in verdicts, params, query and body, so that the answer
 * is the same. call->op_data is of the same ask only: NULL then.
 *
 * Threads: one thread at a time has a call. During ask and told, txn is a
 * read transaction of the state and settings its snapshot; both end with the
 * step. All memory is of call->ar, which lives as long as the call. Whatever
 * is answered must not point into the store: the answer is encoded inside
 * the step, so records read by pl_record_get (in the arena) are fine.
 */

#ifndef PL_API_H_INCLUDED
#define PL_API_H_INCLUDED

#include "../core/arena.h"
#include "../core/json_schema.h"
#include "../core/store.h"
#include "../engine/request.h"
#include "../engine/settings.h"
#include "../engine/subject.h"
#include "api.pb-c.h"
#include "who.h"

#define PL_API_BODY_MAX      (1024u * 1024)     /* parley_api_body_max */
#define PL_API_PATH_MAX      1024
#define PL_API_QUERY_MAX     4096
#define PL_API_PARAMS_MAX    4      /* {…} of a path */
#define PL_API_LIMIT         50     /* rows of a page, unless told otherwise */
#define PL_API_LIMIT_MAX     100
#define PL_API_CHECK_LEN     4      /* of a request's id */
#define PL_API_BULK_MAX      1000   /* recipients of one request */
#define PL_API_TEXT_MAX      (16u * 1024)       /* bytes of a text of a body or
                                                   query; of what variables
                                                   make of one */
#define PL_API_HTML_MAX      (512u * 1024)      /* of a mail's HTML, likewise */
#define PL_API_COMMANDS_MAX  (8u * 1024 * 1024) /* bytes of what a request asks
                                                   the journal to take */
#define PL_API_KEY_MAX       255    /* bytes of an Idempotency-Key */
#define PL_API_HEADERS_MAX   8      /* of an answer */
#define PL_API_POSITION_MAX  256    /* bytes in a cursor */
#define PL_API_WAIT_MS       2000   /* for the fold; then 202 */
#define PL_API_RETRY_S       1      /* Retry-After of a 202 */
#define PL_API_ARENA_BLOCK   (16u * 1024)
#define PL_API_ARENA_MAX     (64u * 1024 * 1024)

typedef struct pl_api_s       pl_api_t;
typedef struct pl_api_call_s  pl_api_call_t;

typedef enum {
    PL_API_GET = 0,                 /* and HEAD */
    PL_API_POST,
    PL_API_PUT,
    PL_API_PATCH,
    PL_API_DELETE,
    PL_API_OPTIONS,
    PL_API_OTHER                    /* known to no operation */
} pl_api_method_e;

/* ---- operations ----------------------------------------------------- */

typedef pl_status_t (*pl_api_step_pt)(pl_api_call_t *call, pl_err_t *err);

#define PL_API_ANY_TENANT  0x01     /* works without one: call->tenant 0 */
#define PL_API_IF_MATCH    0x02     /* refused (428) without If-Match */
#define PL_API_BULK        0x04     /* told sees refusals as well */
#define PL_API_DRY         0x08     /* no write, though it is no GET */
#define PL_API_AFRESH      0x20     /* a repeat is done once more, under a
                                       key of its own, and answered anew */
#define PL_API_ETAG        0x40     /* its answer has one: 304 there may be */
#define PL_API_STREAM      0x10     /* the glue goes on with the connection
                                       when ask has answered PL_OK */

typedef struct {
    const char                        *name;    /* operationId: sendMessage */
    pl_api_method_e                    method;
    const char                        *path;    /* /v1/messages/{message} */
    pl_api_may_e                       may;
    const ProtobufCMessageDescriptor  *query;   /* NULL: takes none */
    const ProtobufCMessageDescriptor  *body;    /* NULL: takes none */
    const ProtobufCMessageDescriptor  *answer;  /* NULL: empty */
    unsigned                           status;  /* of success */
    unsigned                           flags;
    pl_api_step_pt                     ask;
    pl_api_step_pt                     told;
    const char                        *summary; /* one line, no full stop */
    const char                        *text;    /* sentences, or NULL */
} pl_api_op_t;

typedef struct {
    const char             *name;       /* the tag: Messages */
    const char             *text;       /* a sentence */
    const pl_api_op_t      *ops;
    size_t                  n_ops;
    const pl_rules_t       *rules;      /* NULL: none */
    const pl_json_words_t  *words;      /* NULL: none */
} pl_api_resource_t;

/* ---- a call --------------------------------------------------------- */

/* The request, the caller's; empty strings for what is not there. */
typedef struct {
    pl_api_method_e   method;
    pl_str_t          path;             /* unescaped, from /v1/ on */
    pl_str_t          query;            /* as it came, without '?' */
    pl_str_t          body;
    pl_str_t          content_type;
    pl_str_t          authorization;
    pl_str_t          tenant;           /* Parley-Tenant */
    pl_str_t          idempotency_key;
    pl_str_t          if_match;
    pl_str_t          if_none_match;
    pl_str_t          last_event_id;
    const pl_who_t   *who;              /* known without authorization:
                                           parleyctl's; NULL: it says who */
} pl_api_in_t;

typedef struct {
    const char       *name;
    const char       *value;
} pl_api_header_t;

/* What to answer with; bytes and header values are the call's arena's. */
typedef struct {
    unsigned          status;           /* 0: nothing yet */
    const char       *type;             /* content type */
    pl_str_t          body;             /* empty: none */
    size_t            n_headers;
    pl_api_header_t   headers[PL_API_HEADERS_MAX];
} pl_api_out_t;

struct pl_api_call_s {
    const pl_api_t           *api;
    pl_arena_t               *ar;
    pl_api_in_t               in;

    /* found before ask */
    const pl_api_op_t        *op;
    pl_str_t                  params[PL_API_PARAMS_MAX];
    pl_who_t                  who;
    uint32_t                  tenant;   /* 0: all (PL_API_ANY_TENANT) */
    const pl_tenant_conf_t   *tenant_conf;      /* in a step; NULL: all */
    ProtobufCMessage         *query;    /* of op->query's shape */
    ProtobufCMessage         *body;     /* of op->body's */
    int64_t                   now_ms;   /* the store's time */
    int64_t                   tenant_ms;        /* by the tenant's clock */

    /* in a step */
    pl_txn_t                 *txn;
    const pl_settings_t      *settings;
    const Pl__StateMeta      *meta;

    /* what ask adds */
    size_t                    n_commands;
    size_t                    room;             /* of the lists below */
    Pl__Command             **commands;         /* Asked */
    size_t                   *sizes;            /* of each, packed */
    size_t                    bytes;            /* of all of them */
    uint8_t                 (*keys)[PL_REQUEST_KEY_LEN];
    Pl__Precondition         *match;            /* If-Match holds this */
    void                     *op_data;          /* the operation's own */
    uint8_t                   digest[PL_HASH128_LEN];   /* of the request */
    uint8_t                   check[PL_API_CHECK_LEN];  /* of key, digest */
    bool                      many;             /* each command is one of many
                                                   that the caller counts, */
    size_t                    n_refused;        /* and ask refused these */
    uint8_t                  *salt;             /* of one without a key */
    bool                      repeated;         /* an Idempotency-Key came
                                                   again: nothing to append */

    /* the caller's, between the steps */
    uint64_t                  sequence;         /* of the last command */

    /* what told sees */
    size_t                    n_verdicts;
    Pl__Verdict             **verdicts;         /* NULL where there is none */

    pl_api_out_t              out;
};

/*
 * config is kept and must outlive it; NULL: API keys alone. PL_INVALID names
 * the row, of a rule or an operation, that is wrong. Immutable; any thread.
 */
pl_status_t pl_api_create(pl_api_t **api, const pl_api_config_t *config,
    pl_err_t *err);
void pl_api_destroy(pl_api_t *api);             /* NULL is fine */

const pl_codec_t *pl_api_codec(const pl_api_t *api);
const pl_api_config_t *pl_api_config(const pl_api_t *api);

/* All zeroes but for these; in is filled by the caller after it. */
void pl_api_call_init(pl_api_call_t *call, const pl_api_t *api,
    pl_arena_t *ar);

/*
 * The first step, in any thread with a read transaction of the state:
 *
 *     out.status != 0      the answer is there
 *     n_commands != 0      to be appended, each an entry; then wait until
 *                          `sequence`, the last one's, is folded, and told
 *     neither              a stream (PL_API_STREAM)
 *
 * PL_OK always but where the store failed: out says 503 or 500 then, and err
 * what to log.
 */
pl_status_t pl_api_ask(pl_api_call_t *call, pl_txn_t *txn,
    const pl_settings_t *settings, const Pl__StateMeta *meta, int64_t now_ms,
    pl_err_t *err);

/* The second step: the answer is there. */
pl_status_t pl_api_told(pl_api_call_t *call, pl_txn_t *txn,
    const pl_settings_t *settings, const Pl__StateMeta *meta, int64_t now_ms,
    pl_err_t *err);

/* In place of told, outside of a transaction: the fold took too long (202,
   Location, Retry-After); or the store is not to be had (503). */
void pl_api_later(pl_api_call_t *call);
void pl_api_unavailable(pl_api_call_t *call);

/* ---- for operations: answers ---------------------------------------- */

/* Encodes it; status 0: the row's. PL_NOMEM and others of the codec. */
pl_status_t pl_api_answer(pl_api_call_t *call, unsigned status,
    const ProtobufCMessage *answer, pl_err_t *err);

/* The same of bytes that are in the arena; type is static or there too. */
pl_status_t pl_api_bytes(pl_api_call_t *call, unsigned status,
    const char *type, pl_str_t bytes);

/* PL_NOMEM: in the arena, or more than PL_API_HEADERS_MAX. */
pl_status_t pl_api_header(pl_api_call_t *call, const char *name,
    const char *value, pl_err_t *err);

/* Location: path is printed into the arena. */
pl_status_t pl_api_location(pl_api_call_t *call, pl_err_t *err,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * A problem instead of an answer. path: the field, as the codec names it
 * (to.phone, items[3].text), or NULL; text: a sentence without personal
 * data. Returns PL_DENIED, for ask and told to return.
 */
typedef enum {
    PL_API_BAD_REQUEST = 0,
    PL_API_BAD_JSON,
    PL_API_BAD_FIELD,
    PL_API_BAD_QUERY,
    PL_API_BAD_CURSOR,
    PL_API_KEY_IN_QUERY,
    PL_API_BAD_IDEMPOTENCY_KEY,
    PL_API_TENANT_NEEDED,
    PL_API_UNAUTHORIZED,
    PL_API_FORBIDDEN,
    PL_API_NOT_FOUND,
    PL_API_NOT_ALLOWED,
    PL_API_CONFLICT,
    PL_API_CHANGED,                 /* 412 */
    PL_API_TOO_LARGE,
    PL_API_MEDIA_TYPE,
    PL_API_KEY_REUSED,              /* 422: another request under the key */
    PL_API_REFUSED,                 /* 422: the engine's word */
    PL_API_MATCH_NEEDED,            /* 428 */
    PL_API_TOO_MANY,                /* 429 */
    PL_API_INTERNAL,
    PL_API_UNAVAILABLE,
    PL_API_PROBLEMS
} pl_api_problem_e;

pl_status_t pl_api_problem(pl_api_call_t *call, pl_api_problem_e kind,
    const char *path, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with all that a problem may say; type, title, status are set. */
pl_status_t pl_api_problem_row(pl_api_call_t *call, pl_api_problem_e kind,
    Pl__Api__Problem *problem);

/* There is no such thing, or it is another tenant's: 404. */
pl_status_t pl_api_missing(pl_api_call_t *call);

/* A refusal of the engine's, as the problem that it is. */
pl_status_t pl_api_refused(pl_api_call_t *call, const Pl__Verdict *verdict);

/* ---- for operations: commands --------------------------------------- */

/*
 * Adds a command, wrapped in Asked under the key of this call and the number
 * of commands before it. What it points to must be in the arena, or static;
 * its own fields `tenant` and `actor` are the operation's to set (call->
 * tenant, call->who.actor). A command with a key of its own (SendRequest,
 * FlowStart, SandboxClock) takes pl_api_command_key's. PL_NOMEM; the problem
 * (413) past PL_API_BULK_MAX of them, or PL_API_COMMANDS_MAX bytes.
 */
pl_status_t pl_api_command(pl_api_call_t *call, const Pl__Command *command,
    pl_err_t *err);

/* The key that the next command will have, 16 bytes in the arena; or NULL. */
uint8_t *pl_api_command_key(pl_api_call_t *call);

/* req_…, in the arena: where what became of the call's commands is told. */
const char *pl_api_request_id(const pl_api_call_t *call);

/* ---- for operations: ids, times, pages, ETags ----------------------- */

/* "msg_5"; NULL where the arena is full. prefix with its '_'. */
char *pl_api_id(pl_api_call_t *call, const char *prefix, uint64_t id);

/* False: it is no such id (of a path: pl_api_missing; of a body: a field). */
bool pl_api_id_read(pl_str_t text, const char *prefix, uint64_t *id);

/* RFC 3339 in UTC with milliseconds, in the arena. */
char *pl_api_time(pl_api_call_t *call, int64_t ms);
char *pl_api_time_s(pl_api_call_t *call, int64_t s);

/* A value of an enum as the codec shows it: without its prefix, in lower
   case; in the arena. NULL: the arena is full. "" for a value it has not. */
char *pl_api_word(pl_api_call_t *call,
    const ProtobufCEnumDescriptor *type, int value);

/* PL_OK; or the problem: `path` is no time. text NULL: *ms stays. */
pl_status_t pl_api_time_read(pl_api_call_t *call, const char *text,
    const char *path, int64_t *ms);

/* The page's size: limit as the query has it, or the default. PL_OK or the
   problem. */
pl_status_t pl_api_limit(pl_api_call_t *call, bool has, uint32_t limit,
    uint32_t *n);

/*
 * A cursor is a position of the operation's own making (a key of the store
 * without the tenant, say), with a check, bound to operation and tenant. It
 * names a place, not a number of rows, so that new data moves nothing.
 */
char *pl_api_cursor(pl_api_call_t *call, pl_str_t position);
pl_status_t pl_api_cursor_read(pl_api_call_t *call, const char *cursor,
    pl_str_t *position);            /* PL_OK or the problem */

/* Answers with the ETag of a record (engine/subject.h). PL_NOTFOUND. */
pl_status_t pl_api_etag(pl_api_call_t *call, Pl__SubjectKind kind,
    uint64_t id, pl_err_t *err);

/*
 * Holds the write to If-Match: now, and once more when it is folded. Before
 * pl_api_command. Without the header: PL_OK, unless the row asks for one.
 */
pl_status_t pl_api_match(pl_api_call_t *call, Pl__SubjectKind kind,
    uint64_t id, pl_err_t *err);

#endif /* PL_API_H_INCLUDED */
