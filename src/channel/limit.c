/*
 * See limit.h. A row's path is walked field by field. Hardly any message has
 * a fault to name: so a row that does not hold is walked once more, and only
 * then the error's path is written on the way, with the index of each element
 * that is passed. Rows that stand together mostly go through the same
 * message, where the one before left off.
 */

#include <stdio.h>
#include <string.h>

#include "limit.h"


typedef struct {
    const pl_limit_t  *row;
    const char        *variant;
    size_t             total;               /* of PL_LIMIT_TOTAL */
    bool               tells;               /* writes the error's path */
    bool               many;                /* an element was passed */
    bool               near;                /* the row goes by base */
    const char        *base;                /* the last message on a way */
    size_t             base_len;            /* of its path, with the dot */
    const ProtobufCMessage  *base_msg;      /* NULL: it is absent */
    pl_err_t          *err;
    char               path[PL_ERR_PATH_MAX];
} limit_walk_t;


static pl_status_t limit_row(limit_walk_t *walk,
    const ProtobufCMessage *msg, const char *root);
static pl_status_t limit_step(limit_walk_t *walk,
    const ProtobufCMessage *msg, const char *path, size_t len);
static const ProtobufCFieldDescriptor *limit_field(
    const ProtobufCMessageDescriptor *type, const char *path, size_t *len);
static pl_status_t limit_into(limit_walk_t *walk,
    const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field,
    const char *path, size_t len);
static pl_status_t limit_count(limit_walk_t *walk,
    const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field,
    size_t len);
static size_t limit_items(const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field);
static pl_status_t limit_range(limit_walk_t *walk, size_t n, size_t len);
static pl_status_t limit_value(limit_walk_t *walk,
    const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *field);
static pl_status_t limit_line(limit_walk_t *walk, const char *s);
static pl_status_t limit_fault(limit_walk_t *walk, const char *text);
static size_t limit_put(limit_walk_t *walk, size_t len, const char *name,
    size_t name_len);
static size_t limit_index(limit_walk_t *walk, size_t len, size_t i);


