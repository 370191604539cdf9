/*
 * Reading scripts: lines to verbs and words. See script.h.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "script.h"

/* A verb, and how many words it takes. */
typedef struct {
    const char    *name;
    plctl_verb_e   verb;
    unsigned       min;
    unsigned       max;
    const char    *words;       /* for who gave too few, or too many */
} script_verb_t;

static const script_verb_t *script_verb(pl_str_t name);
static pl_status_t script_verb_line(plctl_line_t *line, pl_str_t text,
    size_t at, pl_arena_t *ar, pl_err_t *err);
static pl_status_t script_rest(plctl_line_t *line, pl_str_t text, size_t at,
    pl_arena_t *ar, pl_err_t *err);
static pl_status_t script_words(plctl_line_t *line, pl_str_t text, size_t at,
    pl_arena_t *ar, pl_err_t *err);
static pl_status_t script_word(plctl_line_t *line, pl_str_t text, size_t *at,
    pl_arena_t *ar, pl_err_t *err);
static size_t script_enclosed(pl_str_t text, size_t at, uint8_t end,
    char *out, bool *closed);
static size_t script_escape(pl_str_t text, size_t at, uint8_t end,
    char *out);
static pl_status_t script_pass(plctl_line_t *line, pl_str_t text, size_t at,
    pl_arena_t *ar, pl_err_t *err);
static pl_status_t script_place(pl_err_t *err, pl_status_t status,
    unsigned line, size_t column, const char *text);
static bool script_blank(uint8_t c);


static const script_verb_t  script_verbs[] = {
    { "at", PLCTL_VERB_AT, 1, 2, "TIME [ZONE]" },
    { "contact", PLCTL_VERB_CONTACT, 1, 7,
      "NAME [language CODE] [zone ZONE] [phone NUMBER]" },
    { "tap", PLCTL_VERB_TAP, 1, 1, "ID" },
    { "form", PLCTL_VERB_FORM, 1, 2, "JSON [NAME]" },
    { "location", PLCTL_VERB_PLACE, 2, 2, "LATITUDE LONGITUDE" },
    { "media", PLCTL_VERB_MEDIA, 1, 2, "TYPE [CAPTION]" },
    { "referral", PLCTL_VERB_REFERRAL, 2, 3, "ID TEXT [HEADLINE]" },
    { "optin", PLCTL_VERB_OPTIN, 1, 1, "CATEGORY" },
    { "optout", PLCTL_VERB_OPTOUT, 1, 1, "CATEGORY" },
    { "agent", PLCTL_VERB_AGENT, 1, 1, "TEXT" },
    { "echo", PLCTL_VERB_ECHO, 1, 1, "TEXT" },
    { "take", PLCTL_VERB_TAKE, 0, 1, "[REASON]" },
    { "release", PLCTL_VERB_RELEASE, 0, 0, "no more" },
    { "event", PLCTL_VERB_EVENT, 1, PLCTL_SCRIPT_WORDS_MAX,
      "NAME [VARIABLE=VALUE]..." },
    { "start", PLCTL_VERB_START, 1, 2, "FLOW [STEP]" },
    { "send", PLCTL_VERB_SEND, 2, PLCTL_SCRIPT_WORDS_MAX,
      "text TEXT, or template NAME LANGUAGE [VALUE]..." },
    { "status", PLCTL_VERB_STATUS, 1, 1, "WORD" },
    { "provider", PLCTL_VERB_PROVIDER, 1, 2,
      "ok, hold, CODE, or http STATUS" },
    { "<", PLCTL_VERB_LEAVES, 1, PLCTL_SCRIPT_WORDS_MAX, "KIND ..." },
    { "nothing", PLCTL_VERB_NOTHING, 0, 0, "no more" },
    { "blocked", PLCTL_VERB_BLOCKED, 1, 1, "RULE" },
    { "deferred", PLCTL_VERB_DEFERRED, 1, 3, "RULE [until TIME]" },
    { "refused", PLCTL_VERB_REFUSED, 1, 1, "CODE" },
    { "expect", PLCTL_VERB_EXPECT, 1, PLCTL_SCRIPT_WORDS_MAX, "WHAT ..." },
};


