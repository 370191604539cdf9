/*
 * Compiling a TZif file (RFC 8536, section 3). Integers are big-endian.
 *
 *     header, 44 bytes    "TZif", version ('2' or later), 15 unused, then
 *                         six counts of 4 bytes: isutcnt, isstdcnt, leapcnt,
 *                         timecnt, typecnt, charcnt
 *     data, version 1     skipped: 32-bit times
 *     header              the same again
 *     data                timecnt times of 8 bytes, ascending
 *                         timecnt types of 1 byte
 *                         typecnt of 6 bytes: offset (4), is daylight-saving
 *                         time (1), index into the names (1)
 *                         charcnt bytes of names
 *                         leapcnt of 12 bytes
 *                         isstdcnt and isutcnt bytes
 *     footer              newline, rule or nothing, newline
 *
 * What holds before the first time is type 0. Names and flags are not kept:
 * the offset alone says what the wall shows.
 */

#include <string.h>

#include "str.h"
#include "zone_impl.h"


#define PARSE_HEADER_LEN   44
#define PARSE_TYPE_LEN     6
#define PARSE_TYPES_MAX    256          /* an index has one byte */

typedef struct {
    uint32_t  isut;
    uint32_t  isstd;
    uint32_t  leap;
    uint32_t  times;
    uint32_t  types;
    uint32_t  chars;
} parse_counts_t;


static pl_status_t parse_header(pl_str_t *in, parse_counts_t *counts,
    pl_err_t *err);
static uint64_t parse_size(const parse_counts_t *counts, unsigned time);
static pl_status_t parse_data(pl_arena_t *ar, pl_zone_t *zone, pl_str_t in,
    const parse_counts_t *counts, pl_err_t *err);
static pl_status_t parse_offset(const uint8_t *types, size_t i, int32_t *s,
    pl_err_t *err);
static pl_status_t parse_footer(pl_zone_t *zone, pl_str_t in,
    pl_err_t *err);
static pl_status_t parse_wrong(pl_err_t *err, const char *what);


pl_status_t
pl_zone_compile(pl_arena_t *ar, pl_str_t tzif, const pl_zone_t **zone,
    pl_err_t *err)
{
    pl_zone_t       *made;
    pl_status_t      rc;
    parse_counts_t   counts = { 0 };

    *zone = NULL;

    if (tzif.len > PL_ZONE_BYTES_MAX) {
        return pl_err_set(err, PL_TOOBIG, "read time zone", 0,
                          "more than %u bytes", PL_ZONE_BYTES_MAX);
    }

    made = pl_arena_zalloc(ar, sizeof(*made));
    if (made == NULL) {
        return pl_err_set(err, PL_NOMEM, "read time zone", 0, "no memory");
    }

    if ((rc = parse_header(&tzif, &counts, err)) != PL_OK) {
        return rc;
    }

    if (parse_size(&counts, 4) > tzif.len) {
        return parse_wrong(err, "it is cut");
    }

    tzif.data += parse_size(&counts, 4);
    tzif.len -= parse_size(&counts, 4);

    if ((rc = parse_header(&tzif, &counts, err)) != PL_OK
        || (rc = parse_data(ar, made, tzif, &counts, err)) != PL_OK)
    {
        return rc;
    }

    tzif.data += parse_size(&counts, 8);
    tzif.len -= parse_size(&counts, 8);

    rc = parse_footer(made, tzif, err);
    if (rc == PL_OK) {
        *zone = made;
    }

    return rc;
}


