/*
 * A tenant's own words of refusal. See stop.h.
 */

#include <string.h>

#include "../core/str.h"
#include "../core/unicode.h"
#include "stop.h"

static const struct {
    const char   *word;
    Pl__StopKind  kind;
} stop_words[] = {
    { "stop", PL__STOP_KIND__STOP_KIND_STOP },
    { "start", PL__STOP_KIND__STOP_KIND_START },
    { "help", PL__STOP_KIND__STOP_KIND_HELP },
    { "unclear", PL__STOP_KIND__STOP_KIND_UNCLEAR },
    { "polite", PL__STOP_KIND__STOP_KIND_POLITE },
    { "other", PL__STOP_KIND__STOP_KIND_OTHER },
};

static pl_status_t stop_line(pl_arena_t *ar, pl_str_t line,
    pl_stop_own_t *own, size_t *column, pl_err_t *err);
static bool stop_kind(pl_str_t word, Pl__StopKind *kind);
static size_t stop_blank(pl_str_t line, size_t at);
static pl_status_t stop_bad(pl_err_t *err, pl_status_t status,
    const char *text);


pl_status_t
pl_stop_parse(pl_arena_t *ar, pl_str_t text, pl_stop_own_t **own, size_t *n,
    pl_err_t *err)
{
    size_t           at, len, column;
    unsigned         row;
    pl_str_t         line;
    pl_status_t      rc;
    const uint8_t   *end;

    *n = 0;
    *own = pl_arena_alloc(ar, PL_STOP_PHRASES_MAX * sizeof(**own));
    if (*own == NULL) {
        return stop_bad(err, PL_NOMEM, "out of memory");
    }

    for (at = 0, row = 1; at < text.len; at += len + 1, row++) {
        end = memchr(text.data + at, '\n', text.len - at);
        len = end != NULL ? (size_t) (end - text.data) - at : text.len - at;

        line.data = text.data + at;
        line.len = len != 0 && line.data[len - 1] == '\r' ? len - 1 : len;

        column = stop_blank(line, 0);

        if (column == line.len || line.data[column] == '#') {
            continue;
        }

        rc = *n == PL_STOP_PHRASES_MAX
             ? stop_bad(err, PL_TOOBIG, "more than 1000 phrases")
             : stop_line(ar, line, &(*own)[*n], &column, err);

        if (rc != PL_OK) {
            if (err != NULL) {
                err->line = row;
                err->column = (unsigned) column + 1;
            }

            return rc;
        }

        (*n)++;
    }

    return PL_OK;
}


/* *column: where it begins; where it is bad. */

static pl_status_t
stop_line(pl_arena_t *ar, pl_str_t line, pl_stop_own_t *own, size_t *column,
    pl_err_t *err)
{
    pl_str_t        word;
    pl_words_t      words;
    pl_status_t     rc;
    const uint8_t  *colon;

    colon = memchr(line.data, ':', line.len);
    if (colon == NULL) {
        return stop_bad(err, PL_INVALID, "no \":\" behind the kind");
    }

    word.data = line.data + *column;
    word.len = (size_t) (colon - word.data);

    while (word.len != 0 && (word.data[word.len - 1] == ' '
                             || word.data[word.len - 1] == '\t'))
    {
        word.len--;
    }

    if (!stop_kind(word, &own->kind)) {
        return stop_bad(err, PL_INVALID, "no such kind: stop, start, help, "
                                         "unclear, polite or other");
    }

    *column = stop_blank(line, (size_t) (colon - line.data) + 1);

    own->phrase.data = line.data + *column;
    own->phrase.len = line.len - *column;

    if (memchr(own->phrase.data, '\0', own->phrase.len) != NULL) {
        return stop_bad(err, PL_INVALID, "a NUL");
    }

    rc = pl_unicode_keyword(ar, own->phrase, PL_UNICODE_MARKS, &words, err);

    if (rc == PL_OK && words.n_words == 0) {
        return stop_bad(err, PL_INVALID, "a phrase without a word");
    }

    return rc;
}


static bool
stop_kind(pl_str_t word, Pl__StopKind *kind)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(stop_words); i++) {
        if (pl_str_eq(word, pl_str_c(stop_words[i].word))) {
            *kind = stop_words[i].kind;
            return true;
        }
    }

    return false;
}


static size_t
stop_blank(pl_str_t line, size_t at)
{
    while (at < line.len && (line.data[at] == ' ' || line.data[at] == '\t')) {
        at++;
    }

    return at;
}


static pl_status_t
stop_bad(pl_err_t *err, pl_status_t status, const char *text)
{
    return pl_err_set(err, status, "stop words", 0, "%s", text);
}
