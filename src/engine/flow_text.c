/*
 * Texts with variables.
 *
 *     {{name}}           a variable, or the contact's name
 *     {{name|there}}     what to say where there is none
 *
 * Filling is one pass over the text: what a variable brings in is copied and
 * never looked at again. A text that is filled has PL_TEXT_MAX bytes at
 * most, whatever the variables hold.
 */

#include <string.h>

#include "../channel/limit.h"
#include "../core/str.h"
#include "flow_impl.h"

/* A text that is being made. */
typedef struct {
    size_t       len;
    flow_text_e  how;
    bool         full;
    char         data[PL_TEXT_MAX + 1];
} text_out_t;

static const char *text_twice(const char *p, char sign);
static void text_add(text_out_t *out, const char *s, size_t len);
static void text_add_encoded(text_out_t *out, const char *s);
static bool text_value(const pl_flow_t *flow, const flow_word_t *word,
    const pl_flow_vars_t *vars, text_out_t *out, pl_arena_t *ar);
static const char *text_language(const pl_flow_t *flow,
    const pl_flow_vars_t *vars);
static bool text_blank(char c);
static inline bool text_is(const char *a, const char *b);
static const char *text_question(const pl_flow_t *flow,
    const pl_flow_vars_t *vars);
static const char *text_first_name(const char *name, pl_arena_t *ar);
static bool text_named(uint8_t c);
static bool text_honorific(pl_str_t word);


const char *
pl_flow_fill(const pl_flow_t *flow, const char *text,
    const pl_flow_vars_t *vars, pl_arena_t *ar)
{
    flow_word_t  word;

    return !pl_flow_text_next(text, &word) && strlen(text) <= PL_TEXT_MAX
           ? text : pl_flow_text_fill(flow, text, vars, FLOW_TEXT, ar, NULL);
}


char *
pl_flow_text_fill(const pl_flow_t *flow, const char *text,
    const pl_flow_vars_t *vars, flow_text_e how, pl_arena_t *ar,
    bool *missing)
{
    text_out_t   out;
    const char  *p;
    flow_word_t  word;

    out.len = 0;
    out.how = how;
    out.full = false;

    if (missing != NULL) {
        *missing = false;
    }

    for (p = text; pl_flow_text_next(p, &word) && word.end != NULL;
         p = word.end)
    {
        text_add(&out, p, (size_t) (word.open - p));

        if (text_value(flow, &word, vars, &out, ar)) {
            continue;
        }

        if (missing != NULL) {
            *missing = true;
        }

        /* "Hey {{name}}, ..." is "Hey, ...", and never "Hey , ..." */

        while (out.len > 0 && text_blank(out.data[out.len - 1])) {
            out.len--;
        }

        while (out.len == 0 && text_blank(*word.end)) {
            word.end++;
        }
    }

    text_add(&out, p, strlen(p));

    return pl_arena_str(ar, (pl_str_t) { (uint8_t *) out.data, out.len });
}


bool
pl_flow_text_next(const char *p, flow_word_t *word)
{
    const char  *close, *bar;

    word->open = text_twice(p, PL_FLOW_WORD[0]);
    if (word->open == NULL) {
        return false;
    }

    word->name.data = (const uint8_t *) word->open + 2;
    word->name.len = 0;
    word->fallback = PL_STR_NULL;
    word->end = NULL;

    close = text_twice(word->open + 2, '}');
    if (close == NULL) {
        return true;
    }

    bar = memchr(word->open, '|', (size_t) (close - word->open));
    word->name.len = (size_t) ((bar == NULL ? close : bar) - word->open - 2);
    word->end = close + 2;

    if (bar != NULL) {
        word->fallback.data = (const uint8_t *) bar + 1;
        word->fallback.len = (size_t) (close - bar) - 1;
    }

    return true;
}


/* Where a sign first stands twice. Hardly any text has one even once. */

static const char *
text_twice(const char *p, char sign)
{
    p = strchr(p, sign);

    while (p != NULL && p[1] != sign) {
        p = strchr(p + 1, sign);
    }

    return p;
}


bool
pl_flow_name_valid(pl_str_t name)
{
    size_t    i, from;
    pl_str_t  part;

    for (i = 0, from = 0; i <= name.len; i++) {
        if (i < name.len && name.data[i] != '.') {
            continue;
        }

        part.data = name.data + from;
        part.len = i - from;
        from = i + 1;

        if (!pl_name_valid(part)) {
            return false;
        }
    }

    return name.len <= PL_NAME_MAX;
}


const char *
pl_flow_value(const pl_flow_t *flow, const pl_flow_vars_t *vars,
    const char *name, pl_arena_t *ar)
{
    size_t       i;
    const char  *value;

    value = text_is(name, PL_FLOW_QUESTION) ? text_question(flow, vars)
                                            : NULL;
    if (value != NULL) {
        return value;
    }

    for (i = 0; i < vars->n_rows; i++) {
        if (text_is(vars->rows[i]->name, name)
            && vars->rows[i]->value[0] != '\0')
        {
            return vars->rows[i]->value;
        }
    }

    if (vars->contact != NULL && vars->contact->name != NULL) {
        value = text_is(name, "name") ? vars->contact->name
                : text_is(name, "first_name")
                  ? text_first_name(vars->contact->name, ar) : NULL;

        if (value != NULL && value[0] != '\0') {
            return value;
        }
    }

    for (i = 0; i < flow->file->n_variables; i++) {
        if (text_is(flow->file->variables[i]->name, name)
            && flow->file->variables[i]->value[0] != '\0')
        {
            return flow->file->variables[i]->value;
        }
    }

    return NULL;
}


