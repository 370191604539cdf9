/*
 * Reading the feed: filters, walks, pages. See api_live.h.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "api_live.h"

#define LIVE_KEY_LEN  12                /* tenant u32, sequence u64 */
#define LIVE_NOBODY   "none"            /* owner: the bot answers */


typedef struct {
    const pl_api_live_t   *live;
    pl_arena_t            *ar;
    Pl__Api__EventPage    *page;
    size_t                 room;
    uint64_t               last;
    bool                   nomem;
} live_page_t;


static pl_status_t live_party(const char *said,
    pl_api_event_filter_t *filter, pl_err_t *err);
static bool live_channel(const pl_settings_t *settings, uint32_t tenant,
    const char *name, uint32_t *id);
static pl_status_t live_row(const pl_api_event_from_t *from,
    pl_api_live_walk_t *walk, pl_str_t key, pl_str_t value, bool *more,
    pl_err_t *err);
static bool live_add(void *data, const pl_api_event_t *event);
static Pl__Api__Event *live_keep(pl_arena_t *ar,
    const pl_api_event_t *event);
static int live_order(const void *a, const void *b);


uint32_t
pl_api_live_sees(Pl__ApiRole role)
{
    size_t    i;
    uint32_t  sees;

    for (i = 0, sees = 0; i < PL_API_EVENT_TYPES; i++) {
        if (pl_may(role, pl_api_event_types[i].may)) {
            sees |= 1u << i;
        }
    }

    return sees;
}


pl_status_t
pl_api_live_filter(const pl_settings_t *settings, uint32_t tenant,
    uint32_t sees, const Pl__Api__EventSubscribe *said,
    pl_api_event_filter_t *filter, pl_err_t *err)
{
    uint32_t     types;
    pl_status_t  rc;

    memset(filter, 0, sizeof(pl_api_event_filter_t));

    if (said->has_window && said->window > PL_API_LIVE_WINDOW_MAX) {
        return pl_err_set(err, PL_INVALID, "window", 0, "is more than %d",
                          PL_API_LIVE_WINDOW_MAX);
    }

    rc = pl_api_event_mask(pl_str_c(said->types), &types, err);
    if (rc != PL_OK) {
        return PL_INVALID;
    }

    /* one that may see nothing of what it asks for gets a type that is none */

    filter->types = types == 0 ? sees : types & sees;

    if (filter->types == 0) {
        filter->types = 1u << PL_API_EVENT_TYPES;
    }

    if (said->channel != NULL
        && !live_channel(settings, tenant, said->channel, &filter->channel))
    {
        return pl_err_set(err, PL_INVALID, "channel", 0,
                          "there is no such channel");
    }

    if (said->owner != NULL) {
        if (strlen(said->owner) > PL_API_LIVE_OWNER_MAX) {
            return pl_err_set(err, PL_INVALID, "owner", 0,
                              "is longer than %d bytes",
                              PL_API_LIVE_OWNER_MAX);
        }

        filter->owner = strcmp(said->owner, LIVE_NOBODY) == 0
                        ? "" : said->owner;
    }

    return said->conversation == NULL
           ? PL_OK : live_party(said->conversation, filter, err);
}


pl_status_t
pl_api_live_ack(const pl_codec_t *codec, pl_str_t said, pl_arena_t *ar,
    uint64_t *sequence)
{
    ProtobufCMessage  *msg;

    if (said.len > PL_API_LIVE_ACK_MAX
        || pl_json_decode(codec, &pl__api__event_ack__descriptor, said, 0, ar,
                          &msg, NULL)
           != PL_OK)
    {
        return PL_NOTFOUND;
    }

    return pl_api_event_id_parse(pl_str_c(((Pl__Api__EventAck *) msg)->ack),
                                 sequence)
           ? PL_OK : PL_INVALID;
}


