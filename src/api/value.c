/*
 * Ids, times, sizes of pages, cursors: what each operation says alike.
 *
 * A cursor is base64 of a check of 8 bytes and a position. The check is over
 * operation, tenant, position, and the journal's own id, so that a cursor of
 * another list, tenant or store is known as such. It is no secret: whoever
 * could make one would see nothing but their own tenant's rows.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/clock.h"
#include "../core/str.h"
#include "impl.h"

#define VALUE_CHECK_LEN  8

static pl_status_t value_check(const pl_api_call_t *call, pl_str_t position,
    uint8_t check[PL_HASH128_LEN]);


char *
pl_api_id(pl_api_call_t *call, const char *prefix, uint64_t id)
{
    return pl_arena_printf(call->ar, "%s%" PRIu64, prefix, id);
}


bool
pl_api_id_read(pl_str_t text, const char *prefix, uint64_t *id)
{
    size_t    i, len;
    uint64_t  n = 0;

    len = strlen(prefix);

    if (text.len <= len || text.len > len + 20
        || memcmp(text.data, prefix, len) != 0 || text.data[len] == '0')
    {
        return false;
    }

    for (i = len; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9'
            || n > (UINT64_MAX - (uint64_t) (text.data[i] - '0')) / 10)
        {
            return false;
        }

        n = n * 10 + (uint64_t) (text.data[i] - '0');
    }

    *id = n;

    return true;
}


char *
pl_api_time(pl_api_call_t *call, int64_t ms)
{
    char  buf[PL_CLOCK_TEXT_MAX];

    return pl_arena_printf(call->ar, "%s", pl_clock_print(ms, buf));
}


char *
pl_api_time_s(pl_api_call_t *call, int64_t s)
{
    return pl_api_time(call, s * 1000);
}


char *
pl_api_word(pl_api_call_t *call, const ProtobufCEnumDescriptor *type,
    int value)
{
    char                            *word, *p;
    size_t                           len = 0;
    const char                      *s;
    const ProtobufCEnumValue        *row;

    row = protobuf_c_enum_descriptor_get_value(type, value);
    if (row == NULL) {
        return pl_arena_printf(call->ar, "%s", "");
    }

    /* AuditKind: AUDIT_KIND_ stands before each of its values */

    for (s = type->short_name; *s != '\0'; s++) {
        len += s != type->short_name && *s >= 'A' && *s <= 'Z' ? 2 : 1;
    }

    len++;

    word = pl_arena_printf(call->ar, "%s",
                           strlen(row->name) > len ? row->name + len
                                                   : row->name);

    for (p = word; p != NULL && *p != '\0'; p++) {
        *p = (char) (*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
    }

    return word;
}


pl_status_t
pl_api_time_read(pl_api_call_t *call, const char *text, const char *path,
    int64_t *ms)
{
    if (text == NULL || pl_clock_parse(pl_str_c(text), ms) == PL_OK) {
        return PL_OK;
    }

    return pl_api_problem(call, call->op->body == NULL ? PL_API_BAD_QUERY
                                                       : PL_API_BAD_FIELD,
                          path, "a time is as in 2026-12-24T18:00:00Z");
}


pl_status_t
pl_api_limit(pl_api_call_t *call, bool has, uint32_t limit, uint32_t *n)
{
    *n = has ? limit : PL_API_LIMIT;

    if (*n >= 1 && *n <= PL_API_LIMIT_MAX) {
        return PL_OK;
    }

    return pl_api_problem(call, PL_API_BAD_QUERY, "limit",
                          "a page has 1 to %d rows", PL_API_LIMIT_MAX);
}


char *
pl_api_cursor(pl_api_call_t *call, pl_str_t position)
{
    uint8_t   check[PL_HASH128_LEN];
    uint8_t   bytes[VALUE_CHECK_LEN + PL_API_POSITION_MAX];

    if (position.len > PL_API_POSITION_MAX
        || value_check(call, position, check) != PL_OK)
    {
        return NULL;
    }

    memcpy(bytes, check, VALUE_CHECK_LEN);
    memcpy(bytes + VALUE_CHECK_LEN, position.data, position.len);

    return (char *) pl_base64url_encode(
        call->ar, (pl_str_t) { bytes, VALUE_CHECK_LEN + position.len }).data;
}


pl_status_t
pl_api_cursor_read(pl_api_call_t *call, const char *cursor,
    pl_str_t *position)
{
    uint8_t   check[PL_HASH128_LEN];
    pl_str_t  text = pl_str_c(cursor), bytes;

    if (text.len > 2 * (VALUE_CHECK_LEN + PL_API_POSITION_MAX)
        || pl_base64url_decode(call->ar, text, &bytes) != PL_OK
        || bytes.len < VALUE_CHECK_LEN)
    {
        return pl_api_problem(call, PL_API_BAD_CURSOR, "cursor",
                              "no cursor of this list");
    }

    position->data = bytes.data + VALUE_CHECK_LEN;
    position->len = bytes.len - VALUE_CHECK_LEN;

    if (value_check(call, *position, check) != PL_OK
        || memcmp(check, bytes.data, VALUE_CHECK_LEN) != 0)
    {
        return pl_api_problem(call, PL_API_BAD_CURSOR, "cursor",
                              "no cursor of this list");
    }

    return PL_OK;
}


static pl_status_t
value_check(const pl_api_call_t *call, pl_str_t position,
    uint8_t check[PL_HASH128_LEN])
{
    uint8_t       tenant[8];
    pl_str_t      pieces[4];
    pl_hash_t    *hash;
    pl_status_t   rc;

    hash = pl_hash_create();
    if (hash == NULL) {
        return PL_IO;
    }

    pl_be64_put(tenant, call->tenant);

    pieces[0] = pl_str_c(call->op->name);
    pieces[1] = (pl_str_t) { tenant, sizeof(tenant) };
    pieces[2] = position;
    pieces[3] = call->meta == NULL
                ? PL_STR_NULL : (pl_str_t) { call->meta->journal.data,
                                             call->meta->journal.len };

    rc = pl_hash_128(hash, pieces, PL_COUNT(pieces), check);

    pl_hash_destroy(hash);

    return rc;
}
