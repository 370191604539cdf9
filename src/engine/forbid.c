/*
 * See forbid.h. A message's texts are found by its descriptors: every string
 * of its content, but those that are names for machines. So a new kind of
 * content is looked at from the day it is there.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/str.h"
#include "forbid.h"

#define FORBID_LEAD       "content."
#define FORBID_RULE_SIZE  (sizeof(FORBID_LEAD) + PL_FORBID_NAME_MAX)

typedef struct {
    char           rule[FORBID_RULE_SIZE];
    pl_pattern_t  *pattern;
} forbid_row_t;

struct pl_forbid_s {
    size_t        n;
    forbid_row_t  rows[PL_FORBID_RULES_MAX];
};

static pl_status_t forbid_line(pl_forbid_t *forbid, pl_str_t line,
    unsigned number, pl_err_t *err);
static pl_status_t forbid_name(const pl_forbid_t *forbid, pl_str_t line,
    size_t at, size_t *colon, pl_err_t *err);
static size_t forbid_blank(pl_str_t line, size_t at);
static pl_status_t forbid_wrong(pl_err_t *err, pl_status_t rc, size_t at,
    const char *text);
static bool forbid_in(const pl_pattern_t *pattern, pl_match_state_t *match,
    const ProtobufCMessage *msg);
static bool forbid_text(const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field);
static bool forbid_field(const pl_pattern_t *pattern,
    pl_match_state_t *match, const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field);
static bool forbid_value(const pl_pattern_t *pattern,
    pl_match_state_t *match, const ProtobufCFieldDescriptor *field,
    const void *value);


/* Names for machines, in any message of content.proto. */
static const char *const  forbid_skipped[] = {
    "id", "type", "message_id", "language", "link", "mime_type", "sha256",
    "file",
    "token", "screen", "currency", "catalog_id", "product_id", "latitude",
    "longitude", "vcard", "wa_id", "user_id", "error",
};


pl_status_t
pl_forbid_compile(pl_forbid_t **out, pl_str_t text, pl_err_t *err)
{
    size_t         from, to;
    unsigned       number;
    pl_str_t       line;
    pl_forbid_t   *forbid;
    pl_status_t    rc;

    if (text.len > PL_FORBID_BYTES_MAX) {
        return pl_err_set(err, PL_TOOBIG, "patterns", 0,
                          "larger than %u bytes", PL_FORBID_BYTES_MAX);
    }

    forbid = calloc(1, sizeof(*forbid));
    if (forbid == NULL) {
        return pl_err_set(err, PL_NOMEM, "patterns", 0, "out of memory");
    }

    for (from = 0, number = 1; from < text.len; from = to + 1, number++) {
        for (to = from; to < text.len && text.data[to] != '\n'; to++) {
            /* void */
        }

        line.data = text.data + from;
        line.len = to - from;

        rc = forbid_line(forbid, line, number, err);
        if (rc != PL_OK) {
            pl_forbid_destroy(forbid);
            return rc;
        }
    }

    *out = forbid;

    return PL_OK;
}


void
pl_forbid_destroy(pl_forbid_t *forbid)
{
    size_t  i;

    if (forbid == NULL) {
        return;
    }

    for (i = 0; i < forbid->n; i++) {
        pl_pattern_destroy(forbid->rows[i].pattern);
    }

    free(forbid);
}


const char *
pl_forbid_find(const pl_forbid_t *forbid, pl_match_state_t *match,
    const Pl__Content *content)
{
    size_t  i;

    for (i = 0; i < forbid->n; i++) {
        if (forbid_in(forbid->rows[i].pattern, match, &content->base)) {
            return forbid->rows[i].rule;
        }
    }

    return NULL;
}


static pl_status_t
forbid_line(pl_forbid_t *forbid, pl_str_t line, unsigned number,
    pl_err_t *err)
{
    size_t         at, colon;
    pl_str_t       pattern;
    pl_status_t    rc;
    forbid_row_t  *row;

    while (line.len > 0 && (line.data[line.len - 1] == '\r'
                            || line.data[line.len - 1] == ' '
                            || line.data[line.len - 1] == '\t'))
    {
        line.len--;
    }

    at = forbid_blank(line, 0);

    if (at == line.len || line.data[at] == '#') {
        return PL_OK;
    }

    rc = forbid_name(forbid, line, at, &colon, err);

    if (rc == PL_OK) {
        row = &forbid->rows[forbid->n];
        (void) snprintf(row->rule, sizeof(row->rule), FORBID_LEAD "%.*s",
                        (int) (colon - at), (const char *) line.data + at);

        at = forbid_blank(line, colon + 1);
        pattern.data = line.data + at;
        pattern.len = line.len - at;

        if (pattern.len == 0) {
            rc = forbid_wrong(err, PL_INVALID, at, "a rule has a pattern");

        } else {
            rc = pl_pattern_compile(&row->pattern, pattern, err);

            if (err != NULL && rc != PL_OK) {
                err->column += (unsigned) at;
            }
        }
    }

    if (rc != PL_OK) {
        if (err != NULL) {
            err->line = number;
        }

        return rc;
    }

    forbid->n++;

    return PL_OK;
}


