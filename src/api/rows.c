/*
 * See rows.h.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "rows.h"

static pl_status_t rows_start(pl_api_call_t *call,
    const pl_rows_page_t *page, pl_str_t position, pl_scan_t **scan,
    pl_err_t *err);
static pl_status_t rows_walk(pl_api_call_t *call, const pl_rows_page_t *page,
    pl_scan_t *scan, pl_str_t position, char **next, pl_err_t *err);


void
pl_rows_reader(const pl_api_call_t *call, pl_apply_t *ap)
{
    memset(ap, 0, sizeof(*ap));
    ap->txn = call->txn;
    ap->ar = call->ar;
    ap->settings = call->settings;
    ap->now_ms = call->tenant_ms;
    ap->offset_ms = pl_settings_clock(call->settings, call->tenant);
}


pl_status_t
pl_rows_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "api", 0, "out of memory");
}


void **
pl_rows_list(pl_api_call_t *call, size_t n)
{
    return pl_arena_zalloc(call->ar, (n + 1) * sizeof(void *));
}


pl_status_t
pl_rows_param(pl_api_call_t *call, size_t i, const char *prefix,
    uint64_t *id)
{
    return pl_api_id_read(call->params[i], prefix, id)
           ? PL_OK : pl_api_missing(call);
}


pl_status_t
pl_rows_text(pl_api_call_t *call, size_t i, const char **text, pl_err_t *err)
{
    *text = pl_utf8_clean(call->ar, call->params[i]);

    return *text != NULL ? PL_OK : pl_rows_nomem(err);
}


/* ---- channels ------------------------------------------------------- */

pl_status_t
pl_rows_channel(pl_api_call_t *call, const char *name, const char *path,
    const pl_channel_conf_t **channel)
{
    size_t                    i, n = 0;
    const pl_channel_conf_t  *c;

    *channel = NULL;

    for (i = 0; (c = pl_settings_channel_at(call->settings, i)) != NULL; i++)
    {
        if (c->tenant != call->tenant) {
            continue;
        }

        if (name != NULL && strcmp(c->row->name, name) == 0) {
            *channel = c;
            return PL_OK;
        }

        if (name == NULL && !c->row->removed) {
            *channel = c;
            n++;
        }
    }

    if (n == 1) {
        return PL_OK;
    }

    if (name != NULL && path == NULL) {
        return pl_api_missing(call);
    }

    return pl_api_problem(call, PL_API_BAD_FIELD, path, "%s",
                          name != NULL
                          ? "the tenant has no channel of that name"
                          : n == 0 ? "the tenant has no channel"
                          : "the tenant has several: say which");
}


size_t
pl_rows_channels(const pl_api_call_t *call)
{
    size_t                    i, n = 0;
    const pl_channel_conf_t  *c;

    for (i = 0; (c = pl_settings_channel_at(call->settings, i)) != NULL; i++)
    {
        n += c->tenant == call->tenant && !c->row->removed;
    }

    return n;
}


const char *
pl_rows_channel_name(const pl_api_call_t *call, uint32_t id)
{
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(call->settings, id);

    return channel != NULL ? channel->row->name : "";
}


/* ---- contacts and messages ------------------------------------------ */

pl_status_t
pl_rows_contact(pl_api_call_t *call, size_t i, Pl__Contact **contact,
    pl_err_t *err)
{
    uint64_t     id;
    pl_apply_t   ap;
    pl_status_t  rc;

    rc = pl_rows_param(call, i, "cnt_", &id);
    if (rc != PL_OK) {
        return rc;
    }

    pl_rows_reader(call, &ap);

    rc = pl_contact_get(&ap, call->tenant, id, contact, err);

    return rc == PL_NOTFOUND || (rc == PL_OK && (*contact)->has_erased_ms)
           ? pl_api_missing(call) : rc;
}


pl_status_t
pl_rows_message(pl_api_call_t *call, uint64_t id, Pl__Message **message,
    pl_err_t *err)
{
    pl_apply_t   ap;
    pl_status_t  rc;

    pl_rows_reader(call, &ap);

    rc = pl_message_get(&ap, id, message, err);

    if (rc == PL_NOTFOUND
        || (rc == PL_OK && (*message)->tenant != call->tenant))
    {
        return pl_api_missing(call);
    }

    return rc;
}


void
pl_rows_party(pl_api_call_t *call, Pl__PartyKind kind, uint64_t party,
    char **contact, char **group)
{
    *contact = NULL;
    *group = NULL;

    if (kind == PL__PARTY_KIND__PARTY_KIND_GROUP) {
        *group = pl_api_id(call, "grp_", party);

    } else if (kind == PL__PARTY_KIND__PARTY_KIND_CONTACT && party != 0) {
        *contact = pl_api_id(call, "cnt_", party);
    }
}


/* ---- pages ---------------------------------------------------------- */

pl_status_t
pl_rows_page(pl_api_call_t *call, const pl_rows_page_t *page, char **next,
    pl_err_t *err)
{
    pl_str_t      position = PL_STR_NULL;
    pl_scan_t    *scan;
    pl_status_t   rc = PL_OK;

    *next = NULL;

    if (page->cursor != NULL) {
        rc = pl_api_cursor_read(call, page->cursor, &position);
    }

    if (rc == PL_OK) {
        rc = rows_start(call, page, position, &scan, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    rc = rows_walk(call, page, scan, position, next, err);
    pl_store_scan_end(scan);

    return rc;
}


/* Backward from the first key behind all of the prefix. */

static pl_status_t
rows_start(pl_api_call_t *call, const pl_rows_page_t *page,
    pl_str_t position, pl_scan_t **scan, pl_err_t *err)
{
    size_t    i;
    pl_key_t  from = page->prefix;

    if (position.len != 0) {
        pl_key_bytes(&from, position.data, position.len);

    } else if (page->backward) {
        for (i = 0; i < 16; i++) {
            pl_key_u8(&from, 0xff);
        }
    }

    if (!pl_key_ok(&from)) {
        return pl_api_problem(call, PL_API_BAD_CURSOR, "cursor",
                              "no cursor of this list");
    }

    return pl_store_scan(call->txn, page->table, pl_key_str(&from),
                         page->backward, scan, err);
}


static pl_status_t
rows_walk(pl_api_call_t *call, const pl_rows_page_t *page, pl_scan_t *scan,
    pl_str_t position, char **next, pl_err_t *err)
{
    bool         kept;
    size_t       looked = 0, n = 0, len = page->prefix.len;
    pl_key_t     last;
    pl_str_t     key, value, rest;
    pl_status_t  rc;

    last.len = 0;
    last.overflow = false;

    for ( ;; ) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_NOTFOUND || (rc == PL_OK
            && (key.len < len
                || memcmp(key.data, page->prefix.data, len) != 0)))
        {
            return PL_OK;
        }

        if (rc != PL_OK) {
            return rc;
        }

        rest.data = key.data + len;
        rest.len = key.len - len;

        if (position.len != 0 && pl_str_eq(rest, position)) {
            continue;                   /* the last of the page before */
        }

        if (n == page->n || looked == PL_ROWS_LOOK_MAX) {
            *next = pl_api_cursor(call, pl_key_str(&last));
            return *next != NULL ? PL_OK : pl_rows_nomem(err);
        }

        last.len = 0;
        pl_key_bytes(&last, rest.data, rest.len);

        kept = false;
        rc = page->add(call, page->data, key, value, &kept, err);
        if (rc != PL_OK) {
            return rc;
        }

        looked++;
        n += kept;
    }
}
