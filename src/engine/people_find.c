/*
 * Contacts by name or address. See words_find.h.
 */

#include <string.h>

#include "../core/record.h"
#include "address.h"
#include "words_find.h"
#include "words_impl.h"

typedef struct {
    pl_txn_t         *txn;
    pl_arena_t       *ar;
    uint32_t          tenant;
    pl_word_list_t    words;
    pl_people_t      *out;
} people_t;

static pl_status_t people_names(people_t *pe, pl_err_t *err);
static pl_status_t people_hashed(people_t *pe, pl_str_t word,
    pl_err_t *err);
static pl_status_t people_addresses(people_t *pe, const char *text,
    pl_err_t *err);
static pl_status_t people_scan(people_t *pe, pl_table_e table,
    const pl_key_t *from, pl_err_t *err);
static pl_status_t people_row(people_t *pe, pl_table_e table, pl_str_t key,
    pl_str_t value, pl_err_t *err);
static pl_status_t people_add(people_t *pe, uint64_t id, bool by_name,
    pl_err_t *err);
static bool people_named(people_t *pe, const Pl__Contact *contact);


pl_status_t
pl_people_find(pl_txn_t *txn, pl_arena_t *ar, uint32_t tenant,
    const char *text, pl_people_t *people, pl_err_t *err)
{
    people_t     pe;
    pl_status_t  rc;

    memset(people, 0, sizeof(*people));

    pe.txn = txn;
    pe.ar = ar;
    pe.tenant = tenant;
    pe.out = people;

    rc = pl_words_asked(ar, pl_str_c(text), &pe.words, err);

    if (rc == PL_OK) {
        rc = people_addresses(&pe, text, err);
    }

    return rc == PL_OK && pe.words.n != 0 ? people_names(&pe, err) : rc;
}


static pl_status_t
people_names(people_t *pe, pl_err_t *err)
{
    pl_key_t     from;
    pl_str_t     word = pe->words.words[0];
    pl_status_t  rc;

    pl_key_name(&from, pe->tenant, word, 0);
    rc = people_scan(pe, PL_TABLE_NAMES, &from, err);

    if (rc != PL_OK || pe->out->cut || !pl_words_hashed(pe->txn)) {
        return rc;
    }

    /* who has the word comes before whose begins so */

    rc = word.len < PL_WORD_BEGIN ? PL_OK : people_hashed(pe, word, err);

    if (rc != PL_OK || pe->out->cut || word.len == PL_WORD_BEGIN) {
        return rc;
    }

    if (word.len > PL_WORD_BEGIN) {
        return people_hashed(pe, pl_words_begin(word), err);
    }

    pl_key_name(&from, pe->tenant, PL_STR_NULL, 0);     /* all of them */

    return people_scan(pe, PL_TABLE_NAMES, &from, err);
}


/* Rows that stand by a hash of the word. */

