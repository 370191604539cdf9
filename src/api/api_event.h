/*
 * Events: what happened in a tenant, as others are told of it. Each row of
 * `changes` becomes at most one Event of api_events.proto, by a pure
 * function; /v1/events, its WebSocket, its pages and subscriptions all call
 * it. docs/events.md lists the types.
 *
 * A row names what changed, and holds nothing that a person wrote: the text
 * of a message and the name of a contact are looked up when an event is
 * rendered, in the same snapshot that the row is read from. So what was
 * erased meanwhile is in no event, and a conversation is shown as it stands
 * when it is told, not as it stood. The state of a message and of a consent,
 * and what became of a task or a hold, are the row's: each is told as it was.
 *
 * An event's id is the row's sequence, shown as evt_93. Sequences grow over
 * all tenants; rows are in order and none comes later with a smaller one, so
 * that "all behind this id" is a cursor. Up to StateMeta.changes_pruned rows
 * have been dropped: a cursor below it may have missed some, and whoever
 * reads says so (pl_api_event_lost).
 *
 * What a role may see are types: each has a permission. One that may not see
 * a type is not told of it, and all others are told the same bytes.
 *
 * Any thread; memory is the caller's arena.
 */

#ifndef PL_API_EVENT_H_INCLUDED
#define PL_API_EVENT_H_INCLUDED

#include "../core/json.h"
#include "../core/store.h"
#include "../engine/keys.h"
#include "../engine/settings.h"
#include "api_events.pb-c.h"
#include "who.h"

#define PL_API_EVENT_TEXT_MAX    4096   /* bytes of a message's words */
#define PL_API_EVENT_TYPES_MAX   512    /* bytes of a list of types */
#define PL_API_EVENT_ID_MAX      32     /* "evt_93" and its NUL */

/* The bit of each in a mask of types is 1u << value. */
typedef enum {
    PL_API_EVENT_MESSAGE_CREATED = 0,
    PL_API_EVENT_MESSAGE_UPDATED,
    PL_API_EVENT_MESSAGE_STATUS,
    PL_API_EVENT_MESSAGE_MEDIA,
    PL_API_EVENT_CONVERSATION_UPDATED,
    PL_API_EVENT_CONVERSATION_EVENT,
    PL_API_EVENT_HANDOVER,
    PL_API_EVENT_CONTACT_UPDATED,
    PL_API_EVENT_CONSENT_CHANGED,
    PL_API_EVENT_TASK_ARMED,
    PL_API_EVENT_TASK_FIRED,
    PL_API_EVENT_TASK_CANCELLED,
    PL_API_EVENT_TEMPLATE_UPDATED,
    PL_API_EVENT_CHANNEL_UPDATED,
    PL_API_EVENT_HOLD_PLACED,
    PL_API_EVENT_HOLD_LIFTED,
    PL_API_EVENT_GROUP_UPDATED,
    PL_API_EVENT_TYPES
} pl_api_event_e;

typedef struct {
    const char   *name;         /* message.created */
    pl_api_may_e  may;          /* who has this may see it */
    const char   *summary;      /* for docs/openapi.yaml */
} pl_api_event_type_t;

extern const pl_api_event_type_t  pl_api_event_types[PL_API_EVENT_TYPES];

/* What events are rendered from: one snapshot, its settings, and a codec
   that knows pl.api.Event (pl_api_event_codec, or a larger one). */
typedef struct {
    pl_txn_t              *txn;         /* of the state */
    const pl_settings_t   *settings;
    const pl_codec_t      *codec;
    pl_arena_t            *ar;
} pl_api_event_from_t;

/* An event, and what filters look at. Strings are in the arena. */
typedef struct {
    uint64_t         sequence;
    int64_t          time_ms;
    uint32_t         tenant;
    uint32_t         channel;       /* 0: of none, or of all */
    pl_api_event_e   type;
    Pl__PartyKind    party_kind;    /* 0: it is about nobody */
    uint64_t         party;
    const char      *owner;         /* who answers there; "": the bot; NULL:
                                       it is about no conversation */
    Pl__Api__Event  *event;
    pl_str_t         json;          /* one line */
} pl_api_event_t;

/*
 * A row of `changes`, key and value as a scan hands them out, as an event.
 * PL_NOTFOUND: it tells nothing to others (a kind that this version does not
 * know, or a tenant that is none): go on behind it; out->sequence is set.
 * Else the store's failures, PL_FOREIGN, PL_NOMEM.
 */
pl_status_t pl_api_event_render(const pl_api_event_from_t *from,
    pl_str_t key, pl_str_t value, pl_api_event_t *out, pl_err_t *err);

/* ---- filters (api_event_filter.c) ----------------------------------- */

/* All zeroes: everything. */
typedef struct {
    uint32_t         types;         /* mask; 0: all */
    uint32_t         channel;       /* events of none pass too */
    Pl__PartyKind    party_kind;    /* with party: one conversation */
    uint64_t         party;
    const char      *owner;         /* "": the bot; NULL: whoever */
} pl_api_event_filter_t;

bool pl_api_event_fits(const pl_api_event_filter_t *filter,
    const pl_api_event_t *event);

/*
 * A list of types, comma between them: "message.created,task" (what stands
 * before a dot means all that begin so). PL_INVALID names the one that is
 * none; PL_TOOBIG. Empty: 0, all.
 */
pl_status_t pl_api_event_mask(pl_str_t list, uint32_t *types, pl_err_t *err);

/* ---- cursors (api_event_filter.c) ----------------------------------- */

/* evt_93. */
void pl_api_event_id(char out[PL_API_EVENT_ID_MAX], uint64_t sequence);

/* The way back; evt_0 is before all. False: it is none. */
bool pl_api_event_id_parse(pl_str_t id, uint64_t *sequence);

/* Where "from now on" is in this snapshot: no row is behind it, and each
   that comes will be. */
pl_status_t pl_api_event_now(pl_txn_t *txn, pl_arena_t *ar, uint64_t *now,
    pl_err_t *err);

/* Up to where rows of any tenant may have been dropped: a cursor that is
   smaller has a gap that nobody can tell. 0: none were. */
pl_status_t pl_api_event_lost(pl_txn_t *txn, pl_arena_t *ar,
    uint64_t *pruned, pl_err_t *err);

/* The shapes of api_events.proto alone, for programs without the API. */
pl_status_t pl_api_event_codec(pl_codec_t **codec, pl_err_t *err);

#endif /* PL_API_EVENT_H_INCLUDED */
