/*
 * Mistakes of a flow file: a list in the order of their places.
 *
 * A path is found in the text by a second parse (json.h), which is dear; so
 * it is done for those mistakes alone that are kept. A column within a
 * string counts the string's bytes, while in the file there are escapes:
 * that is reckoned back.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flow_impl.h"

static pl_flow_mistake_t *mistake_row(pl_flow_mistakes_t *mistakes,
    bool warning, unsigned line, unsigned column);
static unsigned mistake_column(pl_str_t json, unsigned line, unsigned column,
    unsigned within);
static size_t mistake_escape(pl_str_t json, size_t at, unsigned *bytes);


void
pl_flow_mistake(flow_check_t *check, flow_mistake_e kind, const char *path,
    unsigned within, const char *fmt, ...)
{
    char                text[PL_ERR_TEXT_MAX];
    va_list             args;
    unsigned            line = 0, column = 0;
    pl_str_t            json = check->flow->json;
    pl_flow_mistake_t  *row;

    if (kind == FLOW_UNFIT) {
        kind = check->published ? FLOW_WARNING : FLOW_ERROR;
    }

    check->mistakes->errors += kind == FLOW_ERROR;

    if (check->mistakes->n == PL_FLOW_MISTAKES_MAX) {
        check->mistakes->more++;

        /* the first error is what a status stands for */
        if (kind == FLOW_WARNING || check->mistakes->errors > 1) {
            return;
        }

        check->mistakes->n--;
    }

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (pl_json_locate(json, path, &line, &column) == PL_OK && within != 0) {
        column = mistake_column(json, line, column, within);
    }

    row = mistake_row(check->mistakes, kind == FLOW_WARNING, line, column);
    (void) pl_err_set(&row->err, PL_INVALID, "flow", 0, "%s", text);
    pl_err_path(&row->err, "%s", path);
    row->err.line = line;
    row->err.column = column;
}


void
pl_flow_mistake_placed(flow_check_t *check, const pl_err_t *err)
{
    pl_flow_mistake_t  *row;

    check->mistakes->errors++;

    if (check->mistakes->n == PL_FLOW_MISTAKES_MAX) {
        check->mistakes->more++;
        return;
    }

    row = mistake_row(check->mistakes, false, err->line, err->column);
    row->err = *err;
}


const char *
pl_flow_path(char path[PL_ERR_PATH_MAX], const char *base, const char *fmt,
    ...)
{
    size_t   len;
    va_list  args;

    len = strnlen(base, PL_ERR_PATH_MAX - 1);
    memmove(path, base, len);
    path[len] = '\0';

    va_start(args, fmt);
    (void) vsnprintf(path + len, PL_ERR_PATH_MAX - len, fmt, args);
    va_end(args);

    return path;
}


/* Room in its order: behind those of the same place. */

static pl_flow_mistake_t *
mistake_row(pl_flow_mistakes_t *mistakes, bool warning, unsigned line,
    unsigned column)
{
    size_t              i;
    pl_flow_mistake_t  *row;

    for (i = mistakes->n; i > 0; i--) {
        row = &mistakes->rows[i - 1];

        if (row->err.line < line
            || (row->err.line == line && row->err.column <= column))
        {
            break;
        }
    }

    memmove(&mistakes->rows[i + 1], &mistakes->rows[i],
            (mistakes->n - i) * sizeof(mistakes->rows[0]));
    mistakes->n++;
    mistakes->rows[i].warning = warning;

    return &mistakes->rows[i];
}


/* within counts from 1; the string's quote stands at the column. */

static unsigned
mistake_column(pl_str_t json, unsigned line, unsigned column,
    unsigned within)
{
    size_t    at, from;
    unsigned  bytes;

    for (at = 0; at < json.len && line > 1; at++) {
        line -= json.data[at] == '\n';
    }

    from = at;
    at += column - 1;

    if (at >= json.len || json.data[at] != '"') {
        return column;
    }

    for (at++; within > 1 && at < json.len && json.data[at] != '"'; ) {
        at += mistake_escape(json, at, &bytes);
        within -= bytes < within - 1 ? bytes : within - 1;
    }

    return (unsigned) (at - from) + 1;
}


/* How long it is in the file, and what it is when it is read. */

static size_t
mistake_escape(pl_str_t json, size_t at, unsigned *bytes)
{
    unsigned  c;
    size_t    i;

    *bytes = 1;

    if (json.data[at] != '\\' || at + 1 >= json.len) {
        return 1;
    }

    if (json.data[at + 1] != 'u' || at + 6 > json.len) {
        return 2;
    }

    for (i = at + 2, c = 0; i < at + 6; i++) {
        c = c * 16 + (unsigned) (json.data[i] <= '9' ? json.data[i] - '0'
                                 : (json.data[i] | 0x20) - 'a' + 10);
    }

    if (c >= 0xd800 && c < 0xdc00) {
        *bytes = 4;             /* the first of a pair */
        return 12;
    }

    *bytes = c == 0 || c >= 0x800 ? 3 : c >= 0x80 ? 2 : 1;

    return 6;
}