/* Names mostly begin otherwise. */

static inline bool
text_is(const char *a, const char *b)
{
    return a[0] == b[0] && strcmp(a, b) == 0;
}


/*
 * By the name of the step: whatever the version, it is this file's words that
 * are said.
 */

static const char *
text_question(const pl_flow_t *flow, const pl_flow_vars_t *vars)
{
    const Pl__FlowStep  *step = vars->asks;

    if (step == NULL && vars->run != NULL
        && strcmp(vars->run->flow, pl_flow_name(flow)) == 0)
    {
        step = pl_flow_step(flow, vars->run->step);
    }

    return step == NULL || step->ask == NULL ? NULL : step->ask->question;
}


void
pl_flow_text_cut(char *text, size_t chars)
{
    size_t  n;

    if (strlen(text) <= chars) {
        return;                         /* as most are: each has a byte */
    }

    for (n = 0; *text != '\0'; text++) {
        if (((uint8_t) *text & 0xc0) != 0x80 && n++ == chars) {
            *text = '\0';
            return;
        }
    }
}


/* What does not fit is cut on a character's edge; nothing comes behind it. */

static void
text_add(text_out_t *out, const char *s, size_t len)
{
    if (out->full) {
        return;
    }

    if (len > PL_TEXT_MAX - out->len) {
        out->full = true;

        for (len = PL_TEXT_MAX - out->len;
             len > 0 && ((uint8_t) s[len] & 0xc0) == 0x80;
             len--)
        {
            /* void */
        }
    }

    memcpy(out->data + out->len, s, len);
    out->len += len;
}


/* RFC 3986: all but what is unreserved. */

static void
text_add_encoded(text_out_t *out, const char *s)
{
    char                     octet[3];
    static const char        plain[] = "abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-._~";
    static const char        hex[] = "0123456789ABCDEF";

    for ( /* void */ ; *s != '\0'; s++) {
        if (strchr(plain, *s) != NULL) {
            text_add(out, s, 1);
            continue;
        }

        octet[0] = '%';
        octet[1] = hex[(uint8_t) *s >> 4];
        octet[2] = hex[(uint8_t) *s & 0xf];
        text_add(out, octet, sizeof(octet));
    }
}


/* False: there is nothing to say. */

static bool
text_value(const pl_flow_t *flow, const flow_word_t *word,
    const pl_flow_vars_t *vars, text_out_t *out, pl_arena_t *ar)
{
    char         name[PL_NAME_MAX + 1], date[PL_FLOW_DATE_MAX];
    const char  *value = NULL;

    if (word->name.len <= PL_NAME_MAX) {
        memcpy(name, word->name.data, word->name.len);
        name[word->name.len] = '\0';
        value = pl_flow_value(flow, vars, name, ar);
    }

    if (value != NULL) {
        if (out->how == FLOW_TEXT_URL && out->len > 0) {
            text_add_encoded(out, value);

        } else if (out->how == FLOW_TEXT_SAID
                   && pl_flow_date(text_language(flow, vars), value, date))
        {
            text_add(out, date, strlen(date));

        } else {
            text_add(out, value, strlen(value));
        }

        return true;
    }

    if (word->fallback.data == NULL) {
        return false;
    }

    text_add(out, (const char *) word->fallback.data, word->fallback.len);

    return true;
}


/* Texts are in the flow's; where it says none, in the person's, one hopes. */

static const char *
text_language(const pl_flow_t *flow, const pl_flow_vars_t *vars)
{
    return flow->file->language != NULL ? flow->file->language
           : vars->contact != NULL ? vars->contact->language : NULL;
}


static bool
text_blank(char c)
{
    return c == ' ' || c == '\t';
}


/*
 * By what a person is addressed: the first word of the name that they gave
 * themselves, if it looks like a first name. "Dr. Ann Lee" is Ann; "Mr Lee",
 * "+49 30 1234" and "info@example.org" have none.
 */

static const char *
text_first_name(const char *name, pl_arena_t *ar)
{
    size_t    i;
    pl_str_t  word;

    for ( ;; ) {
        name += strspn(name, " \t\r\n");
        word.data = (const uint8_t *) name;
        word.len = strcspn(name, " \t\r\n");

        if (word.len == 0 || text_honorific(word)) {
            return NULL;
        }

        if (word.data[word.len - 1] != '.') {
            break;
        }

        name += word.len;               /* a title */
    }

    for (i = 0; i < word.len; i++) {
        if (!text_named(word.data[i])) {
            return NULL;
        }
    }

    return pl_arena_str(ar, word);
}


/* Does a byte stand in names? All of what is not ASCII may. */

static bool
text_named(uint8_t c)
{
    return c >= 0x80 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
           || c == '-' || c == '\'' || c == '`';
}


static bool
text_honorific(pl_str_t word)
{
    size_t  i;

    static const char *const  honorifics[] = {
        "Herr", "Frau", "Familie", "Mr", "Mrs", "Ms", "Miss", "Mr.", "Mrs.",
        "Ms.", "M.", "Mme", "Monsieur", "Madame", "Sr.", "Sra.",
    };

    for (i = 0; i < PL_COUNT(honorifics); i++) {
        if (word.data[0] == (uint8_t) honorifics[i][0]
            && pl_str_eq(word, pl_str_c(honorifics[i])))
        {
            return true;
        }
    }

    return false;
}