static pl_status_t
live_party(const char *said, pl_api_event_filter_t *filter, pl_err_t *err)
{
    int64_t   n;
    pl_str_t  id;

    id = pl_str_c(said);

    if (id.len > 4 && said[4] != '-'
        && (memcmp(said, "cnt_", 4) == 0 || memcmp(said, "grp_", 4) == 0))
    {
        filter->party_kind = said[0] == 'g'
                             ? PL__PARTY_KIND__PARTY_KIND_GROUP
                             : PL__PARTY_KIND__PARTY_KIND_CONTACT;
        id.data += 4;
        id.len -= 4;

        if (pl_str_int(id, &n) == PL_OK && n > 0) {
            filter->party = (uint64_t) n;
            return PL_OK;
        }
    }

    return pl_err_set(err, PL_INVALID, "conversation", 0,
                      "is no id of a conversation: cnt_7, grp_2");
}


static bool
live_channel(const pl_settings_t *settings, uint32_t tenant,
    const char *name, uint32_t *id)
{
    size_t                    i;
    const pl_channel_conf_t  *channel;

    for (i = 0; ; i++) {
        channel = pl_settings_channel_at(settings, i);

        if (channel == NULL) {
            return false;
        }

        if (channel->tenant == tenant
            && strcmp(channel->row->name, name) == 0)
        {
            *id = channel->row->id;
            return true;
        }
    }
}


pl_status_t
pl_api_live_walk(const pl_api_event_from_t *from, pl_api_live_walk_t *walk,
    pl_err_t *err)
{
    bool         more;
    unsigned     i;
    pl_key_t     first;
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    walk->to = walk->after;
    walk->end = false;

    pl_key_tenant_seq(&first, walk->tenant, walk->after + 1);

    rc = pl_store_scan(from->txn, PL_TABLE_CHANGES, pl_key_str(&first),
                       false, &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0, more = true; more && i < walk->n; i++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_NOTFOUND
            || (rc == PL_OK && (key.len != LIVE_KEY_LEN
                                || pl_be32(key.data) != walk->tenant)))
        {
            walk->end = true;
            walk->to = walk->now > walk->to ? walk->now : walk->to;
            rc = PL_OK;
            break;
        }

        if (rc == PL_OK) {
            rc = live_row(from, walk, key, value, &more, err);
        }

        if (rc != PL_OK) {
            break;
        }
    }

    pl_store_scan_end(scan);

    return rc;
}


static pl_status_t
live_row(const pl_api_event_from_t *from, pl_api_live_walk_t *walk,
    pl_str_t key, pl_str_t value, bool *more, pl_err_t *err)
{
    pl_status_t     rc;
    pl_api_event_t  event;

    pl_arena_reset(from->ar);

    rc = pl_api_event_render(from, key, value, &event, err);

    if (rc == PL_NOTFOUND) {
        walk->to = event.sequence;
        return PL_OK;
    }

    if (rc == PL_OK) {
        *more = walk->each(walk->data, &event);
        walk->to = event.sequence;
    }

    return rc;
}


pl_status_t
pl_api_live_page(const pl_api_event_from_t *from, const pl_api_live_t *live,
    uint64_t now, pl_arena_t *ar, pl_api_live_page_t *out, pl_err_t *err)
{
    char                 id[PL_API_EVENT_ID_MAX];
    live_page_t          p;
    pl_status_t          rc;
    Pl__Api__EventPage   page = PL__API__EVENT_PAGE__INIT;
    pl_api_live_walk_t   walk;

    memset(out, 0, sizeof(pl_api_live_page_t));

    memset(&p, 0, sizeof(live_page_t));
    p.live = live;
    p.ar = ar;
    p.page = &page;
    p.room = live->limit;

    page.events = pl_arena_alloc(ar, p.room * sizeof(*page.events));
    if (page.events == NULL) {
        return pl_err_set(err, PL_NOMEM, "events", 0, "out of memory");
    }

    memset(&walk, 0, sizeof(walk));
    walk.tenant = live->tenant;
    walk.after = live->after;
    walk.now = now;
    walk.n = PL_API_LIVE_ROWS_MAX;
    walk.each = live_add;
    walk.data = &p;

    rc = pl_api_live_walk(from, &walk, err);

    if (rc == PL_OK && p.nomem) {
        rc = pl_err_set(err, PL_NOMEM, "events", 0, "out of memory");
    }

    if (rc != PL_OK) {
        return rc;
    }

    pl_api_event_id(id, walk.to);
    page.after = id;
    page.has_more = !walk.end;
    page.more = !walk.end;
    out->n = (unsigned) page.n_events;
    out->to = walk.to;
    out->end = walk.end;

    return pl_json_encode(from->codec, &page.base, ar, &out->json, err);
}


