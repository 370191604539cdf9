/*
 * Forms without files (urlencoded), as they come in.
 */

#include <string.h>

#include "../core/str.h"
#include "sift_impl.h"

static pl_status_t form_begin(pl_sift_t *s, pl_err_t *err);
static pl_status_t form_value(pl_sift_t *s, const uint8_t *p, size_t n,
    bool whole, pl_err_t *err);
static pl_status_t form_end(pl_sift_t *s, pl_err_t *err);
static size_t form_run(const uint8_t *p, size_t n);


pl_status_t
pl_sift_form_feed(pl_sift_t *s, const uint8_t *p, size_t n, pl_err_t *err)
{
    size_t           some;
    pl_status_t      rc = PL_OK;
    pl_sift_form_t  *f = &s->form;

    while (rc == PL_OK && n > 0) {
        some = 1;

        if (*p == '&') {
            rc = f->in_value ? form_end(s, err) : PL_OK;
            f->n_name = 0;
            f->escape = 0;
            rc = rc == PL_OK ? pl_sift_keep(s, &s->body, p, 1, err) : rc;

        } else if (!f->in_value) {
            rc = pl_sift_keep(s, &s->body, p, 1, err);

            if (*p == '=') {
                rc = rc == PL_OK ? form_begin(s, err) : rc;

            } else if (f->n_name < PL_SIFT_KEY) {
                f->name[f->n_name++] = (char) *p;

            } else {
                f->name[0] = '\0';      /* none of those that are known */
            }

        } else if (f->escape > 0 || *p == '%') {
            f->escape = f->escape > 0 ? f->escape - 1 : 2;
            rc = form_value(s, p, 1, *p == '%', err);

        } else {
            some = form_run(p, n);
            rc = form_value(s, p, some, true, err);
        }

        p += some;
        n -= some;
    }

    return rc;
}


pl_status_t
pl_sift_form_end(pl_sift_t *s, pl_err_t *err)
{
    return s->form.in_value ? form_end(s, err) : PL_OK;
}


static pl_status_t
form_begin(pl_sift_t *s, pl_err_t *err)
{
    pl_str_t         name;
    pl_sift_form_t  *f = &s->form;

    f->in_value = true;
    f->escape = 0;
    memset(&f->value, 0, sizeof(f->value));
    f->value.left = &s->body;
    f->value.outer.code = PL_SIFT_PERCENT;

    name = (pl_str_t) { (const uint8_t *) f->name, f->n_name };
    f->value.role = pl_sift_named(s, name, &f->is_mail, &f->value.type);

    return f->is_mail ? pl_sift_mail_begin(s, PL_SIFT_PERCENT, err)
                      : pl_sift_value_begin(s, &f->value, err);
}


static pl_status_t
form_value(pl_sift_t *s, const uint8_t *p, size_t n, bool whole,
    pl_err_t *err)
{
    return s->form.is_mail
           ? pl_sift_mail_bytes(s, p, n, err)
           : pl_sift_value_bytes(s, &s->form.value, p, n, whole, err);
}


static pl_status_t
form_end(pl_sift_t *s, pl_err_t *err)
{
    s->form.in_value = false;

    return s->form.is_mail ? pl_sift_mail_end(s, err)
                           : pl_sift_value_end(s, &s->form.value, err);
}


static size_t
form_run(const uint8_t *p, size_t n)
{
    size_t  i = 0;

    while (i < n && p[i] != '&' && p[i] != '%') {
        i++;
    }

    return i;
}
