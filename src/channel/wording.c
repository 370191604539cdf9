/*
 * Filling them in. See wording.h.
 */

#include <string.h>

#include "../core/str.h"
#include "limit.h"
#include "template.h"
#include "wording.h"

/* One that is being filled in. */
typedef struct {
    const Pl__TemplateRecord   *record;
    const Pl__Template         *template;
    pl_arena_t                 *ar;
    pl_err_t                   *err;
} wording_t;

/* Bytes that are counted, and written where there is room. */
typedef struct {
    char    *data;              /* NULL: only counted */
    size_t   len;
    bool     html;
} wording_out_t;

static bool wording_place(const char *open, pl_wording_place_t *out);
static pl_status_t wording_check(wording_t *w);
static bool wording_has(const wording_t *w, const char *name);
static pl_status_t wording_text(wording_t *w, const char *text, bool html,
    char **out);
static pl_status_t wording_pass(wording_t *w, const char *text,
    wording_out_t *out);
static const char *wording_value(const wording_t *w, pl_str_t name);
static void wording_add(wording_out_t *out, pl_str_t s);
static void wording_escape(wording_out_t *out, pl_str_t s);
static pl_status_t wording_said(wording_t *w, Pl__Content **out);
static pl_status_t wording_fault(wording_t *w, pl_status_t rc,
    const char *path, const char *text, pl_str_t name);


bool
pl_wording_own(const pl_channel_t *provider,
    const Pl__ChannelSettings *channel)
{
    return provider != NULL && !pl_channel_windows(provider, channel);
}


bool
pl_wording_next(const char *text, pl_wording_place_t *out)
{
    for (text = strchr(text, '{'); text != NULL;
         text = strchr(text + 1, '{'))
    {
        if (wording_place(text, out)) {
            return true;
        }
    }

    return false;
}


pl_status_t
pl_wording_fill(const Pl__TemplateRecord *record,
    const Pl__Template *template, pl_arena_t *ar, Pl__Content **out,
    pl_err_t *err)
{
    wording_t    w = { record, template, ar, err };
    pl_status_t  rc;

    *out = NULL;

    if (record == NULL || record->draft == NULL) {
        (void) pl_err_set(err, PL_INVALID, "template", 0,
                          "no such template");
        pl_err_path(err, "content.template.name");
        return PL_INVALID;
    }

    rc = wording_check(&w);

    return rc == PL_OK ? wording_said(&w, out) : rc;
}


/*
 * Nothing between its braces but the name, and what a fallback says: the
 * search for its end stops at the next brace, so that a text of nothing but
 * braces takes no longer than another.
 */

static bool
wording_place(const char *open, pl_wording_place_t *out)
{
    bool         twice;
    const char  *p = open + 1;

    twice = (*p == '{');
    p += twice;
    p += twice ? strspn(p, " ") : 0;

    out->begin = open;
    out->fallback = PL_STR_NULL;
    out->name.data = (const uint8_t *) p;
    out->name.len = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
                              "abcdefghijklmnopqrstuvwxyz");

    p += out->name.len;
    p += twice ? strspn(p, " ") : 0;

    if (out->name.len == 0) {
        return false;
    }

    if (*p == '|') {
        p++;
        out->fallback.data = (const uint8_t *) p;
        out->fallback.len = strcspn(p, "{}\r\n");
        p += out->fallback.len;
    }

    if (p[0] != '}' || (twice && p[1] != '}')) {
        return false;
    }

    out->next = p + 1 + twice;

    return true;
}


/* ---- values --------------------------------------------------------- */

/* Each is of a variable, each once. */

static pl_status_t
wording_check(wording_t *w)
{
    size_t                         i, k;
    const char                    *path;
    const Pl__TemplateParameter   *p;

    for (i = 0; i < w->template->n_body; i++) {
        p = w->template->body[i];

        path = pl_arena_printf(w->ar, "content.template.body[%zu]", i);
        if (path == NULL) {
            return PL_NOMEM;
        }

        if (p->text == NULL) {
            return wording_fault(w, PL_INVALID, path, "a text is needed",
                                 PL_STR_NULL);
        }

        if (pl_limit_chars(p->text) > PL_WORDING_VALUE_MAX) {
            return wording_fault(w, PL_TOOBIG, path, "too long",
                                 PL_STR_NULL);
        }

        if (p->name == NULL ? i >= w->record->body->n_variables
                            : !wording_has(w, p->name))
        {
            return wording_fault(w, PL_INVALID, path,
                                 "the template has no such variable",
                                 PL_STR_NULL);
        }

        for (k = 0; p->name != NULL && k < i; k++) {
            if (w->template->body[k]->name != NULL
                && strcmp(w->template->body[k]->name, p->name) == 0)
            {
                return wording_fault(w, PL_INVALID, path, "it is there twice",
                                     PL_STR_NULL);
            }
        }
    }

    return PL_OK;
}


static bool
wording_has(const wording_t *w, const char *name)
{
    size_t  i;

    for (i = 0; i < w->record->body->n_variables; i++) {
        if (strcmp(w->record->body->variables[i], name) == 0) {
            return true;
        }
    }

    return false;
}