pl_status_t
pl_limit_check(const pl_limits_t *limits, const ProtobufCMessage *msg,
    const char *root, const char *part, const char *variant, pl_err_t *err)
{
    bool           found = false;
    size_t         i, part_len;
    pl_status_t    rc;
    limit_walk_t   walk;

    walk.variant = variant;
    walk.base = "";
    walk.base_len = 0;
    walk.base_msg = msg;
    walk.err = err;
    part_len = part != NULL ? strlen(part) : 0;

    for (i = 0; i < limits->count; i++) {
        walk.row = &limits->rows[i];
        walk.near = strncmp(walk.row->path, walk.base, walk.base_len) == 0;

        if (part_len > 0 && !(walk.near && walk.base_len > part_len)
            && (walk.row->path[0] != part[0]
                || strncmp(walk.row->path, part, part_len) != 0
                || (walk.row->path[part_len] != '.'
                    && walk.row->path[part_len] != '\0')))
        {
            if (found) {
                break;
            }

            continue;
        }

        found = true;

        if (walk.row->when != NULL
            && !pl_limit_word(walk.row->when, variant))
        {
            continue;
        }

        rc = limit_row(&walk, msg, root);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


size_t
pl_limit_chars(const char *s)
{
    size_t  n = 0;

    for ( /* void */ ; s != NULL && *s != '\0'; s++) {

        /* every byte that continues no character begins one */

        n += ((unsigned char) *s & 0xc0) != 0x80;
    }

    return n;
}


bool
pl_limit_word(const char *list, const char *word)
{
    size_t  n;

    if (word[0] == '\0') {
        return false;
    }

    for ( ;; ) {

        for (n = 0; word[n] != '\0' && list[n] == word[n]; n++) {
            /* void */
        }

        if (word[n] == '\0' && (list[n] == ' ' || list[n] == '\0')) {
            return true;
        }

        for (list += n; *list != ' '; list++) {
            if (*list == '\0') {
                return false;
            }
        }

        list++;
    }
}


static pl_status_t
limit_row(limit_walk_t *walk, const ProtobufCMessage *msg, const char *root)
{
    size_t       len;
    pl_status_t  rc;
    const char  *path = walk->row->path;

    walk->total = 0;
    walk->tells = false;
    walk->many = false;
    walk->path[0] = '\0';

    if (walk->near) {
        rc = walk->base_msg == NULL
             ? PL_OK : limit_step(walk, walk->base_msg,
                                  path + walk->base_len, 0);
    } else {
        rc = limit_step(walk, msg, path, 0);
    }

    if (rc != PL_INVALID) {
        return rc;
    }

    walk->total = 0;
    walk->tells = true;
    len = limit_put(walk, 0, root, strlen(root));

    return limit_step(walk, msg, path, len);
}


static pl_status_t
limit_step(limit_walk_t *walk, const ProtobufCMessage *msg, const char *path,
    size_t len)
{
    size_t                           n;
    const ProtobufCFieldDescriptor  *field;

    field = limit_field(msg->descriptor, path, &n);

    if (field == NULL) {
        return pl_err_set(walk->err, PL_MISUSE, "limit", 0,
                          "no field %s in %s", walk->row->path,
                          msg->descriptor->name);
    }

    len = limit_put(walk, len, path, n);

    return path[n] == '.' ? limit_into(walk, msg, field, path + n + 1, len)
                          : limit_count(walk, msg, field, len);
}


/*
 * The field that a path begins with, and how long its name is. A message has
 * few: to look at each first letter takes less than any search by name.
 */

static const ProtobufCFieldDescriptor *
limit_field(const ProtobufCMessageDescriptor *type, const char *path,
    size_t *len)
{
    size_t       i, n;
    const char  *name;

    for (i = 0; i < type->n_fields; i++) {
        name = type->fields[i].name;

        for (n = 0; name[n] != '\0' && name[n] == path[n]; n++) {
            /* void */
        }

        if (name[n] == '\0' && (path[n] == '.' || path[n] == '\0')) {
            *len = n;
            return &type->fields[i];
        }
    }

    return NULL;
}


/* On the way: a message, or each of many. */

static pl_status_t
limit_into(limit_walk_t *walk, const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field, const char *path, size_t len)
{
    size_t                     i, n = limit_items(msg, field);
    pl_status_t                rc = PL_OK;
    const void                *value = (const char *) msg + field->offset;
    ProtobufCMessage *const   *items;

    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return pl_err_set(walk->err, PL_MISUSE, "limit", 0,
                          "%s of %s is no message", field->name,
                          walk->row->path);
    }

    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        msg = n == 0 ? NULL : *(ProtobufCMessage *const *) value;

        if (!walk->many) {
            walk->base = walk->row->path;
            walk->base_len = (size_t) (path - walk->row->path);
            walk->base_msg = msg;
        }

        return msg == NULL ? PL_OK : limit_step(walk, msg, path, len);
    }

    walk->many = true;

    items = *(ProtobufCMessage *const *const *) value;

    for (i = 0; i < n && rc == PL_OK; i++) {
        rc = limit_step(walk, items[i], path, limit_index(walk, len, i));
    }

    return rc;
}


static pl_status_t
limit_count(limit_walk_t *walk, const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field, size_t len)
{
    const void  *value = (const char *) msg + field->offset;

    switch (walk->row->what) {

    case PL_LIMIT_CHARS:
        return limit_range(walk, limit_items(msg, field) == 0 ? 0
                           : pl_limit_chars(*(const char *const *) value),
                           len);

    case PL_LIMIT_BYTES:
        return limit_range(walk, limit_items(msg, field) == 0 ? 0
                           : ((const ProtobufCBinaryData *) value)->len,
                           len);

    case PL_LIMIT_VALUE:
        return limit_items(msg, field) == 0
               ? PL_OK : limit_value(walk, msg, field);

    case PL_LIMIT_LINE:
        return limit_items(msg, field) == 0
               ? PL_OK : limit_line(walk, *(const char *const *) value);

    default:
        return limit_range(walk, limit_items(msg, field), len);
    }
}


/* How many there are: of what is no list, none or one. */

