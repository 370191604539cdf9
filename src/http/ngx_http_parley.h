/*
 * The nginx glue: what its files share. Configuration lives in the structs
 * below and never changes after the load; what a worker does with it lives
 * in ngx_http_parley_worker_t, which hangs on the main configuration and is
 * made in each worker after the fork.
 *
 * Who may touch what
 *
 * - The event loop touches everything but what a task in flight was given.
 * - A task in the thread pool touches its own struct, the store, and the
 *   configuration, which is const by then. No pool, no request, no log.
 */

#ifndef NGX_HTTP_PARLEY_H_INCLUDED
#define NGX_HTTP_PARLEY_H_INCLUDED

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_thread_pool.h>

#include "../channel/channel.h"
#include "../core/pl.h"
#include "../core/store.h"
#include "../engine/keyring.h"
#include "../engine/retry.h"
#include "../engine/terms.h"


/* ---- versions of nginx: 1.22 (Debian 12) and later -------------------- */

#if !(NGX_THREADS)
#error parley needs nginx that is built with --with-threads
#endif

/* 1.23.0 linked header lines of one name */
#if (nginx_version >= 1023000)
#define ngx_http_parley_header_end(h)  (h)->next = NULL
#else
#define ngx_http_parley_header_end(h)  (void) (h)
#endif


/* ---- limits ----------------------------------------------------------- */

/* A body up to this size is verified on the event loop, and read again by
   the variables; a larger one, or one in a file, in the thread pool. */
#define NGX_HTTP_PARLEY_INLINE_MAX     (64 * 1024)

#define NGX_HTTP_PARLEY_SECRET_MAX     4096         /* bytes of a secret */
#define NGX_HTTP_PARLEY_SECRETS_MAX    16           /* of one location */
#define NGX_HTTP_PARLEY_FLOW_MAX       (1024 * 1024) /* bytes of a flow file */
#define NGX_HTTP_PARLEY_STORE_MIN      (1024 * 1024)

/* Defaults: parley_append_queue, per worker; parley_retry_after, seconds */
#define NGX_HTTP_PARLEY_QUEUE_ENTRIES  8192
#define NGX_HTTP_PARLEY_QUEUE_BYTES    (64 * 1024 * 1024)
#define NGX_HTTP_PARLEY_QUEUE_ASKS     4096
#define NGX_HTTP_PARLEY_RETRY_AFTER    2

/* Default of parley_body_max where mail with its files comes in: what
   Postmark sends at most (provider-facts 8.1) */
#define NGX_HTTP_PARLEY_MAIL_BODY      (35 * 1024 * 1024)

/* Default of parley_api_body_max */
#define NGX_HTTP_PARLEY_API_BODY       (1024 * 1024)

/* A scratch arena of the event loop: what the variables and the sandbox
   decode a body of NGX_HTTP_PARLEY_INLINE_MAX into. */
#define NGX_HTTP_PARLEY_SCRATCH_MAX    (8 * 1024 * 1024)


/* ---- configuration ---------------------------------------------------- */

typedef struct ngx_http_parley_worker_s    ngx_http_parley_worker_t;
typedef struct ngx_http_parley_sandbox_s   ngx_http_parley_sandbox_t;
typedef struct ngx_http_parley_counters_s  ngx_http_parley_counters_t;
typedef struct ngx_http_parley_shm_s       ngx_http_parley_shm_t;
struct pl_api_s;
struct pl_jwks_s;


typedef struct {
    ngx_str_t                    name;
    const pl_channel_t          *provider;
    ngx_str_t                    phone_number_id;
    ngx_str_t                    waba_id;
    ngx_str_t                    token;         /* the file's contents */
    ngx_str_t                    account_sid;   /* Twilio's, with the rest: */
    ngx_str_t                    from;
    ngx_str_t                    service;
    ngx_array_t                 *tokens;    /* ngx_str_t: more, to verify */
    ngx_str_t                    callback;
    ngx_flag_t                   smart;
    ngx_str_t                    sandbox;   /* as people join it */
    ngx_flag_t                   subaccounts;   /* it may make others */
    ngx_int_t                    rate;          /* per second */
    ngx_flag_t                   traceparent;   /* to the provider, too */
    ngx_str_t                    api_base_url;
    ngx_str_t                    api_version;
    ngx_str_t                    from_name;     /* of mail */
    ngx_str_t                    user;          /* likewise: at the relay */
    ngx_str_t                    reply_address; /* likewise */
    ngx_msec_t                   api_connect_timeout;
    ngx_msec_t                   api_timeout;
    pl_retries_t                 retries;
    ngx_uint_t                   retry_set;     /* classes named, by bit */
    ngx_msec_t                   unknown_after; /* 0: hold */
    unsigned                     unknown_set:1;
    Pl__PolicySettings          *policy;        /* NULL: says nothing */
} ngx_http_parley_channel_t;


