/*
 * Where a path stands in a JSON text: a second parse that only counts. Used
 * once for a mistake that has been found, so it may be slow.
 */

#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "json_impl.h"

#define LOCATE_BLOCK    (8 * 1024)
#define LOCATE_MAX      (64 * 1024)     /* and what the reader may need: */
#define LOCATE_TIMES    8               /* so often the text's length */


/* One open object or array. */
typedef struct {
    bool    array;
    size_t  index;
    size_t  path_len;           /* of its own path */
} locate_frame_t;

typedef struct {
    pl_reader_t      rd;        /* first: it is the callbacks' context */
    const char      *wanted;
    char             path[PL_ERR_PATH_MAX];
    size_t           path_len;
    locate_frame_t   frames[PL_JSON_DEPTH_MAX];
    size_t           depth;
    size_t           best;      /* offset of the nearest value so far */
    size_t           best_len;  /* of its path */
} locate_t;


static int locate_null(void *ctx);
static int locate_boolean(void *ctx, int yes);
static int locate_number(void *ctx, const char *text, size_t len);
static int locate_string(void *ctx, const unsigned char *text, size_t len);
static int locate_key(void *ctx, const unsigned char *key, size_t len);
static int locate_map(void *ctx);
static int locate_array(void *ctx);
static int locate_close(void *ctx);
static int locate_open(locate_t *lo, bool array);
static int locate_value(locate_t *lo, size_t start);
static int locate_behind(locate_t *lo, size_t len);
static void locate_step(locate_t *lo, int len);


static const yajl_callbacks  locate_callbacks = {
    .yajl_null = locate_null,
    .yajl_boolean = locate_boolean,
    .yajl_number = locate_number,
    .yajl_string = locate_string,
    .yajl_start_map = locate_map,
    .yajl_map_key = locate_key,
    .yajl_end_map = locate_close,
    .yajl_start_array = locate_array,
    .yajl_end_array = locate_close,
};


pl_status_t
pl_json_locate(pl_str_t json, const char *path, unsigned *line,
    unsigned *column)
{
    locate_t     lo;
    pl_err_t     err;
    pl_arena_t  *ar;
    pl_status_t  rc;

    if (json.len > (SIZE_MAX - LOCATE_MAX) / LOCATE_TIMES) {
        return PL_TOOBIG;
    }

    ar = pl_arena_create(LOCATE_BLOCK, LOCATE_MAX + LOCATE_TIMES * json.len);
    if (ar == NULL) {
        return PL_NOMEM;
    }

    memset(&lo, 0, sizeof(lo));
    lo.rd.json = json;
    lo.rd.flags = PL_JSON_COMMENTS;
    lo.rd.ar = ar;
    lo.wanted = path;

    rc = pl_reader_run(&lo.rd, &locate_callbacks, false, &err);
    pl_arena_destroy(ar);

    /* Nothing but depth ends it early, and what was found before stands. */
    if (rc != PL_OK && rc != PL_MISUSE) {
        return rc;
    }

    pl_reader_place(&lo.rd, lo.best, &err);
    *line = err.line;
    *column = err.column;

    return PL_OK;
}


static int
locate_null(void *ctx)
{
    return locate_behind(ctx, sizeof("null") - 1);
}


static int
locate_boolean(void *ctx, int yes)
{
    return locate_behind(ctx, yes ? sizeof("true") - 1 : sizeof("false") - 1);
}


static int
locate_number(void *ctx, const char *text, size_t len)
{
    (void) text;

    return locate_behind(ctx, len);
}


static int
locate_string(void *ctx, const unsigned char *text, size_t len)
{
    locate_t  *lo;

    (void) text;
    (void) len;

    lo = ctx;

    return locate_value(lo, pl_json_string_start(lo->rd.json,
                                                 pl_reader_offset(&lo->rd)));
}


static int
locate_key(void *ctx, const unsigned char *key, size_t len)
{
    locate_t  *lo;

    lo = ctx;
    lo->path_len = lo->frames[lo->depth - 1].path_len;

    locate_step(lo, snprintf(lo->path + lo->path_len,
                             sizeof(lo->path) - lo->path_len, "%s%.*s",
                             lo->path_len == 0 ? "" : ".",
                             (int) (len > PL_ERR_PATH_MAX ? PL_ERR_PATH_MAX
                                                          : len),
                             (const char *) key));

    return 1;
}


static int
locate_map(void *ctx)
{
    return locate_open(ctx, false);
}


static int
locate_array(void *ctx)
{
    return locate_open(ctx, true);
}


static int
locate_close(void *ctx)
{
    locate_t  *lo;

    lo = ctx;
    lo->depth--;
    lo->path_len = lo->frames[lo->depth].path_len;

    if (lo->depth == 0) {
        lo->rd.ended = true;
        lo->rd.end = pl_reader_offset(&lo->rd);
    }

    return 1;
}


static int
locate_open(locate_t *lo, bool array)
{
    if (lo->depth == PL_JSON_DEPTH_MAX) {
        return 0;
    }

    (void) locate_value(lo, pl_reader_offset(&lo->rd) - 1);

    lo->frames[lo->depth].array = array;
    lo->frames[lo->depth].index = 0;
    lo->frames[lo->depth].path_len = lo->path_len;
    lo->depth++;

    return 1;
}


/* A value that stands as it is in the last len bytes. */
static int
locate_behind(locate_t *lo, size_t len)
{
    return locate_value(lo, pl_reader_offset(&lo->rd) - len);
}


/* Notes the value if its path leads towards the wanted one, further on. */
static int
locate_value(locate_t *lo, size_t start)
{
    char             next;
    locate_frame_t  *frame;

    frame = (lo->depth == 0) ? NULL : &lo->frames[lo->depth - 1];

    if (frame != NULL && frame->array) {
        lo->path_len = frame->path_len;
        locate_step(lo, snprintf(lo->path + lo->path_len,
                                 sizeof(lo->path) - lo->path_len, "[%zu]",
                                 frame->index++));
    }

    if (strlen(lo->wanted) < lo->path_len
        || memcmp(lo->wanted, lo->path, lo->path_len) != 0)
    {
        return 1;
    }

    next = lo->wanted[lo->path_len];

    if ((next == '\0' || next == '.' || next == '[' || lo->path_len == 0)
        && (lo->path_len > lo->best_len || lo->depth == 0))
    {
        lo->best = start;
        lo->best_len = lo->path_len;
    }

    return 1;
}


/* What snprintf added; a path that is cut matches nothing further on. */
static void
locate_step(locate_t *lo, int len)
{
    size_t  left;

    left = sizeof(lo->path) - 1 - lo->path_len;
    lo->path_len += (len > 0 && (size_t) len < left) ? (size_t) len : left;
}