static size_t
limit_items(const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field)
{
    const char  *base = (const char *) msg;
    const void  *quantifier = base + field->quantifier_offset;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return *(const size_t *) quantifier;
    }

    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0
        && *(const uint32_t *) quantifier != field->id)
    {
        return 0;
    }

    if (field->type == PROTOBUF_C_TYPE_MESSAGE
        || field->type == PROTOBUF_C_TYPE_STRING)
    {
        return *(const void *const *) (const void *) (base + field->offset)
               != NULL;
    }

    return field->label == PROTOBUF_C_LABEL_REQUIRED
           || *(const protobuf_c_boolean *) quantifier != 0;
}


static pl_status_t
limit_range(limit_walk_t *walk, size_t n, size_t len)
{
    char               text[80];
    size_t             left = walk->row->max;
    const pl_limit_t  *row = walk->row;

    if (row->what == PL_LIMIT_TOTAL) {
        left -= walk->total;
        walk->total += n;
    }

    if (n <= left && n >= row->min) {
        return PL_OK;
    }

    if (n < row->min) {
        if (n == 0) {
            return limit_fault(walk, "required");
        }

        (void) snprintf(text, sizeof(text), "at least %u",
                        (unsigned) row->min);

    } else if (row->max == 0) {
        (void) snprintf(text, sizeof(text), "not with %.40s",
                        row->when == NULL ? "this" : walk->variant);

    } else if (row->what == PL_LIMIT_CHARS || row->what == PL_LIMIT_BYTES) {
        (void) snprintf(text, sizeof(text), "%zu %s, at most %u", n,
                        row->what == PL_LIMIT_CHARS ? "characters" : "bytes",
                        (unsigned) row->max);

    } else {

        /* the first that is too much */

        (void) limit_index(walk, len, left);
        (void) snprintf(text, sizeof(text), "at most %u%s",
                        (unsigned) row->max,
                        row->what == PL_LIMIT_TOTAL ? " in all" : "");
    }

    return limit_fault(walk, text);
}


static pl_status_t
limit_value(limit_walk_t *walk, const ProtobufCMessage *msg,
    const ProtobufCFieldDescriptor *field)
{
    char         text[80];
    uint32_t     n;
    const void  *value = (const char *) msg + field->offset;

    n = *(const uint32_t *) value;

    if (n >= walk->row->min && n <= walk->row->max) {
        return PL_OK;
    }

    (void) snprintf(text, sizeof(text), "%u to %u",
                    (unsigned) walk->row->min, (unsigned) walk->row->max);

    return limit_fault(walk, text);
}


static pl_status_t
limit_line(limit_walk_t *walk, const char *s)
{
    char    text[80];
    size_t  spaces = 0;

    for ( /* void */ ; *s != '\0'; s++) {
        if (*s == '\n' || *s == '\r' || *s == '\t') {
            return limit_fault(walk, "line break or tab");
        }

        spaces = *s == ' ' ? spaces + 1 : 0;

        if (spaces > walk->row->max) {
            (void) snprintf(text, sizeof(text),
                            "more than %u spaces in a row",
                            (unsigned) walk->row->max);
            return limit_fault(walk, text);
        }
    }

    return PL_OK;
}


static pl_status_t
limit_fault(limit_walk_t *walk, const char *text)
{
    if (!walk->tells) {
        return PL_INVALID;
    }

    (void) pl_err_set(walk->err, PL_INVALID, "check", 0, "%s", text);
    pl_err_path(walk->err, "%s", walk->path);

    return PL_INVALID;
}


/*
 * Appends a field's name; the path's new length. Cut where it is too long.
 */

static size_t
limit_put(limit_walk_t *walk, size_t len, const char *name, size_t name_len)
{
    size_t  room;

    if (!walk->tells) {
        return len;
    }

    if (len != 0 && len < sizeof(walk->path) - 1) {
        walk->path[len++] = '.';
    }

    room = sizeof(walk->path) - 1 - len;
    name_len = name_len < room ? name_len : room;

    memcpy(walk->path + len, name, name_len);
    walk->path[len + name_len] = '\0';

    return len + name_len;
}


static size_t
limit_index(limit_walk_t *walk, size_t len, size_t i)
{
    int  n;

    if (!walk->tells) {
        return len;
    }

    n = snprintf(walk->path + len, sizeof(walk->path) - len, "[%zu]", i);

    return n < 0 || (size_t) n >= sizeof(walk->path) - len
           ? sizeof(walk->path) - 1 : len + (size_t) n;
}
