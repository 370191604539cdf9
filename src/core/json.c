/*
 * The reader: the door to yajl 2.1, its memory, and errors of syntax.
 *
 * yajl tests no allocation, so none may fail while it runs. What it asks
 * for is known before it starts, and is taken from the arena in one piece:
 *
 *     handle, lexer, heads of two buffers,  at most READER_SMALL bytes
 *     128 states of nesting, an error text  (cut at PL_JSON_NEST_MAX)
 *     decode buffer                         2048 bytes, doubled until the
 *                                           longest string that has escapes
 *                                           fits
 *     lexer's buffer                        2048 bytes, doubled until the
 *                                           token fits that the text's end
 *                                           cuts off
 *
 * A buffer is asked for with 2048 bytes and gets at once all that it can
 * grow to, so that growing it returns the same address and nothing is
 * copied. Without a backslash there are no escapes; the token that is cut
 * off is a string, in which no further unescaped quote stands, or shorter
 * than what follows the last quote (comments are not, and count in full).
 * These sums are for yajl 2.1, which is its last release: reader_memory
 * refuses to work with another.
 *
 * The text is given in one piece, and yajl_complete_parse is called for lone
 * scalars only: it sees a second piece, to which no offset belongs, and it
 * takes an unterminated string behind the value for nothing. What stands
 * behind the value is therefore looked at here.
 */

#include <string.h>
#include <yajl/yajl_parse.h>
#include <yajl/yajl_version.h>

#include "json_impl.h"

#define READER_SMALL        2048
#define READER_BUFFER       2048        /* yajl's first size of a buffer */
#define READER_ALIGN        16
#define READER_WORDS_MAX    160         /* of yajl's own error text */


/* One piece of memory, handed out from the front. */
typedef struct {
    uint8_t  *pos;
    uint8_t  *end;
    size_t    buffer;               /* what a buffer gets */
} reader_memory_t;


static pl_status_t reader_memory(pl_reader_t *rd, reader_memory_t *memory,
    pl_err_t *err);
static size_t reader_last_token(pl_str_t json, unsigned flags);
static void *reader_malloc(void *ctx, size_t size);
static void *reader_realloc(void *ctx, void *data, size_t size);
static void reader_free(void *ctx, void *data);
static pl_status_t reader_syntax(pl_reader_t *rd, pl_err_t *err);
static pl_status_t reader_early(pl_reader_t *rd, pl_err_t *err);
static pl_status_t reader_rest(pl_reader_t *rd, pl_err_t *err);
static size_t reader_comment(pl_str_t json, size_t at);


pl_status_t
pl_reader_run(pl_reader_t *rd, const void *callbacks, bool scalar,
    pl_err_t *err)
{
    pl_status_t       rc;
    yajl_status       parsed;
    reader_memory_t   memory;
    yajl_alloc_funcs  funcs;

    if (!pl_json_strict(rd, err)) {
        return PL_INVALID;
    }

    rc = reader_memory(rd, &memory, err);
    if (rc != PL_OK) {
        return rc;
    }

    funcs.malloc = reader_malloc;
    funcs.realloc = reader_realloc;
    funcs.free = reader_free;
    funcs.ctx = &memory;

    rd->handle = yajl_alloc(callbacks, &funcs, rd);
    if (rd->handle == NULL) {
        return pl_err_set(err, PL_NOMEM, "decode", 0, "no memory left");
    }

    /* These three options cannot fail. */
    (void) yajl_config(rd->handle, yajl_dont_validate_strings, 1);
    (void) yajl_config(rd->handle, yajl_allow_trailing_garbage, 1);
    (void) yajl_config(rd->handle, yajl_allow_comments,
                       (rd->flags & PL_JSON_COMMENTS) != 0);

    parsed = yajl_parse(rd->handle, rd->json.data, rd->json.len);

    if (scalar && parsed == yajl_status_ok && !rd->ended) {
        parsed = yajl_complete_parse(rd->handle);
        rd->end = rd->json.len;
    }

    if (parsed == yajl_status_client_canceled) {
        return PL_MISUSE;
    }

    if (parsed == yajl_status_error) {
        return reader_syntax(rd, err);
    }

    return rd->ended ? reader_rest(rd, err) : reader_early(rd, err);
}


size_t
pl_reader_offset(const pl_reader_t *rd)
{
    return yajl_get_bytes_consumed(rd->handle);
}


/* yajl points into the input unless the string has escapes. */
pl_str_t
pl_reader_text(const pl_reader_t *rd, const unsigned char *text, size_t len)
{
    size_t    end, start;
    pl_str_t  raw, plain;

    if ((uintptr_t) text - (uintptr_t) rd->json.data < rd->json.len) {
        return (pl_str_t) { text, len };
    }

    end = pl_reader_offset(rd) - 1;         /* of the closing quote */
    start = pl_json_string_start(rd->json, end + 1) + 1;
    raw = (pl_str_t) { rd->json.data + start, end - start };

    if (pl_json_unescape(rd->ar, raw, &plain) != PL_OK) {
        return PL_STR_NULL;
    }

    return plain;
}


void
pl_reader_place(const pl_reader_t *rd, size_t offset, pl_err_t *err)
{
    size_t  i, start;

    if (err == NULL) {
        return;
    }

    err->line = 1;
    start = 0;

    for (i = 0; i < offset && i < rd->json.len; i++) {
        if (rd->json.data[i] == '\n') {
            err->line++;
            start = i + 1;
        }
    }

    err->column = (unsigned) (offset - start + 1);
}


