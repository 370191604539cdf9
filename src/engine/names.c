/*
 * The index of contacts by the words of their names. A row for each word, and
 * one for its beginning, which leads to it where the store hashes what keys
 * show; changed when a name is: a message of somebody who is known touches
 * none. See words.h.
 */

#include <string.h>

#include "../core/record.h"
#include "words_impl.h"

static pl_status_t names_words(pl_arena_t *ar, const pl_names_t *names,
    pl_word_list_t *list, pl_err_t *err);
static pl_str_t names_begin(pl_str_t word);
static pl_status_t names_put(pl_apply_t *ap, uint32_t tenant,
    uint64_t contact, pl_str_t word, pl_err_t *err);
static pl_status_t names_drop(pl_apply_t *ap, uint32_t tenant,
    uint64_t contact, pl_str_t word, pl_err_t *err);
static bool names_same(const char *a, const char *b);


void
pl_key_name(pl_key_t *key, uint32_t tenant, pl_str_t word, uint64_t contact)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, tenant);
    pl_key_bytes(key, word.data, word.len);

    if (contact != 0) {
        pl_key_u8(key, 0);
        pl_key_u64(key, contact);
    }
}


pl_status_t
pl_names_change(pl_apply_t *ap, uint32_t tenant, uint64_t contact,
    const pl_names_t *from, const pl_names_t *to, pl_err_t *err)
{
    size_t           i;
    pl_str_t         begin;
    pl_status_t      rc;
    pl_word_list_t   before, after;

    if (names_same(from->name, to->name)
        && names_same(from->username, to->username))
    {
        return PL_OK;
    }

    rc = names_words(ap->ar, from, &before, err);

    if (rc == PL_OK) {
        rc = names_words(ap->ar, to, &after, err);
    }

    for (i = 0; rc == PL_OK && i < before.n; i++) {
        if (!pl_names_row(&after, before.words[i])) {
            rc = names_drop(ap, tenant, contact, before.words[i], err);
        }

        begin = names_begin(before.words[i]);

        if (rc == PL_OK && begin.len != 0
            && !pl_names_row(&after, begin))
        {
            rc = names_drop(ap, tenant, contact, begin, err);
        }
    }

    for (i = 0; rc == PL_OK && i < after.n; i++) {
        if (!pl_names_row(&before, after.words[i])) {
            rc = names_put(ap, tenant, contact, after.words[i], err);
        }

        begin = names_begin(after.words[i]);

        if (rc == PL_OK && begin.len != 0
            && !pl_names_row(&before, begin))
        {
            rc = names_put(ap, tenant, contact, begin, err);
        }
    }

    return rc;
}


/* Of a longer word alone: others are their own. */

static pl_str_t
names_begin(pl_str_t word)
{
    return word.len > PL_WORD_BEGIN ? pl_words_begin(word) : PL_STR_NULL;
}


static pl_status_t
names_put(pl_apply_t *ap, uint32_t tenant, uint64_t contact, pl_str_t word,
    pl_err_t *err)
{
    pl_key_t  key;

    pl_key_name(&key, tenant, word, contact);

    return pl_record_put_bytes(ap->txn, PL_TABLE_NAMES, pl_key_str(&key),
                               PL_STR_NULL, false, err);
}


static pl_status_t
names_drop(pl_apply_t *ap, uint32_t tenant, uint64_t contact, pl_str_t word,
    pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_name(&key, tenant, word, contact);
    rc = pl_store_del(ap->txn, PL_TABLE_NAMES, pl_key_str(&key), err);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


bool
pl_names_row(const pl_word_list_t *list, pl_str_t word)
{
    return pl_words_have(list, word, word.len == PL_WORD_BEGIN);
}


static pl_status_t
names_words(pl_arena_t *ar, const pl_names_t *names, pl_word_list_t *list,
    pl_err_t *err)
{
    const char  *text;

    list->words = NULL;
    list->n = 0;

    if (names->name == NULL && names->username == NULL) {
        return PL_OK;
    }

    text = pl_arena_printf(ar, "%s %s",
                           names->name == NULL ? "" : names->name,
                           names->username == NULL ? "" : names->username);
    if (text == NULL) {
        return pl_err_set(err, PL_NOMEM, "names", 0, "out of memory");
    }

    return pl_names_words(ar, text, list, err);
}


pl_status_t
pl_names_words(pl_arena_t *ar, const char *text, pl_word_list_t *list,
    pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_words_text(ar, pl_str_c(text), list, err);

    if (list->n > PL_NAME_WORDS_MAX) {
        list->n = PL_NAME_WORDS_MAX;
    }

    return rc;
}


static bool
names_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}
