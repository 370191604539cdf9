/*
 * See inbox_list.h.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "inbox.h"
#include "inbox_list.h"

#define LIST_SEEN_SLOTS   (2 * PL_LIST_LOOKS_MAX)       /* a power of 2 */
#define LIST_JUMP         32        /* rows: nearer than that is walked */
#define LIST_ARENA        (64u * 1024)
#define LIST_ARENA_MAX    (16u * 1024 * 1024)

/* What a row of changes says, as far as a walk for messages cares. */
typedef struct {
    uint64_t   kind;
    uint64_t   party_kind;
    uint64_t   party;
    uint64_t   message;
    uint64_t   spoke;
} list_change_t;

typedef struct {
    pl_txn_t                *txn;
    pl_arena_t              *ar;        /* the caller's */
    pl_arena_t              *look;      /* of one conversation */
    uint32_t                 tenant;
    const pl_list_filter_t  *filter;
    uint64_t                 before;
    size_t                   limit;
    pl_list_t               *out;
    bool                     done;      /* no older one is wanted */
    uint64_t                 seen[LIST_SEEN_SLOTS];     /* party, kind */
} list_t;

typedef struct {
    uint64_t    message;
    pl_party_t  party;
} list_place_t;

static pl_status_t list_page(list_t *li, pl_err_t *err);
static pl_status_t list_changes(list_t *li, pl_err_t *err);
static pl_status_t list_step(list_t *li, pl_str_t key, pl_str_t value,
    uint64_t *jump, pl_err_t *err);
static pl_status_t list_quiet(list_t *li, pl_err_t *err);
static pl_status_t list_row(list_t *li, const pl_party_t *party,
    uint64_t message, pl_err_t *err);
static pl_status_t list_get(list_t *li, const pl_party_t *party,
    pl_arena_t *ar, Pl__Conversation **conv, pl_err_t *err);
static bool list_room(list_t *li, uint64_t at);
static bool list_seen(list_t *li, const list_change_t *change);
static bool list_peek(pl_str_t value, list_change_t *change);
static bool list_varint(pl_str_t *in, uint64_t *n);
static pl_status_t list_view(list_t *li, bool *taken, pl_err_t *err);
static pl_status_t list_gather(list_t *li, const pl_key_t *from,
    list_place_t *places, size_t *n, bool *many, pl_err_t *err);
static pl_status_t list_range(list_t *li, pl_str_t from,
    const pl_key_t *like, list_place_t *places, size_t *n, bool *many,
    pl_err_t *err);
static pl_status_t list_take(list_t *li, list_place_t *places, size_t n,
    pl_err_t *err);
static size_t list_sort(list_place_t *places, size_t n);
static int list_order(const void *a, const void *b);


