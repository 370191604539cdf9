/*
 * A look into a packed message: most of those that are not indexed yet are
 * plain texts in ASCII without the word that is searched for, and need not be
 * unpacked to see that. See words_impl.h.
 */

#include <string.h>

#include "../core/record.h"
#include "words_impl.h"

/* Fields of pl.Message, pl.Content and pl.Text (record.proto, content.proto) */
#define PEEK_TENANT   2
#define PEEK_CONTENT  7
#define PEEK_TEXT     2
#define PEEK_BODY     1

/* One field: its number, and its value; a number's is in n. */
typedef struct {
    uint64_t   number;
    uint64_t   n;
    pl_str_t   bytes;
    bool       is_bytes;
} peek_field_t;

static bool peek_find(pl_str_t in, uint64_t number, peek_field_t *field);
static bool peek_next(pl_str_t *in, peek_field_t *field);
static bool peek_varint(pl_str_t *in, uint64_t *n);
static bool peek_has(pl_str_t text, pl_str_t word);
static uint8_t peek_low(uint8_t c);


bool
pl_words_lacks(pl_str_t value, uint32_t tenant, pl_str_t word)
{
    size_t         i;
    uint8_t        all = 0;
    peek_field_t   field;

    if (value.len == 0 || value.data[0] != PL_ENVELOPE_PLAIN) {
        return false;
    }

    value.data++;
    value.len--;

    if (peek_find(value, PEEK_TENANT, &field) && field.n != tenant) {
        return true;
    }

    /* of another kind than text: whatever it is, it is unpacked */

    if (!peek_find(value, PEEK_CONTENT, &field)
        || !peek_find(field.bytes, PEEK_TEXT, &field) || !field.is_bytes
        || !peek_find(field.bytes, PEEK_BODY, &field) || !field.is_bytes
        || field.bytes.len > PL_TEXT_MAX)
    {
        return false;
    }

    for (i = 0; i < field.bytes.len; i++) {
        all |= field.bytes.data[i];
    }

    return all < 0x80 && !peek_has(field.bytes, word);
}


static bool
peek_find(pl_str_t in, uint64_t number, peek_field_t *field)
{
    while (in.len != 0 && peek_next(&in, field)) {
        if (field->number == number) {
            return true;
        }
    }

    return false;
}


static bool
peek_next(pl_str_t *in, peek_field_t *field)
{
    uint64_t  tag;

    memset(field, 0, sizeof(*field));

    if (!peek_varint(in, &tag)) {
        return false;
    }

    field->number = tag >> 3;

    switch (tag & 7) {

    case 0:
        return peek_varint(in, &field->n);

    case 1:
        field->bytes.len = 8;
        break;

    case 5:
        field->bytes.len = 4;
        break;

    case 2:
        if (!peek_varint(in, &field->n)) {
            return false;
        }

        field->is_bytes = true;
        field->bytes.len = field->n;
        break;

    default:
        return false;
    }

    if (field->bytes.len > in->len) {
        return false;
    }

    field->bytes.data = in->data;
    in->data += field->bytes.len;
    in->len -= field->bytes.len;

    return true;
}


static bool
peek_varint(pl_str_t *in, uint64_t *n)
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


/* Anywhere, so that a beginning and a cut word are found as well. */

static bool
peek_has(pl_str_t text, pl_str_t word)
{
    size_t  i, k;

    for (i = 0; i + word.len <= text.len; i++) {
        for (k = 0; k < word.len
                    && peek_low(text.data[i + k]) == word.data[k]; k++)
        {
            /* void */
        }

        if (k == word.len) {
            return true;
        }
    }

    return false;
}


static uint8_t
peek_low(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}
