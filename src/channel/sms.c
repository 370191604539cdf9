/*
 * See sms.h.
 */

#include <string.h>

#include "../core/gsm.h"
#include "../core/str.h"
#include "channel.h"
#include "sms.h"

#define SMS_GROWS  3                    /* an ellipsis is as long as three
                                           dots: a text never grows */


typedef struct {
    const char  *from;
    const char  *to;
} sms_row_t;


/* A text under construction. */
typedef struct {
    uint8_t         *data;
    size_t           len;
    pl_sms_value_t  *values;
    size_t           n;
} sms_fill_t;


static const sms_row_t *sms_row(const char *s);
static pl_str_t sms_body(pl_str_t text);
static pl_status_t sms_brace(sms_fill_t *fill, pl_str_t text, size_t *at,
    pl_err_t *err);
static pl_status_t sms_value(sms_fill_t *fill, pl_str_t name, pl_err_t *err);
static pl_status_t sms_put(sms_fill_t *fill, pl_str_t s, pl_err_t *err);
static pl_status_t sms_fault(pl_err_t *err, pl_str_t name, const char *text);


static const sms_row_t sms_rows[] = {
    { "\xe2\x80\x98", "'" },            /* quotes */
    { "\xe2\x80\x99", "'" },
    { "\xe2\x80\x9a", "'" },
    { "\xe2\x80\x9b", "'" },
    { "\xe2\x80\xb2", "'" },
    { "\xe2\x80\x9c", "\"" },
    { "\xe2\x80\x9d", "\"" },
    { "\xe2\x80\x9e", "\"" },
    { "\xe2\x80\x9f", "\"" },
    { "\xe2\x80\xb3", "\"" },
    { "\xc2\xab", "\"" },
    { "\xc2\xbb", "\"" },
    { "\xe2\x80\xb9", "<" },
    { "\xe2\x80\xba", ">" },
    { "\xc2\xb4", "'" },
    { "`", "'" },
    { "\xe2\x80\x90", "-" },            /* dashes */
    { "\xe2\x80\x91", "-" },
    { "\xe2\x80\x92", "-" },
    { "\xe2\x80\x93", "-" },
    { "\xe2\x80\x94", "-" },
    { "\xe2\x80\x95", "-" },
    { "\xe2\x88\x92", "-" },
    { "\xc2\xad", "" },
    { "\xe2\x80\xa2", "*" },            /* bullets */
    { "\xc2\xb7", "." },
    { "\xe2\x80\xa6", "..." },
    { "\xc2\xa0", " " },                /* spaces */
    { "\xe2\x80\x82", " " },
    { "\xe2\x80\x83", " " },
    { "\xe2\x80\x89", " " },
    { "\xe2\x80\xaf", " " },
    { "\t", " " },
    { "\xe2\x80\x8b", "" },             /* of no width */
    { "\xef\xbb\xbf", "" },
};


const char *
pl_sms_smart(pl_arena_t *ar, const char *text)
{
    char             *out, *p;
    const char       *s;
    const sms_row_t  *row;

    for (s = text; *s != '\0' && sms_row(s) == NULL; s++) {
        /* void */
    }

    if (*s == '\0') {
        return text;
    }

    out = pl_arena_alloc(ar, strlen(text) + SMS_GROWS);
    if (out == NULL) {
        return NULL;
    }

    for (s = text, p = out; *s != '\0'; /* void */ ) {
        row = sms_row(s);

        if (row == NULL) {
            *p++ = *s++;
            continue;
        }

        memcpy(p, row->to, strlen(row->to));
        p += strlen(row->to);
        s += strlen(row->from);
    }

    *p = '\0';

    return out;
}


pl_status_t
pl_sms_fill(pl_arena_t *ar, pl_str_t text, pl_sms_value_t *values, size_t n,
    pl_str_t *out, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;
    sms_fill_t   fill = { NULL, 0, values, n };

    fill.data = pl_arena_alloc(ar, PL_TEXT_MAX + 1);
    if (fill.data == NULL) {
        return pl_err_set(err, PL_NOMEM, "template", 0, "no memory");
    }

    for (i = 0; i < n; i++) {
        values[i].used = false;
    }

    text = sms_body(text);

    for (i = 0; rc == PL_OK && i < text.len; /* void */ ) {
        if (text.data[i] == '{' || text.data[i] == '}') {
            rc = sms_brace(&fill, text, &i, err);
            continue;
        }

        rc = sms_put(&fill, (pl_str_t) { text.data + i, 1 }, err);
        i++;
    }

    for (i = 0; rc == PL_OK && i < n; i++) {
        if (!values[i].used) {
            return sms_fault(err, values[i].name,
                             "is no variable of the template");
        }
    }

    if (rc == PL_OK && fill.len == 0) {
        return sms_fault(err, PL_STR(""), "the template is empty");
    }

    if (rc == PL_OK) {
        fill.data[fill.len] = '\0';
        *out = (pl_str_t) { fill.data, fill.len };
    }

    return rc;
}


