/*
 * The live feed: what a client asks for, and the reading of it. The glue
 * holds the connections (src/http/ngx_http_parley_live.h); all that is said
 * about events is here.
 *
 *     GET /v1/events             Server-Sent Events; format=json: a page
 *     GET /v1/events/socket      the same over a WebSocket
 *     POST /v1/events/ticket     stands for the caller once, for a minute
 *
 * Each is PL_API_STREAM: ask leaves a pl_api_live_t in call->op_data, and
 * the glue goes on with it; but a page that need not wait is answered by ask.
 */

#ifndef PL_API_LIVE_H_INCLUDED
#define PL_API_LIVE_H_INCLUDED

#include "api.h"
#include "api_event.h"

#define PL_API_LIVE_OWNER_MAX   128     /* bytes of an owner's name */
#define PL_API_LIVE_WAIT_MAX_S  60      /* a page waits at most */
#define PL_API_LIVE_ROWS_MAX    2048    /* looked at for one page */
#define PL_API_LIVE_WINDOW_MAX  256     /* events told, not acknowledged */
#define PL_API_LIVE_ACK_MAX     64      /* bytes of an acknowledgement */
#define PL_API_LIVE_NOW         UINT64_MAX      /* a cursor: from now on */

typedef enum {
    PL_API_LIVE_EVENTS = 0,
    PL_API_LIVE_SOCKET,
    PL_API_LIVE_WAIT,               /* a page, once there is an event */
    PL_API_LIVE_TICKET
} pl_api_live_e;

/* In the call's arena. */
typedef struct {
    pl_api_live_e           how;
    uint32_t                tenant;
    pl_who_t                who;
    uint32_t                sees;       /* types that the role may see */
    uint64_t                after;      /* or PL_API_LIVE_NOW */
    pl_api_event_filter_t   filter;     /* within sees */
    uint32_t                limit;
    int64_t                 wait_ms;
    uint32_t                window;     /* of a WebSocket; 0: none */
} pl_api_live_t;

extern const pl_api_resource_t  pl_api_events;

/* The types of events that a role may see. */
uint32_t pl_api_live_sees(Pl__ApiRole role);

/*
 * What a client said, as a filter; strings point into said. PL_INVALID with
 * the field's path and words for people.
 */
pl_status_t pl_api_live_filter(const pl_settings_t *settings,
    uint32_t tenant, uint32_t sees, const Pl__Api__EventSubscribe *said,
    pl_api_event_filter_t *filter, pl_err_t *err);

/*
 * Is what a client said an acknowledgement? PL_OK: of all up to *sequence;
 * PL_NOTFOUND: it is something else; PL_INVALID: of what is no id. Cheap:
 * what is longer than PL_API_LIVE_ACK_MAX is none.
 */
pl_status_t pl_api_live_ack(const pl_codec_t *codec, pl_str_t said,
    pl_arena_t *ar, uint64_t *sequence);

/* One event of a walk; it and all it holds die with the next one. False:
   that was enough. */
typedef bool (*pl_api_live_pt)(void *data, const pl_api_event_t *event);

/*
 * Walks a tenant's events behind `after`, n rows at most; from->ar is reset
 * between them. *to: where to go on; *end: it is the snapshot's end (now).
 */
typedef struct {
    uint32_t         tenant;
    uint64_t         after;
    uint64_t         now;           /* pl_api_event_now of the snapshot */
    unsigned         n;
    pl_api_live_pt   each;
    void            *data;
    uint64_t         to;
    bool             end;
} pl_api_live_walk_t;

pl_status_t pl_api_live_walk(const pl_api_event_from_t *from,
    pl_api_live_walk_t *walk, pl_err_t *err);

/* A page, what is in it, and how far it came: as of a walk. */
typedef struct {
    pl_str_t         json;
    unsigned         n;
    uint64_t         to;
    bool             end;
} pl_api_live_page_t;

/*
 * A page of events behind live->after, in ar, which is not from->ar: those
 * that fit the filter, limit at most. One that is empty and not at the end
 * has looked at PL_API_LIVE_ROWS_MAX rows in vain.
 */
pl_status_t pl_api_live_page(const pl_api_event_from_t *from,
    const pl_api_live_t *live, uint64_t now, pl_arena_t *ar,
    pl_api_live_page_t *page, pl_err_t *err);

/* A key that ends, or has ended. */
typedef struct {
    uint64_t         id;
    int64_t          until_ms;      /* 0: it was revoked */
} pl_api_live_key_t;

/*
 * The keys that were revoked or expire at some time, by their numbers, in
 * out, which is not ar: that is reset for each row. There are some thousand
 * keys at most.
 */
pl_status_t pl_api_live_keys(pl_txn_t *txn, pl_arena_t *ar, pl_arena_t *out,
    pl_api_live_key_t **keys, size_t *n, pl_err_t *err);

/* The key's row among them; NULL: it stands, and for good. */
const pl_api_live_key_t *pl_api_live_key(const pl_api_live_key_t *keys,
    size_t n, uint64_t id);

#endif /* PL_API_LIVE_H_INCLUDED */
