/*
 * Where a path stands in a JSON text: a second parse that only counts. Used
 * once for a mistake that has been found, so it may be slow.
 */

#include <stdio.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "json.h"
#include "str.h"

/* One open object or array. */
typedef struct {
    bool      array;
    size_t    index;
    size_t    path_len;         /* of the container's own path */
} locate_frame_t;

typedef struct {
    yajl_handle      handle;
    pl_str_t         json;
    const char      *wanted;
    char             path[PL_ERR_PATH_MAX];
    size_t           path_len;
    locate_frame_t   frames[PL_JSON_DEPTH_MAX];
    size_t           depth;
    size_t           best;      /* offset of the nearest value so far */
    size_t           best_len;  /* of its path */
} locate_t;

static int locate_value(locate_t *lo, size_t token_len);
static int locate_open(locate_t *lo, bool array);
static int locate_close(void *ctx);
static void locate_place(const locate_t *lo, unsigned *line,
    unsigned *column);


static int
locate_null(void *ctx)
{
    return locate_value(ctx, 4);
}


static int
locate_boolean(void *ctx, int on)
{
    return locate_value(ctx, on ? 4 : 5);
}


static int
locate_number(void *ctx, const char *text, size_t len)
{
    (void) text;

    return locate_value(ctx, len);
}


/*
 * Escapes make the token longer than its text, so its start is looked for
 * backwards: the nearest quote that no backslash stands before.
 */

static int
locate_string(void *ctx, const unsigned char *text, size_t len)
{
    size_t     end, at, slashes;
    locate_t  *lo;

    (void) text;
    (void) len;

    lo = ctx;
    end = yajl_get_bytes_consumed(lo->handle);

    for (at = end - 1; at > 0; at--) {
        if (lo->json.data[at - 1] != '"') {
            continue;
        }

        for (slashes = 0;
             slashes < at - 1 && lo->json.data[at - 2 - slashes] == '\\';
             slashes++)
        {
            /* void */
        }

        if (slashes % 2 == 0) {
            break;
        }
    }

    return locate_value(lo, end - at + 1);
}


static int
locate_key(void *ctx, const unsigned char *key, size_t len)
{
    int        n;
    locate_t  *lo;

    lo = ctx;
    lo->path_len = lo->frames[lo->depth - 1].path_len;

    n = snprintf(lo->path + lo->path_len, sizeof(lo->path) - lo->path_len,
                 "%s%.*s", lo->path_len == 0 ? "" : ".", (int) len,
                 (const char *) key);

    if (n > 0) {
        lo->path_len += (size_t) n;
    }

    if (lo->path_len >= sizeof(lo->path)) {
        lo->path_len = sizeof(lo->path) - 1;
    }

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
    yajl_status  st;

    memset(&lo, 0, sizeof(lo));
    lo.json = json;
    lo.wanted = path;

    lo.handle = yajl_alloc(&locate_callbacks, NULL, &lo);
    if (lo.handle == NULL) {
        return PL_NOMEM;
    }

    (void) yajl_config(lo.handle, yajl_allow_comments, 1);
    (void) yajl_config(lo.handle, yajl_dont_validate_strings, 1);

    st = yajl_parse(lo.handle, json.data, json.len);
    yajl_free(lo.handle);

    if (st == yajl_status_error) {
        return PL_INVALID;
    }

    locate_place(&lo, line, column);

    return PL_OK;
}


/* Notes the value if its path leads towards the wanted one, further on. */

static int
locate_value(locate_t *lo, size_t token_len)
{
    char             next;
    size_t           at;
    locate_frame_t  *frame;

    frame = lo->depth == 0 ? NULL : &lo->frames[lo->depth - 1];

    if (frame != NULL && frame->array) {
        lo->path_len = frame->path_len
                       + (size_t) snprintf(lo->path + frame->path_len,
                                           sizeof(lo->path)
                                           - frame->path_len, "[%zu]",
                                           frame->index++);
        if (lo->path_len >= sizeof(lo->path)) {
            lo->path_len = sizeof(lo->path) - 1;
        }
    }

    at = yajl_get_bytes_consumed(lo->handle) - token_len;

    if (strlen(lo->wanted) >= lo->path_len
        && memcmp(lo->wanted, lo->path, lo->path_len) == 0)
    {
        next = lo->wanted[lo->path_len];

        if ((next == '\0' || next == '.' || next == '[' || lo->path_len == 0)
            && (lo->path_len > lo->best_len || lo->depth == 0))
        {
            lo->best = at;
            lo->best_len = lo->path_len;
        }
    }

    return 1;
}


static int
locate_open(locate_t *lo, bool array)
{
    if (lo->depth == PL_JSON_DEPTH_MAX) {
        return 0;
    }

    (void) locate_value(lo, 1);

    lo->frames[lo->depth].array = array;
    lo->frames[lo->depth].index = 0;
    lo->frames[lo->depth].path_len = lo->path_len;
    lo->depth++;

    return 1;
}


static int
locate_close(void *ctx)
{
    locate_t  *lo;

    lo = ctx;
    lo->depth--;
    lo->path_len = lo->frames[lo->depth].path_len;

    return 1;
}


static void
locate_place(const locate_t *lo, unsigned *line, unsigned *column)
{
    size_t  i, start;

    *line = 1;
    start = 0;

    for (i = 0; i < lo->best && i < lo->json.len; i++) {
        if (lo->json.data[i] == '\n') {
            (*line)++;
            start = i + 1;
        }
    }

    *column = (unsigned) (lo->best - start + 1);
}
