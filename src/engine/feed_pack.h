/*
 * An audit event, packed by the names of its fields: a flow's answer leaves
 * several, and to walk its descriptor takes four times as long.
 */

#ifndef PL_FEED_PACK_H_INCLUDED
#define PL_FEED_PACK_H_INCLUDED

#include "../core/pl.h"
#include "record.pb-c.h"

/*
 * Into buf, the bytes that protobuf-c gives. PL_STR_NULL: it has what is rare
 * (a consent, fields that are unknown), or texts that find no room.
 */
pl_str_t pl_feed_pack(const Pl__AuditEvent *row, uint8_t *buf, size_t size);

#endif /* PL_FEED_PACK_H_INCLUDED */
