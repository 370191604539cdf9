/*
 * JSON to JSON on one line: what a provider sent is shown as it was, but
 * without white space and comments, and valid whatever it held.
 */

#include <yajl/yajl_parse.h>

#include "json_impl.h"


typedef struct {
    pl_reader_t   rd;               /* first: it is the callbacks' context */
    pl_out_t     *out;
    unsigned      depth;
    bool          comma;            /* a value stands before */
    bool          deep;             /* cancelled for its depth */
} compact_t;


static int compact_null(void *ctx);
static int compact_bool(void *ctx, int yes);
static int compact_number(void *ctx, const char *text, size_t len);
static int compact_string(void *ctx, const unsigned char *text, size_t len);
static int compact_start_map(void *ctx);
static int compact_key(void *ctx, const unsigned char *text, size_t len);
static int compact_start_array(void *ctx);
static int compact_end_map(void *ctx);
static int compact_end_array(void *ctx);
static int compact_value(compact_t *co, pl_str_t text);
static int compact_start(compact_t *co, uint8_t c);
static int compact_end(compact_t *co, uint8_t c);
static bool compact_text(compact_t *co, const unsigned char *text,
    size_t len);
static void compact_comma(compact_t *co);


static const yajl_callbacks  compact_callbacks = {
    .yajl_null = compact_null,
    .yajl_boolean = compact_bool,
    .yajl_number = compact_number,
    .yajl_string = compact_string,
    .yajl_start_map = compact_start_map,
    .yajl_map_key = compact_key,
    .yajl_end_map = compact_end_map,
    .yajl_start_array = compact_start_array,
    .yajl_end_array = compact_end_array,
};


pl_status_t
pl_json_compact(pl_str_t json, pl_out_t *out, pl_err_t *err)
{
    compact_t    co = { 0 };
    pl_status_t  rc;

    co.rd.json = json;
    co.rd.flags = PL_JSON_COMMENTS;
    co.rd.ar = out->ar;
    co.out = out;

    rc = pl_reader_run(&co.rd, &compact_callbacks, true, err);

    if (out->full) {
        return pl_err_set(err, PL_NOMEM, "encode", 0, "no memory left");
    }

    if (rc == PL_MISUSE && co.deep) {
        return pl_err_set(err, PL_TOOBIG, "encode", 0,
                          "nested deeper than %d", PL_JSON_DEPTH_MAX);
    }

    return rc;
}


pl_status_t
pl_json_line(pl_arena_t *ar, pl_str_t json, pl_str_t *line, pl_err_t *err)
{
    pl_out_t     out = { 0 };
    pl_status_t  rc;

    out.ar = ar;

    rc = pl_json_compact(json, &out, err);
    *line = rc == PL_OK ? (pl_str_t) { out.data, out.len } : PL_STR_NULL;

    return rc;
}


static int
compact_null(void *ctx)
{
    return compact_value(ctx, PL_STR("null"));
}


static int
compact_bool(void *ctx, int yes)
{
    return compact_value(ctx, yes ? PL_STR("true") : PL_STR("false"));
}


static int
compact_number(void *ctx, const char *text, size_t len)
{
    return compact_value(ctx, (pl_str_t) { (const uint8_t *) text, len });
}


static int
compact_string(void *ctx, const unsigned char *text, size_t len)
{
    compact_t  *co;

    co = ctx;
    compact_comma(co);

    if (!compact_text(co, text, len)) {
        return 0;
    }

    co->comma = true;
    co->rd.ended = co->depth == 0;
    co->rd.end = pl_reader_offset(&co->rd);

    return 1;
}


static int
compact_start_map(void *ctx)
{
    return compact_start(ctx, '{');
}


static int
compact_key(void *ctx, const unsigned char *text, size_t len)
{
    compact_t  *co;

    co = ctx;
    compact_comma(co);

    if (!compact_text(co, text, len)) {
        return 0;
    }

    pl_out_byte(co->out, ':');
    co->comma = false;

    return 1;
}


static int
compact_end_map(void *ctx)
{
    return compact_end(ctx, '}');
}


static int
compact_start_array(void *ctx)
{
    return compact_start(ctx, '[');
}


static int
compact_end_array(void *ctx)
{
    return compact_end(ctx, ']');
}


static int
compact_value(compact_t *co, pl_str_t text)
{
    compact_comma(co);
    pl_out_bytes(co->out, text);
    co->comma = true;
    co->rd.ended = co->depth == 0;
    co->rd.end = pl_reader_offset(&co->rd);

    return !co->out->full;
}


static int
compact_start(compact_t *co, uint8_t c)
{
    if (co->depth == PL_JSON_DEPTH_MAX) {
        co->deep = true;
        return 0;
    }

    compact_comma(co);
    pl_out_byte(co->out, c);
    co->comma = false;
    co->depth++;

    return !co->out->full;
}


static int
compact_end(compact_t *co, uint8_t c)
{
    pl_out_byte(co->out, c);
    co->comma = true;
    co->depth--;
    co->rd.ended = co->depth == 0;
    co->rd.end = pl_reader_offset(&co->rd);

    return !co->out->full;
}


/* yajl's reading of escapes is not used: json_text.c says why. */
static bool
compact_text(compact_t *co, const unsigned char *text, size_t len)
{
    pl_str_t  s;

    s = pl_reader_text(&co->rd, text, len);

    if (s.data == NULL) {
        co->out->full = true;
        return false;
    }

    pl_out_string(co->out, s);

    return !co->out->full;
}


static void
compact_comma(compact_t *co)
{
    if (co->comma) {
        pl_out_byte(co->out, ',');
    }
}