pl_status_t
plctl_script_parse(pl_str_t text, pl_arena_t *ar, plctl_script_t *script,
    pl_err_t *err)
{
    size_t          i, len;
    unsigned        number;
    pl_str_t        row;
    pl_status_t     rc;
    plctl_line_t   *line;

    memset(script, 0, sizeof(*script));

    if (text.len > PLCTL_SCRIPT_MAX) {
        return script_place(err, PL_TOOBIG, 0, 0,
                            "a script has at most 1 MiB");
    }

    script->lines = pl_arena_alloc(ar, PLCTL_SCRIPT_LINES_MAX
                                       * sizeof(script->lines[0]));
    line = NULL;

    for (i = 0, number = 1; i < text.len; i += len + 1, number++) {

        for (len = 0; i + len < text.len && text.data[i + len] != '\n';
             len++)
        {
            /* void */
        }

        if (number > PLCTL_SCRIPT_LINES_MAX) {
            return script_place(err, PL_TOOBIG, number, 0,
                                "a script has at most 20000 lines");
        }

        if (line == NULL) {
            line = pl_arena_alloc(ar, sizeof(*line));
        }

        if (script->lines == NULL || line == NULL) {
            return script_place(err, PL_NOMEM, number, 0, "out of memory");
        }

        row.data = text.data + i;
        row.len = len;

        rc = plctl_script_line(row, number, ar, line, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (line->verb != PLCTL_VERB_NONE) {
            script->lines[script->n++] = line;
            line = NULL;
        }
    }

    return PL_OK;
}


pl_status_t
plctl_script_line(pl_str_t text, unsigned number, pl_arena_t *ar,
    plctl_line_t *line, pl_err_t *err)
{
    size_t  at;

    memset(line, 0, sizeof(*line));
    line->line = number;

    if (text.len > PLCTL_SCRIPT_LINE_MAX) {
        return script_place(err, PL_TOOBIG, number, PLCTL_SCRIPT_LINE_MAX,
                            "a line has at most 8192 bytes");
    }

    if (!pl_utf8_valid(text) || memchr(text.data, '\0', text.len) != NULL) {
        return script_place(err, PL_INVALID, number, 0, "is no UTF-8 text");
    }

    while (text.len != 0 && script_blank(text.data[text.len - 1])) {
        text.len--;
    }

    for (at = 0; at < text.len && script_blank(text.data[at]); at++) {
        /* void */
    }

    if (at == text.len || text.data[at] == '#') {
        return PL_OK;
    }

    line->column = (unsigned) at + 1;
    line->source = pl_arena_str(ar, (pl_str_t) { text.data + at,
                                                 text.len - at });
    if (line->source == NULL) {
        return script_place(err, PL_NOMEM, number, at, "out of memory");
    }

    if (text.data[at] == '>') {
        line->verb = PLCTL_VERB_SAY;
        return script_rest(line, text, at + 1, ar, err);
    }

    if (text.data[at] == '+') {
        line->verb = PLCTL_VERB_PASS;
        return script_pass(line, text, at, ar, err);
    }

    return script_verb_line(line, text, at, ar, err);
}


pl_status_t
plctl_script_mistake(const plctl_line_t *line, unsigned i, pl_err_t *err,
    const char *fmt, ...)
{
    char         text[PL_ERR_TEXT_MAX];
    size_t       column;
    va_list      args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    column = i < line->n_words ? line->words[i].column - 1
                               : line->column - 1 + strlen(line->source);

    return script_place(err, PL_INVALID, line->line, column, text);
}


bool
plctl_script_glob(const char *glob, const char *text)
{
    const char  *star = NULL, *back = NULL;

    while (*text != '\0') {

        if (*glob == '*') {
            star = ++glob;
            back = text;
            continue;
        }

        if (glob[0] == '\\' && glob[1] == '*') {
            if (*text == '*') {
                glob += 2;
                text++;
                continue;
            }

        } else if (*glob == *text) {
            glob++;
            text++;
            continue;
        }

        /* the last star takes one more; those before it need not */

        if (star == NULL) {
            return false;
        }

        glob = star;
        text = ++back;
    }

    while (*glob == '*') {
        glob++;
    }

    return *glob == '\0';
}


static pl_status_t
script_verb_line(plctl_line_t *line, pl_str_t text, size_t at,
    pl_arena_t *ar, pl_err_t *err)
{
    size_t                 end;
    pl_str_t               name;
    pl_status_t            rc;
    const script_verb_t   *verb;

    for (end = at; end < text.len && !script_blank(text.data[end]); end++) {
        /* void */
    }

    name.data = text.data + at;
    name.len = end - at;
    verb = script_verb(name);

    if (verb == NULL) {
        return script_place(err, PL_INVALID, line->line, at,
                            "begins with no word that is known");
    }

    line->verb = verb->verb;

    rc = script_words(line, text, end, ar, err);

    if (rc == PL_OK
        && (line->n_words < verb->min || line->n_words > verb->max))
    {
        return plctl_script_mistake(line,
                                    line->n_words < verb->min
                                    ? line->n_words : verb->max, err,
                                    "\"%s\" takes %s", verb->name,
                                    verb->words);
    }

    return rc;
}


static const script_verb_t *
script_verb(pl_str_t name)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(script_verbs); i++) {
        if (pl_str_eq(name, pl_str_c(script_verbs[i].name))) {
            return &script_verbs[i];
        }
    }

    return NULL;
}


