/*
 * HTML as text, for who listens and who searches: tags are gone, blocks are
 * lines, what is quoted has "> " before it, as in a text; scripts and styles
 * say nothing. No reader of HTML, and never shown in its place.
 */

#include <string.h>
#include <strings.h>

#include "../core/str.h"
#include "mail_impl.h"

#define PLAIN_NAME  16          /* of a tag that means anything here */
#define PLAIN_DEEP  8           /* quotes in quotes */

typedef struct {
    pl_mail_buf_t    buf;
    const uint8_t   *p;
    const uint8_t   *end;
    unsigned         quotes;
    bool             blank;     /* one is due */
    bool             bol;
} plain_t;

static void plain_tag(plain_t *h);
static const uint8_t *plain_tag_end(const uint8_t *p, const uint8_t *end);
static void plain_skip(plain_t *h, const char *name);
static void plain_entity(plain_t *h);
static void plain_line(plain_t *h);
static void plain_add(plain_t *h, const void *bytes, size_t n);
static bool plain_in(const char *name, const char *const *list, size_t n);

static const char *const  plain_silent[] = {
    "script", "style", "head", "title", "template",
};

static const char *const  plain_blocks[] = {
    "p", "div", "br", "tr", "li", "ul", "ol", "table", "hr", "h1", "h2",
    "h3", "h4", "h5", "h6", "pre", "section", "article", "blockquote",
    "header", "footer", "body",
};


char *
pl_mail_plain(pl_arena_t *ar, pl_str_t html)
{
    uint8_t   c;
    plain_t   h;

    memset(&h, 0, sizeof(h));
    h.buf.ar = ar;
    h.p = html.data;
    h.end = pl_mail_end(html);
    h.bol = true;

    while (h.p < h.end && h.buf.len < PL_MAIL_TEXT_MAX) {
        c = *h.p;

        if (c == '<') {
            plain_tag(&h);

        } else if (c == '&') {
            plain_entity(&h);

        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            h.blank = true;
            h.p++;

        } else {
            plain_add(&h, h.p++, 1);
        }
    }

    while (h.buf.len > 0 && h.buf.data[h.buf.len - 1] == '\n') {
        h.buf.len--;
    }

    return h.buf.full ? NULL
           : pl_utf8_clean(ar, (pl_str_t) { h.buf.data, h.buf.len });
}


static void
plain_tag(plain_t *h)
{
    char             name[PLAIN_NAME + 1] = "";
    bool             close;
    size_t           n = 0;
    const uint8_t   *p = h->p + 1, *stop;

    if (h->end - h->p > 4 && memcmp(h->p, "<!--", 4) == 0) {
        stop = memmem(h->p, (size_t) (h->end - h->p), "-->", 3);
        h->p = stop == NULL ? h->end : stop + 3;
        return;
    }

    close = p < h->end && *p == '/';
    p += close;

    while (p < h->end && n < PLAIN_NAME
           && ((*p | 0x20) >= 'a' ? (*p | 0x20) <= 'z'
                                  : *p >= '0' && *p <= '9'))
    {
        name[n++] = (char) (*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
        p++;
    }

    if (n == 0 && !close && (p == h->end || (*p != '!' && *p != '?'))) {
        plain_add(h, h->p++, 1);        /* 1 < 2 */
        return;
    }

    h->p = plain_tag_end(p, h->end);

    if (!close && plain_in(name, plain_silent, PL_COUNT(plain_silent))) {
        plain_skip(h, name);
        return;
    }

    if (plain_in(name, plain_blocks, PL_COUNT(plain_blocks))) {
        plain_line(h);
    }

    if (strcmp(name, "blockquote") == 0) {
        h->quotes = !close ? h->quotes + (h->quotes < PLAIN_DEEP)
                           : h->quotes - (h->quotes > 0);
    }
}


/* Behind its ">"; one within quotes is a value's. */

static const uint8_t *
plain_tag_end(const uint8_t *p, const uint8_t *end)
{
    uint8_t  quote = 0;

    for (/* void */ ; p < end; p++) {

        if (quote != 0) {
            quote = *p == quote ? 0 : quote;

        } else if (*p == '"' || *p == '\'') {
            quote = *p;

        } else if (*p == '>') {
            return p + 1;
        }
    }

    return end;
}


static void
plain_skip(plain_t *h, const char *name)
{
    size_t  n = strlen(name);

    for (/* void */ ; h->p < h->end; h->p++) {
        if (*h->p == '<' && (size_t) (h->end - h->p) > n + 2
            && h->p[1] == '/'
            && strncasecmp((const char *) h->p + 2, name, n) == 0)
        {
            h->p = plain_tag_end(h->p, h->end);
            return;
        }
    }
}


static void
plain_entity(plain_t *h)
{
    size_t           i, n = (size_t) (h->end - h->p);
    int64_t          u = 0;
    uint8_t          out[4];
    pl_str_t         name;
    const uint8_t   *stop;

    static const struct {
        const char  *name, *text;
    } rows[] = {
        { "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" },
        { "apos", "'" }, { "nbsp", " " }, { "rsquo", "'" },
        { "lsquo", "'" }, { "hellip", "..." }, { "ndash", "-" },
    };

    stop = memchr(h->p, ';', n < 12 ? n : 12);

    if (stop != NULL) {
        name = (pl_str_t) { h->p + 1, (size_t) (stop - h->p - 1) };

        for (i = 0; i < PL_COUNT(rows); i++) {
            if (pl_str_eq(name, pl_str_c(rows[i].name))) {
                plain_add(h, rows[i].text, strlen(rows[i].text));
                h->p = stop + 1;
                return;
            }
        }

        for (i = 1; name.len > 1 && name.data[0] == '#' && u >= 0
                    && u < 0x110000 && i < name.len; i++)
        {
            u = name.data[i] >= '0' && name.data[i] <= '9'
                ? u * 10 + name.data[i] - '0' : -1;
        }

        if (u >= ' ' && u < 0x110000 && (u < 0xd800 || u > 0xdfff)) {
            plain_add(h, out, pl_mail_utf8_put((uint32_t) u, out));
            h->p = stop + 1;
            return;
        }
    }

    plain_add(h, h->p++, 1);
}


static void
plain_line(plain_t *h)
{
    if (!h->bol) {
        pl_mail_buf_text(&h->buf, "\n");
    }

    h->bol = true;
    h->blank = false;
}


static void
plain_add(plain_t *h, const void *bytes, size_t n)
{
    unsigned  i;

    for (i = 0; h->bol && i < h->quotes; i++) {
        pl_mail_buf_text(&h->buf, "> ");
    }

    if (h->blank && !h->bol) {
        pl_mail_buf_text(&h->buf, " ");
    }

    h->blank = false;
    h->bol = false;
    pl_mail_buf_add(&h->buf, bytes, n);
}


static bool
plain_in(const char *name, const char *const *list, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (strcmp(name, list[i]) == 0) {
            return true;
        }
    }

    return false;
}
