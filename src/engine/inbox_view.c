/*
 * What people have done with few of many conversations: a row for each that
 * somebody owns, that is archived, that has a tag, so that a list of those is
 * no walk through all. Written when a person, or a flow, says so, and by no
 * message. See inbox.h.
 */

#include <string.h>

#include "../core/record.h"
#include "inbox.h"

#define VIEW_NAME_MAX  256          /* bytes: a longer one has no row */


void
pl_key_view(pl_key_t *key, uint32_t tenant, pl_view_e view, const char *name,
    const pl_party_t *party)
{
    key->len = 0;
    key->overflow = false;

    pl_key_u32(key, tenant);
    pl_key_u8(key, (uint8_t) view);

    if (name == NULL && party == NULL) {
        return;
    }

    if (name != NULL) {
        pl_key_bytes(key, name, strlen(name));
    }

    pl_key_u8(key, 0);

    if (party != NULL) {
        pl_key_u8(key, (uint8_t) party->kind);
        pl_key_u64(key, party->party);
    }
}


bool
pl_key_view_parse(pl_str_t key, pl_view_e *view, pl_str_t *name,
    pl_party_t *party)
{
    if (key.len < 5 + 1 + PL_KEY_PLACE_LEN) {
        return false;
    }

    *view = (pl_view_e) key.data[4];
    name->data = key.data + 5;
    name->len = key.len - 5 - 1 - PL_KEY_PLACE_LEN;
    party->tenant = pl_be32(key.data);

    return key.data[5 + name->len] == 0
           && pl_key_place_parse((pl_str_t) { name->data + name->len + 1,
                                              PL_KEY_PLACE_LEN },
                                 &party->kind, &party->party);
}


pl_status_t
pl_view_put(pl_apply_t *ap, const pl_party_t *party, pl_view_e view,
    const char *name, pl_err_t *err)
{
    pl_key_t  key;

    if (name != NULL && strlen(name) > VIEW_NAME_MAX) {
        return PL_OK;
    }

    pl_key_view(&key, party->tenant, view, name, party);

    return pl_record_put_bytes(ap->txn, PL_TABLE_VIEWS, pl_key_str(&key),
                               PL_STR_NULL, false, err);
}


pl_status_t
pl_view_del(pl_apply_t *ap, const pl_party_t *party, pl_view_e view,
    const char *name, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    if (name != NULL && strlen(name) > VIEW_NAME_MAX) {
        return PL_OK;
    }

    pl_key_view(&key, party->tenant, view, name, party);

    rc = pl_store_del(ap->txn, PL_TABLE_VIEWS, pl_key_str(&key), err);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_view_all(pl_apply_t *ap, const pl_party_t *party,
    const Pl__Conversation *conv, bool put, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;
    pl_status_t  (*change)(pl_apply_t *ap, const pl_party_t *party,
                           pl_view_e view, const char *name, pl_err_t *err);

    change = put ? pl_view_put : pl_view_del;
    rc = PL_OK;

    if (conv->owner != NULL && conv->owner[0] != '\0') {
        rc = change(ap, party, PL_VIEW_OWNER, conv->owner, err);
    }

    if (rc == PL_OK && conv->archived) {
        rc = change(ap, party, PL_VIEW_ARCHIVED, NULL, err);
    }

    for (i = 0; rc == PL_OK && i < conv->n_tags; i++) {
        rc = change(ap, party, PL_VIEW_TAG, conv->tags[i], err);
    }

    return rc;
}


pl_status_t
pl_tag_del(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    const char *tag, bool *changed, pl_err_t *err)
{
    size_t  i, n;

    for (i = 0, n = 0; i < conv->n_tags; i++) {
        if (strcmp(conv->tags[i], tag) != 0) {
            conv->tags[n++] = conv->tags[i];
        }
    }

    if (n == conv->n_tags) {
        return PL_OK;
    }

    conv->n_tags = n;
    *changed = true;

    return pl_view_del(ap, party, PL_VIEW_TAG, tag, err);
}


pl_status_t
pl_tag_add(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    const char *tag, bool *changed, pl_err_t *err)
{
    size_t  i;

    for (i = 0; i < conv->n_tags; i++) {
        if (strcmp(conv->tags[i], tag) == 0) {
            return PL_OK;
        }
    }

    if (conv->n_tags >= PL_TAGS_MAX) {
        return pl_feed_count(ap, party->tenant, "tags", "full", err);
    }

    conv->tags = pl_apply_list(ap, conv->tags, conv->n_tags, (void *) tag);
    if (conv->tags == NULL) {
        return pl_err_set(err, PL_NOMEM, "tags", 0, "out of memory");
    }

    conv->n_tags++;
    *changed = true;

    return pl_view_put(ap, party, PL_VIEW_TAG, tag, err);
}
