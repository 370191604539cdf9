/*
 * See feed_pack.h. A field that is new in the schema has to be written here
 * as well, or declined: engine_feed_pack_test sets each of the descriptor's.
 */

#include <string.h>

#include "feed_pack.h"

#define PACK_NUMBER  12         /* bytes of a tag and a number, at most */
#define PACK_FIELDS  7          /* that are written here */

/* Fields, as record.proto has them. */
#define PACK_KIND     1
#define PACK_TIME     2
#define PACK_SUBJECT  3
#define PACK_RULE     4
#define PACK_TEXT     5
#define PACK_ACTOR    6
#define PACK_ENTRY    30

static size_t pack_len(const char *s);
static uint8_t *pack_text(uint8_t *p, unsigned field, const char *s,
    size_t len);
static uint8_t *pack_value(uint8_t *p, unsigned field, uint64_t n);
static uint8_t *pack_tag(uint8_t *p, unsigned field, unsigned wire);
static uint8_t *pack_number(uint8_t *p, uint64_t n);


pl_str_t
pl_feed_pack(const Pl__AuditEvent *row, uint8_t *buf, size_t size)
{
    size_t    rule, text, actor;
    uint8_t  *p = buf;

    rule = pack_len(row->rule);
    text = pack_len(row->text);
    actor = pack_len(row->actor);

    if (row->consent != NULL || row->base.n_unknown_fields != 0
        || rule + text + actor + PACK_FIELDS * PACK_NUMBER > size)
    {
        return PL_STR_NULL;
    }

    /* the schema's enums have a sign, whatever the compiler's have */
    p = pack_value(p, PACK_KIND, (uint64_t) (int64_t) (int32_t) row->kind);
    p = pack_value(p, PACK_TIME, (uint64_t) row->time_ms);

    if (row->has_subject) {
        p = pack_value(p, PACK_SUBJECT, row->subject);
    }

    p = pack_text(p, PACK_RULE, row->rule, rule);
    p = pack_text(p, PACK_TEXT, row->text, text);
    p = pack_text(p, PACK_ACTOR, row->actor, actor);

    if (row->has_entry) {
        p = pack_value(p, PACK_ENTRY, row->entry);
    }

    return (pl_str_t) { buf, (size_t) (p - buf) };
}


static size_t
pack_len(const char *s)
{
    return s == NULL ? 0 : strlen(s);
}


/* One that is there: an empty one too. */

static uint8_t *
pack_text(uint8_t *p, unsigned field, const char *s, size_t len)
{
    if (s == NULL) {
        return p;
    }

    p = pack_tag(p, field, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
    p = pack_number(p, len);
    memcpy(p, s, len);

    return p + len;
}


static uint8_t *
pack_value(uint8_t *p, unsigned field, uint64_t n)
{
    return pack_number(pack_tag(p, field, PROTOBUF_C_WIRE_TYPE_VARINT), n);
}


static uint8_t *
pack_tag(uint8_t *p, unsigned field, unsigned wire)
{
    return pack_number(p, field << 3 | wire);
}


static uint8_t *
pack_number(uint8_t *p, uint64_t n)
{
    for ( /* void */ ; n >= 0x80; n >>= 7) {
        *p++ = (uint8_t) (n | 0x80);
    }

    *p++ = (uint8_t) n;

    return p;
}
