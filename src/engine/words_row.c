/*
 * See words_impl.h.
 */

#include <string.h>

#include "../core/record.h"
#include "words_impl.h"

#define WORDS_COVER_LEN  16         /* a segment's first and last message */


void
pl_key_words(pl_key_t *key, uint32_t segment, uint32_t tenant,
    uint64_t number, pl_words_kind_e kind, pl_str_t word)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, segment);
    pl_key_u32(key, tenant);

    if (number == 0) {
        return;
    }

    pl_key_u64(key, number);

    if (kind == PL_WORDS_BUCKET) {
        pl_key_u8(key, PL_WORDS_BUCKET);
        pl_key_u8(key, pl_words_bucket(word));

    } else if (kind == PL_WORDS_BEGIN) {
        word = pl_words_begin(word);
        pl_key_u8(key, PL_WORDS_BEGIN);
        pl_key_bytes(key, word.data, word.len);
    }
}


/* Of a tenant's words alone: who chooses them gains nothing but long rows. */

uint8_t
pl_words_bucket(pl_str_t word)
{
    static const uint64_t  none[2] = { 0, 0 };

    return (uint8_t) pl_words_hash(none, 0, word);
}


pl_words_kind_e
pl_words_kind(pl_str_t *row)
{
    pl_words_kind_e  kind;

    if (row->len == 0) {
        return PL_WORDS_ALL;
    }

    kind = row->data[0] == PL_WORDS_BUCKET ? PL_WORDS_BUCKET
           : row->data[0] == PL_WORDS_BEGIN ? PL_WORDS_BEGIN : PL_WORDS_ALL;
    row->data++;
    row->len--;

    return kind;
}


bool
pl_words_hashed(pl_txn_t *txn)
{
    uint8_t   out[PL_HASHED_MAX];
    pl_str_t  key, real;
    pl_err_t  err;

    key = PL_STR("name" "x");           /* of any tenant */

    return pl_store_hashed(txn, PL_TABLE_NAMES, key, out, &real, &err)
           == PL_OK;
}


pl_str_t
pl_words_begin(pl_str_t word)
{
    word.len = word.len < PL_WORD_BEGIN ? word.len : PL_WORD_BEGIN;

    return word;
}


/* A word has at most PL_WORD_MAX bytes, so that its length is one. */

pl_status_t
pl_words_next(pl_str_t *row, pl_words_entry_t *entry, pl_err_t *err)
{
    size_t    len = 0;
    unsigned  shift = 0;

    const uint8_t  *p = row->data, *end = p + row->len;

    if (p == end) {
        return PL_NOTFOUND;
    }

    entry->word.len = *p++;
    entry->word.data = p;

    if (entry->word.len > PL_WORD_MAX
        || (size_t) (end - p) < entry->word.len)
    {
        return pl_err_set(err, PL_FOREIGN, "words", 0, "a row is cut");
    }

    for (p += entry->word.len; p < end && shift < 35; shift += 7) {
        len |= (size_t) (*p & 0x7f) << shift;

        if ((*p++ & 0x80) == 0) {
            entry->ids.data = p;
            entry->ids.len = len;

            if (len > (size_t) (end - p)) {
                break;
            }

            row->data = p + len;
            row->len = (size_t) (end - row->data);
            return PL_OK;
        }
    }

    return pl_err_set(err, PL_FOREIGN, "words", 0, "a row is cut");
}


size_t
pl_words_entry_len(pl_str_t word, size_t ids)
{
    uint8_t  varint[PL_WORDS_VARINT_MAX];

    return 1 + word.len + pl_words_put(varint, ids) + ids;
}


size_t
pl_words_entry_put(uint8_t *at, pl_str_t word, pl_str_t ids)
{
    uint8_t  *p = at;

    *p++ = (uint8_t) word.len;

    if (word.len != 0) {                /* what is empty may be nowhere */
        memcpy(p, word.data, word.len);
        p += word.len;
    }

    p += pl_words_put(p, ids.len);

    if (ids.len != 0) {
        memcpy(p, ids.data, ids.len);
    }

    return (size_t) (p - at) + ids.len;
}