static bool
live_add(void *data, const pl_api_event_t *event)
{
    live_page_t     *p = data;
    Pl__Api__Event  *kept;

    if (!pl_api_event_fits(&p->live->filter, event)) {
        return true;
    }

    kept = live_keep(p->ar, event);

    if (kept == NULL) {
        p->nomem = true;
        return false;
    }

    p->page->events[p->page->n_events++] = kept;

    return p->page->n_events < p->room;
}


/* The event's own memory is the next one's: packed, and unpacked here. */

static Pl__Api__Event *
live_keep(pl_arena_t *ar, const pl_api_event_t *event)
{
    size_t    len;
    uint8_t  *packed;

    len = pl__api__event__get_packed_size(event->event);

    packed = pl_arena_alloc(ar, len);
    if (packed == NULL) {
        return NULL;
    }

    (void) pl__api__event__pack(event->event, packed);

    return pl__api__event__unpack(pl_arena_protobuf(ar), len, packed);
}


pl_status_t
pl_api_live_keys(pl_txn_t *txn, pl_arena_t *ar, pl_arena_t *out,
    pl_api_live_key_t **keys, size_t *n, pl_err_t *err)
{
    uint64_t             rows;
    pl_str_t             key, value;
    pl_scan_t           *scan;
    pl_status_t          rc;
    ProtobufCMessage    *msg;
    const Pl__ApiKey    *row;

    *n = 0;

    rc = pl_store_count(txn, PL_TABLE_KEYS, &rows, err);

    if (rc == PL_OK) {
        rc = pl_store_scan(txn, PL_TABLE_KEYS, PL_STR_NULL, false, &scan,
                           err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    *keys = pl_arena_alloc(out, rows * sizeof(pl_api_live_key_t));
    if (*keys == NULL) {
        rc = pl_err_set(err, PL_NOMEM, "keys", 0, "out of memory");
    }

    while (rc == PL_OK
           && (rc = pl_store_scan_next(scan, &key, &value, err)) == PL_OK)
    {
        pl_arena_reset(ar);

        rc = pl_record_read(PL_TABLE_KEYS, value, &pl__api_key__descriptor,
                            ar, &msg, err);
        row = (const Pl__ApiKey *) msg;

        if (rc == PL_OK && (row->has_revoked_ms || row->has_expires_ms)) {
            (*keys)[*n].id = row->id;
            (*keys)[*n].until_ms = row->has_revoked_ms ? 0 : row->expires_ms;
            (*n)++;
        }
    }

    pl_store_scan_end(scan);

    if (*n > 1) {
        qsort(*keys, *n, sizeof(pl_api_live_key_t), live_order);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


const pl_api_live_key_t *
pl_api_live_key(const pl_api_live_key_t *keys, size_t n, uint64_t id)
{
    pl_api_live_key_t  key = { id, 0 };

    return n == 0
           ? NULL
           : bsearch(&key, keys, n, sizeof(pl_api_live_key_t), live_order);
}


static int
live_order(const void *a, const void *b)
{
    uint64_t  x = ((const pl_api_live_key_t *) a)->id;
    uint64_t  y = ((const pl_api_live_key_t *) b)->id;

    return x < y ? -1 : x > y;
}