uint32_t
pl_sms_segments(pl_arena_t *ar, const Pl__ChannelSettings *channel,
    const Pl__Content *content)
{
    pl_gsm_t             gsm;
    const char          *text;
    const pl_channel_t  *provider;

    provider = pl_channel_find(pl_str_c(channel->provider));

    if (content == NULL || content->of_case != PL__CONTENT__OF_TEXT
        || pl_channel_windows(provider, channel))
    {
        return 0;
    }

    text = content->text->body;

    if (channel->has_smart && channel->smart) {
        text = pl_sms_smart(ar, text);
    }

    if (text == NULL) {
        return 0;
    }

    pl_gsm_count(pl_str_c(text), &gsm);

    return gsm.segments;
}


static const sms_row_t *
sms_row(const char *s)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(sms_rows); i++) {
        if (strncmp(s, sms_rows[i].from, strlen(sms_rows[i].from)) == 0) {
            return &sms_rows[i];
        }
    }

    return NULL;
}


static pl_str_t
sms_body(pl_str_t text)
{
    const uint8_t  *end;

    while (text.len != 0 && text.data[0] == '#') {
        end = memchr(text.data, '\n', text.len);

        if (end == NULL) {
            return PL_STR_NULL;
        }

        text.len -= (size_t) (end - text.data) + 1;
        text.data = end + 1;
    }

    while (text.len != 0 && text.data[text.len - 1] <= ' ') {
        text.len--;
    }

    return text;
}


/* From a brace at *at, which is moved behind what it begins. */

static pl_status_t
sms_brace(sms_fill_t *fill, pl_str_t text, size_t *at, pl_err_t *err)
{
    pl_str_t        name;
    pl_status_t     rc;
    const uint8_t  *p = text.data + *at, *end;

    if (*at + 1 < text.len && p[1] == p[0]) {
        *at += 2;
        return sms_put(fill, (pl_str_t) { p, 1 }, err);
    }

    end = *p == '{' ? memchr(p, '}', text.len - *at) : NULL;

    if (end == NULL) {
        return sms_fault(err, PL_STR(""), "a brace stands alone");
    }

    name = (pl_str_t) { p + 1, (size_t) (end - p) - 1 };

    if (!pl_name_valid(name)) {
        return sms_fault(err, PL_STR(""), "a variable's name is none");
    }

    rc = sms_value(fill, name, err);
    *at += name.len + 2;

    return rc;
}


static pl_status_t
sms_value(sms_fill_t *fill, pl_str_t name, pl_err_t *err)
{
    size_t  i;

    for (i = 0; i < fill->n; i++) {
        if (pl_str_eq(fill->values[i].name, name)
            && fill->values[i].value.len != 0)
        {
            fill->values[i].used = true;
            return sms_put(fill, fill->values[i].value, err);
        }
    }

    return sms_fault(err, name, "the variable has no value");
}


static pl_status_t
sms_put(sms_fill_t *fill, pl_str_t s, pl_err_t *err)
{
    if (s.len > PL_TEXT_MAX - fill->len) {
        return pl_err_set(err, PL_TOOBIG, "template", 0,
                          "more than %d bytes", PL_TEXT_MAX);
    }

    if (s.len != 0) {
        memcpy(fill->data + fill->len, s.data, s.len);
        fill->len += s.len;
    }

    return PL_OK;
}


static pl_status_t
sms_fault(pl_err_t *err, pl_str_t name, const char *text)
{
    (void) pl_err_set(err, PL_INVALID, "template", 0, "%s", text);

    if (pl_name_valid(name)) {
        pl_err_path(err, "%.*s", (int) name.len, (const char *) name.data);
    }

    return PL_INVALID;
}