typedef struct {
    ngx_str_t                    name;
    ngx_str_t                    file;
    ngx_str_t                    json;
} ngx_http_parley_flow_t;


/* Templates that flows are checked against; they are not published. */
typedef struct {
    ngx_str_t                    file;
    ngx_str_t                    json;
} ngx_http_parley_templates_t;


typedef struct {
    ngx_str_t                    name;
    ngx_str_t                    time_zone;
    ngx_str_t                    calling_code;
    ngx_int_t                    rate;      /* per second; 0: no limit */
    ngx_int_t                    weight;
    ngx_flag_t                   sandbox;
    Pl__Keep                    *keep;      /* NULL: says nothing */
    ngx_array_t                  channels;  /* ngx_http_parley_channel_t */
    ngx_array_t                  flows;     /* ngx_http_parley_flow_t */
    ngx_array_t                  templates; /* ngx_http_parley_templates_t */
    Pl__TenantLimits            *limits;    /* NULL: says nothing */
    Pl__PolicySettings          *policy;    /* likewise */
    Pl__StopPhrase             **stop_phrases;
    size_t                       n_stop_phrases;
    unsigned                     stop_words_set:1;
    ngx_str_t                    stop_text;     /* data NULL: ours */
    ngx_str_t                    start_text;
    ngx_str_t                    help_text;
    ngx_str_t                    language;
    u_char                      *conf_file;     /* where it stands */
    ngx_uint_t                   line;
} ngx_http_parley_tenant_t;


/* What parley_keep names. */
typedef enum {
    NGX_HTTP_PARLEY_KEEP_CHANGES = 0,
    NGX_HTTP_PARLEY_KEEP_AUDIT,
    NGX_HTTP_PARLEY_KEEP_COUNTERS,
    NGX_HTTP_PARLEY_KEEP_QUARANTINE,
    NGX_HTTP_PARLEY_KEEP_DEAD,
    NGX_HTTP_PARLEY_KEEP_MESSAGES,      /* from here on a tenant's too, */
    NGX_HTTP_PARLEY_KEEP_CONTACTS,      /* and whole days */
    NGX_HTTP_PARLEY_KEEPS
} ngx_http_parley_keep_e;


/* parley_events; in a worker, but for the tenant's */
typedef struct {
    ngx_uint_t                   clients;   /* 0: nothing is set */
    ngx_uint_t                   of_tenant;
    ngx_uint_t                   beat;      /* ms without a byte */
    ngx_uint_t                   buffer;    /* bytes that wait for one */
    ngx_uint_t                   slow;      /* ms in which it takes none */
} ngx_http_parley_events_conf_t;


typedef struct {
    ngx_str_t                    store;     /* absolute; NULL: none */
    uint64_t                     store_size;
    ngx_flag_t                   seal;      /* NGX_CONF_UNSET: as it is */
    ngx_str_t                    unsubscribe;   /* its URL, with a NUL */
    ngx_str_t                    key_file;
    ngx_array_t                 *old_key_files;     /* of ngx_str_t; NULL:
                                               none */
    pl_keyring_t                 keys;      /* of all of them */
    ngx_str_t                    callback;  /* where Twilio tells statuses of
                                               channels that say nothing */
    ngx_str_t                    outbox;    /* URI of the doorbell */
    ngx_str_t                    media;     /* absolute; NULL: none */
    uint64_t                     media_max; /* bytes of a file; 0: default */
    ngx_array_t                 *subscriptions_allow;   /* of ngx_str_t; NULL:
                                                           none */
    ngx_msec_t                   journal_keep;
    uint64_t                     journal_keep_bytes;    /* 0: all */
    int64_t                      keep[NGX_HTTP_PARLEY_KEEPS];   /* ms; 0: not
                                               said, -1: for ever */
    uint32_t                     marks[PL_MARKS];       /* percent */
    ngx_uint_t                   queue_entries;
    size_t                       queue_bytes;
    ngx_uint_t                   queue_asks;
    ngx_http_parley_events_conf_t  events;

    ngx_array_t                  tenants;   /* ngx_http_parley_tenant_t */
    ngx_rbtree_t                 known;     /* names that are given once */
    ngx_rbtree_node_t            known_sentinel;
    ngx_array_t                  webhooks;  /* ngx_http_parley_loc_conf_t * */
    ngx_array_t                  sandboxes; /* ngx_http_parley_sandbox_t * */
    ngx_uint_t                   metrics;   /* some location shows them */

    ngx_uint_t                   has_api;   /* some location answers it */
    struct pl_api_s             *api;
    struct pl_jwks_s            *api_jwks;  /* NULL: no tokens are taken */
    struct pl_numbering_s       *numbering; /* NULL: numbers are not
                                               explained */
    const char                  *api_issuer;
    const char                  *api_audience;

    ngx_thread_pool_t           *thread_pool;
    ngx_shm_zone_t              *zone;      /* counters */
    ngx_http_parley_shm_t       *shm;
    pl_codec_t                  *codec;

    /* this load's number (journal.proto, SettingsPublish) */
    u_char                       cycle[16];

    /* the process's own; NULL in the master and in helpers */
    ngx_http_parley_worker_t    *worker;
} ngx_http_parley_main_conf_t;