static pl_status_t
forbid_name(const pl_forbid_t *forbid, pl_str_t line, size_t at,
    size_t *colon, pl_err_t *err)
{
    size_t    i, len;
    pl_str_t  name;

    for (i = at; i < line.len && line.data[i] != ':'; i++) {
        /* void */
    }

    if (i == line.len) {
        return forbid_wrong(err, PL_INVALID, at,
                            "a rule is \"name: pattern\"");
    }

    *colon = i;
    name.data = line.data + at;
    name.len = len = i - at;

    if (len > PL_FORBID_NAME_MAX || !pl_name_valid(name)) {
        return forbid_wrong(err, PL_INVALID, at,
                            "a name has 1 to 48 letters, digits, \"-\" and "
                            "\"_\"");
    }

    if (forbid->n == PL_FORBID_RULES_MAX) {
        return forbid_wrong(err, PL_TOOBIG, at, "more than 256 rules");
    }

    for (i = 0; i < forbid->n; i++) {
        if (pl_str_eq(pl_str_c(forbid->rows[i].rule
                               + sizeof(FORBID_LEAD) - 1), name))
        {
            return forbid_wrong(err, PL_INVALID, at,
                                "a rule of that name is there already");
        }
    }

    return PL_OK;
}


static size_t
forbid_blank(pl_str_t line, size_t at)
{
    while (at < line.len && (line.data[at] == ' ' || line.data[at] == '\t'))
    {
        at++;
    }

    return at;
}


static pl_status_t
forbid_wrong(pl_err_t *err, pl_status_t rc, size_t at, const char *text)
{
    (void) pl_err_set(err, rc, "patterns", 0, "%s", text);

    if (err != NULL) {
        err->column = (unsigned) at + 1;
    }

    return rc;
}


static bool
forbid_in(const pl_pattern_t *pattern, pl_match_state_t *match,
    const ProtobufCMessage *msg)
{
    unsigned                         i;
    const ProtobufCFieldDescriptor  *field;

    for (i = 0; i < msg->descriptor->n_fields; i++) {
        field = &msg->descriptor->fields[i];

        if (forbid_text(msg, field)
            && forbid_field(pattern, match, msg, field))
        {
            return true;
        }
    }

    return false;
}


/* A place's name is read by people; a template's or a form's is not. */

static bool
forbid_text(const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field)
{
    size_t  i;

    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        return true;
    }

    if (field->type != PROTOBUF_C_TYPE_STRING
        || (strcmp(field->name, "name") == 0
            && msg->descriptor != &pl__location__descriptor))
    {
        return false;
    }

    for (i = 0; i < PL_COUNT(forbid_skipped); i++) {
        if (strcmp(field->name, forbid_skipped[i]) == 0) {
            return false;
        }
    }

    return true;
}


static bool
forbid_field(const pl_pattern_t *pattern, pl_match_state_t *match,
    const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field)
{
    size_t        i, n;
    const char   *at;
    void *const  *list;

    at = (const char *) msg + field->offset;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        n = *(const size_t *) ((const char *) msg + field->quantifier_offset);
        list = *(void *const *const *) at;

        for (i = 0; i < n; i++) {
            if (forbid_value(pattern, match, field, list[i])) {
                return true;
            }
        }

        return false;
    }

    /* of a oneof the others' room is this one's as well */

    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0
        && *(const uint32_t *) ((const char *) msg
                                + field->quantifier_offset) != field->id)
    {
        return false;
    }

    return forbid_value(pattern, match, field, *(void *const *) at);
}


static bool
forbid_value(const pl_pattern_t *pattern, pl_match_state_t *match,
    const ProtobufCFieldDescriptor *field, const void *value)
{
    bool  limited;

    if (value == NULL) {
        return false;
    }

    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        return forbid_in(pattern, match, value);
    }

    return pl_match(pattern, match, pl_str_c(value), &limited) || limited;
}