/* NULL: nobody gave it, or it is empty. */

static const char *
wording_value(const wording_t *w, pl_str_t name)
{
    size_t                         i;
    const char                    *own;
    const Pl__TemplateParameter   *p;

    for (i = 0; i < w->template->n_body; i++) {
        p = w->template->body[i];
        own = p->name != NULL ? p->name : w->record->body->variables[i];

        if (pl_str_eq(pl_str_c(own), name)) {
            return p->text[0] != '\0' ? p->text : NULL;
        }
    }

    return NULL;
}


/* ---- texts ---------------------------------------------------------- */

static pl_status_t
wording_said(wording_t *w, Pl__Content **out)
{
    Pl__Text                  *text;
    Pl__Email                 *email;
    pl_status_t                rc;
    Pl__Content               *content;
    const Pl__TemplateDraft   *draft = w->record->draft;

    content = pl_arena_alloc(w->ar, sizeof(*content));
    text = pl_arena_alloc(w->ar, sizeof(*text));
    email = pl_arena_alloc(w->ar, sizeof(*email));

    if (content == NULL || text == NULL || email == NULL) {
        return PL_NOMEM;
    }

    pl__content__init(content);
    pl__text__init(text);
    pl__email__init(email);
    *out = content;

    if (draft->subject == NULL) {
        content->type = (char *) (uintptr_t) "text";
        content->of_case = PL__CONTENT__OF_TEXT;
        content->text = text;

        return wording_text(w, draft->body, false, &text->body);
    }

    content->type = (char *) (uintptr_t) "email";
    content->of_case = PL__CONTENT__OF_EMAIL;
    content->email = email;

    rc = wording_text(w, draft->subject, false, &email->subject);

    if (rc == PL_OK) {
        rc = wording_text(w, draft->body, false, &email->text);
    }

    return rc == PL_OK && draft->html != NULL
           ? wording_text(w, draft->html, true, &email->html) : rc;
}


static pl_status_t
wording_text(wording_t *w, const char *text, bool html, char **out)
{
    pl_status_t     rc;
    wording_out_t   to = { NULL, 0, html };

    rc = wording_pass(w, text, &to);
    if (rc != PL_OK) {
        return rc;
    }

    to.data = pl_arena_alloc(w->ar, to.len + 1);
    if (to.data == NULL) {
        return PL_NOMEM;
    }

    *out = to.data;
    to.len = 0;
    (void) wording_pass(w, text, &to);      /* as before */
    to.data[to.len] = '\0';

    return PL_OK;
}


static pl_status_t
wording_pass(wording_t *w, const char *text, wording_out_t *out)
{
    const char           *p, *value;
    pl_wording_place_t    place;

    for (p = text; pl_wording_next(p, &place); p = place.next) {
        wording_add(out, (pl_str_t) { (const uint8_t *) p,
                                      (size_t) (place.begin - p) });

        value = wording_value(w, place.name);

        if (value != NULL && out->html) {
            wording_escape(out, pl_str_c(value));

        } else if (value != NULL) {
            wording_add(out, pl_str_c(value));

        } else if (place.fallback.data != NULL) {
            wording_add(out, place.fallback);

        } else {
            return wording_fault(w, PL_INVALID, "content.template.body",
                                 "a variable has no value", place.name);
        }

        if (out->len > PL_WORDING_TEXT_MAX) {
            return wording_fault(w, PL_TOOBIG, "content.template.body",
                                 "its values make it too long",
                                 PL_STR_NULL);
        }
    }

    wording_add(out, pl_str_c(p));

    return PL_OK;
}


static void
wording_add(wording_out_t *out, pl_str_t s)
{
    if (out->data != NULL) {
        memcpy(out->data + out->len, s.data, s.len);
    }

    out->len += s.len;
}


static void
wording_escape(wording_out_t *out, pl_str_t s)
{
    size_t  i, k;

    static const struct {
        char         c;
        const char  *to;
    } rows[] = {
        { '&', "&amp;" },
        { '<', "&lt;" },
        { '>', "&gt;" },
        { '"', "&quot;" },
        { '\'', "&#39;" },
    };

    for (i = 0; i < s.len; i++) {

        for (k = 0; k < PL_COUNT(rows) && rows[k].c != (char) s.data[i];
             k++)
        {
            /* void */
        }

        wording_add(out, k < PL_COUNT(rows)
                         ? pl_str_c(rows[k].to)
                         : (pl_str_t) { s.data + i, 1 });
    }
}


/* name: of a variable, which the template's author chose, or empty. */

static pl_status_t
wording_fault(wording_t *w, pl_status_t rc, const char *path,
    const char *text, pl_str_t name)
{
    (void) pl_err_set(w->err, rc, "template", 0, "%s%s%.*s", text,
                      name.len != 0 ? ": " : "", (int) name.len,
                      name.len != 0 ? (const char *) name.data : "");
    pl_err_path(w->err, "%s", path);

    return rc;
}
