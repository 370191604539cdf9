/*
 * Others' messages that have the provider's id of what an erased person said
 * in a group: what answers it, reacts to it, pins it, takes it back.
 *
 * No index leads from an id to its message, and a row that was blanked has its
 * id no more. So the walk over groups notes a hash of each id that it takes
 * away, and another walk behind it looks where they stand, whichever of the
 * two messages is the older. As many as PL_ERASE_QUOTED_MAX are noted at a
 * time; then the one walk waits for the other. Who said nothing in groups
 * costs no second walk.
 *
 * An id that holds one of the person's numbers is found without, so that what
 * retention has blanked before, or what was never here, is not missed.
 */

#include <stdlib.h>
#include <string.h>

#include "../channel/values.h"
#include "../core/record.h"
#include "../core/str.h"
#include "dedupe.h"
#include "erase_impl.h"
#include "quoted.h"

/* Asked of each id; those in a body that could not be read, too. */
typedef bool (*quote_is_pt)(pl_erase_rows_t *r, pl_str_t id);

typedef struct {
    pl_erase_rows_t  *r;
    quote_is_pt       is;
} quote_t;

static bool quote_drop(pl_erase_rows_t *r, Pl__Message *m, quote_is_pt is);
static bool quote_raw(pl_erase_rows_t *r, Pl__Message *m, quote_is_pt is);
static bool quote_value(void *data, pl_str_t key, pl_str_t value);
static bool quote_number(pl_erase_rows_t *r, pl_str_t id);
static bool quote_noted(pl_erase_rows_t *r, pl_str_t id);
static pl_status_t quote_hash(const pl_erase_rows_t *r, const char *id,
    uint64_t *hash);
static int quote_compare(const void *a, const void *b);


bool
pl_erase_quotes(pl_erase_rows_t *r, Pl__Message *message)
{
    bool             named;
    pl_mention_t     of;
    Pl__Quarantine   aside = PL__QUARANTINE__INIT;
    Pl__Content     *content = message->content;

    named = quote_drop(r, message, quote_number);

    if (!content->has_raw) {
        return named;
    }

    /* it is overwritten where it is looked at */

    aside.has_raw = 1;
    aside.raw.len = content->raw.len;
    aside.raw.data = pl_arena_dup(r->ar, content->raw.data, content->raw.len);
    pl_erase_mention(r, false, &of);

    if (aside.raw.data == NULL || pl_mention_aside(&of, &aside, r->ar)) {
        content->has_raw = 0;
        return true;
    }

    return named;
}


pl_status_t
pl_erase_quote_note(pl_erase_rows_t *r, uint64_t id, const char *provider_id)
{
    size_t        room;
    uint64_t     *all, hash;
    pl_status_t   rc;
    Pl__Erasure  *e = r->e;

    if (provider_id == NULL) {
        return PL_OK;
    }

    if (e->n_quoted >= PL_ERASE_QUOTED_MAX) {
        e->has_again = 1;
        e->again = id;
        r->over = true;
        return PL_OK;
    }

    rc = quote_hash(r, provider_id, &hash);
    if (rc != PL_OK) {
        return rc;
    }

    if (!r->quoted) {                   /* once for all rows of the step */
        room = (e->n_quoted + PL_ERASE_ROWS) * sizeof(*all);

        all = pl_arena_alloc(r->ap->ar, room);
        if (all == NULL) {
            return pl_err_set(r->err, PL_NOMEM, "erase", 0, "out of memory");
        }

        if (e->n_quoted != 0) {
            memcpy(all, e->quoted, e->n_quoted * sizeof(*all));
        }

        e->quoted = all;
        r->quoted = true;
    }

    e->quoted[e->n_quoted++] = hash;

    return PL_OK;
}


void
pl_erase_quote_sort(Pl__Erasure *e)
{
    if (e->n_quoted != 0) {
        qsort(e->quoted, e->n_quoted, sizeof(*e->quoted), quote_compare);
    }
}


pl_status_t
pl_erase_row_quote(pl_erase_rows_t *r, bool *gone)
{
    Pl__Message  *m = (Pl__Message *) r->msg;

    (void) gone;

    if (m->tenant != r->e->tenant || m->has_erased
        || !quote_drop(r, m, quote_noted))
    {
        return PL_OK;
    }

    return pl_record_put(r->ap->txn, PL_TABLE_MESSAGES, pl_key_str(&r->key),
                         &m->base, false, r->err);
}


static bool
quote_drop(pl_erase_rows_t *r, Pl__Message *m, quote_is_pt is)
{
    bool         any;
    size_t       i;
    const char  *id;

    any = m->content->has_raw && quote_raw(r, m, is);

    for (i = 0; (id = pl_quoted(m, i)) != NULL; i++) {
        if (id[0] != '\0' && is(r, pl_str_c(id))) {
            pl_quoted_drop(m, i);
            any = true;
        }
    }

    return any;
}


/* All of it goes: nobody knows what else it says there. */

static bool
quote_raw(pl_erase_rows_t *r, Pl__Message *m, quote_is_pt is)
{
    quote_t   q = { r, is };
    uint8_t  *copy;

    r->bytes += m->content->raw.len;

    copy = pl_arena_dup(r->ar, m->content->raw.data, m->content->raw.len);

    if (copy != NULL
        && !pl_values_find(copy, m->content->raw.len, quote_value, &q))
    {
        return false;
    }

    m->content->has_raw = 0;

    return true;
}


static bool
quote_value(void *data, pl_str_t key, pl_str_t value)
{
    quote_t  *q = data;

    (void) key;

    return value.len != 0 && value.len <= PL_PROVIDER_ID_MAX
           && q->is(q->r, value);
}


static bool
quote_number(pl_erase_rows_t *r, pl_str_t id)
{
    pl_mention_t  of;

    pl_erase_mention(r, false, &of);

    return pl_mention_is(&of, pl_quoted_number(r->ap->settings,
                         ((const Pl__Message *) r->msg)->channel, id, r->ar));
}


/* What cannot be hashed is taken for one of them. */

static bool
quote_noted(pl_erase_rows_t *r, pl_str_t id)
{
    char        *text;
    uint64_t     hash;

    text = pl_arena_str(r->ar, id);

    return text == NULL || quote_hash(r, text, &hash) != PL_OK
           || bsearch(&hash, r->e->quoted, r->e->n_quoted, sizeof(hash),
                      quote_compare) != NULL;
}


/* Of no channel's: in a group of two of ours each is told of it. */

static pl_status_t
quote_hash(const pl_erase_rows_t *r, const char *id, uint64_t *hash)
{
    uint8_t      whole[PL_HASH128_LEN];
    pl_status_t  rc;

    rc = pl_dedupe_hash(r->ap->hash, 0, id, whole, r->err);
    *hash = rc == PL_OK ? pl_be64(whole) : 0;

    return rc;
}


static int
quote_compare(const void *a, const void *b)
{
    const uint64_t  *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}