typedef struct {
    const pl_channel_t          *provider;  /* of parley_webhook, or NULL */
    ngx_uint_t                   header_hash;   /* of the signature's name */
    ngx_str_t                    header;
    ngx_uint_t                   beside_hash;   /* and of what it stands by */
    ngx_str_t                    beside;
    ngx_uint_t                   stamp_hash;
    ngx_str_t                    stamp;
    ngx_str_t                    tenant;    /* the only one that its webhooks
                                               speak for; empty: all */
    ngx_str_t                    public_url;    /* scheme, host, port */
    ngx_array_t                 *secrets;   /* ngx_str_t: files' contents */
    ngx_str_t                    verify_token;
    size_t                       body_max;
    time_t                       retry_after;
    ngx_http_parley_sandbox_t   *sandbox;
    ngx_uint_t                   media_file;
    ngx_uint_t                   api;
    ngx_uint_t                   unsubscribe;
    size_t                       api_body_max;
    ngx_array_t                 *api_cors;  /* ngx_str_t: origins */

    ngx_str_t                    name;      /* the location's, for entries */
    u_char                      *file;      /* where the handler's
                                               directive stands */
    ngx_uint_t                   line;

    /* made in each worker: MACs belong to one thread at a time */
    pl_secrets_t                 loop;
    pl_secrets_t                 thread;
} ngx_http_parley_loc_conf_t;


extern ngx_module_t  ngx_http_parley_module;
extern ngx_module_t  ngx_http_parley_tenant_module;


static ngx_inline pl_str_t
ngx_http_parley_str(const ngx_str_t *s)
{
    pl_str_t  str;

    str.data = s->data;
    str.len = s->len;

    return str;
}


/* ---- ngx_http_parley_conf.c ------------------------------------------- */

