/*
 * Records: protobuf-c messages as values of the store.
 *
 * Every stored value begins with an envelope byte:
 *
 *     0x00   plain: what follows is the packed message, or raw bytes
 *     0x01-  sealed under the key of that number (later: a key per contact,
 *            so that erasure reaches backups and free pages)
 *
 * An envelope that this version does not know is PL_NEWER. Index rows whose
 * value is a number keep the envelope and 8 bytes big-endian.
 */

#ifndef PL_RECORD_H_INCLUDED
#define PL_RECORD_H_INCLUDED

#include <protobuf-c/protobuf-c.h>

#include "arena.h"
#include "store.h"

#define PL_ENVELOPE_PLAIN  0x00

/*
 * Packs straight into the page. append as in pl_store_reserve. Nothing in
 * msg may point into a value of the store that this transaction has handed
 * out: the put may move it.
 */
pl_status_t pl_record_put(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    const ProtobufCMessage *msg, bool append, pl_err_t *err);

/*
 * Unpacks into the arena. PL_NOTFOUND leaves *msg NULL. PL_FOREIGN when the
 * bytes are no such message: err names table and key (hex; of an address
 * tenant and kind only). PL_NOMEM when the arena is full.
 */
pl_status_t pl_record_get(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    const ProtobufCMessageDescriptor *type, pl_arena_t *ar,
    ProtobufCMessage **msg, pl_err_t *err);

/* The same for a value that a scan handed out. */
pl_status_t pl_record_read(pl_table_e table, pl_str_t value,
    const ProtobufCMessageDescriptor *type, pl_arena_t *ar,
    ProtobufCMessage **msg, pl_err_t *err);

/* Rows whose value is a number, or bytes. */
pl_status_t pl_record_put_u64(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    uint64_t n, bool append, pl_err_t *err);
pl_status_t pl_record_get_u64(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    uint64_t *n, pl_err_t *err);
pl_status_t pl_record_read_u64(pl_table_e table, pl_str_t value,
    uint64_t *n, pl_err_t *err);
pl_status_t pl_record_put_bytes(pl_txn_t *txn, pl_table_e table,
    pl_str_t key, pl_str_t bytes, bool append, pl_err_t *err);
pl_status_t pl_record_read_bytes(pl_table_e table, pl_str_t value,
    pl_str_t *bytes, pl_err_t *err);

#endif /* PL_RECORD_H_INCLUDED */