pl_status_t
pl_words_number(pl_txn_t *txn, uint32_t segment, uint32_t tenant,
    uint64_t *number, pl_err_t *err)
{
    pl_key_t  key;

    pl_key_words(&key, segment, tenant, 0, PL_WORDS_ALL, PL_STR_NULL);

    return pl_record_get_u64(txn, PL_TABLE_WORDS, pl_key_str(&key), number,
                             err);
}


pl_status_t
pl_words_number_put(pl_txn_t *txn, uint32_t segment, uint32_t tenant,
    uint64_t number, bool append, pl_err_t *err)
{
    uint8_t   bytes[8];
    pl_key_t  key;

    pl_be64_put(bytes, number);
    pl_key_words(&key, segment, tenant, 0, PL_WORDS_ALL, PL_STR_NULL);

    return pl_record_put_bytes(txn, PL_TABLE_WORDS, pl_key_str(&key),
                               (pl_str_t) { bytes, sizeof(bytes) }, append,
                               err);
}


size_t
pl_words_put(uint8_t *at, uint64_t n)
{
    size_t  len = 0;

    while (n >= 0x80) {
        at[len++] = (uint8_t) (n | 0x80);
        n >>= 7;
    }

    at[len++] = (uint8_t) n;

    return len;
}


pl_status_t
pl_words_read(pl_arena_t *ar, pl_str_t bytes, uint64_t **ids, size_t *n,
    pl_err_t *err)
{
    size_t     i;
    unsigned   shift = 0;
    uint64_t   delta = 0, last = 0;

    *n = 0;

    *ids = pl_arena_alloc(ar, bytes.len * sizeof(**ids));
    if (*ids == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    for (i = 0; i < bytes.len; i++) {
        delta |= (uint64_t) (bytes.data[i] & 0x7f) << shift;
        shift += 7;

        if ((bytes.data[i] & 0x80) == 0) {
            last += delta;
            (*ids)[(*n)++] = last;
            delta = 0;
            shift = 0;

        } else if (shift >= 64) {
            break;
        }
    }

    return shift == 0 ? PL_OK
           : pl_err_set(err, PL_FOREIGN, "words", 0, "a row is cut");
}


pl_status_t
pl_words_pack(pl_arena_t *ar, const uint64_t *ids, size_t n, pl_str_t *bytes,
    pl_err_t *err)
{
    size_t    i, len = 0;
    uint8_t  *out;

    out = pl_arena_alloc(ar, n * PL_WORDS_VARINT_MAX);
    if (out == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    for (i = 0; i < n; i++) {
        len += pl_words_put(out + len, i == 0 ? ids[0]
                                              : ids[i] - ids[i - 1]);
    }

    bytes->data = out;
    bytes->len = len;

    return PL_OK;
}


pl_status_t
pl_words_segment(pl_txn_t *txn, uint32_t segment, uint64_t *first,
    uint64_t *last, pl_err_t *err)
{
    pl_key_t     key;
    pl_str_t     value, bytes;
    pl_status_t  rc;

    pl_key_words(&key, segment, 0, 0, PL_WORDS_ALL, PL_STR_NULL);

    rc = pl_store_get(txn, PL_TABLE_WORDS, pl_key_str(&key), &value, err);

    if (rc == PL_OK) {
        rc = pl_record_read_bytes(PL_TABLE_WORDS, value, &bytes, err);
    }

    if (rc == PL_OK && bytes.len != WORDS_COVER_LEN) {
        rc = pl_err_set(err, PL_FOREIGN, "words", 0, "a segment's row is "
                        "no such row");
    }

    if (rc == PL_OK) {
        *first = pl_be64(bytes.data);
        *last = pl_be64(bytes.data + 8);
    }

    return rc;
}


pl_status_t
pl_words_where(pl_txn_t *txn, uint32_t n, uint64_t message,
    uint32_t *segment, pl_err_t *err)
{
    uint32_t     low = 0, high = n, middle;
    uint64_t     first, last;
    pl_status_t  rc;

    /* of [0, low) each begins at or below the message; [high, n) above */

    while (low < high) {
        middle = low + (high - low) / 2;

        rc = pl_words_segment(txn, middle, &first, &last, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (first <= message) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    if (low == 0) {
        return PL_NOTFOUND;
    }

    *segment = low - 1;

    return PL_OK;
}
