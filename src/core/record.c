/*
 * Records: the envelope byte, and protobuf-c between messages and pages.
 *
 * Errors name a row by its key in hex, but not the part of a key that says
 * who a person is: of an address only tenant and kind; nor a secret's hash.
 */

#include <string.h>

#include "record.h"
#include "str.h"
#include "wire.h"


#define RECORD_HEAD       1
#define RECORD_KEY_SHOWN  32
#define RECORD_ADDRESS    5             /* tenant u32, kind u8 */
#define RECORD_SECRET     2             /* of a secret's hash */
#define RECORD_PACK_MAX   4096          /* larger ones protobuf-c packs */


/* protobuf-c over an arena, remembering whether the arena said no. */
typedef struct {
    ProtobufCAllocator   base;
    pl_arena_t          *arena;
    bool                 full;
} record_alloc_t;


static pl_status_t record_unpack(pl_table_e table, pl_str_t key,
    pl_str_t value, const ProtobufCMessageDescriptor *type, pl_arena_t *ar,
    ProtobufCMessage **msg, pl_err_t *err);
static pl_status_t record_envelope(pl_table_e table, pl_str_t key,
    pl_str_t value, pl_str_t *bytes, pl_err_t *err);
static pl_status_t record_u64(pl_table_e table, pl_str_t key, pl_str_t value,
    uint64_t *n, pl_err_t *err);
static pl_status_t record_bad(pl_table_e table, pl_str_t key,
    pl_status_t status, const char *text, pl_err_t *err);
static void *record_alloc(void *data, size_t size);
static void record_free(void *data, void *pointer);


pl_status_t
pl_record_put(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    const ProtobufCMessage *msg, bool append, pl_err_t *err)
{
    size_t        len;
    uint8_t      *space, buf[RECORD_PACK_MAX];
    pl_str_t      packed;
    pl_status_t   status;

    packed = pl_wire_pack(msg, buf, sizeof(buf));
    len = packed.data != NULL ? packed.len
                              : protobuf_c_message_get_packed_size(msg);

    status = pl_store_reserve(txn, table, key, RECORD_HEAD + len, append,
                              &space, err);
    if (status != PL_OK) {
        return status;
    }

    space[0] = PL_ENVELOPE_PLAIN;

    if (packed.data != NULL) {
        memcpy(space + RECORD_HEAD, packed.data, len);

    } else {
        (void) protobuf_c_message_pack(msg, space + RECORD_HEAD);   /* len */
    }

    return PL_OK;
}


pl_status_t
pl_record_get(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    const ProtobufCMessageDescriptor *type, pl_arena_t *ar,
    ProtobufCMessage **msg, pl_err_t *err)
{
    pl_str_t     value;
    pl_status_t  status;

    *msg = NULL;

    status = pl_store_get(txn, table, key, &value, err);
    if (status != PL_OK) {
        return status;
    }

    return record_unpack(table, key, value, type, ar, msg, err);
}


pl_status_t
pl_record_read(pl_table_e table, pl_str_t value,
    const ProtobufCMessageDescriptor *type, pl_arena_t *ar,
    ProtobufCMessage **msg, pl_err_t *err)
{
    return record_unpack(table, PL_STR_NULL, value, type, ar, msg, err);
}


pl_status_t
pl_record_put_u64(pl_txn_t *txn, pl_table_e table, pl_str_t key, uint64_t n,
    bool append, pl_err_t *err)
{
    uint8_t      *space;
    pl_status_t   status;

    status = pl_store_reserve(txn, table, key, RECORD_HEAD + sizeof(n),
                              append, &space, err);
    if (status != PL_OK) {
        return status;
    }

    space[0] = PL_ENVELOPE_PLAIN;
    pl_be64_put(space + RECORD_HEAD, n);

    return PL_OK;
}


pl_status_t
pl_record_get_u64(pl_txn_t *txn, pl_table_e table, pl_str_t key, uint64_t *n,
    pl_err_t *err)
{
    pl_str_t     value;
    pl_status_t  status;

    *n = 0;

    status = pl_store_get(txn, table, key, &value, err);
    if (status != PL_OK) {
        return status;
    }

    return record_u64(table, key, value, n, err);
}


pl_status_t
pl_record_read_u64(pl_table_e table, pl_str_t value, uint64_t *n,
    pl_err_t *err)
{
    return record_u64(table, PL_STR_NULL, value, n, err);
}