static pl_status_t
reader_memory(pl_reader_t *rd, reader_memory_t *memory, pl_err_t *err)
{
    bool      escapes;
    size_t    longest, size;

    if (yajl_version() / 100 != YAJL_VERSION / 100) {
        return pl_err_set(err, PL_FOREIGN, "decode", yajl_version(),
                          "yajl 2.1 is needed");
    }

    escapes = rd->json.len > 0
              && memchr(rd->json.data, '\\', rd->json.len) != NULL;
    longest = escapes ? rd->json.len : reader_last_token(rd->json, rd->flags);

    if (longest > SIZE_MAX / 8) {
        return pl_err_set(err, PL_TOOBIG, "decode", 0, "text is too long");
    }

    /* yajl doubles while what it adds would leave no byte free. */
    memory->buffer = READER_BUFFER;
    while (memory->buffer <= longest + 1) {
        memory->buffer *= 2;
    }

    size = READER_SMALL + (memory->buffer + READER_ALIGN) * (escapes ? 2 : 1);

    memory->pos = pl_arena_alloc(rd->ar, size);
    if (memory->pos == NULL) {
        return pl_err_set(err, PL_NOMEM, "decode", 0, "no memory left");
    }

    memory->end = memory->pos + size;

    return PL_OK;
}


/* No token that the end cuts off is longer. */
static size_t
reader_last_token(pl_str_t json, unsigned flags)
{
    const uint8_t  *quote;

    quote = ((flags & PL_JSON_COMMENTS) != 0 || json.len == 0) ? NULL
            : memrchr(json.data, '"', json.len);

    return (quote == NULL) ? json.len
                           : (size_t) (json.data + json.len - quote);
}


/* Before each piece stands its size. */
static void *
reader_malloc(void *ctx, size_t size)
{
    uint8_t          *data;
    reader_memory_t  *memory;

    memory = ctx;

    if (size >= READER_BUFFER && size < memory->buffer) {
        size = memory->buffer;
    }

    size = (size + READER_ALIGN - 1) & ~(size_t) (READER_ALIGN - 1);

    /* Never so, by the sums above. */
    if (size + READER_ALIGN > (size_t) (memory->end - memory->pos)) {
        return NULL;
    }

    data = memory->pos + READER_ALIGN;
    memcpy(memory->pos, &size, sizeof(size));
    memory->pos = data + size;

    return data;
}


static void *
reader_realloc(void *ctx, void *data, size_t size)
{
    void    *moved;
    size_t   had;

    if (data == NULL) {
        return reader_malloc(ctx, size);
    }

    memcpy(&had, (uint8_t *) data - READER_ALIGN, sizeof(had));

    if (size <= had) {
        return data;
    }

    moved = reader_malloc(ctx, size);
    if (moved != NULL) {
        memcpy(moved, data, had);
    }

    return moved;
}


/* All of it goes with the arena. */
static void
reader_free(void *ctx, void *data)
{
    (void) ctx;
    (void) data;
}


/*
 * yajl stands behind the token that it did not expect. Its text names
 * kinds of tokens and never their content.
 */
static pl_status_t
reader_syntax(pl_reader_t *rd, pl_err_t *err)
{
    char            words[READER_WORDS_MAX];
    size_t          len, at;
    unsigned char  *text;

    text = yajl_get_error(rd->handle, 0, rd->json.data, rd->json.len);
    len = (text == NULL) ? 0 : strnlen((char *) text, sizeof(words) - 1);

    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '.')) {
        len--;
    }

    if (len > 0) {
        memcpy(words, text, len);
    }

    words[len] = '\0';
    at = pl_reader_offset(rd);

    (void) pl_err_set(err, PL_INVALID, "decode", 0, "%s",
                      (len == 0) ? "no JSON" : words);
    pl_reader_place(rd, (at > 0) ? at - 1 : 0, err);

    return PL_INVALID;
}


static pl_status_t
reader_early(pl_reader_t *rd, pl_err_t *err)
{
    (void) pl_err_set(err, PL_INVALID, "decode", 0, "ends too early");
    pl_reader_place(rd, rd->json.len, err);

    return PL_INVALID;
}


/* White space, and comments where they are allowed, may follow the value. */
static pl_status_t
reader_rest(pl_reader_t *rd, pl_err_t *err)
{
    size_t    at, n;
    pl_str_t  json;

    json = rd->json;

    for (at = rd->end; at < json.len; at += n) {
        n = (json.data[at] == ' '
             || (json.data[at] >= '\t' && json.data[at] <= '\r')) ? 1 : 0;

        if (n == 0 && (rd->flags & PL_JSON_COMMENTS) != 0) {
            n = reader_comment(json, at);
        }

        if (n == 0) {
            (void) pl_err_set(err, PL_INVALID, "decode", 0,
                              "more text behind the value");
            pl_reader_place(rd, at, err);
            return PL_INVALID;
        }
    }

    return PL_OK;
}


/* The length of the comment that begins there, or 0. */
static size_t
reader_comment(pl_str_t json, size_t at)
{
    const uint8_t  *p, *end;

    if (json.len - at < 2 || json.data[at] != '/') {
        return 0;
    }

    p = json.data + at;

    if (p[1] == '/') {
        end = memchr(p, '\n', json.len - at);
        return (end == NULL) ? json.len - at : (size_t) (end - p);
    }

    end = (p[1] == '*') ? memmem(p + 2, json.len - at - 2, "*/", 2) : NULL;

    return (end == NULL) ? 0 : (size_t) (end + 2 - p);
}