pl_status_t
pl_inbox_list(pl_txn_t *txn, pl_arena_t *ar, uint32_t tenant,
    const pl_list_filter_t *filter, uint64_t before, size_t limit,
    pl_list_t *list, pl_err_t *err)
{
    list_t       *li;
    pl_arena_t   *look;
    pl_status_t   rc;

    memset(list, 0, sizeof(*list));

    look = pl_arena_create(LIST_ARENA, LIST_ARENA_MAX);
    li = pl_arena_zalloc(ar, sizeof(*li));

    if (look == NULL || li == NULL) {
        pl_arena_destroy(look);
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    li->txn = txn;
    li->ar = ar;
    li->look = look;
    li->tenant = tenant;
    li->filter = filter;
    li->before = before;
    li->limit = limit < PL_LIST_MAX ? limit : PL_LIST_MAX;
    li->out = list;

    rc = list_page(li, err);

    pl_arena_destroy(look);

    return rc;
}


bool
pl_inbox_fits(const Pl__Conversation *conv, const pl_list_filter_t *filter)
{
    bool                     person;
    size_t                   i;
    int64_t                  time_ms;
    Pl__ConversationStatus   status;

    if (conv->has_joined_to
        || (!filter->any_archived && !conv->archived != !filter->archived)
        || (filter->unread && conv->unread == 0))
    {
        return false;
    }

    status = conv->has_status
             ? conv->status
             : PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN;

    if (filter->status != 0 && filter->status != status) {
        return false;
    }

    person = conv->owner != NULL && conv->owner[0] != '\0';

    if (filter->owner != NULL
        && strcmp(filter->owner, person ? conv->owner : "") != 0)
    {
        return false;
    }

    if (filter->channel != 0) {
        for (i = 0; i < conv->n_channels
                    && conv->channels[i] != filter->channel; i++)
        {
            /* void */
        }

        if (i == conv->n_channels) {
            return false;
        }
    }

    if (filter->tag != NULL) {
        for (i = 0; i < conv->n_tags
                    && strcmp(conv->tags[i], filter->tag) != 0; i++)
        {
            /* void */
        }

        if (i == conv->n_tags) {
            return false;
        }
    }

    time_ms = pl_inbox_time(conv);

    return time_ms >= filter->since_ms
           && (filter->until_ms == 0 || time_ms < filter->until_ms);
}


int64_t
pl_inbox_time(const Pl__Conversation *conv)
{
    return conv->last_in_ms > conv->last_out_ms ? conv->last_in_ms
                                                : conv->last_out_ms;
}


static pl_status_t
list_page(list_t *li, pl_err_t *err)
{
    bool         taken;
    pl_status_t  rc;

    rc = list_view(li, &taken, err);
    if (rc != PL_OK || taken) {
        return rc;
    }

    rc = list_changes(li, err);

    return rc == PL_OK && !li->done ? list_quiet(li, err) : rc;
}


static pl_status_t
list_changes(list_t *li, pl_err_t *err)
{
    uint64_t     at, jump;
    pl_key_t     from;
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    at = li->before == 0 ? UINT64_MAX : li->before - 1;

    do {
        pl_key_tenant_seq(&from, li->tenant, at);
        jump = 0;

        rc = pl_store_scan(li->txn, PL_TABLE_CHANGES, pl_key_str(&from),
                           true, &scan, err);
        if (rc != PL_OK) {
            return rc;
        }

        while (jump == 0 && !li->done) {
            rc = pl_store_scan_next(scan, &key, &value, err);

            if (rc == PL_OK && pl_be32(key.data) != li->tenant) {
                rc = PL_NOTFOUND;
            }

            if (rc != PL_OK) {
                break;
            }

            rc = list_step(li, key, value, &jump, err);
            if (rc != PL_OK) {
                break;
            }
        }

        pl_store_scan_end(scan);
        at = jump;
    } while (rc == PL_OK && !li->done);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* jump: there is no message between there and here. */

static pl_status_t
list_step(list_t *li, pl_str_t key, pl_str_t value, uint64_t *jump,
    pl_err_t *err)
{
    uint64_t        at;
    pl_party_t      party;
    list_change_t   change;

    at = pl_be64(key.data + 4);

    if (!list_room(li, at)) {
        return PL_OK;
    }

    li->out->walked++;

    if (!list_peek(value, &change)) {
        return PL_OK;                   /* check reports it */
    }

    if (change.kind != PL__CHANGE_KIND__CHANGE_KIND_MESSAGE) {
        if (change.spoke != 0 && change.spoke + LIST_JUMP < at) {
            *jump = change.spoke;
        }

        return PL_OK;
    }

    if (change.message == 0
        || (li->before != 0 && change.message >= li->before)
        || list_seen(li, &change))
    {
        return PL_OK;
    }

    party.tenant = li->tenant;
    party.kind = (Pl__PartyKind) change.party_kind;
    party.party = change.party;

    return list_row(li, &party, change.message, err);
}


static pl_status_t
list_quiet(list_t *li, pl_err_t *err)
{
    uint64_t     at;
    pl_key_t     from;
    pl_str_t     key, value, place;
    pl_scan_t   *scan;
    pl_party_t   party;
    pl_status_t  rc;

    pl_key_quiet(&from, li->tenant,
                 li->before == 0 ? UINT64_MAX : li->before - 1);

    rc = pl_store_scan(li->txn, PL_TABLE_QUIET, pl_key_str(&from), true,
                       &scan, err);

    while (rc == PL_OK && !li->done) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || pl_be32(key.data) != li->tenant) {
            break;
        }

        at = pl_be64(key.data + 4);

        if (!list_room(li, at)) {
            break;
        }

        li->out->walked++;
        party.tenant = li->tenant;

        rc = pl_record_read_bytes(PL_TABLE_QUIET, value, &place, err);

        if (rc == PL_OK
            && pl_key_place_parse(place, &party.kind, &party.party))
        {
            rc = list_row(li, &party, at, err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* A conversation that was newest with this message, once. */

static pl_status_t
list_row(list_t *li, const pl_party_t *party, uint64_t message,
    pl_err_t *err)
{
    pl_list_row_t     *row;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    rc = list_get(li, party, li->look, &conv, err);

    if (rc != PL_OK || conv == NULL || conv->n_newest == 0
        || conv->newest[conv->n_newest - 1] != message)
    {
        return rc;
    }

    if (li->filter->since_ms != 0
        && pl_inbox_time(conv) < li->filter->since_ms)
    {
        li->done = true;                /* and all behind it are older */
        li->out->next = 0;
        return PL_OK;
    }

    if (!pl_inbox_fits(conv, li->filter)) {
        return PL_OK;
    }

    row = &li->out->rows[li->out->n++];
    row->party = *party;
    row->message = message;

    return list_get(li, party, li->ar, &row->conv, err);
}


/* *conv NULL: there is none. */

static pl_status_t
list_get(list_t *li, const pl_party_t *party, pl_arena_t *ar,
    Pl__Conversation **conv, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (ar == li->look) {
        pl_arena_reset(ar);
        li->out->looks++;
    }

    pl_key_party(&key, party);

    rc = pl_record_get(li->txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                       &pl__conversation__descriptor, ar, &msg, err);
    *conv = rc == PL_OK ? (Pl__Conversation *) msg : NULL;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* The page is full, or enough was looked at: the next begins below `at`. */

static bool
list_room(list_t *li, uint64_t at)
{
    pl_list_t  *out;

    out = li->out;

    if (out->n < li->limit && out->walked < PL_LIST_ROWS_MAX
        && out->looks < PL_LIST_LOOKS_MAX)
    {
        return true;
    }

    out->cut = out->n < li->limit;
    out->next = out->cut || out->n == 0 ? at + 1
                                        : out->rows[out->n - 1].message;
    li->done = true;

    return false;
}


/* Has its conversation been looked at? Only its first row can be newest. */

static bool
list_seen(list_t *li, const list_change_t *change)
{
    size_t    slot;
    uint64_t  what;

    what = change->party << 3 | change->party_kind;

    for (slot = (size_t) (what * 0x9e3779b97f4a7c15ull >> 40)
                & (LIST_SEEN_SLOTS - 1);
         li->seen[slot] != 0;
         slot = (slot + 1) & (LIST_SEEN_SLOTS - 1))
    {
        if (li->seen[slot] == what) {
            return true;
        }
    }

    li->seen[slot] = what;

    return false;
}


/*
 * Reads a packed Change without unpacking it: a walk looks at thousands. The
 * fields that it wants are varints; protobuf-c packs in their order.
 */

static bool
list_peek(pl_str_t value, list_change_t *change)
{
    uint64_t   tag, n;
    uint64_t  *fields[] = {
        NULL, &change->kind, &change->party_kind, &change->party,
        &change->message
    };

    memset(change, 0, sizeof(*change));

    if (value.len == 0 || value.data[0] != PL_ENVELOPE_PLAIN) {
        return false;
    }

    value.data++;
    value.len--;

    while (value.len != 0) {
        if (!list_varint(&value, &tag) || !list_varint(&value, &n)) {
            return false;
        }

        if ((tag & 7) == 2) {           /* bytes */
            if (n > value.len) {
                return false;
            }

            value.data += n;
            value.len -= n;

        } else if ((tag & 7) != 0) {
            return false;

        } else if (tag >> 3 < PL_COUNT(fields)) {
            if (fields[tag >> 3] != NULL) {
                *fields[tag >> 3] = n;
            }

        } else if (tag >> 3 == 541) {
            change->spoke = n;
        }
    }

    return true;
}


static bool
list_varint(pl_str_t *in, uint64_t *n)
{
    unsigned  shift;

    *n = 0;

    for (shift = 0; shift < 64 && in->len != 0; shift += 7) {
        *n |= (uint64_t) (*in->data & 0x7f) << shift;
        in->len--;

        if ((*in->data++ & 0x80) == 0) {
            return true;
        }
    }

    return false;
}


/*
 * Few conversations have what is asked for: they are read from `views`, and
 * sorted. *taken: no, there are many, or nothing of the kind was asked.
 */

static pl_status_t
list_view(list_t *li, bool *taken, pl_err_t *err)
{
    bool                     many;
    size_t                   n;
    pl_key_t                 from;
    pl_status_t              rc;
    list_place_t            *places;
    const pl_list_filter_t  *filter;

    filter = li->filter;
    *taken = false;

    if (filter->owner != NULL && filter->owner[0] != '\0') {
        pl_key_view(&from, li->tenant, PL_VIEW_OWNER, filter->owner, NULL);

    } else if (filter->archived) {
        pl_key_view(&from, li->tenant, PL_VIEW_ARCHIVED, NULL, NULL);

    } else if (filter->tag != NULL) {
        pl_key_view(&from, li->tenant, PL_VIEW_TAG, filter->tag, NULL);

    } else if (filter->status
               == PL__CONVERSATION_STATUS__CONVERSATION_STATUS_HANDOVER)
    {
        pl_key_view(&from, li->tenant, PL_VIEW_OWNER, NULL, NULL);

    } else {
        return PL_OK;
    }

    places = pl_arena_alloc(li->ar, PL_LIST_VIEW_MAX * sizeof(*places));
    if (places == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    if (!pl_key_ok(&from)) {
        return PL_OK;
    }

    rc = list_gather(li, &from, places, &n, &many, err);
    if (rc != PL_OK || many) {
        return rc;
    }

    *taken = true;

    return list_take(li, places, n, err);
}


/* As they were put before anything was sealed; and under a hash. */
static pl_status_t
list_gather(list_t *li, const pl_key_t *from, list_place_t *places,
    size_t *n, bool *many, pl_err_t *err)
{
    uint8_t      out[PL_HASHED_MAX];
    pl_str_t     real;
    pl_status_t  rc;

    *n = 0;
    *many = false;
    rc = list_range(li, pl_key_str(from), from, places, n, many, err);

    if (rc != PL_OK || *many || from->len <= PL_VIEW_HEAD) {
        return rc;
    }

    rc = pl_store_hashed(li->txn, PL_TABLE_VIEWS, pl_key_str(from), out,
                         &real, err);

    return rc == PL_OK ? list_range(li, real, from, places, n, many, err)
                       : rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Rows from a place on, whose plain keys begin as `like` does. */

static pl_status_t
list_range(list_t *li, pl_str_t from, const pl_key_t *like,
    list_place_t *places, size_t *n, bool *many, pl_err_t *err)
{
    pl_str_t      key, value, name;
    pl_scan_t    *scan;
    pl_view_e     view;
    pl_status_t   rc;

    rc = pl_store_scan(li->txn, PL_TABLE_VIEWS, from, false, &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len < like->len
            || memcmp(key.data, like->data, like->len) != 0)
        {
            break;
        }

        if (*n == PL_LIST_VIEW_MAX) {
            *many = true;
            break;
        }

        li->out->walked++;

        if (pl_key_view_parse(key, &view, &name, &places[*n].party)) {
            places[(*n)++].message = 0;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
list_take(list_t *li, list_place_t *places, size_t n, pl_err_t *err)
{
    size_t             i, kept;
    uint64_t           newest;
    pl_list_row_t     *row;
    pl_status_t        rc = PL_OK;
    Pl__Conversation  *conv;

    for (i = 0, kept = 0; rc == PL_OK && i < n; i++) {
        rc = list_get(li, &places[i].party, li->look, &conv, err);

        newest = rc != PL_OK || conv == NULL || conv->n_newest == 0
                 ? 0 : conv->newest[conv->n_newest - 1];

        if (newest != 0 && (li->before == 0 || newest < li->before)
            && pl_inbox_fits(conv, li->filter))
        {
            places[kept] = places[i];
            places[kept++].message = newest;
        }
    }

    kept = list_sort(places, kept);

    for (i = 0; rc == PL_OK && i < kept && i < li->limit; i++) {
        row = &li->out->rows[li->out->n++];
        row->party = places[i].party;
        row->message = places[i].message;
        rc = list_get(li, &row->party, li->ar, &row->conv, err);
    }

    li->out->next = kept > li->limit ? places[li->limit - 1].message : 0;

    return rc;
}


/* The newest first, each once: a walk may meet a row of the other form. */

static size_t
list_sort(list_place_t *places, size_t n)
{
    size_t  i, kept = n != 0;

    qsort(places, n, sizeof(*places), list_order);

    for (i = 1; i < n; i++) {
        if (places[i].message != places[kept - 1].message) {
            places[kept++] = places[i];
        }
    }

    return kept;
}


static int
list_order(const void *a, const void *b)
{
    const list_place_t  *x = a, *y = b;

    return (x->message < y->message) - (x->message > y->message);
}