pl_status_t
pl_record_put_bytes(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    pl_str_t bytes, bool append, pl_err_t *err)
{
    uint8_t      *space;
    pl_status_t   status;

    status = pl_store_reserve(txn, table, key, RECORD_HEAD + bytes.len,
                              append, &space, err);
    if (status != PL_OK) {
        return status;
    }

    space[0] = PL_ENVELOPE_PLAIN;
    if (bytes.len != 0) {
        memcpy(space + RECORD_HEAD, bytes.data, bytes.len);
    }

    return PL_OK;
}


pl_status_t
pl_record_read_bytes(pl_table_e table, pl_str_t value, pl_str_t *bytes,
    pl_err_t *err)
{
    return record_envelope(table, PL_STR_NULL, value, bytes, err);
}


static pl_status_t
record_unpack(pl_table_e table, pl_str_t key, pl_str_t value,
    const ProtobufCMessageDescriptor *type, pl_arena_t *ar,
    ProtobufCMessage **msg, pl_err_t *err)
{
    pl_str_t        bytes;
    pl_status_t     status;
    record_alloc_t  alloc;

    *msg = NULL;

    status = record_envelope(table, key, value, &bytes, err);
    if (status != PL_OK) {
        return status;
    }

    *msg = pl_wire_unpack(type, bytes, ar);
    if (*msg != NULL) {
        return PL_OK;
    }

    alloc.base.alloc = record_alloc;
    alloc.base.free = record_free;
    alloc.base.allocator_data = &alloc;
    alloc.arena = ar;
    alloc.full = false;

    *msg = protobuf_c_message_unpack(type, &alloc.base, bytes.len,
                                     bytes.data);
    if (*msg != NULL) {
        return PL_OK;
    }

    return alloc.full
           ? record_bad(table, key, PL_NOMEM, "the arena is full", err)
           : record_bad(table, key, PL_FOREIGN, "not a record of this table",
                        err);
}


static pl_status_t
record_envelope(pl_table_e table, pl_str_t key, pl_str_t value,
    pl_str_t *bytes, pl_err_t *err)
{
    *bytes = PL_STR_NULL;

    if (value.len < RECORD_HEAD) {
        return record_bad(table, key, PL_FOREIGN, "empty value", err);
    }

    if (value.data[0] != PL_ENVELOPE_PLAIN) {
        return record_bad(table, key, PL_NEWER,
                          "an envelope that this version does not know",
                          err);
    }

    bytes->data = value.data + RECORD_HEAD;
    bytes->len = value.len - RECORD_HEAD;

    return PL_OK;
}


static pl_status_t
record_u64(pl_table_e table, pl_str_t key, pl_str_t value, uint64_t *n,
    pl_err_t *err)
{
    pl_str_t     bytes;
    pl_status_t  status;

    *n = 0;

    status = record_envelope(table, key, value, &bytes, err);
    if (status != PL_OK) {
        return status;
    }

    if (bytes.len != sizeof(*n)) {
        return record_bad(table, key, PL_FOREIGN, "not a number", err);
    }

    *n = pl_be64(bytes.data);

    return PL_OK;
}


static pl_status_t
record_bad(pl_table_e table, pl_str_t key, pl_status_t status,
    const char *text, pl_err_t *err)
{
    char    hex[2 * RECORD_KEY_SHOWN + 1];
    size_t  shown, max;

    if (err == NULL) {
        return status;
    }

    max = table == PL_TABLE_ADDRESSES ? RECORD_ADDRESS
          : table == PL_TABLE_KEYS ? RECORD_SECRET : RECORD_KEY_SHOWN;
    shown = key.len < max ? key.len : max;
    hex[0] = '\0';
    if (shown != 0) {
        pl_hex_encode(key.data, shown, hex);
    }

    (void) pl_err_set(err, status, "read record", 0, "%s", text);
    pl_err_path(err, key.len == 0 ? "%s%s%s" : "%s[%s%s]",
                pl_store_tables[table].name, hex,
                shown < key.len ? ".." : "");

    return status;
}


static void *
record_alloc(void *data, size_t size)
{
    void            *p;
    record_alloc_t  *alloc;

    alloc = data;
    p = pl_arena_alloc(alloc->arena, size);
    alloc->full = alloc->full || p == NULL;

    return p;
}


/* The arena's owner ends all of it at once. */
static void
record_free(void *data, void *pointer)
{
    (void) data;
    (void) pointer;
}