char *ngx_http_parley_tenant(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* The process's codec, made on first use; it lives as long as the cycle. */
pl_codec_t *ngx_http_parley_conf_codec(ngx_conf_t *cf);

/* ---- ngx_http_parley_codec.c ------------------------------------------ */

/* pmcf->codec, made where there is none yet; NULL: that was logged. */
pl_codec_t *ngx_http_parley_codec_get(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf);

/* ---- ngx_http_parley_channel.c ---------------------------------------- */

/* What a channel's block lacks, or has of another provider. */
/* One more, of this name; NULL: there is one, and the log says so. */
ngx_http_parley_channel_t *ngx_http_parley_channel_begin(ngx_conf_t *cf,
    ngx_http_parley_tenant_t *tenant, ngx_str_t *name);
char *ngx_http_parley_channel_end(ngx_conf_t *cf,
    ngx_http_parley_channel_t *ch);

/* What a provider delivers is told apart by the account alone. */
/* A name in the tree of those that nginx.conf gives once. */
typedef struct {
    ngx_str_node_t               node;
    ngx_str_t                    channel;   /* of an account */
    ngx_str_t                    tenant;
} ngx_http_parley_known_t;

void ngx_http_parley_known_init(ngx_http_parley_main_conf_t *pmcf);

/* Of a kind ("tenant", a provider's name); NULL: there is none. Any time. */
const ngx_http_parley_known_t *ngx_http_parley_known(
    ngx_http_parley_main_conf_t *pmcf, const char *kind,
    const ngx_str_t *name);

/* One more, that is not known yet. channel may be NULL. */
ngx_int_t ngx_http_parley_know(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf, const char *kind,
    const ngx_str_t *name, const ngx_str_t *channel,
    const ngx_str_t *tenant);

/* A tenant's; one that is known is a mistake. */
ngx_int_t ngx_http_parley_know_tenant(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf, const ngx_str_t *name);

char *ngx_http_parley_channel_unique(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf, ngx_http_parley_channel_t *ch,
    const ngx_str_t *tenant);

/* Setters of a channel's directives. */
char *ngx_http_parley_channel_value(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_channel_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_channel_token_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ---- ngx_http_parley_public.c ----------------------------------------- */

/* The post handler of parley_public_url. */
char *ngx_http_parley_public_check(ngx_conf_t *cf, void *post, void *data);

/*
 * Once all is read: where the channels' statuses are told, and what has to be
 * entered at the provider.
 */
ngx_int_t ngx_http_parley_public_init(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf);

/* The URL that was called; data NULL: no memory. Empty: it is not signed. */
pl_str_t ngx_http_parley_public_url(ngx_http_request_t *r,
    ngx_http_parley_loc_conf_t *plcf);

/* A header's value, of the name in lower case; empty where it is missing. */
pl_str_t ngx_http_parley_public_header(ngx_http_request_t *r,
    const ngx_str_t *name, ngx_uint_t hash);

/*
 * The secrets of a location whose provider's accounts have their own: the
 * tokens of the channels, in the order of their accounts.
 */
ngx_int_t ngx_http_parley_public_macs(ngx_http_parley_main_conf_t *pmcf,
    ngx_http_parley_loc_conf_t *plcf);

/* ---- ngx_http_parley_hook.c ------------------------------------------- */

char *ngx_http_parley_webhook(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_app_secret_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ---- ngx_http_parley_check.c ------------------------------------------ */

/* Values of directives, as post handlers of nginx's own slots. */
char *ngx_http_parley_check_code(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_parley_check_zone(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_parley_check_id(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_parley_check_url(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_parley_check_version(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_parley_check_timeout(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_parley_check_uri(ngx_conf_t *cf, void *post, void *data);

/* A flow's file, which has been read: that it compiles, under its name. */
char *ngx_http_parley_check_name(ngx_conf_t *cf, const char *what,
    ngx_str_t *name);
char *ngx_http_parley_flow(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_parley_check_flow(ngx_conf_t *cf,
    ngx_http_parley_flow_t *flow);

/* ---- ngx_http_parley_store.c ------------------------------------------ */

char *ngx_http_parley_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_parley_key_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ---- ngx_http_parley_limits.c ----------------------------------------- */

char *ngx_http_parley_append_queue(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_tenant_limits(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_journal_keep(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_keep(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_parley_tenant_keep(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_water_marks(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ---- ngx_http_parley_file.c ------------------------------------------- */

/* Reads a file of at most max bytes into cf->pool; says what is wrong. */
char *ngx_http_parley_file_read(ngx_conf_t *cf, ngx_str_t *name, size_t max,
    ngx_str_t *contents);

/* The same for a secret: newlines at its end are cut off, and what is left
   must not be empty. It is wiped when the cycle ends. */
char *ngx_http_parley_file_secret(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *secret);

/* Logs what is wrong with a file, and where. */
void ngx_http_parley_file_place(ngx_conf_t *cf, ngx_uint_t level,
    const ngx_str_t *file, const pl_err_t *err);

/* Sets a channel's token to that of the file. */
char *ngx_http_parley_file_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Directives of a channel (ngx_http_parley_retry.c). */
char *ngx_http_parley_retry(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_parley_unknown(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Directives of a tenant and a channel (ngx_http_parley_policy.c). */
char *ngx_http_parley_quiet_hours(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_business_hours(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_channel_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_quiet(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_parley_consent(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_cap(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_parley_forbid_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ---- ngx_http_parley_templates.c -------------------------------------- */

char *ngx_http_parley_templates_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Directives of a tenant, and what they check (ngx_http_parley_words.c). */
char *ngx_http_parley_stop_words_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_check_text(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_parley_mail_address(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_mail_name(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_mail_server(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_mail_end(ngx_conf_t *cf, ngx_http_parley_channel_t *ch);
char *ngx_http_parley_check_language(ngx_conf_t *cf, void *post, void *data);

/* Holds each flow of the tenant, whose block is at its end, against its
   templates and its quiet hours: logs mistakes, and fails where one is more
   than a warning. */
char *ngx_http_parley_templates_check(ngx_conf_t *cf,
    ngx_http_parley_tenant_t *tenant);

/* Makes the folder of the store, or of files, where it is missing, for the
   worker's user. */
void ngx_http_parley_file_store(ngx_cycle_t *cycle, ngx_str_t *dir);

/* ---- ngx_http_parley_publish.c ---------------------------------------- */

/* The configuration as the journal carries it, in the arena. Any thread. */
pl_status_t ngx_http_parley_publish(const ngx_http_parley_main_conf_t *pmcf,
    const uint8_t *key, pl_arena_t *ar, Pl__SettingsPublish **publish,
    pl_err_t *err);

/* ---- ngx_http_parley_handshake.c -------------------------------------- */

ngx_int_t ngx_http_parley_handshake(ngx_http_request_t *r);

/* ---- ngx_http_parley_webhook.c ---------------------------------------- */

ngx_int_t ngx_http_parley_webhook_handler(ngx_http_request_t *r);

/* What the variables show; false for a request that is no webhook. */
typedef enum {
    NGX_HTTP_PARLEY_ACCEPTED = 0,
    NGX_HTTP_PARLEY_REFUSED,
    NGX_HTTP_PARLEY_UNAVAILABLE,
    NGX_HTTP_PARLEY_RESULTS
} ngx_http_parley_result_e;

typedef struct {
    const pl_channel_t          *provider;
    ngx_http_parley_result_e     result;
    pl_str_t                     body;      /* verified; else NULL */
    uint64_t                     sequence;  /* with result accepted */
    uint64_t                     append_us;
} ngx_http_parley_seen_t;

ngx_int_t ngx_http_parley_webhook_seen(ngx_http_request_t *r,
    ngx_http_parley_seen_t *seen);

/* What logs say of a request: not its line, whose query may hold secrets. */
u_char *ngx_http_parley_log(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len);

extern const ngx_str_t
    ngx_http_parley_result_names[NGX_HTTP_PARLEY_RESULTS];

/* ---- ngx_http_parley_reply.c ------------------------------------------ */

/* An answer without a body. Returns what to finalize with. */
ngx_int_t ngx_http_parley_reply_empty(ngx_http_request_t *r,
    ngx_uint_t status);

/* An answer of len bytes, which live as long as the request. */
ngx_int_t ngx_http_parley_reply_bytes(ngx_http_request_t *r,
    ngx_uint_t status, const ngx_str_t *type, u_char *data, size_t len);

/* A header line of the answer; value lives as long as the request. */
ngx_int_t ngx_http_parley_reply_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);

/* Retry-After, then 503. */
ngx_int_t ngx_http_parley_reply_unavailable(ngx_http_request_t *r);

/*
 * A background subrequest with a body and headers of its own: nothing of
 * the client's is forwarded. header may be NULL. It is only queued; whoever
 * calls this outside of a request's event runs the posted requests.
 */
ngx_int_t ngx_http_parley_reply_subrequest(ngx_http_request_t *r,
    ngx_str_t *uri, ngx_str_t *body, ngx_table_elt_t *headers, ngx_uint_t n,
    ngx_http_post_subrequest_t *ps);

/* ---- ngx_http_parley_unsubscribe.c ------------------------------------ */

char *ngx_http_parley_unsubscribe(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_unsubscribe_merge(ngx_conf_t *cf,
    ngx_http_parley_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf);

/* ---- ngx_http_parley_events_conf.c ------------------------------------ */

char *ngx_http_parley_events(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_http_parley_events_defaults(ngx_http_parley_events_conf_t *ecf);

/* ---- ngx_http_parley_api_conf.c --------------------------------------- */

char *ngx_http_parley_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_parley_api_body_max(ngx_conf_t *cf, void *post, void *data);
char *ngx_http_parley_api_origins(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_api_jwks(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_api_numbering(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_parley_api_merge(ngx_conf_t *cf,
    ngx_http_parley_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf);

/* Once all is read: what the API's locations share. */
ngx_int_t ngx_http_parley_api_create(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf);

/* The handler of parley_api (ngx_http_parley_api.c). */
ngx_int_t ngx_http_parley_api_handler(ngx_http_request_t *r);

/* ---- ngx_http_parley_metrics.c ---------------------------------------- */

char *ngx_http_parley_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ---- ngx_http_parley_sandbox.c ---------------------------------------- */

char *ngx_http_parley_sandbox(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_parley_sandbox_worker(ngx_http_parley_sandbox_t *sb);

/* ---- ngx_http_parley_subscriptions.c ---------------------------------- */

char *ngx_http_parley_subscriptions_allow(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);

/* ---- ngx_http_parley_media.c ------------------------------------------ */

char *ngx_http_parley_media(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_parley_media_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_parley_media_handler(ngx_http_request_t *r);

/* ---- ngx_http_parley_variables.c -------------------------------------- */

ngx_int_t ngx_http_parley_variables(ngx_conf_t *cf);

#endif /* NGX_HTTP_PARLEY_H_INCLUDED */
