/*
 * Operations of the live feed. See api_live.h.
 */

#include <string.h>

#include "../core/str.h"
#include "api_live.h"


static pl_status_t events_list(pl_api_call_t *call, pl_err_t *err);
static pl_status_t events_socket(pl_api_call_t *call, pl_err_t *err);
static pl_status_t events_stands(pl_api_call_t *call, pl_api_live_t *live,
    pl_err_t *err);
static pl_status_t events_ticket(pl_api_call_t *call, pl_err_t *err);
static pl_status_t events_live(pl_api_call_t *call, pl_api_live_e how,
    pl_api_live_t **live, pl_err_t *err);
static pl_status_t events_after(pl_api_call_t *call, pl_api_live_t *live,
    pl_err_t *err);
static pl_status_t events_page(pl_api_call_t *call, pl_api_live_t *live,
    pl_err_t *err);
static pl_status_t events_nomem(pl_err_t *err);


static const pl_api_op_t  events_ops[] = {
    { "listEvents", PL_API_GET, "/v1/events", PL_MAY_EVENTS_READ,
      &pl__api__event_query__descriptor, NULL,
      &pl__api__event_page__descriptor, 200, PL_API_STREAM, events_list, NULL,
      "Follow what happens",
      "Server-Sent Events, from Last-Event-ID or `after` on, or from now on; "
      "with `format=json` a page of them, oldest first, which with `wait` is "
      "answered once there is one. A cursor that is older than what is kept "
      "gets the event `reset`, or 409." },

    { "openEventSocket", PL_API_GET, "/v1/events/socket", PL_MAY_EVENTS_READ,
      &pl__api__event_query__descriptor, NULL, NULL, 101, PL_API_STREAM,
      events_socket, NULL, "Follow what happens over a WebSocket",
      "Each event is a text message. In place of the header a browser, which "
      "cannot send it, names a ticket among its subprotocols. With `window` "
      "no more events are sent than that beyond those that the client has "
      "acknowledged." },

    { "createEventTicket", PL_API_POST, "/v1/events/ticket",
      PL_MAY_EVENTS_READ, NULL, NULL, &pl__api__event_ticket__descriptor, 201,
      PL_API_STREAM | PL_API_DRY, events_ticket, NULL,
      "Get a ticket for a WebSocket",
      "It stands for the caller once, within a minute." },
};