static pl_status_t
parse_header(pl_str_t *in, parse_counts_t *counts, pl_err_t *err)
{
    const uint8_t  *p = in->data;

    if (in->len < PARSE_HEADER_LEN || memcmp(p, "TZif", 4) != 0) {
        return parse_wrong(err, "it is no TZif file");
    }

    if (p[4] < '2') {
        return parse_wrong(err, "version 1 of TZif ends in 2037: "
                                "64-bit data is needed");
    }

    counts->isut = pl_be32(p + 20);
    counts->isstd = pl_be32(p + 24);
    counts->leap = pl_be32(p + 28);
    counts->times = pl_be32(p + 32);
    counts->types = pl_be32(p + 36);
    counts->chars = pl_be32(p + 40);

    in->data += PARSE_HEADER_LEN;
    in->len -= PARSE_HEADER_LEN;

    return PL_OK;
}


static uint64_t
parse_size(const parse_counts_t *counts, unsigned time)
{
    return (uint64_t) counts->times * (time + 1)
           + (uint64_t) counts->types * PARSE_TYPE_LEN + counts->chars
           + (uint64_t) counts->leap * (time + 4)
           + counts->isstd + counts->isut;
}


static pl_status_t
parse_data(pl_arena_t *ar, pl_zone_t *zone, pl_str_t in,
    const parse_counts_t *counts, pl_err_t *err)
{
    size_t          i;
    int64_t         at, before = 0, *at_s;
    int32_t        *offset_s;
    pl_status_t     rc;
    const uint8_t  *index, *types;

    if (parse_size(counts, 8) > in.len) {
        return parse_wrong(err, "it is cut");
    }

    if (counts->leap != 0) {
        return parse_wrong(err, "it counts leap seconds");
    }

    if (counts->times > PL_ZONE_TRANSITIONS_MAX || counts->types == 0
        || counts->types > PARSE_TYPES_MAX)
    {
        return parse_wrong(err, "it has too many times, or no types");
    }

    index = in.data + counts->times * 8;
    types = index + counts->times;

    at_s = pl_arena_alloc(ar, counts->times * sizeof(*at_s));
    offset_s = pl_arena_alloc(ar, counts->times * sizeof(*offset_s));
    if (at_s == NULL || offset_s == NULL) {
        return pl_err_set(err, PL_NOMEM, "read time zone", 0, "no memory");
    }

    for (i = 0; i < counts->times; i++) {
        at = (int64_t) pl_be64(in.data + i * 8);
        if ((i != 0 && at <= before) || index[i] >= counts->types) {
            return parse_wrong(err, "its times are out of order, or of no "
                                    "type");
        }

        before = at;
        at_s[i] = at < PL_ZONE_MIN_S ? PL_ZONE_MIN_S
                  : at > PL_ZONE_MAX_S ? PL_ZONE_MAX_S + 1 : at;

        rc = parse_offset(types, index[i], &offset_s[i], err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    zone->n = counts->times;
    zone->at_s = at_s;
    zone->offset_s = offset_s;

    return parse_offset(types, 0, &zone->first_s, err);
}


static pl_status_t
parse_offset(const uint8_t *types, size_t i, int32_t *s, pl_err_t *err)
{
    *s = (int32_t) pl_be32(types + i * PARSE_TYPE_LEN);

    if (*s < -PL_ZONE_OFFSET_MAX_S || *s > PL_ZONE_OFFSET_MAX_S) {
        return parse_wrong(err, "an offset of more than 26 hours");
    }

    return PL_OK;
}


static pl_status_t
parse_footer(pl_zone_t *zone, pl_str_t in, pl_err_t *err)
{
    const uint8_t  *end;

    if (in.len < 2 || in.data[0] != '\n') {
        return parse_wrong(err, "it has no footer");
    }

    in.data++;
    in.len--;

    end = memchr(in.data, '\n', in.len);
    if (end == NULL) {
        return parse_wrong(err, "it has no footer");
    }

    in.len = (size_t) (end - in.data);
    if (in.len == 0) {
        return PL_OK;
    }

    zone->ruled = true;
    return pl_zone_rule_parse(in, &zone->rule, err);
}


static pl_status_t
parse_wrong(pl_err_t *err, const char *what)
{
    return pl_err_set(err, PL_INVALID, "read time zone", 0, "%s", what);
}
