/*
 * Which events somebody wants, and from where on. See api_event.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "../engine/state.h"
#include "api_event.h"

#define FILTER_ID_PREFIX  "evt_"


static uint32_t filter_word(pl_str_t word);


bool
pl_api_event_fits(const pl_api_event_filter_t *filter,
    const pl_api_event_t *event)
{
    if (filter->types != 0 && (filter->types & (1u << event->type)) == 0) {
        return false;
    }

    if (filter->channel != 0 && event->channel != 0
        && filter->channel != event->channel)
    {
        return false;
    }

    if (filter->party != 0
        && (filter->party != event->party
            || filter->party_kind != event->party_kind))
    {
        return false;
    }

    return filter->owner == NULL
           || (event->owner != NULL
               && strcmp(filter->owner, event->owner) == 0);
}


pl_status_t
pl_api_event_mask(pl_str_t list, uint32_t *types, pl_err_t *err)
{
    uint32_t        bits;
    pl_str_t        word;
    const uint8_t  *p, *end;

    *types = 0;

    if (list.len > PL_API_EVENT_TYPES_MAX) {
        return pl_err_set(err, PL_TOOBIG, "types", 0,
                          "at most %d bytes", PL_API_EVENT_TYPES_MAX);
    }

    p = list.data;
    end = p + list.len;

    while (p < end) {
        word.data = p;

        while (p < end && *p != ',') {
            p++;
        }

        word.len = (size_t) (p - word.data);
        p++;

        bits = filter_word(word);

        if (bits == 0) {
            return pl_err_set(err, PL_INVALID, "types", 0,
                              "there is no such type of events");
        }

        *types |= bits;
    }

    return PL_OK;
}


/* A type, or what stands before a dot in some. */

static uint32_t
filter_word(pl_str_t word)
{
    size_t       i, len;
    uint32_t     bits;
    const char  *name;

    bits = 0;

    for (i = 0; i < PL_API_EVENT_TYPES; i++) {
        name = pl_api_event_types[i].name;
        len = strlen(name);

        if (word.len != 0 && word.len <= len
            && memcmp(name, word.data, word.len) == 0
            && (word.len == len || name[word.len] == '.'))
        {
            bits |= 1u << i;
        }
    }

    return bits;
}


void
pl_api_event_id(char out[PL_API_EVENT_ID_MAX], uint64_t sequence)
{
    (void) snprintf(out, PL_API_EVENT_ID_MAX, FILTER_ID_PREFIX "%" PRIu64,
                    sequence);
}


bool
pl_api_event_id_parse(pl_str_t id, uint64_t *sequence)
{
    int64_t   n;
    size_t    len;

    len = sizeof(FILTER_ID_PREFIX) - 1;

    if (id.len <= len || memcmp(id.data, FILTER_ID_PREFIX, len) != 0) {
        return false;
    }

    id.data += len;
    id.len -= len;

    if (id.data[0] == '-' || pl_str_int(id, &n) != PL_OK) {
        return false;
    }

    *sequence = (uint64_t) n;

    return true;
}


pl_status_t
pl_api_event_now(pl_txn_t *txn, pl_arena_t *ar, uint64_t *now, pl_err_t *err)
{
    pl_status_t      rc;
    Pl__StateMeta   *meta;

    *now = 0;

    rc = pl_state_meta(txn, ar, &meta, err);

    if (rc == PL_OK) {
        *now = meta->next_id - 1;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_api_event_lost(pl_txn_t *txn, pl_arena_t *ar, uint64_t *pruned,
    pl_err_t *err)
{
    pl_status_t      rc;
    Pl__StateMeta   *meta;

    *pruned = 0;

    rc = pl_state_meta(txn, ar, &meta, err);

    if (rc == PL_OK) {
        *pruned = meta->changes_pruned;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