static pl_status_t
people_hashed(people_t *pe, pl_str_t word, pl_err_t *err)
{
    uint8_t      out[PL_HASHED_MAX];
    pl_key_t     from;
    pl_str_t     real;
    pl_status_t  rc;

    pl_key_name(&from, pe->tenant, word, 0);

    rc = pl_store_hashed(pe->txn, PL_TABLE_NAMES, pl_key_str(&from), out,
                         &real, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    from.len = 0;
    pl_key_bytes(&from, real.data, real.len);

    return people_scan(pe, PL_TABLE_NAMES, &from, err);
}


/* A phone may be written with a + and what stands between its digits. */

static pl_status_t
people_addresses(people_t *pe, const char *text, pl_err_t *err)
{
    char             digits[PL_PHONE_MAX + 1];
    size_t           i, n;
    pl_key_t         from;
    const char      *form;
    pl_status_t      rc = PL_OK;
    Pl__AddressKind  kind;

    for (i = 0, n = 0; text[i] != '\0' && n < PL_PHONE_MAX; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            digits[n++] = text[i];

        } else if (strchr("+-()/. ", text[i]) == NULL) {
            n = 0;
            break;
        }
    }

    digits[n] = '\0';

    if (n >= 3) {
        pl_key_address(&from, pe->tenant,
                       PL__ADDRESS_KIND__ADDRESS_KIND_PHONE,
                       pl_str_c(digits));
        rc = people_scan(pe, PL_TABLE_ADDRESSES, &from, err);
    }

    if (rc != PL_OK || strlen(text) < 3 || strlen(text) > PL_ADDRESS_MAX
        || strchr(text, ' ') != NULL)
    {
        return rc;
    }

    kind = strchr(text, '@') != NULL ? PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL
                                     : PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID;

    rc = pl_address_email(pe->ar, text, &form, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_address(&from, pe->tenant, kind, pl_str_c(form));

    return people_scan(pe, PL_TABLE_ADDRESSES, &from, err);
}


static pl_status_t
people_scan(people_t *pe, pl_table_e table, const pl_key_t *from,
    pl_err_t *err)
{
    size_t       rows;
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    rc = pl_store_scan(pe->txn, table, pl_key_str(from), false, &scan, err);

    for (rows = 0; rc == PL_OK && !pe->out->cut; rows++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len < from->len
            || memcmp(key.data, from->data, from->len) != 0)
        {
            break;
        }

        if (rows == PL_FIND_NAMES_MAX) {
            pe->out->cut = true;
            break;
        }

        rc = people_row(pe, table, key, value, err);
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
people_row(people_t *pe, pl_table_e table, pl_str_t key, pl_str_t value,
    pl_err_t *err)
{
    uint64_t     id;
    pl_status_t  rc;

    if (table == PL_TABLE_NAMES) {
        return key.len < 4 + 9
               ? PL_OK
               : people_add(pe, pl_be64(key.data + key.len - 8), true, err);
    }

    rc = pl_record_read_u64(table, value, &id, err);

    return rc == PL_OK ? people_add(pe, id, false, err) : rc;
}


static pl_status_t
people_add(people_t *pe, uint64_t id, bool by_name, pl_err_t *err)
{
    size_t             i;
    unsigned           hops;
    pl_key_t           key;
    pl_status_t        rc;
    Pl__Contact       *contact;
    ProtobufCMessage  *msg;

    for (hops = 0; ; hops++) {
        pl_key_tenant_seq(&key, pe->tenant, id);

        rc = pl_record_get(pe->txn, PL_TABLE_CONTACTS, pl_key_str(&key),
                           &pl__contact__descriptor, pe->ar, &msg, err);
        if (rc != PL_OK) {
            return rc == PL_NOTFOUND ? PL_OK : rc;
        }

        contact = (Pl__Contact *) msg;

        if (hops == 0 && by_name && !people_named(pe, contact)) {
            return PL_OK;
        }

        if (!contact->has_joined_to || hops > PL_JOINED_MAX) {
            break;
        }

        id = contact->joined_to;
    }

    for (i = 0; i < pe->out->n; i++) {
        if (pe->out->ids[i] == id) {
            return PL_OK;
        }
    }

    if (pe->out->n == PL_FIND_PEOPLE_MAX) {
        pe->out->cut = true;

    } else {
        pe->out->ids[pe->out->n++] = id;
    }

    return PL_OK;
}


static bool
people_named(people_t *pe, const Pl__Contact *contact)
{
    size_t           i;
    char            *text;
    pl_err_t         err;
    pl_word_list_t   list;

    text = pl_arena_printf(pe->ar, "%s %s",
                           contact->name == NULL ? "" : contact->name,
                           contact->username == NULL ? ""
                                                     : contact->username);

    if (text == NULL || pl_names_words(pe->ar, text, &list, &err) != PL_OK) {
        return false;
    }

    for (i = 0; i < pe->words.n; i++) {
        if (!pl_words_have(&list, pe->words.words[i], true)) {
            return false;
        }
    }

    return true;
}