/* What a person types: the rest of the line is theirs, quotes and all. */

static pl_status_t
script_rest(plctl_line_t *line, pl_str_t text, size_t at, pl_arena_t *ar,
    pl_err_t *err)
{
    char    *out;
    size_t   n;

    while (at < text.len && script_blank(text.data[at])) {
        at++;
    }

    if (at == text.len) {
        return script_place(err, PL_INVALID, line->line, at,
                            "nothing is said");
    }

    out = pl_arena_alloc(ar, text.len - at + 1);
    if (out == NULL) {
        return script_place(err, PL_NOMEM, line->line, at, "out of memory");
    }

    line->n_words = 1;
    line->words[0].column = (unsigned) at + 1;
    line->words[0].text = out;

    for (n = 0; at < text.len; n++) {
        at += script_escape(text, at, '\\', &out[n]);
    }

    out[n] = '\0';

    return PL_OK;
}


static pl_status_t
script_words(plctl_line_t *line, pl_str_t text, size_t at, pl_arena_t *ar,
    pl_err_t *err)
{
    pl_status_t  rc;

    for ( ;; ) {
        while (at < text.len && script_blank(text.data[at])) {
            at++;
        }

        if (at == text.len) {
            return PL_OK;
        }

        if (line->n_words == PLCTL_SCRIPT_WORDS_MAX) {
            return script_place(err, PL_TOOBIG, line->line, at,
                                "a line has at most 32 words");
        }

        rc = script_word(line, text, &at, ar, err);
        if (rc != PL_OK) {
            return rc;
        }
    }
}


static pl_status_t
script_word(plctl_line_t *line, pl_str_t text, size_t *at, pl_arena_t *ar,
    pl_err_t *err)
{
    bool           closed;
    char          *out;
    size_t         n;
    uint8_t        end;
    plctl_word_t  *word;

    out = pl_arena_alloc(ar, text.len - *at + 1);
    if (out == NULL) {
        return script_place(err, PL_NOMEM, line->line, *at, "out of memory");
    }

    word = &line->words[line->n_words++];
    word->column = (unsigned) *at + 1;
    word->text = out;
    end = text.data[*at];

    if (end == '"' || end == '/') {
        word->pattern = end == '/';
        *at = script_enclosed(text, *at + 1, end, out, &closed);

        if (!closed) {
            return script_place(err, PL_INVALID, line->line,
                                word->column - 1,
                                end == '"' ? "a quote is not closed"
                                           : "a pattern is not closed");
        }

        return PL_OK;
    }

    for (n = 0; *at < text.len && !script_blank(text.data[*at]); n++) {
        out[n] = (char) text.data[(*at)++];
    }

    out[n] = '\0';

    return PL_OK;
}


/* Up to the closing character, which a blank or the line's end follows. */

static size_t
script_enclosed(pl_str_t text, size_t at, uint8_t end, char *out,
    bool *closed)
{
    size_t  n;

    for (n = 0; at < text.len && text.data[at] != end; n++) {
        at += script_escape(text, at, end, &out[n]);
    }

    out[n] = '\0';
    *closed = at < text.len
              && (at + 1 == text.len || script_blank(text.data[at + 1]));

    return at + 1;
}


/*
 * One character, or an escape: how many bytes it took. In a pattern only the
 * slash is escaped: what else follows a backslash is PCRE2's.
 */

static size_t
script_escape(pl_str_t text, size_t at, uint8_t end, char *out)
{
    uint8_t  next;

    *out = (char) text.data[at];

    if (text.data[at] != '\\' || at + 1 == text.len) {
        return 1;
    }

    next = text.data[at + 1];

    if (next == end || (next == '\\' && end != '/')) {
        *out = (char) next;
        return 2;
    }

    if (next == 'n' && end != '/') {
        *out = '\n';
        return 2;
    }

    return 1;
}


static pl_status_t
script_pass(plctl_line_t *line, pl_str_t text, size_t at, pl_arena_t *ar,
    pl_err_t *err)
{
    pl_status_t  rc;

    rc = script_words(line, text, at + 1, ar, err);

    if (rc == PL_OK && line->n_words != 1) {
        return script_place(err, PL_INVALID, line->line, at,
                            "a time that passes is written as +1h30m");
    }

    return rc;
}


static pl_status_t
script_place(pl_err_t *err, pl_status_t status, unsigned line, size_t column,
    const char *text)
{
    (void) pl_err_set(err, status, "", 0, "%s", text);

    if (err != NULL) {
        err->line = line;
        err->column = (unsigned) column + 1;
    }

    return status;
}


static bool
script_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}
