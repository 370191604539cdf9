/*
 * Forms as mail providers post them: urlencoded, or multipart/form-data with
 * files. Which of both it is, and its boundary, the body's first line says.
 */

#include <string.h>

#include "../core/str.h"
#include "mail_impl.h"

static pl_status_t form_multipart(pl_str_t body, pl_arena_t *ar,
    pl_mail_form_t *form);
static pl_status_t form_part(pl_str_t raw, pl_arena_t *ar,
    pl_mail_field_t *field);
static pl_status_t form_encoded(pl_str_t body, pl_arena_t *ar,
    pl_mail_form_t *form);
static pl_status_t form_text(pl_str_t s, pl_arena_t *ar, pl_str_t *out);


pl_status_t
pl_mail_form(pl_str_t body, pl_arena_t *ar, pl_mail_form_t *form)
{
    memset(form, 0, sizeof(*form));

    form->fields = pl_arena_alloc(ar, PL_MAIL_FIELDS_MAX
                                      * sizeof(*form->fields));
    if (form->fields == NULL) {
        return PL_NOMEM;
    }

    return body.len > 2 && body.data[0] == '-' && body.data[1] == '-'
           ? form_multipart(body, ar, form) : form_encoded(body, ar, form);
}


const pl_mail_field_t *
pl_mail_form_find(const pl_mail_form_t *form, const char *name)
{
    size_t  i;

    for (i = 0; i < form->n; i++) {
        if (pl_str_eq(form->fields[i].name, pl_str_c(name))) {
            return &form->fields[i];
        }
    }

    return NULL;
}


pl_str_t
pl_mail_form_value(const pl_mail_form_t *form, const char *name)
{
    const pl_mail_field_t  *field = pl_mail_form_find(form, name);

    return field == NULL ? PL_STR_NULL : field->value;
}


static pl_status_t
form_multipart(pl_str_t body, pl_arena_t *ar, pl_mail_form_t *form)
{
    bool         last = false;
    pl_str_t     boundary, part;
    pl_status_t  rc = PL_OK;

    if (!pl_mail_boundary(&body, &boundary)) {
        return PL_OK;
    }

    while (rc == PL_OK && !last && form->n < PL_MAIL_FIELDS_MAX
           && pl_mail_cut(&body, boundary, &part, &last))
    {
        rc = form_part(part, ar, &form->fields[form->n++]);
    }

    form->cut = !last && form->n == PL_MAIL_FIELDS_MAX;

    return rc;
}


static pl_status_t
form_part(pl_str_t raw, pl_arena_t *ar, pl_mail_field_t *field)
{
    char      *name;
    pl_str_t   rest = raw, header, value;

    memset(field, 0, sizeof(*field));

    while (pl_mail_next(&rest, &header, &value)) {

        if (pl_mail_same(header, "content-disposition")) {
            name = pl_mail_parameter(ar, value, "name");
            field->name = pl_str_c(name);
            field->filename = pl_mail_parameter(ar, value, "filename");

        } else if (pl_mail_same(header, "content-type")) {
            field->type = pl_utf8_clean(ar, value);

            if (field->type == NULL) {
                return PL_NOMEM;
            }
        }
    }

    field->value = rest;

    return PL_OK;
}


static pl_status_t
form_encoded(pl_str_t body, pl_arena_t *ar, pl_mail_form_t *form)
{
    pl_str_t          name, value;
    pl_status_t       rc = PL_OK;
    pl_mail_field_t  *field;

    while (rc == PL_OK && form->n < PL_MAIL_FIELDS_MAX
           && pl_mail_pair(&body, &name, &value))
    {
        field = &form->fields[form->n++];
        memset(field, 0, sizeof(*field));

        rc = form_text(name, ar, &field->name);
        rc = rc == PL_OK ? form_text(value, ar, &field->value) : rc;
    }

    form->cut = body.len != 0;

    return rc;
}


static pl_status_t
form_text(pl_str_t s, pl_arena_t *ar, pl_str_t *out)
{
    uint8_t  *text;

    text = pl_arena_alloc(ar, s.len + 1);
    if (text == NULL) {
        return PL_NOMEM;
    }

    *out = (pl_str_t) { text, pl_mail_pair_text(s, text) };

    return PL_OK;
}


bool
pl_mail_boundary(pl_str_t *body, pl_str_t *boundary)
{
    bool            last;
    pl_str_t        part;
    const uint8_t  *end;

    if (body->len <= 2 || body->data[0] != '-' || body->data[1] != '-') {
        return false;
    }

    end = memchr(body->data, '\n', body->len);
    boundary->data = body->data + 2;
    boundary->len = end == NULL ? body->len - 2
                                : (size_t) (end - boundary->data);
    *boundary = pl_mail_trim(*boundary);

    return boundary->len != 0 && pl_mail_cut(body, *boundary, &part, &last);
}


bool
pl_mail_pair(pl_str_t *rest, pl_str_t *name, pl_str_t *value)
{
    pl_str_t        pair;
    const uint8_t  *p = rest->data, *end = pl_mail_end(*rest), *stop, *eq;

    for (eq = NULL; eq == NULL && p < end; /* void */) {
        stop = memchr(p, '&', (size_t) (end - p));
        stop = stop == NULL ? end : stop;
        pair = (pl_str_t) { p, (size_t) (stop - p) };
        p = stop == end ? end : stop + 1;
        eq = pair.len == 0 ? NULL : memchr(pair.data, '=', pair.len);

        if (eq != NULL) {
            *name = (pl_str_t) { pair.data, (size_t) (eq - pair.data) };
            *value = (pl_str_t) { eq + 1, (size_t) (stop - eq - 1) };
        }
    }

    rest->data = p;
    rest->len = (size_t) (end - p);

    return eq != NULL;
}


/* "+" is a blank, and %XX a byte. */

size_t
pl_mail_pair_text(pl_str_t s, uint8_t *to)
{
    size_t   i, n = 0;
    uint8_t  byte;

    for (i = 0; i < s.len; i++) {

        if (s.data[i] == '%' && s.len - i > 2
            && pl_hex_decode((pl_str_t) { s.data + i + 1, 2 }, &byte, 1))
        {
            to[n++] = byte;
            i += 2;

        } else {
            to[n++] = s.data[i] == '+' ? ' ' : s.data[i];
        }
    }

    return n;
}


pl_status_t
pl_mail_file(pl_mail_read_t *mail, pl_arena_t *ar,
    const pl_mail_field_t *field, const pl_mail_taken_t *taken)
{
    pl_mail_part_t   *part;
    const Pl__Taken  *row = pl_mail_taken_at(taken, field->value.data);

    if (mail->n_parts == PL_MAIL_PARTS_MAX) {
        mail->cut = true;
        return PL_OK;
    }

    part = &mail->parts[mail->n_parts++];
    part->name = field->filename;
    part->data = field->value;

    if (row != NULL) {
        part->file = row->file;
        part->data.len = (size_t) row->bytes;
    }

    part->type = field->type == NULL ? NULL
                 : pl_arena_str(ar, (pl_str_t) { (uint8_t *) field->type,
                                    strcspn(field->type, "; ") });

    return field->type == NULL || part->type != NULL ? PL_OK : PL_NOMEM;
}