#define BOUND(shape, field, rule, bound)                                      \
    { &pl__api__##shape##__descriptor, field, PL_RULE_##rule, NULL, bound }

static const pl_rule_t  events_rows[] = {
    BOUND(event_query, "after", LEN_MAX, PL_API_EVENT_ID_MAX - 1),
    BOUND(event_query, "types", LEN_MAX, PL_API_EVENT_TYPES_MAX),
    BOUND(event_query, "channel", LEN_MAX, PL_NAME_MAX),
    BOUND(event_query, "conversation", LEN_MAX, PL_API_EVENT_ID_MAX - 1),
    BOUND(event_query, "owner", LEN_MAX, PL_API_LIVE_OWNER_MAX),
    BOUND(event_query, "limit", MIN, 1),
    BOUND(event_query, "limit", MAX, PL_API_LIMIT_MAX),
    BOUND(event_query, "wait", MAX, PL_API_LIVE_WAIT_MAX_S),
    BOUND(event_query, "window", MAX, PL_API_LIVE_WINDOW_MAX),
};

static const pl_rules_t  events_rules = {
    events_rows, PL_COUNT(events_rows)
};

#define WORD(field, text)                                                     \
    { &pl__api__event_query__descriptor, field, text }

static const pl_json_word_t  events_word_rows[] = {
    WORD("after", "Events behind this one: `evt_93`. Without it from now on; "
         "a page begins with the oldest event that is kept."),
    WORD("types", "Types of events, with a comma between them; what stands "
         "before a dot means all that begin so: `message,task.fired`."),
    WORD("channel", "Events of this channel, and those that belong to none."),
    WORD("conversation", "Events of this conversation: `cnt_7`, `grp_2`."),
    WORD("owner", "Events of conversations that this person answers; `none`: "
         "that the bot does."),
    WORD("format", "`stream` (the default) or `json`, a page."),
    WORD("wait", "Seconds that a page may wait for its first event."),
    WORD("window", "Events that a WebSocket may be sent and has not "
         "acknowledged; `0`, the default: any number."),
};

static const pl_json_words_t  events_words = {
    events_word_rows, PL_COUNT(events_word_rows)
};

const pl_api_resource_t  pl_api_events = {
    "Events", "What happens, as it happens: docs/events.md.",
    events_ops, PL_COUNT(events_ops), &events_rules, &events_words
};


static pl_status_t
events_list(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                  rc;
    pl_api_live_t               *live;
    const Pl__Api__EventQuery   *query;

    query = (const Pl__Api__EventQuery *) call->query;

    if (query->has_window) {
        return pl_api_problem(call, PL_API_BAD_QUERY, "window",
                              "is a WebSocket's");
    }

    rc = events_live(call, PL_API_LIVE_EVENTS, &live, err);

    if (rc == PL_OK && query->has_format
        && query->format == PL__API__EVENT_FORMAT__EVENT_FORMAT_JSON)
    {
        live->how = PL_API_LIVE_WAIT;
        live->wait_ms = (int64_t) query->wait * 1000;

        return events_page(call, live, err);
    }

    return rc;
}


static pl_status_t
events_socket(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t     rc;
    pl_api_live_t  *live = NULL;

    rc = events_live(call, PL_API_LIVE_SOCKET, &live, err);

    if (rc != PL_OK) {
        return rc;
    }

    live->window = ((const Pl__Api__EventQuery *) call->query)->window;

    return call->in.who == NULL ? PL_OK : events_stands(call, live, err);
}


/* A ticket is no more than the key or the token that it stands for. */

static pl_status_t
events_stands(pl_api_call_t *call, pl_api_live_t *live, pl_err_t *err)
{
    size_t                    n;
    pl_arena_t               *ar;
    pl_status_t               rc;
    pl_api_live_key_t        *keys;
    const pl_api_live_key_t  *key;

    if (pl_who_gone(call->settings, live->who.tenant)) {
        return pl_api_problem(call, PL_API_UNAUTHORIZED, NULL,
                              "the tenant that the ticket is of was removed");
    }

    if (live->who.key == 0) {
        return PL_OK;                   /* a token ends as it says itself */
    }

    ar = pl_arena_create(PL_API_ARENA_BLOCK, PL_API_ARENA_MAX);
    if (ar == NULL) {
        return events_nomem(err);
    }

    rc = pl_api_live_keys(call->txn, ar, call->ar, &keys, &n, err);
    pl_arena_destroy(ar);

    if (rc != PL_OK) {
        return rc;
    }

    key = pl_api_live_key(keys, n, live->who.key);

    if (key == NULL) {
        return PL_OK;
    }

    live->who.expires_ms = key->until_ms;

    return key->until_ms > call->now_ms
           ? PL_OK
           : pl_api_problem(call, PL_API_UNAUTHORIZED, NULL,
                            "the key that the ticket stands for has ended");
}


static pl_status_t
events_ticket(pl_api_call_t *call, pl_err_t *err)
{
    pl_api_live_t  *live;

    live = pl_arena_zalloc(call->ar, sizeof(*live));
    if (live == NULL) {
        return events_nomem(err);
    }

    live->how = PL_API_LIVE_TICKET;
    live->tenant = call->tenant;
    live->who = call->who;
    call->op_data = live;

    return PL_OK;
}


/* What the query says, checked; err's path is the field's name. */

static pl_status_t
events_live(pl_api_call_t *call, pl_api_live_e how, pl_api_live_t **live,
    pl_err_t *err)
{
    pl_api_live_t               *l;
    Pl__Api__EventSubscribe      said = PL__API__EVENT_SUBSCRIBE__INIT;
    const Pl__Api__EventQuery   *query;

    query = (const Pl__Api__EventQuery *) call->query;

    l = pl_arena_zalloc(call->ar, sizeof(*l));
    if (l == NULL) {
        return events_nomem(err);
    }

    l->how = how;
    l->tenant = call->tenant;
    l->who = call->who;
    l->sees = pl_api_live_sees(call->who.role);
    l->limit = query->has_limit ? query->limit : PL_API_LIMIT;

    said.types = query->types;
    said.channel = query->channel;
    said.conversation = query->conversation;
    said.owner = query->owner;

    if (pl_api_live_filter(call->settings, call->tenant, l->sees, &said,
                           &l->filter, err)
        != PL_OK)
    {
        return pl_api_problem(call, PL_API_BAD_QUERY, err->op, "%s",
                              err->text);
    }

    *live = l;
    call->op_data = l;

    return events_after(call, l, err);
}


/* Last-Event-ID is what a client that comes back knows best. */

static pl_status_t
events_after(pl_api_call_t *call, pl_api_live_t *live, pl_err_t *err)
{
    pl_str_t                     after;
    const Pl__Api__EventQuery   *query;

    (void) err;                         /* pl_api_problem says it */

    query = (const Pl__Api__EventQuery *) call->query;
    after = call->in.last_event_id;

    if (after.len == 0) {
        after = pl_str_c(query->after);
    }

    if (after.len == 0) {
        live->after = PL_API_LIVE_NOW;
        return PL_OK;
    }

    if (!pl_api_event_id_parse(after, &live->after)
        || live->after >= call->meta->next_id)
    {
        return pl_api_problem(call, PL_API_BAD_CURSOR, "after",
                              "is no id of an event: evt_93");
    }

    return PL_OK;
}


static pl_status_t
events_page(pl_api_call_t *call, pl_api_live_t *live, pl_err_t *err)
{
    uint64_t              pruned;
    pl_status_t           rc;
    pl_api_live_page_t    page;
    pl_api_event_from_t   from;

    pruned = call->meta->changes_pruned;

    if (live->after == PL_API_LIVE_NOW) {
        live->after = live->wait_ms != 0 ? call->meta->next_id - 1 : pruned;
    }

    if (live->after < pruned) {
        return pl_api_problem(call, PL_API_CONFLICT, "after",
                              "events behind this one are no longer kept; "
                              "read what there is anew, and go on from "
                              "evt_%llu",
                              (unsigned long long) call->meta->next_id - 1);
    }

    from.txn = call->txn;
    from.settings = call->settings;
    from.codec = pl_api_codec(call->api);
    from.ar = pl_arena_create(PL_API_ARENA_BLOCK, PL_API_ARENA_MAX);
    if (from.ar == NULL) {
        return events_nomem(err);
    }

    rc = pl_api_live_page(&from, live, call->meta->next_id - 1, call->ar,
                          &page, err);
    pl_arena_destroy(from.ar);

    if (rc == PL_OK && page.n == 0 && page.end && live->wait_ms != 0) {
        live->after = page.to;
        return PL_OK;                   /* the glue waits */
    }

    return rc == PL_OK
           ? pl_api_bytes(call, 200, "application/json", page.json) : rc;
}


static pl_status_t
events_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "events", 0, "out of memory");
}
